"""Screens from which a person answers about a candidate: the guards are the same on all of them."""

from functools import partial

from engine.domain.decision import Answer, UnclearBecause
from tui.screens.because import BecauseScreen
from tui.screens.mode import ModeScreen


class DecidingScreen(ModeScreen):
    """Every answer goes through here, once, and is durable before the next candidate comes."""

    def do_answer(self, answer: str) -> None:
        self.station.go(partial(self._answer, Answer(answer)), "answer")

    def do_answer_cannot_tell(self) -> None:
        triage = self.station.triage
        candidate_id = triage.state.candidate_id

        def chosen(because: UnclearBecause | None) -> None:
            if because is not None and candidate_id == triage.state.candidate_id:
                self.station.go(partial(self._answer, Answer.CANNOT_TELL, because), "answer")

        self.app.push_screen(BecauseScreen(), chosen)

    async def _answer(self, answer: Answer, because: UnclearBecause | None = None) -> None:
        if await self.station.triage.answer(answer, because):
            self.answered()
        else:
            self.not_answered()

    def answered(self) -> None:
        """The answer is written."""

    def not_answered(self) -> None:
        """What the engine really holds has to be asked for."""

    def do_undo(self) -> None:
        self.station.go(self.station.triage.undo, "answer")
