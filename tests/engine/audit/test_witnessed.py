from datetime import timedelta

import pytest

from engine.audit import checkpoint, log, tree, witnessed
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.new_witness import accept, propose
from engine.audit.witnessed import Standing, accept_restore, compare, require_witnessed
from engine.domain.checkpoint import Checkpoint, NewBecause, SignedCheckpoint
from engine.domain.errors import Refused
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store.writer import SqliteStore
from tests.engine.fakes import NOW

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
HOUR = timedelta(hours=1)


async def write(store: SqliteStore, *objects: str) -> None:
    for name in objects:
        await store.run(lambda tx, o=name: log.append(tx, at=NOW, person="kim", action="read", object_id=o))


async def signed(store: SqliteStore, size: int) -> SignedCheckpoint:
    root = await store.run(lambda tx: tree.root(tx, size))
    return SIGNER.sign(Checkpoint(origin="bucheon/test", size=size, root=root, at=NOW))


def another(size: int) -> SignedCheckpoint:
    return SIGNER.sign(Checkpoint(origin="bucheon/test", size=size, root=b"x" * 32, at=NOW))


async def standing(store: SqliteStore, remembered: SignedCheckpoint | None) -> Standing:
    found, words = await store.run(lambda tx: compare(tx, SIGNER, remembered))
    assert bool(words) is (found is not Standing.AGREES)
    return found


async def refused(store: SqliteStore, hours: float, within: timedelta = witnessed.SILENCE) -> str:
    """The reason, or "" where it is allowed."""
    try:
        await store.run(lambda tx: require_witnessed(tx, NOW + hours * HOUR, within))
    except Refused as problem:
        assert problem.rule == "G13"
        return problem.reason
    return ""


async def test_a_witness_of_the_same_log_agrees_at_every_size(store: SqliteStore) -> None:
    assert await standing(store, None) is Standing.AGREES
    await write(store, *"abcde")
    for size in range(6):
        assert await standing(store, await signed(store, size)) is Standing.AGREES


async def test_a_database_with_fewer_lines_was_rolled_back(store: SqliteStore) -> None:
    await write(store, *"abc")
    assert await standing(store, another(4)) is Standing.ROLLED_BACK


async def test_a_database_with_other_lines_was_forked(store: SqliteStore) -> None:
    await write(store, *"abc")
    assert await standing(store, another(2)) is Standing.FORKED
    assert await standing(store, another(3)) is Standing.FORKED


async def test_a_checkpoint_that_the_engine_never_signed_is_strange(store: SqliteStore) -> None:
    await write(store, *"abc")
    true = await signed(store, 2)
    for other in (
        CheckpointSigner(b"t" * 32, "bucheon/test").sign(true.checkpoint),
        SignedCheckpoint(checkpoint=true.checkpoint, key_hash=true.key_hash, signature=b"s" * 64),
    ):
        assert await standing(store, other) is Standing.STRANGE


async def test_a_witness_that_lost_its_memory_is_noticed_until_that_is_accepted(store: SqliteStore) -> None:
    await write(store, *"abc")
    await store.run(lambda tx: witnessed.acknowledged(tx, 3, NOW))
    assert await standing(store, None) is Standing.FORGOT
    assert await standing(store, await signed(store, 2)) is Standing.FORGOT
    han, lee = Person(uid=5, name="han"), Person(uid=6, name="lee", login_uid=7)
    because, letter = NewBecause.MOVED, "a" * 64
    await store.run(
        lambda tx: propose(tx, SIGNER, None, at=NOW, person=han, because=because, letter_sha256=letter)
    )
    assert await standing(store, None) is Standing.FORGOT
    await store.run(lambda tx: accept(tx, SIGNER, None, at=NOW, person=lee, letter_sha256=letter))
    assert await standing(store, None) is Standing.AGREES
    line, _ = (await store.run(log.lines))[-1]
    assert (line.person, line.login, line.action, line.outcome) == ("lee", 7, "witness", "accepted")
    assert line.object == "bucheon/test"
    assert line.detail == {"acknowledged": "3", "remembered": "0", "because": "moved", "letter": letter}
    assert "5 hours" in await refused(store, 5)  # the time since it was acknowledged goes on


async def restored(store: SqliteStore, remembered: SignedCheckpoint) -> None:
    await store.run(lambda tx: accept_restore(tx, SIGNER, at=NOW, person="lee", remembered=remembered))


