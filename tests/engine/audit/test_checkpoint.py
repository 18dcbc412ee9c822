import sqlite3
from datetime import timedelta

import msgspec
import pytest

from engine.audit import checkpoint, log, tree
from engine.audit.checkpoint import CheckpointSigner, is_signed
from engine.domain.checkpoint import Checkpoint, VerifierKey, parse_note, parse_verifier_key
from engine.domain.errors import InputError
from engine.domain.merkle import EMPTY_ROOT
from engine.store.writer import SqliteStore
from tests.engine.fakes import NOW

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
LATER = NOW + timedelta(minutes=1)


async def write(store: SqliteStore, count: int, action: str = "view") -> None:
    for number in range(count):
        await store.run(
            lambda tx, n=number: log.append(
                tx, at=NOW, person="kim", action=action, object_id=f"o{n}", outcome="intent"
            )
        )


async def test_a_checkpoint_says_how_many_lines_their_root_and_their_counts(store: SqliteStore) -> None:
    await write(store, 5)
    made = await store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
    said = made.checkpoint
    assert (said.origin, said.size, said.at) == ("bucheon/test", 5, NOW)
    assert said.root == await store.run(lambda tx: tree.root(tx, 5))
    assert said.counts["views"] == 5
    assert said.counts["searches"] == 0
    assert is_signed(made, SIGNER.verifier)
    assert await store.run(checkpoint.newest) == made


async def test_its_signature_is_plain_ed25519_under_the_published_key(store: SqliteStore) -> None:
    # RFC 8032, 7.1, test 1: the key that belongs to this seed
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signer = CheckpointSigner(seed, "a")
    assert signer.verifier.key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert parse_verifier_key(signer.verifier.text()) == signer.verifier


async def test_nothing_new_makes_no_new_checkpoint_but_a_sign_of_life(store: SqliteStore) -> None:
    await write(store, 3)
    first = await store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
    assert await store.run(lambda tx: checkpoint.make(tx, SIGNER, LATER)) == first
    alive = await store.run(lambda tx: checkpoint.current(tx, SIGNER, LATER))
    assert msgspec.structs.replace(alive.checkpoint, at=NOW) == first.checkpoint
    assert alive.checkpoint.at == LATER
    assert is_signed(alive, SIGNER.verifier)
    assert len(await store.run(lambda tx: checkpoint.between(tx, 0, 100))) == 1


async def test_an_empty_log_is_signed_for_but_not_kept(store: SqliteStore) -> None:
    made = await store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
    assert (made.checkpoint.size, made.checkpoint.root) == (0, EMPTY_ROOT)
    assert await store.run(checkpoint.newest) is None


async def test_any_change_of_a_signed_checkpoint_is_noticed(store: SqliteStore) -> None:
    await write(store, 2)
    made = await store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
    said = made.checkpoint
    for other in (
        msgspec.structs.replace(said, size=3),
        msgspec.structs.replace(said, root=b"x" * 32),
        msgspec.structs.replace(said, at=LATER),
        msgspec.structs.replace(said, counts=said.counts | {"views": 1}),
        msgspec.structs.replace(said, origin="other"),
    ):
        assert not is_signed(msgspec.structs.replace(made, checkpoint=other), SIGNER.verifier)
    assert not is_signed(msgspec.structs.replace(made, signature=b"x" * 64), SIGNER.verifier)
    assert not is_signed(made, CheckpointSigner(b"t" * 32, "bucheon/test").verifier)
    assert not is_signed(made, VerifierKey(origin="bucheon/test", key=b"short"))
    note = made.note().replace("\n2\n", "\n3\n")
    assert not is_signed(parse_note(note), SIGNER.verifier)


def test_the_engine_signs_for_nobody_else() -> None:
    with pytest.raises(InputError, match="another engine"):
        SIGNER.sign(Checkpoint(origin="other", size=0, root=EMPTY_ROOT, at=NOW))


async def test_acknowledging_one_acknowledges_the_smaller_ones_once(store: SqliteStore) -> None:
    for number in range(3):
        await write(store, 1)
        await store.run(lambda tx, n=number: checkpoint.make(tx, SIGNER, NOW))
    await store.run(lambda tx: checkpoint.acknowledge(tx, 2, NOW))
    await store.run(lambda tx: checkpoint.acknowledge(tx, 3, LATER))
    rows = await store.run(lambda tx: tx.rows("SELECT acknowledged_at FROM checkpoint ORDER BY size"))
    assert [row["acknowledged_at"] for row in rows] == [NOW.isoformat()] * 2 + [LATER.isoformat()]


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM checkpoint",
        "UPDATE checkpoint SET note = 'x'",
        "UPDATE checkpoint SET size = 9 WHERE size = 2",
        "UPDATE checkpoint SET acknowledged_at = '2030' WHERE size = 1",
        "INSERT OR REPLACE INTO checkpoint (size, note) VALUES (1, 'x')",
        "INSERT INTO checkpoint (size, note, acknowledged_at) VALUES (9, 'x', '2026')",
    ],
)
async def test_checkpoints_stay_as_they_were_made(store: SqliteStore, attack: str) -> None:
    for number in range(2):
        await write(store, 1)
        await store.run(lambda tx, n=number: checkpoint.make(tx, SIGNER, NOW))
    await store.run(lambda tx: checkpoint.acknowledge(tx, 1, NOW))
    with pytest.raises(sqlite3.IntegrityError, match="the audit can only grow"):
        await store.run(lambda tx: tx.execute(attack))


def test_a_stamp_is_for_its_words_only_and_never_for_a_note() -> None:
    stamp = SIGNER.stamp("restored")
    assert SIGNER.is_own("restored", stamp)
    assert not SIGNER.is_own("restored!", stamp)
    assert not SIGNER.is_own("restored", "no hex")
    signed = SIGNER.sign(Checkpoint(origin="bucheon/test", size=0, root=EMPTY_ROOT, at=NOW))
    assert not SIGNER.is_own(signed.checkpoint.text(), signed.signature.hex())
