"""A store under load that says what was acknowledged: for everything that breaks one.

``python -m tests.faults.store_load FILE`` writes until the store is broken.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

from engine.domain.errors import InputError
from engine.store.writer import SqliteStore, StoreBroken
from tests.faults.forked import Say

WRITERS = 6
SIZES = (40, 3_000, 40, 120_000)  # bytes a row, in turn: the log is written back now and then


class Gate:
    """Asked by SIGUSR1, the process stops (as by SIGSTOP) once nothing is under way; when it is woken it
    goes on where it was."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._inside = 0
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._shut)

    async def __aenter__(self) -> None:
        await self._open.wait()
        self._inside += 1

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        self._stop_if_quiet()

    def _shut(self) -> None:
        self._open.clear()
        self._stop_if_quiet()

    def _stop_if_quiet(self) -> None:
        if not self._open.is_set() and not self._inside:
            os.kill(os.getpid(), signal.SIGSTOP)
            self._open.set()


async def load(path: Path, say: Say, rows: int | None = None, name: str = "") -> None:
    """Say ``ack KEY`` for every row that was acknowledged; ``broken`` when the store says so, after
    which three more are tried; ``refused`` where it does not open. Exit code 3 or 2 then."""
    try:
        async with SqliteStore(path) as store:
            say(f"open {store.instance}")
            gate = Gate()
            writers = (_write(store, say, f"{name}{store.instance}-{n}", rows, gate) for n in range(WRITERS))
            told = await asyncio.gather(*writers, return_exceptions=True)
            for problem in told:
                if isinstance(problem, BaseException) and not isinstance(problem, StoreBroken):
                    raise problem
            if any(told):
                say("broken")
                for n in range(3):
                    await _write(store, say, f"late-{n}", 1, gate)
            say("done")
    except StoreBroken:
        sys.exit(3)
    except (InputError, OSError, sqlite3.Error) as problem:
        say(f"refused {type(problem).__name__}: {problem}")
        sys.exit(2)


async def _write(store: SqliteStore, say: Say, name: str, rows: int | None, gate: Gate) -> None:
    number = 0
    while rows is None or number < rows:
        key, size = f"{name}-{number:05d}", SIZES[number % len(SIZES)]
        async with gate:
            await store.run(
                lambda tx, k=key, s=size: tx.execute("INSERT INTO meta VALUES (?, ?)", (k, "x" * s))  # type: ignore[misc]
            )
        say(f"ack {key}")
        number += 1


def acked(said: Iterable[str]) -> set[str]:
    return {line.removeprefix("ack ") for line in said if line.startswith("ack ")}


def lost(path: Path, keys: set[str]) -> str:
    """What is wrong with a store after a fault: "" where every acknowledged row is there, whole, the
    pages fit, and an engine opens it."""
    try:
        asyncio.run(_opens(path))
    except (InputError, OSError, sqlite3.Error) as problem:
        return f"does not open: {problem}"
    connection = sqlite3.connect(path)
    try:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if sound != "ok":
            return str(sound)
        rows = connection.execute("SELECT key, length(value) FROM meta WHERE key LIKE '%-%-%'").fetchall()
    finally:
        connection.close()
    gone = keys - {key for key, _ in rows}
    if gone:
        return f"{len(gone)} acknowledged rows are gone, {min(gone)} first"
    half = [key for key, size in rows if size != SIZES[int(key.rpartition("-")[2]) % len(SIZES)]]
    return f"{half[0]} is there by half" if half else ""


async def _opens(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.run(lambda tx: tx.execute("INSERT INTO meta VALUES ('probe', '')"))
        await store.run(lambda tx: tx.execute("DELETE FROM meta WHERE key = 'probe'"))


if __name__ == "__main__":

    def _print(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    asyncio.run(load(Path(sys.argv[1]), _print, name=sys.argv[2] if len(sys.argv) > 2 else ""))
