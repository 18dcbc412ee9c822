"""To go on with a witness that does not know what was acknowledged: two people, and a letter (G13)."""

import re
from collections.abc import Awaitable, Callable

from engine.api.asked import Asked
from engine.api.forms import NewWitness, NewWitnessLetter, WitnessGap
from engine.api.once import HOUSE_KEY, once
from engine.audit import new_witness
from engine.audit.checkpoint import CheckpointSigner
from engine.audit.new_witness import Gap
from engine.domain.checkpoint import SignedCheckpoint
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction
from engine.schedule.notary import Notary
from engine.store.authorisations import latest_time
from engine.trace.context import Context

_DIGEST = re.compile(r"[0-9a-f]{64}")
Say = Callable[[Transaction, SignedCheckpoint | None], Awaitable[Gap]]


class Witnessing:
    """One method per request. The witness is asked each time what it remembers now."""

    def __init__(self, context: Context, signer: CheckpointSigner, notary: Notary) -> None:
        self._context = context
        self._signer = signer
        self._notary = notary

    async def propose(self, asked: Asked, wanted: NewWitness) -> WitnessGap:
        _check(wanted.letter_sha256)

        async def say(tx: Transaction, remembered: SignedCheckpoint | None) -> Gap:
            return await new_witness.propose(
                tx,
                self._signer,
                remembered,
                at=await latest_time(tx, self._context.clock),
                person=asked.person,
                because=wanted.because,
                letter_sha256=wanted.letter_sha256,
            )

        return await self._said(asked, say)

    async def accept(self, asked: Asked, wanted: NewWitnessLetter) -> WitnessGap:
        _check(wanted.letter_sha256)

        async def say(tx: Transaction, remembered: SignedCheckpoint | None) -> Gap:
            return await new_witness.accept(
                tx,
                self._signer,
                remembered,
                at=await latest_time(tx, self._context.clock),
                person=asked.person,
                letter_sha256=wanted.letter_sha256,
            )

        said = await self._said(asked, say)
        await self._notary.look_again()
        return said

    async def _said(self, asked: Asked, say: Say) -> WitnessGap:
        remembered: SignedCheckpoint | None = None
        silent: Refused | None = None
        try:
            remembered = await self._notary.ask()
        except Refused as problem:
            silent = problem  # what was said once already is answered all the same

        async def work(tx: Transaction) -> WitnessGap:
            if silent is not None:
                raise silent
            gap = await say(tx, remembered)
            return WitnessGap(acknowledged=gap.acknowledged, remembered=gap.remembered)

        return await once(self._context, asked, HOUSE_KEY, WitnessGap, work)


def _check(digest: str) -> None:
    if not _DIGEST.fullmatch(digest):
        mend = "give the sha256 of the letter of the institution that keeps the witness"
        raise InputError("is no sha256", place="letter_sha256", mend=mend)
