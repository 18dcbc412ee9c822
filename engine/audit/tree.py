"""The tree over the audit in the database: every complete subtree's hash, so that a root or a proof
takes a handful of reads however long the log is."""

import sqlite3
from collections.abc import Iterable, Sequence

from engine.domain.errors import Refused
from engine.domain.merkle import (
    Growing,
    Subtree,
    consistency_ranges,
    fold,
    inclusion_ranges,
    leaf_hash,
    needed,
    node_hash,
    proof,
    subtrees,
)
from engine.ports import Transaction

AT_ONCE = 200  # rows in one statement


async def size(tx: Transaction) -> int:
    """How many lines have their place in the tree."""
    row = await tx.row("SELECT max(number) AS last FROM audit_node WHERE level = 0")
    return 0 if row is None or row["last"] is None else int(row["last"]) + 1


async def place(tx: Transaction, index: int, line: bytes) -> None:
    """Add line number ``index`` (from 0) to a tree that has exactly that many. Raises Refused (G13)
    where the nodes beside it are gone."""
    found = leaf_hash(line)
    joins = (~index & (index + 1)).bit_length() - 1  # as many subtrees end here as ones end the number
    beside = await _read(tx, {(level, (index >> level) - 1) for level in range(joins)})
    made = [(0, index, found)]
    for level in range(joins):
        number = index >> level
        found = node_hash(beside[level, number - 1], found)
        made.append((level + 1, number >> 1, found))
    await _write(tx, made)


async def catch_up(tx: Transaction, limit: int = 1000) -> bool:
    """Give lines that have none their place, at most ``limit``; whether there may be more. Raises
    Refused (G13) where the nodes before them are gone."""
    placed = await size(tx)
    rows = await tx.rows(
        "SELECT CAST(line AS BLOB) AS line FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (placed, limit)
    )
    if not rows:
        return False
    growing = Growing(placed, await peaks(tx, placed))
    made = [node for row in rows for node in growing.add(leaf_hash(bytes(row["line"])))]
    await _write(tx, made)
    return len(rows) == limit


async def root(tx: Transaction, leaves: int) -> bytes:
    """Root of the tree of the first ``leaves`` lines."""
    return fold(await peaks(tx, leaves))


async def peaks(tx: Transaction, leaves: int) -> tuple[bytes, ...]:
    """Hashes of the complete subtrees of the first ``leaves`` lines, from the left."""
    found = await _read(tx, subtrees(0, leaves))
    return tuple(found[subtree] for subtree in subtrees(0, leaves))


async def inclusion(tx: Transaction, index: int, leaves: int) -> tuple[bytes, ...]:
    """Proof that line ``index`` (from 0) is in the tree of the first ``leaves`` lines."""
    ranges = inclusion_ranges(index, leaves)
    return proof(ranges, await _read(tx, needed(ranges)))


async def consistency(tx: Transaction, first: int, second: int) -> tuple[bytes, ...]:
    """Proof that the tree of the first lines is the beginning of that of the second."""
    ranges = consistency_ranges(first, second)
    return proof(ranges, await _read(tx, needed(ranges)))


async def _read(tx: Transaction, wanted: Iterable[Subtree]) -> dict[Subtree, bytes]:
    subtrees_ = list(wanted)
    if not subtrees_:
        return {}
    # not "(level, number) IN (VALUES ...)": for that SQLite reads the whole table
    where = " OR ".join(["(level = ? AND number = ?)"] * len(subtrees_))
    rows = await tx.rows(
        f"SELECT level, number, hash FROM audit_node WHERE {where}",  # noqa: S608
        [value for subtree in subtrees_ for value in subtree],
    )
    found = {(int(row["level"]), int(row["number"])): bytes(row["hash"]) for row in rows}
    if len(found) != len(subtrees_):
        raise _damaged()
    return found


async def _write(tx: Transaction, nodes: Sequence[tuple[int, int, bytes]]) -> None:
    for start in range(0, len(nodes), AT_ONCE):
        some = nodes[start : start + AT_ONCE]
        places = ", ".join(["(?, ?, ?)"] * len(some))
        try:
            await tx.execute(
                f"INSERT INTO audit_node (level, number, hash) VALUES {places}",  # noqa: S608
                [value for node in some for value in node],
            )
        except sqlite3.IntegrityError:  # nodes before these are gone: the table grows at its end only
            raise _damaged() from None


def _damaged() -> Refused:
    return Refused("the tree of the audit is damaged", rule="G13", mend="run: tracedesk audit verify")
