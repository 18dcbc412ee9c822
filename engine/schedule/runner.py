"""Ten slots: which traces run, which wait, and how one is stopped.

Slots are for machine work only. A trace that waits for a person holds none.
"""

import asyncio
import contextlib

from engine.audit import log
from engine.domain.errors import InputError, Refused, fault
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.writer import StoreBroken
from engine.trace import pipeline
from engine.trace.context import Context

KEEP_TIME_S = 60.0


class Runner:
    """Starts what waits as slots come free. Use as an async context manager.

    Also keeps the time: what the store has seen of it is durable to the minute and on the way out.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: dict[str, asyncio.Task[None]] = {}
        self._why: dict[str, tuple[TraceState, str]] = {}
        self._waiting: list[str] = []
        self._pumping = asyncio.Lock()
        self._clockwork: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Runner":
        self._clockwork = asyncio.create_task(self._keep_time(), name="time keeper")
        self._waiting = list(await self._context.store.run(self._context.traces.resume_all))
        await self._pump()
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._running.values(), *([self._clockwork] if self._clockwork else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(StoreBroken):
            await self._note_time()

    @property
    def busy(self) -> bool:
        return bool(self._running or self._waiting)

    async def submit(self, trace_id: str) -> None:
        """A queued trace: it runs as soon as a slot is free."""
        self._waiting.append(trace_id)
        await self._pump()

    async def stop(self, trace_id: str, state: TraceState, why: str) -> None:
        """End the machine work of a trace now, in ``state``. What was found so far is kept."""
        async with self._pumping:  # never while it is being given a slot
            waited = trace_id in self._waiting
            if waited:
                self._waiting.remove(trace_id)
        if waited:
            await self._context.store.run(lambda tx: self._ended(tx, trace_id, state, why))
            return
        task = self._running.get(trace_id)
        if task is None:
            with contextlib.suppress(Refused):  # there is no such trace
                await self._context.store.run(lambda tx: self._not_begun(tx, trace_id, state, why))
        else:
            self._why[trace_id] = (state, why)
            self._context.pool.revoke(trace_id, why)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep_time(self) -> None:
        while True:
            await self._note_time()
            await asyncio.sleep(KEEP_TIME_S)

    async def _note_time(self) -> None:
        await self._context.store.run(lambda tx: latest_time(tx, self._context.clock))

    async def _pump(self) -> None:
        async with self._pumping:
            while self._waiting:
                trace_id = self._waiting[0]
                state = await self._start(trace_id)
                if state is TraceState.QUEUED:
                    return
                self._waiting.pop(0)
                if state is not TraceState.RUNNING:  # stopped before its turn came
                    continue
                self._running[trace_id] = asyncio.create_task(self._run(trace_id), name=f"trace {trace_id}")
                await asyncio.sleep(0)  # a task cancelled before its first step would free no slot

    async def _not_begun(self, tx: Transaction, trace_id: str, state: TraceState, why: str) -> None:
        """End a trace that was asked for and has not reached the queue yet."""
        if (await self._context.traces.get(tx, trace_id)).state is TraceState.QUEUED:
            await self._ended(tx, trace_id, state, why)

    async def _start(self, trace_id: str) -> TraceState:
        """The state after trying: running, still queued for want of a slot, or ended already."""
        return await self._context.store.run(lambda tx: self._started(tx, trace_id))

    async def _started(self, tx: Transaction, trace_id: str) -> TraceState:
        found = (await self._context.traces.get(tx, trace_id)).state
        if found is not TraceState.QUEUED or not await self._context.traces.claim_slot(tx, trace_id):
            return found
        now = await latest_time(tx, self._context.clock)
        await self._context.traces.set_state(tx, trace_id, TraceState.RUNNING)
        await self._context.traces.mark(tx, trace_id, "started", now)
        return TraceState.RUNNING

    async def _run(self, trace_id: str) -> None:
        state, why = TraceState.FAILED, ""
        try:
            await pipeline.run(self._context, trace_id)
            state = TraceState.COMPLETE
        except asyncio.CancelledError:
            if trace_id not in self._why:  # the engine is going down: the trace resumes with the next one
                raise
        except Refused as problem:
            state, why = TraceState.STOPPED_AUTHORISATION, problem.reason
        except InputError as problem:
            why = str(problem)
        except StoreBroken:
            raise
        except Exception as problem:  # a fault of ours: say where, never what was in it
            why = fault(problem)
        finally:
            self._running.pop(trace_id, None)
        state, why = self._why.pop(trace_id, (state, why))
        if why:
            self._context.pool.revoke(trace_id, why)
        await self._context.store.run(lambda tx: self._ended(tx, trace_id, state, why))
        await self._pump()

    async def _ended(self, tx: Transaction, trace_id: str, state: TraceState, why: str) -> None:
        """Free the slot; a trace that came to its own end has written its state itself."""
        await self._context.traces.free_slot(tx, trace_id)
        if not why:
            return
        now = await latest_time(tx, self._context.clock)
        await self._context.traces.set_state(tx, trace_id, state, why)
        await self._context.traces.mark(tx, trace_id, "finished", now)
        await log.append(tx, at=now, person="engine", action="trace", object_id=trace_id, outcome=state)
