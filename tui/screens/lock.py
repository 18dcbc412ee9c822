"""Hides everything after a while without a key. It holds no data, and what lies beneath stays as it is."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from tui.language.catalogue import tr
from tui.screens.once import Once
from tui.terminal.theme import TONES


class LockScreen(Once[None], inherit_bindings=False):
    """Enter shows the desk again. Whoever sits at this terminal is whom SSH let in: no password is asked
    for here, and the words say so."""

    BINDINGS = [Binding("enter", "open", "open", show=False)]
    AUTO_FOCUS = ""
    ALLOW_SELECT = False

    def compose(self) -> ComposeResult:
        lines = (
            Text(tr("tracedesk is hidden"), style=TONES["strong"]),
            Text(),
            Text(tr("enter shows it again")),
            Text(tr("This hides the screen. It is no password: lock your computer when you leave it.")),
        )
        yield Static(Text("\n").join(lines), id="lock-words", markup=False)

    def action_open(self) -> None:
        self.dismiss()
