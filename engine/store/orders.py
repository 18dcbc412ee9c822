"""Epidemic orders: public papers, nothing of them is sealed."""

import json
from collections.abc import Iterable
from datetime import datetime

from engine.domain.errors import Unknown
from engine.domain.interval import Interval
from engine.domain.order import EpidemicOrder, OrderState
from engine.domain.person import Person
from engine.ports import Row, Transaction


async def add(tx: Transaction, order: EpidemicOrder, person: Person) -> None:
    """A proposed order. One of a rehearsal may begin approved."""
    await tx.execute(
        "INSERT INTO epidemic_order (order_id, number, authority, disease, document_sha256, starts_at,"
        " ends_at, extends, state, four_eyes, proposed_by, proposed_uid, proposed_login, proposed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.order_id,
            order.number,
            order.authority,
            order.disease,
            order.document_sha256,
            order.interval.start.isoformat(),
            order.interval.end.isoformat(),
            order.extends,
            order.state,
            int(order.four_eyes),
            person.name,
            person.uid,
            person.login_uid,
            order.proposed_at.isoformat(),
        ),
    )


async def approve(tx: Transaction, order_id: str, person: Person, at: datetime) -> None:
    await tx.execute(
        "UPDATE epidemic_order SET state = ?, approved_by = ?, approved_uid = ?, approved_login = ?,"
        " approved_at = ?, version = version + 1 WHERE order_id = ?",
        (OrderState.APPROVED, person.name, person.uid, person.login_uid, at.isoformat(), order_id),
    )


async def end(tx: Transaction, order_id: str) -> None:
    await tx.execute(
        "UPDATE epidemic_order SET state = ?, version = version + 1 WHERE order_id = ?",
        (OrderState.ENDED, order_id),
    )


async def get(tx: Transaction, order_id: str) -> EpidemicOrder:
    row = await tx.row("SELECT * FROM epidemic_order WHERE order_id = ?", (order_id,))
    if row is None:
        raise Unknown(f"there is no order {order_id[:64]}")
    return _order(row)


async def proposer(tx: Transaction, order_id: str) -> tuple[int, int | None]:
    """Uid and login uid of who proposed it."""
    row = await tx.row(
        "SELECT proposed_uid, proposed_login FROM epidemic_order WHERE order_id = ?", (order_id,)
    )
    assert row is not None
    return row["proposed_uid"], row["proposed_login"]


async def all_orders(tx: Transaction) -> tuple[EpidemicOrder, ...]:
    rows = await tx.rows("SELECT * FROM epidemic_order ORDER BY proposed_at, order_id")
    return tuple(_order(row) for row in rows)


async def ended_numbers(tx: Transaction, numbers: Iterable[str]) -> frozenset[str]:
    """Of these numbers those whose order was ended by hand, and of which no other order is approved."""
    wanted = [number for number in numbers if number]
    if not wanted:
        return frozenset()
    rows = await tx.rows(
        "SELECT DISTINCT number FROM epidemic_order AS o WHERE state = ?"
        " AND number IN (SELECT value FROM json_each(?)) AND NOT EXISTS"
        " (SELECT 1 FROM epidemic_order AS other WHERE other.number = o.number AND other.state = ?)",
        (OrderState.ENDED, json.dumps(wanted), OrderState.APPROVED),
    )
    return frozenset(str(row["number"]) for row in rows)


def _order(row: Row) -> EpidemicOrder:
    return EpidemicOrder(
        order_id=row["order_id"],
        number=row["number"],
        authority=row["authority"],
        disease=row["disease"],
        document_sha256=row["document_sha256"],
        interval=Interval(
            start=datetime.fromisoformat(row["starts_at"]), end=datetime.fromisoformat(row["ends_at"])
        ),
        state=OrderState(row["state"]),
        four_eyes=bool(row["four_eyes"]),
        proposed_by=row["proposed_by"],
        proposed_at=datetime.fromisoformat(row["proposed_at"]),
        extends=row["extends"],
        approved_by=row["approved_by"],
        approved_at=datetime.fromisoformat(row["approved_at"]) if row["approved_at"] else None,
        version=row["version"],
    )
