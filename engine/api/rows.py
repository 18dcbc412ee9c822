"""The rows of the desk: traces as they stand, read together, however many there are.

Everybody who listens is shown all of them four times a second. So nothing here is asked once for each.
"""

from collections.abc import Sequence

from engine.api.schema import TraceView
from engine.domain.authorisation import Authorisation
from engine.domain.trace import Progress, TraceState
from engine.ports import Transaction
from engine.store.orders import ended_numbers
from engine.store.reviews import NOTHING
from engine.store.traces import NO_WINDOWS, TraceRow
from engine.trace.context import Context
from engine.trace.pipeline import Outcome


async def trace_views(context: Context, tx: Transaction, rows: Sequence[TraceRow]) -> tuple[TraceView, ...]:
    """In the order given. What is wrong with one of them, or damaged, is said in its own row."""
    ids = [row.trace_id for row in rows]
    windows = await context.traces.windows_of(tx, ids)
    found = await context.reviews.tallies(tx, ids)
    papers = await context.authorisations.several(tx, {row.authorisation_id for row in rows})
    permits = [paper for paper in papers.values() if isinstance(paper, Authorisation)]
    ended = await ended_numbers(tx, {permit.order_ref for permit in permits})
    grounds = await context.cases.grounds(tx, {row.case_id for row in rows})
    outcomes = await context.traces.steps(tx, rows, "outcome", Outcome)
    views = []
    for row in rows:
        counts = windows.get(row.trace_id, NO_WINDOWS)
        progress = context.progress.get(row.trace_id, Progress(trace_id=row.trace_id))
        paper = papers.get(row.authorisation_id, "the authorisation is gone")
        permitted = paper if isinstance(paper, Authorisation) else None
        outcome = outcomes.get(row.trace_id, Outcome())
        if isinstance(outcome, str):
            outcome = Outcome(problems=(outcome,))
        tally = found.get(row.trace_id, NOTHING)
        running = row.state is TraceState.RUNNING
        views.append(
            TraceView(
                trace_id=row.trace_id,
                case_id=row.case_id,
                state=row.state,
                step=progress.step,
                queued=row.queued,
                started=row.started,
                first_window=row.first_window,
                first_candidate=row.first_candidate,
                finished=row.finished,
                windows_total=max(progress.windows_total, counts.windows),
                windows_done=counts.windows,
                frames=counts.frames,
                faces=counts.faces,
                cannot_assess=counts.cannot_assess,
                candidates=tally.candidates,
                undecided=tally.undecided,
                camera_id=progress.camera_id if running else "",
                window_fraction=progress.window_fraction if running else 0.0,
                message=row.message if permitted else str(paper),
                expires_at=permitted.ends_at if permitted else None,
                four_eyes=permitted.four_eyes if permitted else True,
                left_out=outcome.left_out,
                problems=outcome.problems,
                aside=tally.aside,
                requested_by=row.requested_by,
                authorisation=permitted.state if permitted else None,
                ground=grounds.get(row.case_id, ""),
                order_ended=permitted is not None and permitted.order_ref in ended,
            )
        )
    return tuple(views)
