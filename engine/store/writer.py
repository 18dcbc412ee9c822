"""The one writer: a single connection behind a single task, with group commit.

Every transaction is a coroutine that runs whole, also when whoever asked for it has gone. What is
asked for at the same time is committed together; results are handed out after the commit is
durable. Reads go through the same queue, so nobody sees an uncommitted row.

When the disk once refuses a commit, or another engine has taken the store over, nothing is
acknowledged any more: after a failed sync nobody can know what the disk holds. The engine ends, and
the next one reads what is really there.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite

from engine import failpoints
from engine.domain.errors import InputError
from engine.ports import Transaction
from engine.store.durable import copy_open
from engine.store.lock import lock_alone
from engine.store.opening import prepare
from engine.store.pulse import Pulse
from engine.store.schema import PRAGMAS
from engine.store.transaction import Open, StoreBroken, is_fatal
from engine.store.whole import whole

__all__ = ["GROUP", "SqliteStore", "StoreBroken"]

T = TypeVar("T")
Outcome = tuple["_Asked", Any, BaseException | None]
GROUP = 64  # transactions that may share one commit
WAL_BYTES = 4 << 20  # length of the log at which it is written back into the file
_BEFORE_COMMIT = failpoints.name("writer.before_commit")
_AFTER_COMMIT = failpoints.name("writer.after_commit")
_BEFORE_CHECKPOINT = failpoints.name("writer.before_checkpoint")
_AFTER_CHECKPOINT = failpoints.name("writer.after_checkpoint")


class _Asked:
    """``alone``: not in a group; afterwards the file itself holds what this transaction saw."""

    def __init__(
        self,
        work: Callable[[Transaction], Awaitable[Any]],
        answer: asyncio.Future[Any],
        alone: bool = False,
    ) -> None:
        self.work = work
        self.answer = answer
        self.alone = alone


class SqliteStore:
    """A Store in one file. Use as an async context manager; holds a lock beside the file.

    ``on_broken`` is called once, when nothing can be acknowledged any more: whoever put the engine
    together ends the process then. ``now_s`` gives seconds that only run forward.
    """

    def __init__(
        self,
        path: Path,
        profile: str = "rehearsal",
        on_broken: Callable[[], None] = lambda: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.instance = 0
        self._path = path
        self._wal = path.with_name(path.name + "-wal")
        self._profile = profile
        self._on_broken = on_broken
        self._pulse = Pulse(now_s)
        self._queue: asyncio.Queue[_Asked | None] = asyncio.Queue()
        self._kept_back: _Asked | None = None
        self._broken: BaseException | None = None
        self._closing = False
        self._checkpoint_at = WAL_BYTES
        self._held = False  # the file is being copied: no checkpoint
        self._copying = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Raises InputError for a store that cannot be used; then nothing stays open."""
        self._lock = lock_alone(self._path.with_suffix(".lock"))
        try:
            self.instance = prepare(self._path, self._profile)
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)  # see copy
            try:
                self._connection = await _connected(self._path)
            except BaseException:
                os.close(self._file)
                raise
        except BaseException:
            os.close(self._lock)
            raise
        self._task = asyncio.create_task(self._write(), name="store writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        """What was asked for before is done before. Runs to its end whoever gives up waiting."""
        self._closing = True
        await whole(self._close())

    @property
    def silent_s(self) -> float:
        """How long the writer has been at one and the same step; 0.0 where it has nothing to do."""
        return self._pulse.silent_s

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Raises StoreBroken where the store can no longer be written, or is closed."""
        result: T = await self._ask(work)
        return result

    async def copy(self, target: Path, look: Callable[[Transaction], Awaitable[T]]) -> T:
        """The whole store as one new file, and what ``look`` saw in that very state. The file is not
        checked. Others are served meanwhile.

        In WAL mode only a checkpoint writes to the file of the database. So the log is written back,
        no checkpoint runs until the copy is made, and what is committed meanwhile goes to the log. The
        descriptor that is read from was opened before the connection and is closed after it: closing
        any descriptor of a database gives up the locks of its connections (POSIX).
        """
        async with self._copying:
            return await whole(self._copied(target, look))

    async def write_back(self) -> bool:
        """Write the log back into the file and cut it, so that nothing of what was deleted is left in it.
        False where another process reads the store just now."""

        async def nothing(tx: Transaction) -> None:
            return None

        async with self._copying:
            try:
                await self._ask(nothing, alone=True)
            except InputError:
                return False
        return True

    async def _copied(self, target: Path, look: Callable[[Transaction], Awaitable[T]]) -> T:
        self._held = True
        seen: T
        try:
            seen, size = await self._ask(look, alone=True)
            await asyncio.to_thread(copy_open, self._file, size, target)
        finally:
            self._held = False
        return seen

    async def _ask(self, work: Callable[[Transaction], Awaitable[Any]], alone: bool = False) -> Any:
        if self._broken or self._closing:
            raise StoreBroken(self._why()) from self._broken
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Asked(work, answer, alone))
        return await asyncio.shield(answer)

    async def _write(self) -> None:
        """Ends when asked to, or broken; never with somebody left waiting."""
        group: list[_Asked] = []
        try:
            while group := await self._next_group():
                with self._pulse.working():
                    outcomes = await self._commit(group)
                    if group[0].alone:
                        outcomes = [await self._in_the_file(*outcome) for outcome in outcomes]
                    for asked, result, refused in outcomes:
                        _answer(asked, result, refused)
                    await self._checkpoint_when_long()
        except BaseException as problem:  # the disk said no: nothing of this group is acknowledged
            self._break(problem)
            if not isinstance(problem, Exception):
                raise
        finally:
            left = [self._kept_back, *(self._queue.get_nowait() for _ in range(self._queue.qsize()))]
            for one in [*group, *left]:
                if one is not None:
                    _answer(one, None, StoreBroken(self._why()))
            await self._roll_back()

    async def _next_group(self) -> list[_Asked]:
        """What is committed together next; empty when the store is to be closed."""
        first = self._kept_back or await self._queue.get()
        self._kept_back = None
        group = [first] if first else []
        while group and not group[0].alone and len(group) < GROUP and not self._queue.empty():
            asked = self._queue.get_nowait()
            if asked is None:
                self._queue.put_nowait(None)  # the last one in it
                break
            if asked.alone:
                self._kept_back = asked
                break
            group.append(asked)
        return group

    async def _commit(self, group: list[_Asked]) -> list[Outcome]:
        """Raises whatever makes the store unusable; then nothing of the group may be acknowledged."""
        outcomes: list[Outcome] = []
        execute = self._execute
        several = len(group) > 1
        await execute("BEGIN IMMEDIATE")
        await self._check_still_ours()
        for asked in group:
            if several:
                await execute("SAVEPOINT one")  # hides the one before; the commit releases them all
            outcome = await self._one(asked)
            if not self._connection.in_transaction:
                raise StoreBroken("a transaction was ended from inside")
            if outcome[2] is not None:
                await execute("ROLLBACK TO one" if several else "ROLLBACK")
            outcomes.append(outcome)
        if self._connection.in_transaction:
            failpoints.reached(_BEFORE_COMMIT)
            await execute("COMMIT")
            failpoints.reached(_AFTER_COMMIT)
        return outcomes

    async def _execute(self, sql: str) -> None:
        with self._pulse.statement():
            await self._connection.execute(sql)

    async def _one(self, asked: _Asked) -> Outcome:
        """What only this transaction did wrong is its outcome."""
        tx = Open(self._connection, self._pulse)
        refused: BaseException | None
        try:
            result = await asked.work(tx)
            tx.end()
        except (Exception, asyncio.CancelledError) as problem:
            task = asyncio.current_task()
            if is_fatal(problem) or (task and task.cancelling()):
                raise
            result, refused = None, problem
        else:
            refused = None
        finally:
            tx.spoil()
        if tx.fatal:  # the coroutine saw it and went on, or said it in words of its own
            raise tx.fatal
        return asked, result, refused

    async def _check_still_ours(self) -> None:
        with self._pulse.statement():
            asked = await self._connection.execute_fetchall("SELECT value FROM meta WHERE key = 'instance'")
        rows = list(asked)
        if not rows or rows[0][0] != str(self.instance):
            raise StoreBroken("another engine has taken over this store")

    async def _checkpoint_when_long(self) -> None:
        """Write the log back into the file, after the answers. Not while somebody outside reads it."""
        if self._held:
            return
        try:
            length = self._wal.stat().st_size
        except FileNotFoundError:
            return
        if length >= self._checkpoint_at:
            self._checkpoint_at = WAL_BYTES if await self._checkpoint() else length + WAL_BYTES

    async def _in_the_file(self, asked: _Asked, seen: Any, refused: BaseException | None) -> Outcome:
        """Write the log back whole; the length of the file joins the answer."""
        if refused is None and not await self._checkpoint():
            refused = InputError(
                "is being read by another process", file=str(self._path), mend="end that, then ask again"
            )
        return asked, (seen, os.fstat(self._file).st_size), refused

    async def _checkpoint(self) -> bool:
        execute = self._execute
        failpoints.reached(_BEFORE_CHECKPOINT)
        await execute("PRAGMA busy_timeout = 0")
        with self._pulse.statement():
            rows = list(await self._connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)"))
        await execute("PRAGMA busy_timeout = 5000")
        failpoints.reached(_AFTER_CHECKPOINT)
        return int(rows[0][0]) == 0

    async def _roll_back(self) -> None:
        try:
            if self._connection.in_transaction:
                await self._connection.execute("ROLLBACK")
        except (sqlite3.Error, ValueError):
            return  # SQLite has done so by itself, or the next engine will

    def _break(self, problem: BaseException) -> None:
        if self._broken is None:
            self._broken = problem
            self._on_broken()

    def _why(self) -> str:
        return f"the store could not be written: {self._broken}" if self._broken else "the store is closed"

    async def _close(self) -> None:
        self._queue.put_nowait(None)
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()  # whoever waited was told
        async with self._copying:
            try:
                await self._connection.close()
            finally:
                os.close(self._file)
                os.close(self._lock)


async def _connected(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None)
    try:
        connection.row_factory = aiosqlite.Row
        for pragma in PRAGMAS:
            await connection.execute(pragma)
    except BaseException:
        await connection.close()  # its thread would keep the process alive
        raise
    return connection


def _answer(asked: _Asked, result: Any, refused: BaseException | None) -> None:
    if asked.answer.done():
        return
    if refused is None:
        asked.answer.set_result(result)
    elif isinstance(refused, asyncio.CancelledError):
        asked.answer.cancel()
    else:
        asked.answer.set_exception(refused)
        asked.answer.exception()  # looked at here: whoever asked may have gone
