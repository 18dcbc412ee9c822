"""Traces and candidates by what a person has at hand: the number of a case, or an id from a list."""

from engine.api.client import EngineClient
from engine.api.schema import CandidateView, TraceDetail, TraceView
from engine.domain.errors import InputError


async def trace_of(client: EngineClient, where: str) -> TraceView:
    """A trace by its id, or the newest of a case. Raises InputError."""
    found = [t for t in await client.traces() if where and where in (t.trace_id, t.case_id)]
    if not found:
        raise InputError(
            "is no case with a trace, and no trace", place=where, mend="see: tracedesk case traces"
        )
    return found[-1]


async def detail_of(client: EngineClient, where: str) -> TraceDetail:
    return await client.trace((await trace_of(client, where)).trace_id)


async def with_candidate(client: EngineClient, candidate: str) -> tuple[TraceDetail, CandidateView]:
    """A candidate by its id alone, with its trace. Raises InputError where this person's traces, newest
    first, have none of this id."""
    for trace in reversed(await client.traces()):
        if not trace.case_id or not trace.candidates:
            continue
        detail = await client.trace(trace.trace_id)
        for one in detail.candidates:
            if one.candidate_id == candidate:
                return detail, one
    mend = "see: tracedesk candidates list CASE"
    raise InputError("there is no such candidate", place=candidate, mend=mend)


def own_answer(candidate: CandidateView, me: str) -> str:
    """What this person answered, "" for nothing."""
    if candidate.answer is not None and candidate.decided_by == me:
        return candidate.answer.replace("_", " ")
    if candidate.second_answer is not None and candidate.second_by == me:
        return candidate.second_answer.replace("_", " ")
    return ""


def stands_as_patient(detail: TraceDetail, candidate: CandidateView, me: str) -> bool:
    """Whether it is confirmed, as far as this person may know: a second reviewer is blind to others."""
    if detail.blind:
        return own_answer(candidate, me) == "same"
    return candidate.answer == "same"
