"""Candidates with their pictures, the views people had of them, and what they answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from engine.domain.candidate import Candidate
from engine.domain.decision import Answer, Decision, Part, UnclearBecause
from engine.domain.errors import Unknown
from engine.domain.person import Person
from engine.domain.track import Still
from engine.ports import Row, Transaction
from engine.store import margins
from engine.store.listed import listed
from engine.store.sealing import Sealer, face_key

_ANSWERED = (
    "EXISTS (SELECT 1 FROM decision d WHERE d.candidate_id = c.candidate_id AND d.part = ?"
    " AND d.withdraws = '' AND NOT EXISTS (SELECT 1 FROM decision w"
    " WHERE w.candidate_id = c.candidate_id AND w.withdraws = d.decision_id))"
)
_ANSWER_LENGTH = 40  # of every sealed answer with its reason: a length would tell it
_SEALED_AT_ONCE = 200  # answers of an earlier release in one transaction
AT_ONCE = 500  # candidates with their pictures a statement: one that takes long looks like a disk that hangs


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody saw the pictures of a candidate at a certain size."""

    view_id: str
    candidate_id: str
    person: str
    at: datetime
    face_height_px: float


class Tally(NamedTuple):
    """Candidates, those of them with a standing first answer, and those set aside without one."""

    candidates: int
    answered: int
    aside: int

    @property
    def undecided(self) -> int:
        """Those that wait for an answer."""
        return self.candidates - self.answered - self.aside


NOTHING = Tally(0, 0, 0)


