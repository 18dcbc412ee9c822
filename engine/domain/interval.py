"""Time as an interval in UTC with an uncertainty; nothing in the house is a bare instant."""

from datetime import UTC, datetime, timedelta
from typing import Self

from engine.domain.value import Value


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a datetime without a time zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)


class Interval(Value, frozen=True, kw_only=True, gc=False):
    """``start`` <= ``end`` in UTC; ``sigma_s`` is the standard deviation of either end in seconds."""

    start: datetime
    end: datetime
    sigma_s: float = 0.0

    def __post_init__(self) -> None:
        if self.start.utcoffset() != timedelta(0) or self.end.utcoffset() != timedelta(0):
            raise ValueError("an interval is in UTC")
        if self.end < self.start:
            raise ValueError("an interval ends after it starts")
        if not self.sigma_s >= 0:
            raise ValueError("sigma_s is 0 or more")

    @classmethod
    def of(cls, start: datetime, end: datetime, sigma_s: float = 0.0) -> Self:
        """From any two zoned datetimes."""
        return cls(start=as_utc(start), end=as_utc(end), sigma_s=sigma_s)

    @property
    def duration_s(self) -> float:
        return (self.end - self.start).total_seconds()

    def overlaps(self, other: "Interval") -> bool:
        """True where the two share more than a touching end (instants count as inside)."""
        if self.start == self.end or other.start == other.end:
            return self.start <= other.end and other.start <= self.end
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end

    def intersection(self, other: "Interval") -> "Interval | None":
        """What both cover, with the larger sigma; None where they share nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        if end < start or (end == start and not self.overlaps(other)):
            return None
        return Interval(start=start, end=end, sigma_s=max(self.sigma_s, other.sigma_s))

    def padded(self, before_s: float, after_s: float) -> "Interval":
        return Interval(
            start=self.start - timedelta(seconds=before_s),
            end=self.end + timedelta(seconds=after_s),
            sigma_s=self.sigma_s,
        )


def gap_s(a: Interval, b: Interval) -> float:
    """Seconds between two intervals, 0 where they overlap; order does not matter."""
    if a.overlaps(b):
        return 0.0
    first, second = (a, b) if a.end <= b.start else (b, a)
    return max(0.0, (second.start - first.end).total_seconds())
