"""What a person may not know yet of the answers of others, and what they have been told (G10)."""

from collections.abc import Iterable, Mapping

from engine.domain.candidate import Candidate
from engine.domain.decision import Decision, Part, standing
from engine.domain.errors import Refused
from engine.domain.interval import gap_s
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store import second_review
from engine.trace.context import Context


async def blind_in(context: Context, tx: Transaction, person: Person) -> frozenset[str]:
    """Cases with a trace that this person looks at a second time and has not answered whole."""
    found = set()
    for trace_id, case_id in await second_review.taken_by(tx, person):
        if await is_unfinished(context, tx, person, trace_id):
            found.add(case_id)
    return frozenset(found)


async def is_unfinished(context: Context, tx: Transaction, person: Person, trace_id: str) -> bool:
    """Whether this person looks at a trace a second time and has not answered it whole."""
    made = await context.reviews.decisions(tx, trace_id)
    return await second_review.is_blind(tx, trace_id, person, len(standing(made, Part.SECOND)))


async def own_second(
    tx: Transaction, person: Person, trace_id: str, made: tuple[Decision, ...]
) -> dict[str, Decision]:
    """All that is known of the answers of a trace to whom they are hidden: their own as second reviewer."""
    mine = await second_review.is_reviewer(tx, trace_id, person)
    return standing(made, Part.SECOND) if mine else {}


def second_as_shown(
    first: Mapping[str, Decision], second: Mapping[str, Decision], reader: str
) -> dict[str, Decision]:
    """Second answers as one who is not blind may know them: of candidates that have a first answer, and the
    reader's own. Whoever gives a first answer knows no second one, or the two would not be independent."""
    return {i: d for i, d in second.items() if i in first or d.decided_by == reader}


async def is_blind_beside(context: Context, tx: Transaction, person: Person, trace_id: str) -> bool:
    """Whether this person may not know the answers in a trace because they look at another one of its case a
    second time: the same footage may have been looked at in both, and they have been told nothing of it."""
    beside = await second_review.taken_beside(tx, trace_id, person)
    if not beside or not await second_review.untold(tx, person, [trace_id]):
        return False
    return any([await is_unfinished(context, tx, person, other) for other in beside])


async def knows_a_sighting(context: Context, tx: Transaction, person: Person, trace_id: str) -> bool:
    """Whether this person has answered, or seen answered, a sighting of this trace in another trace of its
    case: the same camera at the same time. Who knows one is not blind to it under another id."""
    known = await second_review.known_beside(tx, trace_id, person)
    if not known:
        return False
    here = await context.reviews.of_trace(tx, trace_id)
    for other in sorted(known):
        answered = await context.reviews.answered_of(tx, other)
        if any(_same_sighting(one, another) for one in here for another in answered):
            return True
    return False


def _same_sighting(one: Candidate, other: Candidate) -> bool:
    """By camera and time; as far as its clock may have been set anew between the two traces."""
    a, b = one.track, other.track
    within_s = a.interval.sigma_s + b.interval.sigma_s
    return a.camera_id == b.camera_id and gap_s(a.interval, b.interval) <= within_s


async def untold_in(tx: Transaction, person: Person, case_ids: Iterable[str]) -> frozenset[str]:
    """Those of these cases of which somebody else has answered something that ``person`` does not know: a
    note of a colleague may tell it."""
    cases = await second_review.traces_of(tx, case_ids)
    if not cases:
        return frozenset()
    return frozenset(cases[trace_id] for trace_id in await second_review.untold(tx, person, cases))


async def tell(tx: Transaction, person: Person, case_id: str) -> None:
    """``person`` reads what may tell the first answers of a case: from now on they are no second reviewer of
    its traces. Raises Refused where a second reviewer is wanted and they may still be it."""
    traces = await second_review.untold(tx, person, await second_review.traces_of(tx, [case_id]))
    for trace_id in sorted(traces):
        if await second_review.is_withheld(tx, trace_id, person):
            raise Refused(
                "the note of a colleague may tell the first answers, and a second reviewer is wanted",
                rule="G10",
                mend="take that part, or ask for the first answers",
            )
        await second_review.note_seen(tx, trace_id, person)
