"""Lines of the audit as rows, the line at hand in full, and what a check of all of them found."""

from datetime import UTC, datetime, tzinfo

from rich.text import Text

from engine.api.audit_schema import AuditVerdict
from engine.api.schema import AuditEntry
from engine.api.site_schema import AuditHead
from tui.language.catalogue import tr
from tui.language.words import clock_time, since
from tui.panes.details import Said
from tui.panes.lines import padded, wrapped
from tui.panes.table import Column, Table
from tui.terminal.theme import TONES

ROOT_DIGITS = 16
LABEL = 12
BAD_OUTCOMES = ("refused", "found bad", "failed", "not justified", "not reviewed in time")


class AuditPane(Table[AuditEntry]):
    """Times are those of ``zone``."""

    def __init__(self) -> None:
        self.zone: tzinfo = UTC
        columns: tuple[Column[AuditEntry], ...] = (
            Column(title="line", cells=8, least=90, say=_number),
            Column(title="day", cells=10, least=76, say=lambda entry: self._at(entry, "%Y-%m-%d")),
            Column(title="time", cells=8, say=lambda entry: self._at(entry, "%H:%M:%S")),
            Column(title="person", cells=12, say=lambda entry: Text(entry.person)),
            Column(title="what", cells=14, say=lambda entry: Text(tr(entry.action), style=TONES["strong"])),
            Column(title="outcome", cells=15, say=_outcome),
            Column(title="about", cells=20, say=lambda entry: Text(entry.object)),
        )
        super().__init__(columns)

    def key(self, row: AuditEntry) -> str:
        return str(row.seq)

    def _at(self, entry: AuditEntry, pattern: str) -> Text:
        return Text(entry.at.astimezone(self.zone).strftime(pattern))


def _number(entry: AuditEntry) -> Text:
    return Text(f"{entry.seq:>8}", style=TONES["muted"])


def _outcome(entry: AuditEntry) -> Text:
    if entry.outcome in BAD_OUTCOMES:
        return Text(f"! {tr(entry.outcome)}", style=TONES["notice"])
    return Text(tr(entry.outcome))


def head_line(head: AuditHead | None, now: datetime | None, width: int) -> Text:
    """How long the log is, its root, and what the witness has acknowledged of it. In a line of ``width``
    cells that is too short, how far it is signed gives way first, then the root."""
    if head is None or now is None:
        return Text()
    lines = Text(tr("{n} lines", n=f"{head.size:,}"), style=TONES["strong"])
    root = Text(tr("root {digits}", digits=head.root[:ROOT_DIGITS] or "-"), style=TONES["muted"])
    signed = Text(tr("signed to {n}", n=f"{head.signed_upto:,}"))
    if head.witnessed_at is None:
        seen = Text(tr("no witness has acknowledged anything"), style=TONES["notice"])
    else:
        ago = since(head.witnessed_at, now)
        seen = Text(tr("witness to {n}, {time} ago", n=f"{head.witnessed_upto:,}", time=ago))
    forms = (Text("  ").join(parts) for parts in ((lines, root, signed, seen), (lines, root, seen)))
    return next((said for said in forms if said.cell_len <= width), Text("  ").join((lines, seen)))


def audit_lines(
    entry: AuditEntry | None, verdict: AuditVerdict | None, checking: str, now: datetime | None, zone: tzinfo
) -> Said:
    """The line at hand and the last check. ``checking`` says that one is going on, or why there is none."""

    def lines(width: int) -> list[Text]:
        said: list[Text] = []
        for label, text in (*_check(verdict, checking, now), *_entry(entry, zone)):
            said += wrapped(Text.assemble((padded(tr(label), LABEL), TONES["muted"])) + text, width, LABEL)
        return said

    return lines


Parts = list[tuple[str, Text]]


def _check(verdict: AuditVerdict | None, checking: str, now: datetime | None) -> Parts:
    if checking:
        return [("check", Text(checking, style=TONES["notice"]))]
    if verdict is None:
        return [("check", Text(tr("not checked at this desk; v checks the whole log"), style=TONES["muted"]))]
    parts: Parts = [("check", verdict_line(verdict))]
    signed = tr("to line {n}, in {m} checkpoints", n=f"{verdict.signed_upto:,}", m=verdict.checkpoints)
    parts.append(("signed", Text(signed)))
    parts.append(("witnessed", _witnessed(verdict, now)))
    if verdict.disagreement:
        parts.append(("", Text(f"! {verdict.disagreement}", style=TONES["alarm"])))
    return parts


def verdict_line(verdict: AuditVerdict) -> Text:
    """The verdict in words: what is bad and where, else that all is well."""
    if verdict.first_bad is None:
        well = tr(
            "✓ {n} lines, all sound, checked in {s} s", n=f"{verdict.lines:,}", s=f"{verdict.seconds:.1f}"
        )
        return Text(well, style=TONES["good"])
    until = verdict.first_bad_until
    where = f"{verdict.first_bad:,}"
    if until is not None and until != verdict.first_bad:
        where = tr("one of {first} to {last}", first=where, last=f"{until:,}")
    bad = tr("! line {where} is not as it was written: {problem}", where=where, problem=verdict.problem)
    return Text(bad, style=TONES["alarm"])


def _witnessed(verdict: AuditVerdict, now: datetime | None) -> Text:
    if verdict.witnessed_at is None or now is None:
        return Text(tr("to line {n}", n=f"{verdict.witnessed_upto:,}"))
    ago = since(verdict.witnessed_at, now)
    return Text(tr("to line {n}, {time} ago", n=f"{verdict.witnessed_upto:,}", time=ago))


def _entry(entry: AuditEntry | None, zone: tzinfo) -> Parts:
    if entry is None:
        return []
    local = entry.at.astimezone(zone)
    what = Text.assemble(
        f"{entry.person}: ", (tr(entry.action), TONES["strong"]), f" {entry.object}, {tr(entry.outcome)}"
    )
    return [
        (tr("line {n}", n=entry.seq), what),
        ("at", Text(f"{local:%Y-%m-%d} {clock_time(entry.at, zone)}")),
        ("hash", Text(entry.hash, style=TONES["muted"])),
    ]
