"""The audit: canonical JSON lines, each carrying the hash of the one before, and a tree over them.

The database table is the log. A change and its line commit together; the intent of a disclosure
is committed before a byte leaves. Personal values appear only as keyed digests.
"""

from datetime import datetime

from engine.audit import tree
from engine.audit.check import Walk, cut_off, give_places, read_page, written
from engine.audit.line import GENESIS as GENESIS
from engine.audit.line import AuditLine as AuditLine
from engine.audit.line import decode, encode
from engine.audit.line import leaf_hash as leaf_hash
from engine.ports import Transaction


async def append(
    tx: Transaction,
    *,
    at: datetime,
    person: str,
    action: str,
    object_id: str,
    outcome: str = "done",
    detail: dict[str, str] | None = None,
    login: int | None = None,
) -> int:
    """Write one line and its nodes in the caller's transaction; returns its number. Raises Refused
    (G13) where the tree has lost what the line has to be joined to."""
    last = await tx.row(
        "SELECT seq, hash, EXISTS (SELECT 1 FROM audit_node WHERE level = 0 AND number = audit.seq - 1)"
        " AS placed FROM audit ORDER BY seq DESC LIMIT 1"
    )
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
    if last and not last["placed"]:  # lines from before there was a tree
        while await tree.catch_up(tx):
            pass
    line = encode(
        AuditLine(
            seq=seq,
            at=at,
            person=person,
            action=action,
            object=object_id,
            outcome=outcome,
            detail=detail or {},
            previous=previous,
            login=login,
        )
    )
    await tx.execute(
        "INSERT INTO audit (seq, line, hash) VALUES (?, ?, ?)", (seq, line.decode(), leaf_hash(line))
    )
    await tree.place(tx, seq - 1, line)
    return seq


async def lines(tx: Transaction, after: int = 0, limit: int = 1000) -> list[tuple[AuditLine, str]]:
    """Lines after a number, with their hashes."""
    found = await tx.rows("SELECT line, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
    return [(decode(row["line"]), row["hash"]) for row in found]


async def first_bad(tx: Transaction) -> int | None:
    """Number of the first line that was edited, moved, taken out or cut off; None where all is well.

    In one transaction, so for small logs and for tests; ``check.verify`` does the same in slices.
    """
    while await give_places(tx):
        pass
    walk, once = Walk(), await written(tx)
    while walk.size < once:
        page = await read_page(tx, walk.size)
        if fault := walk.take(page) or (None if page.lines else cut_off(walk.size, once)):
            return fault.seq
    return None
