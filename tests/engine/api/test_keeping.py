from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Asked
from engine.api.case_schema import Kept, KeptText
from engine.api.client import EngineSaysNo
from engine.api.keeping import MOST_BYTES, Keeping
from engine.audit import log
from engine.audit.log import AuditLine
from engine.domain.authorisation import Role
from engine.domain.errors import Refused, Unknown
from engine.domain.person import Person
from engine.store import members
from tests.engine.api.conftest import House
from tests.engine.api.requests import CASE
from tests.engine.fakes import NOW, a_context, a_site, with_case

KIM, LEE, HAN = (
    Asked(person=Person(uid=uid, name=name, roles=frozenset({Role.INVESTIGATOR})))
    for uid, name in ((1001, "kim"), (1002, "lee"), (1003, "han"))
)


async def audited(house: House) -> list[AuditLine]:
    return [line for line, _ in await house.context.store.run(lambda tx: log.lines(tx, 0, 10_000))]


@pytest.mark.parametrize("kind", ["handover", "draft", "desk"])
async def test_a_text_is_kept_until_another_or_none_takes_its_place(house: House, kind: str) -> None:
    await house.client.import_case(CASE)
    me = (await house.client.hello()).person
    assert await house.client.kept("case-1", kind) == Kept(kind=kind)
    shared = kind == "handover"
    for before, text in enumerate(("first words", "전화 다시\n4시")):
        kept = await house.client.keep("case-1", kind, text, version=before if shared else None)
        assert kept == Kept(kind=kind, text=text, by=me, at=NOW, version=before + 1 if shared else 0)
        assert await house.client.kept("case-1", kind) == kept
    gone = Kept(kind=kind, version=3 if shared else 0)
    assert await house.client.keep("case-1", kind, "", version=2 if shared else None) == gone
    assert await house.client.kept("case-1", kind) == gone


async def test_what_is_kept_lies_sealed(house: House) -> None:
    await house.client.import_case(CASE)
    await house.client.keep("case-1", "handover", "words that nobody else reads", version=0)
    (row,) = await house.context.store.run(lambda tx: tx.rows("SELECT * FROM kept"))
    assert (row["kind"], row["person"]) == ("handover", "")
    receipts = await house.context.store.run(lambda tx: tx.rows("SELECT sealed FROM receipt"))
    for blob in (row["sealed"], *(receipt["sealed"] for receipt in receipts)):
        assert b"words that nobody" not in blob
    assert max(len(receipt["sealed"]) for receipt in receipts) < 1000, "the text is not kept twice"


async def test_a_text_has_its_limit_in_bytes(house: House) -> None:
    await house.client.import_case(CASE)
    longest = "가" * (MOST_BYTES // 3)
    assert (await house.client.keep("case-1", "desk", longest)).text == longest
    with pytest.raises(EngineSaysNo, match="text: is over 64 KiB") as said:
        await house.client.keep("case-1", "desk", longest + "가")
    assert said.value.code == "input"
    assert (await house.client.kept("case-1", "desk")).text == longest


@pytest.mark.parametrize("kind", ["note", "HANDOVER", "handover "])
async def test_another_kind_is_refused_and_the_kinds_are_named(house: House, kind: str) -> None:
    await house.client.import_case(CASE)
    with pytest.raises(EngineSaysNo, match="known: handover, draft, desk"):
        await house.client.kept("case-1", kind)
    with pytest.raises(EngineSaysNo, match="known: handover, draft, desk"):
        await house.client.keep("case-1", kind, "words")


async def test_only_a_case_that_is_open_keeps_anything(house: House) -> None:
    for asked in (house.client.kept("case-9", "draft"), house.client.keep("case-9", "draft", "words")):
        with pytest.raises(EngineSaysNo, match="no open case case-9"):
            await asked


async def test_a_note_to_others_and_every_look_at_it_are_audited_without_its_words(house: House) -> None:
    await house.client.import_case(CASE)
    before = len(await audited(house))
    for kind in ("draft", "desk"):
        await house.client.keep("case-1", kind, "scratch")
        await house.client.kept("case-1", kind)
    assert len(await audited(house)) == before, "one's own scratch tells nobody anything"
    await house.client.kept("case-1", "handover")
    assert len(await audited(house)) == before, "there was nothing to see"
    await house.client.keep("case-1", "handover", "the cafe", version=0)
    await house.client.kept("case-1", "handover")
    await house.client.keep("case-1", "handover", "", version=1)
    lines = (await audited(house))[before:]
    assert [(line.action, line.object, line.outcome) for line in lines] == [
        ("handover", "case-1", "written"),
        ("read", "case-1", "handover"),
        ("handover", "case-1", "forgotten"),
    ]
    assert not any("cafe" in msgspec.json.encode(line.detail or {}).decode() for line in lines)


async def test_the_same_request_again_keeps_the_text_once_and_answers_the_same(house: House) -> None:
    await house.client.import_case(CASE)
    body = msgspec.json.encode(KeptText(text="words"))
    headers = {"Idempotency-Key": "one-and-the-same", "If-Match": '"0"'}
    first = await house.bare.put("/cases/case-1/kept/handover", content=body, headers=headers)
    house.clock.forward(60)
    again = await house.bare.put("/cases/case-1/kept/handover", content=body, headers=headers)
    assert first.content == again.content
    assert msgspec.json.decode(first.content, type=Kept).text == "words"
    assert [line.action for line in await audited(house)].count("handover") == 1


async def test_colleagues_share_the_note_and_nothing_else(tmp_path: Path) -> None:
    async with a_context(tmp_path, site=a_site()) as context:
        await with_case(context)
        keeping = Keeping(context)
        for kind in ("handover", "draft", "desk"):
            await keeping.keep(replace(KIM, version=0), "case-1", kind, KeptText(text=f"{kind} of kim"))
        assert (await keeping.kept(LEE, "case-1", "handover")).text == "handover of kim"
        assert (await keeping.kept(LEE, "case-1", "draft")).text == ""
        await keeping.keep(LEE, "case-1", "draft", KeptText(text="draft of lee"))
        await keeping.keep(replace(LEE, version=1), "case-1", "handover", KeptText(text="handover of lee"))
        assert (await keeping.kept(KIM, "case-1", "draft")).text == "draft of kim"
        shared = await keeping.kept(KIM, "case-1", "handover")
        assert (shared.text, shared.by) == ("handover of lee", "lee")


async def test_on_a_server_who_is_not_on_the_case_keeps_and_reads_nothing(tmp_path: Path) -> None:
    async with a_context(tmp_path, site=a_site(rehearsal=False)) as context:
        await with_case(context)
        await context.store.run(lambda tx: members.add(tx, "case-1", "kim", added_by="kim", at=NOW))
        keeping = Keeping(context)
        assert (await keeping.kept(KIM, "case-1", "handover")).text == ""
        with pytest.raises(Unknown):
            await keeping.kept(HAN, "case-1", "handover")
        with pytest.raises(Unknown):
            await keeping.keep(HAN, "case-1", "desk", KeptText(text="words"))
        for kind in ("handover", "draft", "desk"):  # no order stands: what is there can be read only
            with pytest.raises(Refused, match="no epidemic order") as said:
                await keeping.keep(KIM, "case-1", kind, KeptText(text="words"))
            assert said.value.rule == "G28"
