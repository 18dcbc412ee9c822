"""The ten slots: who runs, under a lease that runs out and a fence that only grows."""

from dataclasses import dataclass
from datetime import datetime

from engine.domain.trace import TraceState
from engine.ports import Transaction

LEASE_S = 60.0
RENEW_S = 15.0


class StaleLease(Exception):
    """The slot is somebody else's by now, its time has run out, or the trace was ended: whoever holds
    this lease writes nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of one engine to work on one trace. ``fence`` is greater than that of every earlier
    lease of this store."""

    number: int
    trace_id: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Who waits: how many, and when the next one that was put off may run (None: nobody was)."""

    waiting: int
    next_due: datetime | None


async def claim(tx: Transaction, trace_id: str, *, owner: str, boottime_s: float) -> Lease | None:
    """One of the ten slots until ``LEASE_S`` from now, if one is free."""
    free = await tx.row(
        "SELECT min(number) AS number, (SELECT max(fence) + 1 FROM slot) AS fence"
        " FROM slot WHERE trace_id IS NULL"
    )
    if free is None or free["number"] is None:
        return None
    await tx.execute(
        "UPDATE slot SET trace_id = ?, lease_owner = ?, fence = ?, lease_until_s = ? WHERE number = ?",
        (trace_id, owner, free["fence"], boottime_s + LEASE_S, free["number"]),
    )
    return Lease(number=free["number"], trace_id=trace_id, owner=owner, fence=free["fence"])


async def require(tx: Transaction, lease: Lease, boottime_s: float) -> None:
    """Raises StaleLease unless this very lease holds its slot now and its trace is still to run. Every
    write of a running trace asks this first, in its own transaction."""
    row = await tx.row(
        "SELECT lease_until_s FROM slot JOIN trace USING (trace_id)"
        " WHERE slot.number = ? AND trace_id = ? AND lease_owner = ? AND fence = ? AND state = ?",
        (lease.number, lease.trace_id, lease.owner, lease.fence, TraceState.RUNNING),
    )
    if row is None or row["lease_until_s"] <= boottime_s:
        raise StaleLease(f"slot {lease.number} is not held under fence {lease.fence}")


async def renew(tx: Transaction, lease: Lease, boottime_s: float) -> bool:
    """Hold on for another ``LEASE_S``. False where the lease is lost; one that has run out is not
    brought back to life."""
    return bool(
        await tx.execute(
            "UPDATE slot SET lease_until_s = ? WHERE number = ? AND trace_id = ? AND lease_owner = ?"
            " AND fence = ? AND lease_until_s > ?",
            (boottime_s + LEASE_S, lease.number, lease.trace_id, lease.owner, lease.fence, boottime_s),
        )
    )


async def leave(tx: Transaction, lease: Lease) -> bool:
    """Free the slot, if it is still held under this lease, run out or not. Says whether it was."""
    return bool(
        await tx.execute(
            "UPDATE slot SET trace_id = NULL, lease_owner = '', lease_until_s = 0"
            " WHERE number = ? AND trace_id = ? AND lease_owner = ? AND fence = ?",
            (lease.number, lease.trace_id, lease.owner, lease.fence),
        )
    )


async def void_others(tx: Transaction, owner: str) -> None:
    """At the start of an engine: all leases but its own belong to engines that have ended."""
    await tx.execute(
        "UPDATE slot SET trace_id = NULL, lease_owner = '', lease_until_s = 0 WHERE lease_owner <> ?",
        (owner,),
    )


async def void_expired(tx: Transaction, boottime_s: float) -> None:
    """Free every slot whose lease has run out."""
    await tx.execute(
        "UPDATE slot SET trace_id = NULL, lease_owner = '', lease_until_s = 0"
        " WHERE trace_id IS NOT NULL AND lease_until_s <= ?",
        (boottime_s,),
    )


async def next_in_line(tx: Transaction, now: datetime) -> str | None:
    """The waiting trace whose turn it is: of the person with the fewest running ones, the oldest. Who
    has many waits behind who has few, and nobody waits for ever."""
    row = await tx.row(
        "SELECT trace_id FROM trace AS t WHERE state = ? AND (not_before IS NULL OR not_before <= ?)"
        " ORDER BY (SELECT count(*) FROM slot JOIN trace AS r USING (trace_id)"
        " WHERE r.requested_by = t.requested_by), t.number LIMIT 1",
        (TraceState.QUEUED, now.isoformat()),
    )
    return row["trace_id"] if row else None


async def line(tx: Transaction, now: datetime) -> Line:
    row = await tx.row(
        "SELECT count(*) AS waiting, min(CASE WHEN not_before > ? THEN not_before END) AS due"
        " FROM trace WHERE state = ?",
        (now.isoformat(), TraceState.QUEUED),
    )
    assert row is not None
    return Line(waiting=row["waiting"], next_due=datetime.fromisoformat(row["due"]) if row["due"] else None)
