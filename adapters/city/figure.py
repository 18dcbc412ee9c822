"""People laid into a frame: body, head, and the back of a head."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from adapters.city.heads import Plane, Sprite

Frame = npt.NDArray[np.uint8]  # (3/2 height, width): the planes of YUV 4:2:0 under each other

# half widths in sides of a sprite, whose lower edge cuts the shoulders
SHOULDERS, ARM, WAIST = 0.47, 0.13, 0.30


class Planes(NamedTuple):
    """Views into a frame; the two of colour are half as wide and high."""

    luma: Frame
    chroma_u: Frame
    chroma_v: Frame


def planes_of(frame: Frame) -> Planes:
    """The planes of a frame, not copied."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    quarter = height // 4
    return Planes(
        frame[:height],
        frame[height : height + quarter].reshape(height // 2, width // 2),
        frame[height + quarter :].reshape(height // 2, width // 2),
    )


def lay(planes: Planes, left: int, top: int, sprite: Sprite) -> None:
    """A head whose sprite begins at ``left``, ``top`` (even); what lies outside is cut off."""
    _blend(planes.luma, left, top, sprite.luma, sprite.ground)
    _blend(planes.chroma_u, left // 2, top // 2, sprite.chroma_u, sprite.chroma_ground)
    _blend(planes.chroma_v, left // 2, top // 2, sprite.chroma_v, sprite.chroma_ground)


def body(planes: Planes, left: int, top: int, sprite: Sprite, foot: int, number: int) -> None:
    """Trunk and legs under a head, down to the row ``foot``, in the colour of what the shoulders wear."""
    side = sprite.side_px
    middle, shoulder = left + side // 2, top + side - 1
    tall = max(4.0, foot - shoulder)
    hip = shoulder + tall * 0.40
    trunk, arm = side * WAIST, side * ARM
    cloth = sprite.cloth
    dark = (40.0 + number * 29 % 50, 118.0 + number * 17 % 20, 118.0 + number * 23 % 20)
    for way in (-1, 1):
        out = middle + way * side * SHOULDERS
        elbow = middle + way * side * (SHOULDERS - 0.02)
        sleeve = _points(
            (out - way * arm, shoulder),
            (out, shoulder),
            (elbow, hip + tall * 0.06),
            (elbow - way * arm, hip + tall * 0.06),
        )
        leg = _points(
            (middle, hip - 2),
            (middle + way * trunk, hip - 2),
            (middle + way * trunk * 0.85, foot),
            (middle + way * trunk * 0.25, foot),
        )
        _fill(planes, leg, dark)
        _fill(planes, sleeve, (cloth[0] * 0.84, cloth[1], cloth[2]))
    chest = _points(
        (middle - side * SHOULDERS + arm * 0.8, shoulder),
        (middle + side * SHOULDERS - arm * 0.8, shoulder),
        (middle + trunk, hip),
        (middle - trunk, hip),
    )
    _fill(planes, chest, (cloth[0] * 0.95, cloth[1], cloth[2]))
    seam = _points(
        (middle - 1, shoulder), (middle + 1, shoulder), (middle + 1, round(hip)), (middle - 1, round(hip))
    )
    _fill(planes, seam, (cloth[0] * 0.78, cloth[1], cloth[2]))


def nape(planes: Planes, left: int, top: int, sprite: Sprite) -> None:
    """A head from behind: hair, neck and collar."""
    side = sprite.side_px
    x0, y0, x1, y1 = sprite.face
    middle, wide = left + (x0 + x1) / 2, (x1 - x0) * 0.62
    skin, hair = sprite.skin, sprite.hair
    neck = _points(
        (middle - wide * 0.5, top + y1 - 6),
        (middle + wide * 0.5, top + y1 - 6),
        (middle + wide * 0.6, top + side),
        (middle - wide * 0.6, top + side),
    )
    _fill(planes, neck, skin)
    _oval(planes, (middle, top + (y0 + y1) / 2 - 2), (wide, (y1 - y0) * 0.62), hair)


def _fill(planes: Planes, corners: npt.NDArray[np.float64], colour: tuple[float, float, float]) -> None:
    for plane, scale, value in zip(planes, (1.0, 0.5, 0.5), colour, strict=True):
        cv2.fillConvexPoly(plane, np.round(corners * scale).astype(np.int32), int(value), cv2.LINE_AA)


def _oval(
    planes: Planes, centre: tuple[float, float], axes: tuple[float, float], colour: tuple[float, float, float]
) -> None:
    for plane, scale, value in zip(planes, (1.0, 0.5, 0.5), colour, strict=True):
        at = (round(centre[0] * scale), round(centre[1] * scale))
        size = (max(1, round(axes[0] * scale)), max(1, round(axes[1] * scale)))
        cv2.ellipse(plane, at, size, 0, 0, 360, int(value), -1, cv2.LINE_AA)


def _points(*corners: tuple[float, float]) -> npt.NDArray[np.float64]:
    return np.array(corners, np.float64)


def _blend(plane: Frame, left: int, top: int, paint: Plane, ground: Plane) -> None:
    height, width = paint.shape
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(plane.shape[1], left + width), min(plane.shape[0], top + height)
    if x1 <= x0 or y1 <= y0:
        return
    cut = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    under = plane[y0:y1, x0:x1]
    under[:] = (under * ground[cut] + paint[cut]).astype(np.uint8)
