"""G5: the subject is that confirmed case, attacked with photographs of somebody else."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from engine.api.schema import TraceStart
from engine.domain.authorisation import Role
from engine.domain.errors import InputError, Refused
from engine.domain.source_request import FOOTAGE
from engine.domain.trace import TraceState
from engine.ports import Transaction
from tests.guarantees.house import a_house, by, case_import, seen
from tests.guarantees.server_house import (
    CHOI,
    KIM,
    LEE,
    a_case,
    an_order,
    answered,
    member,
    permitted,
    photograph,
    wanted,
)


async def test_g05_a_photograph_that_two_stand_behind_is_searched_for(tmp_path: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        trace = await house.tracing.start(
            KIM, TraceStart(case_id="A", authorisation_id=(await permitted(house)).authorisation_id)
        )
        assert await house.over(trace.trace_id) is TraceState.COMPLETE
        assert house.pool.grants


@pytest.mark.parametrize("stands", ["a photograph", "a request"])
async def test_g05_a_case_becomes_no_other_notification_under_what_was_seen(
    tmp_path: Path, stands: str
) -> None:
    """Nor does it begin its count of searches anew."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=stands == "a photograph")
        if stands == "a request":
            await answered(house, "A", FOOTAGE, "province")
            await house.authorise.request(KIM, wanted())
        (case,) = await house.intake.cases(KIM)
        other = msgspec.structs.replace(case_import(), notification_ref="N-B")
        with pytest.raises(Refused, match="stand under the notification") as no:
            await house.intake.put_case(seen(KIM, case.version), other)
        assert no.value.rule == "G5"


async def test_g05_a_mistyped_notification_is_mended_while_nothing_stands_under_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await house.intake.put_case(KIM, case_import())
        (case,) = await house.intake.cases(KIM)
        other = msgspec.structs.replace(case_import(), notification_ref="N-B")
        await house.intake.put_case(seen(KIM, case.version), other)


async def test_g05_a_photograph_nobody_seconded_is_not_searched_for(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        await house.photos.add(KIM, "A", photograph())
        authorisation = await permitted(house)
        start = TraceStart(case_id="A", authorisation_id=authorisation.authorisation_id)
        trace = await house.tracing.start(KIM, start)
        assert await house.over(trace.trace_id) is TraceState.RECORDS_ONLY
        assert house.pool.grants == []


async def test_g05_nobody_seconds_a_photograph_that_they_brought(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        still = await house.photos.add(KIM, "A", photograph())
        with pytest.raises(Refused, match="that they brought") as no:
            await house.photos.second(KIM, "A", still.still_id)
        assert no.value.rule == "G24"


async def test_g05_a_second_account_of_the_same_login_is_no_second_person(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        at_desk = by("kim", 2001, Role.INVESTIGATOR, login_uid=2001)
        by_su = by("lee", 2002, Role.INVESTIGATOR, login_uid=2001)
        await a_case(house, photo=False)
        await house.intake.add_member(KIM, "A", member("lee"))
        still = await house.photos.add(at_desk, "A", photograph())
        with pytest.raises(Refused, match="that they brought"):
            await house.photos.second(by_su, "A", still.still_id)


@pytest.mark.parametrize("uid", [2001, None])
async def test_g05_the_database_itself_takes_no_second_hand_that_is_the_first(
    tmp_path: Path, uid: int | None
) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        await house.photos.add(KIM, "A", photograph())

        async def forge(tx: Transaction) -> None:
            await tx.execute("UPDATE still SET seconded_by = 'lee', seconded_uid = ?", (uid,))

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)


async def test_g05_a_photograph_names_the_notification_of_its_case(tmp_path: Path) -> None:
    """Somebody else's photograph under a real case number does not carry that case's notification."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        for reference in ("", "N-B", "N-A "):
            with pytest.raises(Refused, match="does not name the notification") as no:
                await house.photos.add(KIM, "A", photograph(notification_ref=reference))
            assert no.value.rule == "G5"
        assert await house.photos.all(KIM, "A") == ()


async def test_g05_a_photograph_without_provenance_is_refused(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        with pytest.raises(InputError, match="provenance"):
            await house.photos.add(KIM, "A", photograph(provenance=" "))


async def test_g05_the_photograph_of_one_open_case_is_refused_under_another(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await a_case(house, "B", photo=False)
        same = photograph("A", notification_ref="N-B")
        with pytest.raises(Refused, match="another open case") as no:
            await house.photos.add(KIM, "B", same)
        assert no.value.rule == "G5"


async def test_g05_a_photograph_is_seconded_once_and_within_its_case(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await a_case(house, "B", photo=False)
        (still,) = await house.photos.all(KIM, "A")
        with pytest.raises(Refused, match="seconded already by lee"):
            await house.photos.second(seen(CHOI), "A", still.still_id)
        with pytest.raises(Refused, match="there is no photograph"):
            await house.photos.second(CHOI, "B", still.still_id)


async def test_g05_whoever_does_not_work_on_the_case_seconds_nothing(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        still = await house.photos.add(KIM, "A", photograph())
        with pytest.raises(Refused, match="no open case A"):
            await house.photos.second(LEE, "A", still.still_id)


async def test_g05_nobody_seconds_a_photograph_unseen(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        still = await house.photos.add(KIM, "A", photograph())
        await house.intake.add_member(KIM, "A", member("lee"))
        with pytest.raises(Refused, match="unseen") as no:
            await house.photos.second(LEE, "A", still.still_id)
        assert no.value.rule == "G5"
        await house.photos.view(CHOI, "A", still.still_id)  # somebody else's look is not one's own
        with pytest.raises(Refused, match="unseen"):
            await house.photos.second(LEE, "A", still.still_id)
        await house.photos.view(LEE, "A", still.still_id)
        assert (await house.photos.second(LEE, "A", still.still_id)).seconded_by == "lee"
