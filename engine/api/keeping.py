"""What people keep with a case: a note that all who work on it share, and scratch of their own."""

import msgspec

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked
from engine.api.blind import blind_in
from engine.api.case_schema import Kept, KeptText
from engine.api.once import once
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.kept import KeptKind, KeptTexts
from engine.store.sealing import case_key
from engine.trace.context import Context

MOST_BYTES = 64 * 1024


class Keeping:
    """One method per request. A note to others and every look at one are audited, without its words; what
    a person keeps for themselves tells nobody anything."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._access = Access(context)
        self._texts = KeptTexts(context.sealer)

    async def kept(self, asked: Asked, case_id: str, kind: str) -> Kept:
        wanted = _kind(kind)

        async def read(tx: Transaction) -> Kept:
            await self._access.case(tx, asked, case_id)
            found = await self._texts.get(tx, case_id, wanted, person=asked.name)
            if found is None:
                return Kept(kind=wanted)
            if wanted is KeptKind.HANDOVER:
                await self._require_not_blind(tx, asked, case_id, found.by)
                await journal.write(self._context, tx, asked, "read", case_id, outcome=wanted, tell=False)
            return Kept(kind=wanted, text=found.text, by=found.by, at=found.at)

        return await self._context.store.run(read)

    async def keep(self, asked: Asked, case_id: str, kind: str, wanted: KeptText) -> Kept:
        """Keep a text in place of the one before; "" forgets it. It may be at most 64 KiB long."""
        which = _kind(kind)
        if len(wanted.text.encode()) > MOST_BYTES:
            raise InputError(f"is over {MOST_BYTES // 1024} KiB", place="text", mend="write less")

        async def keep(tx: Transaction) -> Kept:
            await self._access.writable(tx, asked, case_id)
            if which is KeptKind.HANDOVER:
                before = await self._texts.get(tx, case_id, which, person=asked.name)
                await self._require_not_blind(tx, asked, case_id, before.by if before else asked.name)
            now = await latest_time(tx, self._context.clock)
            await self._texts.put(tx, case_id, which, wanted.text, person=asked.name, at=now)
            if which is KeptKind.HANDOVER:
                outcome = "written" if wanted.text else "forgotten"
                await journal.write(
                    self._context, tx, asked, "handover", case_id, outcome=outcome, case_id=case_id
                )
            return Kept(kind=which, by=asked.name, at=now) if wanted.text else Kept(kind=which)

        # the receipt needs no second copy of the text: it stands for this one
        kept = await once(self._context, asked, case_key(case_id), Kept, keep)
        return msgspec.structs.replace(kept, text=wanted.text)

    async def _require_not_blind(self, tx: Transaction, asked: Asked, case_id: str, by: str) -> None:
        """What a colleague hands over may say what they answered. Raises Refused (G10)."""
        if by != asked.name and case_id in await blind_in(self._context, tx, asked.person):
            raise Refused(
                "the note of a colleague may tell the first answers",
                rule="G10",
                mend="answer everything first: then you may read it",
            )


def _kind(kind: str) -> KeptKind:
    try:
        return KeptKind(kind)
    except ValueError:
        known = ", ".join(KeptKind)
        raise InputError(f"{kind[:40]!r} is not kept", place="kind", mend=f"known: {known}") from None
