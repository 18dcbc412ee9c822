"""All keys of the screen beneath, each with the reason when it is not possible now."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import SHOWN, Action, Where, actions
from tui.state import DeskState
from tui.theme import TONES

KEYS = 16


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    BINDINGS = [
        Binding("escape,question_mark,f1,q,ㅂ", "dismiss", "close", show=False),
        Binding("j,down,ㅓ", "scroll(1)", "down", show=False),
        Binding("k,up,ㅏ", "scroll(-1)", "up", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, where: Where, state: DeskState) -> None:
        super().__init__()
        self._where = where
        self._state = state

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(help_text(self._where, self._state), markup=False)

    def action_scroll(self, step: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)


def help_text(where: Where, state: DeskState) -> Text:
    lines = [Text.assemble(("keys", TONES["strong"]), ("   esc closes", TONES["muted"]), "\n")]
    lines += [_line(action, state) for action in actions(where)]
    lines.append(Text("\nA Korean keyboard left in Hangul mode works too.", style=TONES["muted"]))
    return Text("\n").join(lines)


def _line(action: Action, state: DeskState) -> Text:
    keys = " ".join(SHOWN.get(key, key) for key in action.keys)
    reason = action.reason(state)
    line = Text(f"{keys:{KEYS}}", style=TONES["muted"] if reason else TONES["accent"])
    line = Text.assemble(line, (action.description, TONES["muted" if reason else "plain"]))
    if reason:
        line.append(f"\n{'':{KEYS}}not now: {reason}", TONES["notice"])
    return line
