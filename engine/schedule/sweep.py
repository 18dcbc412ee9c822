"""Retention (G15): what is due is erased within the hour; of much at once the custodian has the say."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.domain.errors import InputError, Refused, fault
from engine.ports import Transaction
from engine.schedule.erase import (
    Stop,
    Swept,
    Truncate,
    audit_line,
    begin_erasure,
    erase_begun,
    erase_case,
    keys_of,
)
from engine.schedule.erase import finish_interrupted as finish_interrupted
from engine.schedule.withdrawal import finish_withdrawals
from engine.store import erasures, events
from engine.store.authorisations import latest_time
from engine.store.erasures import ENGINE, Because, Erasure, ErasureState
from engine.store.sealing import case_key, face_key
from engine.store.writer import StoreBroken
from engine.trace.context import Context
from engine.vault.erasure import plan

PERIOD_S = 1800.0  # twice within the hour that G15 gives, so that one sweep may fail
WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureHealth:
    """Counts of cases, but for ``keys_due``. ``unfinished`` are erasures and withdrawals of a ground that
    were begun. ``lost`` have no key though none was destroyed: the key file
    is older than the database. ``copy_behind`` is "" or why the copy of the keys is not up to date,
    ``problem`` "" or why the last sweep failed."""

    keys_due: int
    overdue: int
    waiting: int
    unfinished: int
    lost: int
    last_sweep: datetime | None
    copy_behind: str
    problem: str = ""


async def sweep(context: Context, *, stop: Stop | None = None, truncate: Truncate | None = None) -> Swept:
    """Erase what is due, as far as the brake allows, and finish what was begun. Raises InputError where
    a key file cannot be written; what was begun then goes on at the next sweep."""
    await context.sealer.refresh_copy()
    waiting = await context.store.run(lambda tx: _decide(context, tx))
    begun = await context.store.run(lambda tx: erasures.in_state(tx, ErasureState.INTENT))
    await finish_withdrawals(context, stop)
    await erase_begun(context, begun, stop, truncate)
    return Swept(erased=tuple(e.case_id for e in begun), waiting=waiting)


async def agree(
    context: Context, tx: Transaction, person: str, case_ids: Sequence[str], login: int | None = None
) -> None:
    """The custodian agrees that these cases go; the next sweep takes them. Raises Refused, for all of
    them, where one does not wait or the person asked for it."""
    now = await latest_time(tx, context.clock)
    for case_id in case_ids:
        found = await erasures.of(tx, case_id)
        if found is None or found.state is not ErasureState.WAITING:
            raise Refused(f"{case_id[:64]} does not wait for the custodian", rule="G15")
        if found.asked_by == person and not context.site.rehearsal:
            raise Refused("nobody confirms what they asked for", rule="G24")
        await erasures.confirm(tx, case_id, person)
        await audit_line(tx, now, person, case_id, "confirmed", {"keys": str(found.keys)}, login)


async def confirm(context: Context, person: str, case_ids: Sequence[str]) -> None:
    """The same, in a transaction of its own."""
    await context.store.run(lambda tx: agree(context, tx, person, case_ids))


async def health(context: Context) -> ErasureHealth:
    async def read(tx: Transaction) -> ErasureHealth:
        vault = context.sealer.vault
        now = await latest_time(tx, context.clock)
        due = await erasures.cases_due(tx, now)
        unfinished = await erasures.in_state(tx, ErasureState.INTENT)
        withdrawing = await context.cases.withdrawing(tx)
        rows = await tx.rows("SELECT case_id FROM case_file WHERE state <> 'erased'")
        keys = [case_key(row["case_id"]) for row in rows]
        going = {key for case_id, _, _ in due for key in keys_of(context, case_id)}
        going |= {key for key in map(face_key, withdrawing) if vault.has(key)}
        last = await tx.row("SELECT value FROM meta WHERE key = 'last_sweep'")
        late = [at for _, _, at in due] + [e.due_at for e in unfinished]
        return ErasureHealth(
            keys_due=len(going),
            overdue=sum(now - at > WITHIN for at in late),
            waiting=len(await erasures.in_state(tx, ErasureState.WAITING)),
            unfinished=len(unfinished) + len(withdrawing),
            lost=sum(not vault.has(key) and not vault.destroyed(key) for key in keys),
            last_sweep=datetime.fromisoformat(last["value"]) if last else None,
            copy_behind=vault.copy_behind,
        )

    return await context.store.run(read)


class Sweeper:
    """Sweeps by itself, twice an hour, while it is open. A sweep that fails stops nothing but itself."""

    def __init__(
        self,
        context: Context,
        *,
        stop: Stop,
        truncate: Truncate | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._context = context
        self._stop = stop
        self._truncate = truncate
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None
        self._problem = ""

    async def __aenter__(self) -> "Sweeper":
        self._task = asyncio.create_task(self._go_on(), name="sweeper")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def now(self) -> Swept:
        """Sweep on demand."""
        return await sweep(self._context, stop=self._stop, truncate=self._truncate)

    async def erase_case(self, case_id: str, by: str) -> None:
        await erase_case(self._context, case_id, by, stop=self._stop, truncate=self._truncate)

    async def health(self) -> ErasureHealth:
        return replace(await health(self._context), problem=self._problem)

    async def _go_on(self) -> None:
        while True:
            try:
                await self.now()
                self._problem = ""
            except StoreBroken:
                raise
            except (InputError, Refused) as problem:
                self._problem = str(problem)
            except Exception as problem:
                self._problem = fault(problem)
            await self._sleep(PERIOD_S)


async def _decide(context: Context, tx: Transaction) -> tuple[str, ...]:
    """Begin what may go; returns the cases that wait."""
    vault = context.sealer.vault
    now = await latest_time(tx, context.clock)
    due = await erasures.cases_due(tx, now)
    await erasures.forget_waiting(tx, {case_id for case_id, _, _ in due})
    asked = {e.case_id: e.confirmed_by for e in await erasures.in_state(tx, ErasureState.WAITING)}
    agreed = {case_id for case_id, custodian in asked.items() if custodian}
    unasked = [key for case_id, _, _ in due if case_id not in agreed for key in keys_of(context, case_id)]
    lately = await erasures.keys_lately(tx, now, context.clock.boottime_s())
    held_back = set(plan(unasked, len(vault), False, lately).waiting)
    waiting: list[str] = []
    for case_id, because, due_at in due:
        free = case_id not in asked and held_back.isdisjoint(keys_of(context, case_id))
        if free or case_id in agreed:  # the custodian who was asked and leaves one out means it
            await begin_erasure(context, tx, now, case_id, because, ENGINE, due_at)
        else:
            waiting.append(case_id)
            await _wait(context, tx, now, case_id, because, due_at)
    await tx.execute(
        "INSERT INTO meta (key, value) VALUES ('last_sweep', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (now.isoformat(),),
    )
    return tuple(waiting)


async def _wait(
    context: Context, tx: Transaction, now: datetime, case_id: str, because: Because, due_at: datetime
) -> None:
    if await erasures.of(tx, case_id) is not None:
        return
    keys = len(keys_of(context, case_id))
    erasure = Erasure(
        case_id=case_id,
        state=ErasureState.WAITING,
        because=because,
        asked_by=ENGINE,
        due_at=due_at,
        keys=keys,
    )
    await erasures.put(tx, erasure, four_eyes=not context.site.rehearsal)
    await audit_line(tx, now, ENGINE, case_id, "waiting", {"keys": str(keys), "because": because})
    await events.note(tx, at=now, kind="health", object_id="erasure", state="waiting")
