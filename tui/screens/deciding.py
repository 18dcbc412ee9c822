"""Screens from which a person answers about a candidate: the guards are the same on all of them."""

from functools import partial

from engine.domain.decision import ADEQUATE_FACE_PX, Answer, UnclearBecause
from tui.casework.guards import AT_ONCE, BURST_S, followed_at_once, in_burst
from tui.casework.ranges import to_set_aside, to_take_up
from tui.keyboard.action import Action
from tui.language.catalogue import tr
from tui.panes.scale import Larger, larger_terminal
from tui.screens.because import BecauseScreen
from tui.screens.mode import ModeScreen
from tui.state import DeskState, faces, first_face, why_no_answer, with_picture


class DecidingScreen(ModeScreen):
    """Every answer goes through here, once, and is durable before the next candidate comes."""

    @property
    def larger(self) -> Larger | None:
        """The terminal that it takes, where the face at hand stood too small and no zoom in this one would
        do; None where one would, and where nobody can tell."""
        triage = self.station.triage
        viewed, picture = triage.state.viewed.get(triage.state.candidate_id), first_face(triage.view)
        if viewed is None or viewed.adequate or picture is None:
            return None
        return larger_terminal(picture, ADEQUATE_FACE_PX, self.app.size)

    def why_not(self, action: Action) -> str:
        """Where ``same`` waits for a larger terminal alone, how large that is."""
        reason, state, larger = super().why_not(action), self.station.triage.state, self.larger
        if not reason or larger is None or action.id != "same" or state.range_from or why_no_answer(state):
            return reason
        return tr(
            "face {px} px high: confirming needs about {size}, this terminal is {here}",
            px=f"{state.viewed[state.candidate_id].face_height_px:.0f}",
            size=larger.needed,
            here=larger.here,
        )

    def do_answer(self, answer: str) -> None:
        state = self.station.triage.state
        if state.range_from:
            self.station.go(partial(self._set_aside, state), "answer")
        else:
            self.station.go(partial(self._answer, Answer(answer), None, state), "answer")

    def do_answer_cannot_tell(self) -> None:
        asked = self.station.triage.state

        def chosen(because: UnclearBecause | None) -> None:
            state = self.station.triage.state
            if because is None or asked.candidate_id != state.candidate_id:
                return
            if in_burst(state):
                self.station.say(tr(AT_ONCE), "notice")
                return
            self.station.go(partial(self._answer, Answer.CANNOT_TELL, because, state), "answer")

        self.app.push_screen(BecauseScreen(), chosen)

    async def _answer(self, answer: Answer, because: UnclearBecause | None, asked: DeskState) -> None:
        """``asked`` is the state in which the key was pressed: what is on the card may have changed since,
        and what is pasted shows only by the keys that follow."""
        at_s, triage = self.station.clock(), self.station.triage
        if not await self._meant(asked):
            return
        if await triage.answer(answer, because, at_s):
            self.answered()
        else:
            self.not_answered()

    async def _meant(self, asked: DeskState) -> bool:
        await self.station.pause(BURST_S)
        state = self.station.triage.state
        if followed_at_once(asked, state):
            self.station.say(tr(AT_ONCE), "notice")
            return False
        return (asked.candidate_id, asked.range_from) == (state.candidate_id, state.range_from)

    async def _set_aside(self, asked: DeskState) -> None:
        """What the range holds without an answer: aside, or up again where all of it is aside already."""
        if not await self._meant(asked):
            return
        triage = self.station.triage
        ids, aside = to_set_aside(triage.state), True
        if not ids:
            ids, aside = to_take_up(triage.state), False
        if not ids or not await triage.set_aside(triage.state.trace_id, ids, aside=aside):
            self.not_answered()

    def answered(self) -> None:
        """The answer is written."""

    def not_answered(self) -> None:
        """What the engine really holds has to be asked for."""

    def do_undo(self) -> None:
        self.station.go(self.station.triage.undo, "answer")

    def do_move_frame(self, step: str) -> None:
        """Another frame of the track on this screen."""
        triage = self.station.triage
        triage.become(with_picture(triage.state, int(step), len(faces(triage.view))))
