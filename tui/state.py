"""What the desk knows about its own work, as frozen values; panes only paint it.

Nothing here touches a widget, the engine or a clock: seconds come in as arguments.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from engine.api.schema import CandidateView, Picture, TraceDetail, TraceView, ViewReply
from engine.domain.decision import Answer
from tui.language.catalogue import tr

WITHHELD = "first choose: review second, or see answers"


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
    at: datetime | None = None
    at_s: float | None = None  # the same by the desk's own clock; None for answers from before this sitting
    case_id: str = ""
    camera: str = ""
    seen: datetime | None = None  # when the sighting was


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """Candidates of one range set aside at this desk, for undo."""

    trace_id: str
    candidate_ids: tuple[str, ...]


Done = Answered | PutAside


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The trace rows as they stood when the person froze the desk, and what has come since of the trace
    on the card."""

    rows: tuple[TraceView, ...]
    newer: TraceDetail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """Which trace and candidate (by id, never by row), what was viewed, what was answered.

    ``alone`` is True while the pane at hand has the screen for itself; ``painted_s`` is when the pictures
    of the current candidate reached the screen, None before; ``picture_at`` says which of them is on the
    card; ``done`` is oldest first; ``writing`` is True while an answer is on its way to the disk.
    ``range_from`` is the candidate where a range begins, "" without one; it ends at the cursor. ``key_s`` is
    when the last key came, ``burst`` how many came with it faster than anybody types, ``burst_s`` when the
    first of them.
    """

    person: str = ""
    pane: Pane = Pane.CARD
    alone: bool = False
    trace_id: str = ""
    detail: TraceDetail | None = None
    candidate_id: str = ""
    viewed: Mapping[str, Viewed] = field(default_factory=lambda: MappingProxyType({}))
    painted_s: float | None = None
    pressed_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    done: tuple[Done, ...] = ()
    writing: bool = False
    picture_at: int = 0
    range_from: str = ""
    frozen: Frozen | None = None
    key_s: float | None = None
    burst_s: float | None = None
    burst: int = 0

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
    def withheld(self) -> bool:
        """A second reviewer is wanted: first answers are kept from this person until they choose."""
        return self.detail is not None and self.detail.withheld

    @property
    def undecided(self) -> int:
        return sum(is_open(c) for c in self.candidates)

    @property
    def answered(self) -> tuple[Answered, ...]:
        """The answers of this sitting that stand, oldest first."""
        return tuple(entry for entry in self.done if isinstance(entry, Answered))


def is_open(candidate: CandidateView) -> bool:
    """True where an answer is waited for: nobody answered, and nobody set it aside."""
    return candidate.answer is None and not candidate.aside


def with_trace(state: DeskState, trace_id: str) -> DeskState:
    """Another trace; its candidates are not known yet."""
    if trace_id == state.trace_id:
        return state
    frozen = None if state.frozen is None else replace(state.frozen, newer=None)
    state = replace(state, trace_id=trace_id, detail=None, range_from="", frozen=frozen)
    return with_candidate(state, "")


def with_detail(state: DeskState, detail: TraceDetail) -> DeskState:
    """Newer candidates and timeline of the current trace; the cursor stays on its candidate, and every
    candidate on its place for as long as the trace is open: new ones come last. On a frozen desk all but
    contradictions wait, unless no candidate is left: a consent that is withdrawn destroys them.

    A late answer about another trace changes nothing.
    """
    if detail.trace.trace_id != state.trace_id:
        return state
    if state.frozen is not None and state.detail is not None and (detail.candidates or not state.candidates):
        told = msgspec.structs.replace(state.detail, conflicts=detail.conflicts)
        return replace(state, detail=told, frozen=replace(state.frozen, newer=detail))
    return taken_in(state, detail)


def taken_in(state: DeskState, detail: TraceDetail) -> DeskState:
    """The details are shown from now on."""
    if state.frozen is not None:
        state = replace(state, frozen=replace(state.frozen, newer=None))
    places = {c.candidate_id: place for place, c in enumerate(state.candidates)}
    last = len(places)
    kept = tuple(sorted(detail.candidates, key=lambda c: places.get(c.candidate_id, last)))
    exposures = detail.exposures
    if state.detail is not None and exposures == state.detail.exposures:
        exposures = state.detail.exposures  # ten thousand that say the same need no new place
    state = replace(state, detail=msgspec.structs.replace(detail, candidates=kept, exposures=exposures))
    if state.range_from not in {c.candidate_id for c in kept}:
        state = replace(state, range_from="")
    return state if state.candidate is not None else with_candidate(state, first_choice(kept))


def first_choice(candidates: Sequence[CandidateView]) -> str:
    """The first candidate that waits for an answer, else the first, else none."""
    waiting = [c.candidate_id for c in candidates if is_open(c)]
    return (waiting or [c.candidate_id for c in candidates] or [""])[0]


def with_candidate(state: DeskState, candidate_id: str) -> DeskState:
    if candidate_id == state.candidate_id:
        return state
    return replace(state, candidate_id=candidate_id, painted_s=None, picture_at=0)


def moved(state: DeskState, step: int) -> DeskState:
    """One candidate on or back, stopping at either end."""
    if not state.candidates:
        return state
    place = min(max(state.place + step, 0), len(state.candidates) - 1)
    return with_candidate(state, state.candidates[place].candidate_id)


