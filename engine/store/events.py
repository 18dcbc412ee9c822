"""The event table: state changes in the order in which they became durable."""

from datetime import datetime

from engine.domain.event import Event
from engine.ports import Transaction

KEPT = 100_000  # a console that was away for longer than this reads everything anew


async def note(
    tx: Transaction, *, at: datetime, kind: str, object_id: str, state: str, case_id: str = ""
) -> None:
    """Tell of a change in the transaction that makes it."""
    await tx.execute(
        "INSERT INTO event (at, kind, object, state, case_id) VALUES (?, ?, ?, ?, ?)",
        (at.isoformat(), kind, object_id, state, case_id),
    )


async def after(tx: Transaction, seq: int, limit: int = 1000) -> list[Event]:
    """Events after a cursor, oldest first."""
    rows = await tx.rows("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return [
        Event(
            seq=row["seq"],
            at=datetime.fromisoformat(row["at"]),
            kind=row["kind"],
            object_id=row["object"],
            state=row["state"],
            case_id=row["case_id"],
        )
        for row in rows
    ]


async def newest(tx: Transaction) -> int:
    """The cursor of somebody who knows everything so far; 0 where nothing has happened."""
    row = await tx.row("SELECT max(seq) AS seq FROM event")
    return int(row["seq"] or 0) if row else 0


async def oldest(tx: Transaction) -> int:
    """The first number that is still kept; 0 where nothing has happened."""
    row = await tx.row("SELECT min(seq) AS seq FROM event")
    return int(row["seq"] or 0) if row else 0


async def forget_old(tx: Transaction) -> int:
    """Drop all but the last ``KEPT``; returns how many went. Numbers are never given twice."""
    return await tx.execute("DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ?", (KEPT,))
