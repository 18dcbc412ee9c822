"""The confirmed case: disease parameters and the infectious window that follows from them."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.domain.value import Value


class Disease(Value, frozen=True, kw_only=True):
    """Parameters of one disease; shipped in ``configs/definitions``, never constants in code."""

    name: str
    infectious_days_before_onset: float
    infectious_days_before_specimen: float
    infectious_days_after_onset: float
    source: str


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ERASED = "erased"


class Case(Value, frozen=True, kw_only=True):
    """A confirmed patient under an opaque id. Dates are local days of ``timezone``."""

    case_id: str
    disease: str
    notification_ref: str
    onset: date | None = None
    onset_approximate: bool = False
    specimen: date | None = None
    isolation: date | None = None
    timezone: str = "Asia/Seoul"
    note: str = ""


def infectious_window(case: Case, disease: Disease) -> Interval:
    """When the patient could infect others, as whole local days in UTC.

    Onset minus 2 days (asymptomatic: specimen minus 2 days) to isolation, at most the disease's
    days after onset (KDCA and CDC practice; WHO 2020 for the upper end). Raises InputError when
    neither onset nor specimen is known, the window would be empty, or the time zone is unknown.
    """
    zone = _zone(case.timezone)
    try:
        first, last = _days(case, disease)
        return Interval(
            start=datetime.combine(first, time.min, zone).astimezone(UTC),
            end=datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC),
        )
    except OverflowError:
        raise InputError("lies outside the calendar", place="onset", mend="correct the date") from None


def _days(case: Case, disease: Disease) -> tuple[date, date]:
    """First and last infectious day."""
    if case.onset is not None:
        first = case.onset - timedelta(days=disease.infectious_days_before_onset)
        reference = case.onset
    elif case.specimen is not None:
        first = case.specimen - timedelta(days=disease.infectious_days_before_specimen)
        reference = case.specimen
    else:
        raise InputError(
            "neither onset nor specimen date is given",
            place="onset",
            mend="give onset = YYYY-MM-DD, or specimen = YYYY-MM-DD for a case without symptoms",
        )
    last = reference + timedelta(days=disease.infectious_days_after_onset)
    if case.isolation is not None:
        last = min(last, case.isolation)
    if last < first:
        raise InputError(
            f"isolation {case.isolation} lies before the infectious period begins ({first})",
            place="isolation",
            mend="check the dates of onset, specimen and isolation",
        )
    spread = timedelta(days=1) if case.onset is not None and case.onset_approximate else timedelta(0)
    return first - spread, last


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError("unknown time zone", place="timezone", mend='name one, as in "Asia/Seoul"') from None
