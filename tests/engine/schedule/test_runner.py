import asyncio
from pathlib import Path

import pytest

from engine.audit import log
from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import InputError
from engine.domain.trace import TraceState
from engine.domain.track import Track
from engine.ports import WindowRequest
from engine.schedule.runner import Runner
from engine.store.traces import TraceRow
from engine.trace.context import Context
from tests.engine.fakes import (
    NOW,
    FakePool,
    SetClock,
    WakingClock,
    a_context,
    a_track,
    an_authorisation,
    queued,
)


@pytest.fixture
def clock() -> WakingClock:
    return WakingClock()


async def row(context: Context, trace_id: str = "trace-1") -> TraceRow:
    return await context.store.run(lambda tx: context.traces.get(tx, trace_id))


async def many(context: Context, count: int) -> list[str]:
    return [await queued(context, f"trace-{n}", f"case-{n}") for n in range(1, count + 1)]


async def slots(context: Context) -> list[str]:
    rows = await context.store.run(
        lambda tx: tx.rows("SELECT trace_id FROM slot WHERE trace_id IS NOT NULL ORDER BY trace_id")
    )
    return [r["trace_id"] for r in rows]


async def idle(context: Context, runner: Runner) -> None:
    """Until no trace runs and none waits; every turn waits for the writer."""
    while runner.busy:
        await context.store.run(lambda tx: tx.rows("SELECT 1"))


async def time_goes_by(context: Context, runner: Runner, clock: WakingClock) -> None:
    """As ``idle``, while a second passes with every turn of the writer."""
    while runner.busy:
        await context.store.run(lambda tx: tx.rows("SELECT 1"))
        clock.forward(1.0)


async def running(context: Context) -> list[str]:
    """Traces that are marked as running; asked for in the queue of the writer, after all before it."""
    rows = await context.store.run(context.traces.all)
    return [r.trace_id for r in rows if r.state is TraceState.RUNNING]


async def test_ten_traces_run_at_once_and_the_eleventh_waits(context: Context, pool: FakePool) -> None:
    pool.gate.clear()
    traces = await many(context, 23)
    async with Runner(context) as runner:
        for _ in range(10):
            await pool.entered.acquire()
        while len(pool.running) < 10:
            await pool.entered.acquire()
        assert sorted(await running(context)) == sorted(traces[:10])
        assert len(await slots(context)) == 10
        pool.gate.set()
        await idle(context, runner)
    assert pool.most_traces == 10
    assert {(await row(context, t)).state for t in traces} == {TraceState.COMPLETE}
    assert await slots(context) == []


async def test_traces_start_in_the_order_in_which_they_were_asked_for(
    context: Context, pool: FakePool, clock: SetClock
) -> None:
    traces = await many(context, 15)
    async with Runner(context) as runner:
        await idle(context, runner)
    finished = [line.object for line, _ in await context.store.run(log.lines) if line.action == "trace"]
    assert set(finished[:10]) == set(traces[:10])


async def test_a_trace_that_waits_for_a_person_holds_no_slot(context: Context, pool: FakePool) -> None:
    pool.found = lambda _: (a_track(),)
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        assert (await row(context)).state is TraceState.AWAITING_REVIEW
        assert await slots(context) == []


async def test_a_submitted_trace_runs_and_is_marked_as_started(context: Context) -> None:
    async with Runner(context) as runner:
        await runner.submit(await queued(context))
        await idle(context, runner)
    trace = await row(context)
    assert (trace.state, trace.started, trace.finished) == (TraceState.COMPLETE, NOW, NOW)


async def test_a_running_trace_is_cancelled_its_slot_is_free_and_the_next_one_starts(
    context: Context, pool: FakePool
) -> None:
    pool.gate.clear()
    traces = await many(context, 11)
    async with Runner(context) as runner:
        while len(pool.running) < 10:
            await pool.entered.acquire()
        await runner.stop(traces[0], TraceState.CANCELLED, "cancelled")
        assert pool.revoked[0] == (traces[0], "cancelled")
        while traces[10] not in pool.running:
            await pool.entered.acquire()
        pool.gate.set()
        await idle(context, runner)
    stopped = await row(context, traces[0])
    assert (stopped.state, stopped.message, stopped.finished) == (TraceState.CANCELLED, "cancelled", NOW)
    assert {(await row(context, t)).state for t in traces[1:]} == {TraceState.COMPLETE}
    assert not [t for t, _ in pool.scanned if t == traces[0]]


async def test_what_was_found_before_it_was_cancelled_is_kept(tmp_path: Path) -> None:
    second = asyncio.Event()

    def found(_: WindowRequest) -> tuple[Track, ...]:
        if len(pool.scanned) == 2:
            pool.gate.clear()
            second.set()
        return ()

    pool = FakePool(found, lanes=1)
    async with a_context(tmp_path, pool=pool) as context:
        await queued(context)
        async with Runner(context) as runner:
            await second.wait()
            await context.store.run(lambda tx: context.traces.get(tx, "trace-1"))
            await runner.stop("trace-1", TraceState.CANCELLED, "cancelled")
        counts = await context.store.run(lambda tx: context.traces.window_counts(tx, "trace-1"))
        assert counts["windows"] >= 1


async def test_a_waiting_trace_is_cancelled_without_ever_starting(context: Context, pool: FakePool) -> None:
    pool.gate.clear()
    traces = await many(context, 11)
    async with Runner(context) as runner:
        while len(pool.running) < 10:
            await pool.entered.acquire()
        await runner.stop(traces[10], TraceState.CANCELLED, "cancelled")
        pool.gate.set()
        await idle(context, runner)
    trace = await row(context, traces[10])
    assert (trace.state, trace.started) == (TraceState.CANCELLED, None)


async def test_a_trace_cancelled_in_the_instant_it_is_submitted_is_cancelled(context: Context) -> None:
    async with Runner(context) as runner:
        for n in range(1, 6):  # after so many turns of the loop
            trace_id = await queued(context, f"trace-{n}", f"case-{n}")
            submitting = asyncio.create_task(runner.submit(trace_id))
            for _ in range(n):
                await asyncio.sleep(0)
            await runner.stop(trace_id, TraceState.CANCELLED, "cancelled")
            await submitting
            assert (await row(context, trace_id)).state is TraceState.CANCELLED
        assert not runner.busy
    assert await slots(context) == []


async def test_a_trace_cancelled_before_its_first_step_frees_its_slot(context: Context) -> None:
    async with Runner(context) as runner:
        await runner.submit(await queued(context))
        await runner.stop("trace-1", TraceState.CANCELLED, "cancelled")
        assert not runner.busy
    assert (await row(context)).state is TraceState.CANCELLED
    assert await slots(context) == []


async def test_stopping_a_finished_or_an_unknown_trace_changes_nothing(context: Context) -> None:
    async with Runner(context) as runner:
        await runner.submit(await queued(context))
        await idle(context, runner)
        before = await row(context)
        await runner.stop("trace-1", TraceState.CANCELLED, "cancelled")
        await runner.stop("trace-9", TraceState.CANCELLED, "cancelled")
        assert await row(context) == before


async def test_after_a_restart_unfinished_traces_go_on_and_finished_ones_rest(tmp_path: Path) -> None:
    first = FakePool(lanes=1)
    first.gate.clear()
    async with a_context(tmp_path, pool=first) as context:
        async with Runner(context) as runner:
            await runner.submit(await queued(context, "trace-1", "case-1"))
            await first.entered.acquire()
            assert (await row(context)).state is TraceState.RUNNING
        assert (await row(context)).state is TraceState.RUNNING  # the engine went down under it
    second = FakePool()
    async with a_context(tmp_path, pool=second) as context:
        async with Runner(context) as runner:
            await idle(context, runner)
        assert (await row(context)).state is TraceState.COMPLETE
    third = FakePool()
    async with a_context(tmp_path, pool=third) as context, Runner(context) as runner:
        assert not runner.busy
    assert second.scanned
    assert third.scanned == []


async def test_a_refusal_on_the_way_stops_the_trace_with_its_reason(context: Context, pool: FakePool) -> None:
    await queued(context)
    revoked = an_authorisation("auth-case-1", state=AuthorisationState.REVOKED)
    await context.store.run(lambda tx: context.authorisations.put(tx, revoked))
    async with Runner(context) as runner:
        await idle(context, runner)
    trace = await row(context)
    assert (trace.state, trace.message) == (
        TraceState.STOPPED_AUTHORISATION,
        "the authorisation was revoked",
    )
    assert trace.finished == NOW
    assert ("trace-1", "the authorisation was revoked") in pool.revoked
    last = (await context.store.run(log.lines))[-1][0]
    assert (last.action, last.outcome) == ("trace", "stopped_authorisation")


async def test_bad_input_fails_the_trace_with_its_own_line(context: Context, pool: FakePool) -> None:
    pool.fault = InputError("is cut short", file="cam1.mp4", mend="copy it again")
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
    trace = await row(context)
    assert (trace.state, trace.message) == (TraceState.FAILED, "cam1.mp4: is cut short; copy it again")


async def test_a_fault_of_ours_says_where_and_never_what_was_in_it(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    pool.fault = RuntimeError("somebody's name")
    traces = await many(context, 2)
    async with Runner(context, sleep=clock.sleep) as runner:
        await time_goes_by(context, runner, clock)
    for trace_id in traces:
        trace = await row(context, trace_id)
        assert trace.state is TraceState.FAILED
        assert trace.message.startswith("internal error, RuntimeError in fakes.py:")
        assert "somebody" not in trace.message
    assert await slots(context) == []


@pytest.mark.parametrize("count", [1, 12])
async def test_busy_tells_whether_any_trace_runs_or_waits(
    context: Context, pool: FakePool, count: int
) -> None:
    pool.gate.clear()
    await many(context, count)
    async with Runner(context) as runner:
        assert runner.busy
        pool.gate.set()
        await idle(context, runner)
        assert not runner.busy


async def test_a_trace_that_is_stopped_between_its_asking_and_the_queue_never_runs(
    context: Context, pool: FakePool
) -> None:
    trace_id = await queued(context)
    async with Runner(context) as runner:
        await runner.stop(trace_id, TraceState.CANCELLED, "cancelled")
        await runner.submit(trace_id)
        await idle(context, runner)
    assert (await row(context, trace_id)).state is TraceState.CANCELLED
    assert pool.scanned == []
    assert await slots(context) == []
