"""What the forms of a case share: whose case it is, drafts, questions, and what the engine answered."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from rich.text import Text

from engine.api.case_schema import BoardCase
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import TraceView
from tui.forms.days import Days
from tui.language.catalogue import tr
from tui.language.words import short_day
from tui.panes.bar import Bar
from tui.panes.lines import wrapped
from tui.screens.asking import AskText
from tui.screens.mode import ModeScreen
from tui.station import Station, Work
from tui.terminal.theme import TONES

T = TypeVar("T")
MOST_CHARACTERS = 1000


class FormScreen(ModeScreen):
    """A form about one case, over the screen of the cases. ``told`` are lines about what was done last,
    which stay until something else is done."""

    def __init__(self, station: Station, case: BoardCase) -> None:
        super().__init__(station)
        self.case = case
        self.head = Bar(id="form-head")
        self.told: list[Text] = []
        self._at_work: list[str] = []

    @property
    def busy(self) -> str:
        """What is on its way to the engine or from the disk, "" for nothing."""
        return next((words for words in reversed(self._at_work) if words), "")

    @property
    def trace_at_hand(self) -> TraceView | None:
        """The trace of the desk is another matter here."""
        return None

    @property
    def now(self) -> datetime:
        """The engine's time; of this machine before the engine was heard of."""
        return self.station.now or datetime.now(UTC)

    @property
    def days(self) -> Days:
        return Days.of(self.now, self.case.infectious_start, self.case.infectious_end, self.station.zone)

    @property
    def rehearsal(self) -> bool:
        return self.station.hello is not None and self.station.hello.profile == "rehearsal"

    def paint(self) -> None:
        super().paint()
        head = Text.assemble((tr("case {case}", case=self.case.case_id), TONES["strong"]))
        for part, tone in self.head_parts():
            head.append("  ").append(part, TONES[tone])
        self.head.say(head)
        self.paint_form()

    def paint_form(self) -> None:
        """The panes of this form."""
        raise NotImplementedError

    def head_parts(self) -> list[tuple[str, str]]:
        """Words and tones after the case."""
        return [(self.infectious_words(), "muted")]

    def infectious_words(self) -> str:
        days = self.days
        if days.first is None or days.last is None:
            return tr("infectious days not known here")
        return tr("infectious {first} to {last}", first=short_day(days.first), last=short_day(days.last))

    def do_leave_form(self) -> None:
        if self.is_current:
            self.station.board.outdate()
            self.app.pop_screen()

    # --- drafts and questions ---------------------------------------------------------------------

    def draft(self, name: str, otherwise: str = "") -> str:
        return self.station.drafts.get((f"{self.where}: {name}", self.case.case_id), otherwise)

    def keep_draft(self, name: str, text: str) -> None:
        key = (f"{self.where}: {name}", self.case.case_id)
        if text:
            self.station.drafts[key] = text
        else:
            self.station.drafts.pop(key, None)

    def write(
        self, name: str, title: str, then: Callable[[str], None], *, hint: str = "", otherwise: str = ""
    ) -> None:
        """Ask for a line; what was typed into it before stands there again."""

        def taken(text: str | None) -> None:
            if text is not None:
                then(text)

        ask = AskText(
            title,
            self.draft(name, otherwise),
            hint=hint,
            limit=MOST_CHARACTERS,
            typed=partial(self.keep_draft, name),
        )
        self.app.push_screen(ask, taken)

    # --- the engine -------------------------------------------------------------------------------

    def work(self, work: Work) -> None:
        """Run to its end beside the screen, whatever comes after it."""
        self.station.go(work, "answer")

    @contextmanager
    def at_work(self, words: str) -> Iterator[None]:
        """The form says so meanwhile, in place of what was told before."""
        self.told = []
        self._at_work.append(words)
        self.changed()
        try:
            yield
        finally:
            self._at_work.remove(words)
            self.changed()

    async def ask(self, answer: Awaitable[T], busy: str) -> T | None:
        """The engine's answer, None where it refused or is away: then that stands in ``told``."""
        with self.at_work(busy):
            try:
                return await answer
            except EngineSaysNo as refused:
                self.tell(self.refused_words(refused), "alarm")
            except EngineAway:
                self.tell(tr("the engine is away; what you typed is still here"), "alarm")
        return None

    def refused_words(self, refused: EngineSaysNo) -> str:
        """What is said where the engine says no."""
        return tr("refused: {why}", why=str(refused))

    async def renew_case(self) -> None:
        """The case as it stands now."""
        board = await self.ask(self.station.engine.board(), "")
        for case in board or ():
            if case.case_id == self.case.case_id:
                self.case = case
        self.changed()

    def tell(self, words: str, tone: str = "plain") -> None:
        self.told.append(Text(words, style=TONES[tone]))
        self.changed()

    def changed(self) -> None:
        if self.is_mounted and self.is_current:
            self.paint()

    def told_lines(self, width: int) -> list[Text]:
        """What was done last, folded."""
        lines = [Text(self.busy + "…", style=TONES["muted"])] if self.busy else []
        for text in self.told:
            lines += wrapped(text, width, indent=2)
        return lines
