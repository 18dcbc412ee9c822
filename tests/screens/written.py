"""A screen as plain text: its lines, then a thin layer of how they are set."""

from collections.abc import Iterable

from rich.color import Color, ColorType
from rich.style import Style
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex
from textual.strip import Strip

HALF_CELL = "▀"
PICTURE = "picture"  # its cells, without colours: decoders differ
SEEN_ON_BLANKS = ("underline", "reverse", "strike")
MARKS = ("bold", "dim", "italic", "underline", "reverse", "strike")


class ScreenExtension(SingleFileSnapshotExtension):
    """One ``.txt`` file a snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        """The name that the test gives it, and nothing else."""
        return str(index)


def written(strips: Iterable[Strip], head: str) -> str:
    """``head``, the lines without blanks at their end, and for each line the runs that are not set like most
    of the screen: first and last column (in cells, from 0), foreground/background, marks."""
    rows = [_runs(strip) for strip in strips]
    most = _most(rows)
    ground = "-" + most[most.index("/") :]
    lines = ["".join(text for _, text, _ in row).rstrip() for row in rows]
    layer = [f"elsewhere {most}"]
    for number, row in enumerate(rows, 1):
        told = " | ".join(f"{place} {look}" for place, _, look in row if look not in (most, ground))
        layer.append(f"{number}: {told}")
    return "\n".join([head, "", *lines, "", *_together(layer), ""])


def _runs(strip: Strip) -> list[tuple[str, str, str]]:
    """Columns, text and look of each run of a line. Of blanks only the background is a look."""
    joined: list[tuple[int, str, str]] = []
    column = 0
    for segment in strip:
        if not segment.text:
            continue
        look = PICTURE if set(segment.text) == {HALF_CELL} else _look(segment.text, segment.style or Style())
        if joined and joined[-1][2] == look:
            joined[-1] = (joined[-1][0], joined[-1][1] + segment.text, look)
        else:
            joined.append((column, segment.text, look))
        column += segment.cell_length
    ends = [start for start, _, _ in joined[1:]] + [column]
    return [(f"{start}-{end - 1}", text, look) for (start, text, look), end in zip(joined, ends, strict=True)]


def _look(text: str, style: Style) -> str:
    marks = [mark for mark in MARKS if getattr(style, mark)]
    if text.isspace():
        marks = [mark for mark in marks if mark in SEEN_ON_BLANKS]
    front = "-" if text.isspace() and "reverse" not in marks else _name(style.color)
    return " ".join((f"{front}/{_name(style.bgcolor)}", *marks))


def _name(color: Color | None) -> str:
    if color is None or color.type is ColorType.DEFAULT:
        return "-"
    return color.name.removeprefix("#")


def _most(rows: list[list[tuple[str, str, str]]]) -> str:
    """The look of most letters."""
    counted: dict[str, int] = {}
    for row in rows:
        for _, text, look in row:
            if look != PICTURE and not text.isspace():
                counted[look] = counted.get(look, 0) + len(text)
    return max(counted, key=lambda look: (counted[look], look), default="-/-")


def _together(layer: list[str]) -> Iterable[str]:
    """Lines that are set alike, one after the other, as one."""
    alike: list[tuple[str, str, str]] = []
    for line in layer:
        number, _, told = line.partition(": ")
        if alike and told and alike[-1][2] == told:
            alike[-1] = (alike[-1][0], number, told)
        else:
            alike.append((number, number, told))
    for first, last, told in alike:
        numbers = first if first == last else f"{first}-{last}"
        yield f"{numbers}: {told}" if told else numbers
