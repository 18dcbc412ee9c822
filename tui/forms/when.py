"""From when to when somebody was somewhere, as people write it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from tui.forms.days import Days
from tui.forms.pieces import DASH, MIDNIGHT, NOON, Kind, Piece, pieces
from tui.forms.trouble import Trouble
from tui.language.catalogue import tr
from tui.language.words import short_day

OVER_MIDNIGHT = timedelta(hours=12)  # an end before the start is on the next day where that is no longer
EXAMPLE = "14:10-15:00, or 2 Mar 14:10-15:00"

_MOMENTS = (Kind.TIME, Kind.HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Local times without a zone. ``end`` None where nobody told it. ``whole_days``: no time of day was
    told, and only the dates of the two count."""

    start: datetime
    end: datetime | None
    whole_days: bool = False


def read_when(text: str, days: Days, before: date | None = None) -> When | Trouble | None:
    """What ``text`` says; None where it is no time at all. ``before`` is the day that was told last: it
    holds where none is told."""
    found = pieces(text, days)
    if found is None or isinstance(found, Trouble):
        return found
    return None if not found else _of(found, days, before)


def read_moment(text: str, days: Days) -> datetime | Trouble:
    """One day with its time of day; midnight where none is told."""
    when = read_when(text, days)
    if isinstance(when, When) and when.end is None:
        return when.start
    if isinstance(when, Trouble):
        return when
    return Trouble(tr("{text} is no time", text=text[:40]), tr("write it as 2 Mar 14:10"))


def _of(found: list[Piece], days: Days, before: date | None) -> When | Trouble:
    found = _without_idle_dash(found)
    dashes = [place for place, piece in enumerate(found) if piece.kind is Kind.TO]
    if len(dashes) > 1:
        return Trouble(tr("more than one stay stands in this line"), tr("write one line for each"))
    cut = dashes[0] if dashes else len(found)
    left, right = found[:cut], found[cut + 1 :]
    lasting = next((p for p in found if p.kind is Kind.LASTING), None)
    first, second = _moment(left, dashed=bool(dashes)), _moment(right, dashed=True)
    if isinstance(first, Trouble) or isinstance(second, Trouble):
        return first if isinstance(first, Trouble) else second  # type: ignore[return-value]
    if second is None and not dashes:  # "14:10 15:00"
        both = [p for p in left if p.kind is Kind.TIME]
        first, second = (both[0], both[1]) if len(both) == 2 else (first, None)
    days_told = _days(left, right, days, before)
    if isinstance(days_told, Trouble):
        return days_told
    start_day, end_day = days_told
    if first is None:
        return _whole_days(found, second, start_day, end_day)
    first, second = _halves(first, second)
    start = _at(start_day, first)
    if second is None:
        end = start + timedelta(minutes=lasting.number) if lasting else None
    else:
        end = _at(end_day, second)
    return _checked(start, end, same_day=start_day == end_day)


def _without_idle_dash(found: list[Piece]) -> list[Piece]:
    """``2 Mar - 14:10-15:00``: a dash between a day and its time says nothing."""
    kept: list[Piece] = []
    for place, piece in enumerate(found):
        after = found[place + 1].kind if place + 1 < len(found) else None
        only_days = bool(kept) and all(k.kind in (Kind.DAY, Kind.WEEKDAY) for k in kept)
        idle = piece.kind is Kind.TO and piece.number == DASH and only_days and after in _MOMENTS
        if not idle:
            kept.append(piece)
    return kept


def _moment(side: list[Piece], *, dashed: bool) -> Piece | Trouble | None:
    """The time of day on one side of a dash; a bare number counts only beside one."""
    times = [p for p in side if p.kind in _MOMENTS]
    if not times:
        return None
    found = times[-1] if times[0].kind is Kind.HOUR else times[0]
    if found.kind is Kind.TIME:
        return found
    if not dashed or found.number > 24:
        return Trouble(tr("{hour} is no time", hour=found.number), tr("write it as 14:10"))
    return replace(found, kind=Kind.TIME, number=found.number * 60)


def _days(
    left: list[Piece], right: list[Piece], days: Days, before: date | None
) -> tuple[date, date] | Trouble:
    """The day of the start and that of the end."""
    told = [_day(side, days, before) for side in (left, right)]
    first, second = told
    if isinstance(first, Trouble):
        return first
    if isinstance(second, Trouble):
        return second
    day = first or second or before
    if day is None:
        return Trouble(tr("no day is told"), tr("write the day too, as 2 Mar 14:10-15:00"))
    return day, second or day


def _day(side: list[Piece], days: Days, before: date | None) -> date | Trouble | None:
    told = [p.day for p in side if p.kind is Kind.DAY and p.day is not None]
    names = [p.number for p in side if p.kind is Kind.WEEKDAY]
    if len(set(told)) > 1:
        return Trouble(tr("two days stand in this line"), tr("write one line for each"))
    if told:
        if names and told[0].weekday() != names[0]:
            return Trouble(tr("{day} it is", day=short_day(told[0])), tr("check the day and its date"))
        return told[0]
    if names:
        fitting = days.weekday(names[0])
        if len(fitting) > 1:
            which = ", ".join(short_day(day) for day in fitting)
            return Trouble(tr("there are several: {days}", days=which), tr("write the date"))
        return fitting[0] if fitting else None
    return before if any(p.kind is Kind.SAME_DAY for p in side) else None


def _whole_days(found: list[Piece], second: Piece | None, first: date, last: date) -> When | Trouble:
    if second is not None:
        return Trouble(tr("only the end is told"), tr("write when it began, as {example}", example=EXAMPLE))
    if any(p.kind is Kind.LASTING for p in found):
        return Trouble(tr("only how long is told"), tr("write when it began, as {example}", example=EXAMPLE))
    if last < first:
        return Trouble(tr("the last day lies before the first"), tr("check the two days"))
    all_day = any(p.kind is Kind.ALL_DAY for p in found) or last != first
    end = datetime.combine(last, time.min) if all_day else None
    return When(start=datetime.combine(first, time.min), end=end, whole_days=True)


def _halves(first: Piece, second: Piece | None) -> tuple[Piece, Piece | None]:
    """``2-3pm`` and ``오후 2시-3시``: what half of the day was said once holds for both, where it can."""
    if second is None or bool(first.half) == bool(second.half):
        return first, second
    if second.half == "pm" and first.number + NOON < second.number:
        return replace(first, number=first.number + NOON), second
    if first.half == "pm" and second.number <= NOON and second.number + NOON > first.number:
        return first, replace(second, number=second.number + NOON)
    return first, second


def _at(day: date, piece: Piece) -> datetime:
    """24:00 is the midnight at the end of the day."""
    return datetime.combine(day, time.min) + timedelta(minutes=min(piece.number, MIDNIGHT))


def _checked(start: datetime, end: datetime | None, *, same_day: bool) -> When | Trouble:
    if end is not None and end < start:
        later = end + timedelta(days=1)
        if not same_day or later - start > OVER_MIDNIGHT:
            return Trouble(tr("the end lies before the start"), tr("check the two times and their day"))
        end = later
    return When(start=start, end=end)