class Reviews:
    """Repository; every method belongs to the caller's transaction."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def add_candidate(self, tx: Transaction, candidate: Candidate) -> None:
        key = face_key(candidate.case_id)
        bare = msgspec.structs.replace(candidate, track=msgspec.structs.replace(candidate.track, stills=()))
        await tx.execute(
            "INSERT INTO candidate (candidate_id, trace_id, case_id, number, sealed, pictures)"
            " VALUES (?, ?, ?, (SELECT coalesce(max(number), 0) + 1 FROM candidate), ?, ?)",
            (
                candidate.candidate_id,
                candidate.trace_id,
                candidate.case_id,
                self._sealer.seal(key, "candidate", candidate.candidate_id, bare),
                self._sealer.seal(key, "pictures", candidate.candidate_id, candidate.track.stills),
            ),
        )

    async def of_trace(self, tx: Transaction, trace_id: str) -> tuple[Candidate, ...]:
        """Candidates of a trace without their pictures, in the order of arrival."""
        rows = await tx.rows(
            "SELECT candidate_id, case_id, sealed FROM candidate WHERE trace_id = ? ORDER BY number",
            (trace_id,),
        )
        return tuple(self._candidate(row) for row in rows)

    async def sealed(self, tx: Transaction, candidate_ids: Iterable[str]) -> list[Row]:
        """These candidates as they lie, in the order of arrival, for ``opened``."""
        return await tx.rows(
            "SELECT candidate_id, case_id, sealed FROM candidate"
            " WHERE candidate_id IN (SELECT value FROM json_each(?)) ORDER BY number",
            (listed(candidate_ids),),
        )

    async def answered_of(self, tx: Transaction, trace_id: str) -> tuple[Candidate, ...]:
        """Candidates of a trace that anybody answered, be it taken back since, without their pictures."""
        rows = await tx.rows(
            "SELECT candidate_id, case_id, sealed FROM candidate c WHERE trace_id = ? AND EXISTS"
            " (SELECT 1 FROM decision d WHERE d.candidate_id = c.candidate_id) ORDER BY number",
            (trace_id,),
        )
        return self.opened(rows)

    def opened(self, rows: Sequence[Row]) -> tuple[Candidate, ...]:
        """Without their pictures. Touches values only: it may run beside the event loop."""
        return tuple(self._candidate(row) for row in rows)

    async def get(self, tx: Transaction, candidate_id: str) -> Candidate:
        row = await tx.row(
            "SELECT candidate_id, case_id, sealed FROM candidate WHERE candidate_id = ?", (candidate_id,)
        )
        if row is None:
            raise Unknown(f"there is no candidate {candidate_id[:64]}")
        return self._candidate(row)

    async def case_of(self, tx: Transaction, candidate_id: str) -> str:
        """Its case, "" for a candidate that never was."""
        row = await tx.row("SELECT case_id FROM candidate WHERE candidate_id = ?", (candidate_id,))
        return row["case_id"] if row else ""

    async def version(self, tx: Transaction, candidate_id: str) -> int:
        row = await tx.row("SELECT version FROM candidate WHERE candidate_id = ?", (candidate_id,))
        return int(row["version"]) if row else 0

    async def versions(self, tx: Transaction, trace_id: str) -> dict[str, int]:
        rows = await tx.rows("SELECT candidate_id, version FROM candidate WHERE trace_id = ?", (trace_id,))
        return {row["candidate_id"]: row["version"] for row in rows}

    async def count(self, tx: Transaction, trace_id: str) -> int:
        row = await tx.row("SELECT count(*) AS n FROM candidate WHERE trace_id = ?", (trace_id,))
        assert row is not None
        return int(row["n"])

    async def pictures(self, tx: Transaction, candidate: Candidate) -> tuple[Still, ...]:
        row = await tx.row("SELECT pictures FROM candidate WHERE candidate_id = ?", (candidate.candidate_id,))
        assert row is not None
        return self._sealer.open(
            face_key(candidate.case_id),
            "pictures",
            candidate.candidate_id,
            row["pictures"],
            tuple[Still, ...],
        )

    async def forget_faces(self, tx: Transaction, case_id: str) -> int:
        """Delete everything that came out of a face search for this case, and the photographs that
        it went by; returns the number of candidates. Their key is destroyed by the caller."""
        return await forget_faces(tx, case_id)

    async def tallies(self, tx: Transaction, trace_ids: Sequence[str]) -> dict[str, Tally]:
        """What became of the candidates of each trace that has any."""
        rows = await tx.rows(
            "SELECT c.trace_id, count(*) AS candidates, sum(c.answered) AS answered,"  # noqa: S608
            f" sum(c.aside AND NOT c.answered) AS aside FROM (SELECT c.trace_id, {_ANSWERED} AS answered,"
            " EXISTS (SELECT 1 FROM set_aside a WHERE a.candidate_id = c.candidate_id) AS aside"
            " FROM candidate c WHERE c.trace_id IN (SELECT value FROM json_each(?))) c GROUP BY c.trace_id",
            (Part.FIRST, listed(trace_ids)),
        )
        return {row["trace_id"]: Tally(row["candidates"], row["answered"], row["aside"]) for row in rows}

    async def tally(self, tx: Transaction, trace_id: str) -> Tally:
        return (await self.tallies(tx, [trace_id])).get(trace_id, NOTHING)

    async def unanswered(self, tx: Transaction, trace_id: str) -> frozenset[str]:
        """Candidates of a trace without a standing first answer."""
        rows = await tx.rows(
            f"SELECT candidate_id FROM candidate c WHERE trace_id = ? AND NOT {_ANSWERED}",  # noqa: S608
            (trace_id, Part.FIRST),
        )
        return frozenset(row["candidate_id"] for row in rows)

    async def add_view(self, tx: Transaction, view: View) -> None:
        await tx.execute(
            "INSERT INTO view (view_id, candidate_id, person, at, face_height_px) VALUES (?, ?, ?, ?, ?)",
            (view.view_id, view.candidate_id, view.person, view.at.isoformat(), view.face_height_px),
        )

    async def view(self, tx: Transaction, view_id: str) -> View | None:
        row = await tx.row("SELECT * FROM view WHERE view_id = ?", (view_id,))
        if row is None:
            return None
        return View(
            view_id=row["view_id"],
            candidate_id=row["candidate_id"],
            person=row["person"],
            at=datetime.fromisoformat(row["at"]),
            face_height_px=row["face_height_px"],
        )

    async def add_decision(self, tx: Transaction, decision: Decision, person: Person | None = None) -> None:
        """Keep a decision, and give its candidate a new version; an answer that settles it takes it out of
        those that were set aside."""
        if decision.answer is not None and decision.part is Part.FIRST:
            await margins.take_up(tx, [decision.candidate_id])
        await tx.execute(
            "UPDATE candidate SET version = version + 1 WHERE candidate_id = ?", (decision.candidate_id,)
        )
        await tx.execute(
            "INSERT INTO decision (decision_id, candidate_id, number, person, at, sealed, withdraws,"
            " part, uid, login)"
            " VALUES (?, ?, (SELECT coalesce(max(number), 0) + 1 FROM decision), ?, ?, ?, ?, ?, ?, ?)",
            (
                decision.decision_id,
                decision.candidate_id,
                decision.decided_by,
                decision.decided_at.isoformat(),
                await self._sealed_answer(tx, decision),
                decision.withdraws,
                decision.part,
                person.uid if person else None,
                person.login_uid if person else None,
            ),
        )

    async def decisions(self, tx: Transaction, trace_id: str) -> tuple[Decision, ...]:
        """All decisions about a trace in the order in which they were made, reversals included."""
        rows = await tx.rows(
            "SELECT d.*, c.case_id FROM decision d JOIN candidate c USING (candidate_id)"
            " WHERE c.trace_id = ? ORDER BY d.number",
            (trace_id,),
        )
        return tuple(self._decision(row) for row in rows)

    async def seal_plain_answers(self, tx: Transaction, after: int = 0) -> int:
        """Seal answers that an earlier release left in plain columns, some of those after a number.
        Returns the number of the last one, 0 where there are no more. Those whose key is gone wait for their
        erasure."""
        rows = await tx.rows(
            "SELECT d.*, c.case_id FROM decision d JOIN candidate c USING (candidate_id)"
            " WHERE d.number > ? AND d.answer IS NOT NULL ORDER BY d.number LIMIT ?",
            (after, _SEALED_AT_ONCE),
        )
        for row in rows:
            if self._sealer.vault.has(face_key(row["case_id"])):
                sealed = self._seal_answer(row["case_id"], self._decision(row))
                await tx.execute(
                    "UPDATE decision SET sealed = ?, answer = NULL, because = NULL WHERE decision_id = ?",
                    (sealed, row["decision_id"]),
                )
        return int(rows[-1]["number"]) if rows else 0

    async def _sealed_answer(self, tx: Transaction, decision: Decision) -> bytes | None:
        if decision.answer is None:
            return None
        return self._seal_answer(await self.case_of(tx, decision.candidate_id), decision)

    def _seal_answer(self, case_id: str, decision: Decision) -> bytes:
        words = f"{decision.answer or ''} {decision.because or ''}".ljust(_ANSWER_LENGTH)
        return self._sealer.seal(face_key(case_id), "decision", decision.decision_id, words)

    def _decision(self, row: Row) -> Decision:
        sealed = row["sealed"]
        if sealed is not None:
            key, decision_id = face_key(row["case_id"]), row["decision_id"]
            answer, because = self._sealer.open(key, "decision", decision_id, sealed, str).split(" ")[:2]
        else:
            answer, because = row["answer"], row["because"]
        return Decision(
            decision_id=row["decision_id"],
            candidate_id=row["candidate_id"],
            decided_by=row["person"],
            decided_at=datetime.fromisoformat(row["at"]),
            answer=Answer(answer) if answer else None,
            because=UnclearBecause(because) if because else None,
            withdraws=row["withdraws"],
            part=Part(row["part"]),
        )

    def _candidate(self, row: Row) -> Candidate:
        return self._sealer.open(
            face_key(row["case_id"]), "candidate", row["candidate_id"], row["sealed"], Candidate
        )


async def forget_faces(tx: Transaction, case_id: str) -> int:
    """Delete everything that came out of a face search for this case, and the photographs that it went by;
    the number of candidates. Needs no key: it may be destroyed already."""
    of_case = "(SELECT candidate_id FROM candidate WHERE case_id = ?)"
    await tx.execute(f"DELETE FROM decision WHERE candidate_id IN {of_case}", (case_id,))  # noqa: S608
    await tx.execute(f"DELETE FROM view WHERE candidate_id IN {of_case}", (case_id,))  # noqa: S608
    await margins.forget(tx, case_id)
    some = f"(SELECT rowid FROM candidate WHERE case_id = ? LIMIT {AT_ONCE})"  # noqa: S608
    gone = 0
    while now := await tx.execute(f"DELETE FROM candidate WHERE rowid IN {some}", (case_id,)):  # noqa: S608
        gone += now
    await tx.execute(
        "DELETE FROM still_view WHERE still_id IN (SELECT still_id FROM still WHERE case_id = ?)", (case_id,)
    )
    await tx.execute("DELETE FROM still WHERE case_id = ?", (case_id,))
    await tx.execute(
        "DELETE FROM window_result WHERE trace_id IN (SELECT trace_id FROM trace WHERE case_id = ?)",
        (case_id,),
    )
    return gone
