"""Records or footage that come when a trace has begun: it looks again, and only for what is new.

Records make it look by themselves. For footage somebody has to ask: nothing waits for new pictures (G6).
"""

from engine.audit import log
from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.traces import TraceRow
from engine.trace.context import Context
from engine.trace.permission import require_permission

REVIEWED = (TraceState.AWAITING_REVIEW, TraceState.COMPLETE)


async def look_again(context: Context, tx: Transaction, case_id: str) -> tuple[str, ...]:
    """New records of a case are in this transaction or before it. Its traces at work look again when
    they are done; the newest one, if it is done, goes back to the queue. Returns those that will look.

    Where the permission has ended, the trace stays as it is and says so; the records are in its
    timeline all the same.
    """
    traces = await context.traces.of_case(tx, case_id)
    again: list[str] = []
    for trace in traces:
        if not trace.state.machine_done:
            await context.traces.mark_late(tx, trace.trace_id)
            again.append(trace.trace_id)
        elif trace is traces[-1] and trace.state in REVIEWED and await _reopened(context, tx, trace):
            again.append(trace.trace_id)
    return tuple(again)


async def asked_again(context: Context, tx: Transaction, trace_id: str) -> bool:
    """Somebody says that there is more footage. A trace at work looks again when it is done, a finished one
    goes back to the queue. False where it is not the newest of its case, or ended before its time. Raises
    Refused where the permission has ended."""
    trace = await context.traces.get(tx, trace_id)
    if not trace.state.machine_done:
        await context.traces.mark_late(tx, trace_id)
        return True
    newest = (await context.traces.of_case(tx, trace.case_id))[-1].trace_id == trace_id
    if not newest or trace.state not in REVIEWED:
        return False
    authorisation = await context.authorisations.get(tx, trace.authorisation_id)
    await require_permission(context, tx, authorisation, await latest_time(tx, context.clock))
    await context.traces.look_again(tx, trace_id)
    return True


async def _reopened(context: Context, tx: Transaction, trace: TraceRow) -> bool:
    """Send a finished trace back to the queue, or note why not."""
    now = await latest_time(tx, context.clock)
    try:
        authorisation = await context.authorisations.get(tx, trace.authorisation_id)
        await require_permission(context, tx, authorisation, now)
    except Refused as problem:
        said = f"records came later; no footage was opened for them: {problem.reason}"
        await context.traces.set_state(tx, trace.trace_id, trace.state, said)
        return False
    await context.traces.look_again(tx, trace.trace_id)
    await log.append(
        tx,
        at=now,
        person="engine",
        action="trace",
        object_id=trace.trace_id,
        outcome=TraceState.QUEUED,
        detail={"because": "late records"},
    )
    return True
