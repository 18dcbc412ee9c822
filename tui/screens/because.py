"""Why one cannot tell: a result with a reason, not a skip."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from engine.domain.decision import UnclearBecause
from tui.language.catalogue import tr
from tui.language.words import REASONS
from tui.screens.above import Above
from tui.terminal.theme import TONES


class BecauseScreen(Above[UnclearBecause | None], inherit_bindings=False):
    """Digits choose, escape goes back without an answer. Space does nothing, so a held key cannot."""

    BINDINGS = [
        *(Binding(str(number), f"because({number})", show=False) for number in range(1, len(REASONS) + 1)),
        Binding("escape,q,ㅂ,u,ㅕ", "dismiss", "back", show=False),
    ]
    AUTO_FOCUS = ""

    def compose(self) -> ComposeResult:
        lines = [Text(tr("Cannot tell, because"), style=TONES["strong"]), Text()]
        for number, words in enumerate(REASONS.values(), start=1):
            lines.append(Text.assemble((f"{number}  ", TONES["accent"]), tr(words)))
        lines += [Text(), Text(tr("esc: back without an answer"), style=TONES["muted"])]
        yield Static(Text("\n").join(lines), markup=False)

    def action_because(self, number: int) -> None:
        self.dismiss(tuple(REASONS)[number - 1])
