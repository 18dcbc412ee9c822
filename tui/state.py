"""What the desk knows about its own work, as frozen values; panes only paint it.

Nothing here touches a widget, the engine or a clock: seconds come in as arguments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

import msgspec

from engine.api.schema import CandidateView, Picture, TraceDetail, TraceView, ViewReply
from engine.domain.decision import Answer

PAINT_GUARD_S = 0.7  # nobody has looked at two faces in less
REPEAT_GUARD_S = 0.4  # longer than any keyboard's auto-repeat


class Pane(StrEnum):
    TRACES = "traces"
    CARD = "card"
    TIMELINE = "timeline"
    CONTACTS = "contacts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed:
    """The view from which an answer about one candidate may be given.

    ``face_height_px`` is how high the face really stood, in pixels of this screen.
    """

    view_id: str
    face_height_px: float
    adequate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer given at this desk, for undo. ``version`` is the candidate's with that answer."""

    trace_id: str
    candidate_id: str
    answer: Answer
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """Which trace and candidate (by id, never by row), what was viewed, what was answered.

    ``painted_s`` is when the pictures of the current candidate reached the screen, None before;
    ``answered`` is oldest first; ``writing`` is True while an answer is on its way to the disk.
    """

    person: str = ""
    pane: Pane = Pane.CARD
    trace_id: str = ""
    detail: TraceDetail | None = None
    candidate_id: str = ""
    viewed: Mapping[str, Viewed] = field(default_factory=lambda: MappingProxyType({}))
    painted_s: float | None = None
    pressed_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    answered: tuple[Answered, ...] = ()
    writing: bool = False

    @property
    def candidates(self) -> tuple[CandidateView, ...]:
        return self.detail.candidates if self.detail is not None else ()

    @property
    def candidate(self) -> CandidateView | None:
        return next((c for c in self.candidates if c.candidate_id == self.candidate_id), None)

    @property
    def place(self) -> int:
        """Where the current candidate stands among all of its trace, -1 for nowhere."""
        ids = [c.candidate_id for c in self.candidates]
        return ids.index(self.candidate_id) if self.candidate_id in ids else -1

    @property
    def undecided(self) -> int:
        return sum(c.answer is None for c in self.candidates)


def with_trace(state: DeskState, trace_id: str) -> DeskState:
    """Another trace; its candidates are not known yet."""
    if trace_id == state.trace_id:
        return state
    return replace(state, trace_id=trace_id, detail=None, candidate_id="", painted_s=None)


def with_detail(state: DeskState, detail: TraceDetail) -> DeskState:
    """Newer candidates and timeline of the current trace; the cursor stays on its candidate.

    A late answer about another trace changes nothing.
    """
    if detail.trace.trace_id != state.trace_id:
        return state
    state = replace(state, detail=detail)
    return state if state.candidate is not None else with_candidate(state, first_choice(detail.candidates))


def first_choice(candidates: Sequence[CandidateView]) -> str:
    """The first candidate nobody decided, else the first, else none."""
    undecided = [c.candidate_id for c in candidates if c.answer is None]
    return (undecided or [c.candidate_id for c in candidates] or [""])[0]


def with_candidate(state: DeskState, candidate_id: str) -> DeskState:
    if candidate_id == state.candidate_id:
        return state
    return replace(state, candidate_id=candidate_id, painted_s=None)


def moved(state: DeskState, step: int) -> DeskState:
    """One candidate on or back, stopping at either end."""
    if not state.candidates:
        return state
    place = min(max(state.place + step, 0), len(state.candidates) - 1)
    return with_candidate(state, state.candidates[place].candidate_id)


def next_undecided(state: DeskState) -> str:
    """Id of the next candidate without an answer, from here to the end and on from the start."""
    ids = state.candidates
    start = state.place + 1
    turned = ids[start:] + ids[:start]
    return next((c.candidate_id for c in turned if c.answer is None), "")


def with_view(state: DeskState, candidate_id: str, view: Viewed) -> DeskState:
    """Remember a view. One that was large enough is not given up for a smaller, later one."""
    before = state.viewed.get(candidate_id)
    if before is not None and before.adequate and not view.adequate:
        return state
    return replace(state, viewed=MappingProxyType({**state.viewed, candidate_id: view}))


def painted(state: DeskState, candidate_id: str, now_s: float) -> DeskState:
    """The pictures stand on the screen from now on, if they are still those of the cursor."""
    return replace(state, painted_s=now_s) if candidate_id == state.candidate_id else state


def pressed(state: DeskState, action_id: str, now_s: float) -> DeskState:
    """Remember every press, also the refused ones: a held key stays one press."""
    return replace(state, pressed_s=MappingProxyType({**state.pressed_s, action_id: now_s}))


def too_soon(state: DeskState, action_id: str, now_s: float, *, after_look: bool) -> str:
    """ "" where a key may act now, else why it does not. ``after_look``: only some time after the paint."""
    last_s = state.pressed_s.get(action_id)
    if last_s is not None and now_s - last_s < REPEAT_GUARD_S:
        return "a held key decides nothing: let go and press once"
    if after_look and state.painted_s is not None and now_s - state.painted_s < PAINT_GUARD_S:
        return "too quick: look at both faces first"
    return ""


