"""A field to write into: one line, in which nothing that commands a terminal can stand (G19)."""

from textual import events
from textual.widgets import Input

from tui.clean import clean_text


class Field(Input):
    """What is pasted is cleaned like anything that the engine says; ``limit`` in characters."""

    def __init__(self, value: str = "", *, id: str | None = None, limit: int = 200, hint: str = "") -> None:
        super().__init__(clean_text(value, limit), id=id, max_length=limit, select_on_focus=False)
        self.placeholder = clean_text(hint)

    def _on_paste(self, event: events.Paste) -> None:
        first = event.text.splitlines()[:1]
        self.insert_text_at_cursor(clean_text("".join(first), self.max_length or 200))
        event.prevent_default()
        event.stop()
