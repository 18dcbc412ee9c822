"""Cases, their records, reference stills and grounds."""

from dataclasses import dataclass

import msgspec

from engine.domain.case import Case, CaseState
from engine.domain.errors import Refused
from engine.domain.ground import FaceGround
from engine.domain.record import Record
from engine.domain.track import Still as Picture
from engine.ports import Transaction
from engine.store.sealing import Sealer, case_key, face_key


class ReferenceStill(msgspec.Struct, frozen=True, kw_only=True):
    """A reference photograph as it came, and redrawn for screens (nobody decodes the original twice)."""

    still_id: str
    file: str
    provenance: str
    content: bytes
    portrait: Picture


class Cases:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def put(self, tx: Transaction, case: Case) -> None:
        """Make the case, or replace what is known of an open one. Records and stills stay."""
        self._sealer.vault.ensure(case_key(case.case_id))
        sealed = self._sealer.seal(case_key(case.case_id), "case_file", case.case_id, case)
        await tx.execute(
            "INSERT INTO case_file (case_id, state, sealed) VALUES (?, ?, ?)"
            " ON CONFLICT (case_id) DO UPDATE SET sealed = excluded.sealed WHERE state = 'open'",
            (case.case_id, CaseState.OPEN, sealed),
        )

    async def get(self, tx: Transaction, case_id: str) -> Case:
        """The case. Raises Refused in the same words for unknown and for closed ones."""
        row = await tx.row("SELECT sealed FROM case_file WHERE case_id = ? AND state = 'open'", (case_id,))
        if row is None:
            raise Refused(f"there is no open case {case_id}")
        return self._sealer.open(case_key(case_id), "case_file", case_id, row["sealed"], Case)

    async def ids(self, tx: Transaction) -> list[str]:
        rows = await tx.rows("SELECT case_id FROM case_file WHERE state = 'open' ORDER BY case_id")
        return [row["case_id"] for row in rows]

    async def add_records(self, tx: Transaction, case_id: str, records: tuple[Record, ...]) -> int:
        """Add records; one that is there already is kept as it is. Returns how many are new."""
        new = 0
        for record in records:
            sealed = self._sealer.seal(case_key(case_id), "record", record.record_id, record)
            new += await tx.execute(
                "INSERT INTO record (record_id, case_id, source, sealed) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (record_id) DO NOTHING",
                (record.record_id, case_id, record.source, sealed),
            )
        return new

    async def records(self, tx: Transaction, case_id: str) -> tuple[Record, ...]:
        rows = await tx.rows("SELECT record_id, sealed FROM record WHERE case_id = ?", (case_id,))
        return tuple(
            self._sealer.open(case_key(case_id), "record", row["record_id"], row["sealed"], Record)
            for row in rows
        )

    async def add_still(
        self, tx: Transaction, case_id: str, still: ReferenceStill, photo_digest: str
    ) -> None:
        """Keep a reference photograph. The same photo under another open case is refused (G5): its
        keyed digest is compared, never a face."""
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
        self._sealer.vault.ensure(face_key(case_id))
        sealed = self._sealer.seal(face_key(case_id), "still", still.still_id, still)
        await tx.execute(
            "INSERT INTO still (still_id, case_id, photo_mac, sealed) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (still_id) DO NOTHING",
            (still.still_id, case_id, mac, sealed),
        )

    async def stills(self, tx: Transaction, case_id: str) -> tuple[ReferenceStill, ...]:
        rows = await tx.rows(
            "SELECT still_id, sealed FROM still WHERE case_id = ? ORDER BY rowid", (case_id,)
        )
        return tuple(
            self._sealer.open(face_key(case_id), "still", row["still_id"], row["sealed"], ReferenceStill)
            for row in rows
        )

    async def put_ground(self, tx: Transaction, ground: FaceGround) -> None:
        self._sealer.vault.ensure(face_key(ground.case_id))
        sealed = self._sealer.seal(case_key(ground.case_id), "ground", ground.case_id, ground)
        await tx.execute(
            "INSERT INTO ground (case_id, kind, withdrawn, sealed) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (case_id) DO UPDATE SET kind = excluded.kind,"
            " withdrawn = excluded.withdrawn, sealed = excluded.sealed",
            (ground.case_id, ground.kind, int(ground.withdrawn_at is not None), sealed),
        )

    async def ground(self, tx: Transaction, case_id: str) -> FaceGround | None:
        row = await tx.row("SELECT sealed FROM ground WHERE case_id = ?", (case_id,))
        if row is None:
            return None
        return self._sealer.open(case_key(case_id), "ground", case_id, row["sealed"], FaceGround)

    async def counts(self, tx: Transaction, case_id: str) -> "CaseCounts":
        records = await tx.row("SELECT count(*) AS n FROM record WHERE case_id = ?", (case_id,))
        stills = await tx.row("SELECT count(*) AS n FROM still WHERE case_id = ?", (case_id,))
        ground = await tx.row("SELECT kind, withdrawn FROM ground WHERE case_id = ?", (case_id,))
        assert records is not None
        assert stills is not None
        state = "" if ground is None else "withdrawn" if ground["withdrawn"] else str(ground["kind"])
        return CaseCounts(records=records["n"], stills=stills["n"], ground=state)


@dataclass(frozen=True, slots=True)
class CaseCounts:
    records: int
    stills: int
    ground: str
