"""Answers of a reviewer from a file, given to the engine like those of a person at the desk."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from engine.api.client import EngineClient, EngineSaysNo
from engine.api.schema import CandidateView, TraceDetail
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError

FULL_SIZE_PX = 240.0  # the reviewer had the pictures in full size


class FileDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers every candidate of ``case`` on ``camera`` whose sighting overlaps ``start``..``end``."""

    case: str
    camera: str
    start: datetime
    end: datetime
    answer: Answer
    because: UnclearBecause | None = None


def read_decisions(path: Path) -> tuple[FileDecision, ...]:
    """A JSON list of decisions. Raises InputError naming file and entry."""
    try:
        decisions = msgspec.json.decode(path.read_bytes(), type=tuple[FileDecision, ...])
    except OSError as problem:
        raise InputError(problem.strerror or "cannot be read", file=str(path)) from None
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        raise InputError(what, file=str(path), place=where.rstrip("`")) from None
    except msgspec.DecodeError as problem:
        raise InputError(f"is not JSON: {problem}", file=str(path)) from None
    for number, decision in enumerate(decisions):
        if decision.start.tzinfo is None or decision.end.tzinfo is None:
            raise InputError("has no time zone", file=str(path), place=f"[{number}].start")
        if decision.answer is Answer.CANNOT_TELL and decision.because is None:
            raise InputError(
                "is missing", file=str(path), place=f"[{number}].because", mend="say why it cannot be told"
            )
    return decisions


async def apply_decisions(
    client: EngineClient, details: Sequence[TraceDetail], decisions: Sequence[FileDecision]
) -> tuple[str, ...]:
    """View, then answer, every candidate that a decision speaks of. Returns a line for each decision
    that fits no candidate: a finding worth knowing, no mistake of the file."""
    used: set[int] = set()
    answers: list[tuple[CandidateView, FileDecision]] = []
    for detail in details:
        for candidate in detail.candidates:
            for number, decision in enumerate(decisions):
                if _speaks_of(decision, candidate):
                    used.add(number)
                    answers.append((candidate, decision))
                    break
    views = await asyncio.gather(*(client.view(c.candidate_id, FULL_SIZE_PX) for c, _ in answers))
    if views:
        latest = max(view.not_before for view in views)
        await asyncio.sleep(max(0.0, (latest - datetime.now(latest.tzinfo)).total_seconds()) + 0.05)
    for (candidate, decision), view in zip(answers, views, strict=True):
        try:
            await client.decide(candidate.candidate_id, view.view_id, decision.answer, decision.because)
        except EngineSaysNo as refused:
            raise InputError(str(refused), file=f"case {candidate.case_id}") from None
    return tuple(
        f"no candidate of case {d.case} on {d.camera} at {d.start.isoformat()}"
        for number, d in enumerate(decisions)
        if number not in used
    )


def _speaks_of(decision: FileDecision, candidate: CandidateView) -> bool:
    return (
        decision.case == candidate.case_id
        and decision.camera == candidate.camera_id
        and decision.start <= candidate.end
        and candidate.start <= decision.end
    )
