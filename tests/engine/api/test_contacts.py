"""The line list over the wire: all of it in one answer, and receipts that say nothing of anybody."""

from datetime import date

import httpx
import pytest

from engine.api.client import EngineSaysNo
from engine.api.contact_schema import Backing, ContactEntry, ContactStatus, Risk
from engine.domain.contact import Contact
from engine.ports import Transaction
from engine.store.contacts import Contacts
from tests.engine.api.conftest import House
from tests.engine.api.requests import CASE
from tests.engine.fakes import NOW

ENTRY = ContactEntry(
    name="김서윤",
    backing=Backing.INTERVIEW,
    reference="call of 3 March",
    phone="010-5550-1234",
    risk=Risk.HIGH,
    status=ContactStatus.REACHED,
    follow_up_until=date(2026, 3, 16),
    owner="kim",
    note="at home",
)
ROWS = 10_000
AGAIN = {"Idempotency-Key": "twice-the-same"}


async def test_ten_thousand_rows_come_in_one_answer(house: House) -> None:
    await house.client.import_case(CASE)
    contacts = Contacts(house.context.sealer)

    async def fill(tx: Transaction) -> None:
        for number in range(ROWS):
            contact = Contact(
                contact_id=f"{number:016x}",
                case_id="case-1",
                name=f"Person {number}",
                backing=Backing.ROSTER,
                reference=f"line {number}",
                changed_by="kim",
                at=NOW,
            )
            await contacts.add(tx, contact)

    await house.context.store.run(fill)
    listed = await house.client.contacts("case-1")
    assert [line.name for line in listed] == [f"Person {number}" for number in range(ROWS)]


async def test_every_field_comes_back_as_it_was_written(house: House) -> None:
    await house.client.import_case(CASE)
    made = await house.client.add_contact("case-1", ENTRY)
    assert (await house.client.contacts("case-1")) == (made,)
    for field in ENTRY.__struct_fields__:
        assert getattr(made, field) == getattr(ENTRY, field)


async def test_a_change_needs_the_version_that_was_seen(house: House) -> None:
    await house.client.import_case(CASE)
    made = await house.client.add_contact("case-1", ENTRY)
    changed = await house.client.change_contact("case-1", made.contact_id, ENTRY, version=made.version)
    assert changed.version == made.version + 1
    with pytest.raises(EngineSaysNo, match=r"the contact was changed by .* at 2026-") as no:
        await house.client.change_contact("case-1", made.contact_id, ENTRY, version=made.version)
    assert no.value.status == 409


async def test_a_contact_that_is_asked_for_again_is_added_once(house: House) -> None:
    await house.client.import_case(CASE)
    body = {"name": "Kim", "backing": "roster", "reference": "line 4"}
    answers: list[httpx.Response] = [
        await house.bare.post(
            "/cases/case-1/contacts", json=body, headers={"Idempotency-Key": "twice-the-same"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(await house.client.contacts("case-1")) == 1


async def test_rows_of_a_family_come_apart_one_by_one(house: House) -> None:
    await house.client.import_case(CASE)
    one, two, three = [await house.client.add_contact("case-1", ENTRY) for _ in range(3)]
    await house.client.merge_contacts("case-1", two.contact_id, (three.contact_id,))
    await house.client.merge_contacts("case-1", one.contact_id, (two.contact_id,))
    (line,) = await house.client.contacts("case-1")
    assert line.merged == (two.contact_id,)
    with pytest.raises(EngineSaysNo, match="went into another row"):
        await house.client.merge_contacts("case-1", three.contact_id, (one.contact_id,))
    await house.client.unmerge_contact("case-1", one.contact_id, two.contact_id)
    assert [line.merged for line in await house.client.contacts("case-1")] == [(), (three.contact_id,)]
    with pytest.raises(EngineSaysNo, match="did not go into"):
        await house.client.unmerge_contact("case-1", one.contact_id, two.contact_id)
