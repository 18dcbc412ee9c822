"""The stored tree against one grown in memory."""

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.audit import log, tree
from engine.domain.errors import Refused
from engine.domain.merkle import EMPTY_ROOT, Growing, is_consistent, is_included
from engine.ports import Row, Transaction
from engine.store.schema import migrations
from engine.store.writer import SqliteStore
from tests.engine.audit.intruder import opened, take_guards_out
from tests.engine.fakes import NOW

GUARD = "SELECT sql FROM sqlite_master WHERE name = 'audit_node_grows_at_its_end'"


async def write(store: SqliteStore, count: int) -> None:
    async def some(tx: Transaction) -> None:
        for number in range(count):
            await log.append(tx, at=NOW, person="kim", action="read", object_id=f"o{number}")

    await store.run(some)


async def leaves(store: SqliteStore) -> list[bytes]:
    rows = await store.run(lambda tx: tx.rows("SELECT hash FROM audit ORDER BY seq"))
    return [bytes.fromhex(row["hash"]) for row in rows]


def grown(some: list[bytes]) -> Growing:
    growing = Growing()
    for leaf in some:
        growing.add(leaf)
    return growing


async def test_every_root_and_every_proof_of_a_growing_log(store: SqliteStore) -> None:
    total = 37
    roots = [EMPTY_ROOT]
    for size in range(1, total + 1):
        await write(store, 1)
        found = await leaves(store)
        roots.append(grown(found).root)
        assert await store.run(tree.size) == size
    for size in range(total + 1):
        assert await store.run(lambda tx, s=size: tree.root(tx, s)) == roots[size]
    for size in range(1, total + 1):
        for first in range(1, size + 1):
            proof = await store.run(lambda tx, f=first, s=size: tree.consistency(tx, f, s))
            assert is_consistent(
                first=first, second=size, first_root=roots[first], second_root=roots[size], proof=proof
            )
            proof = await store.run(lambda tx, f=first, s=size: tree.inclusion(tx, f - 1, s))
            assert is_included(
                leaf=found[first - 1], index=first - 1, size=size, root=roots[size], proof=proof
            )


async def test_an_append_writes_few_nodes_however_long_the_log_is(store: SqliteStore) -> None:
    await write(store, 64)
    row = await store.run(lambda tx: tx.row("SELECT count(*) AS n FROM audit_node"))
    assert row is not None and row["n"] == 2 * 64 - 1  # one leaf and, all in all, one inner node a line


