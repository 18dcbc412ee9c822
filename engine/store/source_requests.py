"""Requests to other authorities for what only they may hand over."""

from datetime import datetime

from engine.domain.errors import Unknown
from engine.domain.source_request import SourceRequest, SourceRequestState
from engine.ports import Row, Transaction


async def add(tx: Transaction, request: SourceRequest) -> None:
    await tx.execute(
        "INSERT INTO source_request (request_id, case_id, source, authority, reference, asked_by, asked_at,"
        " state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request.request_id,
            request.case_id,
            request.source,
            request.authority,
            request.reference,
            request.asked_by,
            request.asked_at.isoformat(),
            request.state,
        ),
    )


async def answer(
    tx: Transaction, request_id: str, state: SourceRequestState, reference: str, at: datetime
) -> None:
    await tx.execute(
        "UPDATE source_request SET state = ?, reference = ?, answered_at = ?, version = version + 1"
        " WHERE request_id = ?",
        (state, reference, at.isoformat(), request_id),
    )


async def get(tx: Transaction, request_id: str) -> SourceRequest:
    row = await tx.row("SELECT * FROM source_request WHERE request_id = ?", (request_id,))
    if row is None:
        raise Unknown(f"there is no request {request_id[:64]}")
    return _request(row)


async def of_case(tx: Transaction, case_id: str) -> tuple[SourceRequest, ...]:
    rows = await tx.rows(
        "SELECT * FROM source_request WHERE case_id = ? ORDER BY asked_at, request_id", (case_id,)
    )
    return tuple(_request(row) for row in rows)


def _request(row: Row) -> SourceRequest:
    return SourceRequest(
        request_id=row["request_id"],
        case_id=row["case_id"],
        source=row["source"],
        authority=row["authority"],
        reference=row["reference"],
        asked_by=row["asked_by"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        state=SourceRequestState(row["state"]),
        answered_at=datetime.fromisoformat(row["answered_at"]) if row["answered_at"] else None,
        version=row["version"],
    )
