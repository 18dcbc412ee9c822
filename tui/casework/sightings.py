"""Confirmed sightings of a trace: what a candidate is compared with, and which of them contradict."""

from engine.api.schema import CandidateView, Conflict
from engine.domain.decision import Answer
from tui.state import DeskState, is_own


def confirmed(state: DeskState) -> tuple[CandidateView, ...]:
    """Other candidates of this trace that stand as the patient, nearest in time first. A blind second
    reviewer has only their own confirmations."""
    here = state.candidate
    if here is None:
        return ()
    others = [c for c in state.candidates if c.candidate_id != here.candidate_id and _known_same(state, c)]
    return tuple(sorted(others, key=lambda c: abs((c.start - here.start).total_seconds())))


def conflicts(state: DeskState) -> tuple[Conflict, ...]:
    """Pairs of confirmations that cannot both be true, as far as this person may know of them."""
    if state.detail is None:
        return ()
    known = {c.candidate_id for c in state.candidates if _known_same(state, c)}
    return tuple(c for c in state.detail.conflicts if {c.first_id, c.second_id} <= known)


def new_conflicts(before: DeskState, after: DeskState) -> bool:
    """True where there is a contradiction that was not there before, or that a trace opens with."""
    same_trace = before.trace_id == after.trace_id
    known = {_pair(c) for c in conflicts(before)} if same_trace else set()
    return any(_pair(c) not in known for c in conflicts(after))


def _pair(conflict: Conflict) -> frozenset[str]:
    return frozenset((conflict.first_id, conflict.second_id))


def _known_same(state: DeskState, candidate: CandidateView) -> bool:
    blind = state.detail is not None and state.detail.blind
    return candidate.answer is Answer.SAME and (is_own(state, candidate) or not blind)
