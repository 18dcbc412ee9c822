"""The check of the whole log: in slices, with checkpoints and counts, while others write."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.audit import check, checkpoint, counts, log
from engine.audit.check import PAGE, Page, Verdict, Walk, read_page, verify
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.line import decode, encode, leaf_hash
from engine.ports import Transaction
from engine.store.writer import SqliteStore
from tests.engine.audit.intruder import opened
from tests.engine.fakes import NOW

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")


async def write(store: SqliteStore, count: int) -> None:
    async def some(tx: Transaction) -> None:
        for number in range(count):
            await log.append(
                tx, at=NOW, person="kim", action="view", object_id=f"o{number}", outcome="intent"
            )

    await store.run(some)


async def sign(store: SqliteStore) -> None:
    await store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))


async def attacked(path: Path, *statements: str) -> Verdict:
    """What a check finds after somebody had the file, with the guards out."""
    connection = opened(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    async with SqliteStore(path) as store:
        return await verify(store, SIGNER.verifier)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """Thirty lines, signed for at 10 and at 20."""
    path = tmp_path / "a.sqlite"
    async with SqliteStore(path) as store:
        await write(store, 10)
        await sign(store)
        await write(store, 10)
        await sign(store)
        await write(store, 10)
    return path


async def test_a_sound_log_is_found_sound(path: Path) -> None:
    found = await attacked(path)
    assert found.fault is None
    assert (found.lines, found.checkpoints, found.signed_upto) == (30, 2, 20)


async def test_an_empty_log_is_sound(store: SqliteStore) -> None:
    found = await verify(store)
    assert (found.lines, found.fault, found.checkpoints) == (0, None, 0)


async def test_pages_are_joined_without_a_seam(store: SqliteStore) -> None:
    await write(store, 2 * PAGE + 3)
    found = await verify(store)
    assert (found.lines, found.fault) == (2 * PAGE + 3, None)


async def test_lines_that_come_during_the_check_are_no_fault(store: SqliteStore) -> None:
    await write(store, 3 * PAGE)
    await sign(store)

    async def go_on() -> None:
        for _ in range(20):
            await write(store, 3)
            await sign(store)

    found, _ = await asyncio.gather(verify(store, SIGNER.verifier), go_on())
    assert found.fault is None
    assert found.lines >= 3 * PAGE


@pytest.mark.parametrize(
    ("statement", "first", "until"),
    [
        ("DELETE FROM audit WHERE seq > 25", 26, 30),
        ("DELETE FROM audit; DELETE FROM audit_node", 1, 20),
        ("DELETE FROM audit WHERE seq > 15; DELETE FROM audit_node WHERE level < 6", 16, 20),
        ("DELETE FROM audit_node WHERE level = 2 AND number = 1", 8, 8),
        ("UPDATE audit_node SET hash = zeroblob(32) WHERE level = 1 AND number = 3", 8, 8),
        ("UPDATE audit_node SET hash = zeroblob(32) WHERE level = 0 AND number = 3", 4, 4),
        ("UPDATE checkpoint SET note = replace(note, 'views 20', 'views 21') WHERE size = 20", 11, 20),
        ("UPDATE checkpoint SET note = 'x' WHERE size = 10", 1, 10),
        ("UPDATE checkpoint SET note = CAST(x'ff' AS TEXT) WHERE size = 10", 1, 10),
        ("UPDATE checkpoint SET size = 12 WHERE size = 10", 1, 12),
        ("UPDATE audit_tally SET amount = 7 WHERE day = ''", 1, 20),
        ("DELETE FROM audit_tally", 1, 20),
        ("UPDATE audit SET seq = 100 WHERE seq = 30", 30, 30),
    ],
)
async def test_each_of_these_is_found_where_it_is(path: Path, statement: str, first: int, until: int) -> None:
    found = await attacked(path, *statement.split("; "))
    assert found.fault is not None
    assert (found.fault.seq, found.fault.until) == (first, until)


async def test_a_log_forged_whole_is_found_by_the_first_checkpoint_after_the_edit(
    path: Path, tmp_path: Path
) -> None:
    """Everything recomputed as the engine would: only a signature cannot be."""
    forged = tmp_path / "forged.sqlite"
    async with SqliteStore(path) as store:
        lines = [line for line, _ in await store.run(lambda tx: log.lines(tx, 0, 100))]
        notes = await store.run(lambda tx: checkpoint.between(tx, 0, 100))
    async with SqliteStore(forged) as store:
        for line in lines:
            await store.run(
                lambda tx, read=line: log.append(
                    tx,
                    at=read.at,
                    person="lee" if read.seq == 13 else read.person,
                    action=read.action,
                    object_id=read.object,
                    outcome=read.outcome,
                )
            )
        assert (await verify(store, SIGNER.verifier)).fault is None  # a whole log in itself
        for size, note in notes:
            await store.run(
                lambda tx, s=size, n=note: tx.execute(
                    "INSERT INTO checkpoint (size, note) VALUES (?, ?)", (s, n)
                )
            )
        found = await verify(store, SIGNER.verifier)
    assert found.fault is not None
    assert (found.fault.seq, found.fault.until) == (11, 20)
    assert "signed for" in found.fault.problem


async def test_a_checkpoint_of_another_key_is_no_checkpoint(store: SqliteStore) -> None:
    await write(store, 4)
    other = CheckpointSigner(b"t" * 32, "bucheon/test")
    await store.run(lambda tx: checkpoint.make(tx, other, NOW))
    assert (await verify(store)).fault is None
    found = await verify(store, SIGNER.verifier)
    assert found.fault is not None
    assert "not signed by this engine" in found.fault.problem


async def test_signed_counts_that_the_lines_do_not_bear_out_are_found(store: SqliteStore) -> None:
    await write(store, 4)
    await store.run(counts.catch_up)
    await store.run(lambda tx: tx.execute("UPDATE audit_tally SET amount = 3"))
    await sign(store)  # an engine that lies about its counts, and signs for it
    found = await verify(store, SIGNER.verifier)
    assert found.fault is not None
    assert "do not add up" in found.fault.problem


async def test_no_slice_reads_more_than_a_page(store: SqliteStore) -> None:
    await write(store, PAGE + 10)
    page = await store.run(lambda tx: read_page(tx, 0))
    assert len(page.lines) == PAGE
    assert page.nodes is not None
    assert len(page.nodes) <= 2 * PAGE
    page = await store.run(lambda tx: read_page(tx, PAGE, upto=PAGE + 4))
    assert [seq for seq, _, _ in page.lines] == [PAGE + 1, PAGE + 2, PAGE + 3, PAGE + 4]


async def test_a_walk_from_the_middle_needs_what_came_before(store: SqliteStore) -> None:
    await write(store, 21)
    rows = (await store.run(lambda tx: read_page(tx, 0, 100))).lines
    whole = Walk()
    assert whole.take(Page(lines=rows[:13])) is None
    rest = Walk(after=13, previous=rows[12][2], peaks=await store.run(lambda tx: check.tree.peaks(tx, 13)))
    assert rest.take(Page(lines=rows[13:])) is None
    assert whole.take(Page(lines=rows[13:])) is None
    assert rest.root == whole.root
    wrong = Walk(after=13, previous=rows[11][2], peaks=await store.run(lambda tx: check.tree.peaks(tx, 13)))
    fault = wrong.take(Page(lines=rows[13:]))
    assert fault is not None
    assert fault.seq == 14


async def test_a_line_that_says_an_impossible_count_is_named() -> None:
    line = encode(
        log.AuditLine(
            seq=1,
            at=NOW + timedelta(0),
            person="engine",
            action="search",
            object="t",
            outcome="done",
            detail={"faces_compared": "many"},
            previous=log.GENESIS,
        )
    )
    assert decode(line)
    fault = Walk().take(Page(lines=[(1, line, leaf_hash(line))]))
    assert fault is not None
    assert fault.problem == "has a count that is no number"