def with_picture(state: DeskState, step: int, count: int) -> DeskState:
    """One frame of the track on or back, of ``count``; stops at either end."""
    return replace(state, picture_at=min(max(state.picture_at + step, 0), max(0, count - 1)))


def at_pane(state: DeskState, pane: Pane) -> DeskState:
    """Another pane at hand, or the same again, all of them on the screen."""
    return replace(state, pane=pane, alone=False)


def next_undecided(state: DeskState) -> str:
    """Id of the next candidate that waits for an answer, from here to the end and on from the start."""
    ids = state.candidates
    start = state.place + 1
    turned = ids[start:] + ids[:start]
    return next((c.candidate_id for c in turned if is_open(c)), "")


def with_view(state: DeskState, candidate_id: str, view: Viewed) -> DeskState:
    """Remember a view. One that was large enough is not given up for a smaller, later one."""
    before = state.viewed.get(candidate_id)
    if before is not None and before.adequate and not view.adequate:
        return state
    return replace(state, viewed=MappingProxyType({**state.viewed, candidate_id: view}))


def painted(state: DeskState, candidate_id: str, now_s: float) -> DeskState:
    """The pictures stand on the screen from now on, if they are still those of the cursor."""
    return replace(state, painted_s=now_s) if candidate_id == state.candidate_id else state


def unpainted(state: DeskState) -> DeskState:
    """The pictures stand on the screen no more: what is shown again is looked at again."""
    return state if state.painted_s is None else replace(state, painted_s=None)


def without_view(state: DeskState, view_id: str) -> DeskState:
    """No answer comes from this view: its pictures never stood on the screen."""
    kept = {key: view for key, view in state.viewed.items() if view.view_id != view_id}
    return state if len(kept) == len(state.viewed) else replace(state, viewed=MappingProxyType(kept))


def with_reply(state: DeskState, reply: CandidateView) -> DeskState:
    """The engine's own word about a candidate after an answer or an undo."""
    return with_replies(state, (reply,))


def with_replies(state: DeskState, replies: Iterable[CandidateView]) -> DeskState:
    """The same about several."""
    told = {reply.candidate_id: reply for reply in replies if reply.trace_id == state.trace_id}
    if state.detail is None or not told:
        return state
    candidates = tuple(told.get(c.candidate_id, c) for c in state.candidates)
    return replace(state, detail=msgspec.structs.replace(state.detail, candidates=candidates))


def is_own(state: DeskState, candidate: CandidateView) -> bool:
    """True where this very person has answered: only then may the model's opinion be shown."""
    return candidate.answer is not None and bool(state.person) and candidate.decided_by == state.person


def own_answer(state: DeskState, candidate: CandidateView) -> Answer | None:
    """What this very person has answered, as first or as second reviewer."""
    if is_own(state, candidate):
        return candidate.answer
    return candidate.second_answer if state.person and candidate.second_by == state.person else None


def is_busy(trace: TraceView) -> bool:
    """True for a trace of somebody else: it takes a slot, and that is all one may know of it."""
    return trace.case_id == ""


def fingerprint(trace: TraceView) -> tuple[object, ...]:
    """Differs when the details of a trace are worth fetching again; progress alone is not."""
    return (
        trace.trace_id,
        trace.state,
        trace.step,
        trace.candidates,
        trace.undecided,
        trace.aside,
        trace.finished,
    )


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


def waiting_elsewhere(traces: Sequence[TraceView], trace_id: str) -> int:
    """Candidates of other own traces that wait for an answer."""
    return sum(t.undecided for t in traces if not is_busy(t) and t.trace_id != trace_id)


def next_work(state: DeskState, traces: Sequence[TraceView]) -> tuple[str, str]:
    """Trace and candidate to go on with, other than the one at hand: in this trace, else (candidate "") in
    another, else nowhere."""
    candidate_id = next_undecided(state)
    if candidate_id and candidate_id != state.candidate_id:
        return state.trace_id, candidate_id
    waiting = next_waiting(traces, state.trace_id)
    return ("" if waiting is None else waiting.trace_id), ""


def why_no_answer(state: DeskState) -> str:
    """ "" where the current candidate may be answered about, else the reason."""
    if state.candidate is None:
        return tr("no candidate is shown")
    if state.withheld:
        return tr(WITHHELD)
    if state.writing:
        return tr("the last answer is still being written")
    if state.candidate_id not in state.viewed or state.painted_s is None:
        return tr("no pictures have been shown yet")
    return ""


def why_not_same(state: DeskState) -> str:
    """ "" where ``same`` may be answered: only after a view in which the face stood large enough."""
    if reason := why_no_answer(state):
        return reason
    view = state.viewed[state.candidate_id]
    if not view.adequate:
        stood = f"{view.face_height_px:.0f}"
        return tr("the face stood only {px} px high: zoom (z) or enlarge the window", px=stood)
    return ""


def first_face(view: ViewReply | None) -> Picture | None:
    """The picture of a view that shows the candidate's face, before any whole frame."""
    return next(iter(faces(view)), None)


def faces(view: ViewReply | None) -> tuple[Picture, ...]:
    """The frames of the track in which the face was cut out, in the engine's order; a whole frame where
    there is nothing else."""
    if view is None:
        return ()
    return tuple(p for p in view.pictures if p.kind != "frame") or view.pictures[:1]
