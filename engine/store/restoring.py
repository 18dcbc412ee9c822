"""Puts a backup in the place of a store, with the engine stopped. Keys are not touched.

At every instant the old store is there, or the new one, or neither and an engine refuses to start
until the restore was done again. The old database and its log stay beside it as ``.replaced``.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from engine import failpoints
from engine.domain.errors import InputError
from engine.store.backup import DATABASE, Manifest, check_backup, read_manifest
from engine.store.durable import Points, copy_open, put_in_place, sync
from engine.store.filesystem import MOUNTINFO, check_local
from engine.store.lock import lock_alone
from engine.store.opening import RESTORING, forget_unfinished, take_over
from engine.store.schema import Migration

REPLACED = ".replaced"
KEY_FILE = "keys.json"
RESTORED_FROM = "restored_from"  # in meta: JSON of a Restored
_POINTS = Points("restore")
_CHECKED = failpoints.name("restore.checked")
_OLD_ASIDE = failpoints.name("restore.old_aside")
_LOG_ASIDE = failpoints.name("restore.log_aside")


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """Where a store came from: with it the audit can be younger than what a witness remembers."""

    backup: str
    created_at: str
    sha256: str
    audit_size: int
    audit_head: str


def restore(
    backup: Path,
    state: Path,
    *,
    key_file: Path | None = None,
    known: Sequence[Migration] | None = None,
    mountinfo: Path = MOUNTINFO,
) -> Manifest:
    """Raises InputError where an engine runs on ``state``, the backup is not whole, or the key file is
    not there: without it every case would be taken for erased. The store is as it was then."""
    manifest = read_manifest(backup)
    keys = key_file or state / KEY_FILE
    if not keys.is_file():
        raise InputError(
            "is not there, and a backup holds no keys", file=str(keys), mend="put the key file in place first"
        )
    check_local(state, mountinfo)
    target = state / DATABASE
    new = target.with_name(target.name + RESTORING)
    with _stopped(state), _plain_about_disks(state):
        forget_unfinished(target)
        _copy(backup / DATABASE, new)
        check_backup(new, manifest, known)
        _mark(new, manifest)
        sync(new)
        failpoints.reached(_CHECKED)
        try:
            _put_aside(target)
            put_in_place(new, target, _POINTS)
        except OSError:
            _put_back(target)
            raise
    return manifest


def _copy(source: Path, new: Path) -> None:
    descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        copy_open(descriptor, os.fstat(descriptor).st_size, new)
    finally:
        os.close(descriptor)


def _mark(new: Path, manifest: Manifest) -> None:
    restored = Restored(
        backup=manifest.name,
        created_at=manifest.created_at.isoformat(),
        sha256=manifest.sha256,
        audit_size=manifest.audit_size,
        audit_head=manifest.audit_head,
    )
    connection = sqlite3.connect(new, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (RESTORED_FROM, msgspec.json.encode(restored).decode()),
        )
    finally:
        connection.close()  # writes its log back


def _put_aside(target: Path) -> None:
    """The database and its log, as a pair that still opens. Done again after a crash it loses nothing."""
    aside = target.with_name(target.name + REPLACED)
    log, shared = (target.with_name(target.name + ending) for ending in ("-wal", "-shm"))
    if target.exists():
        _end_instance(target)
        for ending in ("-wal", "-shm"):
            aside.with_name(aside.name + ending).unlink(missing_ok=True)
        target.rename(aside)
        failpoints.reached(_OLD_ASIDE)
    if log.exists():
        log.rename(aside.with_name(aside.name + "-wal"))
    shared.unlink(missing_ok=True)
    sync(target.parent)
    failpoints.reached(_LOG_ASIDE)


def _put_back(target: Path) -> None:
    aside = target.with_name(target.name + REPLACED)
    if not target.exists() and aside.exists():
        log = aside.with_name(aside.name + "-wal")
        if log.exists():
            log.rename(target.with_name(target.name + "-wal"))
        aside.rename(target)


def _end_instance(target: Path) -> None:
    """An engine that sleeps, or whose lock file somebody deleted, finds itself replaced when it wakes."""
    connection = sqlite3.connect(target, isolation_level=None)
    try:
        take_over(connection)
    except sqlite3.DatabaseError as problem:
        if getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise InputError(
                "is being written", file=str(target), mend="end the process that uses it"
            ) from None
    finally:
        connection.close()


@contextlib.contextmanager
def _stopped(state: Path) -> Iterator[None]:
    lock = lock_alone((state / DATABASE).with_suffix(".lock"))
    try:
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def _plain_about_disks(state: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.OperationalError) as problem:
        why = (getattr(problem, "strerror", None) or str(problem)).lower()
        raise InputError(
            f"the backup cannot be put in place ({why})",
            file=str(state),
            mend="mend that, then restore again",
        ) from problem
