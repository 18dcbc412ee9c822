"""What is kept of where a person was: by the engine with the case, and here an id alone."""

import asyncio
import stat
from pathlib import Path

import msgspec
import pytest

from engine.api.case_schema import Kept
from engine.api.client import EngineSaysNo
from tests.screens.driving import HandClock
from tests.screens.fake_engine import FakeEngine, a_trace
from tui.clean import clean
from tui.comfort.sitting import FILE, KEEP_AFTER_S, LastTrace, Place, Sitting, pane_in, place_in
from tui.state import Pane

HERE = Place(trace="T-A", candidate="C-A-2", pane="timeline")


def sitting(engine: FakeEngine, clock: HandClock, last: LastTrace | None = None) -> Sitting:
    return Sitting(clean(engine), clock, last)


async def test_a_place_is_kept_with_its_case_and_found_by_the_next_desk() -> None:
    engine, clock = FakeEngine(), HandClock()
    first = sitting(engine, clock)
    first.note("A", HERE)
    assert not first.due
    clock.pass_s(KEEP_AFTER_S)
    assert first.due
    await first.keep()
    assert not first.due
    again = sitting(engine, clock)
    assert await again.recall(a_trace("A")) == HERE
    assert await again.recall(a_trace("A", trace_id="T-A2")) == Place(), "another trace of the same case"


async def test_many_steps_are_kept_together_and_the_last_of_them_within_five_seconds() -> None:
    engine, clock = FakeEngine(), HandClock()
    desk = sitting(engine, clock)
    kept: list[str] = []
    for step in range(40):
        clock.pass_s(0.25)
        desk.note("A", msgspec.structs.replace(HERE, candidate=f"C-A-{step}"))
        if desk.due:
            await desk.keep()
            kept.append(place_in(engine.texts["A", "desk"].text).candidate)
    assert kept == ["C-A-12", "C-A-25", "C-A-38"]


async def test_going_back_to_what_is_kept_asks_for_nothing() -> None:
    engine, clock = FakeEngine(), HandClock()
    desk = sitting(engine, clock)
    desk.note("A", HERE)
    await desk.keep()
    desk.note("A", msgspec.structs.replace(HERE, pane="card"))
    desk.note("A", HERE)
    clock.pass_s(60)
    assert not desk.due


async def test_a_case_that_takes_nothing_any_more_is_not_asked_again_about_the_same() -> None:
    class Closed(FakeEngine):
        asked = 0

        async def keep(self, case_id: str, kind: str, text: str) -> object:  # type: ignore[override]
            self.asked += 1
            raise EngineSaysNo(409, "closed", "the case is closed")

    engine, clock = Closed(), HandClock()
    desk = sitting(engine, clock)
    for _ in range(3):
        desk.note("A", HERE)
        clock.pass_s(10)
        if desk.due:
            await desk.keep()
    assert engine.asked == 1


async def test_what_is_on_its_way_to_a_slow_engine_is_not_sent_a_second_time() -> None:
    class Slow(FakeEngine):
        async def keep(self, case_id: str, kind: str, text: str, *, version: int | None = None) -> Kept:
            await self.may_write.wait()
            return await super().keep(case_id, kind, text, version=version)

    engine, clock = Slow(), HandClock()
    engine.may_write.clear()
    desk = sitting(engine, clock)
    desk.note("A", HERE)
    clock.pass_s(KEEP_AFTER_S)
    keeping = asyncio.create_task(desk.keep())
    await asyncio.sleep(0)
    assert not desk.due
    desk.note("A", msgspec.structs.replace(HERE, pane="card"))
    engine.may_write.set()
    await keeping
    assert desk.due, "what changed meanwhile is kept after that"


async def test_an_engine_that_is_away_gets_it_later() -> None:
    engine, clock = FakeEngine(), HandClock()
    desk = sitting(engine, clock)
    desk.note("A", HERE)
    clock.pass_s(10)
    engine.away = True
    await desk.keep()
    assert desk.due and ("A", "desk") not in engine.texts
    engine.away = False
    await desk.keep()
    assert not desk.due and ("A", "desk") in engine.texts


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"trace": 3}', '{"pane": {}}', "[" * 100_000, '"x"', "\ud800"]
)
def test_what_cannot_be_read_is_nowhere(text: str) -> None:
    assert place_in(text) == Place()


def test_a_newer_desks_place_is_read_as_far_as_it_is_known() -> None:
    place = place_in('{"trace": "T-A", "filter": "west", "pane": "map"}')
    assert (place.trace, pane_in(place)) == ("T-A", None)
    assert pane_in(Place(pane="contacts")) is Pane.CONTACTS


async def test_somebody_elses_trace_is_not_asked_about() -> None:
    engine = FakeEngine()
    desk = sitting(engine, HandClock())
    assert await desk.recall(a_trace("")) == await desk.recall(None) == Place()


# --- on this machine ----------------------------------------------------------------------------


def test_the_file_holds_an_id_and_nothing_else_for_this_person_alone(tmp_path: Path) -> None:
    last = LastTrace(tmp_path / "state" / FILE)
    last.write("T-A")
    assert last.path.read_text(encoding="utf-8") == 'trace_id = "T-A"\n'
    assert stat.S_IMODE(last.path.stat().st_mode) == 0o600
    assert [path.name for path in last.path.parent.iterdir()] == [FILE]
    assert last.read() == "T-A"


@pytest.mark.parametrize("trace_id", ["", "Hong Gildong", "홍길동", "x" * 65, 'a"\nb = "c', "../T-A"])
def test_what_is_no_id_is_not_written(tmp_path: Path, trace_id: str) -> None:
    last = LastTrace(tmp_path / FILE)
    last.write(trace_id)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"trace_id = 3\n", b'trace_id = "\\u001b]52"\n', b"\xff", b"[" * 9_000, b"x" * 9_000]
)
def test_what_somebody_else_wrote_there_is_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert LastTrace(tmp_path / FILE).read() == ""
    assert LastTrace(tmp_path).read() == ""


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    LastTrace(tmp_path / "file" / FILE).write("T-A")


def test_a_desk_begins_with_the_last_trace_where_it_is_here_and_ones_own(tmp_path: Path) -> None:
    last = LastTrace(tmp_path / FILE)
    last.write("T-B")
    desk = sitting(FakeEngine(), HandClock(), last)
    assert desk.trace_in((a_trace("A"), a_trace("B"))) == "T-B"
    assert desk.trace_in((a_trace("A"),)) == ""
    assert desk.trace_in((a_trace("", trace_id="T-B"),)) == "", "it is somebody else's by now"
