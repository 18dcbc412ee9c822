"""Rounds: who comes next among those who wait, and what is remembered of whom."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.camera import Camera, CameraWindow
from engine.domain.interval import Interval
from engine.domain.track import MaskState
from engine.ports import WindowRequest
from engine.schedule.turns import Turns
from engine.schedule.waiting import Wanted

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


class Line:
    """Windows that wait; no two of different traces are of the same minutes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.turns = Turns()
        self.waiting: list[Wanted] = []
        self._loop = loop

    def come(
        self, trace_id: str, windows: int = 1, minutes: float = 5.0, every: float = 10.0, camera: str = ""
    ) -> None:
        async def nobody() -> None:
            raise AssertionError

        for number in range(windows):
            window = CameraWindow(
                window_id=f"{trace_id}/{number}",
                camera_id=camera or f"camera of {trace_id}",
                interval=Interval(
                    start=START + timedelta(minutes=every * number),
                    end=START + timedelta(minutes=every * number + minutes),
                ),
                weight=1.0,
                record_ids=(),
            )
            request = WindowRequest(
                trace_id=trace_id,
                window=window,
                camera=Camera(camera_id=window.camera_id, name="", lat=37.0, lon=127.0),
                segments=(),
                template=b"",
                reference_mask=MaskState.BARE,
                permit=nobody,  # type: ignore[arg-type]
                progress=lambda *_: None,
            )
            self.waiting.append(Wanted(request, self._loop.create_future()))

    def take(self) -> str:
        return self.turns.take(self.waiting)[0].request.trace_id


@pytest.fixture
def line(loop: asyncio.AbstractEventLoop) -> Line:
    return Line(loop)


def test_a_long_trace_and_short_ones_that_keep_coming_take_turns(line: Line) -> None:
    line.come("long", 600)
    assert {line.take() for _ in range(200)} == {"long"}
    for number in range(3):
        line.come(f"short-{number}", 100)
        taken: list[str] = []
        while taken.count(f"short-{number}") < 100:
            taken.append(line.take())
        assert taken.count("long") in (99, 100, 101)


def test_nobody_is_kept_waiting_by_traces_of_one_window_of_which_there_is_always_one(line: Line) -> None:
    """Whenever one has had its turn the next one is there, before the one beside it has had its own."""
    line.come("long", 600)
    for _ in range(200):
        line.take()
    taken = ["short-0", "short-1"]
    for trace_id in taken[:]:
        line.come(trace_id)
    for number in range(300):
        taken.append(line.take())
        if taken[-1] != "long":
            line.come(f"short-{number + 2}")
    assert taken.count("long") >= 99


def test_who_comes_newly_has_a_turn_after_two_of_each_of_the_others_at_the_latest(line: Line) -> None:
    for trace_id in ("a", "b", "c"):
        line.come(trace_id, 100)
    for _ in range(50):
        line.take()
    line.come("new")
    assert "new" in [line.take() for _ in range(7)]


def test_of_those_without_any_window_who_has_the_shortest_comes_first(line: Line) -> None:
    line.come("ten", minutes=10.0)
    line.come("two", minutes=2.0)
    line.come("five", minutes=5.0)
    assert [line.take() for _ in range(3)] == ["two", "five", "ten"]


def test_of_a_trace_of_which_nothing_waits_nothing_is_remembered(line: Line) -> None:
    for number in range(50):
        line.come(f"t{number}")
        line.take()
    line.come("last", 2)
    line.take()
    assert set(line.turns.led) == {"last"}


def test_footage_with_pauses_that_ten_traces_want_is_read_once(line: Line) -> None:
    for number in range(12):
        line.come(f"t{number}", windows=5, minutes=1.0, every=2.0, camera="cam1")
    group = line.turns.take(line.waiting)
    assert len(group) == 50
    assert {wanted.request.trace_id for wanted in group} == {f"t{number}" for number in range(10)}
    assert {wanted.request.trace_id for wanted in line.waiting} == {"t10", "t11"}
