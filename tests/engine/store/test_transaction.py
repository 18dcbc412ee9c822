import asyncio
import sqlite3
from pathlib import Path

import pytest

from engine.ports import Transaction
from engine.store.transaction import StoreBroken, is_fatal
from engine.store.writer import SqliteStore

PUT = "INSERT INTO meta (key, value) VALUES (?, '')"


async def test_rows_are_put_in_one_go_and_those_that_were_there_are_not_counted(store: SqliteStore) -> None:
    sql = f"{PUT} ON CONFLICT DO NOTHING"
    first = await store.run(lambda tx: tx.execute_many(sql, [(f"{n}",) for n in range(500)]))
    second = await store.run(lambda tx: tx.execute_many(sql, [(f"{n}",) for n in range(490, 510)]))
    assert (first, second) == (500, 10)
    assert await store.run(lambda tx: tx.execute_many(sql, [])) == 0


async def test_one_bad_row_of_many_takes_back_the_whole_transaction(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        await store.run(lambda tx: tx.execute_many(PUT, [("a",), ("b",), ("a",)]))
    row = await store.run(lambda tx: tx.row("SELECT count(*) AS n FROM meta WHERE key IN ('a', 'b')"))
    assert row is not None
    assert row["n"] == 0


async def test_a_transaction_that_somebody_kept_takes_nothing_any_more(store: SqliteStore) -> None:
    kept: list[Transaction] = []

    async def keep(tx: Transaction) -> None:
        kept.append(tx)

    async def fail(tx: Transaction) -> None:
        kept.append(tx)
        raise ValueError

    await store.run(keep)
    with pytest.raises(ValueError):
        await store.run(fail)
    for tx in kept:
        for call in (
            lambda t=tx: t.execute(PUT, ("late",)),
            lambda t=tx: t.execute_many(PUT, [("late",)]),
            lambda t=tx: t.rows("SELECT 1"),
            lambda t=tx: t.row("SELECT 1"),
        ):
            with pytest.raises(RuntimeError, match="the transaction is over"):
                await call()
    assert await store.run(lambda tx: tx.row("SELECT 1 FROM meta WHERE key = 'late'")) is None


async def test_a_statement_that_nobody_waited_for_takes_the_transaction_back(store: SqliteStore) -> None:
    left: list[asyncio.Task[int]] = []

    async def careless(tx: Transaction) -> None:
        await tx.execute(PUT, ("first",))
        left.append(asyncio.ensure_future(tx.execute(PUT, ("second",))))  # type: ignore[arg-type]
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="while a statement of it was running"):
        await store.run(careless)
    await asyncio.gather(*left, return_exceptions=True)
    row = await store.run(
        lambda tx: tx.row("SELECT count(*) AS n FROM meta WHERE key IN ('first', 'second')")
    )
    assert row is not None
    assert row["n"] == 0


@pytest.mark.parametrize("words", ["all is well", ""])
async def test_an_error_of_the_disk_breaks_the_store_whatever_the_coroutine_made_of_it(
    tmp_path: Path, words: str
) -> None:
    """It went on, or said something of its own. (A file that can only be read, for SQLite, is such an
    error that ends no transaction.)"""
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:

        async def fails(tx: Transaction) -> str:
            await tx.rows("PRAGMA query_only = ON")
            try:
                await tx.execute(PUT, ("x",))
            except sqlite3.OperationalError:
                if words:
                    return words
                raise ValueError("in words of its own") from None
            return "it could be written"

        with pytest.raises(StoreBroken):
            await store.run(fails)
        with pytest.raises(StoreBroken):
            await store.run(lambda tx: tx.row("SELECT 1"))


def test_a_mistake_in_a_statement_is_not_the_disks_fault() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError) as mistake:
        connection.execute("SELECT nothing FROM nowhere")
    assert not is_fatal(mistake.value)
    assert not is_fatal(ValueError())
    assert is_fatal(StoreBroken())
    connection.close()
