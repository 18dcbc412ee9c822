"""Checkpoints are made in time and handed over; a witness that is away or hangs stalls nobody."""

import asyncio
import itertools
import shutil
import time
from pathlib import Path

import pytest

from engine.audit import checkpoint, log, witnessed
from engine.audit.checkpoint import CheckpointSigner, is_signed
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction, Witness
from engine.schedule.notary import ALIVE_S, EVERY_LINES, EVERY_S, LONGEST_PAUSE_S, Notary
from engine.store import events
from engine.store.writer import SqliteStore
from tests.engine.audit.intruder import opened, take_guards_out
from tests.engine.fakes import SetClock
from tests.engine.schedule.witnesses import HangingWitness, RememberingWitness

SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
SOON_S = 0.02  # how long a try may take where a test lets it hang


async def write(store: SqliteStore, clock: SetClock, count: int = 1) -> None:
    async def some(tx: Transaction) -> None:
        for number in range(count):
            await log.append(
                tx, at=clock.now(), person="kim", action="view", object_id=f"o{number}", outcome="intent"
            )

    await store.run(some)


async def a_notary(store: SqliteStore, clock: SetClock, witness: Witness | None) -> Notary:
    """One whose task does not run: the test says when it looks."""
    notary = Notary(store, clock, SIGNER, witness, try_s=SOON_S)
    await notary.prepare()
    return notary


async def sizes(store: SqliteStore) -> list[int]:
    return [size for size, _ in await store.run(lambda tx: checkpoint.between(tx, 0, 10**9))]


@pytest.fixture
def witness() -> RememberingWitness:
    return RememberingWitness()


async def test_a_checkpoint_is_made_of_a_hundred_lines_or_of_what_a_minute_brought(
    store: SqliteStore, clock: SetClock
) -> None:
    notary = await a_notary(store, clock, None)
    await notary.tick()
    assert await sizes(store) == []  # of nothing there is no checkpoint
    await write(store, clock)
    await notary.tick()
    assert await sizes(store) == [1]
    await write(store, clock, EVERY_LINES - 1)
    await notary.tick()
    assert await sizes(store) == [1]
    await write(store, clock)
    await notary.tick()
    assert await sizes(store) == [1, 101]
    await write(store, clock)
    clock.forward(EVERY_S - 1)
    await notary.tick()
    assert await sizes(store) == [1, 101]
    clock.forward(1)
    await notary.tick()
    assert await sizes(store) == [1, 101, 102]
    assert notary.state().size == 102


async def test_the_witness_gets_every_checkpoint_with_a_proof_and_that_is_noted(
    store: SqliteStore, clock: SetClock, witness: RememberingWitness
) -> None:
    notary = await a_notary(store, clock, witness)
    for count in (3, 130, 7):
        await write(store, clock, count)
        clock.forward(EVERY_S)
        await notary.tick()
    assert [one.checkpoint.size for one in witness.kept] == [3, 133, 140]
    assert all(is_signed(one, SIGNER.verifier) for one in witness.kept)
    assert witness.kept[-1].checkpoint.counts["views"] == 140
    state = notary.state()
    assert (state.size, state.acknowledged_size, state.problem) == (140, 140, "")
    assert state.acknowledged_at == clock.now()
    clock.forward(30)
    assert notary.state().silent_for_s == 30
    row = await store.run(
        lambda tx: tx.row("SELECT count(*) AS n FROM checkpoint WHERE acknowledged_at <> ''")
    )
    assert row is not None and row["n"] == 3


async def test_where_nothing_comes_the_witness_gets_a_sign_of_life(
    store: SqliteStore, clock: SetClock, witness: RememberingWitness
) -> None:
    notary = await a_notary(store, clock, witness)
    await notary.tick()
    assert [one.checkpoint.size for one in witness.kept] == []  # nothing to sign for yet
    await write(store, clock)
    await notary.tick()
    clock.forward(ALIVE_S - 1)
    await notary.tick()
    assert len(witness.kept) == 1
    clock.forward(1)
    await notary.tick()
    first, second = witness.kept
    assert first.checkpoint.root == second.checkpoint.root
    assert second.checkpoint.at == clock.now()
    assert await sizes(store) == [1]


