"""How high a face stands on this screen: arithmetic that needs no screen."""

from functools import lru_cache
from typing import NamedTuple

from engine.api.schema import Picture

FACE_SHARE = 0.8  # of the height of a face still, as the engine cuts them; used before one arrived
LEAST_WIDTH_SHARE = 0.72  # of a face picture's width that is kept when the box is narrow
ONE_LINE_COLUMNS = 116  # of the terminal, from which the caption of the zoom stands in one line
MOST_CELLS = 500  # a box that would have to be larger is no terminal's


class Drawn(NamedTuple):
    """Pixels of the screen: a half cell is one pixel, so a row of cells is two."""

    width: int
    height: int
    scale: float


class Larger(NamedTuple):
    """Sizes of terminals, as ``110x41``: one in which a face would stand large enough, and this one."""

    needed: str
    here: str


def drawn_size(width: int, height: int, columns: int, rows: int, *, whole: bool) -> Drawn:
    """How large a picture of ``width`` x ``height`` stands in a box of cells.

    Faces fill the height and may lose their left and right margins; ``whole`` pictures lose nothing.
    """
    if min(width, height, columns, rows) <= 0:
        return Drawn(0, 0, 0.0)
    share = 1.0 if whole else LEAST_WIDTH_SHARE
    scale = min(2 * rows / height, columns / (share * width))
    tall = min(2 * rows, round(height * scale))
    tall -= tall % 2
    return Drawn(min(columns, max(1, round(width * scale))), tall, min(scale, tall / height))


def is_whole(picture: Picture) -> bool:
    """True where nothing may be cut off: a frame, or a photo that does not say where its face is."""
    return picture.kind == "frame" or picture.face_px <= 0


def caption_rows(columns: int) -> int:
    """Lines above the faces of the zoom in a terminal so wide."""
    return 1 if columns >= ONE_LINE_COLUMNS else 2


def larger_terminal(picture: Picture, least_px: float, here: tuple[int, int]) -> Larger | None:
    """The smallest terminal in whose zoom the face of ``picture`` stands ``least_px`` pixels high: two boxes
    side by side, captions above and keys below. None where one of ``here`` columns and rows would do, or
    none at all."""
    box = _smallest_box(picture.width, picture.height, picture.face_px, is_whole(picture), least_px)
    if box is None:
        return None
    across, down = 2 * box[0], box[1] + 1
    if across <= here[0] and down + caption_rows(here[0]) <= here[1]:
        return None
    columns = max(across, ONE_LINE_COLUMNS) if here[0] >= ONE_LINE_COLUMNS else across
    return Larger(f"{columns}x{down + caption_rows(columns)}", f"{here[0]}x{here[1]}")


@lru_cache(maxsize=64)
def _smallest_box(
    width: int, height: int, face_px: float, whole: bool, least_px: float
) -> tuple[int, int] | None:
    def stands(columns: int, rows: int) -> bool:
        return face_px * drawn_size(width, height, columns, rows, whole=whole).scale >= least_px

    sizes = range(1, MOST_CELLS)
    rows = next((n for n in sizes if stands(MOST_CELLS, n)), None)
    columns = None if rows is None else next((n for n in sizes if stands(n, rows)), None)
    return None if rows is None or columns is None else (columns, rows)
