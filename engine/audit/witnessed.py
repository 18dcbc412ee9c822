"""Whether somebody outside remembers the same audit as this database, and what follows if not (G13)."""

from datetime import datetime, timedelta
from enum import StrEnum

from engine.audit import checkpoint, log, tree
from engine.audit.checkpoint import CheckpointSigner, is_signed
from engine.domain.checkpoint import SignedCheckpoint
from engine.domain.errors import Refused
from engine.ports import Transaction

SILENCE = timedelta(hours=4)  # as shipped: after this long without an acknowledgement nothing is authorised
_WITNESSED = "witnessed"
_DISAGREES = "witness_disagrees"
_RESTORED = "accepted_restore"


class Standing(StrEnum):
    """How the witness's memory stands to the database."""

    AGREES = "agrees"
    FORGOT = "forgot"
    RESTORED = "restored"
    ROLLED_BACK = "rolled back"
    FORKED = "forked"
    STRANGE = "strange"


async def compare(
    tx: Transaction, signer: CheckpointSigner, remembered: SignedCheckpoint | None
) -> tuple[Standing, str]:
    """The standing, and in words what is wrong; "" where the two agree."""
    acknowledged, _ = await witnessed(tx)
    if remembered is not None and not is_signed(remembered, signer.verifier):
        return Standing.STRANGE, "the witness remembers what this engine never signed"
    size = remembered.checkpoint.size if remembered else 0
    if remembered is not None:
        here = await tree.size(tx)
        if size > here or await tree.root(tx, size) != remembered.checkpoint.root:
            if await _is_accepted(tx, signer, remembered):
                return Standing.RESTORED, "the witness has not accepted yet that a backup was restored"
            if size > here:
                words = f"the witness remembers {size} audit lines and this database holds {here}"
                return Standing.ROLLED_BACK, f"{words}: it was rolled back"
            return Standing.FORKED, f"the first {size} audit lines are not those that the witness remembers"
    if size < acknowledged:
        words = f"the witness remembers {size} audit lines, and has acknowledged {acknowledged}"
        return Standing.FORGOT, words
    return Standing.AGREES, ""


async def witnessed(tx: Transaction) -> tuple[int, datetime | None]:
    """Size of the last acknowledged checkpoint, and when the witness last acknowledged one."""
    found = await _get(tx, _WITNESSED)
    if not found:
        return 0, None
    size, _, at = found.partition(" ")
    return int(size), datetime.fromisoformat(at) if at else None


async def acknowledged(tx: Transaction, size: int, at: datetime) -> None:
    """The witness remembers ``size`` lines as they are here, and said so at ``at``."""
    await _put(tx, _WITNESSED, f"{size} {at.isoformat()}")
    await checkpoint.acknowledge(tx, size, at)


async def disagreement(tx: Transaction) -> str:
    """What the witness said against this database, until the two agree again; else ""."""
    return await _get(tx, _DISAGREES)


async def note_disagreement(tx: Transaction, at: datetime, origin: str, words: str) -> bool:
    """Keep what is wrong (or "", that nothing is) over a restart; whether that is news. News is audited."""
    if await _get(tx, _DISAGREES) == words:
        return False
    await _put(tx, _DISAGREES, words)
    outcome = "disagrees" if words else "agrees"
    await log.append(tx, at=at, person="engine", action="witness", object_id=origin, outcome=outcome)
    return True


async def require_witnessed(tx: Transaction, now: datetime, within: timedelta = SILENCE) -> None:
    """Raises Refused (G13) where no witness has acknowledged the audit within that time, or where it
    remembers another one. Time counts from the first line of a log that nobody has acknowledged yet."""
    if words := await disagreement(tx):
        raise Refused(words, rule="G13", mend="ask the institution that keeps the witness")
    _, since = await witnessed(tx)
    if since is None:
        first = await log.lines(tx, limit=1)
        since = first[0][0].at if first else now
    if now - since > within:
        hours = (now - since).total_seconds() / 3600
        raise Refused(
            f"no witness has acknowledged the audit for {hours:.0f} hours",
            rule="G13",
            mend="see tracedesk engine status, and ask the institution that keeps the witness",
        )


async def accept_restore(
    tx: Transaction,
    signer: CheckpointSigner,
    *,
    at: datetime,
    person: str,
    remembered: SignedCheckpoint,
    login: int | None = None,
) -> int:
    """Record that this database was restored from a backup while the witness remembers ``remembered``:
    the engine may start with it, and the witness still has to accept it. Returns the line's number."""
    size = await tree.size(tx)
    said = remembered.checkpoint
    words = f"{said.size} {said.root.hex()} {size}"
    await _put(tx, _RESTORED, f"{words} {signer.stamp(words)}")
    await acknowledges_again(tx, 0)
    return await log.append(
        tx,
        at=at,
        person=person,
        login=login,
        action="restore",
        object_id=said.origin,
        outcome="accepted",
        detail={"from": str(said.size), "to": str(size), "root": said.root.hex()},
    )


async def acknowledges_again(tx: Transaction, size: int) -> None:
    """The witness begins anew with so many lines; the time since it acknowledged any goes on."""
    _, at = await witnessed(tx)
    await _put(tx, _WITNESSED, f"{size} {at.isoformat() if at else ''}")


async def _is_accepted(tx: Transaction, signer: CheckpointSigner, remembered: SignedCheckpoint) -> bool:
    words, _, stamp = (await _get(tx, _RESTORED)).rpartition(" ")
    said = remembered.checkpoint
    return words.startswith(f"{said.size} {said.root.hex()} ") and signer.is_own(words, stamp)


async def _get(tx: Transaction, key: str) -> str:
    row = await tx.row("SELECT value FROM meta WHERE key = ?", (key,))
    return str(row["value"]) if row else ""


async def _put(tx: Transaction, key: str, value: str) -> None:
    await tx.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
