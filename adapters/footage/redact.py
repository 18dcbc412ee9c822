"""Pictures for the reviewer in which one face is left: everything else is mosaicked in the pixels.

Fails closed (G9): what is outside the kept face is destroyed whether or not a detector saw somebody
there. Blocks are averages of the frame, so what was in them cannot be brought back.
"""

import math
from collections.abc import Sequence
from datetime import datetime

import cv2
import numpy as np

from engine.domain.track import Still
from engine.ports import Frame, Image

KEPT = 1.15  # the kept face's box grown to this, so that chin and forehead are there to be compared
FACE_SHARE = 0.8  # of the height of a face still
FACE_PX = (96, 240)  # height of the face in a face still: what a person can judge, and no more
MAX_ENLARGED = 4.0  # beyond it interpolation only pretends
FRAME_WIDTH_PX = 480
BLOCKS_ACROSS, BLOCKS_DOWN = 3, 4  # at most so many blocks are left of another face
FRAME_ROWS = 12
"""At most so many rows of blocks are left of a whole frame. With 24 EdgeFace ranked undetected faces of
200 px in 480 better than chance (mean rank 21.4 of 50 over 100 tries, three standard errors); with 12
it did not."""

OTHERS_GROWN = 1.3  # a detector's box is tight: hair, ears and chin lie outside it
JPEG_QUALITY = 88

Box = Sequence[float]


class MosaicRedactor:
    """The ``Redactor`` of a worker. Boxes are x, y, width, height in pixels of the frame."""

    def face_still(self, frame: Frame, at: datetime | None, keep: Box, others: Sequence[Box]) -> Still:
        """The kept face at 0.8 of the picture's height, 96 to 240 px high where the source allows.

        Raises ValueError where ``keep`` is no box inside the frame.
        """
        check(keep, frame.image)
        x, y, width, height = keep
        crop_width, crop_height = math.ceil(width / FACE_SHARE), math.ceil(height / FACE_SHARE)
        left = math.floor(x + width / 2 - crop_width / 2)
        top = math.floor(y + height / 2 - crop_height / 2)
        crop = cut(redacted(frame.image, keep, others, block_px(height)), left, top, crop_width, crop_height)
        wanted = min(max(height, FACE_PX[0]), FACE_PX[1])
        scale = min(wanted / height, MAX_ENLARGED)
        return still("face", at, crop, scale, height)

    def frame_still(self, frame: Frame, at: datetime | None, keep: Box, others: Sequence[Box]) -> Still:
        """The whole frame, at most 480 px wide: where the kept face stood, and nobody else's face.

        Raises ValueError where ``keep`` is no box inside the frame.
        """
        check(keep, frame.image)
        height_px, width_px = frame.image.shape[:2]
        block = max(math.ceil(height_px / FRAME_ROWS), block_px(keep[3]))
        image = redacted(frame.image, keep, others, block)
        return still("frame", at, image, min(1.0, FRAME_WIDTH_PX / width_px), keep[3])


def redacted(image: Image, keep: Box, others: Sequence[Box], block: int) -> Image:
    """A copy in blocks of ``block`` pixels, but for the kept face; faces in ``others`` are left at
    most 3 x 4 blocks each, in the margin of the kept face too."""
    out = mosaic(image, block)
    rows, columns = region(grown(keep, KEPT), image)
    out[rows, columns] = image[rows, columns]
    for other in others:
        rows, columns = region(grown(other, OTHERS_GROWN), image)
        part = image[rows, columns]
        if part.size:
            size = (min(BLOCKS_ACROSS, part.shape[1]), min(BLOCKS_DOWN, part.shape[0]))
            few = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            out[rows, columns] = cv2.resize(few, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    rows, columns = region(keep, image)
    out[rows, columns] = image[rows, columns]
    return out


def mosaic(image: Image, block: int) -> Image:
    """The image as averages of blocks of ``block`` pixels, or a little more."""
    height, width = image.shape[:2]
    size = (max(1, width // block), max(1, height // block))
    few = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def block_px(face_height: float) -> int:
    """Side of a block that leaves a face as high as the kept one no more than four rows."""
    return max(2, math.ceil(face_height / BLOCKS_DOWN))


def region(box: Box, image: Image) -> tuple[slice, slice]:
    """Rows and columns of the image that a box touches; empty where it lies outside."""
    x, y, width, height = (float(v) for v in np.nan_to_num(np.asarray(box, np.float64)))
    rows = slice(clipped(math.floor(y), image.shape[0]), clipped(math.ceil(y + height), image.shape[0]))
    columns = slice(clipped(math.floor(x), image.shape[1]), clipped(math.ceil(x + width), image.shape[1]))
    return rows, columns


def clipped(value: int, most: int) -> int:
    return max(0, min(value, most))


def grown(box: Box, factor: float) -> tuple[float, float, float, float]:
    """The box with both sides ``factor`` times as long, around the same centre."""
    x, y, width, height = box
    return (
        x - width * (factor - 1) / 2,
        y - height * (factor - 1) / 2,
        width * factor,
        height * factor,
    )


def cut(image: Image, left: int, top: int, width: int, height: int) -> Image:
    """A rectangle of the image; black where it reaches beyond."""
    out = np.zeros((height, width, 3), np.uint8)
    rows, columns = region((left, top, width, height), image)
    out[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = image[rows, columns]
    return out


def still(kind: str, at: datetime | None, image: Image, scale: float, face_height: float) -> Still:
    """A JPEG made of these pixels alone: no metadata, no thumbnail."""
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(image, size, interpolation=how) if scale != 1 else image
    _, coded = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return Still(
        kind=kind,
        at=at,
        width=size[0],
        height=size[1],
        face_px=face_height * scale,
        jpeg=coded.tobytes(),
    )


def check(keep: Box, image: Image) -> None:
    """Raises ValueError where the kept box has no size, is no number or lies outside the frame."""
    rows, columns = region(keep, image)
    sane = all(math.isfinite(v) for v in keep) and keep[2] > 0 and keep[3] > 0
    if not sane or rows.start >= rows.stop or columns.start >= columns.stop:
        raise ValueError(f"{tuple(keep)} is no face inside a frame of {image.shape[1]}x{image.shape[0]}")
