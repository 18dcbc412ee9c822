"""Who looks at a trace a second time without knowing the first answers (G10)."""

from collections.abc import Iterable
from datetime import datetime

from engine.domain.decision import Part
from engine.domain.person import Person
from engine.domain.trace import TraceState
from engine.ports import Row, Transaction
from engine.store.listed import listed

REVIEWED = (TraceState.QUEUED, TraceState.RUNNING, TraceState.AWAITING_REVIEW, TraceState.COMPLETE)


async def note_seen(tx: Transaction, trace_id: str, person: Person) -> None:
    """This person has seen answers of somebody else: they are blind to them no more, nor in other traces of
    the case, where the same footage may have been looked at."""
    if not await _note_seen(tx, trace_id, person):
        return
    for other in await taken_beside(tx, trace_id, person):
        await _note_seen(tx, other, person)


async def _note_seen(tx: Transaction, trace_id: str, person: Person) -> int:
    return await tx.execute(
        "INSERT INTO seen_by (trace_id, person, uid, login) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS"
        " (SELECT 1 FROM seen_by WHERE trace_id = ?1 AND person = ?2 AND uid IS ?3 AND login IS ?4)",
        (trace_id, person.name, person.uid, person.login_uid),
    )


async def taken_beside(tx: Transaction, trace_id: str, person: Person) -> list[str]:
    """Other traces of the same case that this person is the second reviewer of."""
    rows = await tx.rows(
        "SELECT s.trace_id, s.person, s.uid, s.login FROM trace t JOIN trace o ON o.case_id = t.case_id"
        " AND o.trace_id <> t.trace_id JOIN second_reviewer s ON s.trace_id = o.trace_id"
        " WHERE t.trace_id = ?",
        (trace_id,),
    )
    return [row["trace_id"] for row in rows if _is(person, row)]


async def known_beside(tx: Transaction, trace_id: str, person: Person) -> frozenset[str]:
    """Other traces of the same case of which this person, under any account of theirs, has given first
    answers or seen those of others."""
    return frozenset([i for i in await beside(tx, trace_id) if await _knows(tx, i, person)])


async def beside(tx: Transaction, trace_id: str) -> tuple[str, ...]:
    """The other traces of the same case, oldest first."""
    rows = await tx.rows(
        "SELECT o.trace_id FROM trace o JOIN trace t ON t.trace_id = ?1 AND o.case_id = t.case_id"
        " WHERE o.trace_id <> ?1 ORDER BY o.number",
        (trace_id,),
    )
    return tuple(row["trace_id"] for row in rows)


async def _knows(tx: Transaction, trace_id: str, person: Person) -> bool:
    return await answered(tx, trace_id, person, Part.FIRST) or await has_seen(tx, trace_id, person)


async def has_seen(tx: Transaction, trace_id: str, person: Person) -> bool:
    """Whether this person has, under any account of theirs."""
    rows = await tx.rows("SELECT person, uid, login FROM seen_by WHERE trace_id = ?", (trace_id,))
    return any(_is(person, row) for row in rows)


