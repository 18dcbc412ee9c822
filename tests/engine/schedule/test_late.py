import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from engine.audit import log
from engine.domain.authorisation import AuthorisationState
from engine.domain.camera import Segment
from engine.domain.decision import Answer
from engine.domain.errors import Refused
from engine.domain.record import Record, Source
from engine.domain.trace import TraceState
from engine.domain.track import Track
from engine.ports import Transaction, WindowRequest
from engine.schedule.late import asked_again, look_again
from engine.schedule.runner import Runner
from engine.store.traces import TraceRow
from engine.trace.context import Context
from engine.trace.narrow import Plan
from tests.engine.fakes import (
    NOW,
    FakePool,
    a_context,
    a_decision,
    a_ground,
    a_record,
    a_segment,
    a_site,
    a_track,
    an_authorisation,
    at,
    disc,
    queued,
)


async def row(context: Context, trace_id: str = "trace-1") -> TraceRow:
    return await context.store.run(lambda tx: context.traces.get(tx, trace_id))


async def idle(context: Context, runner: Runner) -> None:
    while runner.busy:
        await context.store.run(lambda tx: tx.rows("SELECT 1"))


async def comes(context: Context, runner: Runner, *records: Record) -> tuple[str, ...]:
    await context.store.run(lambda tx: context.cases.add_records(tx, "case-1", records))
    again = await context.store.run(lambda tx: look_again(context, tx, "case-1"))
    await runner.wake()
    return again


async def plan(context: Context, name: str) -> Plan | None:
    trace = await row(context)
    return await context.store.run(lambda tx: context.traces.step(tx, trace, name, Plan))


def seen(pool: FakePool) -> list[tuple[str, float, float]]:
    """What was opened: camera, from, to; one entry for every grant."""
    return [(g.camera_id, g.interval.start.timestamp(), g.interval.end.timestamp()) for g in pool.grants]


def scanned_twice(pool: FakePool) -> bool:
    opened = sorted(seen(pool))
    return any(one[0] == other[0] and other[1] < one[2] for one, other in pairwise(opened))


LATER = a_record(25, record_id="card-late", where=disc(200))  # the other camera, the same afternoon
OVERLAPPING = a_record(25, record_id="entry-late", source=Source.ENTRY)  # the same camera, half an hour on


@pytest.mark.parametrize("late", [LATER, OVERLAPPING], ids=["another camera", "the same camera"])
async def test_records_that_come_late_open_only_what_is_new(
    context: Context, pool: FakePool, late: Record
) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        before = len(pool.grants)
        assert await comes(context, runner, late) == ("trace-1",)
        await idle(context, runner)
    trace = await row(context)
    assert (trace.state, trace.revision, trace.late) == (TraceState.COMPLETE, 2, False)
    assert len(pool.grants) > before
    assert not scanned_twice(pool)
    first, second = await plan(context, "narrow"), await plan(context, "narrow/2")
    assert first is not None
    assert second is not None
    assert len(pool.grants) == len(first.windows) + len(second.windows)
    assert {late.record_id} <= {r for w in second.windows for r in w.record_ids}


async def test_records_that_add_nothing_open_nothing_and_need_no_template(
    context: Context, pool: FakePool
) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        before, enrolled = len(pool.grants), len(pool.enrolled)
        await comes(context, runner, a_record(0, record_id="card-again"))
        await idle(context, runner)
    assert (await row(context)).state is TraceState.COMPLETE
    assert (len(pool.grants), len(pool.enrolled)) == (before, enrolled)


