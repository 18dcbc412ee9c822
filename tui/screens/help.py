"""All keys of the screen beneath, each with the reason when it is not possible now."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from tui.keys import SHOWN, Action, Where, actions
from tui.panes.lines import LinesPane, wrapped
from tui.state import DeskState
from tui.theme import TONES

KEYS = 12


class HelpPane(LinesPane):
    def __init__(self, where: Where, state: DeskState) -> None:
        super().__init__(id="help")
        self._where = where
        self._state = state

    def lines(self, width: int, height: int) -> list[Text]:
        head = Text.assemble(("keys", TONES["strong"]), ("  esc closes, ↓ goes on", TONES["muted"]))
        lines = [head, Text()]
        for action in actions(self._where):
            for text in _words(action, self._state):
                lines += wrapped(text, width, indent=KEYS)
        note = "A Korean keyboard left in Hangul mode works too."
        return [*lines, Text(), Text(note, style=TONES["muted"])]


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
        yield HelpPane(self._where, self._state)

    def action_scroll(self, step: int) -> None:
        self.query_one(HelpPane).scroll_relative(y=step, animate=False)


def _words(action: Action, state: DeskState) -> list[Text]:
    keys = " ".join(SHOWN.get(key, key) for key in action.keys)
    reason = action.reason(state)
    tone = TONES["muted"]
    if not reason:
        return [Text.assemble((f"{keys:{KEYS}}", TONES["accent"]), action.description)]
    said = Text.assemble((f"{keys:{KEYS}}", tone), (action.description, tone))
    return [said, Text.assemble(" " * KEYS, (f"not now: {reason}", TONES["notice"]))]
