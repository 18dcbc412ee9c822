"""Who works on which case. Staff stand here by name, patients never."""

from datetime import datetime

from engine.ports import Transaction


async def add(tx: Transaction, case_id: str, person: str, *, added_by: str, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO member (case_id, person, added_by, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (case_id, person, added_by, at.isoformat()),
    )


async def of_case(tx: Transaction, case_id: str) -> tuple[str, ...]:
    rows = await tx.rows("SELECT person FROM member WHERE case_id = ? ORDER BY rowid", (case_id,))
    return tuple(row["person"] for row in rows)


async def works_on(tx: Transaction, case_id: str, person: str) -> bool:
    found = await tx.row("SELECT 1 FROM member WHERE case_id = ? AND person = ?", (case_id, person))
    return found is not None


async def cases_of(tx: Transaction, person: str) -> frozenset[str]:
    rows = await tx.rows("SELECT case_id FROM member WHERE person = ?", (person,))
    return frozenset(row["case_id"] for row in rows)