async def test_decisions_and_candidates_stay_and_only_what_is_undecided_waits_for_a_person(
    context: Context, pool: FakePool
) -> None:
    def found(request: WindowRequest) -> tuple[Track, ...]:
        return (a_track(),) if request.window.interval.start == a_track().interval.start else ()

    pool.found = found
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        assert (await row(context)).state is TraceState.AWAITING_REVIEW
        (candidate,) = await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-1"))
        made = a_decision(candidate.candidate_id, Answer.SAME)
        await context.store.run(lambda tx: context.reviews.add_decision(tx, made))
        await comes(context, runner, OVERLAPPING)
        await idle(context, runner)
        assert (await row(context)).state is TraceState.COMPLETE, "everything was answered before"
        assert await context.store.run(lambda tx: context.reviews.decisions(tx, "trace-1")) == (made,)
        pool.found = lambda _: (a_track("cam2"),)
        await comes(context, runner, LATER)
        await idle(context, runner)
    assert (await row(context)).state is TraceState.AWAITING_REVIEW
    kept = await context.store.run(lambda tx: context.reviews.of_trace(tx, "trace-1"))
    assert kept[0] == candidate
    assert len(kept) > 1


async def test_a_trace_at_work_looks_again_when_it_is_done(context: Context, pool: FakePool) -> None:
    pool.gate.clear()
    await queued(context)
    async with Runner(context) as runner:
        await pool.entered.acquire()
        assert await comes(context, runner, LATER) == ("trace-1",)
        assert (await row(context)).state is TraceState.RUNNING
        pool.gate.set()
        await idle(context, runner)
    trace = await row(context)
    assert (trace.state, trace.revision, trace.finished) == (TraceState.COMPLETE, 2, NOW)
    assert {camera for camera, *_ in seen(pool)} == {"cam1", "cam2"}
    assert not scanned_twice(pool)


async def test_a_trace_that_has_not_begun_reads_the_late_records_with_the_others(
    context: Context, pool: FakePool
) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await context.store.run(lambda tx: context.cases.add_records(tx, "case-1", (LATER,)))
        await context.store.run(lambda tx: look_again(context, tx, "case-1"))
        await idle(context, runner)
    assert {camera for camera, *_ in seen(pool)} == {"cam1", "cam2"}
    assert not scanned_twice(pool)


@pytest.mark.parametrize("ended", ["revoked", "expired", "withdrawn"])
async def test_where_the_permission_has_ended_the_trace_stays_as_it_is_and_says_so(
    context: Context, pool: FakePool, ended: str
) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        before = len(pool.grants)

        async def end(tx: Transaction) -> None:
            if ended == "withdrawn":
                await context.cases.put_ground(tx, a_ground(withdrawn_at=NOW))
                return
            state = AuthorisationState.REVOKED if ended == "revoked" else AuthorisationState.APPROVED
            await context.authorisations.put(tx, an_authorisation("auth-case-1", state=state, expires_at=NOW))

        await context.store.run(end)
        assert await comes(context, runner, LATER) == ()
        assert not runner.busy
    trace = await row(context)
    assert trace.state is TraceState.COMPLETE
    assert trace.message.startswith("records came later; no footage was opened for them: ")
    assert ended in trace.message
    assert len(pool.grants) == before


async def test_only_the_newest_finished_trace_of_a_case_looks_again(context: Context, pool: FakePool) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        await runner.submit(await queued(context, "trace-2"))
        await idle(context, runner)
        await runner.submit(await queued(context, "other", "case-2"))
        await idle(context, runner)
        assert await comes(context, runner, LATER) == ("trace-2",)
        await idle(context, runner)
    assert [(await row(context, t)).revision for t in ("trace-1", "trace-2", "other")] == [1, 2, 1]


@pytest.mark.parametrize("state", [TraceState.CANCELLED, TraceState.FAILED, TraceState.NEEDS_OPERATOR])
async def test_a_trace_that_was_ended_is_not_woken_by_records(
    context: Context, pool: FakePool, state: TraceState
) -> None:
    await queued(context)
    await context.store.run(lambda tx: context.traces.set_state(tx, "trace-1", state, "so it is"))
    async with Runner(context) as runner:
        assert await comes(context, runner, LATER) == ()
        assert not runner.busy
    assert (await row(context)).message == "so it is"
    assert pool.scanned == []


