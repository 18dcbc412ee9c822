"""The cases of which a person may know no answer of others yet: they are the second reviewer there (G10)."""

from engine.domain.decision import Part, standing
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store import second_review
from engine.trace.context import Context


async def blind_in(context: Context, tx: Transaction, person: Person) -> frozenset[str]:
    """Cases with a trace that this person looks at a second time and has not answered whole."""
    found = set()
    for trace_id, case_id in await second_review.taken_by(tx, person):
        made = await context.reviews.decisions(tx, trace_id)
        if await second_review.is_blind(tx, trace_id, person, len(standing(made, Part.SECOND))):
            found.add(case_id)
    return frozenset(found)
