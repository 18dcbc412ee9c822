"""Files of our own beside the database: synced, then renamed, then the folder synced."""

import hashlib
import os
from pathlib import Path

from engine import failpoints

CHUNK = 4 << 20
SYNC_EVERY = 16 << 20  # a copy in the background leaves the disk to the commits in between


class Points:
    """The failpoints around putting one kind of file in place; made once, at import."""

    def __init__(self, what: str) -> None:
        self.before_sync = failpoints.name(f"{what}.before_sync")
        self.after_sync = failpoints.name(f"{what}.after_sync")
        self.after_rename = failpoints.name(f"{what}.after_rename")
        self.after_folder_sync = failpoints.name(f"{what}.after_folder_sync")


def put_in_place(new: Path, target: Path, points: Points) -> None:
    """Make ``new`` durable under the name ``target``: after a crash it is there whole, or not at all.
    ``new`` may be a folder whose files are synced already. Raises OSError."""
    failpoints.reached(points.before_sync)
    sync(new)
    failpoints.reached(points.after_sync)
    new.rename(target)
    failpoints.reached(points.after_rename)
    sync(target.parent)
    failpoints.reached(points.after_folder_sync)


def sync(path: Path) -> None:
    """fsync a file or a folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_open(source: int, size: int, target: Path) -> None:
    """The first ``size`` bytes of an open file as a new file 0600, synced. ``source`` stays open and
    its position untouched. Raises OSError, FileExistsError where ``target`` is there."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        at = synced = 0
        while at < size:
            piece = os.pread(source, min(CHUNK, size - at), at)
            if not piece:
                raise OSError(f"{target.name}: the source ended early")
            _write_all(descriptor, piece)
            at += len(piece)
            if at - synced >= SYNC_EVERY:
                os.fdatasync(descriptor)
                synced = at
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, content: bytes) -> None:
    """A new file 0600, synced. Raises OSError, FileExistsError where it is there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_all(descriptor: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]
