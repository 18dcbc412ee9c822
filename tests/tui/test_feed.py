"""The latest wins, rows keep their places, and the feed attaches again by itself."""

import asyncio
from contextlib import suppress

from engine.api.lines import EventLine, ResetLine
from engine.api.schema import Snapshot
from tests.screens.fake_engine import NOW, FakeEngine, a_trace
from tui.feed import LONGEST_RETRY_S, Feed, LinkState


class Pauses:
    """Sleeps that return at once, note how long they were, and can change the world."""

    def __init__(self, engine: FakeEngine, back_after: int) -> None:
        self.engine = engine
        self.back_after = back_after
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self.back_after:
            self.engine.away = False
        await asyncio.sleep(0)


async def until(condition: object) -> None:
    for _ in range(1_000):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0)
    raise AssertionError("this never came true")


async def stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_the_newest_view_of_a_trace_wins() -> None:
    feed = Feed(FakeEngine())
    for done in range(5):
        feed.take(Snapshot(seq=done, now=NOW, traces=(a_trace("A", windows_done=done),)))
    assert [trace.windows_done for trace in feed.traces] == [4]


async def test_rows_keep_the_order_of_their_first_appearance() -> None:
    feed = Feed(FakeEngine())
    first, second, third = a_trace("A"), a_trace("B"), a_trace("C")
    feed.take(Snapshot(seq=1, now=NOW, traces=(first, second)))
    feed.take(Snapshot(seq=2, now=NOW, traces=(third, second, first)))
    assert [trace.case_id for trace in feed.traces] == ["A", "B", "C"]


async def test_it_attaches_again_by_itself_waiting_longer_each_time() -> None:
    engine = FakeEngine()
    engine.away = True
    pauses = Pauses(engine, back_after=7)
    feed = Feed(engine, sleep=pauses)
    task = asyncio.create_task(feed.run())
    await until(lambda: feed.link.state is LinkState.CONNECTED)
    assert pauses.slept[:4] == [0.25, 0.5, 1.0, 2.0]
    assert pauses.slept[-1] == LONGEST_RETRY_S
    await stop(task)


async def test_a_broken_stream_shows_as_away_and_keeps_the_rows() -> None:
    engine = FakeEngine()
    seen: list[LinkState] = []

    async def sleep(_: float) -> None:
        seen.append(feed.link.state)
        await asyncio.Event().wait()

    feed = Feed(engine, sleep=sleep)
    task = asyncio.create_task(feed.run())
    await until(lambda: feed.traces)
    engine.away = True
    engine.tell()
    await until(lambda: seen)
    assert seen == [LinkState.AWAY]
    assert len(feed.traces) == 10
    await stop(task)


async def test_an_answer_nobody_can_read_does_not_end_the_feed_in_silence() -> None:
    class Garbled(FakeEngine):
        async def hello(self) -> object:  # type: ignore[override]
            raise KeyError("a name")

    feed = Feed(Garbled(), sleep=Pauses(FakeEngine(), 99))  # type: ignore[arg-type]
    task = asyncio.create_task(feed.run())
    await until(lambda: feed.link.because)
    assert feed.link.because == "unreadable answer (KeyError)"
    assert not task.done()
    await stop(task)


def an_event(seq: int, kind: str = "candidate", case_id: str = "A") -> EventLine:
    return EventLine(seq=seq, at=NOW, kind=kind, object_id="o", state="s", case_id=case_id)


async def test_an_engine_that_comes_back_is_asked_for_what_happened_since() -> None:
    engine = FakeEngine()
    engine.happened = [an_event(1), an_event(2)]
    seen: list[str] = []

    async def sleep(_: float) -> None:
        seen.append(feed.link.state)
        engine.away = False
        engine.happened.append(an_event(3))

    feed = Feed(engine, sleep=sleep)
    feed.cursor = 0
    task = asyncio.create_task(feed.run())
    await until(lambda: feed.traces)
    assert feed.cursor == 2
    engine.away = True
    engine.tell()
    await until(lambda: feed.cursor == 3)
    assert engine.cursors == [0, 2]
    await stop(task)


def test_details_are_fetched_again_for_the_case_that_an_event_speaks_of_and_for_no_other() -> None:
    feed = Feed(FakeEngine())
    mine, other = a_trace("A"), a_trace("B")
    before, others = feed.known(mine), feed.known(other)
    feed.hear(an_event(7))
    assert feed.known(mine) != before
    assert feed.known(other) == others
    before = feed.known(mine)
    feed.hear(an_event(8, kind="trace"))
    assert feed.known(mine) == before, "the row itself tells of the trace"


def test_after_a_reset_everything_is_fetched_again_and_the_cursor_is_the_engines() -> None:
    feed = Feed(FakeEngine())
    feed.hear(an_event(70))
    before = feed.known(a_trace("B"))
    feed.hear(ResetLine(seq=4))
    assert feed.cursor == 4
    assert feed.known(a_trace("B")) != before
