"""How the house stands: words beside every state, cameras that somebody should see to."""

from datetime import timedelta

import msgspec
import pytest

from engine.api.client import EngineSaysNo
from engine.api.site_schema import CameraState, SourceState
from tests.screens.driving import NARROW, seated
from tests.screens.fake_engine import HELLO, NOW, FakeEngine


async def test_all_parts_of_the_engine_are_told_in_words() -> None:
    async with seated() as seat:
        await seat.mode("f6", "✓ runs", "41 of 100 GiB free (41%)")
        for words in (
            "0.1.0, rehearsal, up 2 h 01 min, consoles: 1",
            "2 of 10 at work, 1 queued",
            "2 of 2 at work",
            "✓ ok, acknowledged 7 min ago",
            "none is due to be destroyed",
            "yunet, edgeface-xs",
            "✓ ok  card: by hand, by way of the province",
        ):
            assert words in seat.text()


async def test_cameras_that_are_well_are_counted_and_the_others_listed_with_their_clock() -> None:
    async with seated() as seat:
        await seat.mode("f6", "cameras 3  2 of 5 ok")
        text = seat.text()
        assert "× silent      cam3" in text and "2 days ago" in text
        assert "▲ skewed      cam4" in text and "14 min fast ± 2 s" in text
        assert "? unmeasured  cam5" in text and "not measured ± 10 min" in text
        assert "cam1" not in text
        await seat.press("o")
        await seat.until(lambda: "✓ ok          cam1" in seat.text())


async def test_what_is_wrong_is_marked_by_a_shape_and_in_words() -> None:
    engine = FakeEngine(hello=msgspec.structs.replace(HELLO, demo_models=True))
    engine.vitals = msgspec.structs.replace(
        engine.vitals, store="silent for 2 s", witness="no answer", keys_due=3, workers=0, workers_busy=0
    )
    engine.standing = msgspec.structs.replace(
        engine.standing,
        disk_free=4 * 2**30,
        keys_overdue=1,
        sources=(SourceState(name="card", state="open"),),
    )
    async with seated(engine) as seat:
        await seat.mode("f6", "! silent for 2 s", "! no answer", "! 3 due to be destroyed, 1 overdue")
        assert "! 4 of 100 GiB free (4%)" in seat.text()
        assert "! open  card" in seat.text() and "workers     ! none" in seat.text()
        assert "! demo models: for invented people only" in seat.text()


async def test_it_is_asked_every_two_seconds_while_it_is_seen_and_not_otherwise() -> None:
    engine = FakeEngine()
    async with seated(engine) as seat:
        await seat.passing(10.0)
        assert engine.reads == []
        await seat.mode("f6", "✓ runs")
        engine.reads.clear()
        for _ in range(30):
            await seat.passing(0.2)
        assert 2 <= len(engine.reads) <= 4
        await seat.press("f2")
        engine.reads.clear()
        await seat.passing(10.0)
        assert engine.reads == []


async def test_r_asks_at_once() -> None:
    engine = FakeEngine()
    async with seated(engine) as seat:
        await seat.mode("f6", "✓ ok")
        engine.vitals = msgspec.structs.replace(engine.vitals, store="cannot be written")
        await seat.press("r", after_s=0.1)
        await seat.until(lambda: "! cannot be written" in seat.text())


async def test_who_may_not_see_the_house_sees_the_engine_and_asks_no_more() -> None:
    engine = FakeEngine()
    asked: list[int] = []

    async def refused() -> object:
        asked.append(1)
        raise EngineSaysNo(403, "refused", "this is not for your role (G24)")

    engine.house = refused  # type: ignore[method-assign,assignment]
    async with seated(engine) as seat:
        await seat.mode("f6", "✓ runs", "this is not for your role (G24)")
        await seat.passing(10.0)
        assert len(asked) == 1


async def test_an_engine_that_went_away_is_said_and_what_was_known_stays() -> None:
    engine = FakeEngine()
    async with seated(engine) as seat:
        await seat.mode("f6", "✓ runs")
        engine.away = True
        await seat.passing(3.0)
        await seat.until(lambda: "! the engine is away" in seat.text())
        assert "2 of 10 at work" in seat.text()


async def test_thousands_of_cameras_are_a_list_like_any_other() -> None:
    engine = FakeEngine()
    cameras = tuple(
        CameraState(
            camera_id=f"k{number:04}", name="street", state="silent", last_footage=NOW - timedelta(days=9),
            offset_s=0.0, sigma_s=1.0,
        )
        for number in range(3_000)
    )  # fmt: skip
    engine.standing = msgspec.structs.replace(
        engine.standing, cameras=cameras, cameras_total=3_000, cameras_ok=0
    )
    async with seated(engine) as seat:
        await seat.mode("f6", "cameras 3000  0 of 3000 ok")
        await seat.press("G")
        assert "k2999" in seat.text()
        await seat.press("slash", *"k0042", "enter")
        await seat.until(lambda: "cameras 1/3000" in seat.text())


@pytest.mark.parametrize("size", [NARROW, (60, 18), (200, 60)])
async def test_the_house_stands_there_at_every_size(size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        await seat.mode("f6", "✓ runs", "× silent", "? help")
