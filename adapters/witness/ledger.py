"""A file to which lines are added and from which nothing is ever taken.

Every line is durable before it counts. Each time the file is looked at first: whether it is still the
one that was opened, has no second name, and has not become shorter.
"""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from engine import failpoints
from engine.domain.errors import InputError

BEFORE_SYNC = failpoints.name("ledger.before_fsync")
AFTER_SYNC = failpoints.name("ledger.after_fsync")
BEFORE_FOLDER_SYNC = failpoints.name("ledger.before_folder_fsync")
AFTER_FOLDER_SYNC = failpoints.name("ledger.after_folder_fsync")
BLOCK = 64 * 1024


class Ledger:
    """Use as a context manager, or call ``close``. Raises InputError where somebody meddled with the
    file, OSError where the disk says no: then the line does not count, and is cut off again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        there = path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._size = 0
        try:
            if not there:
                _sync_folder(path.parent)
            with self._alone():
                self._look()
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._file)

    def last(self) -> bytes | None:
        """The last line, without its end; None where there is none."""
        with self._alone():
            self._look()
            return self._last()

    def append(self, line: bytes) -> None:
        """Add a line; on return it is durable."""
        if b"\n" in line:
            raise ValueError("one line at a time")
        with self._alone():
            self._look()
            try:
                written = os.write(self._file, line + b"\n")
                if written != len(line) + 1:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                failpoints.reached(BEFORE_SYNC)
                os.fsync(self._file)
                failpoints.reached(AFTER_SYNC)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self._size)
                raise
            self._size += written

    def lines(self, start: int = 0) -> Iterator[bytes]:
        """All lines as they stand, oldest first; from the one on that begins at byte ``start``."""
        with self._alone():
            self._look()
            end = self._size
        with os.fdopen(os.dup(self._file), "rb", closefd=True) as reading:
            position = start
            while position < end:
                reading.seek(position)
                line = reading.readline()
                position += len(line)
                yield line.removesuffix(b"\n")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process writes meanwhile: ``tracedesk witness accept`` beside a running server."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _look(self) -> None:
        here = os.fstat(self._file)
        try:
            there = self._path.lstat()
        except FileNotFoundError:
            raise self._meddled("was taken away", "put it back where it was") from None
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino) or not stat.S_ISREG(there.st_mode):
            raise self._meddled("is another file than before", "put the first one back; rotate it never")
        if here.st_nlink != 1:
            raise self._meddled("has a second name", "remove the other link")
        if here.st_size < self._size:
            raise self._meddled("became shorter", "put the lines back that were cut off")
        self._size = self._whole(here.st_size)

    def _whole(self, size: int) -> int:
        """Size without what a crash left half written at the end: nobody was told that it is kept."""
        if size == self._size or os.pread(self._file, 1, size - 1) == b"\n":
            return size
        at = size
        while at > self._size:
            start = max(self._size, at - BLOCK)
            found = os.pread(self._file, at - start, start).rfind(b"\n")
            if found >= 0:
                at = start + found + 1
                break
            at = start
        os.ftruncate(self._file, at)
        os.fsync(self._file)
        return at

    def _last(self) -> bytes | None:
        if self._size == 0:
            return None
        end, tail = self._size - 1, b""
        while end > 0:
            start = max(0, end - BLOCK)
            block = os.pread(self._file, end - start, start)
            found = block.rfind(b"\n")
            tail = block[found + 1 :] + tail
            if found >= 0:
                break
            end = start
        return tail

    def _meddled(self, problem: str, mend: str) -> InputError:
        return InputError(problem, file=str(self._path), mend=mend)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        failpoints.reached(BEFORE_FOLDER_SYNC)
        os.fsync(descriptor)
        failpoints.reached(AFTER_FOLDER_SYNC)
    finally:
        os.close(descriptor)
