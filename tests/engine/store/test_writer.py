import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.domain.errors import InputError
from engine.ports import Transaction
from engine.store.writer import GROUP, SqliteStore, StoreBroken


def put(key: str, value: str = "1") -> Callable[[Transaction], Any]:
    return lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))


async def keys(store: SqliteStore) -> list[str]:
    rows = await store.run(
        lambda tx: tx.rows("SELECT key FROM meta WHERE key NOT IN ('instance', 'profile') ORDER BY key")
    )
    return [row["key"] for row in rows]


def on_disk(path: Path) -> list[str]:
    """What a second reader of the file sees; the writer is idle meanwhile."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
        return [
            key
            for (key,) in reader.execute(
                "SELECT key FROM meta WHERE key NOT IN ('instance', 'profile') ORDER BY key"
            )
        ]


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_what_was_answered_is_on_disk(store: SqliteStore, tmp_path: Path) -> None:
    assert await store.run(put("a")) == 1
    assert on_disk(tmp_path / "tracedesk.sqlite") == ["a"]


async def test_what_is_asked_together_is_committed_together(store: SqliteStore, tmp_path: Path) -> None:
    """All transactions of a group run before any of them is visible outside, and before any answer."""
    answered: list[int] = []
    seen: list[tuple[int, int]] = []

    def ask(number: int) -> Any:
        async def work(tx: Transaction) -> int:
            await tx.execute("INSERT INTO meta (key, value) VALUES (?, '')", (f"{number:03d}",))
            seen.append((len(on_disk(tmp_path / "tracedesk.sqlite")), len(answered)))
            return number

        async def asked() -> None:
            answered.append(await store.run(work))

        return asked()

    await asyncio.gather(*(ask(n) for n in range(10)))
    assert seen == [(0, 0)] * 10
    assert answered == list(range(10))


async def test_more_than_a_group_is_committed_in_several_and_none_is_lost(store: SqliteStore) -> None:
    count = 2 * GROUP + 7
    await asyncio.gather(*(store.run(put(f"{n:04d}")) for n in range(count)))
    assert len(await keys(store)) == count


async def test_a_transaction_that_fails_takes_back_its_own_rows_and_nobody_elses(store: SqliteStore) -> None:
    async def half(tx: Transaction) -> None:
        await put("half")(tx)
        raise InputError("is wrong", place="row 3")

    before, failed, after = await asyncio.gather(
        store.run(put("before")), store.run(half), store.run(put("after")), return_exceptions=True
    )
    assert (before, after) == (1, 1)
    assert isinstance(failed, InputError)
    assert await keys(store) == ["after", "before"]


async def test_a_broken_rule_of_the_tables_fails_only_who_broke_it(store: SqliteStore) -> None:
    first, second, third = await asyncio.gather(
        store.run(put("a")), store.run(put("a")), store.run(put("b")), return_exceptions=True
    )
    assert (first, third) == (1, 1)
    assert isinstance(second, sqlite3.IntegrityError)
    assert await keys(store) == ["a", "b"]


async def test_who_gives_up_waiting_still_gets_a_whole_transaction(store: SqliteStore) -> None:
    half_way, go_on = asyncio.Event(), asyncio.Event()

    async def two_rows(tx: Transaction) -> None:
        await put("first")(tx)
        half_way.set()
        await go_on.wait()
        await put("second")(tx)

    asked = asyncio.create_task(store.run(two_rows))
    await half_way.wait()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    go_on.set()
    assert await keys(store) == ["first", "second"]


async def test_a_reader_never_sees_a_row_that_is_not_committed(store: SqliteStore) -> None:
    """Reads wait in the same queue: one that is asked for in mid-transaction comes after it."""
    half_way, go_on = asyncio.Event(), asyncio.Event()

    async def undone(tx: Transaction) -> None:
        await put("never")(tx)
        half_way.set()
        await go_on.wait()
        raise InputError("is taken back")

    asked = asyncio.create_task(store.run(undone))
    await half_way.wait()
    reading = asyncio.create_task(keys(store))
    await asyncio.sleep(0)
    assert not reading.done()
    go_on.set()
    with pytest.raises(InputError):
        await asked
    assert await reading == []


async def test_what_was_asked_before_closing_is_done_before_closing(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:
        asked = [asyncio.create_task(store.run(put(f"{n}"))) for n in range(5)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*asked) == [1] * 5
    assert len(on_disk(tmp_path / "tracedesk.sqlite")) == 5


async def test_a_full_disk_acknowledges_nothing_of_the_group_and_keeps_what_was_there(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:
        await store.run(put("kept"))
        pages = int((await store.run(lambda tx: tx.row("PRAGMA page_count")))[0])
        await store.run(lambda tx: tx.rows(f"PRAGMA max_page_count = {pages}"))

        async def too_much(tx: Transaction) -> None:
            await tx.execute("INSERT INTO meta (key, value) VALUES ('big', ?)", ("x" * 100_000,))

        group = await asyncio.gather(
            store.run(put("before")), store.run(too_much), store.run(put("after")), return_exceptions=True
        )
        assert [type(answer) for answer in group] == [StoreBroken] * 3
    assert on_disk(tmp_path / "tracedesk.sqlite") == ["kept"]


class Failing(SqliteStore):
    """A store whose disk refuses one commit and is well again afterwards."""

    async def __aenter__(self) -> "Failing":
        await super().__aenter__()
        connection = self._connection
        execute = connection.execute

        async def refused() -> None:
            connection.execute = execute  # type: ignore[method-assign]
            await execute("ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")

        def refusing(sql: str, parameters: Sequence[Any] | None = None) -> Any:
            return refused() if sql == "COMMIT" else execute(sql, parameters)

        connection.execute = refusing  # type: ignore[method-assign, assignment]
        return self


async def test_a_commit_that_fails_fails_the_whole_group_and_everybody_after_it(tmp_path: Path) -> None:
    async with Failing(tmp_path / "tracedesk.sqlite") as store:
        group = await asyncio.gather(*(store.run(put(f"{n}")) for n in range(3)), return_exceptions=True)
        assert [type(answer) for answer in group] == [StoreBroken] * 3
        with pytest.raises(StoreBroken):
            await store.run(put("later"))
    assert on_disk(tmp_path / "tracedesk.sqlite") == []


async def test_a_second_store_on_the_same_file_is_turned_away(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another engine"):
        async with SqliteStore(tmp_path / "tracedesk.sqlite"):
            pass
    assert await store.run(put("a")) == 1


async def test_the_files_belong_to_their_owner_alone(store: SqliteStore, tmp_path: Path) -> None:
    await store.run(put("a"))
    assert modes(tmp_path) == {
        f"tracedesk.{ending}": 0o600 for ending in ("lock", "sqlite", "sqlite-shm", "sqlite-wal")
    }


async def test_every_commit_is_durable_and_freed_pages_are_wiped(store: SqliteStore) -> None:
    async def settings(tx: Transaction) -> list[Any]:
        rows = [await tx.row(f"PRAGMA {n}") for n in ("journal_mode", "synchronous", "secure_delete")]
        return [row[0] for row in rows if row]  # type: ignore[index]

    assert await store.run(settings) == ["wal", 2, 1]
