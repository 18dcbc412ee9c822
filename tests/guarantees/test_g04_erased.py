"""G4: erasing a case gives nothing back of what was opened for it."""

from pathlib import Path

from engine.api.schema import StillFile
from engine.domain.grant import WindowGrant
from engine.domain.limits import Limits
from engine.schedule.erase import erase_case
from tests.guarantees.house import ME, House, a_house, a_record, case_import, consent

TEN_MINUTES_H = 1 / 6


async def opened_and_erased(house: House, case_id: str, notification_ref: str) -> float:
    """Camera-hours that a trace of a new case opens; afterwards the case is closed and gone."""
    before = len(house.pool.grants)
    await house.intake.put_case(ME, case_import(case_id, notification_ref=notification_ref))
    record = a_record(1, case_id)
    await house.store.run(lambda tx: house.context.cases.add_records(tx, case_id, (record,)))
    await house.intake.put_ground(ME, case_id, consent())
    photo = StillFile(file="a.png", content=f"photo of {case_id}".encode(), provenance="ward")
    await house.photos.add(ME, case_id, photo)
    await house.traced(case_id)
    await erase_case(house.context, case_id, ME.name, stop=house.runner.stop)
    grants: list[WindowGrant] = house.pool.grants[before:]
    return sum(grant.interval.duration_s for grant in grants) / 3600.0


async def test_g04_a_patient_entered_anew_after_erasure_is_still_one_patient(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        object.__setattr__(house.context.site, "limits", Limits(patient_h=TEN_MINUTES_H))
        assert await opened_and_erased(house, "A", "N-1") > 0
        used = [await opened_and_erased(house, case_id, "N-1") for case_id in "BCD"]
        assert sum(used) + await opened_and_erased(house, "E", "N-1") <= TEN_MINUTES_H


async def test_g04_closing_cases_gives_nobody_a_fresh_day(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        object.__setattr__(house.context.site, "limits", Limits(requester_day_h=TEN_MINUTES_H))
        used = [await opened_and_erased(house, case_id, f"N-{case_id}") for case_id in "ABCDE"]
        assert 0 < sum(used) <= TEN_MINUTES_H


async def test_g04_another_spelling_of_a_reference_is_no_other_patient(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        object.__setattr__(house.context.site, "limits", Limits(patient_h=TEN_MINUTES_H))
        spellings = ("N-1 a", "n-1 A", "N-1  a ", "\uff2e-1a")
        used = [await opened_and_erased(house, f"C{n}", said) for n, said in enumerate(spellings)]
        assert 0 < sum(used) <= TEN_MINUTES_H
