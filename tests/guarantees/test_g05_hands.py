"""G5: a photograph takes two people, and is nothing outside of its case."""

import sqlite3
from pathlib import Path

import pytest

from engine.domain.authorisation import Role
from engine.domain.errors import Refused, Unknown
from engine.ports import Transaction
from tests.guarantees.house import a_house, by
from tests.guarantees.server_house import KIM, LEE, a_case, an_order, member, photograph


async def test_g05_no_way_leads_to_a_photograph_seconded_by_who_brought_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        still = await house.photos.add(KIM, "A", photograph())
        await house.photos.view(KIM, "A", still.still_id)
        with pytest.raises((Refused, sqlite3.IntegrityError)):
            await house.photos.second(KIM, "A", still.still_id)
        assert [s.seconded_by for s in await house.photos.all(KIM, "A")] == [""]


async def test_g05_a_change_of_user_makes_nobody_a_second_person(tmp_path: Path) -> None:
    """Brought as kim, looked at and seconded as lee, by su from the same login."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        at_desk = by("kim", 2001, Role.INVESTIGATOR, login_uid=2001)
        by_su = by("lee", 2002, Role.INVESTIGATOR, login_uid=2001)
        await a_case(house, photo=False)
        await house.intake.add_member(KIM, "A", member("lee"))
        still = await house.photos.add(at_desk, "A", photograph())
        await house.photos.view(by_su, "A", still.still_id)
        with pytest.raises(Refused, match="that they brought") as no:
            await house.photos.second(by_su, "A", still.still_id)
        assert no.value.rule == "G24"


async def test_g05_a_photograph_is_looked_at_and_seconded_within_its_case(tmp_path: Path) -> None:
    """Lee works on B alone, and asks for the photograph of A as if it were one of B's."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)
        await a_case(house, "B", photo=False)
        await house.intake.add_member(KIM, "B", member("lee"))
        still = await house.photos.add(KIM, "A", photograph())
        with pytest.raises(Unknown, match="there is no photograph"):
            await house.photos.view(LEE, "B", still.still_id)
        assert not await house.store.run(
            lambda tx: house.context.cases.has_seen_still(tx, still.still_id, "lee")
        )
        await house.store.run(
            lambda tx: house.context.cases.note_still_view(tx, still.still_id, "lee", house.clock.wall)
        )
        with pytest.raises(Unknown, match="there is no photograph"):
            await house.photos.second(LEE, "B", still.still_id)


async def test_g05_the_database_itself_takes_no_photograph_that_begins_seconded(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house, photo=False)

        async def forge(tx: Transaction) -> None:
            await tx.execute(
                "INSERT INTO still (still_id, case_id, photo_mac, sealed, four_eyes, added_uid, seconded_by,"
                " seconded_uid) VALUES ('s', 'A', 'm', x'', 1, 2001, 'lee', 2002)"
            )

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)
