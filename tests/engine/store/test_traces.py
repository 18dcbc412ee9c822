from datetime import timedelta

import msgspec
import pytest

from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.domain.track import WindowResult
from engine.store.traces import TraceRow
from engine.trace.context import Context
from tests.engine.fakes import NOW, a_ground, a_track, an_authorisation, with_case


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
