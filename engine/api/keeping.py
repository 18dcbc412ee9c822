"""What people keep with a case: a note that all who work on it share, and scratch of their own."""

import msgspec

from engine.api import journal
from engine.api.access import Access
from engine.api.asked import Asked, require_version
from engine.api.blind import blind_in, tell, untold_in
from engine.api.case_schema import Kept
from engine.api.case_schema import KeptText as Wanted
from engine.api.once import once
from engine.domain.errors import InputError, Refused
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.kept import KeptKind, KeptText, KeptTexts
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
            if found is None or not found.text:
                return Kept(kind=wanted, version=_version(wanted, found))
            if wanted is KeptKind.HANDOVER:
                if found.by != asked.name:
                    await self._require_not_blind(tx, asked, case_id)
                    await tell(tx, asked.person, case_id)
                await journal.write(self._context, tx, asked, "read", case_id, outcome=wanted, tell=False)
            version = _version(wanted, found)
            return Kept(kind=wanted, text=found.text, by=found.by, at=found.at, version=version)

        return await self._context.store.run(read)

    async def keep(self, asked: Asked, case_id: str, kind: str, wanted: Wanted) -> Kept:
        """Keep a text in place of the one before; "" forgets it. It may be at most 64 KiB long. What is
        shared is written over by nobody who has not seen its newest state."""
        which = _kind(kind)
        if len(wanted.text.encode()) > MOST_BYTES:
            raise InputError(f"is over {MOST_BYTES // 1024} KiB", place="text", mend="write less")

        async def keep(tx: Transaction) -> Kept:
            await self._access.writable(tx, asked, case_id)
            before = None
            if which is KeptKind.HANDOVER:
                before = await self._texts.get(tx, case_id, which, person=asked.name)
                await self._require_known(tx, asked, case_id, before)
            now = await latest_time(tx, self._context.clock)
            await self._texts.put(tx, case_id, which, wanted.text, person=asked.name, at=now)
            if which is KeptKind.HANDOVER:
                outcome = "written" if wanted.text else "forgotten"
                await journal.write(
                    self._context, tx, asked, "handover", case_id, outcome=outcome, case_id=case_id
                )
            version = 0 if which is not KeptKind.HANDOVER else before.version + 1 if before else 1
            if not wanted.text:
                return Kept(kind=which, version=version)
            return Kept(kind=which, by=asked.name, at=now, version=version)

        # the receipt needs no second copy of the text: it stands for this one
        kept = await once(self._context, asked, case_key(case_id), Kept, keep)
        return msgspec.structs.replace(kept, text=wanted.text)

    async def _require_known(
        self, tx: Transaction, asked: Asked, case_id: str, before: KeptText | None
    ) -> None:
        """Nobody writes over what a colleague wrote, unread or changed meanwhile. Raises Refused (G10),
        Conflict."""
        if before is not None and before.text and before.by != asked.name:
            await self._require_not_blind(tx, asked, case_id)
            if await untold_in(tx, asked.person, [case_id]):
                raise Refused(
                    "you have not read the note of a colleague that stands there", mend="read it first"
                )
        who, when = (before.by, f"{before.at:%Y-%m-%d %H:%M:%S}Z") if before else ("", "")
        version = before.version if before else 0
        mend = "read it, then write yours again"
        require_version(asked, version, what="the note", who=who, when=when, mend=mend)

    async def _require_not_blind(self, tx: Transaction, asked: Asked, case_id: str) -> None:
        """What a colleague hands over may say what they answered. Raises Refused (G10)."""
        if case_id in await blind_in(self._context, tx, asked.person):
            raise Refused(
                "the note of a colleague may tell the first answers",
                rule="G10",
                mend="answer everything first: then you may read it",
            )


def _version(kind: KeptKind, found: KeptText | None) -> int:
    """0 for what is nobody else's, and for what was never written."""
    return found.version if found and kind is KeptKind.HANDOVER else 0


def _kind(kind: str) -> KeptKind:
    try:
        return KeptKind(kind)
    except ValueError:
        known = ", ".join(KeptKind)
        raise InputError(f"{kind[:40]!r} is not kept", place="kind", mend=f"known: {known}") from None
