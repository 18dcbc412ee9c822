from pathlib import Path

import msgspec
import pytest

from engine.domain.errors import InputError, Refused
from engine.domain.ground import GroundKind
from engine.domain.record import Source
from engine.store.cases import CaseCounts
from engine.store.sealing import case_key, face_key
from engine.trace.context import Context
from engine.vault.keys import Erased
from tests.engine.fakes import (
    NOW,
    a_case,
    a_context,
    a_ground,
    a_record,
    a_reference,
    with_case,
)


async def test_a_case_comes_back_as_it_went_in(context: Context) -> None:
    case = a_case(note="two addresses")
    await with_case(context, case=case)
    assert await context.store.run(lambda tx: context.cases.get(tx, "case-1")) == case
    assert await context.store.run(context.cases.ids) == ["case-1"]


async def test_an_unknown_case_is_refused_in_the_words_of_a_closed_one(context: Context) -> None:
    await with_case(context)
    await context.store.run(lambda tx: tx.execute("UPDATE case_file SET state = 'closed'"))
    said = []
    for case_id in ("case-1", "case-9"):
        with pytest.raises(Refused) as refused:
            await context.store.run(lambda tx, i=case_id: context.cases.get(tx, i))
        said.append(str(refused.value).replace(case_id, "X"))
    assert said[0] == said[1]
    assert await context.store.run(context.cases.ids) == []


async def test_putting_a_case_again_replaces_its_facts_and_keeps_its_records(context: Context) -> None:
    await with_case(context, records=[a_record(0)])
    await with_case(context, case=a_case(note="corrected"))
    assert (await context.store.run(lambda tx: context.cases.get(tx, "case-1"))).note == "corrected"
    assert len(await context.store.run(lambda tx: context.cases.records(tx, "case-1"))) == 1


@pytest.mark.parametrize("state", ["closed", "erased"])
async def test_a_closed_case_is_not_changed_by_putting_it_again(context: Context, state: str) -> None:
    await with_case(context)
    before = await context.store.run(lambda tx: tx.row("SELECT sealed FROM case_file"))
    await context.store.run(lambda tx: tx.execute("UPDATE case_file SET state = ?", (state,)))
    with pytest.raises(Refused, match="that is closed"):
        await with_case(context, case=a_case(note="changed"))
    after = await context.store.run(lambda tx: tx.row("SELECT sealed FROM case_file"))
    assert after["sealed"] == before["sealed"]  # type: ignore[index]


async def test_the_same_records_twice_are_counted_once(context: Context) -> None:
    await with_case(context)
    both = (a_record(0), a_record(5))
    new = [await context.store.run(lambda tx: context.cases.add_records(tx, "case-1", both)) for _ in "12"]
    assert new == [2, 0]
    found = await context.store.run(lambda tx: context.cases.records(tx, "case-1"))
    assert sorted(r.record_id for r in found) == ["card-0", "card-5"]


async def test_records_belong_to_their_own_case(context: Context) -> None:
    await with_case(context, records=[a_record(0)])
    await with_case(context, case=a_case("case-2"), records=[a_record(9, source=Source.GPS)])
    (record,) = await context.store.run(lambda tx: context.cases.records(tx, "case-2"))
    assert record.record_id == "gps-9"


async def test_a_record_for_a_case_that_is_not_there_is_no_record(context: Context) -> None:
    with pytest.raises(Erased):
        await context.store.run(lambda tx: context.cases.add_records(tx, "case-9", (a_record(0),)))


async def test_a_photograph_comes_back_with_its_portrait(context: Context) -> None:
    still = a_reference()
    await with_case(context, still=still)
    assert await context.store.run(lambda tx: context.cases.stills(tx, "case-1")) == (still,)


async def test_the_same_photograph_under_another_open_case_is_refused(context: Context) -> None:
    await with_case(context, still=a_reference("still-1"))
    await with_case(context, case=a_case("case-2"))
    other = a_reference("still-2")
    with pytest.raises(Refused, match=r"front\.jpg is already the photograph of another open case.*\[G5\]"):
        await context.store.run(lambda tx: context.cases.add_still(tx, "case-2", other, "still-1"))
    await context.store.run(
        lambda tx: tx.execute("UPDATE case_file SET state = 'closed' WHERE case_id = 'case-1'")
    )
    await context.store.run(lambda tx: context.cases.add_still(tx, "case-2", other, "still-1"))


async def test_the_same_photograph_again_in_its_own_case_is_fine(context: Context) -> None:
    await with_case(context, still=a_reference())
    await with_case(context, still=a_reference())
    assert len(await context.store.run(lambda tx: context.cases.stills(tx, "case-1"))) == 1


async def test_counts_tell_of_records_photographs_and_the_ground(context: Context) -> None:
    async def counts() -> CaseCounts:
        return await context.store.run(lambda tx: context.cases.counts(tx, "case-1"))

    await with_case(context)
    assert await counts() == CaseCounts(records=0, stills=0, unseconded=0, ground="")
    await with_case(context, records=[a_record(0), a_record(1)], still=a_reference(), ground=a_ground())
    assert await counts() == CaseCounts(records=2, stills=1, unseconded=0, ground="separate_consent")
    await with_case(context, ground=a_ground(withdrawn_at=NOW))
    assert (await counts()).ground == "withdrawn"


async def test_a_ground_is_replaced_by_a_newer_one(context: Context) -> None:
    law = a_ground(kind=GroundKind.LAW, law_id="KR-1", document_sha256="")
    await with_case(context, ground=a_ground())
    await with_case(context, ground=law)
    assert await context.store.run(lambda tx: context.cases.ground(tx, "case-1")) == law
    assert await context.store.run(lambda tx: context.cases.ground(tx, "case-2")) is None


async def test_a_sealed_row_moved_to_another_row_does_not_open(context: Context) -> None:
    await with_case(context, records=[a_record(0), a_record(5)])
    await context.store.run(
        lambda tx: tx.execute(
            "UPDATE record SET sealed = (SELECT sealed FROM record WHERE record_id = 'card-5')"
            " WHERE record_id = 'card-0'"
        )
    )
    with pytest.raises(InputError, match="record/card-0: does not open"):
        await context.store.run(lambda tx: context.cases.records(tx, "case-1"))


async def test_without_its_key_nothing_of_a_case_can_be_read(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await with_case(context, records=[a_record(0)], still=a_reference(), ground=a_ground())
        context.sealer.vault.destroy(frozenset({case_key("case-1"), face_key("case-1")}))
    async with a_context(tmp_path) as context:
        for read in (context.cases.get, context.cases.records, context.cases.stills, context.cases.ground):
            with pytest.raises(Erased):
                await context.store.run(lambda tx, r=read: r(tx, "case-1"))


async def test_a_record_keeps_every_field_through_the_store(context: Context) -> None:
    record = a_record(0, 60, note="settled only", moment=True, certainty=0.5, place_id="market", disc=None)
    await with_case(context, records=[record])
    (found,) = await context.store.run(lambda tx: context.cases.records(tx, "case-1"))
    assert msgspec.structs.asdict(found) == msgspec.structs.asdict(record)
