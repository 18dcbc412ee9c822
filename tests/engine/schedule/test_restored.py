import shutil
from pathlib import Path

from engine.audit import log
from engine.audit.checkpoint import CheckpointSigner
from engine.ports import Transaction
from engine.schedule.notary import Notary
from engine.schedule.restored import accept_restored
from engine.store.restoring import RESTORED_FROM
from engine.store.writer import SqliteStore
from tests.engine.fakes import NOW, SetClock
from tests.engine.schedule.witnesses import RememberingWitness

SIGNER = CheckpointSigner(b"r" * 32, "restored/test")


async def write(store: SqliteStore, count: int) -> None:
    async def some(tx: Transaction) -> None:
        for _ in range(count):
            await log.append(tx, at=NOW, person="kim", action="read", object_id="x")

    await store.run(some)


async def mark(store: SqliteStore) -> None:
    await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES (?, '{}')", (RESTORED_FROM,)))


async def said(store: SqliteStore) -> list[str]:
    return [line.outcome for line, _ in await store.run(log.lines) if line.action == "restore"]


async def earlier(tmp_path: Path, witness: RememberingWitness) -> Path:
    """A store of twenty lines, while the witness remembers forty."""
    path, copy = tmp_path / "a.sqlite", tmp_path / "earlier.sqlite"
    async with SqliteStore(path) as store, Notary(store, SetClock(), SIGNER, witness):
        await write(store, 20)
    shutil.copy(path, copy)
    async with SqliteStore(path) as store, Notary(store, SetClock(), SIGNER, witness):
        await write(store, 20)
    return copy


async def test_a_store_put_back_on_purpose_says_so_once_and_starts(tmp_path: Path) -> None:
    witness = RememberingWitness()
    async with SqliteStore(await earlier(tmp_path, witness)) as store:
        await mark(store)
        assert await accept_restored(store, SetClock(), SIGNER, witness)
        assert await said(store) == ["accepted"]
        assert not await accept_restored(store, SetClock(), SIGNER, witness)
        async with Notary(store, SetClock(), SIGNER, witness):
            pass
        assert await said(store) == ["accepted"]


async def test_without_the_mark_nothing_is_accepted(tmp_path: Path) -> None:
    witness = RememberingWitness()
    async with SqliteStore(await earlier(tmp_path, witness)) as store:
        assert not await accept_restored(store, SetClock(), SIGNER, witness)
        assert await said(store) == []


async def test_while_the_witness_is_away_the_mark_waits(tmp_path: Path) -> None:
    witness = RememberingWitness()
    async with SqliteStore(await earlier(tmp_path, witness)) as store:
        await mark(store)
        witness.away = "no network"
        assert not await accept_restored(store, SetClock(), SIGNER, witness)
        witness.away = ""
        assert await accept_restored(store, SetClock(), SIGNER, witness)


async def test_where_the_witness_agrees_there_is_nothing_to_say(tmp_path: Path) -> None:
    witness = RememberingWitness()
    async with SqliteStore(tmp_path / "a.sqlite") as store:
        async with Notary(store, SetClock(), SIGNER, witness):
            await write(store, 5)
        await mark(store)
        assert await accept_restored(store, SetClock(), SIGNER, witness)
        assert await said(store) == []
