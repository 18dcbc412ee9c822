"""What was erased stays erased, also in a store that an older backup brought back.

The key file is never in a backup: it says which cases there still are. So it is asked at every
start, before anything is served.
"""

from collections.abc import Callable
from datetime import datetime

from engine.domain.case import CaseState
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store import events
from engine.store.reviews import forget_faces
from engine.store.sealing import case_key, face_key

_ENDED = (TraceState.QUEUED, TraceState.RUNNING, TraceState.AWAITING_REVIEW)


async def apply_tombstones(
    tx: Transaction, has_key: Callable[[str], bool], at: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cases without a key become ``erased``. Where only the key of the faces is gone, a ground that the
    store still takes for valid goes with what was found by it: it was withdrawn after the backup.

    Returns the ids of both kinds; the caller writes them to the audit in the same transaction.
    """
    erased, faceless = [], []
    for row in await tx.rows(
        "SELECT case_id FROM case_file WHERE state <> ? ORDER BY case_id", (CaseState.ERASED,)
    ):
        case_id = str(row["case_id"])
        if not has_key(case_key(case_id)):
            await _erase(tx, case_id, at)
            erased.append(case_id)
        elif not has_key(face_key(case_id)) and await _has_faces(tx, case_id):
            await _forget(tx, case_id)
            await events.note(tx, at=at, kind="case", object_id=case_id, state="open", case_id=case_id)
            faceless.append(case_id)
    return tuple(erased), tuple(faceless)


async def _erase(tx: Transaction, case_id: str, at: datetime) -> None:
    await _forget(tx, case_id)
    await tx.execute(
        "UPDATE case_file SET state = ?, version = version + 1 WHERE case_id = ?",
        (CaseState.ERASED, case_id),
    )
    await tx.execute("UPDATE trace SET message = NULL WHERE case_id = ?", (case_id,))
    for trace in await tx.rows("SELECT trace_id, state FROM trace WHERE case_id = ?", (case_id,)):
        if trace["state"] in _ENDED:
            ended = TraceState.CANCELLED
            await tx.execute("UPDATE slot SET trace_id = NULL WHERE trace_id = ?", (trace["trace_id"],))
            await tx.execute("UPDATE trace SET state = ? WHERE trace_id = ?", (ended, trace["trace_id"]))
            await events.note(
                tx, at=at, kind="trace", object_id=trace["trace_id"], state=ended, case_id=case_id
            )
    await events.note(tx, at=at, kind="case", object_id=case_id, state=CaseState.ERASED, case_id=case_id)


async def _forget(tx: Transaction, case_id: str) -> None:
    await forget_faces(tx, case_id)
    await tx.execute("DELETE FROM ground WHERE case_id = ? AND withdrawn = 0", (case_id,))


async def _has_faces(tx: Transaction, case_id: str) -> bool:
    row = await tx.row(
        "SELECT EXISTS (SELECT 1 FROM candidate WHERE case_id = ?)"
        " OR EXISTS (SELECT 1 FROM still WHERE case_id = ?)"
        " OR EXISTS (SELECT 1 FROM ground WHERE case_id = ? AND withdrawn = 0) AS found",
        (case_id, case_id, case_id),
    )
    return bool(row and row["found"])
