"""The work at the desk: open a trace, look at a candidate, answer, take back. No widget in sight."""

from collections.abc import Callable
from dataclasses import replace

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import Picture, ViewReply
from engine.domain.decision import Answer, UnclearBecause
from tui.port import Engine
from tui.state import (
    Answered,
    DeskState,
    Viewed,
    first_face,
    next_undecided,
    undo_target,
    why_no_answer,
    with_answer,
    with_candidate,
    with_detail,
    with_trace,
    with_view,
    without_answer,
)
from tui.words import ANSWERS

Measure = Callable[[Picture | None], float]
"""How high the face of a picture stands, or would stand, on this screen, in its pixels."""

CHANGED = 409  # somebody else was faster
OVERSTATED_PX = 0.5  # a view claimed larger than it was drawn is asked for again with the truth


class Triage:
    """Holds the state and the pictures of the current candidate, of no other.

    ``changed`` is called whenever there is something new to paint, ``say`` with one line for the
    person and its tone.
    """

    def __init__(self, engine: Engine, changed: Callable[[], None], say: Callable[[str, str], None]) -> None:
        self._engine = engine
        self._changed = changed
        self._say = say
        self.state = DeskState()
        self.view: ViewReply | None = None
        self.waiting = ""  # why the pictures are not there

    def become(self, state: DeskState) -> None:
        """Take a new state; pictures of another candidate than its own are dropped."""
        if state.candidate_id != self.state.candidate_id:
            self.view = None
            self.waiting = "fetching…"
        self.state = state
        self._changed()

    async def open(self, trace_id: str, candidate_id: str = "") -> None:
        """Another trace, or newer facts of the same. Begins at ``candidate_id`` where it has that one."""
        self.become(with_trace(self.state, trace_id))
        try:
            detail = await self._engine.trace(trace_id)
        except EngineAway:
            return  # the header says so, and the feed comes back here when it is attached again
        except EngineSaysNo as refusal:
            self._say(str(refusal), "alarm")
            return
        state = self.state
        if state.trace_id == trace_id and state.detail is None and not state.candidate_id:
            state = replace(state, candidate_id=candidate_id)
        self.become(with_detail(state, detail))

    async def look(self, measure: Measure) -> bool:
        """Ask for the pictures of the current candidate; True when there are some to paint.

        The engine is told how high the face really stands, not how high it was hoped to.
        """
        candidate_id = self.state.candidate_id
        known = first_face(self.view) if self.view is not None else None
        height_px = measure(known)
        try:
            reply = await self._engine.view(candidate_id, height_px)
            true_px = measure(first_face(reply))
            if true_px < height_px - OVERSTATED_PX:
                height_px = true_px
                reply = await self._engine.view(candidate_id, height_px)
        except EngineAway:
            self.waiting = "engine away"
            self._changed()
            return False
        except EngineSaysNo as refusal:
            self.waiting = "not shown"
            self._say(str(refusal), "alarm")
            self._changed()
            return False
        if candidate_id != self.state.candidate_id:
            return False
        self.view, self.waiting = reply, ""
        seen = Viewed(view_id=reply.view_id, face_height_px=height_px, adequate=reply.adequate)
        self.become(replace(with_view(self.state, candidate_id, seen), painted_s=None))
        return True

    async def answer(self, answer: Answer, because: UnclearBecause | None = None) -> bool:
        """Send an answer; True once it is durable, and only then the next candidate comes."""
        candidate = self.state.candidate
        if (reason := why_no_answer(self.state)) or candidate is None:
            self._say(reason, "notice")
            return False
        candidate_id = candidate.candidate_id
        view_id = self.state.viewed[candidate_id].view_id
        self.become(replace(self.state, writing=True))
        try:
            reply = await self._engine.decide(
                candidate_id, view_id, answer, because, version=candidate.version
            )
        except EngineAway:
            self._say("the engine did not reply: look whether your answer stands when it is back", "alarm")
            return False
        except EngineSaysNo as refusal:
            self._say(str(refusal), "alarm")
            return False
        finally:
            self.become(replace(self.state, writing=False))
        place = self.state.place + 1
        self.become(with_answer(self.state, reply, answer))
        model = reply.support or "not available"
        self._say(f"{place}: {ANSWERS[answer].word}, written. Model: {model}", "good")
        if self.state.candidate_id == candidate_id and (following := next_undecided(self.state)):
            self.become(with_candidate(self.state, following))
        return True

    async def undo(self) -> None:
        """Take back the last own answer that stands, and show its candidate again."""
        target = undo_target(self.state)
        if target is None:
            return
        self.become(replace(self.state, writing=True))
        try:
            reply = await self._engine.undo(target.candidate_id, version=target.version)
        except EngineAway:
            self._say("the engine did not reply: nothing was taken back here", "alarm")
            return
        except EngineSaysNo as refusal:
            if refusal.status == CHANGED:
                await self.open(target.trace_id)  # as it stands now; the answer may still be taken back
            else:
                self._forget(target)
            self._say(str(refusal), "alarm")
            return
        finally:
            self.become(replace(self.state, writing=False))
        self.become(without_answer(self.state, reply))
        if target.trace_id != self.state.trace_id:
            await self.open(target.trace_id)
        self.become(with_candidate(self.state, target.candidate_id))
        self._say(f"taken back: {ANSWERS[target.answer].word}", "good")

    def _forget(self, target: Answered) -> None:
        """What the engine does not take back must not stand in the way of what it would."""
        kept = tuple(a for a in self.state.answered if a.candidate_id != target.candidate_id)
        self.become(replace(self.state, answered=kept))
