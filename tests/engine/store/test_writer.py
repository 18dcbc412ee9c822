import asyncio
import errno
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine import failpoints
from engine.domain.errors import InputError
from engine.ports import Transaction
from engine.store.copying import tally
from engine.store.writer import GROUP, WAL_BYTES, SqliteStore, StoreBroken
from tests.engine.store.released import asked as asked_of


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


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def refuse() -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


async def test_whoever_put_the_engine_together_is_told_once_that_it_is_over(tmp_path: Path) -> None:
    told: list[str] = []
    async with SqliteStore(tmp_path / "tracedesk.sqlite", on_broken=lambda: told.append("over")) as store:
        await store.run(put("kept"))
        failpoints.arm("writer.before_commit", refuse)
        waiting = [asyncio.create_task(store.run(put(f"{n}"))) for n in range(GROUP + 10)]
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreBroken}
        for _ in range(3):
            with pytest.raises(StoreBroken):
                await store.run(put("later"))
    assert told == ["over"]
    assert on_disk(tmp_path / "tracedesk.sqlite") == ["kept"]


async def test_after_a_failed_commit_nothing_stays_open(tmp_path: Path) -> None:
    """Another engine writes at once, although this one has not ended yet."""
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:
        failpoints.arm("writer.before_commit", refuse)
        with pytest.raises(StoreBroken):
            await store.run(put("never"))
        await asyncio.wait({store._task})
        asked_of(tmp_path / "tracedesk.sqlite", "INSERT INTO meta VALUES ('other', '')")
    assert on_disk(tmp_path / "tracedesk.sqlite") == ["other"]


