"""Step 8: a trace as it stands, from what is stored and what people have decided so far."""

from dataclasses import dataclass

from engine.domain.camera import CameraWindow
from engine.domain.candidate import Candidate
from engine.domain.decision import Decision, Part, standing
from engine.domain.exposure import Exposure
from engine.domain.visit import Gap, Visit
from engine.ports import Transaction
from engine.store.traces import TraceRow
from engine.trace.contacts import contacts
from engine.trace.context import Context, Site
from engine.trace.link import confirmed, contradictions, link
from engine.trace.pipeline import Gathered, Outcome, gathered, windows_read
from engine.trace.travel import travel_words
from engine.trace.visits import visits


@dataclass(frozen=True, slots=True)
class TraceReport:
    """Candidates best first; decisions in force by candidate; the timeline; exposures; windows that were
    looked at, in order of camera and time; pairs of confirmed candidates that cannot both be true, with
    the reason; by candidate the way to the nearest confirmed sighting."""

    found: Gathered
    candidates: tuple[Candidate, ...]
    decisions: dict[str, Decision]
    visits: tuple[Visit, ...]
    gaps: tuple[Gap, ...]
    exposures: tuple[Exposure, ...]
    outcome: Outcome
    opened: tuple[CameraWindow, ...]
    conflicts: tuple[tuple[str, str, str], ...]
    travel: dict[str, str]


@dataclass(frozen=True, slots=True)
class Material:
    """What was read of a trace, for ``computed``."""

    found: Gathered
    stored: tuple[Candidate, ...]
    decisions: dict[str, Decision]
    outcome: Outcome
    opened: tuple[CameraWindow, ...]

    @property
    def size(self) -> int:
        """How much there is to compute with: records and candidates."""
        return len(self.found.records) + len(self.stored)


async def report(context: Context, tx: Transaction, trace: TraceRow, part: Part = Part.FIRST) -> TraceReport:
    """Read one trace and run link, visits and contacts over it, going by the answers of one part."""
    made = await context.reviews.decisions(tx, trace.trace_id)
    return computed(context.site, await read(context, tx, trace, standing(made, part)))


async def read(
    context: Context, tx: Transaction, trace: TraceRow, decisions: dict[str, Decision]
) -> Material:
    """Everything that a report is made of, as it stands in this transaction."""
    return Material(
        found=await gathered(context, tx, trace),
        stored=await context.reviews.of_trace(tx, trace.trace_id),
        decisions=decisions,
        outcome=await context.traces.step(tx, trace, "outcome", Outcome) or Outcome(),
        opened=tuple(
            sorted(await windows_read(context, tx, trace), key=lambda w: (w.camera_id, w.interval.start))
        ),
    )


def computed(site: Site, material: Material) -> TraceReport:
    """Link, visits and contacts; touches nothing but values, so that it may run beside others."""
    found, decisions = material.found, material.decisions
    candidates = link(material.stored, found.records, site.cameras, decisions)
    stays, gaps = visits(found.records, candidates, decisions, site.cameras, site.labels, found.infectious)
    sure = confirmed(candidates, decisions)
    return TraceReport(
        found=found,
        candidates=candidates,
        decisions=decisions,
        visits=stays,
        gaps=gaps,
        exposures=contacts(candidates, decisions, site.cameras, site.definitions),
        outcome=material.outcome,
        opened=material.opened,
        conflicts=contradictions(candidates, site.cameras, decisions),
        travel={c.candidate_id: travel_words(c, sure, site.cameras) for c in candidates},
    )
