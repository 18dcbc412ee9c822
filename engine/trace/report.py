"""Step 8: a trace as it stands, from what is stored and what people have decided so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.candidate import Candidate
from engine.domain.decision import Decision, Part, standing
from engine.domain.exposure import Exposure
from engine.domain.visit import Gap, Visit
from engine.ports import Transaction
from engine.store.traces import TraceRow
from engine.trace.contacts import contacts
from engine.trace.context import Context
from engine.trace.link import link
from engine.trace.pipeline import Gathered, Outcome, gathered
from engine.trace.visits import visits


@dataclass(frozen=True, slots=True)
class TraceReport:
    """Candidates best first; decisions in force by candidate; the timeline; exposures."""

    found: Gathered
    candidates: tuple[Candidate, ...]
    decisions: dict[str, Decision]
    visits: tuple[Visit, ...]
    gaps: tuple[Gap, ...]
    exposures: tuple[Exposure, ...]
    outcome: Outcome


async def report(
    context: Context,
    tx: Transaction,
    trace: TraceRow,
    part: Part = Part.FIRST,
    made: Sequence[Decision] | None = None,
) -> TraceReport:
    """Read one trace and run link, visits and contacts over it, going by the answers of one part.
    ``made`` are all decisions about it, where the caller has read them."""
    found = await gathered(context, tx, trace)
    if made is None:
        made = await context.reviews.decisions(tx, trace.trace_id)
    decisions = standing(tuple(made), part)
    stored = await context.reviews.of_trace(tx, trace.trace_id)
    candidates = link(stored, found.records, context.site.cameras, decisions)
    stays, gaps = visits(
        found.records, candidates, decisions, context.site.cameras, context.site.labels, found.infectious
    )
    outcome = await context.traces.step(tx, trace, "outcome", Outcome)
    return TraceReport(
        found=found,
        candidates=candidates,
        decisions=decisions,
        visits=stays,
        gaps=gaps,
        exposures=contacts(candidates, decisions, context.site.cameras, context.site.definitions),
        outcome=outcome or Outcome(),
    )
