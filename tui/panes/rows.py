"""A list of any length of which only the lines on the screen are drawn."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.terminal.theme import TONES

T = TypeVar("T")

WHEEL_ROWS = 3


class RowsPane(ScrollView, Generic[T], can_focus=False):
    """One line a row, under one fixed line of titles. The cursor is bound to the id of a row, not to its
    place: rows that come or go do not move it. A subclass says in ``key`` what tells rows apart, in
    ``line`` how one looks, in ``titles`` what stands above, and in ``empty`` what is said without rows."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "RowsPane { overflow-x: hidden; }"

    class Pointed(Message):
        """Somebody pointed at a row with the mouse."""

        def __init__(self, pane_id: str, key: str) -> None:
            self.pane_id = pane_id
            self.key = key
            super().__init__()

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: Sequence[T] = ()
        self._places: dict[str, int] = {}
        self._cursor = ""

    def key(self, row: T) -> str:
        raise NotImplementedError

    def line(self, row: T, width: int) -> Text:
        raise NotImplementedError

    def titles(self, width: int) -> Text:
        raise NotImplementedError

    def empty(self) -> Text:
        raise NotImplementedError

    @property
    def cursor(self) -> str:
        """Id of the row at hand, "" where there is none."""
        return self._cursor

    @property
    def current(self) -> T | None:
        place = self._places.get(self._cursor)
        return None if place is None else self._rows[place]

    def show(self, rows: Sequence[T]) -> None:
        """Other rows; the cursor stays on its row, or on the place where it was."""
        if rows is self._rows:
            return
        before = self._places.get(self._cursor, 0)
        self._rows = rows
        self._places = {self.key(row): place for place, row in enumerate(rows)}
        if self._cursor not in self._places:
            self._cursor = self.key(rows[min(before, len(rows) - 1)]) if rows else ""
        self._resize()
        self._keep_in_view()
        self.refresh()

    def point_at(self, key: str) -> None:
        """Put the cursor on a row; nothing happens where there is no such row."""
        if key in self._places and key != self._cursor:
            before, self._cursor = self._cursor, key
            scrolled = self._keep_in_view()
            if scrolled:
                self.refresh()
            else:
                self._refresh_row(before)
                self._refresh_row(key)

    def move(self, step: int) -> None:
        """So many rows down (or up), stopping at either end."""
        if self._rows:
            place = min(max(self._places.get(self._cursor, 0) + step, 0), len(self._rows) - 1)
            self.point_at(self.key(self._rows[place]))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y >= 1:
            place = offset.y - 1 + self.scroll_offset.y
            if place < len(self._rows):
                self.post_message(self.Pointed(self.id or "", self.key(self._rows[place])))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -WHEEL_ROWS)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        """The wheel takes the cursor along: rows that come would else draw the list back to it."""
        event.stop()
        event.prevent_default()
        if self._rows:
            place = min(max(self._places.get(self._cursor, 0) + step, 0), len(self._rows) - 1)
            self.post_message(self.Pointed(self.id or "", self.key(self._rows[place])))

    def on_resize(self, _: events.Resize) -> None:
        self._resize()
        self._keep_in_view()
        self.refresh()

    def _resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + 1)

    def render_line(self, y: int) -> Strip:
        width, ground = self.scrollable_content_region.width, self.rich_style
        if y == 0:
            line = self.titles(width) if self._rows else self.empty()
            line.stylize_before(TONES["muted"])
        else:
            place = y - 1 + self.scroll_offset.y
            if place >= len(self._rows):
                return Strip.blank(width, ground)
            row = self._rows[place]
            line = self.line(row, width - 1)
            at_hand = self.key(row) == self._cursor
            line = Text.assemble(("▌" if at_hand else " ", TONES["accent"]), line)
            if at_hand:
                line.stylize_before(TONES["strong"])
        line.truncate(width, overflow="ellipsis")
        return Strip(line.render(self.app.console)).apply_style(ground).adjust_cell_length(width, ground)

    def _refresh_row(self, key: str) -> None:
        if (place := self._places.get(key)) is not None:
            self.refresh_line(place + 1)

    def _keep_in_view(self) -> bool:
        """Scroll no more than needed; True where that moved anything."""
        place, height = self._places.get(self._cursor, 0), max(1, self.size.height - 1)
        top = self.scroll_offset.y
        wanted = min(max(top, place - height + 1), place)
        if wanted == top:
            return False
        self.scroll_to(y=wanted, animate=False, immediate=True, force=True)
        return True
