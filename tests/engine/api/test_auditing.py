from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.api.auditing import Auditing
from engine.audit import checkpoint, export, log, witnessed
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.log import AuditLine
from engine.domain.errors import InputError
from engine.domain.person import Person
from engine.ports import Transaction
from engine.trace.context import Context
from tests.engine.audit.intruder import take_guards_out
from tests.engine.fakes import NOW

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
LEE = Person(uid=1001, name="lee", login_uid=1007)


@pytest.fixture
async def auditing(context: Context) -> AsyncIterator[Auditing]:
    async def write(tx: Transaction) -> None:
        for number in range(5):
            await log.append(
                tx, at=NOW, person="kim", action="view", object_id=f"o{number}", outcome="intent"
            )

    await context.store.run(write)
    yield Auditing(context, SIGNER)


async def said(context: Context) -> list[AuditLine]:
    return [
        line for line, _ in await context.store.run(lambda tx: log.lines(tx, 5)) if line.action == "audit"
    ]


async def test_a_sound_log_is_said_to_be_so_and_that_it_was_checked_is_audited(
    context: Context, auditing: Auditing
) -> None:
    await context.store.run(lambda tx: witnessed.acknowledged(tx, 4, NOW))
    found = await auditing.verify(LEE)
    assert (found.lines, found.first_bad, found.problem) == (5, None, "")
    assert (found.witnessed_upto, found.witnessed_at, found.disagreement) == (4, NOW, "")
    assert found.key == SIGNER.verifier.text()
    (line,) = await said(context)
    assert (line.person, line.login, line.outcome) == ("lee", 1007, "verified")
    assert line.detail == {"lines": "5"}


async def test_the_first_bad_line_is_named_and_that_is_audited(context: Context, auditing: Auditing) -> None:
    store = context.store
    await take_guards_out(store)  # type: ignore[arg-type]
    await store.run(lambda tx: tx.execute("UPDATE audit SET line = replace(line, 'o2', 'o9')"))
    found = await auditing.verify(LEE)
    assert (found.first_bad, found.first_bad_until) == (3, 3)
    assert "was edited" in found.problem
    assert [line.outcome for line in await said(context)] == ["found bad"]


async def test_a_disagreement_of_the_witness_is_told(context: Context, auditing: Auditing) -> None:
    words = "it was rolled back"
    await context.store.run(lambda tx: witnessed.note_disagreement(tx, NOW, "bucheon/test", words))
    assert (await auditing.verify(LEE)).disagreement == words


async def test_counts_are_of_all_lines_there_are(context: Context, auditing: Auditing) -> None:
    found = await auditing.counts()
    assert (found.lines, found.total["views"], found.total["searches"]) == (5, 5, 0)
    assert found.days["2026-03-06"]["views"] == 5
    assert "" not in found.days
    assert found.key == SIGNER.verifier.text()


async def test_the_export_goes_up_to_a_checkpoint_made_for_it(context: Context, auditing: Auditing) -> None:
    page = await auditing.export(LEE, 0)
    assert (page.after, page.last, page.upto, page.previous, page.peaks) == (0, 5, 5, log.GENESIS, ())
    assert [bool(record.note) for record in page.records] == [False] * 5 + [True]
    assert page.key == SIGNER.verifier.text()
    (line,) = await said(context)
    assert (line.person, line.login, line.outcome, line.detail) == ("lee", 1007, "export", {"after": "0"})


async def test_further_pages_end_where_the_first_one_said(context: Context, auditing: Auditing) -> None:
    first = await auditing.export(LEE, 0)
    await auditing.verify(LEE)  # the log goes on meanwhile
    second = await auditing.export(LEE, 3, first.upto)
    assert (second.after, second.last, second.upto) == (3, 5, 5)
    assert len(second.peaks) == 2
    far = await auditing.export(LEE, 5, 10**9)
    assert far.upto == 5  # nothing that no checkpoint covers
    assert far.records == ()


async def test_every_page_is_audited_so_that_none_is_taken_quietly(
    context: Context, auditing: Auditing
) -> None:
    for after in (0, 2, 4):
        await auditing.export(LEE, after)
    assert [line.detail["after"] for line in await said(context)] == ["0", "2", "4"]


@pytest.mark.parametrize(("after", "upto"), [(-1, 0), (0, -1), (99, 0)])
async def test_lines_that_are_none_are_refused(auditing: Auditing, after: int, upto: int) -> None:
    with pytest.raises(InputError):
        await auditing.export(LEE, after, upto)


async def test_a_long_log_comes_in_pages(context: Context, auditing: Auditing, tmp_path: Path) -> None:
    async def write(tx: Transaction) -> None:
        for _ in range(export.PAGE):
            await log.append(tx, at=NOW, person="kim", action="read", object_id="o")

    await context.store.run(write)
    page = await auditing.export(LEE, 0)
    assert (page.last, page.upto) == (export.PAGE, export.PAGE + 5)
    page = await auditing.export(LEE, page.last, page.upto)
    assert page.last == page.upto


async def test_lines_come_in_order_from_any_number_on(context: Context, auditing: Auditing) -> None:
    found = await auditing.read(LEE, 0)
    assert [line.seq for line in found] == [1, 2, 3, 4, 5]
    assert await auditing.read(LEE, 3) == found[3:]
    assert await auditing.read(LEE, 99) == ()


async def test_the_head_tells_size_and_root_as_the_next_checkpoint_does(
    context: Context, auditing: Auditing
) -> None:
    head = await auditing.head()
    assert (head.size, head.signed_upto, head.witnessed_upto, head.witnessed_at) == (5, 0, 0, None)
    signed = await context.store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
    assert (head.size, head.root) == (signed.checkpoint.size, signed.checkpoint.root.hex())
    await context.store.run(lambda tx: witnessed.acknowledged(tx, 5, NOW))
    known = await auditing.head()
    assert (known.signed_upto, known.witnessed_upto, known.witnessed_at) == (5, 5, NOW)
    await auditing.verify(LEE)
    longer = await auditing.head()
    assert (longer.size, longer.signed_upto) == (6, 5)
    assert longer.root != head.root


async def test_a_look_at_the_head_writes_nothing(context: Context, auditing: Auditing) -> None:
    assert await auditing.head() == await auditing.head()
    assert await said(context) == []
