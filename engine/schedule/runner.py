"""Ten slots: which traces run, which wait, and how one is stopped.

Slots are for machine work only. A trace that waits for a person, or for another attempt, holds none.
The tables say who waits and who runs; what is kept in memory are only the tasks that do the work.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom
from typing import Any

from engine.audit import log
from engine.domain.errors import InputError, NeedsOperator, Refused, fault
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.schedule.policy_watch import note_policy
from engine.store import slots
from engine.store.authorisations import latest_time
from engine.store.slots import Lease, Line, StaleLease
from engine.store.writer import StoreBroken
from engine.trace import pipeline
from engine.trace.context import Context

KEEP_TIME_S = 60.0
TRIES = 5
BASE_S = 1.0  # full jitter: a random part of 2, 4, 8, 16 s (Brooker, "Exponential backoff and jitter")
LOST = "the slot was lost; the trace goes on when it has another one"


@dataclass(frozen=True, slots=True)
class _Run:
    lease: Lease
    task: asyncio.Task[None]


class Runner:
    """Starts what waits as slots come free. Use as an async context manager.

    Also keeps the time: what the store has seen of it is durable to the minute and on the way out.
    ``sleep`` waits that many seconds; ``dice`` gives a number from 0 to 1.
    """

    def __init__(
        self,
        context: Context,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Callable[[], float] = SystemRandom().random,
    ) -> None:
        self.instance = secrets.token_hex(8)
        self._context = context
        self._sleep = sleep
        self._dice = dice
        self._running: dict[str, _Run] = {}
        self._waiting = 0  # in the queue, as of the last look into it
        self._handing_out = asyncio.Lock()
        self._closing = False
        self._chores: set[asyncio.Task[Any]] = set()  # short ones, that run whole
        self._clockwork: list[asyncio.Task[None]] = []
        self._alarm: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Runner":
        await note_policy(self._context)
        await self._context.store.run(self._take_over)
        self._clockwork = [
            asyncio.create_task(self._keep_time(), name="time keeper"),
            asyncio.create_task(self._keep_leases(), name="lease keeper"),
        ]
        await self.wake()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        await asyncio.gather(*self._chores, return_exceptions=True)
        tasks = [run.task for run in self._running.values()]
        tasks += [*self._clockwork, *([self._alarm] if self._alarm else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(StoreBroken):
            await self._note_time()

    @property
    def busy(self) -> bool:
        """Whether any trace runs, or waits for a slot or for another attempt."""
        return bool(self._running or self._waiting)

    async def submit(self, trace_id: str) -> None:
        """A trace was queued: it runs as soon as a slot is free and it is its turn."""
        await self.wake()

    async def wake(self) -> None:
        """Look into the queue now."""
        await self._whole(self._hand_out())

    async def stop(self, trace_id: str, state: TraceState, why: str) -> None:
        """End the machine work of a trace now, in ``state``. What was found so far is kept. The end is
        durable before anything is stopped, so that no restart brings the trace back."""
        await self._whole(self._stop(trace_id, state, why))

    # --- time ---------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        while True:
            await self._note_time()
            await self._sleep(KEEP_TIME_S)

    async def _note_time(self) -> None:
        await self._context.store.run(lambda tx: latest_time(tx, self._context.clock))

    async def _keep_leases(self) -> None:
        while True:
            await self._sleep(slots.RENEW_S)
            held = list(self._running.values())
            lost = await self._context.store.run(lambda tx, h=held: self._renewed(tx, h))  # type: ignore[misc]
            for run in lost:
                self._context.pool.revoke(run.lease.trace_id, LOST)
                run.task.cancel()
            await asyncio.gather(*(run.task for run in lost), return_exceptions=True)
            await self._context.store.run(self._sweep)
            await self.wake()

    async def _renewed(self, tx: Transaction, held: list[_Run]) -> list[_Run]:
        """Renew every lease; those that could not be."""
        boottime_s = self._context.clock.boottime_s()
        return [run for run in held if not await slots.renew(tx, run.lease, boottime_s)]

    async def _sweep(self, tx: Transaction) -> None:
        await slots.void_expired(tx, self._context.clock.boottime_s())
        await self._context.traces.requeue_unheld(tx)

    async def _take_over(self, tx: Transaction) -> None:
        """After a start: whoever held a slot is dead, and what was unfinished waits again; so does what
        another release parked and this one had planned."""
        await latest_time(tx, self._context.clock)
        await slots.void_others(tx, self.instance)
        await self._context.traces.requeue_unheld(tx)
        await self._context.traces.requeue_parked(tx, pipeline.PLAN_VERSION)

    # --- handing out --------------------------------------------------------------------------------

    async def _whole(self, work: Coroutine[Any, Any, None]) -> None:
        """Run to the end, whatever happens to whoever asked."""
        await asyncio.shield(self._soon(work))

    def _soon(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        return task

    async def _hand_out(self) -> None:
        async with self._handing_out:
            while not self._closing:
                lease, line, due_s = await self._context.store.run(self._next)
                self._waiting = line.waiting
                if lease is None:
                    self._wake_in(due_s)
                    return
                before = self._running.get(lease.trace_id)
                if before is not None:  # lost its slot, and is about to notice
                    before.task.cancel()
                    await asyncio.gather(before.task, return_exceptions=True)
                task = asyncio.create_task(self._run(lease), name=f"trace {lease.trace_id}")
                self._running[lease.trace_id] = _Run(lease, task)
                await asyncio.sleep(0)  # a task cancelled before its first step would free no slot

    async def _next(self, tx: Transaction) -> tuple[Lease | None, Line, float | None]:
        """Give a slot to whose turn it is; who else waits, and in how many seconds the next one may."""
        now = await latest_time(tx, self._context.clock)
        trace_id = await slots.next_in_line(tx, now)
        lease = None
        if trace_id is not None:
            boottime_s = self._context.clock.boottime_s()
            lease = await slots.claim(tx, trace_id, owner=self.instance, boottime_s=boottime_s)
        if lease is not None:
            await self._context.traces.begin(tx, lease.trace_id)
            await self._context.traces.mark(tx, lease.trace_id, "started", now)
        line = await slots.line(tx, now)
        due_s = (line.next_due - now).total_seconds() if line.next_due else None
        return lease, line, due_s

    def _wake_in(self, seconds: float | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None if seconds is None else asyncio.create_task(self._ring(seconds), name="alarm")

    async def _ring(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._soon(self._hand_out())

    # --- one trace ----------------------------------------------------------------------------------

    async def _run(self, lease: Lease) -> None:
        try:
            await self._through(lease)
        except StaleLease:
            self._context.pool.revoke(lease.trace_id, LOST)
        finally:
            try:
                if not self._closing:  # else the next engine resumes it
                    await self._context.store.run(lambda tx: self._leave(tx, lease))
            finally:
                self._over(lease)

    def _over(self, lease: Lease) -> None:
        """The work under this lease is over; the slot may go to the next one."""
        if (run := self._running.get(lease.trace_id)) is not None and run.lease == lease:
            del self._running[lease.trace_id]
        if not self._closing:
            self._waiting += 1  # until the next look says how many
            self._soon(self._hand_out())

    async def _through(self, lease: Lease) -> None:
        """Run it to its own end, or to the end that a problem makes. Raises StaleLease."""
        try:
            await pipeline.run(self._context, lease)
        except Refused as problem:
            await self._end(lease, TraceState.STOPPED_AUTHORISATION, problem.reason)
        except InputError as problem:
            await self._end(lease, TraceState.FAILED, str(problem))
        except NeedsOperator as problem:
            await self._end(lease, TraceState.NEEDS_OPERATOR, str(problem))
        except (StoreBroken, StaleLease):
            raise
        except Exception as problem:  # a fault of ours: say where, never what was in it
            await self._again(lease, fault(problem))

    async def _again(self, lease: Lease, why: str) -> None:
        """Another attempt later, or the end after the last one."""
        self._context.pool.revoke(lease.trace_id, why)

        async def put_off(tx: Transaction) -> None:
            await slots.require(tx, lease, self._context.clock.boottime_s())
            tries = (await self._context.traces.get(tx, lease.trace_id)).attempt + 1
            if tries >= TRIES:
                await self._ended(tx, lease.trace_id, TraceState.FAILED, why)
            else:
                now = await latest_time(tx, self._context.clock)
                wait_s = self._dice() * BASE_S * 2**tries
                until = now + timedelta(seconds=wait_s)
                await self._context.traces.put_off(tx, lease.trace_id, until, why)
                await log.append(
                    tx,
                    at=now,
                    person="engine",
                    action="trace",
                    object_id=lease.trace_id,
                    outcome="put off",
                    detail={"tries": str(tries), "wait_s": f"{wait_s:.1f}"},
                )
            await slots.leave(tx, lease)

        await self._context.store.run(put_off)

    async def _end(self, lease: Lease, state: TraceState, why: str) -> None:
        self._context.pool.revoke(lease.trace_id, why)

        async def end(tx: Transaction) -> None:
            await slots.require(tx, lease, self._context.clock.boottime_s())
            await self._ended(tx, lease.trace_id, state, why)
            await slots.leave(tx, lease)

        await self._context.store.run(end)

    async def _leave(self, tx: Transaction, lease: Lease) -> None:
        """Whatever way it ended: the slot is free, and a trace that was not ended waits for another."""
        await slots.leave(tx, lease)
        await self._context.traces.requeue_unheld(tx)

    async def _stop(self, trace_id: str, state: TraceState, why: str) -> None:
        async with self._handing_out:  # never while it is being given a slot
            await self._context.store.run(lambda tx: self._stopped(tx, trace_id, state, why))
            run = self._running.get(trace_id)
        self._context.pool.revoke(trace_id, why)  # of a finished trace a clip may be drawn
        if run is not None:
            run.task.cancel()
            await asyncio.gather(run.task, return_exceptions=True)
        await self._hand_out()

    async def _stopped(self, tx: Transaction, trace_id: str, state: TraceState, why: str) -> None:
        with contextlib.suppress(Refused):  # there is no such trace
            if not (await self._context.traces.get(tx, trace_id)).state.machine_done:
                await self._ended(tx, trace_id, state, why)

    async def _ended(self, tx: Transaction, trace_id: str, state: TraceState, why: str) -> None:
        now = await latest_time(tx, self._context.clock)
        await self._context.traces.set_state(tx, trace_id, state, why)
        await self._context.traces.mark(tx, trace_id, "finished", now)
        await log.append(tx, at=now, person="engine", action="trace", object_id=trace_id, outcome=state)
