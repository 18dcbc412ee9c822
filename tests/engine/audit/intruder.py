"""Somebody with the database file in hand: takes the guards out, then does as they please."""

import sqlite3
from pathlib import Path

from engine.ports import Transaction
from engine.store.writer import SqliteStore

GUARDS = (
    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND (name LIKE 'audit%' OR name LIKE 'check%')"
)


async def take_guards_out(store: SqliteStore) -> None:
    async def drop(tx: Transaction) -> None:
        for row in await tx.rows(GUARDS):
            await tx.execute(f"DROP TRIGGER {row['name']}")

    await store.run(drop)


def opened(path: Path) -> sqlite3.Connection:
    """The file, with nothing in the way any more."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute(GUARDS).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection
