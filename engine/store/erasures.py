"""Erasures: which cases are due, which wait for the custodian, which were begun and not finished."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.ports import Row, Transaction

ENGINE = "engine"
LATELY = timedelta(days=1)


class Because(StrEnum):
    CLOSED = "closed"  # by a person
    DUE = "due"
    AGAIN = "again"  # a database from before the erasure was put back


class ErasureState(StrEnum):
    WAITING = "waiting"
    INTENT = "intent"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """``keys`` is how many keys it takes along; ``confirmed_by`` the custodian, where one was needed."""

    case_id: str
    state: ErasureState
    because: Because
    asked_by: str
    due_at: datetime
    keys: int
    confirmed_by: str = ""


async def cases_due(tx: Transaction, now: datetime) -> list[tuple[str, Because, datetime]]:
    """Cases whose data has to go: closed ones, and those whose time has come. Begun ones are left out."""
    rows = await tx.rows(
        "SELECT c.case_id, c.state, c.erase_due, e.due_at"
        " FROM case_file c LEFT JOIN erasure e USING (case_id)"
        " WHERE c.state <> 'erased' AND (c.state = 'closed' OR c.erase_due IS NOT NULL)"
        " AND coalesce(e.state, '') <> 'intent' ORDER BY c.case_id"
    )
    found = []
    for row in rows:
        due_at = _time(row["erase_due"])
        if row["state"] == "closed":
            since = _time(row["due_at"]) or now
            found.append((str(row["case_id"]), Because.CLOSED, min(since, due_at or since)))
        elif due_at is not None and due_at <= now:
            found.append((str(row["case_id"]), Because.DUE, due_at))
    return found


async def put(tx: Transaction, erasure: Erasure, *, four_eyes: bool) -> None:
    """Note that a case waits or is begun. Who asked first, and who confirmed, stays."""
    await tx.execute(
        "INSERT INTO erasure (case_id, state, because, asked_by, due_at, keys, four_eyes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id) DO UPDATE SET"
        " state = excluded.state, because = excluded.because, keys = max(keys, excluded.keys)",
        (
            erasure.case_id,
            erasure.state,
            erasure.because,
            erasure.asked_by,
            erasure.due_at.isoformat(),
            erasure.keys,
            int(four_eyes),
        ),
    )


async def begun(tx: Transaction, case_id: str, now: datetime, boot_s: float) -> None:
    await tx.execute(
        "UPDATE erasure SET begun_at = ?, boot_s = ? WHERE case_id = ?", (now.isoformat(), boot_s, case_id)
    )


async def done(tx: Transaction, case_id: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE erasure SET state = 'done', done_at = ? WHERE case_id = ?", (now.isoformat(), case_id)
    )


async def of(tx: Transaction, case_id: str) -> Erasure | None:
    row = await tx.row("SELECT * FROM erasure WHERE case_id = ?", (case_id,))
    return None if row is None else _erasure(row)


async def in_state(tx: Transaction, state: ErasureState) -> tuple[Erasure, ...]:
    rows = await tx.rows("SELECT * FROM erasure WHERE state = ? ORDER BY case_id", (state,))
    return tuple(_erasure(row) for row in rows)


async def confirm(tx: Transaction, case_id: str, person: str) -> bool:
    """False where the case does not wait."""
    changed = await tx.execute(
        "UPDATE erasure SET confirmed_by = ? WHERE case_id = ? AND state = 'waiting'", (person, case_id)
    )
    return bool(changed)


async def forget_waiting(tx: Transaction, still_due: set[str]) -> None:
    """A case whose time was moved waits no longer."""
    for erasure in await in_state(tx, ErasureState.WAITING):
        if erasure.case_id not in still_due:
            await tx.execute("DELETE FROM erasure WHERE case_id = ?", (erasure.case_id,))


async def keys_lately(tx: Transaction, now: datetime, boot_s: float) -> int:
    """Keys that the sweep destroyed within a day, by either clock, and nobody confirmed."""
    rows = await tx.rows(
        "SELECT keys, begun_at, boot_s FROM erasure"
        " WHERE asked_by = ? AND confirmed_by = '' AND begun_at IS NOT NULL",
        (ENGINE,),
    )
    return sum(
        int(row["keys"])
        for row in rows
        if now - datetime.fromisoformat(row["begun_at"]) < LATELY
        or 0 <= boot_s - float(row["boot_s"]) < LATELY.total_seconds()
    )


def _erasure(row: Row) -> Erasure:
    return Erasure(
        case_id=row["case_id"],
        state=ErasureState(row["state"]),
        because=Because(row["because"]),
        asked_by=row["asked_by"],
        due_at=datetime.fromisoformat(row["due_at"]),
        keys=row["keys"],
        confirmed_by=row["confirmed_by"],
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