async def test_a_witness_that_is_away_is_tried_again_at_growing_distances(
    store: SqliteStore, clock: SetClock, witness: RememberingWitness
) -> None:
    notary = await a_notary(store, clock, witness)
    await write(store, clock)
    witness.away = "no route to it"
    tried = []
    for second in range(200):
        before = witness.asked
        await notary.tick()
        if witness.asked > before:
            tried.append(second)
        clock.forward(1)
    distances = [b - a for a, b in itertools.pairwise(tried)]
    assert distances[:6] == [1, 2, 4, 8, 16, 32]
    assert set(distances[6:]) == {LONGEST_PAUSE_S}
    assert notary.state().problem == "no route to it"
    assert notary.state().silent_for_s is None
    witness.away = ""
    clock.forward(LONGEST_PAUSE_S)
    await notary.tick()
    assert notary.state().problem == ""
    assert notary.state().acknowledged_size == 1
    told = [e.state for e in await store.run(lambda tx: events.after(tx, 0)) if e.kind == "witness"]
    assert told == ["silent", "acknowledging"]


async def test_an_answer_that_was_lost_on_the_way_is_made_good(
    store: SqliteStore, clock: SetClock, witness: RememberingWitness
) -> None:
    notary = await a_notary(store, clock, witness)
    await write(store, clock, 5)
    witness.loses_answers = True
    await notary.tick()
    assert notary.state().acknowledged_size == 0
    assert len(witness.kept) == 1
    witness.loses_answers = False
    await write(store, clock, 5)
    clock.forward(EVERY_S)
    await notary.tick()
    assert notary.state().acknowledged_size == 10
    assert notary.state().problem == ""


async def test_a_witness_that_hangs_is_left_hanging(store: SqliteStore, clock: SetClock) -> None:
    witness = HangingWitness()
    notary = await a_notary(store, clock, witness)
    await write(store, clock)
    begun = time.monotonic()
    for _ in range(5):
        await notary.tick()
        clock.forward(LONGEST_PAUSE_S)
    assert time.monotonic() - begun < 2.0
    assert witness.asked == 1  # nobody is sent after the first who has not come back
    assert notary.state().problem == "the witness has still not answered"
    await write(store, clock, 300)
    await notary.tick()
    assert notary.state().size == 301  # checkpoints are made all the same
    witness.release.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.forward(LONGEST_PAUSE_S)
    await notary.tick()
    assert notary.state().acknowledged_size == 301


async def test_an_engine_starts_and_ends_beside_a_witness_that_hangs(
    store: SqliteStore, clock: SetClock
) -> None:
    witness = HangingWitness()
    begun = time.monotonic()
    async with Notary(store, clock, SIGNER, witness, try_s=SOON_S) as notary:
        assert notary.state().problem == f"the witness did not answer within {SOON_S} s"
        await write(store, clock, 3)
    assert time.monotonic() - begun < 2.0
    assert await sizes(store) == [3]  # signed for on the way out
    witness.release.set()


async def test_on_the_way_out_the_last_lines_are_handed_over(
    store: SqliteStore, clock: SetClock, witness: RememberingWitness
) -> None:
    async with Notary(store, clock, SIGNER, witness):
        await write(store, clock, 3)
    assert witness.kept[-1].checkpoint.size == 3


@pytest.fixture
async def yesterday(tmp_path: Path, clock: SetClock, witness: RememberingWitness) -> Path:
    """A copy of the database as it was at 120 lines; the one in use has gone on to 250."""
    path, copy = tmp_path / "a.sqlite", tmp_path / "yesterday.sqlite"
    async with SqliteStore(path) as store, Notary(store, clock, SIGNER, witness):
        await write(store, clock, 120)
    shutil.copy(path, copy)
    async with SqliteStore(path) as store, Notary(store, clock, SIGNER, witness):
        await write(store, clock, 130)
    assert [one.checkpoint.size for one in witness.kept][-1] == 250
    return copy


async def test_yesterdays_database_does_not_start(
    yesterday: Path, clock: SetClock, witness: RememberingWitness
) -> None:
    async with SqliteStore(yesterday) as store:
        with pytest.raises(InputError, match="remembers 250 audit lines and this database holds 12"):
            async with Notary(store, clock, SIGNER, witness):
                raise AssertionError
        with pytest.raises(Refused, match="rolled back"):
            await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))


async def test_nor_does_it_after_it_has_grown_past_what_the_witness_remembers(
    yesterday: Path, clock: SetClock, witness: RememberingWitness
) -> None:
    async with SqliteStore(yesterday) as store:
        clock.forward(1)
        await write(store, clock, 500)
        with pytest.raises(InputError, match="are not those that the witness remembers"):
            async with Notary(store, clock, SIGNER, witness):
                raise AssertionError


