"""Somebody with the database file changes the audit, in every way and depth; each change is detected.

    python -m tests.faults.audit_mutations --rounds 10000 --seed 7

Every round is made from its number alone, so a round that failed can be run again by it:
``--rounds 1 --seed NUMBER``. The intruder has the file, the program and time, but neither the signing key
nor the witness.
"""

import argparse
import asyncio
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from engine.audit import checkpoint, counts, log
from engine.audit.check import verify
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.line import GENESIS, AuditLine, encode, leaf_hash
from engine.audit.witnessed import Standing, compare
from engine.domain.checkpoint import Checkpoint, SignedCheckpoint
from engine.domain.merkle import Growing
from engine.ports import Transaction
from engine.store.writer import SqliteStore
from tests.engine.audit.intruder import opened

AT = datetime(2026, 3, 6, tzinfo=UTC)
SIGNER = CheckpointSigner(b"s" * 32, "bucheon/test")
FORGER = CheckpointSigner(b"f" * 32, "bucheon/test")
LENGTH, EVERY, YOUNG = 48, 10, 8  # lines; a checkpoint each so many; lines that no checkpoint covers yet
KINDS = (("search", "intent"), ("search", "done"), ("view", "intent"), ("decide", "same"), ("x", "refused"))
DEPTHS = ("line", "hash", "chain", "tree", "counts", "checkpoints")


@dataclass
class Outcome:
    """``undetected`` and ``alarms`` (on logs that nobody touched) are to be empty."""

    rounds: Counter[str] = field(default_factory=Counter)
    undetected: list[str] = field(default_factory=list)
    misnamed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)


def some_line(number: int, choose: random.Random) -> dict[str, object]:
    action, outcome = KINDS[number % len(KINDS)]
    detail = {"camera": f"{choose.randrange(5):016x}", "camera_s": "60.0", "faces_compared": "3"}
    return {"action": action, "outcome": outcome, "object_id": f"t{choose.randrange(9)}", "detail": detail}


async def make(path: Path, length: int = LENGTH, signed: int = LENGTH - YOUNG) -> SignedCheckpoint:
    """A sound log; returns what the witness remembers of it."""
    choose = random.Random(1)
    newest: list[SignedCheckpoint] = []
    async with SqliteStore(path) as store:
        for number in range(length):
            given = some_line(number, choose)

            async def write(tx: Transaction, n: int = number, g: dict[str, object] = given) -> None:
                await log.append(tx, at=AT + timedelta(hours=n), person="kim", **g)  # type: ignore[arg-type]
                if (n + 1) % EVERY == 0 and n < signed:
                    newest.append(await checkpoint.make(tx, SIGNER, AT))

            await store.run(write)
    return newest[-1]


def read(connection: sqlite3.Connection) -> list[AuditLine]:
    rows = connection.execute("SELECT line FROM audit ORDER BY seq").fetchall()
    return [msgspec.json.decode(row[0], type=AuditLine) for row in rows]


def write_back(connection: sqlite3.Connection, lines: list[AuditLine], first: int, depth: str) -> None:
    """Put changed lines back; ``depth`` is how far the intruder takes care to make them fit. ``first``
    is the number of the first that differs."""
    deep = DEPTHS.index(depth)
    stored = dict(connection.execute("SELECT seq, hash FROM audit").fetchall())
    connection.execute("DELETE FROM audit")
    growing, tally, previous, nodes = Growing(), counts.Tally(), GENESIS, []
    for seq, line in enumerate(lines, start=1):
        if deep >= DEPTHS.index("chain"):
            line = msgspec.structs.replace(line, seq=seq, previous=previous)
        text = encode(line)
        fresh = deep >= DEPTHS.index("hash") or seq not in stored
        digest = leaf_hash(text) if fresh else stored[seq]
        connection.execute("INSERT INTO audit VALUES (?, ?, ?)", (seq, text.decode(), digest))
        nodes += growing.add(bytes.fromhex(digest))
        tally.add(line)
        previous = digest
    if deep >= DEPTHS.index("tree"):
        connection.execute("DELETE FROM audit_node")
        connection.executemany("INSERT INTO audit_node VALUES (?, ?, ?)", nodes)
    if deep >= DEPTHS.index("counts"):
        connection.execute("DELETE FROM audit_tally")
        rows = [(day, name, amount) for (day, name), amount in tally.counts.items() if amount]
        connection.executemany("INSERT INTO audit_tally VALUES (?, ?, ?)", rows)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'audit_counted'", (str(len(lines)),))
    if depth == "checkpoints":
        forge_checkpoints(connection, lines, first)


