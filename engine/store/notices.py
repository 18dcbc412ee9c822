"""The notice of each case: plain is only when it is due and whether it was sent."""

from datetime import datetime

from engine.domain.notice import Notice
from engine.policy.notices import told_anew
from engine.ports import Transaction
from engine.store.sealing import Sealer, case_key


class Notices:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def put(self, tx: Transaction, notice: Notice) -> None:
        sealed = self._sealer.seal(case_key(notice.case_id), "notice", notice.case_id, notice)
        await tx.execute(
            "INSERT INTO notice (case_id, state, due_at, sent_at, version, sealed) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (case_id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at,"
            " sent_at = excluded.sent_at, version = excluded.version, sealed = excluded.sealed",
            (
                notice.case_id,
                "due" if notice.owed else "sent",
                notice.due_at.isoformat(),
                notice.sent_at.isoformat() if notice.sent_at else None,
                notice.version,
                sealed,
            ),
        )

    async def get(self, tx: Transaction, case_id: str) -> Notice | None:
        row = await tx.row("SELECT sealed FROM notice WHERE case_id = ?", (case_id,))
        if row is None:
            return None
        return self.opened(case_id, row["sealed"])

    def opened(self, case_id: str, sealed: bytes) -> Notice:
        """Raises Erased, InputError."""
        return self._sealer.open(case_key(case_id), "notice", case_id, sealed, Notice)

    async def owe(self, tx: Transaction, case_id: str, fact: str, now: datetime) -> None:
        """The patient has one more thing to be told; nothing is written where that is known already, or
        the case owes no notice at all."""
        if (notice := await self.get(tx, case_id)) is not None:
            owed = told_anew(notice, (fact,), now)
            if owed is not notice:
                await self.put(tx, owed)
