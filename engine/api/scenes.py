"""The confirmed sightings of a case and who stood beside them, as one person may know them (G10)."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.api.asked import Asked
from engine.domain.decision import Answer, Decision, Part, standing
from engine.domain.errors import Refused
from engine.domain.exposure import Exposure
from engine.ports import Row, Transaction
from engine.store import second_review
from engine.store.traces import TraceRow
from engine.trace.contacts import contacts
from engine.trace.context import Context


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A trace with the answers that stand, and its confirmed candidates as they lie in the store."""

    trace: TraceRow
    first: dict[str, Decision]
    second: dict[str, Decision]
    sealed: list[Row]

    @property
    def confirmed(self) -> frozenset[str]:
        return frozenset(i for i, decision in self.first.items() if decision.answer is Answer.SAME)

    @property
    def seconded(self) -> frozenset[str]:
        """Confirmed by a first person, and by a second one who did not know that."""
        return frozenset(
            i
            for i in self.confirmed
            if (other := self.second.get(i)) is not None
            and other.answer is Answer.SAME
            and other.decided_by != self.first[i].decided_by
        )


async def reviewed(context: Context, tx: Transaction, asked: Asked, case_id: str) -> tuple[Reviewed, ...]:
    """The traces of a case, newest last.

    Who is beside a confirmed sighting says that it was confirmed. So a second reviewer who has not
    answered everything is refused, and so is whoever may still become the one that is wanted (G10). Any
    other who reads answers of others is noted: they become no second reviewer any more.
    """
    found = []
    for trace in await context.traces.of_case(tx, case_id):
        made = await context.reviews.decisions(tx, trace.trace_id)
        first, second = standing(made), standing(made, Part.SECOND)
        if await second_review.is_blind(tx, trace.trace_id, asked.person, len(second)):
            raise Refused(
                "the line list tells the first answers",
                rule="G10",
                mend="answer every candidate as the second reviewer, then look",
            )
        if await second_review.is_withheld(tx, trace.trace_id, asked.person):
            raise Refused(
                "the line list tells the first answers, and a second reviewer is wanted",
                rule="G10",
                mend="take that part, or ask for the first answers",
            )
        if any(d.decided_by != asked.name for d in first.values()):
            await second_review.note_seen(tx, trace.trace_id, asked.person)
        confirmed = [i for i, d in first.items() if d.answer is Answer.SAME]
        sealed = await context.reviews.sealed(tx, confirmed) if confirmed else []
        found.append(Reviewed(trace, first, second, sealed))
    return tuple(found)


def beside(context: Context, traces: Sequence[Reviewed]) -> tuple[tuple[Exposure, ...], tuple[Exposure, ...]]:
    """Exposures of the newest trace, and of all older ones. Touches values only."""
    site = context.site
    of_each = [
        contacts(context.reviews.opened(t.sealed), t.first, site.cameras, site.definitions) for t in traces
    ]
    older = tuple(exposure for some in of_each[:-1] for exposure in some)
    return (of_each[-1] if of_each else ()), older
