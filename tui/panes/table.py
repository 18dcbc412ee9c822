"""A list with columns: which of them a width has room for, and how a row fills them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.text import Text

from tui.language.catalogue import tr
from tui.panes.rows import RowsPane

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[T]):
    """``cells`` wide, shown where the table is ``least`` cells wide or more; the last one shown takes what
    is left over. ``say`` gives what stands there for a row."""

    title: str
    cells: int
    say: Callable[[T], Text]
    least: int = 0


class Table(RowsPane[T]):
    """A subclass says in ``key`` what tells rows apart."""

    def __init__(self, columns: Sequence[Column[T]], *, id: str = "list") -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._nothing = ""

    def say_nothing(self, words: str) -> None:
        """What is said where no row is listed."""
        if words != self._nothing:
            self._nothing = words
            self.refresh()

    def line(self, row: T, width: int) -> Text:
        chosen = self._chosen(width)
        return _laid([(column.cells, column.say(row)) for column in chosen], width)

    def titles(self, width: int) -> Text:
        chosen = self._chosen(width - 1)
        return Text(" ") + _laid([(column.cells, Text(tr(column.title))) for column in chosen], width - 1)

    def empty(self) -> Text:
        return Text(self._nothing)

    def _chosen(self, width: int) -> list[Column[T]]:
        return [column for column in self._columns if width >= column.least]


def _laid(cells: Sequence[tuple[int, Text]], width: int) -> Text:
    """One blank between cells."""
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