async def test_a_restore_that_was_accepted_starts_and_agrees_once_the_witness_went_back(
    yesterday: Path, clock: SetClock, witness: RememberingWitness
) -> None:
    async with SqliteStore(yesterday) as store:
        remembered = witness.kept[-1]
        await store.run(
            lambda tx: witnessed.accept_restore(
                tx, SIGNER, at=clock.now(), person="lee", remembered=remembered
            )
        )
        notary = await a_notary(store, clock, witness)
        await notary.check_at_start()
        assert "has not accepted yet" in notary.state().problem
        with pytest.raises(Refused, match="has not accepted yet"):
            await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))
        witness.kept = [one for one in witness.kept if one.checkpoint.size <= 120]
        clock.forward(EVERY_S)
        await notary.tick()
        assert notary.state().problem == ""
        assert witness.kept[-1].checkpoint.size > 120
        await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))


async def test_a_rollback_while_the_witness_was_away_is_found_when_it_comes_back(
    yesterday: Path, clock: SetClock, witness: RememberingWitness
) -> None:
    witness.away = "no route to it"
    async with SqliteStore(yesterday) as store:
        notary = await a_notary(store, clock, witness)
        await notary.check_at_start()
        await write(store, clock, 10)
        witness.away = ""
        clock.forward(EVERY_S)
        await notary.tick()
        assert "rolled back" in notary.state().problem
        with pytest.raises(Refused, match="rolled back"):
            await store.run(lambda tx: witnessed.require_witnessed(tx, clock.now()))
        assert witness.kept[-1].checkpoint.size == 250


async def test_a_log_that_is_rewritten_under_the_running_engine_is_refused_by_the_witness(
    store: SqliteStore, clock: SetClock, witness: RememberingWitness
) -> None:
    notary = await a_notary(store, clock, witness)
    await write(store, clock, 6)
    await notary.tick()
    await take_guards_out(store)
    await store.run(lambda tx: tx.execute("UPDATE audit_node SET hash = zeroblob(32) WHERE level > 0"))
    await write(store, clock, 6)
    clock.forward(EVERY_S)
    await notary.tick()
    assert "not those that the witness remembers" in notary.state().problem
    assert notary.state().acknowledged_size == 6


async def test_lines_from_before_there_was_a_notary_are_signed_for(
    tmp_path: Path, clock: SetClock, witness: RememberingWitness
) -> None:
    path = tmp_path / "a.sqlite"
    async with SqliteStore(path) as store:
        await write(store, clock, 30)
    connection = opened(path)
    connection.execute("DELETE FROM audit_node")
    connection.close()
    async with SqliteStore(path) as store:
        async with Notary(store, clock, SIGNER, witness):
            pass
        assert witness.kept[-1].checkpoint.size == 30
        assert await store.run(log.first_bad) is None


async def test_a_damaged_tree_is_a_problem_that_is_said(
    tmp_path: Path, clock: SetClock, witness: RememberingWitness
) -> None:
    path = tmp_path / "a.sqlite"
    async with SqliteStore(path) as store:
        await write(store, clock, 30)
    connection = opened(path)
    connection.execute("DELETE FROM audit_node WHERE level = 3")
    connection.execute("DELETE FROM audit_node WHERE level = 0 AND number > 20")
    connection.close()
    async with SqliteStore(path) as store:
        notary = await a_notary(store, clock, witness)
        assert "damaged" in notary.state().problem
        assert "damaged" in notary.state().damage


async def test_a_log_that_is_damaged_later_is_said_for_itself(
    tmp_path: Path, clock: SetClock, witness: RememberingWitness
) -> None:
    """Also where nothing new was written since, so that no checkpoint is due: at the next sign of life."""
    path = tmp_path / "a.sqlite"
    async with SqliteStore(path) as store:
        await write(store, clock, 30)
        notary = await a_notary(store, clock, witness)
        await write(store, clock, 30)
        clock.forward(60.0)
        await notary.tick()
        assert (notary.state().problem, notary.state().damage) == ("", "")
        connection = opened(path)
        connection.execute("DELETE FROM audit_node WHERE level = 3")
        connection.close()
        clock.forward(300.0)
        await notary.tick()
        assert "damaged" in notary.state().damage
