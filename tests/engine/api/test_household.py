from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.definitions import load_sources
from engine.api.household import camera_states
from engine.domain.camera import Camera, Clock, Segment
from engine.trace.context import Site
from engine.trace.footage_table import FootageTable
from tests.engine.api.conftest import House, open_house
from tests.engine.fakes import NOW, a_camera, a_segment, a_site, at

DAY_MIN = 24 * 60.0


def states(site: Site) -> dict[str, str]:
    return {c.camera_id: c.state for c in camera_states(site, FootageTable.of(site), NOW)}


def a_town(*cameras: Camera, segments: tuple[Segment, ...] = (), rehearsal: bool = True) -> Site:
    return a_site(cameras, segments, rehearsal=rehearsal)


def test_in_a_rehearsal_silence_is_judged_by_the_newest_footage_of_all() -> None:
    site = a_town(
        a_camera("fresh"),
        a_camera("late"),
        a_camera("gone"),
        a_camera("never"),
        segments=(a_segment("fresh", 0, 60), a_segment("late", 60 - DAY_MIN - 30, 60 - DAY_MIN),
                  a_segment("gone", -DAY_MIN - 30, 59 - DAY_MIN)),
    )  # fmt: skip
    assert states(site) == {"fresh": "ok", "late": "ok", "gone": "silent", "never": "silent"}


def test_on_a_server_silence_is_judged_by_the_clock() -> None:
    minutes = (NOW - at(0)).total_seconds() / 60
    site = a_town(
        a_camera("cam1"),
        a_camera("cam2"),
        segments=(a_segment("cam1", 0, minutes - DAY_MIN), a_segment("cam2", 0, minutes - DAY_MIN - 1)),
        rehearsal=False,
    )
    assert states(site) == {"cam1": "ok", "cam2": "silent"}


def test_where_no_camera_has_footage_none_is_said_to_be_silent() -> None:
    assert states(a_town(a_camera("cam1"), a_camera("cam2"))) == {"cam1": "ok", "cam2": "ok"}


@pytest.mark.parametrize(
    ("clock", "state"),
    [
        (Clock(offset_s=-300.0, sigma_s=2.0), "ok"),
        (Clock(offset_s=-301.0, sigma_s=2.0), "skewed"),
        (Clock(offset_s=301.0, sigma_s=900.0), "skewed"),
        (Clock(offset_s=0.0, sigma_s=599.0), "ok"),
        (Clock(), "unmeasured"),
    ],
)
def test_a_clock_that_is_far_off_or_unknown_is_told(clock: Clock, state: str) -> None:
    assert states(a_town(a_camera("cam1", clock=clock))) == {"cam1": state}


async def test_the_worst_cameras_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    fine = [a_camera(f"a{number:03d}") for number in range(300)]
    off = [a_camera(f"z{number}", clock=Clock(offset_s=900.0, sigma_s=1.0)) for number in range(3)]
    async with open_house(tmp_path, a_site([*fine, *off], ())) as house:
        found = await house.client.house()
        assert (found.cameras_total, found.cameras_ok, len(found.cameras)) == (303, 300, 200)
        assert [camera.state for camera in found.cameras[:4]] == ["skewed", "skewed", "skewed", "ok"]


async def test_a_way_in_is_told_as_what_it_is(tmp_path: Path) -> None:
    site = a_site(rehearsal=False, sources=load_sources(), people={})
    async with open_house(tmp_path, replace(site, rehearsal=True)) as house:
        found = {s.name: (s.state, s.because) for s in (await house.client.house()).sources}
        assert found["card"] == ("ok", "by hand")
        assert found["footage"] == ("ok", "2 files of 2 cameras in the archive")
        assert "closed" not in {state for state, _ in found.values()}, "nothing is fetched: no breaker stands"


async def test_what_is_missing_for_a_face_search_is_told(tmp_path: Path) -> None:
    site = a_site(segments=(), face_search="there is no detector", sources=load_sources())
    async with open_house(tmp_path, site) as house:
        found = {s.name: (s.state, s.because) for s in (await house.client.house()).sources}
        assert found["footage"] == ("not available", "the archive has no files")
        assert found["face search"] == ("not available", "there is no detector")


async def test_the_parts_of_the_engine_say_how_they_are(house: House) -> None:
    async def two() -> int:
        return 2

    async def one() -> int:
        return 1

    vitals = house.standing.vitals
    vitals.disk = lambda: (41, 100)
    vitals.keys_due, vitals.keys_overdue = two, one
    vitals.witness, vitals.witness_age_s = (lambda: "silent"), (lambda: 900.0)
    found = await house.client.house()
    assert (found.disk_free, found.disk_total, found.keys_due, found.keys_overdue) == (41, 100, 2, 1)
    assert (found.witness, found.witness_age_s) == ("silent", 900.0)


async def test_the_last_footage_of_a_camera_is_told_in_true_time(tmp_path: Path) -> None:
    camera = a_camera("cam1", clock=Clock(offset_s=60.0, sigma_s=1.0))
    async with open_house(tmp_path, a_site([camera], [a_segment("cam1", 0, 60)])) as house:
        (shown,) = (await house.client.house()).cameras
        assert (shown.last_footage, shown.offset_s) == (at(60) - timedelta(seconds=60), 60.0)