async def test_that_a_trace_looks_again_is_in_the_audit(context: Context) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        await comes(context, runner, LATER)
        await idle(context, runner)
    lines = [line for line, _ in await context.store.run(log.lines) if line.action == "trace"]
    assert [line.outcome for line in lines] == ["complete", "queued", "complete"]
    assert lines[1].detail == {"because": "late records"}


# --- footage that comes later: only when somebody asks --------------------------------------------

EARLY, LATER_ON = a_segment("cam1", -30, 0, file="a.mp4"), a_segment("cam1", 5, 30, file="b.mp4")


@contextlib.asynccontextmanager
async def traced_with(
    there: list[Segment], folder: Path, pool: FakePool
) -> AsyncIterator[tuple[Context, Runner]]:
    """A trace that is done, over the footage of one camera that ``there`` holds from moment to moment."""
    site = replace(a_site(segments=()), segments=lambda camera: there if camera == "cam1" else [])
    async with a_context(folder, pool=pool, site=site) as context:
        await queued(context)
        async with Runner(context) as runner:
            await idle(context, runner)
            yield context, runner


async def asked_for(context: Context, runner: Runner, trace_id: str = "trace-1") -> bool:
    looks = await context.store.run(lambda tx: asked_again(context, tx, trace_id))
    await runner.wake()
    await idle(context, runner)
    return looks


async def test_whoever_asks_has_the_footage_that_came_since_looked_at_and_no_other_again(
    tmp_path: Path, pool: FakePool
) -> None:
    there = [EARLY]
    async with traced_with(there, tmp_path, pool) as (context, runner):
        before = len(pool.grants)
        there.append(LATER_ON)
        assert await asked_for(context, runner)
        trace = await row(context)
    assert before
    assert (trace.state, trace.revision, trace.late) == (TraceState.COMPLETE, 2, False)
    assert min(start for _, start, _ in seen(pool)[before:]) == LATER_ON.start_device.timestamp()
    assert not scanned_twice(pool)


async def test_later_footage_in_a_pause_of_what_was_looked_at_is_looked_at(
    tmp_path: Path, pool: FakePool
) -> None:
    there = [a_segment("cam1", 1, 2, file="a.mp4"), a_segment("cam1", 7, 8, file="c.mp4")]
    async with traced_with(there, tmp_path, pool) as (context, runner):
        before = len(pool.grants)
        there.append(a_segment("cam1", 4, 5, file="b.mp4"))
        assert await asked_for(context, runner)
    assert before == 1
    assert [(g.interval.start, g.interval.end) for g in pool.grants[before:]] == [(at(4), at(5))]


async def test_a_trace_at_work_looks_at_later_footage_when_it_is_done(
    context: Context, pool: FakePool
) -> None:
    pool.gate.clear()
    await queued(context)
    async with Runner(context) as runner:
        await pool.entered.acquire()
        assert await context.store.run(lambda tx: asked_again(context, tx, "trace-1"))
        pool.gate.set()
        await idle(context, runner)
    assert (await row(context)).revision == 2


async def test_a_trace_that_another_of_its_case_came_after_does_not_go_on(context: Context) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        await context.store.run(
            lambda tx: context.traces.add(
                tx, trace_id="trace-2", case_id="case-1", authorisation_id="auth-case-1", queued=NOW
            )
        )
        await runner.wake()
        await idle(context, runner)
        assert not await asked_for(context, runner)
        assert await asked_for(context, runner, "trace-2")


async def test_asking_opens_nothing_after_the_permission_has_ended(context: Context, pool: FakePool) -> None:
    await queued(context)
    async with Runner(context) as runner:
        await idle(context, runner)
        before = len(pool.grants)
        ended = an_authorisation("auth-case-1", state=AuthorisationState.REVOKED)
        await context.store.run(lambda tx: context.authorisations.put(tx, ended))
        with pytest.raises(Refused):
            await asked_for(context, runner)
        await idle(context, runner)
    assert (await row(context)).revision == 1
    assert len(pool.grants) == before
