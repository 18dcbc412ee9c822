"""What the audit says of answers, and to whom: an auditor who works on cases may still look at a trace a
second time, and knows no first answer until then (G10)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.api import audited_answer
from engine.api.access import Access
from engine.api.blind import is_blind_beside, is_unfinished
from engine.audit.line import AuditLine
from engine.domain.errors import Refused
from engine.domain.person import Person
from engine.policy.roles import CASEWORK
from engine.ports import Transaction
from engine.store import second_review
from engine.trace.context import Context

Telling = Callable[[AuditLine], bool]
UNTOLD = audited_answer.OUTCOME  # as who listens to events hears it


async def outcomes(
    context: Context, tx: Transaction, person: Person, lines: Sequence[AuditLine]
) -> Mapping[int, str]:
    """What ``person`` reads in place of the outcome, by number: the answer that a line holds sealed, or that
    there is one."""
    unknown = await hidden(tx, person, lines)
    opened = await audited_answer.outcomes(
        context.sealer, tx, [line for line in lines if line.seq not in unknown]
    )
    return {**opened, **dict.fromkeys(unknown, UNTOLD)}


async def hidden(tx: Transaction, person: Person, lines: Sequence[AuditLine]) -> frozenset[int]:
    """Numbers of the lines whose outcome ``person`` does not see: answers of others in a trace that they may
    still look at a second time. Whoever works on no case sees all of it, and is noted."""
    by_candidate, untold = await _untold(tx, person, lines, audited_answer.tells)
    if not person.roles & CASEWORK:
        await _tell(tx, person, untold)
        return frozenset()
    return frozenset(
        line.seq
        for line in _answers(person, lines, audited_answer.tells)
        if by_candidate.get(line.object, "") in untold
    )


async def take_away(context: Context, tx: Transaction, person: Person, lines: Sequence[AuditLine]) -> None:
    """Lines leave as they are, or their hashes are wrong. Answers are sealed in them, but for those of
    earlier releases: whoever takes such answers along is told them. Raises Refused for the second reviewer of
    a trace who has not answered everything, and for whoever may still become the one that is wanted."""
    _, untold = await _untold(tx, person, lines, audited_answer.tells_plainly)
    if person.roles & CASEWORK:
        for trace_id in sorted(untold):
            await _require_told(context, tx, person, trace_id)
    await _tell(tx, person, untold)


async def _require_told(context: Context, tx: Transaction, person: Person, trace_id: str) -> None:
    beside = await is_blind_beside(context, tx, person, trace_id)
    if beside or await is_unfinished(context, tx, person, trace_id):
        raise Refused(
            "the audit tells the first answers of what you look at as the second reviewer",
            rule="G10",
            mend="answer every candidate first, or let another auditor take it away",
        )
    case_id = (await context.traces.get(tx, trace_id)).case_id
    if not await Access(context).sees(tx, person, case_id):
        return
    if await second_review.is_withheld(tx, trace_id, person):
        raise Refused(
            "the audit tells the first answers, and a second reviewer is wanted",
            rule="G10",
            mend="take that part, or ask for the first answers",
        )


async def _untold(
    tx: Transaction, person: Person, lines: Sequence[AuditLine], telling: Telling
) -> tuple[dict[str, str], frozenset[str]]:
    """The traces of candidates that these lines tell of, and those of the traces that are news."""
    told = {line.object for line in _answers(person, lines, telling)}
    by_candidate = await second_review.traces_about(tx, told) if told else {}
    if not by_candidate:
        return {}, frozenset()
    return by_candidate, await second_review.untold(tx, person, set(by_candidate.values()))


def _answers(person: Person, lines: Sequence[AuditLine], telling: Telling) -> list[AuditLine]:
    """Lines that say what somebody else answered."""
    return [line for line in lines if telling(line) and line.person != person.name]


async def _tell(tx: Transaction, person: Person, traces: Iterable[str]) -> None:
    for trace_id in sorted(traces):
        await second_review.note_seen(tx, trace_id, person)
