"""Brings a store to the tables of this release: forward only, one transaction each, by number.

The ledger in the store says which file made which version. A store that another release made, or
somebody's hand, is refused and left as it is; one that is to be changed is copied first.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from engine import failpoints
from engine.domain.errors import InputError
from engine.store.copying import check_sound, reading, tally_of
from engine.store.durable import Points, put_in_place
from engine.store.schema import LEDGER, Migration, expected_shape, shape

KEPT = 3  # copies from before a migration
_COPY = Points("migration_copy")
_BEFORE_COMMIT = failpoints.name("migration.before_commit")
_AFTER_COMMIT = failpoints.name("migration.after_commit")
_FOREIGN = "use another state folder, or restore a backup of this one"
_NOW = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"  # for people to read; nothing is decided by it


def version_of(connection: sqlite3.Connection, path: Path, known: Sequence[Migration]) -> int:
    """Schema version of the store, 0 for an empty file. Raises InputError where this release cannot
    go on with it; nothing is written."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    newest = len(known)
    if version > newest:
        raise InputError(
            f"was written by a newer tracedesk (schema {version}, this one knows {newest})",
            file=str(path),
            mend="install the newer tracedesk, or use another state folder",
        )
    _check_ledger(connection, path, known, version)
    found, expected = shape(connection), expected_shape(known[:version])
    if found != expected:
        changed = sorted(n for n in found.keys() | expected.keys() if found.get(n) != expected.get(n))
        raise InputError(
            f"does not hold the tables of schema {version} ({', '.join(changed)[:200]})",
            file=str(path),
            mend=_FOREIGN,
        )
    return version


def migrate(
    connection: sqlite3.Connection, version: int, known: Sequence[Migration], profile: str = "rehearsal"
) -> None:
    """From ``version`` to the newest; a new store is marked with its profile. After a crash the old or
    a new version is there, whole."""
    connection.execute("PRAGMA foreign_keys = OFF")  # asked of the whole store before each commit
    if not _has_ledger(connection):
        _in_transaction(connection, lambda: _begin_ledger(connection, known[:version]))
    for migration in known[version:]:
        _in_transaction(connection, lambda m=migration: _apply(connection, m, profile))  # type: ignore[misc]
        failpoints.reached(_AFTER_COMMIT)
    connection.execute("PRAGMA foreign_keys = ON")


def copy_before(connection: sqlite3.Connection, path: Path, version: int, newest: int, instance: int) -> Path:
    """A checked copy of a store that is about to be changed, in ``backups/`` beside it; the last three
    are kept. Raises InputError where it cannot be made."""
    folder = path.parent / "backups"
    target = folder / f"{path.stem}-schema-{version:04d}-before-{newest:04d}-{instance:08d}.sqlite"
    new = target.with_suffix(".new")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection.execute("VACUUM INTO ?", (str(new),))
        _check_copy(new, connection)
        put_in_place(new, target, _COPY)
    except (OSError, sqlite3.OperationalError) as problem:
        why = (getattr(problem, "strerror", None) or str(problem)).lower()
        raise InputError(
            f"the copy before the migration cannot be written ({why})",
            file=str(folder),
            mend="make room on that disk; the store is as it was",
        ) from problem
    made = sorted(folder.glob(f"{path.stem}-schema-*.sqlite"), key=lambda p: p.stat().st_mtime_ns)
    for old in [p for p in made if p != target][: -(KEPT - 1)]:
        old.unlink()
    return target


def _check_copy(copy: Path, original: sqlite3.Connection) -> None:
    connection = reading(copy)
    try:
        check_sound(connection, copy, mend="start again; the store is as it was")
        if tally_of(connection) != tally_of(original):
            raise InputError("differs from the store", file=str(copy), mend="start again")
    finally:
        connection.close()


def _check_ledger(
    connection: sqlite3.Connection, path: Path, known: Sequence[Migration], version: int
) -> None:
    if not _has_ledger(connection):
        if version > 1:  # the first release had none
            raise InputError("does not say how it was made", file=str(path), mend=_FOREIGN)
        return
    rows = connection.execute("SELECT number, sha256 FROM migration ORDER BY number").fetchall()
    if [number for number, _ in rows] != list(range(1, version + 1)):
        raise InputError(
            f"has schema {version}, but its list of migrations has a gap", file=str(path), mend=_FOREIGN
        )
    for migration, (_, digest) in zip(known, rows, strict=False):
        if digest != migration.sha256:
            raise InputError(
                f"was made with another {migration.name} than the one of this release",
                file=str(path),
                mend=_FOREIGN,
            )


def _apply(connection: sqlite3.Connection, migration: Migration, profile: str) -> None:
    for statement in migration.statements:
        connection.execute(statement)
    if migration.number == 1:
        connection.execute("INSERT INTO meta (key, value) VALUES ('profile', ?)", (profile,))
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise InputError(f"leaves rows of {broken[0]} without what they refer to", file=migration.name)
    _note(connection, migration)
    connection.execute(f"PRAGMA user_version = {migration.number:d}")


def _begin_ledger(connection: sqlite3.Connection, applied: Sequence[Migration]) -> None:
    connection.execute(LEDGER)
    for migration in applied:
        _note(connection, migration)


def _note(connection: sqlite3.Connection, migration: Migration) -> None:
    connection.execute(
        f"INSERT INTO migration (number, name, sha256, applied_at) VALUES (?, ?, ?, {_NOW})",  # noqa: S608
        (migration.number, migration.name, migration.sha256),
    )


def _in_transaction(connection: sqlite3.Connection, work: Callable[[], None]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        work()
        failpoints.reached(_BEFORE_COMMIT)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _has_ledger(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'migration'").fetchone())
