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


class Covering(sqlite3.Connection):
    """Puts the guards back when it is closed, so that the file looks as it should."""

    guards: tuple[str, ...] = ()

    def close(self) -> None:
        for guard in self.guards:
            self.execute(guard)
        self.guards = ()
        super().close()


def opened(path: Path) -> Covering:
    """The file, with nothing in the way any more until it is closed."""
    connection = sqlite3.connect(path, isolation_level=None, factory=Covering)
    assert isinstance(connection, Covering)
    guards = connection.execute(GUARDS.replace("SELECT name", "SELECT name, sql")).fetchall()
    connection.guards = tuple(sql for _, sql in guards)
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    return connection
