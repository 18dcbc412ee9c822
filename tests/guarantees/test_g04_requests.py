"""G4: what may be asked for at all, what selects a camera, and that no cap starts anew."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.domain.authorisation import Scope
from engine.domain.errors import InputError, Refused
from engine.domain.interval import Interval
from engine.domain.place import Disc
from engine.domain.record import Source
from engine.trace.gather import gather
from engine.trace.narrow import narrow
from tests.guarantees.house import ME, NOON, NOW, a_camera, a_house, a_record, a_segment, case_import, seen
from tests.guarantees.test_g04_scope import (
    HOUR_S,
    SMALL,
    a_city,
    everywhere_all_day,
    notified,
    opened_s,
    traced,
)

FAR = a_camera("far", lat=38.5)


@pytest.mark.parametrize("hours", [100.1, 1e9, -1.0, float("nan"), float("inf")])
async def test_g04_nobody_asks_for_more_than_a_trace_may_ever_open(tmp_path: Path, hours: float) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        with pytest.raises(Refused, match="camera-hours") as no:
            await house.authorisation(max_camera_hours=hours)
        assert no.value.rule == "G4"


async def test_g04_nobody_asks_for_a_camera_that_the_house_does_not_know(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        with pytest.raises(InputError, match="not in the registry"):
            await house.authorisation(cameras=("hall", "*"))


async def test_g04_nobody_asks_for_a_time_in_which_the_patient_infected_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        with pytest.raises(InputError, match="outside the infectious period"):
            await house.authorisation(start=NOON - timedelta(days=60), end=NOON - timedelta(days=59))


async def test_g04_a_date_that_is_moved_after_the_approval_opens_no_other_week(tmp_path: Path) -> None:
    """Three months were asked for, of which the patient was infectious for some days in March. Then the onset
    is moved to January, without a second person, and there are records and footage of that time."""
    january = datetime(2026, 1, 10, 3, 0, tzinfo=UTC)
    hall = a_camera()
    async with a_house(tmp_path, segments=[a_segment(hall), a_segment(hall, start=january)]) as house:
        await house.case(records=0)
        then = a_record(interval=Interval(start=january, end=january, sigma_s=60.0))
        await house.store.run(lambda tx: house.context.cases.add_records(tx, "A", (then,)))
        authorisation_id = await house.authorisation(start=january - timedelta(days=40), end=NOW)
        (shown,) = await house.authorise.all(ME)
        assert (shown.start, shown.end) == (
            datetime(2026, 2, 28, 15, tzinfo=UTC),
            datetime(2026, 3, 4, 15, tzinfo=UTC),
        )
        (case,) = await house.intake.cases(ME)
        moved = case_import(onset=date(2026, 1, 10), isolation=date(2026, 1, 12))
        await house.intake.put_case(seen(ME, case.version), moved)
        await house.traced("A", authorisation_id)
        assert house.pool.grants == []
        await house.traced("A", await house.authorisation(start=january - timedelta(days=1), end=NOW))
        assert house.pool.grants, "what is asked for anew, for the new dates, is searched"


async def test_g04_a_camera_out_of_reach_of_every_record_is_not_opened(tmp_path: Path) -> None:
    """A hundred kilometres off, and authorised."""
    async with a_house(tmp_path, cameras=(a_camera(), FAR)) as house:
        await house.case()
        await house.traced("A", await house.authorisation(cameras=("hall", "far")))
        assert {grant.camera_id for grant in house.pool.grants} == {"hall"}


def scope_of(hours: float = 3.0) -> Scope:
    return Scope(
        cameras=frozenset({"hall"}),
        sources=frozenset(Source),
        interval=Interval(start=NOON - timedelta(hours=hours), end=NOON + timedelta(hours=hours)),
        face_search=True,
        max_camera_hours=100.0,
    )


def test_g04_no_minute_outside_the_infectious_window_is_planned() -> None:
    """The patient was in the hall for two hours, and could infect others in ten minutes of them."""
    camera, infectious = a_camera(), Interval(start=NOON, end=NOON + timedelta(minutes=10))
    stay = Interval(start=NOON - timedelta(hours=1), end=NOON + timedelta(hours=1), sigma_s=60.0)
    plan = narrow(
        gather([a_record(interval=stay)], infectious, scope_of()),
        infectious=infectious,
        scope=scope_of(),
        cameras=[camera],
        segments=lambda _: [a_segment(camera, 240, NOON - timedelta(hours=2))],
    )
    assert plan.windows
    assert all(infectious.contains(window.interval) for window in plan.windows)


def test_g04_a_record_from_outside_the_infectious_window_is_not_even_read() -> None:
    infectious = Interval(start=NOON, end=NOON + timedelta(days=1))
    before = Interval(start=NOON - timedelta(hours=9), end=NOON - timedelta(hours=8), sigma_s=60.0)
    assert gather([a_record(interval=before)], infectious, scope_of(12.0)) == ()
    assert len(gather([a_record()], infectious, scope_of(12.0))) == 1


async def test_g04_patients_under_a_chain_of_references_are_one(tmp_path: Path) -> None:
    """A and B share a notification; B gets another one, which C has: A, B and C are one patient."""
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        await everywhere_all_day(house, "A", "N-1")
        await everywhere_all_day(house, "B", "N-1")
        await traced(house, "T1", "A", person="one")
        await traced(house, "T2", "B", person="two", hours=0.5)
        await notified(house, "B", "N-2")
        await traced(house, "T3", "B", person="three", hours=0.25)
        await everywhere_all_day(house, "C", "N-2")
        await traced(house, "T4", "C", person="four")
        assert opened_s(house) <= 2 * HOUR_S


async def test_g04_no_more_is_opened_than_the_cap_whoever_counts(tmp_path: Path) -> None:
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        await everywhere_all_day(house, "A")
        await traced(house, "T", "A")
        assert 0 < opened_s(house) <= HOUR_S


async def test_g04_a_wide_record_is_said_and_selects_nothing(tmp_path: Path) -> None:
    camera, infectious = a_camera(), Interval(start=NOW - timedelta(days=9), end=NOW)
    wide = a_record(disc=Disc(lat=37.5, lon=126.8, radius_m=1_001.0))
    plan = narrow(
        [wide],
        infectious=infectious,
        scope=scope_of(),
        cameras=[camera],
        segments=lambda _: [a_segment(camera)],
    )
    assert plan.windows == ()
    assert plan.notes == ("1 records are wider than 1000 m and select no camera",)
