"""Files of keys: there whole or not at all; and when they have to go, overwritten before they go.

What software can do about remnants is done here: old bytes are overwritten in place and synced before
their name is given up. A disk or a snapshot that keeps old blocks is why keys also change epochs.
"""

import contextlib
import os
import secrets
from pathlib import Path

from engine import failpoints

BEFORE_WRITE_SYNC = failpoints.name("keys.before_write_sync")
AFTER_WRITE_SYNC = failpoints.name("keys.after_write_sync")
AFTER_RENAME = failpoints.name("keys.after_rename")
AFTER_FOLDER_SYNC = failpoints.name("keys.after_folder_sync")
BEFORE_SCRUB = failpoints.name("keys.before_scrub")
BEFORE_SCRUB_SYNC = failpoints.name("keys.before_scrub_sync")
AFTER_SCRUB_SYNC = failpoints.name("keys.after_scrub_sync")
BEFORE_TAKING = failpoints.name("keys.before_taking_its_place")
AFTER_TAKING = failpoints.name("keys.after_taking_its_place")
AFTER_TAKING_SYNC = failpoints.name("keys.after_taking_its_place_sync")
AFTER_UNLINK = failpoints.name("keys.after_unlink")
AFTER_UNLINK_SYNC = failpoints.name("keys.after_unlink_sync")


def replace_durably(path: Path, content: bytes) -> None:
    """Write whole, sync, rename, sync the folder: after a crash the old or the new file is there."""
    _write_beside(path, content, onto=path)
    _sync_folder(path.parent)
    failpoints.reached(AFTER_FOLDER_SYNC)


def supersede(path: Path, content: bytes) -> None:
    """Replace a file whose old content must not linger: it is overwritten before its name goes.

    The new content is in force as soon as it lies under the name that ``_next`` gives; from there on
    ``read`` finds it and ``settle`` goes on after a crash. Before that the old one is in force.
    """
    settle(path)
    _write_beside(path, content, onto=_next(path))
    settle(path)


def identity(path: Path) -> tuple[int, ...]:
    """Which file is in force: it is another one after every write. Raises FileNotFoundError."""
    try:
        found = _next(path).stat()
    except FileNotFoundError:
        found = path.stat()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def read(path: Path) -> bytes:
    """The content in force. Raises FileNotFoundError."""
    with contextlib.suppress(FileNotFoundError):
        return _next(path).read_bytes()
    return path.read_bytes()


def exists(path: Path) -> bool:
    return path.exists() or _next(path).exists()


def unsettled(path: Path) -> bool:
    """True while old content waits to be overwritten."""
    return _next(path).exists()


def settle(path: Path) -> None:
    """Finish what ``supersede`` began, and throw away what was never finished."""
    _new(path).unlink(missing_ok=True)
    if not _next(path).exists():
        return
    _sync_folder(path.parent)  # before it is durable that the new one is there, the old one stays whole
    failpoints.reached(AFTER_FOLDER_SYNC)
    if path.exists():
        _scrub(path)
    failpoints.reached(BEFORE_TAKING)
    _next(path).rename(path)
    failpoints.reached(AFTER_TAKING)
    _sync_folder(path.parent)
    failpoints.reached(AFTER_TAKING_SYNC)


def destroy(path: Path) -> None:
    """Overwrite a file in place, sync, unlink, sync the folder. One that is not there is gone already."""
    for one in (_new(path), _next(path), path):
        if one.exists():
            _scrub(one)
            one.unlink()
    failpoints.reached(AFTER_UNLINK)
    _sync_folder(path.parent)
    failpoints.reached(AFTER_UNLINK_SYNC)


def _write_beside(path: Path, content: bytes, *, onto: Path) -> None:
    new = _new(path)
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            failpoints.reached(BEFORE_WRITE_SYNC)
            os.fsync(file.fileno())
        failpoints.reached(AFTER_WRITE_SYNC)
        new.rename(onto)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    failpoints.reached(AFTER_RENAME)


def _scrub(path: Path) -> None:
    failpoints.reached(BEFORE_SCRUB)
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(os.fstat(descriptor).st_size))
        file.flush()
        failpoints.reached(BEFORE_SCRUB_SYNC)
        os.fsync(descriptor)
    failpoints.reached(AFTER_SCRUB_SYNC)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _next(path: Path) -> Path:
    return path.with_name(path.name + ".next")
