"""The newest lines of the audit in memory; the oldest are let go."""

from collections import deque
from collections.abc import Iterable

from engine.api.schema import AuditEntry
from tui.casework.finding import has

KEPT_LINES = 20_000


class Tail:
    """``last`` is the number of the newest line that was taken, ``lines`` those that fit the filter, oldest
    first, ``of`` how many are kept."""

    def __init__(self, kept: int = KEPT_LINES) -> None:
        self._all: deque[AuditEntry] = deque(maxlen=kept)
        self._wanted = ""
        self.lines: tuple[AuditEntry, ...] = ()
        self.last = 0

    @property
    def of(self) -> int:
        return len(self._all)

    def begin_after(self, seq: int) -> None:
        """Nothing up to this line is wanted."""
        self.last = max(self.last, seq)

    def take(self, entries: Iterable[AuditEntry]) -> bool:
        """Newer lines, in their order; True where there were any. What is known already changes nothing."""
        new = [entry for entry in entries if entry.seq > self.last]
        if not new:
            return False
        self.last = new[-1].seq
        self._all.extend(new)
        first = self._all[0].seq
        kept = (line for line in self.lines if line.seq >= first)
        self.lines = (*kept, *(line for line in new if line.seq >= first and self._fits(line)))
        return True

    def filter(self, wanted: str) -> None:
        """Only lines that have these letters from now on; "" for all."""
        if wanted != self._wanted:
            self._wanted = wanted
            self.lines = tuple(line for line in self._all if self._fits(line))

    def _fits(self, line: AuditEntry) -> bool:
        return not self._wanted or has(
            self._wanted, line.person, line.action, line.object, line.outcome, str(line.seq)
        )
