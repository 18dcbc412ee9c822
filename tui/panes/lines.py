"""A pane drawn line by line: only lines that changed are painted again."""

from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.panes.values import held_together, with_blanks

_MEASURE = Console(file=StringIO(), color_system=None)  # only folds lines, never prints


class LinesPane(ScrollView, can_focus=False):
    """Shows what ``lines`` returns. Lines are ``Text`` values, so data is never read as markup."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "LinesPane { overflow-x: hidden; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: list[Text] = []

    def lines(self, width: int, height: int) -> list[Text]:
        """The content for a pane of ``width`` x ``height`` cells, each line at most ``width`` wide."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Ask for the lines again and refresh those that differ."""
        width, height = self.scrollable_content_region.size
        if width <= 0 or height <= 0:
            return
        old, new = self._lines, self.lines(width, height)
        self._lines = new
        if len(old) != len(new):
            self.virtual_size = Size(width, len(new))
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, new, strict=True)):
            if before != after or before.style != after.style:
                self.refresh_line(y)

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """Textual paints before it tells of a size: the lines are there then, and nothing is painted empty
        first."""
        resized = super()._size_updated(size, virtual_size, container_size, layout)
        width, height = self.scrollable_content_region.size
        if resized and width > 0 and height > 0:
            self._lines = self.lines(width, height)
        return resized

    def on_resize(self, _: events.Resize) -> None:
        self._lines = []
        self.repaint()

    def render_line(self, y: int) -> Strip:
        width, ground = self.size.width, self.rich_style
        row = y + self.scroll_offset.y
        if row >= len(self._lines):
            return Strip.blank(width, ground)
        line = self._lines[row].copy()
        line.stylize_before(line.style)  # a line without spans would lose its own style
        line.truncate(width, overflow="ellipsis")
        strip = Strip(line.render(self.app.console))
        return strip.apply_style(ground).adjust_cell_length(width, ground)


def padded(words: str, cells: int) -> str:
    """``words`` filled up with blanks to ``cells``; what is longer stays, with one blank after it."""
    return words + " " * max(1 if words else 0, cells - cell_len(words))


def wrapped(text: Text, width: int, indent: int = 0) -> list[Text]:
    """``text`` folded to ``width`` cells, never inside a value; lines after the first begin ``indent`` cells
    in."""
    if text.cell_len <= width and "\n" not in text.plain:
        return [text]  # most lines do fit, and folding is slow
    text = held_together(text, max(1, width - indent))
    first = text.wrap(_MEASURE, max(1, width), overflow="fold")[0]
    rest = text[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    if not rest.plain:
        return [with_blanks(first)]
    folded = rest.wrap(_MEASURE, max(1, width - indent), overflow="fold")
    return [with_blanks(first), *(Text(" " * indent) + with_blanks(line) for line in folded)]
