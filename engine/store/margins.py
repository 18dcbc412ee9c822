"""What stands in the margin of a candidate: a remark, a wish for a second pair of eyes, set aside."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from engine.domain.errors import Unknown
from engine.ports import Row, Transaction
from engine.store.listed import listed
from engine.store.sealing import Sealer, face_key

_ALL = (
    "SELECT c.candidate_id, c.case_id, r.person AS noted_by, r.at AS noted_at, r.sealed,"
    " s.person AS wanted_by, a.candidate_id AS aside FROM candidate c"
    " LEFT JOIN remark r USING (candidate_id) LEFT JOIN second_wanted s USING (candidate_id)"
    " LEFT JOIN set_aside a USING (candidate_id) WHERE"
)


class Margin(msgspec.Struct, frozen=True, kw_only=True):
    """``noted_at`` is None where nobody noted anything."""

    note: str = ""
    noted_by: str = ""
    noted_at: datetime | None = None
    second_wanted_by: str = ""
    aside: bool = False

    def for_blind(self, reader: str) -> "Margin":
        """As a second reviewer who has not answered everything may know it: what others noted is not for
        them yet (G10)."""
        if self.noted_by in ("", reader):
            return self
        return msgspec.structs.replace(self, note="", noted_by="", noted_at=None)


BARE = Margin()


class Margins:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def of_trace(self, tx: Transaction, trace_id: str) -> dict[str, Margin]:
        """By candidate; those with an empty margin are left out."""
        rows = await tx.rows(f"{_ALL} c.trace_id = ?", (trace_id,))
        return {row["candidate_id"]: found for row in rows if (found := self._margin(row)) != BARE}

    async def of(self, tx: Transaction, candidate_id: str) -> Margin:
        row = await tx.row(f"{_ALL} c.candidate_id = ?", (candidate_id,))
        if row is None:
            raise Unknown(f"there is no candidate {candidate_id[:64]}")
        return self._margin(row)

    async def note(
        self, tx: Transaction, case_id: str, candidate_id: str, person: str, at: datetime, text: str
    ) -> None:
        """Keep a remark in place of the one before, "" for none, and give the candidate a new version."""
        await tx.execute("UPDATE candidate SET version = version + 1 WHERE candidate_id = ?", (candidate_id,))
        await tx.execute("DELETE FROM remark WHERE candidate_id = ?", (candidate_id,))
        if text:
            await tx.execute(
                "INSERT INTO remark (candidate_id, person, at, sealed) VALUES (?, ?, ?, ?)",
                (
                    candidate_id,
                    person,
                    at.isoformat(),
                    self._sealer.seal(face_key(case_id), "remark", candidate_id, text),
                ),
            )

    def _margin(self, row: Row) -> Margin:
        sealed = row["sealed"]
        key = face_key(row["case_id"])
        text = "" if sealed is None else self._sealer.open(key, "remark", row["candidate_id"], sealed, str)
        return Margin(
            note=text,
            noted_by=row["noted_by"] or "",
            noted_at=datetime.fromisoformat(row["noted_at"]) if row["noted_at"] else None,
            second_wanted_by=row["wanted_by"] or "",
            aside=row["aside"] is not None,
        )


async def want_second(tx: Transaction, candidate_id: str, person: str, at: datetime) -> None:
    """Whoever asked first stands there."""
    await tx.execute(
        "INSERT INTO second_wanted (candidate_id, person, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (candidate_id, person, at.isoformat()),
    )


async def want_no_second(tx: Transaction, candidate_id: str) -> None:
    await tx.execute("DELETE FROM second_wanted WHERE candidate_id = ?", (candidate_id,))


async def set_aside(tx: Transaction, candidate_ids: Sequence[str], person: str, at: datetime) -> int:
    """How many of these were not aside before."""
    return await tx.execute(
        "INSERT INTO set_aside (candidate_id, person, at) SELECT value, ?, ? FROM json_each(?) WHERE true"
        " ON CONFLICT DO NOTHING",
        (person, at.isoformat(), listed(candidate_ids)),
    )


async def take_up(tx: Transaction, candidate_ids: Sequence[str]) -> int:
    """How many of these were aside."""
    return await tx.execute(
        "DELETE FROM set_aside WHERE candidate_id IN (SELECT value FROM json_each(?))",
        (listed(candidate_ids),),
    )


async def forget(tx: Transaction, case_id: str) -> None:
    """Everything in the margins of a case. Needs no key: it may be destroyed already."""
    for table in ("remark", "second_wanted", "set_aside"):
        await tx.execute(
            f"DELETE FROM {table} WHERE candidate_id IN"  # noqa: S608
            " (SELECT candidate_id FROM candidate WHERE case_id = ?)",
            (case_id,),
        )
