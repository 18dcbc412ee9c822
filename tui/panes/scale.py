"""How high a face stands on this screen: arithmetic that needs no screen."""

from typing import NamedTuple

from engine.api.schema import Picture

FACE_SHARE = 0.8  # of the height of a face still, as the engine cuts them; used before one arrived
LEAST_WIDTH_SHARE = 0.72  # of a face picture's width that is kept when the box is narrow


class Drawn(NamedTuple):
    """Pixels of the screen: a half cell is one pixel, so a row of cells is two."""

    width: int
    height: int
    scale: float


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
