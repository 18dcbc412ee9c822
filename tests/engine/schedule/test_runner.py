import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.audit import log
from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from engine.domain.track import Enrolment, Track
from engine.ports import Transaction, WindowRequest
from engine.schedule.runner import LOST, Runner
from engine.store.slots import claim
from engine.store.traces import TraceRow
from engine.trace.context import Context
from engine.trace.pipeline import PLAN_VERSION
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


# --- whose turn it is -----------------------------------------------------------------------------


async def test_a_person_with_few_traces_does_not_wait_for_one_with_many(
    context: Context, pool: FakePool
) -> None:
    pool.gate.clear()
    many_of_kim = [await queued(context, f"kim-{n}", f"case-{n}", requested_by="kim") for n in range(12)]
    async with Runner(context) as runner:
        while len(pool.running) < 10:
            await pool.entered.acquire()
        await runner.submit(await queued(context, "lee-1", "case-lee", requested_by="lee"))
        await runner.stop(many_of_kim[0], TraceState.CANCELLED, "cancelled")
        assert "lee-1" in await running(context)
        assert not {"kim-10", "kim-11"} & {*await running(context)}
        pool.gate.set()
        await idle(context, runner)


# --- leases ---------------------------------------------------------------------------------------


async def never(_: float) -> None:
    """A sleep that nobody wakes from: the lease keeper is paused together with everything else."""
    await asyncio.Event().wait()


