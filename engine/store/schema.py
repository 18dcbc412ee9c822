"""Which tables there are: numbered migrations, applied in order, each with its digest."""

import hashlib
import re
import sqlite3
from dataclasses import dataclass
from importlib import resources

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = ON",
    "PRAGMA busy_timeout = 5000",
)
_NAME = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """``number`` is the schema version after it; ``sha256`` the digest of the file as released."""

    number: int
    name: str
    sha256: str
    statements: tuple[str, ...]


def migrations() -> tuple[Migration, ...]:
    """All of this release, in order."""
    found = []
    for file in resources.files("engine.store.migrations").iterdir():
        if match := _NAME.fullmatch(file.name):
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            found.append(Migration(int(match[1]), file.name, digest, _statements(content.decode())))
    return tuple(sorted(found, key=lambda m: m.number))


def _statements(text: str) -> tuple[str, ...]:
    """A script cut where SQLite itself says that a statement is complete (triggers hold semicolons)."""
    statements, begun = [], ""
    for line in text.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            statements.append(begun.strip())
            begun = ""
    return tuple(statements)
