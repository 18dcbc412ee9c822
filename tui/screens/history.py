"""The last answers of this sitting, to take one of them back."""

from datetime import tzinfo

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding

from tui.language.catalogue import tr
from tui.language.words import ANSWERS, clock_time
from tui.panes.lines import LinesPane
from tui.screens.above import Above
from tui.state import Answered
from tui.terminal.theme import TONES

MOST = 10


class HistoryPane(LinesPane):
    """Newest first, with the cursor on one."""

    def __init__(self, answers: tuple[Answered, ...], zone: tzinfo) -> None:
        super().__init__(id="history")
        self.answers = answers
        self._zone = zone
        self.at = 0
        self.styles.height = len(answers) + 6  # title, how, two empty lines, border

    def lines(self, width: int, height: int) -> list[Text]:
        how = tr("enter takes one back, esc goes back") if self.answers else tr("esc goes back")
        title = tr("your last answers") if self.answers else tr("no answers of this sitting stand")
        rows = [self._line(place, answered) for place, answered in enumerate(self.answers)]
        return [Text(title, style=TONES["strong"]), Text(), *rows, Text(), Text(how, style=TONES["muted"])]

    def _line(self, place: int, answered: Answered) -> Text:
        mark = ANSWERS[answered.answer]
        when = clock_time(answered.at, self._zone) if answered.at is not None else tr("not available")
        return Text.assemble(
            ("▌ " if place == self.at else "  ", TONES["accent"]),
            f"{when}  ",
            (f"{mark.glyph} {tr(mark.word)}", TONES[mark.tone]),
            (f"  {self._about(answered)}", TONES["muted"]),
            style=TONES["strong" if place == self.at else "plain"],
        )

    def _about(self, answered: Answered) -> str:
        """Case, time and camera of the sighting, by which a person knows it again."""
        seen = "" if answered.seen is None else clock_time(answered.seen, self._zone)
        parts = (answered.case_id, seen, answered.camera)
        return "  ".join(part for part in parts if part)


class HistoryScreen(Above[Answered | None], inherit_bindings=False):
    BINDINGS = [
        Binding("escape,q,ㅂ", "dismiss", "back", show=False),
        Binding("j,down,ㅓ", "move(1)", "down", show=False),
        Binding("k,up,ㅏ", "move(-1)", "up", show=False),
        Binding("enter", "take", "take back", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, answers: tuple[Answered, ...], zone: tzinfo) -> None:
        super().__init__()
        self._pane = HistoryPane(answers[::-1][:MOST], zone)

    def compose(self) -> ComposeResult:
        yield self._pane

    def action_move(self, step: int) -> None:
        self._pane.at = min(max(self._pane.at + step, 0), max(0, len(self._pane.answers) - 1))
        self._pane.repaint()

    def action_take(self) -> None:
        if self._pane.answers:
            self.dismiss(self._pane.answers[self._pane.at])