async def test_a_lease_is_renewed_for_as_long_as_the_trace_runs(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    pool.gate.clear()
    await queued(context)
    async with Runner(context, sleep=clock.sleep) as runner:
        await pool.entered.acquire()
        (before,) = await context.store.run(lambda tx: tx.rows("SELECT * FROM slot WHERE trace_id NOTNULL"))
        for _ in range(20):  # five minutes
            clock.forward(15.0)
            for _ in range(5):
                await context.store.run(lambda tx: tx.rows("SELECT 1"))
        (after,) = await context.store.run(lambda tx: tx.rows("SELECT * FROM slot WHERE trace_id NOTNULL"))
        assert after["fence"] == before["fence"]
        assert after["lease_until_s"] == before["lease_until_s"] + 300
        assert after["lease_owner"] == runner.instance
        pool.gate.set()
        await idle(context, runner)
    assert (await row(context)).state is TraceState.COMPLETE


async def test_an_engine_that_was_paused_writes_nothing_under_its_old_lease_and_goes_on_under_a_new_one(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    pool.gate.clear()
    await queued(context)
    async with Runner(context, sleep=never) as runner:
        await pool.entered.acquire()
        lines = len(await context.store.run(log.lines))
        clock.forward(61.0)
        asked_for: list[int] = []

        async def ask() -> None:
            asked_for.append(1)

        pool.before_permit = ask  # type: ignore[method-assign]
        pool.gate.set()
        await idle(context, runner)
    trace = await row(context)
    assert (trace.state, trace.message, trace.attempt) == (TraceState.COMPLETE, "", 0)
    assert ("trace-1", LOST) in pool.revoked
    intents = [line for line, _ in await context.store.run(lambda tx: log.lines(tx, lines))]
    searched = [line for line in intents if line.action == "search" and line.outcome == "intent"]
    assert len(searched) == len(pool.grants)
    assert len(asked_for) > len(pool.grants), "some were asked for under the old lease, and refused"
    assert await slots(context) == []


@pytest.mark.parametrize("fault", [InputError("is cut short"), Refused("not permitted"), RuntimeError("x")])
async def test_what_goes_wrong_under_a_lost_lease_is_not_the_end_of_the_trace(
    tmp_path: Path, fault: Exception
) -> None:
    class WellTheSecondTime(FakePool):
        async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
            self.fault = fault if not self.enrolled else None
            return await super().enrol(stills)

    pool, clock = WellTheSecondTime(), WakingClock()
    pool.gate.clear()
    async with a_context(tmp_path, pool=pool, clock=clock) as context:
        await queued(context)
        async with Runner(context, sleep=never) as runner:
            await pool.entered.acquire()
            clock.forward(61.0)
            pool.gate.set()
            await idle(context, runner)
        trace = await row(context)
        assert (trace.state, trace.message, trace.attempt) == (TraceState.COMPLETE, "", 0)


async def test_the_lease_keeper_stops_a_trace_whose_lease_has_run_out(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    pool.gate.clear()
    await queued(context)
    async with Runner(context, sleep=clock.sleep) as runner:
        await pool.entered.acquire()
        first = await context.store.run(lambda tx: tx.row("SELECT max(fence) AS fence FROM slot"))
        clock.forward(61.0)
        while not pool.revoked:
            await context.store.run(lambda tx: tx.rows("SELECT 1"))
        pool.gate.set()
        await idle(context, runner)
        second = await context.store.run(lambda tx: tx.row("SELECT max(fence) AS fence FROM slot"))
    assert second["fence"] == first["fence"] + 1  # type: ignore[index]
    assert (await row(context)).state is TraceState.COMPLETE


async def test_a_slot_that_nobody_works_in_is_given_back_when_its_lease_has_run_out(
    context: Context, clock: WakingClock
) -> None:
    await queued(context)
    async with Runner(context, sleep=clock.sleep) as runner:
        await idle(context, runner)
        await queued(context, "lost", "case-2")

        async def lose(tx: Transaction) -> None:
            await claim(tx, "lost", owner=runner.instance, boottime_s=clock.boottime_s())
            await context.traces.begin(tx, "lost")

        await context.store.run(lose)
        clock.forward(61.0)
        while (await row(context, "lost")).state is not TraceState.COMPLETE:
            await context.store.run(lambda tx: tx.rows("SELECT 1"))
    assert await slots(context) == []


# --- stopping is durable --------------------------------------------------------------------------


async def test_a_trace_that_was_stopped_stays_stopped_where_the_engine_dies_over_it(tmp_path: Path) -> None:
    class Dying(FakePool):
        def revoke(self, trace_id: str, why: str) -> None:
            raise SystemError("killed right here")

    first = Dying()
    first.gate.clear()
    async with a_context(tmp_path, pool=first) as context:
        runner = Runner(context)
        async with runner:
            await runner.submit(await queued(context))
            await first.entered.acquire()
            with pytest.raises(SystemError):
                await runner.stop("trace-1", TraceState.CANCELLED, "cancelled")
    second = FakePool()
    async with a_context(tmp_path, pool=second) as context:
        async with Runner(context) as again:
            await idle(context, again)
        trace = await row(context)
        assert (trace.state, trace.message) == (TraceState.CANCELLED, "cancelled")
        assert await slots(context) == []
    assert second.scanned == []


async def test_whoever_asks_may_go_away_in_the_middle_and_nothing_is_left_half_done(
    context: Context, pool: FakePool
) -> None:
    pool.gate.clear()
    async with Runner(context) as runner:
        for n in range(8):
            trace_id = await queued(context, f"trace-{n}", f"case-{n}")
            for asking in (runner.submit(trace_id), runner.stop(trace_id, TraceState.CANCELLED, "cancelled")):
                task = asyncio.ensure_future(asking)
                for _ in range(n):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await runner.wake()
        held, at_work = await slots(context), await running(context)
        assert held == sorted(at_work)
        for trace_id in at_work:
            await runner.stop(trace_id, TraceState.CANCELLED, "cancelled")
        pool.gate.set()
        await idle(context, runner)
    assert await slots(context) == []


# --- another attempt ------------------------------------------------------------------------------


async def waits(context: Context, runner: Runner, clock: WakingClock, pool: FakePool) -> list[float]:
    """Seconds between the attempts of the only trace, to a tenth."""
    found: list[float] = []
    while runner.busy:
        await context.store.run(lambda tx: tx.rows("SELECT 1"))
        trace = await row(context)
        if trace.state is TraceState.QUEUED and trace.not_before is not None and len(found) < trace.attempt:
            assert await slots(context) == []
            assert runner.busy
            found.append(round((trace.not_before - clock.now()).total_seconds(), 1))
        clock.forward(0.1)
    return found


async def test_a_passing_problem_is_tried_five_times_ever_more_rarely_and_then_said(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    pool.fault = OSError("the archive does not answer")
    await queued(context)
    async with Runner(context, sleep=clock.sleep, dice=lambda: 1.0) as runner:
        assert await waits(context, runner, clock, pool) == [2.0, 4.0, 8.0, 16.0]
    trace = await row(context)
    assert trace.state is TraceState.FAILED
    assert trace.message.startswith("internal error, OSError in fakes.py:")
    assert len(pool.enrolled) == 5
    outcomes = [line.outcome for line, _ in await context.store.run(log.lines) if line.action == "trace"]
    assert outcomes == ["put off"] * 4 + ["failed"]


async def test_how_long_it_waits_is_thrown_by_dice_so_that_not_all_come_back_at_once(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    pool.fault = OSError("busy")
    await queued(context)
    thrown = iter((0.5, 0.25, 0.75, 0.5))
    async with Runner(context, sleep=clock.sleep, dice=lambda: next(thrown)) as runner:
        assert await waits(context, runner, clock, pool) == [1.0, 1.0, 6.0, 8.0]


async def test_what_works_at_the_second_attempt_is_whole_and_keeps_what_the_first_had_found(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    def found(_: WindowRequest) -> tuple[Track, ...]:
        if len(pool.scanned) == 3:
            pool.fault = OSError("busy")
        return ()

    pool.found = found
    pool.lanes = asyncio.Semaphore(1)
    await queued(context)
    async with Runner(context, sleep=clock.sleep, dice=lambda: 1.0) as runner:
        while (await row(context)).attempt == 0:
            await context.store.run(lambda tx: tx.rows("SELECT 1"))
        assert "OSError" in (await row(context)).message
        pool.fault, pool.found = None, lambda _: ()
        await time_goes_by(context, runner, clock)
    trace = await row(context)
    assert (trace.state, trace.message, trace.not_before) == (TraceState.COMPLETE, "", None)
    assert len({w for _, w in pool.scanned}) == len(pool.scanned)


async def test_a_trace_that_waits_for_another_attempt_waits_on_after_a_restart(tmp_path: Path) -> None:
    first = FakePool()
    first.fault = OSError("busy")
    clock = WakingClock()
    async with a_context(tmp_path, pool=first, clock=clock) as context:
        await queued(context)
        async with Runner(context, sleep=clock.sleep, dice=lambda: 150.0):
            while (await row(context)).attempt == 0:
                await context.store.run(lambda tx: tx.rows("SELECT 1"))
    second = FakePool()
    async with a_context(tmp_path, pool=second, clock=clock) as context:
        async with Runner(context, sleep=clock.sleep) as runner:
            for _ in range(299):
                clock.forward(1.0)
                await context.store.run(lambda tx: tx.rows("SELECT 1"))
            assert second.enrolled == []
            assert runner.busy
            await time_goes_by(context, runner, clock)
        trace = await row(context)
        assert (trace.state, trace.attempt) == (TraceState.COMPLETE, 1)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Refused("not permitted"), TraceState.STOPPED_AUTHORISATION),
        (InputError("is cut short"), TraceState.FAILED),
    ],
)
async def test_what_is_refused_or_cannot_be_used_is_not_tried_again(
    context: Context, pool: FakePool, fault: Exception, state: TraceState
) -> None:
    pool.fault = fault
    await queued(context)
    async with Runner(context, sleep=never) as runner:
        await idle(context, runner)
    assert ((await row(context)).state, (await row(context)).attempt) == (state, 0)
    assert len(pool.enrolled) == 1


async def test_a_trace_that_waits_for_another_attempt_can_be_cancelled(
    context: Context, pool: FakePool, clock: WakingClock
) -> None:
    pool.fault = OSError("busy")
    await queued(context)
    async with Runner(context, sleep=clock.sleep) as runner:
        while (await row(context)).attempt == 0:
            await context.store.run(lambda tx: tx.rows("SELECT 1"))
        await runner.stop("trace-1", TraceState.CANCELLED, "cancelled")
        assert not runner.busy
    assert (await row(context)).state is TraceState.CANCELLED


async def test_what_another_release_has_planned_is_parked_with_a_word_and_holds_no_slot(
    context: Context, pool: FakePool
) -> None:
    await queued(context)
    await context.store.run(lambda tx: context.traces.planned_by(tx, "trace-1", 99))
    async with Runner(context) as runner:
        await idle(context, runner)
    trace = await row(context)
    assert trace.state is TraceState.NEEDS_OPERATOR
    assert "another release (plan 99" in trace.message
    assert await slots(context) == []
    assert pool.enrolled == pool.scanned == []


async def test_the_release_that_planned_a_parked_trace_goes_on_with_it(context: Context) -> None:
    await queued(context)
    await context.store.run(lambda tx: context.traces.planned_by(tx, "trace-1", 99))
    async with Runner(context) as runner:
        await idle(context, runner)
    assert (await row(context)).state is TraceState.NEEDS_OPERATOR
    await context.store.run(lambda tx: context.traces.planned_by(tx, "trace-1", PLAN_VERSION))
    async with Runner(context) as runner:  # as if by the release that wrote 99
        await idle(context, runner)
    assert (await row(context)).state is TraceState.COMPLETE


async def test_a_parked_trace_stays_parked_under_a_release_that_cannot_continue_it(context: Context) -> None:
    await queued(context)
    await context.store.run(lambda tx: context.traces.planned_by(tx, "trace-1", 99))
    for _ in range(2):
        async with Runner(context) as runner:
            await idle(context, runner)
    assert (await row(context)).state is TraceState.NEEDS_OPERATOR
