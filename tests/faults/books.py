"""What a dead engine left on the disk, compared with what people were told and with its own audit."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from engine.api import audited_answer
from engine.audit import log
from engine.audit.check import verify
from engine.audit.log import AuditLine
from engine.ports import Row, Transaction
from engine.store.reviews import Reviews
from engine.store.sealing import Sealer
from engine.store.writer import SqliteStore
from engine.vault.keys import Vault
from tests.engine.fakes import SECRET
from tests.faults.insistent import Ledger

PARTS = ("tracedesk.sqlite", "tracedesk.sqlite-wal")
KEYS = ("keys.json", "epoch-*.key", "rehearsal.secret")  # answers are sealed
TAKEN_BACK = "taken back"

Decided = tuple[str, str | None]


@dataclass(slots=True)
class Finding:
    """``lost``: acknowledged and not there; ``doubled``: there more often than acknowledged once all was
    answered; ``apart``: database and audit tell different stories, or the audit does not verify."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    decisions: int = 0
    lines: int = 0
    windows: int = 0
    unfinished: int = 0

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.apart)


def set_aside(state: Path, aside: Path) -> None:
    """A copy of what lies there; the original stays as the kill left it."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for part in PARTS + KEYS:
        for found in state.glob(part):
            shutil.copyfile(found, aside / found.name)


async def look(aside: Path, ledger: Ledger, *, whole: bool) -> Finding:
    """Open a copy with the code of the engine itself and compare. ``whole``: check every line of the
    audit, not only what it says."""
    found = Finding()
    secret = aside / "rehearsal.secret"
    sealer = Sealer(Vault(aside, secret.read_bytes() if secret.exists() else SECRET))
    async with SqliteStore(aside / PARTS[0]) as store:
        if whole and (fault := (await verify(store)).fault) is not None:
            found.apart.append(f"the audit: {fault}")
        await store.run(lambda tx: _compare(tx, sealer, ledger, found))
    return found


async def _compare(tx: Transaction, sealer: Sealer, ledger: Ledger, found: Finding) -> None:
    decisions = await _decided(tx, sealer)
    lines = [line for line, _ in await log.lines(tx, 0, 10_000_000)]
    answers = await audited_answer.outcomes(sealer, tx, lines)
    lines = [msgspec.structs.replace(line, outcome=answers.get(line.seq, line.outcome)) for line in lines]
    events = await tx.rows("SELECT seq, kind, object, state FROM event ORDER BY seq")
    found.decisions, found.lines = len(decisions), len(lines)
    _decisions(decisions, ledger, found)
    _audit_of_decisions(decisions, lines, events, found)
    await _views(tx, ledger, lines, found)
    await _records(tx, ledger, lines, found)
    await _papers(tx, ledger, lines, found)
    await _windows(tx, lines, found)
    _events(events, ledger, found)


async def _decided(tx: Transaction, sealer: Sealer) -> list[Decided]:
    """Candidate and answer of every decision, None for one that takes another back."""
    reviews, made = Reviews(sealer), {}
    for row in await tx.rows("SELECT DISTINCT trace_id FROM candidate"):
        made |= {d.decision_id: d for d in await reviews.decisions(tx, row["trace_id"])}
    rows = await tx.rows("SELECT decision_id, candidate_id FROM decision ORDER BY number")
    return [(row["candidate_id"], made[row["decision_id"]].answer) for row in rows]


def _decisions(decisions: Sequence[Decided], ledger: Ledger, found: Finding) -> None:
    """Version v of a candidate came from its decision number v - 1."""
    made: dict[str, list[str | None]] = defaultdict(list)
    for candidate, answer in decisions:
        made[candidate].append(answer)
    open_ones = Counter(c.about for c in ledger.unanswered if c.kind in ("decide", "undo"))
    for candidate, versions in ledger.told.items():
        for version, answer in versions.items():
            if version - 2 >= len(made[candidate]) or made[candidate][version - 2] != answer:
                found.lost.append(f"version {version} of candidate {candidate}")
    for candidate, answers in made.items():
        told = len(ledger.told.get(candidate, {}))
        if not told <= len(answers) <= told + open_ones[candidate]:
            found.doubled.append(f"candidate {candidate}: {len(answers)} decisions, {told} acknowledged")


def _audit_of_decisions(
    decisions: Sequence[Decided], lines: Sequence[AuditLine], events: Sequence[Row], found: Finding
) -> None:
    """The same decisions in the same order: in the table, in the audit, among the events."""
    table = [(candidate, answer or TAKEN_BACK) for candidate, answer in decisions]
    audit = [(line.object, line.outcome) for line in lines if line.action == "decide"]
    told = [row["object"] for row in events if row["kind"] == "decide"]  # never which answer (G10)
    if table != audit:
        found.apart.append(f"{len(table)} decisions, {len(audit)} lines of the audit about decisions")
    if [candidate for candidate, _ in table] != told:
        found.apart.append(f"{len(table)} decisions, {len(told)} events about decisions")


async def _views(tx: Transaction, ledger: Ledger, lines: Sequence[AuditLine], found: Finding) -> None:
    rows = {row["view_id"]: row["candidate_id"] for row in await tx.rows("SELECT * FROM view")}
    found.lost += [f"view {view}" for view in ledger.views - rows.keys()]
    intended = [line for line in lines if line.action == "view" and line.outcome == "intent"]
    audited = Counter(line.object for line in intended if "again" not in line.detail)
    if Counter(rows.values()) != audited:
        found.apart.append("views and their lines differ")
    open_ones = sum(c.kind == "view" for c in ledger.unanswered)
    if not len(ledger.views) <= len(rows) <= len(ledger.views) + open_ones:
        found.doubled.append(f"{len(rows)} views, {len(ledger.views)} acknowledged")


async def _records(tx: Transaction, ledger: Ledger, lines: Sequence[AuditLine], found: Finding) -> None:
    rows = await tx.rows("SELECT case_id, count(*) AS n FROM record WHERE source = 'gps' GROUP BY case_id")
    stored = Counter({row["case_id"]: row["n"] for row in rows})
    audited: Counter[str] = Counter()
    for line in lines:
        if line.action == "records" and line.detail["source"] == "gps":
            audited[line.object] += int(line.detail["new"])
    found.lost += [f"records of case {c}" for c, n in ledger.records.items() if stored[c] < n]
    if stored != audited:
        found.apart.append("records and their lines differ")
    files = sum(line.action == "records" and line.detail["source"] == "gps" for line in lines)
    open_ones = sum(c.kind == "records" for c in ledger.unanswered)
    if not ledger.files <= files <= ledger.files + open_ones:
        found.doubled.append(f"{files} record files in the audit, {ledger.files} acknowledged")


async def _papers(tx: Transaction, ledger: Ledger, lines: Sequence[AuditLine], found: Finding) -> None:
    rows = await tx.rows("SELECT authorisation_id, state FROM authorisation")
    states = {row["authorisation_id"]: row["state"] for row in rows}
    for paper, approved in ledger.papers.items():
        if paper not in states or (approved and states[paper] != "approved"):
            found.lost.append(f"authorisation {paper}")
    said = {
        what: Counter(line.object for line in lines if (line.action, line.outcome) == ("authorisation", what))
        for what in ("requested", "approved")
    }
    if said["requested"] != Counter(states.keys()):
        found.apart.append("authorisations and the lines about asking for them differ")
    if said["approved"] != Counter(p for p, state in states.items() if state == "approved"):
        found.apart.append("approved authorisations and their lines differ")


async def _windows(tx: Transaction, lines: Sequence[AuditLine], found: Finding) -> None:
    rows = await tx.rows("SELECT trace_id, window_id, frames FROM window_result")
    stored = Counter(row["trace_id"] for row in rows)
    audited = Counter(line.object for line in lines if (line.action, line.outcome) == ("search", "done"))
    intended = {line.object for line in lines if (line.action, line.outcome) == ("search", "intent")}
    if stored != audited or not stored.keys() <= intended:
        found.apart.append("windows and their lines differ")
    found.windows = sum(stored.values())
    state = await tx.row(
        "SELECT (SELECT count(*) FROM trace WHERE state IN ('queued', 'running')) AS unfinished,"
        " (SELECT count(*) FROM slot WHERE trace_id IS NOT NULL) AS held,"
        " (SELECT count(*) FROM candidate) AS candidates"
    )
    assert state is not None
    found.unfinished = state["unfinished"]
    told = sum(
        int(line.detail["candidates"]) for line in lines if line.outcome == "done" and "window" in line.detail
    )
    if state["held"] > 10 or state["candidates"] != told:
        found.apart.append(f"{state['held']} slots held, {state['candidates']} candidates of {told} told")


def _events(events: Sequence[Row], ledger: Ledger, found: Finding) -> None:
    """Whoever listened from their cursor heard every event once, in order, and none that is not there."""
    known = [row["seq"] for row in events]
    heard = ledger.events
    if heard != known[: len(heard)]:
        found.lost.append(f"of {len(known)} events a listener heard others than the first {len(heard)}")