async def test_an_error_while_the_log_is_written_back_comes_after_the_answer_and_ends_it(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    async with SqliteStore(tmp_path / "tracedesk.sqlite", on_broken=lambda: told.append("over")) as store:
        failpoints.arm("writer.before_checkpoint", refuse)
        assert await store.run(put("big", "x" * (WAL_BYTES + 1))) == 1
        await asyncio.wait({store._task})
        assert told == ["over"]
        with pytest.raises(StoreBroken):
            await store.run(put("later"))
    assert on_disk(tmp_path / "tracedesk.sqlite") == ["big"]


async def test_a_writer_that_ends_otherwise_leaves_nobody_waiting(store: SqliteStore) -> None:
    half_way = asyncio.Event()

    async def never_ends(tx: Transaction) -> None:
        await put("half")(tx)
        half_way.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(store.run(never_ends))
    await half_way.wait()
    queued = [asyncio.create_task(store.run(put(f"{n}"))) for n in range(3)]
    await asyncio.sleep(0)
    store._task.cancel()
    outcomes = await asyncio.gather(running, *queued, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreBroken] * 4


async def test_a_coroutine_that_cancels_itself_fails_alone(store: SqliteStore) -> None:
    async def gives_up(tx: Transaction) -> None:
        await put("never")(tx)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await store.run(gives_up)
    assert await store.run(put("after")) == 1
    assert await keys(store) == ["after"]


async def test_a_closed_store_takes_nothing(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:
        pass
    with pytest.raises(StoreBroken, match="closed"):
        await store.run(put("late"))


async def test_closing_goes_to_its_end_although_it_is_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "tracedesk.sqlite"
    store = await SqliteStore(path).__aenter__()
    asked = asyncio.create_task(store.run(put("a")))
    await asyncio.sleep(0)
    closing = asyncio.create_task(store.__aexit__(None, None, None))
    await asyncio.sleep(0)
    while not closing.done():
        closing.cancel()
        await asyncio.sleep(0)
    assert await asked == 1
    async with SqliteStore(path) as again:
        assert await keys(again) == ["a"]


async def test_two_hundred_cancellations_at_every_await_leave_no_transaction_open(store: SqliteStore) -> None:
    """Whoever asks is cancelled after so many turns of the loop; whole transactions are there, or none."""

    async def two_rows(tx: Transaction, number: int) -> None:
        await put(f"{number:03d} first")(tx)
        await tx.rows("SELECT count(*) FROM meta")
        await put(f"{number:03d} second")(tx)

    whole = 0
    for number in range(200):
        asking = asyncio.create_task(store.run(lambda tx, n=number: two_rows(tx, n)))
        for _ in range(number % 40):
            await asyncio.sleep(0)
        asking.cancel()
        outcome = (await asyncio.gather(asking, return_exceptions=True))[0]
        whole += outcome is None
        assert outcome is None or isinstance(outcome, asyncio.CancelledError)
        found = [key for key in await keys(store) if key.startswith(f"{number:03d}")]
        assert len(found) in (0, 2)
        if outcome is None:
            assert len(found) == 2
        await asyncio.sleep(0)
        assert not store._connection.in_transaction
    assert len(await keys(store)) >= 2 * whole


async def test_an_engine_that_was_taken_over_writes_nothing_any_more(tmp_path: Path) -> None:
    path = tmp_path / "tracedesk.sqlite"
    async with SqliteStore(path) as first:
        await first.run(put("first"))
        path.with_suffix(".lock").unlink()
        async with SqliteStore(path) as second:
            assert second.instance == first.instance + 1
            await second.run(put("second"))
            with pytest.raises(StoreBroken, match="another engine has taken over this store"):
                await first.run(put("late"))
            with pytest.raises(StoreBroken):
                await first.run(keys)  # type: ignore[arg-type]
            await second.run(put("third"))
    assert on_disk(path) == ["first", "second", "third"]


async def test_the_log_is_written_back_before_it_grows_long(store: SqliteStore, tmp_path: Path) -> None:
    log = tmp_path / "tracedesk.sqlite-wal"
    longest = 0
    for number in range(60):
        await store.run(put(f"{number}", "x" * 200_000))
        longest = max(longest, log.stat().st_size)
    await store.run(put("last"))
    assert WAL_BYTES < longest < 2 * WAL_BYTES
    assert (tmp_path / "tracedesk.sqlite").stat().st_size > 2 * WAL_BYTES


async def test_somebody_who_reads_the_file_delays_that_and_stops_nobody(
    store: SqliteStore, tmp_path: Path
) -> None:
    await store.run(put("0"))
    with sqlite3.connect(f"file:{tmp_path / 'tracedesk.sqlite'}?mode=ro", uri=True) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()
        began = asyncio.get_running_loop().time()
        for number in range(1, 60):
            await store.run(put(f"{number}", "x" * 200_000))
        assert asyncio.get_running_loop().time() - began < 20
    assert len(await keys(store)) == 60


async def test_a_copy_holds_what_was_seen_and_nothing_that_came_later(
    store: SqliteStore, tmp_path: Path
) -> None:
    """Writers go on while it is made: what they wrote is not in it, and is not lost."""
    await asyncio.gather(*(store.run(put(f"{n:03d}", "x" * 50_000)) for n in range(100)))
    copying = asyncio.create_task(store.copy(tmp_path / "copy", tally))
    written = 0
    while not copying.done():
        await store.run(put(f"later {written}", "y" * 50_000))
        written += 1
    seen = await copying
    in_copy = asked_of(tmp_path / "copy", "SELECT count(*) FROM meta")[0][0]
    assert in_copy == seen.rows["meta"] < 100 + written + 2
    assert asked_of(tmp_path / "copy", "PRAGMA integrity_check") == [("ok",)]
    assert len(await keys(store)) == 100 + written


async def test_no_checkpoint_writes_to_the_file_while_it_is_copied(
    store: SqliteStore, tmp_path: Path
) -> None:
    path = tmp_path / "tracedesk.sqlite"

    async def look(tx: Transaction) -> int:
        return 1

    store._held = True
    await store._ask(look, alone=True)
    before = path.read_bytes()
    for number in range(10):
        await store.run(put(f"{number}", "x" * WAL_BYTES))
    assert path.read_bytes() == before
    store._held = False
    await store.run(put("last"))
    await store.run(put("after"))  # the log is written back before the next group
    assert path.read_bytes() != before


async def test_a_copy_that_cannot_be_written_leaves_the_store_as_well_as_before(
    store: SqliteStore, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await store.copy(tmp_path / "nowhere" / "copy", tally)
    assert await store.run(put("a")) == 1
    assert (await store.copy(tmp_path / "copy", tally)).rows["meta"] == 3


async def test_a_copy_during_which_somebody_outside_reads_is_refused_in_words(
    store: SqliteStore, tmp_path: Path
) -> None:
    await store.run(put("0"))
    with sqlite3.connect(f"file:{tmp_path / 'tracedesk.sqlite'}?mode=ro", uri=True) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM meta").fetchall()
        await store.run(put("1"))
        with pytest.raises(InputError, match="being read by another process"):
            await store.copy(tmp_path / "copy", tally)
        assert await store.run(put("2")) == 1
    assert (await store.copy(tmp_path / "copy", tally)).rows["meta"] == 5


async def test_copying_and_closing_do_not_give_up_the_locks_of_the_connection(
    store: SqliteStore, tmp_path: Path
) -> None:
    """Another process that opens the store and leaves must not take itself for the last one: it would
    write the log back and delete it under this engine."""
    await store.run(put("a"))
    await store.copy(tmp_path / "copy", tally)
    await store.run(put("b"))
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM meta'); c.close()"
    )
    visitor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path / "tracedesk.sqlite")
    )
    assert await visitor.wait() == 0
    assert (tmp_path / "tracedesk.sqlite-wal").exists()
    await store.run(put("c"))
    assert on_disk(tmp_path / "tracedesk.sqlite") == ["a", "b", "c"]


async def test_a_writer_that_gets_on_is_not_silent_and_one_that_hangs_is(tmp_path: Path) -> None:
    now_s, goes_on, inside = [0.0], threading.Event(), asyncio.Event()
    async with SqliteStore(tmp_path / "tracedesk.sqlite", now_s=lambda: now_s[0]) as store:

        async def many(tx: Transaction) -> float:
            longest_s = 0.0
            for _ in range(10):
                now_s[0] += 1.0
                longest_s = max(longest_s, store.silent_s)
                await tx.row("SELECT 1")
            return longest_s

        assert store.silent_s == 0.0
        assert await store.run(many) == 1.0
        now_s[0] += 100.0
        assert store.silent_s == 0.0

        async def hang(tx: Transaction) -> None:
            inside.set()
            await tx.row("SELECT hang()")

        await store._connection.create_function("hang", 0, goes_on.wait)
        stuck = asyncio.create_task(store.run(hang))
        await inside.wait()
        now_s[0] += 3.0
        assert store.silent_s == 3.0
        goes_on.set()
        await stuck
