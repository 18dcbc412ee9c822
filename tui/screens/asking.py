"""Short questions before something is done: a line of text, or a yes that nobody gives by accident."""

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.language.catalogue import tr
from tui.panes.field import Field
from tui.panes.longfield import LongField
from tui.screens.above import Above
from tui.terminal.discreet import DiscreetApp
from tui.terminal.theme import TONES


class AskText(Above[str | None], inherit_bindings=False):
    """One line of text; enter takes it, escape goes back with None. Drafts are the caller's to keep:
    ``typed`` hears of every change."""

    BINDINGS = [Binding("escape", "dismiss", "back", show=False)]

    def __init__(
        self,
        title: str,
        value: str = "",
        *,
        hint: str = "",
        limit: int = 200,
        typed: Callable[[str], object] = str,
    ) -> None:
        super().__init__()
        self._title = title
        self._typed = typed
        self._field = Field(value, limit=limit, hint=hint)

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Static(Text(self._title, style=TONES["strong"]), markup=False)
            yield self._field
            yield Static(Text(tr("enter takes it, esc goes back"), style=TONES["muted"]), markup=False)

    def on_mount(self) -> None:
        self._field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._typed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip())


class AskLong(AskText):
    """The same with room for several lines: a text of any length is folded, and the arrows go through it."""

    BINDINGS = [Binding("escape", "dismiss", "back", show=False)]

    def __init__(
        self,
        title: str,
        value: str = "",
        *,
        hint: str = "",
        limit: int,
        typed: Callable[[str], object] = str,
    ) -> None:
        super().__init__(title, typed=typed)
        self._long = LongField(value, limit=limit, hint=hint)

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Static(Text(self._title, style=TONES["strong"]), markup=False)
            yield self._long
            words = tr("enter takes it, a pasted line break stays; esc goes back")
            yield Static(Text(words, style=TONES["muted"]), markup=False)

    def on_mount(self) -> None:
        self._long.focus()

    def on_text_area_changed(self, event: LongField.Changed) -> None:
        event.stop()
        self._typed(self._long.said)

    def on_long_field_taken(self, event: LongField.Taken) -> None:
        event.stop()
        self.dismiss(self._long.said.strip())


class Confirm(Above[bool], inherit_bindings=False):
    """``y`` and then enter, or ``word`` typed out and then enter; everything else goes back. The key that
    led here does nothing, so that a held key never confirms."""

    BINDINGS = [
        Binding("escape,q,ㅂ,n,ㅜ", "dismiss(False)", "back", show=False),
        Binding("y,ㅛ", "arm", "yes", show=False),
        Binding("enter", "take", "take", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, title: str, words: Sequence[str] = (), *, word: str = "") -> None:
        super().__init__()
        self._title, self._words, self._word = title, tuple(words), word
        self._armed = False
        self._field = Field(limit=max(64, len(word) + 8))
        self._how = Static(id="confirm-how", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="question"):
            yield Static(Text(self._title, style=TONES["strong"]), markup=False)
            for line in self._words:
                yield Static(Text(line), markup=False)
            if self._word:
                yield Static(Text(tr("type {word} to go on", word=self._word)), markup=False)
                yield self._field
            yield self._how

    def on_mount(self) -> None:
        if self._word:
            self._field.focus()
        self._say_how()

    def action_arm(self) -> None:
        self._armed = True
        self._say_how()

    def action_take(self) -> None:
        if self._armed and not self._word:
            self.dismiss(True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Another word goes back, and is told so: else it would look as if it had been done."""
        event.stop()
        fits = event.value.strip() == self._word
        self.dismiss(fits)
        if not fits and isinstance(self.app, DiscreetApp):
            self.app.say(tr("that was not {word}: nothing was done", word=self._word), "notice")

    def _say_how(self) -> None:
        if self._word:
            said = tr("enter goes on, esc goes back")
        else:
            said = tr("now enter, or esc") if self._armed else tr("y and then enter goes on, esc goes back")
        self._how.update(Text(said, style=TONES["muted"]))
