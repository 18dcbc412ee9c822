"""Days as people tell them of a case: most of them lie in its infectious period."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The infectious days ``first`` to ``last`` (None where they are not known) and ``now``, all local
    time of the site, without a zone."""

    now: datetime
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(cls, now: datetime, start: datetime | None, end: datetime | None, zone: tzinfo) -> "Days":
        """From times with their zone; ``end`` is the midnight after the last day."""
        first = start.astimezone(zone).date() if start is not None else None
        last = (end.astimezone(zone) - timedelta(seconds=1)).date() if end is not None else None
        return cls(now=now.astimezone(zone).replace(tzinfo=None), first=first, last=last)

    @property
    def today(self) -> date:
        return self.now.date()

    def infectious(self, day: date) -> bool:
        """True also where nothing is known of the period."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def of_month(self, month: int, number: int) -> date | None:
        """That day of the year that fits: an infectious one, else the one that is nearest."""
        years = (self.today.year, self.today.year - 1, self.today.year + 1)
        found = [day for year in years if (day := _day(year, month, number)) is not None]
        fitting = [day for day in found if self._known and self.infectious(day)]
        return min(fitting or found, key=lambda day: abs(day - self.today), default=None)

    def numbered(self, number: int) -> date | None:
        """That day of the month that is past: an infectious one, else the last."""
        past = [day for day in self._back(62) if day.day == number]
        fitting = [day for day in past if self._known and self.infectious(day)]
        return max(fitting or past, default=None)

    def weekday(self, number: int) -> tuple[date, ...]:
        """All infectious days of that weekday (0 for Monday) that are past; else the last that is past."""
        past = [day for day in self._back(35) if day.weekday() == number]
        fitting = [day for day in past if self._known and self.infectious(day)]
        return tuple(sorted(fitting or past[:1]))

    @property
    def _known(self) -> bool:
        return self.first is not None or self.last is not None

    def _back(self, days: int) -> list[date]:
        return [self.today - timedelta(days=step) for step in range(days)]


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
