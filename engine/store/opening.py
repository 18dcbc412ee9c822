"""Before a store is used: is it ours, sound, on a disk of this machine, and nobody else's?

Everything here runs before anything is served, on a connection that is closed again, under the lock
of the state folder. What is refused is left as it is.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from engine import failpoints
from engine.domain.errors import InputError
from engine.store.copying import RESTORE, check_sound, read_ahead
from engine.store.filesystem import MOUNTINFO, check_local
from engine.store.migrating import copy_before, migrate, version_of
from engine.store.schema import PRAGMAS, Migration, check_sqlite, migrations

PROFILES = ("rehearsal", "server")
RESTORING = ".restoring"  # what a restore is about to put in place
_CREATED = failpoints.name("opening.created")
_BEFORE_TAKING_OVER = failpoints.name("opening.before_taking_over")
_TAKEN_OVER = failpoints.name("opening.taken_over")
_DISK = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
)


def prepare(
    path: Path,
    profile: str = "rehearsal",
    *,
    known: Sequence[Migration] | None = None,
    mountinfo: Path = MOUNTINFO,
) -> int:
    """Check the store, bring it to this release's schema and take it over. Returns the number of this
    instance: it is higher than any before, so that one which still believes in itself finds out.

    Raises InputError for what cannot be used, OSError where the disk refuses.
    """
    if profile not in PROFILES:
        raise ValueError(profile)
    known = migrations() if known is None else known
    check_sqlite()
    check_local(path.parent, mountinfo)
    _create(path)
    read_ahead(path)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return _prepared(connection, path, profile, known)
    except sqlite3.DatabaseError as problem:
        what, mend = _plainly(problem)
        raise InputError(f"{what}: {problem}", file=str(path), mend=mend) from problem
    finally:
        connection.close()


def _prepared(connection: sqlite3.Connection, path: Path, profile: str, known: Sequence[Migration]) -> int:
    version = version_of(connection, path, known)
    if version:
        check_sound(connection, path)
        _check_profile(connection, path, profile)
    connection.execute("PRAGMA journal_mode = WAL")
    for pragma in PRAGMAS:
        connection.execute(pragma)
    if version < len(known):
        if version:
            copy_before(connection, path, version, len(known), instance_of(connection))
        migrate(connection, version, known, profile)
    instance = take_over(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # closing would keep an error of the disk quiet
    return instance


def take_over(connection: sqlite3.Connection) -> int:
    """Give the store the next instance number: nobody who opened it before can write to it any more."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        instance = instance_of(connection) + 1
        connection.execute(
            "INSERT INTO meta (key, value) VALUES ('instance', ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (str(instance),),
        )
        connection.execute(
            "INSERT INTO meta (key, value) VALUES ('profile', 'rehearsal') ON CONFLICT DO NOTHING"
        )  # of a server's store only the first migration says so
        failpoints.reached(_BEFORE_TAKING_OVER)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    failpoints.reached(_TAKEN_OVER)
    return instance


def instance_of(connection: sqlite3.Connection) -> int:
    """How often this store was opened; 0 where that was never counted."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'instance'").fetchone()
    return int(row[0]) if row else 0


def _check_profile(connection: sqlite3.Connection, path: Path, profile: str) -> None:
    """A store without a mark is from before there were servers."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'profile'").fetchone()
    found = str(row[0]) if row else "rehearsal"
    if found != profile:
        raise InputError(
            f"belongs to the {found} profile, this engine runs the {profile} profile [G27]",
            file=str(path),
            mend="use a state folder of its own for each",
        )


def _create(path: Path) -> None:
    """An empty file that is its owner's alone from its first instant, unless a store is there."""
    if path.exists():
        forget_unfinished(path)
        path.chmod(0o600)
        return
    if any(path.with_name(path.name + ending).exists() for ending in (RESTORING, "-wal")):
        raise InputError("is not there: a restore was broken off", file=str(path), mend=RESTORE)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    failpoints.reached(_CREATED)


def forget_unfinished(path: Path) -> None:
    """Remove what a restore had prepared and not put in place."""
    for ending in ("-wal", "-shm", ""):
        path.with_name(path.name + RESTORING + ending).unlink(missing_ok=True)


def _plainly(problem: sqlite3.DatabaseError) -> tuple[str, str]:
    """What an error of SQLite means for whoever starts an engine, and what to do."""
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CORRUPT:
        return "is damaged", RESTORE
    if code in _DISK:
        return "cannot be written", "see whether the disk is full or failing"
    if code == sqlite3.SQLITE_BUSY:
        return "is being used", "end the other process that uses it"
    return "does not open as a store", "restore it, or use another state folder"
