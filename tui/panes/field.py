"""A field to write into: one line, in which nothing that commands a terminal can stand (G19)."""

from textual import events
from textual.geometry import Region
from textual.widgets import Input

from tui.clean import clean_text


class Field(Input):
    """What is pasted is cleaned like anything that the engine says; ``limit`` in characters."""

    def __init__(self, value: str = "", *, id: str | None = None, limit: int = 200, hint: str = "") -> None:
        super().__init__(clean_text(value, limit), id=id, max_length=limit, select_on_focus=False)
        self.placeholder = clean_text(hint)

    def on_focus(self) -> None:
        self._bring_cursor_into_view()

    def _on_paste(self, event: events.Paste) -> None:
        """In place of what is selected: lines one after the other, as much as there is room for."""
        start, end = sorted(self.selection)
        room = (self.max_length or 200) - len(self.value) + (end - start)
        lines = " ".join(line for line in event.text.splitlines() if line.strip())
        self.replace(clean_text(lines, room) if room > 0 else "", start, end)
        self._bring_cursor_into_view()
        event.prevent_default()
        event.stop()

    def _bring_cursor_into_view(self) -> None:
        """A text that is longer than the field shows where one writes, not its beginning."""
        self.call_after_refresh(self._scroll_to_cursor)

    def _scroll_to_cursor(self) -> None:
        self.scroll_to_region(Region(self._cursor_offset, 0, 1, 1), force=True, animate=False)
