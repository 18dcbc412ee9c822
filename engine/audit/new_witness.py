"""A witness that remembers less than was acknowledged: another one, or one that lost its memory (G13).

What it never knew it cannot miss. So the audit goes on with it only where two people say so, on a letter of
the institution that keeps it, and only where all that it does remember is the past of this database.
"""

from datetime import datetime

import msgspec

from engine.audit import log
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.witnessed import Standing, acknowledges_again, compare, witnessed
from engine.domain.checkpoint import NewBecause, SignedCheckpoint
from engine.domain.errors import Refused
from engine.domain.person import Person
from engine.domain.value import Value
from engine.policy.two_people import require_other
from engine.ports import Transaction

_PROPOSED = "witness_proposed"


class Gap(Value, frozen=True, kw_only=True):
    """So many lines were acknowledged, and so many the witness remembers."""

    acknowledged: int
    remembered: int


class Proposal(Value, frozen=True, kw_only=True):
    """What the first person said, for this gap and no other one."""

    uid: int
    login: int | None
    gap: Gap
    because: NewBecause
    letter_sha256: str


async def propose(
    tx: Transaction,
    signer: CheckpointSigner,
    remembered: SignedCheckpoint | None,
    *,
    at: datetime,
    person: Person,
    because: NewBecause,
    letter_sha256: str,
) -> Gap:
    """The first person's word, that takes the place of an earlier one. Raises Refused (G13) unless the
    witness remembers the past of this database, and less of it than was acknowledged."""
    gap = await _gap(tx, signer, remembered)
    proposal = Proposal(
        uid=person.uid, login=person.login_uid, gap=gap, because=because, letter_sha256=letter_sha256
    )
    words = msgspec.json.encode(proposal).decode()
    await tx.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_PROPOSED, f"{words}\n{signer.stamp(words)}"),
    )
    await _note(tx, signer, proposal, at, person, "proposed")
    return gap


async def accept(
    tx: Transaction,
    signer: CheckpointSigner,
    remembered: SignedCheckpoint | None,
    *,
    at: datetime,
    person: Person,
    letter_sha256: str,
) -> Gap:
    """The second person's word, with the same letter in hand: from now on what the witness remembers is
    what it acknowledged, and it is handed everything since. The time of its silence goes on. Raises
    Refused as ``propose``, and where nobody else proposed just this."""
    gap = await _gap(tx, signer, remembered)
    proposal = await _proposed(tx, signer)
    if proposal is None or proposal.gap != gap:
        raise Refused(
            "nobody has proposed to go on with this witness",
            rule="G13",
            mend="the custodian does: tracedesk audit propose-witness",
        )
    require_other(person, proposal.uid, proposal.login, "nobody accepts a witness that they proposed")
    if proposal.letter_sha256 != letter_sha256:
        raise Refused("this is not the letter that was proposed", rule="G13", mend="ask the custodian for it")
    await acknowledges_again(tx, gap.remembered)
    await tx.execute("DELETE FROM meta WHERE key = ?", (_PROPOSED,))
    await _note(tx, signer, proposal, at, person, "accepted")
    return gap


async def _gap(tx: Transaction, signer: CheckpointSigner, remembered: SignedCheckpoint | None) -> Gap:
    standing, words = await compare(tx, signer, remembered)
    if standing is Standing.AGREES:
        raise Refused("the witness remembers all that it acknowledged", rule="G13")
    if standing is not Standing.FORGOT:
        raise Refused(words, rule="G13", mend="ask the institution that keeps the witness")
    acknowledged, _ = await witnessed(tx)
    return Gap(acknowledged=acknowledged, remembered=remembered.checkpoint.size if remembered else 0)


async def _proposed(tx: Transaction, signer: CheckpointSigner) -> Proposal | None:
    """None where there is none, or one that this engine never wrote."""
    row = await tx.row("SELECT value FROM meta WHERE key = ?", (_PROPOSED,))
    words, _, stamp = str(row["value"]).partition("\n") if row else ("", "", "")
    return msgspec.json.decode(words, type=Proposal) if signer.is_own(words, stamp) else None


async def _note(
    tx: Transaction, signer: CheckpointSigner, said: Proposal, at: datetime, person: Person, outcome: str
) -> None:
    await log.append(
        tx,
        at=at,
        person=person.name,
        login=person.login_uid,
        action="witness",
        object_id=signer.verifier.origin,
        outcome=outcome,
        detail={
            "acknowledged": str(said.gap.acknowledged),
            "remembered": str(said.gap.remembered),
            "because": said.because,
            "letter": said.letter_sha256,
        },
    )