async def untold(tx: Transaction, person: Person, trace_ids: Iterable[str]) -> frozenset[str]:
    """Those of these traces of which somebody else has answered something, be it taken back since, and of
    which ``person`` has been told no answer nor given a first one, under any account of theirs: they may
    still become the second reviewer there, or are."""
    ids = listed(trace_ids)
    known = set()
    for row in await tx.rows(
        "SELECT trace_id, person, uid, login FROM seen_by WHERE trace_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        if _is(person, row):
            known.add(row["trace_id"])
    others = set()
    for row in await tx.rows(
        "SELECT DISTINCT c.trace_id, d.part, d.person, d.uid, d.login FROM decision d"
        " JOIN candidate c USING (candidate_id) WHERE d.withdraws = ''"
        " AND c.trace_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        if not _is(person, row):
            others.add(row["trace_id"])
        elif row["part"] == Part.FIRST:
            known.add(row["trace_id"])
    return frozenset(others - known)


async def traces_of(tx: Transaction, case_ids: Iterable[str]) -> dict[str, str]:
    """The cases of all traces of these, by trace."""
    rows = await tx.rows(
        "SELECT trace_id, case_id FROM trace WHERE case_id IN (SELECT value FROM json_each(?))",
        (listed(case_ids),),
    )
    return {row["trace_id"]: row["case_id"] for row in rows}


async def traces_about(tx: Transaction, candidate_ids: Iterable[str]) -> dict[str, str]:
    """The traces of those of these candidates that there still are, by candidate."""
    rows = await tx.rows(
        "SELECT candidate_id, trace_id FROM candidate WHERE candidate_id IN (SELECT value FROM json_each(?))",
        (listed(candidate_ids),),
    )
    return {row["candidate_id"]: row["trace_id"] for row in rows}


async def cases_about(tx: Transaction, candidate_ids: Iterable[str]) -> dict[str, str]:
    """The cases of those of these candidates that there still are, by candidate."""
    rows = await tx.rows(
        "SELECT candidate_id, case_id FROM candidate WHERE candidate_id IN (SELECT value FROM json_each(?))",
        (listed(candidate_ids),),
    )
    return {row["candidate_id"]: row["case_id"] for row in rows}


async def answered(tx: Transaction, trace_id: str, person: Person, part: Part) -> bool:
    """Whether this person, under any account of theirs, has answered anything of a trace in this part."""
    rows = await tx.rows(
        "SELECT DISTINCT d.person, d.uid, d.login FROM decision d JOIN candidate c USING (candidate_id)"
        " WHERE c.trace_id = ? AND d.part = ?",
        (trace_id, part),
    )
    return any(_is(person, row) for row in rows)


async def take(tx: Transaction, trace_id: str, person: Person, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO second_reviewer (trace_id, person, uid, login, at) VALUES (?, ?, ?, ?, ?)",
        (trace_id, person.name, person.uid, person.login_uid, at.isoformat()),
    )


async def reviewer(tx: Transaction, trace_id: str) -> str:
    """The second reviewer of a trace, "" where there is none yet."""
    row = await tx.row("SELECT person FROM second_reviewer WHERE trace_id = ?", (trace_id,))
    return row["person"] if row else ""


async def taken_by(tx: Transaction, person: Person) -> tuple[tuple[str, str], ...]:
    """Traces with their cases that this person, under any account of theirs, is the second reviewer of."""
    rows = await tx.rows(
        "SELECT trace_id, case_id, s.person, s.uid, s.login"
        " FROM second_reviewer s JOIN trace USING (trace_id)"
    )
    return tuple((row["trace_id"], row["case_id"]) for row in rows if _is(person, row))


async def is_reviewer(tx: Transaction, trace_id: str, person: Person) -> bool:
    """Whether this person, under any account of theirs, is the second reviewer of a trace."""
    row = await tx.row("SELECT person, uid, login FROM second_reviewer WHERE trace_id = ?", (trace_id,))
    return row is not None and _is(person, row)


async def is_blind(tx: Transaction, trace_id: str, person: Person, answered: int) -> bool:
    """True while ``person``, under any account of theirs, is the second reviewer and candidates are left
    without their answer, other than those set aside. ``answered``: how many standing second answers there
    are."""
    if not await is_reviewer(tx, trace_id, person):
        return False
    row = await tx.row(
        "SELECT count(*) AS n FROM candidate c WHERE trace_id = ?1 AND NOT (EXISTS (SELECT 1 FROM set_aside a"
        " WHERE a.candidate_id = c.candidate_id) AND NOT EXISTS (SELECT 1 FROM decision d"
        " WHERE d.candidate_id = c.candidate_id AND d.part = ?2 AND d.withdraws = '' AND NOT EXISTS"
        " (SELECT 1 FROM decision w WHERE w.candidate_id = c.candidate_id AND w.withdraws = d.decision_id)))",
        (trace_id, Part.SECOND),
    )
    assert row is not None
    return answered < int(row["n"])


async def is_withheld(tx: Transaction, trace_id: str, person: Person) -> bool:
    """True while somebody else wants a second reviewer here, nobody is it yet, ``person`` still may be, and
    there are answers or notes of others: none of them are shown to ``person`` until they take that part or
    say that they do not want it."""
    row = await tx.row(
        "SELECT 1 FROM trace t WHERE t.trace_id = ?1 AND t.state IN (SELECT value FROM json_each(?3))"
        " AND NOT EXISTS (SELECT 1 FROM second_reviewer s WHERE s.trace_id = ?1)"
        " AND EXISTS (SELECT 1 FROM candidate c JOIN second_wanted w USING (candidate_id)"
        " WHERE c.trace_id = ?1 AND w.person <> ?2)"
        " AND (EXISTS (SELECT 1 FROM candidate c JOIN decision d USING (candidate_id)"
        " WHERE c.trace_id = ?1 AND d.withdraws = '' AND NOT EXISTS (SELECT 1 FROM decision x"
        " WHERE x.candidate_id = d.candidate_id AND x.withdraws = d.decision_id))"
        " OR EXISTS (SELECT 1 FROM candidate c JOIN remark r USING (candidate_id)"
        " WHERE c.trace_id = ?1 AND r.person <> ?2))",
        (trace_id, person.name, listed(REVIEWED)),
    )
    if row is None or await has_seen(tx, trace_id, person):
        return False
    return not await answered(tx, trace_id, person, Part.FIRST)


def _is(person: Person, row: Row) -> bool:
    return bool(row["person"] == person.name) or person.is_also(row["uid"], row["login"])
