"""Whether a database file is sound, and what is in it: asked of every store and of every copy."""

import os
import sqlite3
from pathlib import Path

from engine.domain.errors import InputError
from engine.domain.value import Value
from engine.ports import Transaction
from engine.store.durable import CHUNK

RESTORE = "restore the last backup: tracedesk restore BACKUP --state DIR"
_TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY name"
)
_TAIL = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"


class Tally(Value, frozen=True, kw_only=True):
    """What a database holds: its schema, rows by table, and the last line of its audit."""

    schema: int
    rows: dict[str, int]
    audit_size: int
    audit_head: str


async def tally(tx: Transaction) -> Tally:
    """Of the store, in the caller's transaction."""
    version = await tx.row("PRAGMA user_version")
    names = [str(row["name"]) for row in await tx.rows(_TABLES)]
    rows = {str(row["name"]): int(row["n"]) for row in await tx.rows(_counts(names))}
    tail = await tx.row(_TAIL)
    return Tally(
        schema=int(version["user_version"]) if version else 0,
        rows=rows,
        audit_size=int(tail["seq"]) if tail else 0,
        audit_head=str(tail["hash"]) if tail else "",
    )


def tally_of(connection: sqlite3.Connection) -> Tally:
    """The same of a file that nobody writes. Raises sqlite3.DatabaseError."""
    names = [str(name) for (name,) in connection.execute(_TABLES)]
    tail = connection.execute(_TAIL).fetchone()
    return Tally(
        schema=int(connection.execute("PRAGMA user_version").fetchone()[0]),
        rows={str(name): int(n) for name, n in connection.execute(_counts(names))},
        audit_size=int(tail[0]) if tail else 0,
        audit_head=str(tail[1]) if tail else "",
    )


def check_sound(connection: sqlite3.Connection, path: Path, mend: str = RESTORE) -> None:
    """Raises InputError where the pages of a database do not fit together.

    Costs about 0.4 s for a GiB that the kernel has in memory. Pages of pictures lie scattered: read
    in that order from a cold disk it takes 15 s, so ``read_ahead`` goes first (1.3 s).
    """
    try:
        said = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.DatabaseError as problem:
        said = [str(problem)]
    if said != ["ok"]:
        raise InputError(f"is damaged ({' '.join(said[0].split())[:200]})", file=str(path), mend=mend)


def read_ahead(path: Path) -> None:
    """Have the kernel read a file from its beginning to its end. Never while this process has the
    database open: closing the file would give up the locks of that connection (POSIX)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        at = 0
        while piece := os.pread(descriptor, CHUNK, at):
            at += len(piece)
    finally:
        os.close(descriptor)


def reading(path: Path) -> sqlite3.Connection:
    """A connection to a copy that nobody writes; it makes no files beside it."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None)


def _counts(names: list[str]) -> str:
    """Names come from the database's own list of tables; quotes in them are doubled."""
    quoted = [(name.replace("'", "''"), name.replace('"', '""')) for name in names]
    parts = [f"SELECT '{text}' AS name, count(*) AS n FROM \"{table}\"" for text, table in quoted]  # noqa: S608
    return " UNION ALL ".join(parts) or "SELECT '' AS name, 0 AS n WHERE 0"
