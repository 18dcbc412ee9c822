"""What was done at this desk and can be taken back: answers one by one, ranges as a whole."""

from collections.abc import Iterable
from dataclasses import replace

from engine.api.schema import CandidateView
from engine.domain.decision import Answer
from tui.state import Answered, DeskState, Done, PutAside, is_own, with_reply


def with_answer(
    state: DeskState, reply: CandidateView, answer: Answer, at_s: float | None = None
) -> DeskState:
    """An answer is durable: note it for undo. ``at_s``: when it was given, by the desk's clock."""
    given = replace(_answered(reply, answer), at_s=at_s)
    return replace(with_reply(state, reply), done=(*_without(state.done, {reply.candidate_id}), given))


def without_answer(state: DeskState, reply: CandidateView) -> DeskState:
    """An answer was taken back."""
    return forgotten(with_reply(state, reply), reply.candidate_id)


def forgotten(state: DeskState, candidate_id: str) -> DeskState:
    """Nothing of this candidate is taken back by undo any more."""
    return replace(state, done=tuple(_without(state.done, {candidate_id})))


def with_aside(state: DeskState, trace_id: str, candidate_ids: tuple[str, ...]) -> DeskState:
    """A range was set aside: note it for undo."""
    entry = PutAside(trace_id=trace_id, candidate_ids=candidate_ids)
    return replace(state, done=(*state.done, entry))


def without_aside(state: DeskState, entry: PutAside) -> DeskState:
    return replace(state, done=tuple(e for e in state.done if e is not entry))


def undo_target(state: DeskState) -> Done | None:
    """What was done last and stands: in this sitting, else the last own answer of this trace before it.
    The version of an answer is the newest that was shown here."""
    if state.done:
        last = state.done[-1]
        return last if isinstance(last, PutAside) else newest(state, last)
    own = [
        (c.decided_at, _answered(c, c.answer))
        for c in state.candidates
        if c.answer is not None and c.decided_at is not None and is_own(state, c)
    ]
    return max(own, key=lambda pair: pair[0])[1] if own else None


def newest(state: DeskState, target: Answered) -> Answered:
    """The same answer with the newest version that was shown here."""
    shown = next((c for c in state.candidates if c.candidate_id == target.candidate_id), None)
    return target if shown is None else replace(target, version=max(shown.version, target.version))


def own_standing(state: DeskState, candidate_id: str) -> Answered | None:
    """This person's own answer about a candidate of this trace, None where there is none of theirs."""
    shown = next((c for c in state.candidates if c.candidate_id == candidate_id), None)
    if shown is None or shown.answer is None or not is_own(state, shown):
        return None
    return _answered(shown, shown.answer)


def _answered(candidate: CandidateView, answer: Answer) -> Answered:
    return Answered(
        trace_id=candidate.trace_id,
        candidate_id=candidate.candidate_id,
        answer=answer,
        version=candidate.version,
        at=candidate.decided_at,
        case_id=candidate.case_id,
        camera=candidate.camera_name or candidate.camera_id,
        seen=candidate.start,
    )


def _without(done: Iterable[Done], candidate_ids: set[str]) -> list[Done]:
    return [e for e in done if not (isinstance(e, Answered) and e.candidate_id in candidate_ids)]
