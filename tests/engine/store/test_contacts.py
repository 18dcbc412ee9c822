"""Rows of the line list as they lie, and what is left of them when keys go."""

from datetime import UTC, datetime

import msgspec
import pytest

from engine.domain.contact import Backing, Contact, SceneLink
from engine.domain.errors import Unknown
from engine.ports import Transaction
from engine.store.contacts import AT_ONCE, Contacts, Export
from engine.store.sealing import case_key, face_key
from engine.trace.context import Context
from engine.vault.keys import Erased
from tests.engine.fakes import NOW, with_case

LINK = SceneLink(candidate_id="cand-1", number=2)


def a_contact(number: int = 1, **given: object) -> Contact:
    contact = Contact(
        contact_id=f"contact-{number}",
        case_id="case-1",
        name="Canary Kim",
        backing=Backing.CARD,
        reference="receipt 17",
        changed_by="kim",
        at=NOW,
    )
    return msgspec.structs.replace(contact, **given)


@pytest.fixture
async def contacts(context: Context) -> Contacts:
    await with_case(context)
    context.sealer.vault.ensure(face_key("case-1"))
    return Contacts(context.sealer)


async def put(context: Context, contacts: Contacts, *several: Contact) -> None:
    async def add(tx: Transaction) -> None:
        for contact in several:
            await contacts.add(tx, contact)

    await context.store.run(add)


async def all_of(context: Context, contacts: Contacts) -> tuple[Contact, ...]:
    return contacts.opened(await context.store.run(lambda tx: contacts.rows(tx, "case-1")))


async def test_what_was_written_is_read_in_the_order_in_which_it_came(
    context: Context, contacts: Contacts
) -> None:
    several = [a_contact(n, links=(LINK,) if n % 2 else ()) for n in range(AT_ONCE + 2)]
    await put(context, contacts, *several)
    assert await all_of(context, contacts) == tuple(several)
    assert await context.store.run(lambda tx: contacts.count(tx, "case-1")) == len(several)


async def test_a_row_of_another_case_is_unknown(context: Context, contacts: Contacts) -> None:
    await put(context, contacts, a_contact())
    with pytest.raises(Unknown, match="there is no contact contact-1"):
        await context.store.run(lambda tx: contacts.get(tx, "case-2", "contact-1"))


async def test_a_change_brings_a_version_and_another_stamp(context: Context, contacts: Contacts) -> None:
    await put(context, contacts, a_contact())
    before = await context.store.run(lambda tx: contacts.stamp(tx, "case-1"))
    changed = a_contact(note="called", changed_by="lee", at=datetime(2026, 3, 9, tzinfo=UTC))
    await context.store.run(lambda tx: contacts.put(tx, changed))
    (found,) = await all_of(context, contacts)
    assert found == msgspec.structs.replace(changed, version=2)
    assert await context.store.run(lambda tx: contacts.stamp(tx, "case-1")) != before


async def test_a_family_is_a_row_and_everything_that_went_into_it(
    context: Context, contacts: Contacts
) -> None:
    rows = (
        a_contact(1),
        a_contact(2, merged_into="contact-1"),
        a_contact(3, merged_into="contact-2"),
        a_contact(4),
    )
    await put(context, contacts, *rows)
    family = await context.store.run(lambda tx: contacts.family(tx, "case-1", "contact-1"))
    assert contacts.opened(family) == rows[:3]


async def test_with_the_key_of_the_faces_the_scenes_go_and_the_name_stays(
    context: Context, contacts: Contacts
) -> None:
    await put(context, contacts, a_contact(links=(LINK,)))
    await context.sealer.destroy(frozenset({face_key("case-1")}))
    assert (await all_of(context, contacts))[0] == a_contact()
    context.sealer.vault.ensure(face_key("case-1"))  # another ground brings another key
    assert (await all_of(context, contacts))[0] == a_contact()


async def test_with_the_key_of_the_case_everything_goes(context: Context, contacts: Contacts) -> None:
    await put(context, contacts, a_contact(links=(LINK,)))
    await context.sealer.destroy(frozenset({case_key("case-1")}))
    with pytest.raises(Erased):
        await all_of(context, contacts)


async def test_an_export_is_kept_with_its_case(context: Context, contacts: Contacts) -> None:
    export = Export(
        export_id="export-1", case_id="case-1", kind="line_list", person="kim", at=NOW, sha256="a", rows=3
    )
    await context.store.run(lambda tx: contacts.add_export(tx, export))
    (row,) = await context.store.run(lambda tx: tx.rows("SELECT * FROM export"))
    assert tuple(row)[:5] == ("export-1", "case-1", "line_list", "kim", NOW.isoformat())
    assert row["row_count"] == 3 and row["sha256"] != "a", "a plain digest of a short list can be tried out"
