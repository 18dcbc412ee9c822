"""A mutation happens once, however often it is asked for: its receipt commits together with it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import msgspec

from engine.api.asked import Asked
from engine.domain.errors import Refused
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.sealing import face_key
from engine.trace.context import Context

R = TypeVar("R")
KEPT = timedelta(days=7)
PADDED_TO = 2048  # bytes; a candidate with its words has about 1,200
FACES = face_key("")
HOUSE_KEY = "house"  # seals receipts that belong to no case


async def once(
    context: Context,
    asked: Asked,
    key_id: str,
    kind: type[R],
    work: Callable[[Transaction], Awaitable[R]],
) -> R:
    """Run ``work`` in a transaction together with its receipt, or hand out the receipt of the first time.

    The receipt is sealed under ``key_id``: what a case's erasure erases, it erases here too. The key of
    a case has to be there: one that was destroyed is not made again for a receipt. Raises Erased
    then, Refused where the Idempotency-Key stands for another request. Which one it was is kept as a keyed
    digest: a plain one confirms a date or a photograph to whoever tries them out.
    """

    async def run(tx: Transaction) -> R:
        found = await _receipt(context, tx, asked, kind)
        if found is not None:
            return found
        answer = await work(tx)
        if not asked.key:
            return answer
        if key_id == HOUSE_KEY:
            await context.sealer.ensure(key_id)
        now = await latest_time(tx, context.clock)
        await tx.execute(
            "INSERT INTO receipt (uid, key, request_sha256, at, key_id, sealed) VALUES (?, ?, ?, ?, ?, ?)",
            (
                asked.person.uid,
                asked.key,
                context.sealer.vault.mac(asked.request_sha256),
                now.isoformat(),
                key_id,
                context.sealer.seal(key_id, "receipt", _bound(asked), _padded(key_id, answer)),
            ),
        )
        return answer

    return await context.store.run(run)


async def answered_before(context: Context, asked: Asked, kind: type[R]) -> R | None:
    """The receipt of the first time, None where there was none: for work that is no transaction. Raises
    as ``once`` does."""
    return await context.store.run(lambda tx: _receipt(context, tx, asked, kind))


async def _receipt(context: Context, tx: Transaction, asked: Asked, kind: type[R]) -> R | None:
    if not asked.key:
        return None
    row = await tx.row(
        "SELECT request_sha256, key_id, sealed FROM receipt WHERE uid = ? AND key = ?",
        (asked.person.uid, asked.key),
    )
    if row is None:
        return None
    mac = context.sealer.vault.mac(asked.request_sha256)
    # a receipt of an earlier release holds the digest itself, until its week is over
    if row["request_sha256"] not in (mac, asked.request_sha256):
        raise Refused("this Idempotency-Key was used for another request", mend="use a fresh one")
    kept = context.sealer.open(row["key_id"], "receipt", _bound(asked), row["sealed"], msgspec.Raw)
    return _unpadded(kept, kind)


def _padded(key_id: str, answer: object) -> tuple[bytes, bytes]:
    """Receipts about candidates are as long as each other, or their length would tell which answer was given
    (G10)."""
    encoded = msgspec.msgpack.encode(answer)
    return encoded, bytes(-len(encoded) % PADDED_TO) if key_id.startswith(FACES) else b""


def _unpadded(kept: msgspec.Raw, kind: type[R]) -> R:
    try:
        encoded, _ = msgspec.msgpack.decode(kept, type=tuple[bytes, bytes])
    except msgspec.ValidationError:  # of an earlier release, until its week is over
        return msgspec.msgpack.decode(kept, type=kind)
    return msgspec.msgpack.decode(encoded, type=kind)


def _bound(asked: Asked) -> str:
    return f"{asked.person.uid}/{asked.key}"


async def forget_old(context: Context) -> int:
    """Drop receipts that nobody will ask for again; returns how many."""

    async def forget(tx: Transaction) -> int:
        before = await latest_time(tx, context.clock) - KEPT
        return await tx.execute("DELETE FROM receipt WHERE at < ?", (before.isoformat(),))

    return await context.store.run(forget)
