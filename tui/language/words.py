"""How the desk says things: states, answers, masks and times."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.domain.decision import Answer, UnclearBecause
from engine.domain.trace import TraceState
from engine.domain.track import MaskState
from tui.language.catalogue import tr
from tui.state import Pane

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

KILOMETRE_M = 1000.0


class Mark(NamedTuple):
    """A state by shape, word and tone, so that none of the three has to be seen alone."""

    glyph: str
    word: str
    tone: str


BUSY = Mark("▪", "busy", "muted")
STATES: dict[TraceState, Mark] = {
    TraceState.QUEUED: Mark("○", "queued", "muted"),
    TraceState.RUNNING: Mark("▶", "running", "accent"),
    TraceState.AWAITING_REVIEW: Mark("◆", "to review", "notice"),
    TraceState.COMPLETE: Mark("✓", "complete", "good"),
    TraceState.RECORDS_ONLY: Mark("□", "records only", "plain"),
    TraceState.CANCELLED: Mark("×", "cancelled", "muted"),
    TraceState.FAILED: Mark("!", "failed", "alarm"),
    TraceState.STOPPED_AUTHORISATION: Mark("■", "not authorised", "alarm"),
    TraceState.NEEDS_OPERATOR: Mark("▲", "needs operator", "alarm"),
}
ANSWERS: dict[Answer, Mark] = {
    Answer.SAME: Mark("●", "same person", "good"),
    Answer.NOT_SAME: Mark("×", "not the same", "plain"),
    Answer.CANNOT_TELL: Mark("?", "cannot tell", "notice"),
}
PANES: dict[Pane, str] = {
    Pane.TRACES: "traces",
    Pane.CARD: "candidate",
    Pane.TIMELINE: "timeline",
    Pane.CONTACTS: "contacts",
}
UNDECIDED = Mark("○", "not answered", "muted")
REASONS: dict[UnclearBecause, str] = {
    UnclearBecause.BLUR: "blurred or too small",
    UnclearBecause.MASK: "mask hides too much",
    UnclearBecause.TURNED_AWAY: "turned away",
    UnclearBecause.OCCLUDED: "something is in front",
    UnclearBecause.TWIN_LIKE: "could be somebody very alike",
    UnclearBecause.OTHER: "another reason",
}
MASKS: dict[MaskState, str] = {
    MaskState.BARE: "no mask",
    MaskState.MASKED: "mask",
    MaskState.UNKNOWN: "not known",
}


def clock_time(at: datetime, zone: tzinfo, *, seconds: bool = True) -> str:
    """Time of day where the site is."""
    return at.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def day(at: datetime, zone: tzinfo) -> str:
    """``Mon 2 Mar 2026`` where the site is, in the desk's language whatever the locale."""
    local = at.astimezone(zone)
    return tr("{weekday} {day} {month} {year}", year=local.year, **_parts(local))


def short_day(local: date) -> str:
    """``Mon 2 Mar`` of a local day."""
    return tr("{weekday} {day} {month}", **_parts(local))


def _parts(local: date) -> dict[str, object]:
    return {"weekday": tr(WEEKDAYS[local.weekday()]), "day": local.day, "month": tr(MONTHS[local.month - 1])}


def zone_called(name: str) -> tzinfo:
    """The zone of that name, UTC where there is none; the screen always says which one it is."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


def zone_name(at: datetime, zone: tzinfo) -> str:
    """``KST`` and the like; zones without letters give their offset."""
    return at.astimezone(zone).tzname() or "UTC"


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """``12:00–12:40``, with seconds where it lasts under a minute, with days where it spans some."""
    seconds = end - start < timedelta(minutes=1)
    first, last = clock_time(start, zone, seconds=seconds), clock_time(end, zone, seconds=seconds)
    if start.astimezone(zone).date() != end.astimezone(zone).date():
        return f"{first}–{day(end, zone)} {last}"
    return first if first == last else f"{first}–{last}"


def about(sigma_s: float) -> str:
    """An uncertainty of time: ``± 2 s``, ``± 10 min``; empty where there is none."""
    if sigma_s <= 0:
        return ""
    if sigma_s < 100:
        return tr("± {n} s", n=f"{sigma_s:.0f}")
    return tr("± {n} min", n=f"{sigma_s / 60:.0f}")


def lasted(seconds: float) -> str:
    """``0:42`` in minutes and seconds, ``3 h 05`` from an hour on."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        return tr("{h} h {min}", h=whole // 3600, min=f"{whole % 3600 // 60:02d}")
    return f"{whole // 60}:{whole % 60:02d}"


def left(until: datetime, now: datetime) -> str:
    """How long something is still valid: ``expired``, ``41 s``, ``12 min``, ``5 h 12 min``, ``3 days``."""
    seconds = (until - now).total_seconds()
    return tr("expired") if seconds <= 0 else spell(seconds)


def since(at: datetime, now: datetime) -> str:
    """How long ago something was, roughly; ``0 s`` for what is to come."""
    return roughly((now - at).total_seconds())


def spell(seconds: float) -> str:
    """``41 s``, ``12 min``, ``5 h 12 min``, ``3 days``."""
    if seconds < 60:
        return tr("{n} s", n=f"{seconds:.0f}")
    if seconds < 3600:
        return tr("{n} min", n=f"{seconds // 60:.0f}")
    if seconds < 2 * 86400:
        return tr("{h} h {min} min", h=f"{seconds // 3600:.0f}", min=f"{seconds % 3600 // 60:02.0f}")
    return tr("{n} days", n=f"{seconds // 86400:.0f}")


def roughly(seconds: float) -> str:
    """The same in one number: ``41 s``, ``12 min``, ``5 h``, ``3 days``; hours to the nearest."""
    if 3600 <= seconds < 2 * 86400:
        return tr("{n} h", n=max(1, round(seconds / 3600)))
    return spell(max(0.0, seconds))


def moment(at: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """``12:40`` of today, ``Mon 2 Mar 12:40`` of another day of the same year, else with the year."""
    local, clock = at.astimezone(zone), clock_time(at, zone, seconds=False)
    today = None if now is None else now.astimezone(zone)
    if today is not None and today.date() == local.date():
        return clock
    this_year = today is not None and today.year == local.year
    said = short_day(local) if this_year else day(at, zone)
    return f"{said} {clock}"


def count(number: int) -> str:
    """``950``, ``1.2k``, ``34k``, ``2.1M``."""
    if number < 1_000:
        return str(number)
    if number < 10_000:
        return f"{number / 1_000:.1f}k"
    if number < 1_000_000:
        return f"{number // 1_000}k"
    return f"{number / 1_000_000:.1f}M"


def metres(length_m: float) -> str:
    """``640 m``, ``2.7 km``, ``54 km``."""
    if length_m < KILOMETRE_M:
        return f"{length_m:.0f} m"
    return f"{length_m / KILOMETRE_M:.{1 if length_m < 10 * KILOMETRE_M else 0}f} km"