def forge_checkpoints(connection: sqlite3.Connection, lines: list[AuditLine], first: int) -> None:
    """All checkpoints that would tell are signed anew, with the only key that the intruder has."""
    sizes = [size for (size,) in connection.execute("SELECT size FROM checkpoint WHERE size >= ?", (first,))]
    connection.execute("DELETE FROM checkpoint WHERE size >= ?", (first,))
    growing, tally = Growing(), counts.Tally()
    hashes = connection.execute("SELECT hash FROM audit ORDER BY seq").fetchall()
    for line, (digest,) in zip(lines, hashes, strict=True):
        growing.add(bytes.fromhex(digest))
        tally.add(line)
        if growing.size in sizes:
            made = Checkpoint(
                origin="bucheon/test", size=growing.size, root=growing.root, at=AT, counts=tally.totals()
            )
            note = FORGER.sign(made).note()
            connection.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (growing.size, note))


Change = Callable[[list[AuditLine], random.Random], tuple[list[AuditLine], int]]


def edit(lines: list[AuditLine], choose: random.Random) -> tuple[list[AuditLine], int]:
    at = choose.randrange(LENGTH - YOUNG)
    name = choose.choice(["person", "action", "object", "outcome", "detail", "at", "login"])
    values = {"detail": {"n": "1"}, "at": AT - timedelta(days=1), "login": 7}
    changed = msgspec.structs.replace(lines[at], **{name: values.get(name, "other")})
    return [*lines[:at], changed, *lines[at + 1 :]], at + 1


def swap(lines: list[AuditLine], choose: random.Random) -> tuple[list[AuditLine], int]:
    a, b = sorted(choose.sample(range(LENGTH - YOUNG), 2))
    changed = list(lines)
    changed[a], changed[b] = lines[b], lines[a]
    return changed, a + 1


def take_out(lines: list[AuditLine], choose: random.Random) -> tuple[list[AuditLine], int]:
    at = choose.randrange(LENGTH - YOUNG)
    return [*lines[:at], *lines[at + 1 :]], at + 1


def put_in(lines: list[AuditLine], choose: random.Random) -> tuple[list[AuditLine], int]:
    at = choose.randrange(LENGTH - YOUNG)
    made = msgspec.structs.replace(lines[at], object="never")
    return [*lines[:at], made, *lines[at:]], at + 1


CHANGES: dict[str, Change] = {"edit": edit, "swap": swap, "take out": take_out, "put in": put_in}


def cut(connection: sqlite3.Connection, choose: random.Random) -> str:
    """Drop the last lines, or all; with as much of what remembers them as the intruder thinks of."""
    kept = choose.choice([0, choose.randrange(LENGTH - YOUNG)])
    lines = read(connection)[:kept]
    depth = choose.choice(DEPTHS)
    write_back(connection, lines, kept + 1, depth)
    if choose.random() < 0.5:
        connection.execute("DELETE FROM checkpoint WHERE size > ?", (kept,))
    if choose.random() < 0.3:
        connection.execute("DELETE FROM meta")
        connection.execute("DELETE FROM audit_tally")
    return f"cut to {kept}, {depth}"