async def test_an_accepted_restore_says_from_which_size_to_which(store: SqliteStore) -> None:
    await write(store, *"abc")
    await restored(store, another(9))
    line, _ = (await store.run(log.lines))[-1]
    assert (line.action, line.outcome, line.person) == ("restore", "accepted", "lee")
    assert line.detail == {"from": "9", "to": "3", "root": (b"x" * 32).hex()}
    assert await standing(store, another(9)) is Standing.RESTORED
    await write(store, *"abcdefg")  # it goes on past the size that the witness remembers
    assert await standing(store, another(9)) is Standing.RESTORED
    assert await standing(store, await signed(store, 3)) is Standing.AGREES  # what the witness went back to


async def test_an_accepted_restore_covers_nothing_but_itself(store: SqliteStore) -> None:
    await write(store, *"abc")
    await restored(store, another(9))
    other = Checkpoint(origin="bucheon/test", size=9, root=b"y" * 32, at=NOW)
    assert await standing(store, SIGNER.sign(other)) is Standing.ROLLED_BACK
    assert await standing(store, another(10)) is Standing.ROLLED_BACK
    assert await standing(store, another(90)) is Standing.ROLLED_BACK


async def test_a_restore_that_somebody_writes_into_the_database_is_none(store: SqliteStore) -> None:
    await write(store, *"abc")
    words = f"9 {(b'x' * 32).hex()} 3"
    for stamp in ("", "00" * 64, CheckpointSigner(b"t" * 32, "bucheon/test").stamp(words)):
        await store.run(
            lambda tx, v=f"{words} {stamp}": tx.execute(
                "INSERT OR REPLACE INTO meta VALUES ('accepted_restore', ?)", (v,)
            )
        )
        assert await standing(store, another(9)) is Standing.ROLLED_BACK


async def test_the_refusal_names_the_command_that_knows_of_the_witness(store: SqliteStore) -> None:
    await write(store, "a")
    with pytest.raises(Refused, match="see tracedesk engine status"):
        await store.run(lambda tx: require_witnessed(tx, NOW + 5 * HOUR))


async def test_without_an_acknowledgement_for_hours_nothing_new_is_authorised(store: SqliteStore) -> None:
    assert await refused(store, 100) == ""  # nothing has happened yet
    await write(store, "a")
    assert await refused(store, 4) == ""
    assert await refused(store, 4.1) == "no witness has acknowledged the audit for 4 hours"
    await store.run(lambda tx: witnessed.acknowledged(tx, 1, NOW + 5 * HOUR))
    assert await refused(store, 9) == ""
    assert await refused(store, 9.1)
    assert await refused(store, 9.1, 6 * HOUR) == ""
    assert await refused(store, 5.1, timedelta(0))


async def test_taking_the_acknowledgement_out_of_the_database_helps_nobody(store: SqliteStore) -> None:
    await write(store, "a")
    await store.run(lambda tx: witnessed.acknowledged(tx, 1, NOW + 5 * HOUR))
    await store.run(lambda tx: tx.execute("DELETE FROM meta WHERE key = 'witnessed'"))
    assert await refused(store, 9)


async def test_a_disagreement_stops_authorisations_at_once_until_it_is_over(store: SqliteStore) -> None:
    await write(store, "a")
    await store.run(lambda tx: witnessed.acknowledged(tx, 1, NOW))

    async def say(words: str) -> bool:
        return await store.run(lambda tx: witnessed.note_disagreement(tx, NOW, "bucheon/test", words))

    assert await say("") is False
    assert await say("it was rolled back")
    assert not await say("it was rolled back")  # once is enough for the audit
    assert await refused(store, 0) == "it was rolled back"
    assert await say("")
    assert await refused(store, 0) == ""
    said = [(line.action, line.outcome) for line, _ in await store.run(log.lines)]
    assert said[1:] == [("witness", "disagrees"), ("witness", "agrees")]


async def test_acknowledged_checkpoints_say_when(store: SqliteStore) -> None:
    await write(store, "a")
    await store.run(lambda tx: checkpoint.make(tx, SIGNER, NOW))
    await store.run(lambda tx: witnessed.acknowledged(tx, 1, NOW))

    async def read(tx: Transaction) -> object:
        row = await tx.row("SELECT acknowledged_at FROM checkpoint")
        return (await witnessed.witnessed(tx), row["acknowledged_at"] if row else None)

    assert await store.run(read) == ((1, NOW), NOW.isoformat())
