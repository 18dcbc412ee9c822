"""A field for several lines, folded to its width; nothing that commands a terminal can stand there (G19)."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from tui.clean import clean_lines, clean_text


class LongField(TextArea):
    """Enter takes it: line breaks come by pasting, and those that are there stay. ``limit`` in characters.
    Only the lines that are seen are painted, however long the text is."""

    class Taken(Message):
        """Enter was pressed."""

    def __init__(self, value: str = "", *, limit: int, hint: str = "") -> None:
        placeholder = Content(clean_text(hint))  # a bare string would be read as markup
        super().__init__(clean_lines(value, limit), highlight_cursor_line=False, placeholder=placeholder)
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self._limit = limit
        self.move_cursor(self.document.end)

    @property
    def said(self) -> str:
        """What stands there, clean also where a terminal sent what is on no key."""
        return clean_lines(self.text, self._limit)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Taken())
        elif event.is_printable and self._room() < 1:
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)

    def action_cursor_up(self, select: bool = False) -> None:
        """Above the first line lies what stands above this field."""
        before = self.cursor_location
        super().action_cursor_up(select)
        if self.cursor_location == before == (0, 0):
            self.screen.focus_previous()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        pasted = clean_lines(event.text.replace("\r\n", "\n").replace("\r", "\n"), max(0, self._room()))
        if pasted:
            end = self.replace(pasted, *self.selection).end_location
            self.move_cursor(end)

    def _room(self) -> int:
        """Characters that may come yet, in the place of what is marked."""
        return self._limit - len(self.text) + len(self.selected_text)
