"""A picture printed into a terminal, as the desk paints it: two pixels to a character."""

from rich.console import Console
from rich.segment import Segments

from engine.domain.errors import InputError
from tui.panes.halfcell import decoded, resized, rows_of

MOST_COLUMNS = 100


def draw(jpeg: bytes) -> None:
    """Raises InputError for bytes that are no picture."""
    image = decoded(jpeg)
    if image is None:
        raise InputError("is no picture that can be drawn", place="photograph")
    console = Console()
    columns = min(MOST_COLUMNS, console.width - 1, image.shape[1])
    rows = max(2, round(image.shape[0] * columns / image.shape[1] / 2) * 2)
    for row in rows_of(resized(image, columns, rows)):
        console.print(Segments(row))
