"""One erasure, from the intent to the proof.

intent in the audit -> machine work stopped -> keys destroyed by a new epoch -> nothing opens any more
-> rows deleted -> outcome in the audit. Every step may be repeated: an intent without its outcome is
taken up again at the next start and at every sweep.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from engine import failpoints
from engine.audit import log
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store import case_rows, erasures, events
from engine.store.authorisations import latest_time
from engine.store.case_rows import CaseTable
from engine.store.erasures import ENGINE, Because, Erasure, ErasureState
from engine.store.sealing import case_key, face_key
from engine.trace.context import Context
from engine.vault.keys import Erased

WHY_STOPPED = "the case is erased"
WHY_WITHDRAWN = "the ground for a face search was withdrawn"
REVIEWED = (TraceState.AWAITING_REVIEW, TraceState.COMPLETE)  # traces that may have held candidates

AFTER_INTENT = failpoints.name("sweep.after_intent")
AFTER_STOP = failpoints.name("sweep.after_stop")
AFTER_DESTROY = failpoints.name("sweep.after_destroy")
AFTER_SOME_ROWS = failpoints.name("sweep.after_some_rows")
AFTER_ROWS = failpoints.name("sweep.after_rows")
AFTER_OUTCOME = failpoints.name("sweep.after_outcome")

Stop = Callable[[str, TraceState, str], Awaitable[None]]
Truncate = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Swept:
    """Cases erased now, and cases that wait for the custodian."""

    erased: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


async def erase_case(
    context: Context, case_id: str, by: str, *, stop: Stop | None = None, truncate: Truncate | None = None
) -> None:
    """Close a case and erase it now. Raises Refused for one that is unknown or erased already, and
    without ``stop`` for one that has machine work under way; InputError as ``sweep`` does."""

    async def begin(tx: Transaction) -> Erasure:
        row = await tx.row("SELECT state FROM case_file WHERE case_id = ?", (case_id,))
        if row is None or row["state"] == "erased":
            raise Refused(f"there is no case {case_id} to erase")
        if stop is None and any(going for _, going in await traces_of(tx, case_id)):
            raise Refused(f"a trace of {case_id} is running", mend="cancel it first")
        now = await latest_time(tx, context.clock)
        return await begin_erasure(context, tx, now, case_id, Because.CLOSED, by, now)

    await erase_begun(context, [await context.store.run(begin)], stop, truncate)


async def finish_interrupted(context: Context, *, truncate: Truncate | None = None) -> Swept:
    """At the start, before anything runs: finish what a crash cut short; and where a database from
    before an erasure was put back, erase again what the vault knows to be destroyed."""

    async def begin(tx: Transaction) -> tuple[Erasure, ...]:
        vault = context.sealer.vault
        now = await latest_time(tx, context.clock)
        unfinished = {e.case_id for e in await erasures.in_state(tx, ErasureState.INTENT)}
        for row in await tx.rows("SELECT case_id FROM case_file WHERE state <> 'erased'"):
            case_id = str(row["case_id"])
            if case_id in unfinished:
                continue
            if vault.destroyed(case_key(case_id)):
                await begin_erasure(context, tx, now, case_id, Because.AGAIN, ENGINE, now)
            elif vault.destroyed(face_key(case_id)) and vault.has(case_key(case_id)):
                await _withdraw_again(context, tx, now, case_id)
        return await erasures.in_state(tx, ErasureState.INTENT)

    begun = await context.store.run(begin)
    came_back = await context.store.run(lambda tx: _keys_without_case(context, tx))
    if came_back:
        await context.sealer.destroy(came_back)
    await erase_begun(context, begun, None, truncate)
    return Swept(erased=tuple(e.case_id for e in begun))


async def begin_erasure(
    context: Context,
    tx: Transaction,
    now: datetime,
    case_id: str,
    because: Because,
    by: str,
    due_at: datetime,
) -> Erasure:
    """From here on the case is closed, and its erasure is finished whatever happens."""
    keys = keys_of(context, case_id)
    erasure = Erasure(
        case_id=case_id,
        state=ErasureState.INTENT,
        because=because,
        asked_by=by,
        due_at=due_at,
        keys=len(keys),
    )
    await erasures.put(tx, erasure, four_eyes=not context.site.rehearsal)
    await erasures.begun(tx, case_id, now, context.clock.boottime_s())
    await tx.execute(
        "UPDATE case_file SET state = 'closed', version = version + 1 WHERE case_id = ? AND state = 'open'",
        (case_id,),
    )
    await audit_line(tx, now, by, case_id, "intent", {"keys": str(len(keys)), "because": because})
    return erasure


async def erase_begun(
    context: Context, begun: Sequence[Erasure], stop: Stop | None, truncate: Truncate | None
) -> None:
    """Carry out what was noted by ``begin_erasure``, all of it under one new epoch."""
    if not begun:
        return
    failpoints.reached(AFTER_INTENT)
    for erasure in begun:
        for trace_id, going in await context.store.run(lambda tx, e=erasure: traces_of(tx, e.case_id)):  # type: ignore[misc]
            if going and stop is not None:
                await stop(trace_id, TraceState.CANCELLED, WHY_STOPPED)
            context.progress.pop(trace_id, None)
    failpoints.reached(AFTER_STOP)
    keys = frozenset(key for e in begun for key in (case_key(e.case_id), face_key(e.case_id)))
    await context.sealer.destroy(keys)
    failpoints.reached(AFTER_DESTROY)
    known = await context.store.run(case_rows.tables)
    for erasure in begun:
        await _leave(context, known, erasure.case_id)
        failpoints.reached(AFTER_OUTCOME)
    if truncate is not None:
        await truncate()


async def _leave(context: Context, known: Sequence[CaseTable], case_id: str) -> None:
    """Prove that nothing of a case opens, delete its rows, say so."""
    tried = await _nothing_opens(context, known, case_id)
    rows = 0
    while gone := await context.store.run(lambda tx: case_rows.delete_some(tx, known, case_id)):
        rows += gone
        failpoints.reached(AFTER_SOME_ROWS)
    failpoints.reached(AFTER_ROWS)

    async def finish(tx: Transaction) -> None:
        found = await erasures.of(tx, case_id)
        if found is None or found.state is not ErasureState.INTENT:
            return  # somebody else finished it meanwhile
        now = await latest_time(tx, context.clock)
        row = await tx.row("SELECT state FROM case_file WHERE case_id = ?", (case_id,))
        first = row is not None and row["state"] != "erased"
        behind = context.sealer.vault.copy_behind
        while await case_rows.delete_some(tx, known, case_id):  # what was written since
            pass
        await case_rows.blank(tx, case_id)
        if not behind:
            await erasures.done(tx, case_id, now)
        if first or not behind:
            detail = {"keys": str(found.keys), "tried": str(tried), "rows": str(rows)}
            outcome = "copy of the keys behind" if behind else "done"
            await audit_line(tx, now, found.asked_by, case_id, outcome, detail)
            await events.note(tx, at=now, kind="case", object_id=case_id, state="erased", case_id=case_id)

    await context.store.run(finish)


async def _nothing_opens(context: Context, known: Sequence[CaseTable], case_id: str) -> int:
    """How many sealed values were tried, in slices: others are served between. Raises RuntimeError where
    one may still be opened."""
    tried, place = 0, case_rows.FIRST
    while True:
        page = await context.store.run(lambda tx, p=place: case_rows.sealed(tx, known, case_id, p))  # type: ignore[misc]
        for table, blob in page.values:
            for key in (case_key(case_id), face_key(case_id)):
                try:
                    context.sealer.vault.open(key, table, blob)
                except Erased:
                    continue
                except InputError:
                    pass  # there is a key, even though it does not fit
                raise RuntimeError(f"a key of a case in {table} survived its destruction")
        tried += len(page.values)
        if page.next is None:
            return tried
        place = page.next
        await asyncio.sleep(0)


async def _withdraw_again(context: Context, tx: Transaction, now: datetime, case_id: str) -> None:
    """The ground for a face search was withdrawn, and a database from before that was put back: it is
    withdrawn, and everything that came out of it goes, again."""
    ground = await context.cases.ground(tx, case_id)
    stands = ground is not None and ground.withdrawn_at is None
    if ground is not None and stands:
        await context.cases.put_ground(tx, msgspec.structs.replace(ground, withdrawn_at=now))
    stills = await tx.rows("SELECT still_id FROM still WHERE case_id = ?", (case_id,))
    candidates = await context.reviews.forget_faces(tx, case_id)
    if not (stands or stills or candidates):
        return
    for trace_id, _ in await traces_of(tx, case_id):
        if (await context.traces.get(tx, trace_id)).state in REVIEWED:
            await context.traces.set_state(tx, trace_id, TraceState.STOPPED_AUTHORISATION, WHY_WITHDRAWN)
    await audit_line(tx, now, ENGINE, case_id, "withdrawn again", {"candidates": str(candidates)})


async def _keys_without_case(context: Context, tx: Transaction) -> frozenset[str]:
    """Keys that were made for a case after it was erased; nothing is sealed under them that counts."""
    rows = await tx.rows("SELECT case_id FROM case_file WHERE state = 'erased'")
    return frozenset(key for row in rows for key in keys_of(context, row["case_id"]))


async def traces_of(tx: Transaction, case_id: str) -> list[tuple[str, bool]]:
    """Traces of a case, and whether machine work is left in each."""
    rows = await tx.rows("SELECT trace_id, state FROM trace WHERE case_id = ?", (case_id,))
    return [(row["trace_id"], not TraceState(row["state"]).machine_done) for row in rows]


def keys_of(context: Context, case_id: str) -> list[str]:
    """The keys of a case that are there."""
    return [key for key in (case_key(case_id), face_key(case_id)) if context.sealer.vault.has(key)]


async def audit_line(
    tx: Transaction,
    now: datetime,
    person: str,
    case_id: str,
    outcome: str,
    detail: dict[str, str],
    login: int | None = None,
) -> None:
    await log.append(
        tx,
        at=now,
        person=person,
        login=login,
        action="erase",
        object_id=case_id,
        outcome=outcome,
        detail=detail,
    )
