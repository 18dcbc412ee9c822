"""Who looks at a trace a second time without knowing the first answers (G10)."""

from datetime import datetime

from engine.domain.decision import Part
from engine.domain.person import Person
from engine.ports import Row, Transaction


async def note_seen(tx: Transaction, trace_id: str, person: Person) -> None:
    """This person has seen answers of somebody else: they are blind to them no more."""
    await tx.execute(
        "INSERT INTO seen_by (trace_id, person, uid, login) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS"
        " (SELECT 1 FROM seen_by WHERE trace_id = ?1 AND person = ?2 AND uid IS ?3 AND login IS ?4)",
        (trace_id, person.name, person.uid, person.login_uid),
    )


async def has_seen(tx: Transaction, trace_id: str, person: Person) -> bool:
    """Whether this person has, under any account of theirs."""
    rows = await tx.rows("SELECT person, uid, login FROM seen_by WHERE trace_id = ?", (trace_id,))
    return any(_is(person, row) for row in rows)


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


async def is_blind(tx: Transaction, trace_id: str, person: Person, answered: int) -> bool:
    """True while ``person``, under any account of theirs, is the second reviewer and candidates are left
    without their answer, other than those set aside. ``answered``: how many standing second answers there
    are."""
    taken = await tx.row("SELECT person, uid, login FROM second_reviewer WHERE trace_id = ?", (trace_id,))
    if taken is None or not _is(person, taken):
        return False
    row = await tx.row(
        "SELECT count(*) AS n FROM candidate c WHERE trace_id = ?1 AND NOT (EXISTS (SELECT 1 FROM set_aside a"
        " WHERE a.candidate_id = c.candidate_id) AND NOT EXISTS (SELECT 1 FROM decision d"
        " WHERE d.candidate_id = c.candidate_id AND d.part = ?2 AND d.answer IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM decision w WHERE w.candidate_id = c.candidate_id AND w.withdraws = d.decision_id)))",
        (trace_id, Part.SECOND),
    )
    assert row is not None
    return answered < int(row["n"])


def _is(person: Person, row: Row) -> bool:
    return bool(row["person"] == person.name) or person.is_also(row["uid"], row["login"])
