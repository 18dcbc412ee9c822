"""G4: scope comes from evidence, and is capped per trace, patient, requester-day and installation."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.authorisation import Authorisation, AuthorisationState, Purpose, Scope
from engine.domain.camera import CameraWindow
from engine.domain.errors import Refused
from engine.domain.interval import Interval
from engine.domain.limits import Limits
from engine.domain.place import Disc
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.trace.narrow import Plan
from engine.trace.pipeline import Outcome
from engine.trace.window import permitted
from tests.guarantees.house import (
    ME,
    NOON,
    NOW,
    House,
    TurnableClock,
    a_camera,
    a_house,
    a_record,
    a_segment,
    case_import,
    seen,
)

CITY = 200  # cameras, all within 400 m of each other, each with a whole day of footage
DAY = Interval(start=NOON - timedelta(hours=12), end=NOON + timedelta(hours=12))
SMALL = Limits(trace_h=1.0, patient_h=2.0, requester_day_h=4.0, installation_day_h=7.0)
HOUR_S = 3600.0


@contextlib.asynccontextmanager
async def a_city(
    state: Path, limits: Limits, cameras: int = CITY, clock: TurnableClock | None = None
) -> AsyncIterator[House]:
    known = [a_camera(f"cam{n}", lat=37.5 + n * 1e-5) for n in range(cameras)]
    footage = [a_segment(c, 24 * 60, DAY.start) for c in known]
    async with a_house(state, cameras=known, segments=footage, clock=clock) as house:
        object.__setattr__(house.context.site, "limits", limits)
        yield house


async def everywhere_all_day(house: House, case_id: str, notification_ref: str = "") -> None:
    """A case whose patient says to have been around here, the whole day."""
    await house.case(case_id, records=0)
    if notification_ref:
        await notified(house, case_id, notification_ref)
    said = a_record(
        1, case_id, source=Source.INTERVIEW, interval=DAY, disc=Disc(lat=37.5, lon=126.8, radius_m=1_000.0)
    )
    await house.store.run(lambda tx: house.context.cases.add_records(tx, case_id, (said,)))


async def notified(house: House, case_id: str, notification_ref: str) -> None:
    """From now on the case goes under this notification."""
    (version,) = [c.version for c in await house.intake.cases(ME) if c.case_id == case_id]
    case = case_import(case_id, notification_ref=notification_ref)
    await house.intake.put_case(seen(ME, version), case)


async def asked_for(
    house: House, trace_id: str, case_id: str, *, person: str = ME.name, hours: float = 100.0
) -> None:
    """An approved authorisation over the whole city and a trace under it, past every check at the door."""
    authorisation = Authorisation(
        authorisation_id=f"auth-{trace_id}",
        case_id=case_id,
        purpose=Purpose.INFECTION_CONTROL,
        scope=Scope(
            cameras=frozenset(house.context.site.cameras),
            sources=frozenset(Source),
            interval=DAY,
            face_search=True,
            max_camera_hours=hours,
        ),
        requested_by=person,
        requested_at=NOW,
        expires_at=NOW + timedelta(days=30),
        state=AuthorisationState.APPROVED,
        four_eyes=False,
    )

    async def add(tx: Transaction) -> None:
        await house.context.authorisations.put(tx, authorisation)
        await house.context.traces.add(
            tx,
            trace_id=trace_id,
            case_id=case_id,
            authorisation_id=authorisation.authorisation_id,
            queued=NOW,
            requested_by=person,
        )

    await house.store.run(add)
    await house.runner.submit(trace_id)


async def traced(
    house: House, trace_id: str, case_id: str, *, person: str = ME.name, hours: float = 100.0
) -> TraceState:
    await asked_for(house, trace_id, case_id, person=person, hours=hours)
    return await house.over(trace_id)


async def left_out(house: House, trace_id: str) -> tuple[str, ...]:
    async def read(tx: Transaction) -> tuple[str, ...]:
        trace = await house.context.traces.get(tx, trace_id)
        outcome = await house.context.traces.step(tx, trace, "outcome", Outcome)
        assert outcome is not None
        return outcome.left_out

    return await house.store.run(read)


def opened_s(house: House, *trace_ids: str) -> float:
    """Camera-seconds for which a grant was given, whatever the accounts say; a minute that was granted
    twice counts twice."""
    return sum(g.interval.duration_s for g in house.pool.grants if not trace_ids or g.trace_id in trace_ids)


async def test_g04_everywhere_all_day_opens_a_hundred_camera_hours_and_says_what_was_left_out(
    tmp_path: Path,
) -> None:
    """Of the 4,800 camera-hours of the city, with the numbers as shipped."""
    async with a_city(tmp_path, Limits()) as house:
        await everywhere_all_day(house, "A")
        assert await traced(house, "T", "A") is TraceState.COMPLETE
        assert 99 * HOUR_S < opened_s(house) <= 100 * HOUR_S
        (said,) = await left_out(house, "T")
        assert said == "4700.0 camera-hours beyond the cap of 100 were left out"


async def test_g04_a_phone_cell_of_fifty_kilometres_opens_nothing(tmp_path: Path) -> None:
    async with a_city(tmp_path, Limits(), cameras=20) as house:
        await house.case(records=0)
        cell = a_record(
            1, source=Source.PHONE, interval=DAY, disc=Disc(lat=37.5, lon=126.8, radius_m=50_000.0)
        )
        await house.store.run(lambda tx: house.context.cases.add_records(tx, "A", (cell,)))
        assert await traced(house, "T", "A") is TraceState.COMPLETE
        assert not house.pool.grants
        assert await left_out(house, "T") == ("1 records are wider than 1000 m and select no camera",)


async def test_g04_two_hundred_small_authorisations_do_not_add_up_to_the_city(tmp_path: Path) -> None:
    """Twenty people, twenty cases, ten authorisations of half an hour for each; every cap counts."""
    async with a_city(tmp_path, SMALL, cameras=20) as house:
        for case in range(20):
            await everywhere_all_day(house, f"C{case}")
        for n in range(200):
            case = n % 20
            await asked_for(house, f"T{n}", f"C{case}", person=f"person-{case % 10}", hours=0.5)
        for n in range(200):
            assert await house.over(f"T{n}") is TraceState.COMPLETE
        assert 6.8 * HOUR_S < opened_s(house) <= 7 * HOUR_S
        for case in range(20):
            of_patient = [f"T{n}" for n in range(case, 200, 20)]
            assert opened_s(house, *of_patient) <= 2 * HOUR_S
        said = await left_out(house, "T199")
        assert "beyond the 7 that this installation may open in a day" in said[-1]


async def test_g04_one_patient_under_many_authorisations_is_one_patient(tmp_path: Path) -> None:
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        await everywhere_all_day(house, "A")
        for n in range(5):
            await traced(house, f"T{n}", "A", person=f"person-{n}")
        assert opened_s(house) <= 2 * HOUR_S
        assert opened_s(house, "T0") == opened_s(house, "T1") == HOUR_S
        assert opened_s(house, "T2", "T3", "T4") == 0
        assert "beyond the 2 that may be opened for one patient" in (await left_out(house, "T2"))[-1]


async def test_g04_a_patient_entered_twice_is_still_one_patient(tmp_path: Path) -> None:
    """Under another case id, with the same notification; and under the same id with another one."""
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        await everywhere_all_day(house, "A", "N-1")
        await everywhere_all_day(house, "B", "N-1")
        for n, case_id in enumerate("AABB"):
            await traced(house, f"T{n}", case_id, person=f"person-{n}")
        assert opened_s(house) <= 2 * HOUR_S
        await notified(house, "A", "N-another")
        await traced(house, "T5", "A", person="person-5")
        assert opened_s(house) <= 2 * HOUR_S


async def test_g04_one_person_with_many_cases_has_one_day(tmp_path: Path) -> None:
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        for n in range(6):
            await everywhere_all_day(house, f"C{n}")
            await traced(house, f"T{n}", f"C{n}")
        assert opened_s(house) == 4 * HOUR_S
        assert "beyond the 4 that one person may ask for in a day" in (await left_out(house, "T5"))[-1]
        await everywhere_all_day(house, "D")
        await traced(house, "T6", "D", person="somebody else")
        assert opened_s(house, "T6") == HOUR_S


@pytest.mark.parametrize("restart", [False, True], ids=["while it runs", "and the engine started anew"])
async def test_g04_a_clock_turned_back_gives_no_fresh_day(tmp_path: Path, restart: bool) -> None:
    clock = TurnableClock()
    async with a_city(tmp_path, SMALL, cameras=30, clock=clock) as house:
        for n in range(4):
            await everywhere_all_day(house, f"C{n}")
            await traced(house, f"T{n}", f"C{n}")
        assert opened_s(house) == 4 * HOUR_S
        await everywhere_all_day(house, "D")
        clock.wall -= timedelta(days=1)
        if not restart:
            await traced(house, "T-back", "D")
            assert opened_s(house) == 4 * HOUR_S
            return
    async with a_city(tmp_path, SMALL, cameras=30, clock=clock) as house:
        await traced(house, "T-back", "D")
        assert not house.pool.grants
        clock.pass_s(2 * 86_400)
        await traced(house, "T-tomorrow", "D")
        assert opened_s(house) == HOUR_S


async def test_g04_traces_planned_side_by_side_share_what_is_left(tmp_path: Path) -> None:
    """Ten plans are made while nothing was used yet; what counts is the moment of the grant."""
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        house.pool.may_ask.clear()
        for n in range(10):
            await everywhere_all_day(house, f"C{n}")
            await asked_for(house, f"T{n}", f"C{n}", person=f"person-{n}")
        await planned(house, 10)
        house.pool.may_ask.set()
        for n in range(10):
            assert await house.over(f"T{n}") is TraceState.COMPLETE
        assert 6.8 * HOUR_S < opened_s(house) <= 7 * HOUR_S
        said = [line for n in range(10) for line in await left_out(house, f"T{n}")]
        assert any("it would go beyond the 7 that this installation may open in a day" in s for s in said)


async def planned(house: House, count: int) -> None:
    async with asyncio.timeout(60):
        while True:
            rows = await house.store.run(lambda tx: tx.rows("SELECT 1 FROM step WHERE name = 'narrow'"))
            if len(rows) == count:
                return


def ten_minutes(camera_id: str, hour: int, part: int = 0) -> CameraWindow:
    start = DAY.start + timedelta(hours=hour, minutes=10 * part)
    return CameraWindow(
        window_id=f"{camera_id}/{hour}/{part}",
        camera_id=camera_id,
        interval=Interval(start=start, end=start + timedelta(minutes=10)),
        weight=1.0,
        record_ids=(),
    )


async def test_g04_a_plan_forged_in_the_tables_opens_no_more_than_the_caps(tmp_path: Path) -> None:
    """The insider writes a plan for whole hours of thirty cameras under the very key of the case."""
    windows = [
        ten_minutes(f"cam{n}", hour, part) for n in range(30) for hour in range(4) for part in range(6)
    ]
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        await everywhere_all_day(house, "A")
        await traced(house, "T0", "A", hours=0.5)

        async def forge(tx: Transaction) -> None:
            await house.context.traces.add(
                tx, trace_id="T", case_id="A", authorisation_id="auth-T0", queued=NOW
            )
            trace = await house.context.traces.get(tx, "T")
            await house.context.traces.put_step(tx, trace, "narrow", Plan(windows=tuple(windows)))

        await house.store.run(forge)
        await house.runner.submit("T")
        assert await house.over("T") is TraceState.COMPLETE
        assert opened_s(house, "T") == 0.5 * HOUR_S
        (said,) = await left_out(house, "T")
        assert said == "717 camera windows were left out: it would go beyond the cap of 0.5 camera-hours"


async def test_g04_the_grant_itself_is_refused_with_the_rule(tmp_path: Path) -> None:
    """Below the plan and below the pool: whoever asks for one window more is told why not."""
    async with a_city(tmp_path, SMALL, cameras=30) as house:
        await everywhere_all_day(house, "A")
        await traced(house, "T", "A")
        subject = await house.pool.enrol([])
        before = len(await house.audit())

        async def ask(tx: Transaction) -> object:
            trace = await house.context.traces.get(tx, "T")
            return await permitted(house.context, tx, trace, ten_minutes("cam29", 23), subject, ())

        with pytest.raises(Refused, match="beyond the cap of 1 camera-hours") as no:
            await house.store.run(ask)
        assert no.value.rule == "G4"
        assert len(await house.audit()) == before


async def test_g04_a_window_that_is_read_again_after_a_restart_is_charged_once(tmp_path: Path) -> None:
    clock = TurnableClock()
    async with a_city(tmp_path, SMALL, cameras=30, clock=clock) as house:
        await everywhere_all_day(house, "A")
        house.pool.may_answer.clear()
        await asked_for(house, "T", "A")
        await house.pool.granted.wait()
    async with a_city(tmp_path, SMALL, cameras=30, clock=clock) as house:
        assert await house.over("T") is TraceState.COMPLETE
        row = await house.store.run(lambda tx: tx.row("SELECT sum(camera_s) AS s FROM usage"))
        assert row is not None
        assert row["s"] == HOUR_S
        assert await left_out(house, "T") == ("719.0 camera-hours beyond the cap of 1 were left out",)
