"""The line list of a case: what people wrote down, sealed under the key of the case.

Which scenes a name was linked with came out of a face search. That is sealed once more, under the key of the
faces: it is gone when they are forgotten, in every copy, and the name from papers stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from engine.domain.contact import Backing, Contact, ContactStatus, Risk, SceneLink
from engine.domain.errors import InputError, Unknown
from engine.ports import Row, Transaction
from engine.store.sealing import Sealer, case_key, face_key
from engine.vault.keys import Erased

AT_ONCE = 2_000  # rows a statement
_TABLE, _SCENES = "contact", "contact scenes"
_FAMILY = (
    "WITH RECURSIVE family (contact_id) AS (SELECT ?2 UNION SELECT c.contact_id FROM contact c"
    " JOIN family f ON c.merged_into = f.contact_id WHERE c.case_id = ?1)"
    " SELECT * FROM contact WHERE case_id = ?1 AND contact_id IN (SELECT contact_id FROM family)"
    " ORDER BY number"
)


class _Paper(msgspec.Struct, frozen=True, kw_only=True):
    """``scenes`` are sealed links, or nothing."""

    name: str
    backing: Backing
    reference: str
    phone: str
    scenes: bytes
    risk: Risk | None
    status: ContactStatus
    follow_up_until: date | None
    owner: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What left the house. ``sha256`` is of the file's bytes; it is kept as a keyed digest: a plain one of a
    list of one, also in a copy that outlives the case, is found by trying names and numbers (G14 G15)."""

    export_id: str
    case_id: str
    kind: str
    person: str
    at: datetime
    sha256: str
    rows: int


class Contacts:
    """Repository; every method belongs to the caller's transaction, but ``opened``, which touches values
    only and may run beside the event loop."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def add(self, tx: Transaction, contact: Contact) -> None:
        await tx.execute(
            "INSERT INTO contact (contact_id, case_id, number, merged_into, changed_by, at, version, sealed)"
            " VALUES (?, ?, (SELECT coalesce(max(number), 0) + 1 FROM contact), ?, ?, ?, ?, ?)",
            (
                contact.contact_id,
                contact.case_id,
                contact.merged_into,
                contact.changed_by,
                contact.at.isoformat(),
                contact.version,
                self._sealed(contact),
            ),
        )

    async def put(self, tx: Transaction, contact: Contact) -> None:
        """Keep a row as it is now, under its next version."""
        await tx.execute(
            "UPDATE contact SET merged_into = ?, changed_by = ?, at = ?, version = version + 1, sealed = ?"
            " WHERE contact_id = ?",
            (
                contact.merged_into,
                contact.changed_by,
                contact.at.isoformat(),
                self._sealed(contact),
                contact.contact_id,
            ),
        )

    async def get(self, tx: Transaction, case_id: str, contact_id: str) -> Contact:
        """A row of this case. Raises Unknown, in the same words for one of another case."""
        row = await tx.row(
            "SELECT * FROM contact WHERE contact_id = ? AND case_id = ?", (contact_id, case_id)
        )
        if row is None:
            raise Unknown(f"there is no contact {contact_id[:64]}")
        return self.opened([row])[0]

    async def count(self, tx: Transaction, case_id: str) -> int:
        row = await tx.row("SELECT count(*) AS n FROM contact WHERE case_id = ?", (case_id,))
        assert row is not None
        return int(row["n"])

    async def rows(self, tx: Transaction, case_id: str) -> list[Row]:
        """All rows of a case as they lie, in the order in which they came, for ``opened``."""
        found: list[Row] = []
        after = 0
        while True:
            some = await tx.rows(
                "SELECT * FROM contact WHERE case_id = ? AND number > ? ORDER BY number LIMIT ?",
                (case_id, after, AT_ONCE),
            )
            found += some
            if len(some) < AT_ONCE:
                return found
            after = some[-1]["number"]

    async def family(self, tx: Transaction, case_id: str, contact_id: str) -> list[Row]:
        """A row, and every one that went into it or into one of those."""
        return await tx.rows(_FAMILY, (case_id, contact_id))

    async def stamp(self, tx: Transaction, case_id: str) -> str:
        """Another one whenever anything that an export is made of has changed: rows change their version,
        answers and records are added, candidates also deleted."""
        row = await tx.row(
            "SELECT (SELECT count(*) || '.' || coalesce(sum(version), 0) FROM contact WHERE case_id = ?1)"
            " || '/' || (SELECT count(*) FROM record WHERE case_id = ?1)"
            " || '/' || (SELECT count(*) || '.' || coalesce(sum(version), 0) FROM candidate"
            " WHERE case_id = ?1)"
            " || '/' || (SELECT count(*) || '.' || coalesce(sum(revision), 0) FROM trace WHERE case_id = ?1)"
            " AS stamp",
            (case_id,),
        )
        assert row is not None
        return str(row["stamp"])

    def opened(self, rows: Sequence[Row]) -> tuple[Contact, ...]:
        """Raises Erased where the case is gone."""
        return tuple(self._contact(row) for row in rows)

    async def add_export(self, tx: Transaction, export: Export) -> None:
        await tx.execute(
            "INSERT INTO export (export_id, case_id, kind, person, at, sha256, row_count)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                export.export_id,
                export.case_id,
                export.kind,
                export.person,
                export.at.isoformat(),
                self._sealer.vault.mac(export.sha256),
                export.rows,
            ),
        )

    def _sealed(self, contact: Contact) -> bytes:
        scenes = b""
        if contact.links:
            faces = face_key(contact.case_id)
            scenes = self._sealer.seal(faces, _SCENES, contact.contact_id, contact.links)
        paper = _Paper(
            name=contact.name,
            backing=contact.backing,
            reference=contact.reference,
            phone=contact.phone,
            scenes=scenes,
            risk=contact.risk,
            status=contact.status,
            follow_up_until=contact.follow_up_until,
            owner=contact.owner,
            note=contact.note,
        )
        return self._sealer.seal(case_key(contact.case_id), _TABLE, contact.contact_id, paper)

    def _contact(self, row: Row) -> Contact:
        contact_id, case_id = row["contact_id"], row["case_id"]
        paper = self._sealer.open(case_key(case_id), _TABLE, contact_id, row["sealed"], _Paper)
        return Contact(
            contact_id=contact_id,
            case_id=case_id,
            name=paper.name,
            backing=paper.backing,
            reference=paper.reference,
            phone=paper.phone,
            links=self._links(case_id, contact_id, paper.scenes),
            risk=paper.risk,
            status=paper.status,
            follow_up_until=paper.follow_up_until,
            owner=paper.owner,
            note=paper.note,
            merged_into=row["merged_into"],
            changed_by=row["changed_by"],
            at=datetime.fromisoformat(row["at"]),
            version=row["version"],
        )

    def _links(self, case_id: str, contact_id: str, scenes: bytes) -> tuple[SceneLink, ...]:
        """None where the faces were forgotten: their key is gone, or is another one by now. Damage cannot
        look like that, since what is around them has opened."""
        if not scenes:
            return ()
        try:
            return self._sealer.open(face_key(case_id), _SCENES, contact_id, scenes, tuple[SceneLink, ...])
        except (Erased, InputError):
            return ()
