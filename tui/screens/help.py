"""All keys of the screen beneath, each with the reason when it is not possible now."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding

from tui.keyboard.action import Action
from tui.keyboard.names import shown_key
from tui.keys import actions, keys_of
from tui.language.catalogue import tr
from tui.panes.lines import LinesPane, wrapped
from tui.screens.above import Above
from tui.screens.mode import ModeScreen
from tui.terminal.theme import TONES

KEYS = 12


class HelpPane(LinesPane):
    def __init__(self, beneath: ModeScreen) -> None:
        super().__init__(id="help")
        self._beneath = beneath

    def lines(self, width: int, height: int) -> list[Text]:
        head = Text.assemble(
            (tr("keys"), TONES["strong"]), (tr("  esc closes, ↓ and page down go on"), TONES["muted"])
        )
        lines = [head, Text()]
        for action in actions(self._beneath.where):
            for text in _words(action, self._beneath.why_not(action)):
                lines += wrapped(text, width, indent=KEYS)
        notes = (
            tr(": has every action by name, and the colours. Other keys: tracedesk keys"),
            tr("A Korean keyboard left in Hangul mode works too."),
            tr("There, J and K are j and k: arrows in the list of traces move between traces."),
        )
        told = [line for note in notes for line in wrapped(Text(note, style=TONES["muted"]), width)]
        return [*lines, Text(), *told]


class HelpScreen(Above[None], inherit_bindings=False):
    BINDINGS = [
        Binding("escape,question_mark,f1,q,ㅂ", "dismiss", "close", show=False),
        Binding("j,down,ㅓ", "scroll(1)", "down", show=False),
        Binding("k,up,ㅏ", "scroll(-1)", "up", show=False),
        Binding("pagedown,space", "page(1)", "down", show=False),
        Binding("pageup", "page(-1)", "up", show=False),
        Binding("home", "end(-1)", "up", show=False),
        Binding("end,G", "end(1)", "down", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, beneath: ModeScreen) -> None:
        super().__init__()
        self._beneath = beneath

    def compose(self) -> ComposeResult:
        yield HelpPane(self._beneath)

    def action_scroll(self, step: int) -> None:
        self.query_one(HelpPane).scroll_relative(y=step, animate=False)

    def action_page(self, step: int) -> None:
        """A screenful, less one line that stays to read on from."""
        pane = self.query_one(HelpPane)
        pane.scroll_relative(y=step * max(1, pane.scrollable_content_region.height - 1), animate=False)

    def action_end(self, end: int) -> None:
        pane = self.query_one(HelpPane)
        pane.scroll_to(y=0 if end < 0 else pane.max_scroll_y, animate=False)


def _words(action: Action, reason: str) -> list[Text]:
    keys = " ".join(map(shown_key, keys_of(action)))
    description, tone = tr(action.description), TONES["muted"]
    if not reason:
        return [Text.assemble((f"{keys:{KEYS - 1}} ", TONES["accent"]), description)]
    said = Text.assemble((f"{keys:{KEYS - 1}} ", tone), (description, tone))
    return [said, Text.assemble(" " * KEYS, (tr("not now: {reason}", reason=reason), TONES["notice"]))]
