"""What the engine answers an auditor: verdict, counts, pages of the export."""

from datetime import datetime

from engine.api.schema import Reply


class AuditVerdict(Reply, frozen=True, kw_only=True):
    """Of a check of the whole log. The first bad line is one of ``first_bad`` to ``first_bad_until``,
    None where all is well; ``signed_upto`` is the size of the last checkpoint, ``witnessed_upto`` and
    ``witnessed_at`` what the witness last acknowledged."""

    lines: int
    first_bad: int | None
    first_bad_until: int | None
    problem: str
    checkpoints: int
    signed_upto: int
    root: str
    witnessed_upto: int
    witnessed_at: datetime | None
    disagreement: str
    seconds: float
    key: str


class AuditCounts(Reply, frozen=True, kw_only=True):
    """Counts to publish: in all, and by day (UTC). ``searches`` and ``cameras`` count different ones."""

    lines: int
    total: dict[str, int]
    days: dict[str, dict[str, int]]
    key: str


class AuditRecord(Reply, frozen=True, kw_only=True):
    """Either an audit line with its hash, or the note of a checkpoint of all lines before it."""

    line: str = ""
    hash: str = ""
    note: str = ""


class AuditPage(Reply, frozen=True, kw_only=True):
    """A stretch of the export after line ``after``; ``last`` is its last line. The whole goes up to line
    ``upto``, the size of a checkpoint. ``previous`` and ``peaks`` belong into the header of a file that
    begins here."""

    key: str
    after: int
    previous: str
    peaks: tuple[str, ...]
    last: int
    upto: int
    records: tuple[AuditRecord, ...]
