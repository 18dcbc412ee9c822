"""Who looks at a trace a second time without knowing the first answers (G10)."""

from datetime import datetime

from engine.domain.decision import Part
from engine.domain.person import Person
from engine.ports import Transaction


async def note_seen(tx: Transaction, trace_id: str, person: str) -> None:
    """This person has seen answers of somebody else: they are blind to them no more."""
    await tx.execute(
        "INSERT INTO seen_answers (trace_id, person) VALUES (?, ?) ON CONFLICT DO NOTHING", (trace_id, person)
    )


async def has_seen(tx: Transaction, trace_id: str, person: str) -> bool:
    row = await tx.row("SELECT 1 FROM seen_answers WHERE trace_id = ? AND person = ?", (trace_id, person))
    return row is not None


async def answered(tx: Transaction, trace_id: str, person: Person, part: Part) -> bool:
    """Whether this person, under any account of theirs, has answered anything of a trace in this part."""
    rows = await tx.rows(
        "SELECT DISTINCT d.person, d.uid, d.login FROM decision d JOIN candidate c USING (candidate_id)"
        " WHERE c.trace_id = ? AND d.part = ?",
        (trace_id, part),
    )
    return any(row["person"] == person.name or person.is_also(row["uid"], row["login"]) for row in rows)


async def take(tx: Transaction, trace_id: str, person: str, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO second_reviewer (trace_id, person, at) VALUES (?, ?, ?)",
        (trace_id, person, at.isoformat()),
    )


async def reviewer(tx: Transaction, trace_id: str) -> str:
    """The second reviewer of a trace, "" where there is none yet."""
    row = await tx.row("SELECT person FROM second_reviewer WHERE trace_id = ?", (trace_id,))
    return row["person"] if row else ""


async def is_blind(tx: Transaction, trace_id: str, person: str, answered: int) -> bool:
    """True while ``person`` is the second reviewer and candidates are left without their answer."""
    if await reviewer(tx, trace_id) != person:
        return False
    row = await tx.row("SELECT count(*) AS n FROM candidate WHERE trace_id = ?", (trace_id,))
    assert row is not None
    return answered < int(row["n"])
