"""Texts that people keep with a case: the note for whoever takes over, a draft, the state of a desk."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.ports import Row, Transaction
from engine.store.listed import listed
from engine.store.sealing import Sealer, case_key

_TABLE = "kept"


class KeptKind(StrEnum):
    HANDOVER = "handover"  # everybody on the case shares it
    DRAFT = "draft"
    DESK = "desk"

    def owner(self, person: str) -> str:
        """Whose row it is: "" for what is shared."""
        return "" if self is KeptKind.HANDOVER else person


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """``text`` is "" where a shared note was taken away: who did, and when, is still known."""

    text: str
    by: str
    at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedText:
    """The same while it is still sealed."""

    row: str
    case_id: str
    by: str
    at: datetime
    version: int
    sealed: bytes


class KeptTexts:
    """Repository; every method with ``tx`` belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def put(
        self, tx: Transaction, case_id: str, kind: KeptKind, text: str, *, person: str, at: datetime
    ) -> None:
        """Keep a text in place of the one before; "" keeps none, but the version of what is shared."""
        owner = kind.owner(person)
        if not text and owner:
            await tx.execute(
                "DELETE FROM kept WHERE case_id = ? AND kind = ? AND person = ?", (case_id, kind, owner)
            )
            return
        sealed = self._sealer.seal(case_key(case_id), _TABLE, f"{case_id}/{kind}/{owner}", text)
        await tx.execute(
            "INSERT INTO kept (case_id, kind, person, written_by, at, sealed) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (case_id, kind, person) DO UPDATE SET written_by = excluded.written_by,"
            " at = excluded.at, sealed = excluded.sealed, version = version + 1",
            (case_id, kind, owner, person, at.isoformat(), sealed),
        )

    async def get(self, tx: Transaction, case_id: str, kind: KeptKind, *, person: str) -> KeptText | None:
        row = await tx.row(
            "SELECT * FROM kept WHERE case_id = ? AND kind = ? AND person = ?",
            (case_id, kind, kind.owner(person)),
        )
        return None if row is None else self.opened(_sealed(row))

    async def handovers(self, tx: Transaction, case_ids: list[str]) -> dict[str, SealedText]:
        """By case, still sealed: they may be opened after the transaction."""
        rows = await tx.rows(
            "SELECT * FROM kept WHERE kind = ? AND person = ''"
            " AND case_id IN (SELECT value FROM json_each(?))",
            (KeptKind.HANDOVER, listed(case_ids)),
        )
        return {row["case_id"]: _sealed(row) for row in rows}

    def opened(self, kept: SealedText) -> KeptText:
        """Raises Erased where the case is gone, InputError where the row is damaged."""
        text = self._sealer.open(case_key(kept.case_id), _TABLE, kept.row, kept.sealed, str)
        return KeptText(text=text, by=kept.by, at=kept.at, version=kept.version)


def _sealed(row: Row) -> SealedText:
    return SealedText(
        row=f"{row['case_id']}/{row['kind']}/{row['person']}",
        case_id=row["case_id"],
        by=row["written_by"],
        at=datetime.fromisoformat(row["at"]),
        version=row["version"],
        sealed=row["sealed"],
    )