def with_reply(state: DeskState, reply: CandidateView) -> DeskState:
    """The engine's own word about a candidate after an answer or an undo."""
    if state.detail is None or reply.trace_id != state.trace_id:
        return state
    candidates = tuple(reply if c.candidate_id == reply.candidate_id else c for c in state.candidates)
    return replace(state, detail=msgspec.structs.replace(state.detail, candidates=candidates))


def with_answer(state: DeskState, reply: CandidateView, answer: Answer) -> DeskState:
    """An answer is durable: note it for undo."""
    given = _answered(reply, answer)
    kept = tuple(a for a in state.answered if a.candidate_id != reply.candidate_id)
    return replace(with_reply(state, reply), answered=(*kept, given))


def _answered(candidate: CandidateView, answer: Answer) -> Answered:
    return Answered(
        trace_id=candidate.trace_id,
        candidate_id=candidate.candidate_id,
        answer=answer,
        version=candidate.version,
    )


def without_answer(state: DeskState, reply: CandidateView) -> DeskState:
    """An answer was taken back."""
    kept = tuple(a for a in state.answered if a.candidate_id != reply.candidate_id)
    return replace(with_reply(state, reply), answered=kept)


def undo_target(state: DeskState) -> Answered | None:
    """The last own answer that stands: of this session, else of this trace before it. Its version is
    the newest that was shown here."""
    if state.answered:
        last = state.answered[-1]
        shown = next((c for c in state.candidates if c.candidate_id == last.candidate_id), None)
        return last if shown is None else replace(last, version=max(shown.version, last.version))
    own = [
        (c.decided_at, _answered(c, c.answer))
        for c in state.candidates
        if c.answer is not None and c.decided_at is not None and is_own(state, c)
    ]
    return max(own, key=lambda pair: pair[0])[1] if own else None


def is_own(state: DeskState, candidate: CandidateView) -> bool:
    """True where this very person has answered: only then may the model's opinion be shown."""
    return candidate.answer is not None and bool(state.person) and candidate.decided_by == state.person


def is_busy(trace: TraceView) -> bool:
    """True for a trace of somebody else: it takes a slot, and that is all one may know of it."""
    return trace.case_id == ""


def fingerprint(trace: TraceView) -> tuple[object, ...]:
    """Differs when the details of a trace are worth fetching again; progress alone is not."""
    return (trace.trace_id, trace.state, trace.step, trace.candidates, trace.undecided, trace.finished)


def trace_choice(traces: Sequence[TraceView]) -> str:
    """Where a desk begins: the first trace with something to decide, else the first own one."""
    own = [t for t in traces if not is_busy(t)]
    waiting = [t.trace_id for t in own if t.undecided]
    return (waiting or [t.trace_id for t in own] or [""])[0]


def trace_beside(traces: Sequence[TraceView], trace_id: str, step: int) -> str:
    """The own trace above or below, stopping at either end."""
    ids = [t.trace_id for t in traces if not is_busy(t)]
    if not ids:
        return ""
    if trace_id not in ids:
        return ids[0]
    return ids[min(max(ids.index(trace_id) + step, 0), len(ids) - 1)]


def next_waiting(traces: Sequence[TraceView], trace_id: str) -> TraceView | None:
    """The next own trace, other than this one, in which candidates wait for an answer."""
    ids = [t.trace_id for t in traces]
    start = ids.index(trace_id) + 1 if trace_id in ids else 0
    turned = [*traces[start:], *traces[:start]]
    return next((t for t in turned if t.undecided and not is_busy(t) and t.trace_id != trace_id), None)


def next_work(state: DeskState, traces: Sequence[TraceView]) -> tuple[str, str]:
    """Trace and candidate to go on with: in this trace, else (candidate "") in another, else nowhere."""
    if candidate_id := next_undecided(state):
        return state.trace_id, candidate_id
    waiting = next_waiting(traces, state.trace_id)
    return ("" if waiting is None else waiting.trace_id), ""


def why_no_answer(state: DeskState) -> str:
    """ "" where the current candidate may be answered about, else the reason."""
    if state.candidate is None:
        return "no candidate is shown"
    if state.writing:
        return "the last answer is still being written"
    if state.candidate_id not in state.viewed or state.painted_s is None:
        return "no pictures have been shown yet"
    return ""


def why_not_same(state: DeskState) -> str:
    """ "" where ``same`` may be answered: only after a view in which the face stood large enough."""
    if reason := why_no_answer(state):
        return reason
    view = state.viewed[state.candidate_id]
    if not view.adequate:
        return f"the face stood only {view.face_height_px:.0f} px high: zoom (z) or enlarge the window"
    return ""


def first_face(view: ViewReply | None) -> Picture | None:
    """The picture of a view that shows the candidate's face, before any whole frame."""
    if view is None or not view.pictures:
        return None
    return next((picture for picture in view.pictures if picture.kind != "frame"), view.pictures[0])
