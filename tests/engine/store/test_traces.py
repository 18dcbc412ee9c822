from datetime import timedelta

import msgspec
import pytest

from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.domain.track import WindowResult
from engine.store import events, slots
from engine.store.authorisations import latest_time
from engine.store.traces import TraceRow
from engine.trace.context import Context
from tests.engine.fakes import NOW, SetClock, a_case, a_ground, a_track, an_authorisation, with_case


async def traced(context: Context, *trace_ids: str) -> list[TraceRow]:
    await with_case(context, authorisation=an_authorisation(), ground=a_ground())
    for trace_id in trace_ids:
        await context.store.run(
            lambda tx, i=trace_id: context.traces.add(
                tx, trace_id=i, case_id="case-1", authorisation_id="auth-1", queued=NOW
            )
        )
    return [await row(context, i) for i in trace_ids]


async def row(context: Context, trace_id: str) -> TraceRow:
    return await context.store.run(lambda tx: context.traces.get(tx, trace_id))


async def test_a_new_trace_is_queued(context: Context) -> None:
    (trace,) = await traced(context, "t1")
    assert (trace.state, trace.queued, trace.started, trace.message) == (TraceState.QUEUED, NOW, None, "")


async def test_traces_come_in_the_order_in_which_they_were_asked_for(context: Context) -> None:
    await traced(context, "zz", "aa", "mm")
    assert [t.trace_id for t in await context.store.run(context.traces.all)] == ["zz", "aa", "mm"]


async def test_an_unknown_trace_is_refused(context: Context) -> None:
    with pytest.raises(Refused, match="no trace t9"):
        await row(context, "t9")


async def test_a_time_is_marked_once(context: Context) -> None:
    await traced(context, "t1")
    for hours in (1, 2):
        await context.store.run(
            lambda tx, h=hours: context.traces.mark(tx, "t1", "first_window", NOW + timedelta(hours=h))
        )
    assert (await row(context, "t1")).first_window == NOW + timedelta(hours=1)


async def test_only_times_can_be_marked(context: Context) -> None:
    await traced(context, "t1")
    with pytest.raises(ValueError, match="state"):
        await context.store.run(lambda tx: context.traces.mark(tx, "t1", "state", NOW))


async def test_what_is_said_about_a_trace_is_sealed(context: Context) -> None:
    await traced(context, "t1")
    said = "front.jpg: shows no face"
    await context.store.run(lambda tx: context.traces.set_state(tx, "t1", TraceState.FAILED, said))
    assert (await row(context, "t1")).message == said
    stored = await context.store.run(lambda tx: tx.row("SELECT message FROM trace"))
    assert said.encode() not in stored["message"]  # type: ignore[index]


async def test_the_first_result_of_a_step_stays(context: Context) -> None:
    (trace,) = await traced(context, "t1")
    for result in (("first",), ("second",)):
        await context.store.run(lambda tx, r=result: context.traces.put_step(tx, trace, "gather", r))
    found = await context.store.run(lambda tx: context.traces.step(tx, trace, "gather", tuple[str, ...]))
    assert found == ("first",)
    assert await context.store.run(lambda tx: context.traces.step(tx, trace, "narrow", str)) is None


async def test_a_window_is_stored_once_and_its_tracks_not_at_all(context: Context) -> None:
    (trace,) = await traced(context, "t1")
    result = WindowResult(window_id="cam1/0", tracks=(a_track(),), frames=100, faces=7, cannot_assess=2)
    stored = [await context.store.run(lambda tx: context.traces.put_window(tx, trace, result)) for _ in "12"]
    assert stored == [True, False]
    counts = await context.store.run(lambda tx: context.traces.window_counts(tx, "t1"))
    assert tuple(counts[k] for k in ("windows", "frames", "faces", "cannot_assess")) == (1, 100, 7, 2)
    done = await context.store.run(lambda tx: context.traces.windows_done(tx, trace, ("cam1/0", "cam2/0")))
    assert done == {"cam1/0"}
    kept = await context.store.run(lambda tx: tx.row("SELECT sealed FROM window_result"))
    size = len(kept["sealed"])  # type: ignore[index]
    bare = msgspec.structs.replace(result, tracks=())
    assert size < len(msgspec.msgpack.encode(bare)) + 40


async def test_the_windows_of_one_trace_are_not_those_of_another(context: Context) -> None:
    one, two = await traced(context, "t1", "t2")
    await context.store.run(lambda tx: context.traces.put_window(tx, one, WindowResult(window_id="cam1/0")))
    assert await context.store.run(lambda tx: context.traces.windows_done(tx, two, ("cam1/0",))) == set()


async def test_it_is_known_who_asked(context: Context) -> None:
    await traced(context, "t1")
    await context.store.run(
        lambda tx: context.traces.add(
            tx, trace_id="t2", case_id="case-1", authorisation_id="auth-1", queued=NOW, requested_by="lee"
        )
    )
    assert [(await row(context, t)).requested_by for t in ("t1", "t2")] == ["", "lee"]


