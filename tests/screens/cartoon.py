"""Invented people for pictures of the desk: heads drawn with a few shapes, nobody's face."""

import cv2
import numpy as np
import numpy.typing as npt

from engine.api.schema import Picture

Image = npt.NDArray[np.uint8]
FACE_SHARE = 0.8

# skin, hair, shirt in BGR
LOOKS = {
    "patient": ((150, 185, 225), (38, 52, 70), (140, 96, 52)),
    "alike": ((140, 178, 220), (44, 58, 80), (70, 70, 150)),
    "other": ((90, 125, 175), (20, 20, 24), (90, 140, 80)),
}


def head(look: str, size: int = 160, *, turned: float = 0.0, mask: bool = False) -> Image:
    """A head that fills ``FACE_SHARE`` of the height; ``turned`` -1..1 moves the features aside."""
    skin, hair, shirt = LOOKS[look]
    image = np.full((size, size, 3), (96, 88, 78), dtype=np.uint8)
    image[:, : size // 3] = (104, 96, 84)
    middle, tall = size // 2, int(size * FACE_SHARE / 2)
    wide = int(tall * 0.74)
    aside = int(turned * wide * 0.3)
    cv2.ellipse(image, (middle, size + size // 6), (size // 2, size // 3), 0, 0, 360, shirt, -1)
    cv2.rectangle(image, (middle - wide // 3, middle + tall // 2), (middle + wide // 3, size), skin, -1)
    cv2.ellipse(image, (middle, middle - 4), (wide + 6, tall), 0, 0, 360, hair, -1)
    cv2.ellipse(
        image, (middle + aside // 2, middle + tall // 6), (wide, int(tall * 0.84)), 0, 0, 360, skin, -1
    )
    for side in (-1, 1):
        eye = (middle + aside + side * wide // 2, middle)
        cv2.ellipse(image, eye, (wide // 6, wide // 9), 0, 0, 360, (245, 245, 245), -1)
        cv2.circle(image, eye, max(2, wide // 12), (40, 40, 40), -1)
        cv2.line(
            image, (eye[0] - wide // 5, eye[1] - wide // 4), (eye[0] + wide // 5, eye[1] - wide // 4), hair, 3
        )
    nose = middle + aside
    cv2.line(image, (nose, middle + 4), (nose - wide // 10, middle + tall // 3), (90, 120, 160), 3)
    cv2.line(
        image, (nose - wide // 10, middle + tall // 3), (nose + 6, middle + tall // 3), (90, 120, 160), 3
    )
    if mask:
        cv2.ellipse(
            image,
            (middle + aside // 2, middle + tall // 2),
            (wide - 4, tall // 2),
            0,
            0,
            360,
            (225, 215, 200),
            -1,
        )
    else:
        cv2.ellipse(
            image, (nose, middle + tall // 2 + 4), (wide // 3, tall // 12), 0, 0, 180, (80, 80, 170), 3
        )
    return image


def frame(look: str, *, width: int = 320, height: int = 180, aside_px: int = 0) -> Image:
    """A street with one person in it, ``aside_px`` right of the middle; somebody else is a mosaic."""
    image = np.full((height, width, 3), (120, 112, 100), dtype=np.uint8)
    image[height // 2 :] = (82, 78, 74)
    cv2.rectangle(image, (20, 20), (110, height // 2), (150, 130, 96), -1)
    image[70:110, 150 + aside_px : 190 + aside_px] = head(look, 40)
    cv2.rectangle(image, (158 + aside_px, 110), (182 + aside_px, 170), LOOKS[look][2], -1)
    tiles = np.array([[90, 140], [160, 110]], dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
    image[84:116, 240:272] = tiles[:, :, None]
    return image


def picture(kind: str, image: Image, face_px: float) -> Picture:
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    return Picture(
        kind=kind, at=None, width=image.shape[1], height=image.shape[0], face_px=face_px, jpeg=jpeg.tobytes()
    )
