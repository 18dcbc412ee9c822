"""One row by our column names, read cell by cell. Errors tell the form of a value, never the value."""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from adapters.records.table import PLACE, SUBJECT
from adapters.records.text import shape
from engine.domain.errors import InputError
from engine.domain.interval import Interval

MAX_CELL = 2_000
YES = frozenset({"1", "true", "yes", "y", "o", "예", "취소"})
NO = frozenset({"", "0", "false", "no", "n", "x", "아니오", "정상", "승인"})
_HOURS = ("%H", "%I", "%X", "%c", "%T")
_EARLIEST, _LATEST = 1990, 2200


class Row:
    """A row of ``file``; ``zone`` is where its clocks stand, ``time_format`` how it writes times."""

    __slots__ = ("_cells", "file", "place", "time_format", "zone")

    def __init__(
        self, cells: Mapping[str, str], *, file: str, place: str, zone: ZoneInfo, time_format: str
    ) -> None:
        self._cells = cells
        self.file = file
        self.place = cells.get(PLACE, place)
        self.zone = zone
        self.time_format = time_format

    @property
    def subject(self) -> str:
        """Whose row it is, as the file says; empty where it does not say."""
        return self._cells.get(SUBJECT, "")

    def wrong(self, column: str, problem: str, mend: str = "") -> InputError:
        """An error at this row and column."""
        return InputError(problem, file=self.file, place=f"{self.place}, column {column}", mend=mend)

    def text(self, column: str) -> str:
        """The trimmed text of a cell, empty where there is none. Raises InputError when overlong."""
        value = self._cells.get(column, "").strip()
        if len(value) > MAX_CELL:
            raise self.wrong(column, f"is {len(value):,} characters long", f"at most {MAX_CELL:,}")
        return value

    def required(self, column: str) -> str:
        value = self.text(column)
        if not value:
            raise self.wrong(column, "is empty", "every row needs it")
        return value

    def number(self, column: str, low: float, high: float) -> float | None:
        """A number within ``low..high``, None where the cell is empty."""
        text = self.text(column)
        if not text:
            return None
        try:
            value = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise self.wrong(column, f"expected a number {low:g}..{high:g}, got the form {shape(text)!r}")
        return value

    def flag(self, column: str) -> bool:
        """Yes or no; an empty cell is no."""
        text = self.text(column).casefold()
        if text in YES or text in NO:
            return text in YES
        raise self.wrong(column, f"expected yes or no, got the form {shape(text)!r}", "write true or false")

    def word(self, column: str, meanings: Mapping[str, str]) -> str:
        """What a word of the source means, empty where the cell is empty."""
        text = self.text(column).casefold()
        if text and text not in meanings:
            known = ", ".join(sorted(set(meanings)))
            raise self.wrong(column, f"unknown word of the form {shape(text)!r}", f"known are {known}")
        return meanings.get(text, "")

    def moment(self, column: str) -> Interval | None:
        """An instant, None where the cell is empty.

        Local times are read in the mapping's time zone; one that the change to or from summer time
        makes ambiguous becomes the interval between its two meanings.
        """
        text = self.text(column)
        if not text:
            return None
        when = self._instant(text)
        if when is None:
            raise self.wrong(
                column,
                f"expected a date with a time of day, got the form {shape(text)!r}",
                'write 2026-03-02T12:30:00, or set time_format in the mapping, as in "%Y.%m.%d %H:%M"',
            )
        return self.span(when, when, column)

    def day(self, column: str) -> date | None:
        """A date, by ``time_format`` or year first; None where the cell is empty."""
        text = self.text(column)
        if not text:
            return None
        for form in (self.time_format or "%Y-%m-%d", "%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y%m%d"):
            with suppress(ValueError, re.error):
                return datetime.strptime(text.removesuffix(" 00:00:00"), form).date()
        raise self.wrong(column, f"expected a date, got the form {shape(text)!r}", "write 2026-03-02")

    def whole_day(self, day: date, column: str) -> Interval:
        """The local day, midnight to midnight."""
        midnight = datetime.combine(day, time_of_day.min)
        return self.span(midnight, midnight + timedelta(days=1), column)

    def span(self, start: datetime, end: datetime, column: str) -> Interval:
        """From ``start`` to ``end`` in UTC; naive times are local. Raises InputError far off the calendar."""
        if not (_EARLIEST <= start.year <= end.year <= _LATEST):
            raise self.wrong(column, f"expected a year {_EARLIEST}..{_LATEST}")
        first = min(self._utc(start, 0), self._utc(start, 1))
        last = max(self._utc(end, 0), self._utc(end, 1))
        return Interval(start=first, end=last)

    def _utc(self, when: datetime, fold: int) -> datetime:
        if when.tzinfo is None:
            when = when.replace(tzinfo=self.zone, fold=fold)
        return when.astimezone(UTC)

    def _instant(self, text: str) -> datetime | None:
        if any(hour in self.time_format for hour in _HOURS):
            # a workbook's own date cells arrive as ISO 8601, whatever the format says
            with suppress(ValueError, re.error):
                return datetime.strptime(text, self.time_format)
        if len(text) < len("2026-03-02T12:00") or text[4] != "-" or text[10] not in "T ":
            return None
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
