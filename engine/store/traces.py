"""Traces, the stored results of their steps, and the ten slots."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.domain.track import WindowResult
from engine.ports import Row, Transaction
from engine.store.sealing import Sealer, case_key, face_key

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """A trace as the table holds it."""

    trace_id: str
    case_id: str
    authorisation_id: str
    state: TraceState
    queued: datetime
    started: datetime | None
    first_window: datetime | None
    first_candidate: datetime | None
    finished: datetime | None
    message: str


class Traces:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def add(
        self, tx: Transaction, *, trace_id: str, case_id: str, authorisation_id: str, queued: datetime
    ) -> None:
        await tx.execute(
            "INSERT INTO trace (trace_id, case_id, authorisation_id, number, state, queued)"
            " VALUES (?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM trace), ?, ?)",
            (trace_id, case_id, authorisation_id, TraceState.QUEUED, queued.isoformat()),
        )

    async def get(self, tx: Transaction, trace_id: str) -> TraceRow:
        row = await tx.row("SELECT * FROM trace WHERE trace_id = ?", (trace_id,))
        if row is None:
            raise Refused(f"there is no trace {trace_id}")
        return self._trace(row)

    async def all(self, tx: Transaction) -> tuple[TraceRow, ...]:
        return tuple(self._trace(row) for row in await tx.rows("SELECT * FROM trace ORDER BY number"))

    async def mark(self, tx: Transaction, trace_id: str, column: str, at: datetime) -> None:
        """Set one of the times, once."""
        if column not in ("started", "first_window", "first_candidate", "finished"):
            raise ValueError(column)
        await tx.execute(
            f"UPDATE trace SET {column} = ? WHERE trace_id = ? AND {column} IS NULL",  # noqa: S608
            (at.isoformat(), trace_id),
        )

    async def set_state(self, tx: Transaction, trace_id: str, state: TraceState, message: str = "") -> None:
        """``message`` may name files, so it is sealed like everything about a case."""
        case_id = (await self.get(tx, trace_id)).case_id
        sealed = self._sealer.seal(case_key(case_id), "message", trace_id, message) if message else None
        await tx.execute(
            "UPDATE trace SET state = ?, message = ? WHERE trace_id = ?", (state, sealed, trace_id)
        )

    async def claim_slot(self, tx: Transaction, trace_id: str) -> bool:
        """One of the ten slots, if one is free."""
        return bool(
            await tx.execute(
                "UPDATE slot SET trace_id = ? WHERE number ="
                " (SELECT min(number) FROM slot WHERE trace_id IS NULL)",
                (trace_id,),
            )
        )

    async def free_slot(self, tx: Transaction, trace_id: str) -> None:
        await tx.execute("UPDATE slot SET trace_id = NULL WHERE trace_id = ?", (trace_id,))

    async def resume_all(self, tx: Transaction) -> tuple[str, ...]:
        """After a restart: nothing runs, no slot is held; what was unfinished waits again."""
        await tx.execute("UPDATE slot SET trace_id = NULL")
        await tx.execute(
            "UPDATE trace SET state = ? WHERE state = ?", (TraceState.QUEUED, TraceState.RUNNING)
        )
        rows = await tx.rows(
            "SELECT trace_id FROM trace WHERE state = ? ORDER BY number", (TraceState.QUEUED,)
        )
        return tuple(row["trace_id"] for row in rows)

    async def put_step(self, tx: Transaction, trace: TraceRow, name: str, result: Any) -> None:
        """Keep the result of a step; the first one stays, so that a repetition changes nothing."""
        sealed = self._sealer.seal(case_key(trace.case_id), f"step-{name}", trace.trace_id, result)
        await tx.execute(
            "INSERT INTO step (trace_id, name, sealed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (trace.trace_id, name, sealed),
        )

    async def step(self, tx: Transaction, trace: TraceRow, name: str, kind: type[T]) -> T | None:
        row = await tx.row("SELECT sealed FROM step WHERE trace_id = ? AND name = ?", (trace.trace_id, name))
        if row is None:
            return None
        return self._sealer.open(case_key(trace.case_id), f"step-{name}", trace.trace_id, row["sealed"], kind)

    async def put_window(self, tx: Transaction, trace: TraceRow, result: WindowResult) -> bool:
        """Counts and remarks of a window; its tracks are kept as candidates. False where the window
        was stored before."""
        bare = WindowResult(
            window_id=result.window_id,
            frames=result.frames,
            faces=result.faces,
            cannot_assess=result.cannot_assess,
            sampling=result.sampling,
            problems=result.problems,
        )
        row = f"{trace.trace_id}/{result.window_id}"
        return bool(
            await tx.execute(
                "INSERT INTO window_result (trace_id, window_id, frames, faces, cannot_assess, sealed)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    trace.trace_id,
                    self._sealer.vault.mac(row),  # a window's name says which camera: opaque here
                    result.frames,
                    result.faces,
                    result.cannot_assess,
                    self._sealer.seal(face_key(trace.case_id), "window", row, bare),
                ),
            )
        )

    async def windows_done(self, tx: Transaction, trace: TraceRow, window_ids: tuple[str, ...]) -> set[str]:
        """Which of these windows have a stored result."""
        rows = await tx.rows("SELECT window_id FROM window_result WHERE trace_id = ?", (trace.trace_id,))
        stored = {row["window_id"] for row in rows}
        return {w for w in window_ids if self._sealer.vault.mac(f"{trace.trace_id}/{w}") in stored}

    async def window_counts(self, tx: Transaction, trace_id: str) -> Row:
        row = await tx.row(
            "SELECT count(*) AS windows, coalesce(sum(frames), 0) AS frames,"
            " coalesce(sum(faces), 0) AS faces,"
            " coalesce(sum(cannot_assess), 0) AS cannot_assess FROM window_result WHERE trace_id = ?",
            (trace_id,),
        )
        assert row is not None
        return row

    def _trace(self, row: Row) -> TraceRow:
        message = ""
        if row["message"] is not None:
            key = case_key(row["case_id"])
            message = self._sealer.open(key, "message", row["trace_id"], row["message"], str)
        return TraceRow(
            trace_id=row["trace_id"],
            case_id=row["case_id"],
            authorisation_id=row["authorisation_id"],
            state=TraceState(row["state"]),
            queued=datetime.fromisoformat(row["queued"]),
            started=_time(row["started"]),
            first_window=_time(row["first_window"]),
            first_candidate=_time(row["first_candidate"]),
            finished=_time(row["finished"]),
            message=message,
        )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
