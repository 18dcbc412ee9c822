"""Answers of a reviewer from a file, given to the engine like those of a person at the desk."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from engine.api.client import EngineClient, EngineSaysNo
from engine.api.schema import CandidateView, TraceDetail
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError

FULL_SIZE_PX = 240.0  # the reviewer had the pictures in full size


class FileDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers every candidate of ``case`` on ``camera`` whose sighting overlaps ``start``..``end``; of
    several that were there at the same time, ``same`` answers the strongest only."""

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
        why = (problem.strerror or "cannot be read").lower()
        raise InputError(why, file=str(path), mend="check the path and who may read it") from None
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$")
        mend = "correct it: see Decisions in the README"
        raise InputError(what, file=str(path), place=where.rstrip("`"), mend=mend) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"is not JSON: {problem}", file=str(path), mend="write it again, whole") from None
    for number, decision in enumerate(decisions):
        if decision.start.tzinfo is None or decision.end.tzinfo is None:
            spot = "start" if decision.start.tzinfo is None else "end"
            raise InputError(
                "has no time zone",
                file=str(path),
                place=f"[{number}].{spot}",
                mend="write 2026-03-02T03:00:00Z",
            )
        if decision.end < decision.start:
            raise InputError(
                "lies before start", file=str(path), place=f"[{number}].end", mend="check the two times"
            )
        if decision.answer is Answer.CANNOT_TELL and decision.because is None:
            raise InputError(
                "is missing", file=str(path), place=f"[{number}].because", mend="say why it cannot be told"
            )
    return decisions


def check_decisions(
    decisions: Sequence[FileDecision], path: Path, cases: Collection[str], cameras: Collection[str]
) -> None:
    """Raises InputError for a decision about a case that is not traced, or a camera there is not."""
    for number, decision in enumerate(decisions):
        for key, name, known in (("case", decision.case, cases), ("camera", decision.camera, cameras)):
            if name not in known:
                here = "traced here" if key == "case" else "in the registry"
                raise InputError(
                    f"{key} {name[:80]!r} is not {here}",
                    file=str(path),
                    place=f"[{number}].{key}",
                    mend="correct the id, or take the decision out",
                )


async def apply_decisions(
    client: EngineClient, details: Sequence[TraceDetail], decisions: Sequence[FileDecision]
) -> tuple[str, ...]:
    """View, then answer, every candidate that a decision speaks of; of two for one, the first counts.
    Returns a line for each decision that fits no candidate: a finding worth knowing, no mistake of the
    file."""
    used: set[int] = set()
    answers: list[tuple[CandidateView, FileDecision]] = []
    for detail in details:
        same: list[CandidateView] = []
        for candidate in detail.candidates:  # best first
            fitting = [n for n, d in enumerate(decisions) if _speaks_of(d, candidate)]
            if not fitting:
                continue
            used.update(fitting)
            number = fitting[0]
            if decisions[number].answer is Answer.SAME:
                if any(_at_once(candidate, other) for other in same):
                    continue  # the patient is one person: the stronger candidate was meant
                same.append(candidate)
            answers.append((candidate, decisions[number]))
    views = await asyncio.gather(*(client.view(c.candidate_id, FULL_SIZE_PX) for c, _ in answers))
    if views:
        latest = max(view.not_before for view in views)
        await asyncio.sleep(max(0.0, (latest - datetime.now(latest.tzinfo)).total_seconds()) + 0.05)
    for (candidate, decision), view in zip(answers, views, strict=True):
        try:
            await client.decide(
                candidate.candidate_id,
                view.view_id,
                decision.answer,
                decision.because,
                version=candidate.version,
            )
        except EngineSaysNo as refused:
            raise InputError(str(refused), file=f"case {candidate.case_id}") from None
    return tuple(
        f"no candidate of case {d.case} on {d.camera} at {d.start.isoformat()}"
        for number, d in enumerate(decisions)
        if number not in used
    )


def _at_once(a: CandidateView, b: CandidateView) -> bool:
    return a.camera_id == b.camera_id and a.start < b.end and b.start < a.end


def _speaks_of(decision: FileDecision, candidate: CandidateView) -> bool:
    return (
        decision.case == candidate.case_id
        and decision.camera == candidate.camera_id
        and decision.start <= candidate.end
        and candidate.start <= decision.end
    )
