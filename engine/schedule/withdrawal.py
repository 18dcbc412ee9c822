"""The end of a ground for a face search (G3): what came out of it goes, and with it the key of the faces.

ground withdrawn -> machine work stopped -> rows deleted -> key destroyed -> outcome in the audit. Every
step may be repeated: until the outcome stands the withdrawal is taken up again, at the next start and at
every sweep, and the case gets no other ground, whose photographs would lie under the key that goes.
"""

from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.schedule.erase import REVIEWED, WHY_WITHDRAWN, Stop, audit_line, traces_of
from engine.store import events
from engine.store.authorisations import latest_time
from engine.store.erasures import ENGINE
from engine.store.sealing import face_key
from engine.trace.context import Context


async def finish_withdrawals(context: Context, stop: Stop | None = None) -> None:
    """Go on where a crash or a full disk cut a withdrawal short. Raises InputError where the key file
    cannot be written."""
    for case_id in await context.store.run(context.cases.withdrawing):
        for trace_id, going in await context.store.run(lambda tx, i=case_id: traces_of(tx, i)):  # type: ignore[misc]
            if going and stop is not None:
                await stop(trace_id, TraceState.STOPPED_AUTHORISATION, WHY_WITHDRAWN)
        await finish_withdrawal(context, case_id, ENGINE)


async def finish_withdrawal(context: Context, case_id: str, by: str) -> None:
    """Erase what came out of a ground that is withdrawn; nothing where that is done, and the case may have
    another one. Raises InputError where the key file cannot be written."""

    async def forget(tx: Transaction) -> None:
        if case_id not in await context.cases.withdrawing(tx):
            return
        counts = await context.cases.counts(tx, case_id)
        gone = await context.reviews.forget_faces(tx, case_id)
        for trace_id, _ in await traces_of(tx, case_id):
            if (await context.traces.get(tx, trace_id)).state in REVIEWED:
                await context.traces.set_state(tx, trace_id, TraceState.STOPPED_AUTHORISATION, WHY_WITHDRAWN)
        if gone or counts.stills or counts.unseconded:
            at = await latest_time(tx, context.clock)
            await audit_line(tx, at, by, case_id, "faces deleted", {"candidates": str(gone)})

    async def destroy(tx: Transaction) -> None:
        """In one transaction with the outcome: nothing comes in under a new key in between."""
        if case_id not in await context.cases.withdrawing(tx):
            return
        await context.sealer.destroy(frozenset({face_key(case_id)}))
        await context.cases.withdrawal_done(tx, case_id)
        at = await latest_time(tx, context.clock)
        await audit_line(tx, at, by, case_id, "faces", {})
        await events.note(tx, at=at, kind="case", object_id=case_id, state="faces erased", case_id=case_id)

    await context.store.run(forget)
    await context.store.run(destroy)