async def test_the_traces_of_a_case_come_in_their_order_and_no_others(context: Context) -> None:
    await traced(context, "zz", "aa")
    await with_case(
        context, case=a_case("case-2"), authorisation=an_authorisation("auth-2", case_id="case-2")
    )
    await context.store.run(
        lambda tx: context.traces.add(
            tx, trace_id="bb", case_id="case-2", authorisation_id="auth-2", queued=NOW
        )
    )
    found = await context.store.run(lambda tx: context.traces.of_case(tx, "case-1"))
    assert [t.trace_id for t in found] == ["zz", "aa"]


async def test_a_trace_that_runs_without_a_slot_waits_again_and_no_other_does(context: Context) -> None:
    await traced(context, "done", "ran", "runs", "waited")
    await context.store.run(lambda tx: context.traces.set_state(tx, "done", TraceState.COMPLETE))
    for trace_id in ("ran", "runs"):
        await context.store.run(lambda tx, t=trace_id: context.traces.begin(tx, t))  # type: ignore[misc]
    await context.store.run(lambda tx: slots.claim(tx, "runs", owner="one", boottime_s=0.0))
    assert await context.store.run(context.traces.requeue_unheld) == 1
    states = [(await row(context, t)).state.value for t in ("done", "ran", "runs", "waited")]
    assert states == ["complete", "queued", "running", "queued"]


async def test_a_trace_that_is_put_off_counts_its_attempts_until_it_looks_again(context: Context) -> None:
    await traced(context, "t1")
    later = NOW + timedelta(seconds=8)
    for _ in "12":
        await context.store.run(lambda tx: context.traces.put_off(tx, "t1", later, "busy"))
    trace = await row(context, "t1")
    assert (trace.state, trace.attempt, trace.not_before, trace.message) == (
        TraceState.QUEUED,
        2,
        later,
        "busy",
    )
    await context.store.run(lambda tx: context.traces.begin(tx, "t1"))
    trace = await row(context, "t1")
    assert (trace.state, trace.attempt, trace.not_before, trace.message) == (TraceState.RUNNING, 2, None, "")
    await context.store.run(lambda tx: context.traces.look_again(tx, "t1"))
    trace = await row(context, "t1")
    assert (trace.state, trace.attempt, trace.late) == (TraceState.QUEUED, 0, True)


@pytest.mark.parametrize(("late", "read", "revision"), [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 2)])
async def test_a_further_revision_begins_where_records_came_after_the_last_one_had_read_them(
    context: Context, late: int, read: int, revision: int
) -> None:
    (trace,) = await traced(context, "t1")
    if read:
        await context.store.run(lambda tx: context.traces.put_step(tx, trace, trace.step("gather"), ("r1",)))
    if late:
        await context.store.run(lambda tx: context.traces.mark_late(tx, "t1"))
    await context.store.run(lambda tx: context.traces.begin(tx, "t1"))
    begun = await row(context, "t1")
    assert (begun.revision, begun.late) == (revision, False)
    assert begun.step("narrow") == ("narrow" if revision == 1 else "narrow/2")


async def test_a_step_can_be_replaced_by_what_a_later_revision_says(context: Context) -> None:
    (trace,) = await traced(context, "t1")
    for result in ("first", "second"):
        await context.store.run(
            lambda tx, r=result: context.traces.put_step(tx, trace, "outcome", r, replace=True)  # type: ignore[misc]
        )
    assert await context.store.run(lambda tx: context.traces.step(tx, trace, "outcome", str)) == "second"


async def test_what_could_not_be_read_is_told_once_for_the_windows_asked_about(context: Context) -> None:
    (trace,) = await traced(context, "t1")
    cut = "cam1.mp4: is cut short"
    for n, problems in enumerate([(cut,), (cut, "cam1.mp4: is dark"), ("cam2.mp4: is empty",), ()]):
        result = WindowResult(window_id=f"w{n}", problems=problems)
        await context.store.run(lambda tx, r=result: context.traces.put_window(tx, trace, r))  # type: ignore[misc]
    asked = ["w0", "w1", "w3", "w9"]
    told = await context.store.run(lambda tx: context.traces.window_problems(tx, trace, asked))
    assert told == (cut, "cam1.mp4: is dark")


async def test_every_change_of_state_is_told(context: Context) -> None:
    await traced(context, "t1")
    await context.store.run(lambda tx: context.traces.begin(tx, "t1"))
    await context.store.run(lambda tx: context.traces.set_state(tx, "t1", TraceState.COMPLETE))
    told = await context.store.run(lambda tx: events.after(tx, 0))
    assert [(e.kind, e.object_id, e.state, e.case_id, e.at) for e in told] == [
        ("trace", "t1", state, "case-1", NOW) for state in ("queued", "running", "complete")
    ]


async def test_a_change_is_dated_by_the_latest_time_the_store_has_seen(
    context: Context, clock: SetClock
) -> None:
    await traced(context, "t1")
    clock.forward(3600)
    await context.store.run(lambda tx: latest_time(tx, clock))
    clock.time -= timedelta(days=1)
    await context.store.run(lambda tx: context.traces.set_state(tx, "t1", TraceState.CANCELLED))
    told = await context.store.run(lambda tx: events.after(tx, 0))
    assert told[-1].at == NOW + timedelta(hours=1)
