"""Records and footage that come when a trace has begun: it looks again, and only for what is new."""

import hashlib

import msgspec

from engine.audit import log
from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.traces import TraceRow
from engine.trace.context import Context
from engine.trace.permission import require_permission

REVIEWED = (TraceState.AWAITING_REVIEW, TraceState.COMPLETE)
RECORDS, FOOTAGE = "records", "footage"
KNOWN_FOOTAGE = "footage"  # a digest of the files that the last engine knew of


async def more_footage(context: Context, tx: Transaction) -> tuple[str, ...]:
    """To be called after a start: where there is other footage than the engine before this one knew of,
    the traces of open cases look again, as they do for late records. Returns those that will."""
    known = [s for camera in sorted(context.site.cameras) for s in context.site.segments(camera)]
    there = hashlib.sha256(msgspec.json.encode(known)).hexdigest()
    row = await tx.row("SELECT value FROM meta WHERE key = ?", (KNOWN_FOOTAGE,))
    if row is not None and row["value"] == there:
        return ()
    await tx.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (KNOWN_FOOTAGE, there),
    )
    again: list[str] = []
    for case_id in await context.traces.open_cases(tx) if row else ():
        again += await look_again(context, tx, case_id, because=FOOTAGE)
    return tuple(again)


async def look_again(
    context: Context, tx: Transaction, case_id: str, because: str = RECORDS
) -> tuple[str, ...]:
    """New records of a case are in this transaction or before it, or there is new footage. Its traces at
    work look again when they are done; the newest one, if it is done, goes back to the queue. Returns
    those that will look.

    Where the permission has ended, the trace stays as it is; of records it says so, and has them in its
    timeline all the same.
    """
    traces = await context.traces.of_case(tx, case_id)
    again: list[str] = []
    for trace in traces:
        if not trace.state.machine_done:
            await context.traces.mark_late(tx, trace.trace_id)
            again.append(trace.trace_id)
        elif trace is traces[-1] and trace.state in REVIEWED and await _reopened(context, tx, trace, because):
            again.append(trace.trace_id)
    return tuple(again)


async def _reopened(context: Context, tx: Transaction, trace: TraceRow, because: str) -> bool:
    """Send a finished trace back to the queue, or note why not."""
    now = await latest_time(tx, context.clock)
    try:
        authorisation = await context.authorisations.get(tx, trace.authorisation_id)
        await require_permission(context, tx, authorisation, now)
    except Refused as problem:
        if because == FOOTAGE:  # nothing is missing in what the trace tells
            return False
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
        detail={"because": f"late {because}"},
    )
    return True
