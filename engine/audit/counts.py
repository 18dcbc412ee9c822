"""What an auditor can publish: counts made from audit lines alone, per day and in all.

They hold no personal data and outlive erasure, because the lines do. What is counted:

- ``searches``: traces that looked into footage; ``windows``: camera windows opened for them;
- ``cameras``: different cameras among these, by keyed digest; ``camera_s``: their seconds, each window
  rounded up, counted where it was intended: never fewer than were read;
- ``faces_compared``; ``views`` of candidates, one each time that pictures were to leave; ``clips_viewed``;
  ``exports``: again by intent;
- ``decisions``, ``taken_back`` and ``refusals`` (lines of any action with outcome ``refused``).

``searches`` and ``cameras`` count different ones, so their days do not add up to their total.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from engine.audit.line import AuditLine, decode
from engine.domain.errors import Refused
from engine.ports import Transaction

ALL_DAYS = ""
DIFFERENT = ("searches", "cameras")
ADDED = (
    "windows",
    "camera_s",
    "faces_compared",
    "views",
    "clips_viewed",
    "decisions",
    "taken_back",
    "refusals",
    "exports",
)
NAMES = (*DIFFERENT, *ADDED)
_BY_INTENT = {"view": "views", "clip": "clips_viewed", "export": "exports"}
_COUNTED = "audit_counted"
AT_ONCE = 200  # rows in one statement


class Tally:
    """Counts of the lines given to it. ``counts`` maps (day, name) to an amount; the day ``""`` is all."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self._seen: set[tuple[str, str, str]] = set()

    def add(self, line: AuditLine) -> None:
        """Raises ValueError where a line says a number that is none."""
        for day in (ALL_DAYS, day_of(line)):
            for name, amount in added(line):
                self.counts[day, name] += amount
            for name, digest in different(line):
                if (name, day, digest) not in self._seen:
                    self._seen.add((name, day, digest))
                    self.counts[day, name] += 1

    def totals(self) -> dict[str, int]:
        """All names, in all; those that never came are 0."""
        return {name: self.counts[ALL_DAYS, name] for name in NAMES}


def day_of(line: AuditLine) -> str:
    """The line's day in UTC."""
    return line.at.date().isoformat()


def added(line: AuditLine) -> Iterator[tuple[str, int]]:
    """Amounts that simply add up. Raises ValueError where one is no number."""
    if line.outcome == "refused":
        yield "refusals", 1
    elif line.outcome == "intent":
        if line.action in _BY_INTENT:
            yield _BY_INTENT[line.action], 1
        elif line.action == "search":
            yield "windows", 1
            yield "camera_s", math.ceil(float(line.detail.get("camera_s", "0")))
    elif line.action == "search":
        yield "faces_compared", int(line.detail.get("faces_compared", "0"))
    elif line.action == "decide":
        yield ("taken_back" if line.outcome == "taken back" else "decisions"), 1


def different(line: AuditLine) -> Iterator[tuple[str, str]]:
    """What counts once however often it comes: name and opaque id or keyed digest."""
    if line.action == "search" and line.outcome == "intent":
        yield "searches", line.object
        if camera := line.detail.get("camera"):
            yield "cameras", camera


async def counted(tx: Transaction) -> int:
    """Number of the last line that is in the stored counts."""
    row = await tx.row("SELECT value FROM meta WHERE key = ?", (_COUNTED,))
    return int(row["value"]) if row else 0


async def catch_up(tx: Transaction, limit: int = 500) -> bool:
    """Count lines that have not been, at most ``limit``; whether there may be more. Raises Refused
    (G13) at a line that cannot be read."""
    upto = await counted(tx)
    rows = await tx.rows(
        "SELECT seq, CAST(line AS BLOB) AS line FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (upto, limit)
    )
    if not rows:
        return False
    amounts: Counter[tuple[str, str]] = Counter()
    met: dict[tuple[str, str, str], None] = {}
    for row in rows:
        try:
            line = decode(bytes(row["line"]))
            for day in (ALL_DAYS, day_of(line)):
                for name, amount in added(line):
                    amounts[day, name] += amount
                met |= {(name, day, digest): None for name, digest in different(line)}
        except ValueError:  # msgspec.DecodeError is one too, and UnicodeDecodeError
            raise Refused(
                f"line {row['seq']} of the audit is damaged", rule="G13", mend="run: tracedesk audit verify"
            ) from None
    for name, day in await _new(tx, list(met)):
        amounts[day, name] += 1
    for (day, name), amount in amounts.items():
        if amount:
            await tx.execute(
                "INSERT INTO audit_tally (day, name, amount) VALUES (?, ?, ?)"
                " ON CONFLICT (day, name) DO UPDATE SET amount = amount + excluded.amount",
                (day, name, amount),
            )
    await tx.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_COUNTED, str(rows[-1]["seq"])),
    )
    return len(rows) == limit


async def _new(tx: Transaction, met: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Name and day of those that had not been seen before; now they have."""
    found: list[tuple[str, str]] = []
    for start in range(0, len(met), AT_ONCE):
        some = met[start : start + AT_ONCE]
        places = ", ".join(["(?, ?, ?)"] * len(some))
        rows = await tx.rows(
            f"INSERT OR IGNORE INTO audit_seen (name, day, digest) VALUES {places} RETURNING name, day",  # noqa: S608
            [value for one in some for value in one],
        )
        found += [(str(row["name"]), str(row["day"])) for row in rows]
    return found


async def read(tx: Transaction) -> dict[str, dict[str, int]]:
    """Stored counts by day, ``""`` being all; days without any are left out."""
    found: dict[str, dict[str, int]] = {ALL_DAYS: dict.fromkeys(NAMES, 0)}
    for row in await tx.rows("SELECT day, name, amount FROM audit_tally ORDER BY day, name"):
        found.setdefault(row["day"], dict.fromkeys(NAMES, 0))[row["name"]] = int(row["amount"])
    return found


async def read_totals(tx: Transaction) -> dict[str, int]:
    """Stored counts of all days together, by name."""
    rows = await tx.rows("SELECT name, amount FROM audit_tally WHERE day = ?", (ALL_DAYS,))
    return dict.fromkeys(NAMES, 0) | {str(row["name"]): int(row["amount"]) for row in rows}


def as_stored(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """A tally in the form of ``read``, to compare the two."""
    found: dict[str, dict[str, int]] = {ALL_DAYS: dict.fromkeys(NAMES, 0)}
    for (day, name), amount in counts.items():
        if amount:
            found.setdefault(day, dict.fromkeys(NAMES, 0))[name] = amount
    return found
