"""Cells of a table: which columns a width has room for, and how a row fills them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.text import Text

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[T]):
    """``cells`` wide, shown where the table is ``least`` cells wide or more; the last one shown takes what
    is left over. ``say`` gives what stands there for a row."""

    title: str
    cells: int
    say: Callable[[T], Text]
    least: int = 0


def line(columns: Sequence[Column[T]], row: T, width: int) -> Text:
    """A row, one blank between its cells."""
    chosen = [column for column in columns if width >= column.least]
    return _laid([(column.cells, column.say(row)) for column in chosen], width)


def titles(columns: Sequence[Column[T]], width: int) -> Text:
    chosen = [column for column in columns if width >= column.least]
    return _laid([(column.cells, Text(column.title)) for column in chosen], width)


def _laid(cells: Sequence[tuple[int, Text]], width: int) -> Text:
    laid = Text()
    for place, (wide, said) in enumerate(cells):
        room = max(0, width - laid.cell_len)
        last = place == len(cells) - 1
        cell = said.copy()
        cell.stylize_before(cell.style)  # a cell keeps its own style when it is joined to others
        cell.truncate(room if last else min(wide, room), overflow="ellipsis", pad=not last)
        laid = laid + cell
        if not last:
            laid.append(" ")
    return laid
