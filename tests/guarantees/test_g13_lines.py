"""G13: each single thing that betrays a change of the log, attacked by what nothing else betrays.

The database file is in the intruder's hands; the triggers are out of the way where it says so.
"""

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.audit import checkpoint, log, witnessed
from engine.audit.check import Page, Walk, verify
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.line import GENESIS, AuditLine, encode, leaf_hash
from engine.audit.witnessed import Standing, compare, require_witnessed
from engine.domain.checkpoint import SignedCheckpoint
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction
from engine.schedule.notary import Notary
from engine.store.writer import SqliteStore
from tests.engine.audit.intruder import take_guards_out
from tests.engine.fakes import SetClock
from tests.engine.schedule.witnesses import RememberingWitness

AT = datetime(2026, 3, 6, tzinfo=UTC)
SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
FORGER = CheckpointSigner(b"f" * 32, "bucheon/test")
LINES, SIGNED = 12, 8


async def written(store: SqliteStore, persons: str = "kim", count: int = LINES, signed: int = SIGNED) -> None:
    async def write(tx: Transaction) -> None:
        for number in range(count):
            await log.append(tx, at=AT, person=persons, action="view", object_id=f"o{number}")
            if number + 1 == signed:
                await checkpoint.make(tx, SIGNER, AT)

    await store.run(write)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """Twelve lines; the first eight were signed for. Nothing is in the intruder's way."""
    async with SqliteStore(tmp_path / "a.sqlite") as opened:
        await written(opened)
        assert (await verify(opened, SIGNER.verifier)).fault is None
        yield opened


async def edited(tx: Transaction, seq: int) -> bytes:
    """Line ``seq`` says another person from now on; its hash does not."""
    row = await tx.row("SELECT line FROM audit WHERE seq = ?", (seq,))
    assert row is not None
    line = encode(msgspec.structs.replace(msgspec.json.decode(row["line"], type=AuditLine), person="lee"))
    await tx.execute("UPDATE audit SET line = ? WHERE seq = ?", (line.decode(), seq))
    return line


async def bad(store: SqliteStore) -> tuple[int, str]:
    found = await verify(store, SIGNER.verifier)
    assert found.fault is not None, "nobody noticed"
    return found.fault.seq, found.fault.problem


async def test_g13_an_edited_line_is_named(store: SqliteStore) -> None:
    await take_guards_out(store)
    await store.run(lambda tx: edited(tx, 5))
    assert await bad(store) == (5, "was edited: its hash is another")


async def test_g13_an_edited_last_line_with_its_hash_is_not_that_of_the_tree(store: SqliteStore) -> None:
    await take_guards_out(store)

    async def edit(tx: Transaction) -> None:
        line = await edited(tx, LINES)
        await tx.execute("UPDATE audit SET hash = ? WHERE seq = ?", (leaf_hash(line), LINES))

    await store.run(edit)
    assert await bad(store) == (LINES, "is not the line that was put into the tree here")


async def test_g13_an_edited_last_line_with_its_leaf_leaves_the_nodes_above(store: SqliteStore) -> None:
    await take_guards_out(store)

    async def edit(tx: Transaction) -> None:
        digest = leaf_hash(await edited(tx, LINES))
        await tx.execute("UPDATE audit SET hash = ? WHERE seq = ?", (digest, LINES))
        leaf = bytes.fromhex(digest)
        await tx.execute("UPDATE audit_node SET hash = ? WHERE level = 0 AND number = ?", (leaf, LINES - 1))

    await store.run(edit)
    assert await bad(store) == (LINES, "was put into the tree otherwise")


async def rewritten(tx: Transaction) -> None:
    """The whole log anew, as the engine itself would have written it."""
    await tx.execute("DELETE FROM audit")
    await tx.execute("DELETE FROM audit_node")
    for number in range(LINES):
        await log.append(tx, at=AT, person="lee", action="view", object_id=f"o{number}")


async def test_g13_a_past_written_anew_is_not_what_was_signed_for(store: SqliteStore) -> None:
    await take_guards_out(store)
    await store.run(rewritten)
    seq, problem = await bad(store)
    assert (seq, problem.partition(" that")[0]) == (1, "the lines are not those")


async def test_g13_a_checkpoint_signed_by_another_key_is_none(store: SqliteStore) -> None:
    await take_guards_out(store)

    async def forge(tx: Transaction) -> None:
        await rewritten(tx)
        note = (await checkpoint.newest(tx)).checkpoint  # type: ignore[union-attr]
        made = await checkpoint.current(tx, FORGER, AT)
        assert made.checkpoint.size == LINES
        root = await tx.row("SELECT hash FROM audit_node WHERE level = 3 AND number = 0")
        assert root is not None
        forged = FORGER.sign(msgspec.structs.replace(note, root=bytes(root["hash"])))
        await tx.execute("UPDATE checkpoint SET note = ?", (forged.note(),))

    await store.run(forge)
    assert (await bad(store))[1] == "the checkpoint made here is not signed by this engine"


async def test_g13_a_line_taken_out_is_missing(store: SqliteStore) -> None:
    await take_guards_out(store)
    await store.run(lambda tx: tx.execute("DELETE FROM audit WHERE seq = 5"))
    assert await bad(store) == (5, "is missing, or stands elsewhere")


async def test_g13_a_cut_tail_is_missed(store: SqliteStore) -> None:
    await take_guards_out(store)
    await store.run(lambda tx: tx.execute("DELETE FROM audit WHERE seq > 9"))
    assert (await bad(store))[0] == 10


