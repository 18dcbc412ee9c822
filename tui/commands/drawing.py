"""A picture printed into a terminal, as the desk paints it: two pixels to a character."""

from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.segment import Segment, Segments

from engine.api.schema import Picture
from engine.domain.errors import InputError
from tui.panes.halfcell import Image, decoded, in_four_greys, resized, rows_of
from tui.panes.scale import FACE_SHARE, drawn_size, is_whole

MOST_COLUMNS = 100
BESIDE_ROWS = 3  # lines below the pictures: who is who, and the question


def draw(jpeg: bytes) -> None:
    """Raises InputError for bytes that are no picture."""
    image = _image(jpeg)
    console = Console()
    columns = min(MOST_COLUMNS, console.width - 1, image.shape[1])
    rows = max(2, round(image.shape[0] * columns / image.shape[1] / 2) * 2)
    for row in rows_of(resized(image, columns, rows)):
        console.print(Segments(row))


class Pair(NamedTuple):
    """Two boxes side by side in a window, each ``columns`` x ``rows`` cells."""

    columns: int
    rows: int

    @classmethod
    def of(cls, console: Console) -> "Pair":
        """As large as this window shows at once."""
        return cls(max(0, (console.width - 2) // 2), max(0, console.height - BESIDE_ROWS))

    def face_height_px(self, picture: Picture | None = None) -> float:
        """How high the face of a picture stands in its box; before any is known, that of a square one."""
        if picture is None:
            return FACE_SHARE * drawn_size(160, 160, *self, whole=False).height
        size = drawn_size(picture.width, picture.height, *self, whole=is_whole(picture))
        return picture.face_px * size.scale

    def draw(self, console: Console, left: Picture | None, right: Picture) -> None:
        """Both, in one go; raises InputError for bytes that are no picture."""
        boxes = [self._box(console, picture) for picture in (left, right)]
        height = max(box.shape[0] for box in boxes)
        tall = [np.pad(box, ((0, height - box.shape[0]), (0, 0), (0, 0))) for box in boxes]
        gap = np.zeros((height, 1, 3), dtype=np.uint8)
        for row in rows_of(np.hstack((tall[0], gap, tall[1]))):
            console.print(Segments([*row, Segment.line()]), end="")

    def _box(self, console: Console, picture: Picture | None) -> Image:
        """Pixels (rows x 2, columns, 3) at most; narrower pictures stand in black."""
        box = np.zeros((2, self.columns, 3), dtype=np.uint8)
        if picture is None:
            return box
        image = _image(picture.jpeg)
        size = drawn_size(image.shape[1], image.shape[0], *self, whole=is_whole(picture))
        if size.height < 2:
            return box
        wide = max(1, round(image.shape[1] * size.scale))
        small = resized(image, wide, size.height)
        spare = max(0, wide - self.columns) // 2
        small = small[:, spare : spare + size.width]
        if console.color_system == "standard":
            small = in_four_greys(small)
        box = np.zeros((size.height, self.columns, 3), dtype=np.uint8)
        left = (self.columns - small.shape[1]) // 2
        box[:, left : left + small.shape[1]] = small
        return box


def _image(jpeg: bytes) -> Image:
    image = decoded(jpeg)
    if image is None:
        raise InputError("is no picture that can be drawn", place="photograph")
    return image
