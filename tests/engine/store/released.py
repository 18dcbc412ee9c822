"""Stores as earlier releases left them."""

import hashlib
import sqlite3
from pathlib import Path

from engine.store.schema import Migration, migrations

ROWS = {
    "case_file": 2,
    "record": 40,
    "authorisation": 1,
    "trace": 1,
    "candidate": 5,
    "view": 5,
    "decision": 3,
    "audit": 7,
}


def first_release(path: Path) -> None:
    """A store of schema 1: no ledger, no profile, no count of its openings; rows in the tables."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN")
    for statement in migrations()[0].statements:
        connection.execute(statement)
    _fill(connection)
    connection.execute("PRAGMA user_version = 1")
    connection.execute("COMMIT")
    connection.close()


def _fill(connection: sqlite3.Connection) -> None:
    sealed = b"sealed"
    put = connection.execute
    put("INSERT INTO meta VALUES ('latest_time', '2026-03-02T10:00:00+00:00 12.5')")
    for n in range(ROWS["case_file"]):
        put("INSERT INTO case_file VALUES (?, 'open', ?)", (f"case-{n}", sealed))
    for n in range(ROWS["record"]):
        put("INSERT INTO record VALUES (?, 'case-0', 'card', ?)", (f"record-{n}", sealed))
    put("INSERT INTO authorisation VALUES ('auth', 'case-0', 'approved', '2026-03-03', ?)", (sealed,))
    put(
        "INSERT INTO trace (trace_id, case_id, authorisation_id, number, state, queued)"
        " VALUES ('trace', 'case-0', 'auth', 1, 'running', '2026')"
    )
    put("UPDATE slot SET trace_id = 'trace' WHERE number = 1")
    for n in range(ROWS["candidate"]):
        put("INSERT INTO candidate VALUES (?, 'trace', 'case-0', ?, ?, ?)", (f"c-{n}", n + 1, sealed, sealed))
        put("INSERT INTO view VALUES (?, ?, 'kim', '2026', 120.0)", (f"v-{n}", f"c-{n}"))
    for n in range(ROWS["decision"]):
        put(
            "INSERT INTO decision VALUES (?, ?, ?, 'kim', '2026', 'same', NULL, '')",
            (f"d-{n}", f"c-{n}", n + 1),
        )
    for n in range(ROWS["audit"]):
        put("INSERT INTO audit VALUES (?, '{}', ?)", (n + 1, f"hash-{n}"))


def counted(path: Path) -> dict[str, int]:
    """Rows of those tables."""
    connection = sqlite3.connect(path)
    try:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ROWS}
    finally:
        connection.close()


def asked(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def made_up(number: int, *statements: str) -> Migration:
    """A migration of a release that is not there yet."""
    digest = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    return Migration(number, f"{number:04d}_made_up.sql", digest, statements)


def later(*statements: str) -> tuple[Migration, ...]:
    """This release's migrations and one more."""
    known = migrations()
    return (*known, made_up(len(known) + 1, *statements))