def scratch(connection: sqlite3.Connection, choose: random.Random) -> str:
    """One byte, somewhere in one stored value."""
    table, column, order = choose.choice(
        [
            ("audit", "line", "seq"),
            ("audit", "hash", "seq"),
            ("audit_node", "hash", "level"),
            ("checkpoint", "note", "size"),
        ]
    )
    rows = connection.execute(
        f"SELECT rowid, {column} FROM {table}"
        if table != "audit_node"
        else (f"SELECT level * 1000 + number, {column} FROM {table}")
    ).fetchall()
    key, value = choose.choice(rows)
    content = bytearray(value if isinstance(value, bytes) else value.encode())
    at = choose.randrange(len(content))
    content[at] ^= 1 << choose.randrange(8)
    where = "level * 1000 + number" if table == "audit_node" else "rowid"
    kind = "?" if table == "audit_node" else "CAST(? AS TEXT)"
    connection.execute(f"UPDATE {table} SET {column} = {kind} WHERE {where} = ?", (bytes(content), key))
    return f"scratch {table}.{column} at {order} {key}, byte {at}"


def put_down(source: Path, copy: Path) -> None:
    """A fresh copy of a closed database."""
    for suffix in ("-wal", "-shm"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    shutil.copy(source, copy)


async def detected(path: Path, remembered: SignedCheckpoint) -> tuple[int, int] | None:
    """Where the check of the log says that the fault is; (0, 0) where only the witness tells."""
    async with SqliteStore(path) as store:
        found = await verify(store, SIGNER.verifier)
        if found.fault:
            return found.fault.seq, found.fault.until
        standing, _ = await store.run(lambda tx: compare(tx, SIGNER, remembered))
        return None if standing is Standing.AGREES else (0, 0)


async def mutate(rounds: int, folder: Path, seed: int = 0) -> Outcome:
    """Run rounds; each on a copy of the same sound log."""
    sound, earlier, copy = folder / "sound.sqlite", folder / "earlier.sqlite", folder / "copy.sqlite"
    remembered = await make(sound)
    await make(earlier, LENGTH // 2, LENGTH // 2)
    outcome = Outcome()
    for number in range(seed, seed + rounds):
        choose = random.Random(number)
        put_down(sound, copy)
        named, told = None, "nothing"
        kind = choose.choice([*CHANGES, "cut", "scratch", "scratch", "roll back", "nothing"])
        if kind == "roll back":
            put_down(earlier, copy)
            told = kind
        elif kind != "nothing":
            connection = opened(copy)
            connection.execute("BEGIN")
            if kind in CHANGES:
                depth = choose.choice(DEPTHS)
                lines, first = CHANGES[kind](read(connection), choose)
                write_back(connection, lines, first, depth)
                told = f"{kind} at {first}, {depth}"
                named = first if depth in ("line", "hash", "chain") else None
            else:
                told = (cut if kind == "cut" else scratch)(connection, choose)
            connection.execute("COMMIT")
            connection.close()
        outcome.rounds[kind] += 1
        found = await detected(copy, remembered)
        if kind == "nothing":
            outcome.alarms += [f"round {number}: {found}"] if found else []
        elif found is None:
            outcome.undetected.append(f"round {number}: {told}")
        elif named is not None and found != (named, named):
            outcome.misnamed.append(f"round {number}: {told}, named {found}")
    return outcome


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(mutate(given.rounds, Path(folder), given.seed))
    for kind, count in sorted(outcome.rounds.items()):
        sys.stdout.write(f"{count:6} {kind}\n")
    for name in ("undetected", "misnamed", "alarms"):
        lines: list[str] = getattr(outcome, name)
        sys.stdout.write(f"{len(lines):6} {name}\n" + "".join(f"       {line}\n" for line in lines[:20]))
    sys.stdout.write(f"{time.monotonic() - begun:.0f} s\n")
    return 1 if outcome.undetected or outcome.misnamed or outcome.alarms else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
