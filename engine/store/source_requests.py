"""Requests to other authorities for what only they may hand over. The authority's reference is sealed: it
leads to the patient there."""

from datetime import datetime

from engine.domain.errors import Unknown
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.ports import Row, Transaction
from engine.store.sealing import Sealer, case_key

_TABLE = "source_request"


class SourceRequests:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def add(self, tx: Transaction, request: SourceRequest) -> None:
        await tx.execute(
            "INSERT INTO source_request (request_id, case_id, source, authority, reference, sealed, asked_by,"
            " asked_at, state) VALUES (?, ?, ?, ?, '', ?, ?, ?, ?)",
            (
                request.request_id,
                request.case_id,
                request.source,
                request.authority,
                self._sealed(request.case_id, request.request_id, request.reference),
                request.asked_by,
                request.asked_at.isoformat(),
                request.state,
            ),
        )

    async def answer(
        self, tx: Transaction, request: SourceRequest, state: SourceRequestState, reference: str, at: datetime
    ) -> None:
        await tx.execute(
            "UPDATE source_request SET state = ?, reference = '', sealed = ?, answered_at = ?,"
            " version = version + 1 WHERE request_id = ?",
            (
                state,
                self._sealed(request.case_id, request.request_id, reference),
                at.isoformat(),
                request.request_id,
            ),
        )

    async def get(self, tx: Transaction, case_id: str, request_id: str) -> SourceRequest:
        """A request of this case. Raises Unknown, in the same words for one of another case."""
        row = await tx.row(
            "SELECT * FROM source_request WHERE request_id = ? AND case_id = ?", (request_id, case_id)
        )
        if row is None:
            raise Unknown(f"there is no request {request_id[:64]}")
        return self.opened(row)

    async def of_case(self, tx: Transaction, case_id: str) -> tuple[SourceRequest, ...]:
        rows = await tx.rows(
            "SELECT * FROM source_request WHERE case_id = ? ORDER BY asked_at, request_id", (case_id,)
        )
        return tuple(self.opened(row) for row in rows)

    def _sealed(self, case_id: str, request_id: str, reference: str) -> bytes:
        return self._sealer.seal(case_key(case_id), _TABLE, request_id, reference)

    def opened(self, row: Row) -> SourceRequest:
        """A row of the table, also after its transaction. Raises Erased, InputError."""
        case_id, request_id, sealed = row["case_id"], row["request_id"], row["sealed"]
        plain = row["reference"]  # as an earlier release kept it
        key = case_key(case_id)
        return SourceRequest(
            request_id=request_id,
            case_id=case_id,
            source=row["source"],
            authority=row["authority"],
            reference=plain if sealed is None else self._sealer.open(key, _TABLE, request_id, sealed, str),
            asked_by=row["asked_by"],
            asked_at=datetime.fromisoformat(row["asked_at"]),
            state=SourceRequestState(row["state"]),
            answered_at=datetime.fromisoformat(row["answered_at"]) if row["answered_at"] else None,
            version=row["version"],
        )