def a_line(seq: int, previous: str) -> tuple[bytes, str]:
    line = encode(
        AuditLine(
            seq=seq,
            at=AT,
            person="kim",
            action="view",
            object="o",
            outcome="done",
            detail={},
            previous=previous,
        )
    )
    return line, leaf_hash(line)


def test_g13_a_line_that_was_moved_says_so_itself() -> None:
    """As in an exported file, where nothing but lines is known."""
    line, digest = a_line(2, GENESIS)
    fault = Walk().take(Page(lines=[(1, line, digest)]))
    assert fault is not None
    assert fault.problem == "is another line's: it was moved"


def test_g13_a_line_that_does_not_follow_says_so_itself() -> None:
    first, before = a_line(1, GENESIS)
    second, digest = a_line(2, "f" * 64)
    fault = Walk().take(Page(lines=[(1, first, before), (2, second, digest)]))
    assert fault is not None
    assert fault.problem == "does not follow from the line before it"


# --- the database itself --------------------------------------------------------------------------

FORGERIES = {
    "edit": "UPDATE audit SET line = replace(line, 'kim', 'lee') WHERE seq = 3",
    "deletion": "DELETE FROM audit WHERE seq = 12",
    "insertion": "INSERT INTO audit SELECT 40, line, hash FROM audit WHERE seq = 3",
    "edited node": "UPDATE audit_node SET hash = zeroblob(32) WHERE number = 0",
    "deleted node": "DELETE FROM audit_node WHERE level = 0 AND number = 11",
    "inserted node": "INSERT INTO audit_node VALUES (0, 40, zeroblob(32))",
    "smaller checkpoint": "INSERT INTO checkpoint SELECT 3, note, NULL FROM checkpoint",
    "edited checkpoint": "UPDATE checkpoint SET note = 'x'",
    "deleted checkpoint": "DELETE FROM checkpoint",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_g13_the_database_itself_lets_the_audit_only_grow(store: SqliteStore, forgery: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="the audit can only grow"):
        await store.run(lambda tx: tx.execute(FORGERIES[forgery]))


# --- what the witness remembers -------------------------------------------------------------------


async def remembered(store: SqliteStore, size: int = LINES) -> SignedCheckpoint:
    """A checkpoint of this very log, as a witness has it."""
    made = await store.run(lambda tx: checkpoint.current(tx, SIGNER, AT))
    assert made.checkpoint.size == size
    return made


async def standing(store: SqliteStore, of: SignedCheckpoint | None) -> Standing:
    return (await store.run(lambda tx: compare(tx, SIGNER, of)))[0]


async def test_g13_a_witness_of_another_past_is_believed(store: SqliteStore, tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "other.sqlite") as other:
        await written(other, "somebody else")
        assert await standing(store, await remembered(other)) is Standing.FORKED
    assert await standing(store, await remembered(store)) is Standing.AGREES


async def test_g13_a_database_that_was_rolled_back_does_not_start(store: SqliteStore, tmp_path: Path) -> None:
    witness = RememberingWitness()
    async with SqliteStore(tmp_path / "today.sqlite") as today:
        await written(today, count=LINES + 5)
        witness.kept.append(await remembered(today, LINES + 5))
    with pytest.raises(InputError, match="it was rolled back"):
        async with Notary(store, SetClock(), SIGNER, witness):
            pass


async def test_g13_what_this_engine_never_signed_is_no_memory(store: SqliteStore) -> None:
    made = await remembered(store)
    forged = FORGER.sign(made.checkpoint)
    assert await standing(store, forged) is Standing.STRANGE


async def test_g13_a_witness_that_forgot_is_noticed(store: SqliteStore) -> None:
    await store.run(lambda tx: witnessed.acknowledged(tx, LINES, AT))
    assert await standing(store, None) is Standing.FORGOT


async def test_g13_a_restore_is_accepted_by_this_engine_or_not_at_all(
    store: SqliteStore, tmp_path: Path
) -> None:
    """The intruder writes the note of an accepted restore into the database they rolled back."""
    async with SqliteStore(tmp_path / "today.sqlite") as today:
        await written(today, count=LINES + 5)
        newer = await remembered(today, LINES + 5)
    words = f"{LINES + 5} {newer.checkpoint.root.hex()} {LINES}"
    await store.run(
        lambda tx: tx.execute(
            "INSERT INTO meta (key, value) VALUES ('accepted_restore', ?)", (f"{words} {'0' * 128}",)
        )
    )
    assert await standing(store, newer) is Standing.ROLLED_BACK


async def test_g13_hours_without_a_witness_end_every_new_permission(store: SqliteStore) -> None:
    await store.run(lambda tx: witnessed.acknowledged(tx, LINES, AT))
    await store.run(lambda tx: require_witnessed(tx, AT + timedelta(hours=3)))
    with pytest.raises(Refused, match="no witness has acknowledged") as no:
        await store.run(lambda tx: require_witnessed(tx, AT + timedelta(hours=5)))
    assert no.value.rule == "G13"


async def test_g13_a_witness_that_disagrees_ends_every_new_permission(store: SqliteStore) -> None:
    await store.run(lambda tx: witnessed.acknowledged(tx, LINES, AT))
    await store.run(lambda tx: witnessed.note_disagreement(tx, AT, "bucheon/test", "it was rolled back"))
    with pytest.raises(Refused, match="rolled back") as no:
        await store.run(lambda tx: require_witnessed(tx, AT))
    assert no.value.rule == "G13"
