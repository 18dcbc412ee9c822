"""The work at the desk: open a trace, look at a candidate, answer, take back. No widget in sight."""

from collections.abc import Callable
from dataclasses import replace

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.schema import Picture, ViewReply
from engine.domain.decision import Answer, UnclearBecause
from tui.casework.pace import look_twice
from tui.casework.sightings import conflicts, new_conflicts
from tui.casework.undo import (
    forgotten,
    newest,
    undo_target,
    with_answer,
    with_aside,
    without_answer,
    without_aside,
)
from tui.language.catalogue import tr
from tui.language.words import ANSWERS
from tui.port import Engine
from tui.state import (
    Answered,
    DeskState,
    PutAside,
    Viewed,
    first_face,
    next_undecided,
    painted,
    unpainted,
    why_no_answer,
    with_candidate,
    with_detail,
    with_replies,
    with_trace,
    with_view,
    without_view,
)

Measure = Callable[[Picture | None], float]
"""How high the face of a picture stands, or would stand, on this screen, in its pixels."""

CHANGED = 409  # somebody else was faster
OVERSTATED_PX = 0.5  # a view claimed larger than it was drawn is asked for again with the truth


class OffScreen(Exception):
    """There is no room on the screen in which a face could be seen."""


async def seen(
    engine: Engine, candidate_id: str, measure: Measure, known: Picture | None = None
) -> tuple[ViewReply, float]:
    """Pictures of a candidate, and how high the face of the first stands: the engine is told how high it
    really stands, not how high it was hoped to. ``known`` is that picture where it was here before. Raises
    OffScreen where it stands nowhere, as in a pane that has given way to another meanwhile."""
    height_px = measure(known)
    if height_px <= 0:
        raise OffScreen
    reply = await engine.view(candidate_id, height_px)
    true_px = measure(first_face(reply))
    if true_px <= 0:
        raise OffScreen
    if true_px < height_px - OVERSTATED_PX:
        height_px = true_px
        reply = await engine.view(candidate_id, height_px)
    return reply, height_px


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
        self._stood = ""  # the view whose pictures stood on the screen last

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
        before = self.state
        if before.trace_id == trace_id and before.detail is None and not before.candidate_id:
            before = replace(before, candidate_id=candidate_id)
        self.become(with_detail(before, detail))
        if new_conflicts(before if before.detail is not None else DeskState(), self.state):
            self._say(_contradicting(len(conflicts(self.state))), "alarm")

    async def look(self, measure: Measure) -> bool:
        """Ask for the pictures of the current candidate; True when there are some to paint."""
        candidate_id = self.state.candidate_id
        known = first_face(self.view) if self.view is not None else None
        try:
            reply, height_px = await seen(self._engine, candidate_id, measure, known)
        except OffScreen:
            return False
        except EngineAway:
            self._not_shown(candidate_id, tr("engine away"))
            return False
        except EngineSaysNo as refusal:
            self._not_shown(candidate_id, tr("not shown"), str(refusal))
            return False
        if candidate_id != self.state.candidate_id:
            return False
        self.view, self.waiting = reply, ""
        viewed = Viewed(view_id=reply.view_id, face_height_px=height_px, adequate=reply.adequate)
        self.become(replace(with_view(self.state, candidate_id, viewed), painted_s=None))
        return True

    def stands(self, view_id: str, measure: Measure, now_s: float) -> bool:
        """The screen has been painted: True where the pictures of this view stand on it, the first time as
        high as the engine was told. Else nobody has seen them so, and nothing is answered from this view
        (G10, G11)."""
        view, before = self.view, view_id == self._stood
        current = view is not None and view.view_id == view_id
        height_px = measure(first_face(view)) if current else 0.0
        if height_px <= 0 or not (before or height_px >= self._told_px(view_id) - OVERSTATED_PX):
            if not before:
                self._drop(view_id)
            return False
        self._stood = view_id
        if self.state.painted_s is None:
            self.become(painted(self.state, self.state.candidate_id, now_s))
        return True

    def _told_px(self, view_id: str) -> float:
        return max(
            (v.face_height_px for v in self.state.viewed.values() if v.view_id == view_id), default=0.0
        )

    def _drop(self, view_id: str) -> None:
        state = without_view(self.state, view_id)
        if self.view is not None and self.view.view_id == view_id:
            self.view, self.waiting = None, "fetching…"
            state = unpainted(state)
        self.become(state)

    def _not_shown(self, candidate_id: str, waiting: str, why: str = "") -> None:
        """Why the pictures of this candidate are not there, while somebody waits for them."""
        if candidate_id == self.state.candidate_id:
            self.waiting = waiting
            if why:
                self._say(why, "alarm")
            self._changed()

    async def answer(
        self, answer: Answer, because: UnclearBecause | None = None, at_s: float | None = None
    ) -> bool:
        """Send an answer given at ``at_s`` of the desk's clock; True once it is durable, and only then the
        next candidate comes."""
        candidate = self.state.candidate
        if (reason := why_no_answer(self.state)) or candidate is None:
            self._say(reason, "notice")
            return False
        candidate_id, place = candidate.candidate_id, self.state.place + 1
        view_id = self.state.viewed[candidate_id].view_id
        self.become(replace(self.state, writing=True))
        try:
            reply = await self._engine.decide(
                candidate_id, view_id, answer, because, version=candidate.version
            )
        except EngineAway:
            words = tr("the engine did not reply: look whether your answer stands when it is back")
            self._say(words, "alarm")
            return False
        except EngineSaysNo as refusal:
            self._say(str(refusal), "alarm")
            return False
        finally:
            self.become(replace(self.state, writing=False))
        self.become(with_answer(self.state, reply, answer, at_s))
        self._say_written(place, answer, reply.support)
        if self.state.candidate_id == candidate_id and (following := next_undecided(self.state)):
            self.become(with_candidate(self.state, following))
        return True

    def _say_written(self, place: int, answer: Answer, support: str) -> None:
        words = tr(
            "{place}: {answer}, written. Model: {model}",
            place=place,
            answer=tr(ANSWERS[answer].word),
            model=support or tr("not available"),
        )
        slower = look_twice(self.state)
        self._say(f"{slower}. {words}" if slower else words, "notice" if slower else "good")

    async def undo(self) -> None:
        """Take back what was done last and stands."""
        target = undo_target(self.state)
        if isinstance(target, PutAside):
            ids = target.candidate_ids
            if await self.set_aside(target.trace_id, ids, aside=False, undoing=target):
                await self._go_to(target.trace_id, ids[0])
        elif target is not None:
            await self.take_back(target)

    async def take_back(self, target: Answered) -> bool:
        """Take back one own answer, by a further record, and show its candidate again; True once that is
        durable."""
        if self._still_writing():
            return False
        target = newest(self.state, target)
        self.become(replace(self.state, writing=True))
        try:
            reply = await self._engine.undo(target.candidate_id, version=target.version)
        except EngineAway:
            self._say(tr("the engine did not reply: nothing was taken back here"), "alarm")
            return False
        except EngineSaysNo as refusal:
            if refusal.status == CHANGED:
                await self.open(target.trace_id)  # as it stands now; the answer may still be taken back
            else:  # what is not taken back must not stand in the way of what would be
                self.become(forgotten(self.state, target.candidate_id))
            self._say(str(refusal), "alarm")
            return False
        finally:
            self.become(replace(self.state, writing=False))
        self.become(without_answer(self.state, reply))
        await self._go_to(target.trace_id, target.candidate_id)
        self._say(tr("taken back: {answer}", answer=tr(ANSWERS[target.answer].word)), "good")
        return True

    async def set_aside(
        self,
        trace_id: str,
        candidate_ids: tuple[str, ...],
        *,
        aside: bool = True,
        undoing: PutAside | None = None,
    ) -> bool:
        """Set candidates aside as not reviewed, or take them up again; True once that is durable."""
        if self._still_writing():
            return False
        self.become(replace(self.state, writing=True, range_from=""))
        try:
            detail = await self._engine.set_aside(trace_id, candidate_ids, aside=aside)
        except EngineAway:
            self._say(tr("the engine did not reply: look whether they are set aside"), "alarm")
            return False
        except EngineSaysNo as refusal:
            if undoing is not None and refusal.status != CHANGED:
                self.become(without_aside(self.state, undoing))
            self._say(str(refusal), "alarm")
            return False
        finally:
            self.become(replace(self.state, writing=False))
        state = self.state if undoing is None else without_aside(self.state, undoing)
        state = with_aside(state, trace_id, candidate_ids) if aside else state
        moved = frozenset(candidate_ids)
        # also on a frozen desk: it is the person's own doing
        state = with_replies(state, (c for c in detail.candidates if c.candidate_id in moved))
        self.become(with_detail(state, detail))
        if aside and (following := next_undecided(self.state)) and self._is_aside():
            self.become(with_candidate(self.state, following))
        n = len(candidate_ids)
        words = tr(
            "{n} set aside: not reviewed. u takes them up again" if aside else "{n} taken up again", n=n
        )
        self._say(words, "good")
        return True

    def _still_writing(self) -> bool:
        """True, and the person is told, while an answer is on its way: one at a time."""
        if self.state.writing:
            self._say(tr("the last answer is still being written"), "notice")
        return self.state.writing

    async def _go_to(self, trace_id: str, candidate_id: str) -> None:
        if trace_id != self.state.trace_id:
            await self.open(trace_id)
        self.become(with_candidate(self.state, candidate_id))

    def _is_aside(self) -> bool:
        return self.state.candidate is not None and self.state.candidate.aside


def _contradicting(pairs: int) -> str:
    if pairs == 1:
        return tr("2 confirmed sightings cannot both be true: press C")
    return tr("{n} pairs of confirmed sightings cannot both be true: press C", n=pairs)
