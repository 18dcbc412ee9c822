"""Traces, the stored results of their steps, and what they wait for."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from engine.domain.errors import InputError, Unknown
from engine.domain.trace import TraceState
from engine.domain.track import WindowResult
from engine.ports import Row, Transaction
from engine.store import events
from engine.store.listed import listed
from engine.store.sealing import Sealer, case_key, face_key
from engine.vault.keys import Erased

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """A trace as the table holds it. ``plan_version`` is None before anything was planned, ``revision``
    counts the plans: records that come late make a further one. ``late`` says that such came."""

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
    requested_by: str
    attempt: int
    not_before: datetime | None
    plan_version: int | None
    revision: int
    late: bool

    def step(self, name: str) -> str:
        """The name under which this revision stores a step: ``narrow``, ``narrow/2`` and so on."""
        return step_of(name, self.revision)


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """Windows that have a result, and what they showed altogether."""

    windows: int
    frames: int
    faces: int
    cannot_assess: int


NO_WINDOWS = WindowCounts(0, 0, 0, 0)


def step_of(name: str, revision: int) -> str:
    return name if revision == 1 else f"{name}/{revision}"


class Traces:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def add(
        self,
        tx: Transaction,
        *,
        trace_id: str,
        case_id: str,
        authorisation_id: str,
        queued: datetime,
        requested_by: str = "",
    ) -> None:
        await tx.execute(
            "INSERT INTO trace"
            " (trace_id, case_id, authorisation_id, number, state, queued, requested_by)"
            " VALUES (?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM trace), ?, ?, ?)",
            (trace_id, case_id, authorisation_id, TraceState.QUEUED, queued.isoformat(), requested_by),
        )
        await events.note(
            tx, at=queued, kind="trace", object_id=trace_id, state=TraceState.QUEUED, case_id=case_id
        )

    async def get(self, tx: Transaction, trace_id: str) -> TraceRow:
        row = await tx.row("SELECT * FROM trace WHERE trace_id = ?", (trace_id,))
        if row is None:
            raise Unknown(f"there is no trace {trace_id[:64]}")
        return self._trace(row)

    async def all(self, tx: Transaction) -> tuple[TraceRow, ...]:
        return tuple(self._trace(row) for row in await tx.rows("SELECT * FROM trace ORDER BY number"))

    async def of_case(self, tx: Transaction, case_id: str) -> tuple[TraceRow, ...]:
        """The traces of a case in the order in which they were asked for."""
        rows = await tx.rows("SELECT * FROM trace WHERE case_id = ? ORDER BY number", (case_id,))
        return tuple(self._trace(row) for row in rows)

    async def under(self, tx: Transaction, authorisation_id: str) -> tuple[str, ...]:
        """Ids of the traces of an authorisation. Opens nothing: it is asked for when they have to stop."""
        rows = await tx.rows(
            "SELECT trace_id FROM trace WHERE authorisation_id = ? ORDER BY number", (authorisation_id,)
        )
        return tuple(row["trace_id"] for row in rows)

    async def at_work(self, tx: Transaction) -> tuple[tuple[str, str], ...]:
        """(trace id, authorisation id) of all whose machine work has not ended. Opens nothing."""
        rows = await tx.rows("SELECT trace_id, authorisation_id, state FROM trace ORDER BY number")
        return tuple(
            (row["trace_id"], row["authorisation_id"])
            for row in rows
            if not TraceState(row["state"]).machine_done
        )

    async def mark(self, tx: Transaction, trace_id: str, column: str, at: datetime) -> None:
        """Set one of the times, once."""
        if column not in ("started", "first_window", "first_candidate", "finished"):
            raise ValueError(column)
        await tx.execute(
            f"UPDATE trace SET {column} = ? WHERE trace_id = ? AND {column} IS NULL",  # noqa: S608
            (at.isoformat(), trace_id),
        )

    async def set_state(self, tx: Transaction, trace_id: str, state: TraceState, message: str = "") -> None:
        """Change the state and tell it. ``message`` may name files, so it is sealed like everything about
        a case; where the key of the case is gone, the state is changed without it."""
        trace = await self.get(tx, trace_id)
        sealed = None
        if message:
            with contextlib.suppress(Erased):
                sealed = self._sealer.seal(case_key(trace.case_id), "message", trace_id, message)
        await tx.execute(
            "UPDATE trace SET state = ?, message = ? WHERE trace_id = ?", (state, sealed, trace_id)
        )
        at = await _last_seen(tx) or trace.queued
        await events.note(tx, at=at, kind="trace", object_id=trace_id, state=state, case_id=trace.case_id)

    async def begin(self, tx: Transaction, trace_id: str) -> None:
        """A trace that waited has got its slot. Records that came late make a further revision, where
        the current one has read the records already."""
        trace = await self.get(tx, trace_id)
        read = await tx.row(
            "SELECT 1 FROM step WHERE trace_id = ? AND name = ?", (trace_id, trace.step("gather"))
        )
        await tx.execute(
            "UPDATE trace SET not_before = NULL, late = 0, revision = ? WHERE trace_id = ?",
            (trace.revision + (1 if trace.late and read else 0), trace_id),
        )
        await self.set_state(tx, trace_id, TraceState.RUNNING)

    async def put_off(self, tx: Transaction, trace_id: str, until: datetime, message: str) -> None:
        """Another attempt, not before ``until``."""
        await tx.execute(
            "UPDATE trace SET attempt = attempt + 1, not_before = ? WHERE trace_id = ?",
            (until.isoformat(), trace_id),
        )
        await self.set_state(tx, trace_id, TraceState.QUEUED, message)

    async def mark_late(self, tx: Transaction, trace_id: str) -> None:
        """Records came that a trace at work may have missed: it looks again when it is done."""
        await tx.execute("UPDATE trace SET late = 1 WHERE trace_id = ?", (trace_id,))

    async def look_again(self, tx: Transaction, trace_id: str) -> None:
        """Back to the queue for what is new; what was found and decided stays."""
        await tx.execute(
            "UPDATE trace SET late = 1, attempt = 0, not_before = NULL, finished = NULL WHERE trace_id = ?",
            (trace_id,),
        )
        await self.set_state(tx, trace_id, TraceState.QUEUED)

    async def requeue_unheld(self, tx: Transaction) -> int:
        """Traces that are marked as running and hold no slot wait again; returns how many."""
        rows = await tx.rows(
            "SELECT trace_id FROM trace WHERE state = ?"
            " AND trace_id NOT IN (SELECT trace_id FROM slot WHERE trace_id IS NOT NULL) ORDER BY number",
            (TraceState.RUNNING,),
        )
        for row in rows:
            await self.set_state(tx, row["trace_id"], TraceState.QUEUED)
        return len(rows)

    async def requeue_parked(self, tx: Transaction, version: int) -> int:
        """Traces that another release parked wait again where this one planned them; returns how many."""
        rows = await tx.rows(
            "SELECT trace_id FROM trace WHERE state = ? AND plan_version = ? ORDER BY number",
            (TraceState.NEEDS_OPERATOR, version),
        )
        for row in rows:
            await tx.execute(
                "UPDATE trace SET attempt = 0, not_before = NULL, finished = NULL WHERE trace_id = ?",
                (row["trace_id"],),
            )
            await self.set_state(tx, row["trace_id"], TraceState.QUEUED)
        return len(rows)

    async def planned_by(self, tx: Transaction, trace_id: str, version: int) -> None:
        """From now on the stored steps of this trace are of this version."""
        await tx.execute("UPDATE trace SET plan_version = ? WHERE trace_id = ?", (version, trace_id))

    async def put_step(
        self, tx: Transaction, trace: TraceRow, name: str, result: Any, *, replace: bool = False
    ) -> None:
        """Keep the result of a step; the first one stays, so that a repetition changes nothing, unless
        it is to ``replace`` what an earlier revision said."""
        sealed = self._sealer.seal(case_key(trace.case_id), f"step-{name}", trace.trace_id, result)
        if replace:
            await tx.execute("DELETE FROM step WHERE trace_id = ? AND name = ?", (trace.trace_id, name))
        await tx.execute(
            "INSERT INTO step (trace_id, name, sealed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (trace.trace_id, name, sealed),
        )

    async def step(self, tx: Transaction, trace: TraceRow, name: str, kind: type[T]) -> T | None:
        row = await tx.row("SELECT sealed FROM step WHERE trace_id = ? AND name = ?", (trace.trace_id, name))
        if row is None:
            return None
        return self._sealer.open(case_key(trace.case_id), f"step-{name}", trace.trace_id, row["sealed"], kind)

    async def steps(
        self, tx: Transaction, traces: Sequence[TraceRow], name: str, kind: type[T]
    ) -> dict[str, T | str]:
        """The same step of several traces, of those that have it and are not being erased; one that is
        damaged is the reason why it does not open."""
        cases = {trace.trace_id: trace.case_id for trace in traces}
        rows = await tx.rows(
            "SELECT trace_id, sealed FROM step WHERE name = ?"
            " AND trace_id IN (SELECT value FROM json_each(?))",
            (name, listed(list(cases))),
        )
        found: dict[str, T | str] = {}
        for row in rows:
            trace_id, sealed = row["trace_id"], row["sealed"]
            key = case_key(cases[trace_id])
            try:
                found[trace_id] = self._sealer.open(key, f"step-{name}", trace_id, sealed, kind)
            except Erased:
                continue
            except InputError as problem:
                found[trace_id] = str(problem)
        return found

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

    async def window_problems(
        self, tx: Transaction, trace: TraceRow, window_ids: Iterable[str]
    ) -> tuple[str, ...]:
        """What could not be read in these windows, by their stored results, each line once."""
        rows = await tx.rows(
            "SELECT window_id, sealed FROM window_result WHERE trace_id = ?", (trace.trace_id,)
        )
        stored = {row["window_id"]: row["sealed"] for row in rows}
        found: set[str] = set()
        for window_id in window_ids:
            row = f"{trace.trace_id}/{window_id}"
            sealed = stored.get(self._sealer.vault.mac(row))
            if sealed is not None:
                key = face_key(trace.case_id)
                found |= {*self._sealer.open(key, "window", row, sealed, WindowResult).problems}
        return tuple(sorted(found))

    async def windows_of(self, tx: Transaction, trace_ids: Sequence[str]) -> dict[str, WindowCounts]:
        """What was read so far, by trace; a trace without any window is not among them."""
        rows = await tx.rows(
            "SELECT trace_id, count(*) AS windows, sum(frames) AS frames, sum(faces) AS faces,"
            " sum(cannot_assess) AS cannot_assess FROM window_result"
            " WHERE trace_id IN (SELECT value FROM json_each(?)) GROUP BY trace_id",
            (listed(trace_ids),),
        )
        return {
            row["trace_id"]: WindowCounts(row["windows"], row["frames"], row["faces"], row["cannot_assess"])
            for row in rows
        }

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
            try:
                message = self._sealer.open(key, "message", row["trace_id"], row["message"], str)
            except Erased:  # the others are shown all the same
                pass
            except InputError as problem:
                message = str(problem)
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
            requested_by=row["requested_by"],
            attempt=row["attempt"],
            not_before=_time(row["not_before"]),
            plan_version=row["plan_version"],
            revision=row["revision"],
            late=bool(row["late"]),
        )


async def _last_seen(tx: Transaction) -> datetime | None:
    """The latest moment that this store knows of; whoever changes a state has just asked for it."""
    row = await tx.row("SELECT value FROM meta WHERE key = 'latest_time'")
    return datetime.fromisoformat(str(row["value"]).partition(" ")[0]) if row else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