class Watched:
    """A transaction whose reads are counted, and whose plans are asked for."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.read = 0
        self.plans: list[str] = []

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return await self._tx.execute(sql, parameters)

    async def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self.plans += [row["detail"] for row in await self._tx.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        found = await self._tx.rows(sql, parameters)
        self.read += len(found)
        return found

    async def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        found = await self.rows(sql, parameters)
        return found[0] if found else None


@pytest.mark.parametrize(
    ("work", "most"),
    [
        (lambda tx: tree.root(tx, 999), 10),
        (lambda tx: tree.consistency(tx, 501, 999), 20),
        (lambda tx: tree.inclusion(tx, 501, 999), 20),
        (lambda tx: tree.place(tx, 1023, b"line"), 10),
        (lambda tx: log.append(tx, at=NOW, person="kim", action="read", object_id="o"), 11),
    ],
)
async def test_of_a_long_log_only_a_handful_of_rows_is_read(
    store: SqliteStore, work: Callable[[Transaction], Awaitable[object]], most: int
) -> None:
    await write(store, 1023)

    async def watched(tx: Transaction) -> Watched:
        seen = Watched(tx)
        await work(seen)
        return seen

    seen = await store.run(watched)
    assert 0 < seen.read <= most
    assert [plan for plan in seen.plans if "SCAN audit_node" in plan] == []


@pytest.fixture
async def before_trees(store: SqliteStore, tmp_path: Path) -> Path:
    """A store whose lines were written before there was a tree."""
    await write(store, 45)
    copy = tmp_path / "old.sqlite"
    with sqlite3.connect(tmp_path / "tracedesk.sqlite") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    with contextlib.closing(opened(copy)) as connection:
        connection.execute("DELETE FROM audit_node")
    return copy


@pytest.mark.parametrize("portion", [1, 7, 16, 1000])
async def test_lines_from_before_the_tree_get_their_place_in_portions(
    before_trees: Path, portion: int
) -> None:
    async with SqliteStore(before_trees) as store:
        assert await store.run(tree.size) == 0
        rounds = 0
        while await store.run(lambda tx: tree.catch_up(tx, portion)):
            rounds += 1
        assert rounds == 45 // portion
        assert await store.run(lambda tx: tree.root(tx, 45)) == grown(await leaves(store)).root
        assert await store.run(log.first_bad) is None


async def test_the_next_line_puts_the_older_ones_into_the_tree(before_trees: Path) -> None:
    async with SqliteStore(before_trees) as store:
        await write(store, 1)
        assert await store.run(tree.size) == 46
        assert await store.run(lambda tx: tree.root(tx, 46)) == grown(await leaves(store)).root
        assert await store.run(log.first_bad) is None


async def test_a_store_of_the_first_schema_grows_its_tree(tmp_path: Path) -> None:
    """As the release before wrote it: the tables of the first migrations, lines with their hashes."""
    path = tmp_path / "old.sqlite"
    async with SqliteStore(tmp_path / "made.sqlite") as store:
        await write(store, 9)
        lines = [
            (row["seq"], row["line"], row["hash"])
            for row in await store.run(lambda tx: tx.rows("SELECT * FROM audit"))
        ]
    old = sqlite3.connect(path)
    first = migrations()[0]
    for statement in first.statements:
        old.execute(statement)
    old.executemany("INSERT INTO audit VALUES (?, ?, ?)", lines)
    old.execute(f"PRAGMA user_version = {first.number}")
    old.commit()
    old.close()
    async with SqliteStore(path) as store:
        assert await store.run(log.first_bad) is None
        await write(store, 2)
        assert await store.run(tree.size) == 11
        assert await store.run(lambda tx: tree.root(tx, 11)) == grown(await leaves(store)).root


async def test_a_line_that_is_rolled_back_leaves_no_node(store: SqliteStore) -> None:
    await write(store, 3)

    async def half(tx: Transaction) -> None:
        await log.append(tx, at=NOW, person="kim", action="read", object_id="never")
        raise ValueError

    with pytest.raises(ValueError):
        await store.run(half)
    assert await store.run(tree.size) == 3
    await write(store, 5)
    assert await store.run(lambda tx: tree.root(tx, 8)) == grown(await leaves(store)).root


@pytest.mark.parametrize("gone", ["level = 1 AND number = 2", "level = 0 AND number > 3", "level = 2"])
async def test_no_line_is_written_onto_a_tree_that_lost_its_nodes(store: SqliteStore, gone: str) -> None:
    await write(store, 7)
    guard = await store.run(lambda tx: tx.row(GUARD))
    await take_guards_out(store)
    await store.run(lambda tx: tx.execute(f"DELETE FROM audit_node WHERE {gone}"))
    await store.run(lambda tx: tx.execute(guard["sql"]))  # type: ignore[index]
    with pytest.raises(Refused, match="the tree of the audit is damaged"):
        await write(store, 2)
    assert len(await leaves(store)) == 7


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE audit_node SET hash = zeroblob(32) WHERE number = 0",
        "DELETE FROM audit_node WHERE level = 0 AND number = 2",
        "INSERT OR REPLACE INTO audit_node VALUES (0, 1, zeroblob(32))",
        "INSERT INTO audit_node VALUES (0, 9, zeroblob(32))",
        "INSERT INTO audit_node VALUES (0, 3, zeroblob(31))",
    ],
)
async def test_nodes_can_only_be_added_at_the_end(store: SqliteStore, attack: str) -> None:
    await write(store, 3)
    with pytest.raises(sqlite3.IntegrityError, match=r"the audit can only grow|CHECK constraint"):
        await store.run(lambda tx: tx.execute(attack))
