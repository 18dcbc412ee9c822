"""The one writer: a single connection behind a single task, with group commit.

Every transaction is a coroutine that runs whole, also when whoever asked for it has gone. What is
asked for at the same time is committed together; results are handed out after the commit is
durable. Reads go through the same queue, so nobody sees an uncommitted row.
"""

import asyncio
import fcntl
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import aiosqlite

from engine.domain.errors import InputError
from engine.ports import Row, Transaction
from engine.store.schema import PRAGMAS, migrations

T = TypeVar("T")
GROUP = 64  # transactions that may share one commit


class StoreBroken(Exception):
    """A commit failed. Nothing is acknowledged any more; the engine has to start again."""


class _Open:
    """The open transaction of the writer. Not valid after its coroutine has ended."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        cursor = await self._connection.execute(sql, tuple(parameters))
        changed = cursor.rowcount
        await cursor.close()
        return changed

    async def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return cast(list[Row], list(await self._connection.execute_fetchall(sql, tuple(parameters))))

    async def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        found = await self.rows(sql, parameters)
        return found[0] if found else None


class _Asked:
    def __init__(self, work: Callable[[Transaction], Awaitable[Any]], answer: asyncio.Future[Any]) -> None:
        self.work = work
        self.answer = answer


class SqliteStore:
    """A Store in one file. Use as an async context manager; holds a lock beside the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: asyncio.Queue[_Asked | None] = asyncio.Queue()
        self._broken: Exception | None = None

    async def __aenter__(self) -> Self:
        self._lock = lock_alone(self._path.with_suffix(".lock"))
        try:
            await self._open()
        except BaseException:
            os.close(self._lock)
            raise
        self._task = asyncio.create_task(self._write(), name="store writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._queue.put_nowait(None)
        await self._task
        await self._connection.close()
        os.close(self._lock)

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        if self._broken:
            raise StoreBroken(str(self._broken)) from self._broken
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Asked(work, answer))
        return await asyncio.shield(answer)

    async def _open(self) -> None:
        """Raises InputError for a file that is no store, or a newer one; then nothing stays open."""
        self._connection = await aiosqlite.connect(self._path, isolation_level=None)
        try:
            self._connection.row_factory = aiosqlite.Row
            self._path.chmod(0o600)
            for pragma in PRAGMAS:
                await self._connection.execute(pragma)
            await self._migrate()
        except BaseException as problem:
            await self._connection.close()  # its thread would keep the process alive
            if isinstance(problem, aiosqlite.DatabaseError):
                raise InputError(
                    f"does not open as a store: {problem}",
                    file=str(self._path),
                    mend="restore it, or use another state folder",
                ) from None
            raise

    async def _migrate(self) -> None:
        cursor = await self._connection.execute("PRAGMA user_version")
        found = await cursor.fetchone()
        version = int(found[0]) if found else 0
        known = migrations()
        if version > known[-1].number:
            raise InputError(
                f"was written by a newer tracedesk (schema {version}, this one knows {known[-1].number})",
                file=str(self._path),
                mend="install the newer tracedesk, or use another state folder",
            )
        for migration in known[version:]:
            await self._connection.execute("BEGIN IMMEDIATE")
            for statement in migration.statements:
                await self._connection.execute(statement)
            await self._connection.execute(f"PRAGMA user_version = {migration.number}")
            await self._connection.execute("COMMIT")

    async def _write(self) -> None:
        while (first := await self._queue.get()) is not None:
            group = [first]
            last = False
            while len(group) < GROUP and not self._queue.empty():
                asked = self._queue.get_nowait()
                if asked is None:
                    last = True
                    break
                group.append(asked)
            await self._commit(group)
            if last:
                return

    async def _commit(self, group: list[_Asked]) -> None:
        outcomes: list[tuple[_Asked, Any, BaseException | None]] = []
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
            for asked in group:
                await self._connection.execute("SAVEPOINT one")
                try:
                    result = await asked.work(_Open(self._connection))
                except Exception as problem:
                    await self._connection.execute("ROLLBACK TO one")
                    outcomes.append((asked, None, problem))
                else:
                    outcomes.append((asked, result, None))
                await self._connection.execute("RELEASE one")
            await self._connection.execute("COMMIT")
        except Exception as problem:  # the disk said no: nothing of this group is acknowledged
            self._broken = problem
            for asked in group:
                _fail(asked, StoreBroken(f"the store could not be written: {problem}"))
            return
        for asked, result, refused in outcomes:
            if refused is not None:
                _fail(asked, refused)
            elif not asked.answer.done():
                asked.answer.set_result(result)


def _fail(asked: _Asked, problem: BaseException) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(problem)
        asked.answer.exception()  # looked at here: whoever asked may have gone


def lock_alone(path: Path) -> int:
    """Hold ``path`` locked for this process. Raises InputError where another engine has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise InputError(
            "another engine is using this state folder",
            file=str(path.parent),
            mend="use the running one, stop it, or name another folder with --state",
        ) from None
    return descriptor
