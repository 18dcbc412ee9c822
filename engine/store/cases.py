"""Cases, their records, reference stills and grounds."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from engine.domain.case import Case, CaseState
from engine.domain.errors import Refused, Unknown
from engine.domain.ground import FaceGround
from engine.domain.person import Person
from engine.domain.record import Record
from engine.domain.track import Still as Picture
from engine.ports import Transaction
from engine.store.listed import listed
from engine.store.sealing import Sealer, case_key, face_key

AT_ONCE = 500  # records that are sealed or opened in one go: some milliseconds
SealedRecord = tuple[str, str, str, bytes]
USABLE = "(four_eyes = 0 OR seconded_by <> '')"


class ReferenceStill(msgspec.Struct, frozen=True, kw_only=True):
    """A reference photograph as it came, and redrawn for screens (nobody decodes the original twice)."""

    still_id: str
    file: str
    provenance: str
    content: bytes
    portrait: Picture


@dataclass(frozen=True, slots=True)
class StillRow:
    case_id: str
    added_uid: int | None
    added_login: int | None
    seconded_by: str


class Cases:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def put(self, tx: Transaction, case: Case) -> None:
        """Make the case, or replace what is known of an open one. Records and stills stay. Raises Refused
        for one that is closed or erased: it never gets a key again."""
        state, _ = await self.state(tx, case.case_id)
        if state not in ("", CaseState.OPEN):
            raise Refused(f"the id {case.case_id} was that of a case that is closed", rule="G15")
        await self._sealer.ensure(case_key(case.case_id))
        sealed = self._sealer.seal(case_key(case.case_id), "case_file", case.case_id, case)
        await tx.execute(
            "INSERT INTO case_file (case_id, state, sealed) VALUES (?, ?, ?)"
            " ON CONFLICT (case_id) DO UPDATE SET sealed = excluded.sealed, version = version + 1"
            " WHERE state = 'open'",
            (case.case_id, CaseState.OPEN, sealed),
        )

    async def get(self, tx: Transaction, case_id: str) -> Case:
        """The case. Raises Refused in the same words for unknown and for closed ones."""
        row = await tx.row("SELECT sealed FROM case_file WHERE case_id = ? AND state = 'open'", (case_id,))
        if row is None:
            raise Unknown(f"there is no open case {case_id[:64]}")
        return self._sealer.open(case_key(case_id), "case_file", case_id, row["sealed"], Case)

    async def state(self, tx: Transaction, case_id: str) -> tuple[str, int]:
        """State and version of a case, ("", 0) for one that never was."""
        row = await tx.row("SELECT state, version FROM case_file WHERE case_id = ?", (case_id,))
        return (row["state"], row["version"]) if row else ("", 0)

    async def due(self, tx: Transaction, case_id: str, at: datetime) -> None:
        """When its keys have to be gone at the latest."""
        await tx.execute("UPDATE case_file SET erase_due = ? WHERE case_id = ?", (at.isoformat(), case_id))

    async def touch(self, tx: Transaction, case_id: str) -> None:
        """A new version: something about the case changed that two people can change."""
        await tx.execute("UPDATE case_file SET version = version + 1 WHERE case_id = ?", (case_id,))

    async def ids(self, tx: Transaction) -> list[str]:
        rows = await tx.rows("SELECT case_id FROM case_file WHERE state = 'open' ORDER BY case_id")
        return [row["case_id"] for row in rows]

    async def add_records(self, tx: Transaction, case_id: str, records: Sequence[Record]) -> int:
        """Add records; one that is there already is kept as it is. Returns how many are new."""
        return await self.add_sealed(tx, await self.seal_records(case_id, records))

    async def seal_records(self, case_id: str, records: Sequence[Record]) -> list[SealedRecord]:
        """Records as their rows, to be made ready before the transaction that adds them: sealing many
        takes its time, and nobody is to wait for it."""
        rows: list[SealedRecord] = []
        key = case_key(case_id)
        for start in range(0, len(records), AT_ONCE):
            rows += [
                (r.record_id, case_id, r.source, self._sealer.seal(key, "record", r.record_id, r))
                for r in records[start : start + AT_ONCE]
            ]
            await asyncio.sleep(0)
        return rows

    async def add_sealed(self, tx: Transaction, rows: Sequence[SealedRecord]) -> int:
        """Add the rows that ``seal_records`` made. Returns how many are new."""
        return sum(
            [
                await tx.execute_many(
                    "INSERT INTO record (record_id, case_id, source, sealed) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (record_id) DO NOTHING",
                    rows[start : start + AT_ONCE],
                )
                for start in range(0, len(rows), AT_ONCE)
            ]
        )

    async def records(self, tx: Transaction, case_id: str) -> tuple[Record, ...]:
        found: list[Record] = []
        key, after = case_key(case_id), 0
        while True:
            rows = await tx.rows(
                "SELECT rowid, record_id, sealed FROM record WHERE case_id = ? AND rowid > ?"
                " ORDER BY rowid LIMIT ?",
                (case_id, after, AT_ONCE),
            )
            found += [
                self._sealer.open(key, "record", row["record_id"], row["sealed"], Record) for row in rows
            ]
            if len(rows) < AT_ONCE:
                return tuple(found)
            after = rows[-1]["rowid"]

    async def add_still(
        self,
        tx: Transaction,
        case_id: str,
        still: ReferenceStill,
        photo_digest: str,
        added_by: Person | None = None,
    ) -> None:
        """Keep a reference photograph. The same photo under another open case is refused (G5): its
        keyed digest is compared, never a face. ``added_by`` is given where a second person has to look
        at it before it is used."""
        mac = self._sealer.vault.mac(photo_digest)
        other = await tx.row(
            "SELECT s.case_id FROM still s JOIN case_file c USING (case_id)"
            " WHERE s.photo_mac = ? AND s.case_id <> ? AND c.state = 'open'",
            (mac, case_id),
        )
        if other is not None:
            raise Refused(
                f"{still.file} is already the photograph of another open case",
                rule="G5",
                mend="check which case it belongs to",
            )
        await self._sealer.ensure(face_key(case_id))
        sealed = self._sealer.seal(face_key(case_id), "still", still.still_id, still)
        await tx.execute(
            "INSERT INTO still (still_id, case_id, photo_mac, sealed, four_eyes, added_uid, added_login)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (still_id) DO NOTHING",
            (
                still.still_id,
                case_id,
                mac,
                sealed,
                int(added_by is not None),
                added_by.uid if added_by else None,
                added_by.login_uid if added_by else None,
            ),
        )

    async def stills(self, tx: Transaction, case_id: str) -> tuple[ReferenceStill, ...]:
        """The photographs that a search may go by: seconded, where a second person has to (G5)."""
        return await self._stills(tx, case_id, f"AND {USABLE}")

    async def all_stills(self, tx: Transaction, case_id: str) -> tuple[ReferenceStill, ...]:
        return await self._stills(tx, case_id, "")

    async def still_of(self, tx: Transaction, still_id: str) -> StillRow:
        """Case, and who added and seconded it. Raises Unknown."""
        row = await tx.row(
            "SELECT case_id, added_uid, added_login, seconded_by FROM still WHERE still_id = ?", (still_id,)
        )
        if row is None:
            raise Unknown(f"there is no photograph {still_id[:64]}")
        return StillRow(row["case_id"], row["added_uid"], row["added_login"], row["seconded_by"])

    async def note_still_view(self, tx: Transaction, still_id: str, person: str, at: datetime) -> None:
        await tx.execute(
            "INSERT INTO still_view (still_id, person, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (still_id, person, at.isoformat()),
        )

    async def has_seen_still(self, tx: Transaction, still_id: str, person: str) -> bool:
        row = await tx.row("SELECT 1 FROM still_view WHERE still_id = ? AND person = ?", (still_id, person))
        return row is not None

    async def second_still(self, tx: Transaction, still_id: str, person: Person) -> None:
        await tx.execute(
            "UPDATE still SET seconded_by = ?, seconded_uid = ?, seconded_login = ? WHERE still_id = ?",
            (person.name, person.uid, person.login_uid, still_id),
        )

    async def _stills(self, tx: Transaction, case_id: str, which: str) -> tuple[ReferenceStill, ...]:
        rows = await tx.rows(
            f"SELECT still_id, sealed FROM still WHERE case_id = ? {which} ORDER BY rowid",  # noqa: S608
            (case_id,),
        )
        return tuple(
            self._sealer.open(face_key(case_id), "still", row["still_id"], row["sealed"], ReferenceStill)
            for row in rows
        )

    async def put_ground(self, tx: Transaction, ground: FaceGround) -> None:
        """Keep the ground of a case. One that is withdrawn stays unfinished until ``withdrawal_done``."""
        if ground.withdrawn_at is None:
            await self._sealer.ensure(face_key(ground.case_id))
        sealed = self._sealer.seal(case_key(ground.case_id), "ground", ground.case_id, ground)
        await tx.execute(
            "INSERT INTO ground (case_id, kind, withdrawn, sealed) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (case_id) DO UPDATE SET kind = excluded.kind,"
            " withdrawn = excluded.withdrawn, sealed = excluded.sealed",
            (ground.case_id, ground.kind, int(ground.withdrawn_at is not None), sealed),
        )

    async def grounds(self, tx: Transaction, case_ids: Iterable[str]) -> dict[str, str]:
        """By case, its kind or ``withdrawn``; cases without a ground are left out."""
        rows = await tx.rows(
            "SELECT case_id, CASE WHEN withdrawn THEN 'withdrawn' ELSE kind END AS said FROM ground"
            " WHERE case_id IN (SELECT value FROM json_each(?))",
            (listed(case_ids),),
        )
        return {row["case_id"]: row["said"] for row in rows}

    async def ground(self, tx: Transaction, case_id: str) -> FaceGround | None:
        row = await tx.row("SELECT sealed FROM ground WHERE case_id = ?", (case_id,))
        if row is None:
            return None
        return self._sealer.open(case_key(case_id), "ground", case_id, row["sealed"], FaceGround)

    async def withdrawing(self, tx: Transaction) -> list[str]:
        """Open cases whose ground was withdrawn, while what came out of it is not all gone."""
        rows = await tx.rows(
            "SELECT case_id FROM ground JOIN case_file USING (case_id)"
            " WHERE withdrawn = 1 AND state = 'open' ORDER BY case_id"
        )
        return [row["case_id"] for row in rows]

    async def withdrawal_done(self, tx: Transaction, case_id: str) -> None:
        await tx.execute("UPDATE ground SET withdrawn = 2 WHERE case_id = ? AND withdrawn", (case_id,))

    async def counts(self, tx: Transaction, case_id: str) -> "CaseCounts":
        of_case = "FROM still WHERE case_id = ?1"
        row = await tx.row(
            "SELECT (SELECT count(*) FROM record WHERE case_id = ?1) AS records,"  # noqa: S608
            f" (SELECT count(*) {of_case}) AS stills, (SELECT count(*) {of_case} AND {USABLE}) AS usable,"
            " (SELECT CASE WHEN withdrawn THEN 'withdrawn' ELSE kind END FROM ground"
            " WHERE case_id = ?1) AS ground",
            (case_id,),
        )
        assert row is not None
        return CaseCounts(
            records=row["records"],
            stills=row["usable"],
            unseconded=row["stills"] - row["usable"],
            ground=row["ground"] or "",
        )


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """``stills`` are those a search may go by; ``unseconded`` wait for a second person."""

    records: int
    stills: int
    unseconded: int
    ground: str
