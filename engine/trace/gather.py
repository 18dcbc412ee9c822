"""Step 1: what the records say about the time in which the patient could infect others."""

from collections.abc import Iterable

from engine.domain.authorisation import Scope
from engine.domain.interval import Interval
from engine.domain.record import Record


def gather(records: Iterable[Record], infectious: Interval, scope: Scope) -> tuple[Record, ...]:
    """Records of permitted sources that may touch the infectious window, in order of time."""
    permitted = (r for r in records if r.source in scope.sources)
    touching = (r for r in permitted if _widest(r).overlaps(infectious))
    return tuple(sorted(touching, key=lambda r: (r.interval.start, r.record_id)))


def _widest(record: Record) -> Interval:
    slack_s = 2 * record.interval.sigma_s
    return record.interval.padded(slack_s, slack_s)
