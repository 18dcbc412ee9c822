"""The open transaction that the writer hands to a coroutine, and what makes a store unusable."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, cast

import aiosqlite

from engine.ports import Row
from engine.store.pulse import Pulse

_FATAL = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
    }
)


class StoreBroken(Exception):
    """A commit failed. Nothing is acknowledged any more; the engine has to start again."""


def is_fatal(problem: BaseException) -> bool:
    """Whether the disk or the file is at fault, and not the statement."""
    code = getattr(problem, "sqlite_errorcode", None)
    return isinstance(problem, StoreBroken) or (code is not None and code & 0xFF in _FATAL)


class Open:
    """A Transaction. Not valid after its coroutine has ended: a later call raises RuntimeError.

    ``fatal`` is the first error of the disk that a statement met, also when its caller went on.
    """

    def __init__(self, connection: aiosqlite.Connection, pulse: Pulse) -> None:
        self._connection = connection
        self._pulse = pulse
        self._ended = False
        self._running = 0
        self.fatal: sqlite3.Error | None = None

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        with self._statement():
            cursor = await self._connection.execute(sql, tuple(parameters))
            changed = cursor.rowcount
            if cursor.description is not None:  # it has rows that nobody asked for
                await cursor.close()
        return changed

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        with self._statement():
            return (await self._connection.executemany(sql, rows)).rowcount if rows else 0

    async def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self._statement():
            return cast(list[Row], list(await self._connection.execute_fetchall(sql, tuple(parameters))))

    async def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        found = await self.rows(sql, parameters)
        return found[0] if found else None

    def end(self) -> None:
        """Nothing is taken any more. Raises RuntimeError where a statement still runs: somebody did
        not wait for it, and nobody knows whether it belongs to what is committed."""
        self._ended = True
        if self._running:
            raise RuntimeError("the transaction ended while a statement of it was running")

    def spoil(self) -> None:
        """Nothing is taken any more."""
        self._ended = True

    @contextlib.contextmanager
    def _statement(self) -> Iterator[None]:
        if self._ended:
            raise RuntimeError("the transaction is over")
        self._running += 1
        try:
            with self._pulse.statement():
                yield
        except sqlite3.Error as problem:
            if self.fatal is None and is_fatal(problem):
                self.fatal = problem
            raise
        finally:
            self._running -= 1
