"""Rows of a form: what each holds, and what is to be known about it."""

from dataclasses import dataclass

from rich.text import Text

from tui.panes.rows import RowsPane
from tui.terminal.theme import TONES

LABEL = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """``note`` in ``tone`` stands after the value."""

    key: str
    label: str
    value: str
    note: str = ""
    tone: str = "muted"


class FormRows(RowsPane[FormRow]):
    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(id=id)
        self._title = title

    def key(self, row: FormRow) -> str:
        return row.key

    def line(self, row: FormRow, width: int) -> Text:
        label = Text(row.label)
        label.truncate(LABEL, pad=True)
        line = Text(" ") + label
        if row.value:
            line.append(f"  {row.value}")
        if row.note:
            line.append(f"  {row.note}", TONES[row.tone])
        return line

    def titles(self, width: int) -> Text:
        return Text(f" {self._title}")

    def empty(self) -> Text:
        return Text(f" {self._title}")
