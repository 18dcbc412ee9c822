"""The audit: canonical JSON lines, each carrying the hash of the one before.

The database table is the log. A change and its line commit together; the intent of a disclosure
is committed before a byte leaves. Personal values appear only as keyed digests.
"""

import hashlib
from datetime import datetime

import msgspec

from engine.ports import Transaction

GENESIS = "0" * 64


class AuditLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line. ``object`` is an opaque id; ``detail`` holds counts, states and keyed digests."""

    seq: int
    at: datetime
    person: str
    action: str
    object: str
    outcome: str
    detail: dict[str, str]
    previous: str


_ENCODER = msgspec.json.Encoder(order="deterministic")


async def append(
    tx: Transaction,
    *,
    at: datetime,
    person: str,
    action: str,
    object_id: str,
    outcome: str = "done",
    detail: dict[str, str] | None = None,
) -> int:
    """Write one line in the caller's transaction; returns its number."""
    last = await tx.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
    line = _ENCODER.encode(
        AuditLine(
            seq=seq,
            at=at,
            person=person,
            action=action,
            object=object_id,
            outcome=outcome,
            detail=detail or {},
            previous=previous,
        )
    )
    await tx.execute(
        "INSERT INTO audit (seq, line, hash) VALUES (?, ?, ?)", (seq, line.decode(), leaf_hash(line))
    )
    return seq


async def lines(tx: Transaction, after: int = 0, limit: int = 1000) -> list[tuple[AuditLine, str]]:
    """Lines after a number, with their hashes."""
    found = await tx.rows("SELECT line, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
    return [(msgspec.json.decode(row["line"], type=AuditLine), row["hash"]) for row in found]


async def first_bad(tx: Transaction) -> int | None:
    """Number of the first line that was edited, moved or taken out; None where all is well."""
    expected, previous = 1, GENESIS
    for row in await tx.rows("SELECT seq, line, hash FROM audit ORDER BY seq"):
        line = str(row["line"]).encode()
        try:
            read = msgspec.json.decode(line, type=AuditLine)
        except msgspec.DecodeError:
            return int(row["seq"])
        intact = leaf_hash(line) == row["hash"] and read.previous == previous
        if row["seq"] != expected or read.seq != expected or not intact:
            return expected
        expected, previous = expected + 1, row["hash"]
    return None


def leaf_hash(line: bytes) -> str:
    """RFC 6962 leaf hash: SHA-256 over a zero byte and the line."""
    return hashlib.sha256(b"\x00" + line).hexdigest()
