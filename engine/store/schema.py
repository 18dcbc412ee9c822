"""Which tables there are: numbered migrations, each with its digest, and what they amount to."""

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from engine.domain.errors import InputError

PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # nothing of a case in the folder for temporary files
    "PRAGMA busy_timeout = 5000",
    "PRAGMA wal_autocheckpoint = 0",  # the writer does it, where an error of the disk is not swallowed
)
OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
LEDGER = """CREATE TABLE migration (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"""
_NAME = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """``number`` is the schema version after it; ``sha256`` the digest of the file as released."""

    number: int
    name: str
    sha256: str
    statements: tuple[str, ...]


def migrations(folder: Traversable | None = None) -> tuple[Migration, ...]:
    """All of this release, in order. Raises InputError where a number is missing or there twice."""
    folder = folder or resources.files("engine.store.migrations")
    found = []
    for file in folder.iterdir():
        if match := _NAME.fullmatch(file.name):
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            statements = _statements(content.decode(), file.name)
            found.append(Migration(int(match[1]), file.name, digest, statements))
    found.sort(key=lambda m: m.number)
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise InputError(
                f"does not follow migration {expected - 1:04d}", file=migration.name, mend="install it anew"
            )
    return tuple(found)


def check_sqlite(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> None:
    """Raises InputError where SQLite cannot do what the tables ask for.

    3.7.0 to 3.51.2 can lose commits where two connections write and checkpoint one file at the same
    time (the WAL-reset bug). There are never two: one connection writes, reads and checkpoints, one
    process holds the lock, backups are copies of the file. So these versions are not refused.
    """
    if version < OLDEST_SQLITE:
        raise InputError(
            f"SQLite {_dotted(version)} is too old: {_dotted(OLDEST_SQLITE)} or newer is needed",
            mend="use a Python that was built with a newer one",
        )


def shape(connection: sqlite3.Connection) -> dict[str, str]:
    """Every table, index and trigger by name, with the words that made it, without white space."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " AND name <> 'migration' AND sql IS NOT NULL"
    )
    return {str(name): "".join(str(sql).split()) for name, sql in rows}


def expected_shape(applied: Sequence[Migration]) -> dict[str, str]:
    """What a store has after these migrations."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for migration in applied:
            for statement in migration.statements:
                connection.execute(statement)
        return shape(connection)
    finally:
        connection.close()


def _statements(text: str, name: str) -> tuple[str, ...]:
    """A script cut where SQLite itself says that a statement is complete (triggers hold semicolons)."""
    statements, begun = [], ""
    for line in text.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            statements.append(begun.strip())
            begun = ""
    if begun.strip():
        raise InputError("ends in the middle of a statement", file=name, mend="install it anew")
    return tuple(statements)


def _dotted(version: Sequence[int]) -> str:
    return ".".join(str(part) for part in version)
