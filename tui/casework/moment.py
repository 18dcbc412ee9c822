"""The time cursor of a trace: what it can stand on, where a step takes it, and what it follows.

Nothing here touches a widget or a clock; times are aware datetimes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from engine.api.schema import CandidateView, GapView, TraceDetail, VisitView
from engine.domain.decision import Answer

Event = VisitView | GapView | CandidateView
MOST_DAYS = 400  # of one event: a record that ends in the year 9999 must not fill the memory


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` is None before anything is known; ``event`` is what the cursor stands on, None between."""

    at: datetime | None = None
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of one trace in order of time, with the candidate at hand where no visit tells of it.

    ``days`` are local days on which there is anything.
    """

    detail: TraceDetail
    zone: tzinfo
    candidate: CandidateView | None
    events: tuple[Event, ...]
    days: tuple[date, ...]

    @property
    def waiting(self) -> tuple[CandidateView, ...]:
        """Candidates that nobody has answered about, but for those set aside."""
        return tuple(c for c in self.detail.candidates if c.answer is None and not c.aside)


def course(detail: TraceDetail, zone: tzinfo, candidate: CandidateView | None = None) -> Course:
    """Made once for every detail and candidate: a telephone's track has thousands of visits. What says the
    very same as another is there once: the cursor could not tell the two apart, and never come beyond."""
    told: tuple[Event, ...] = (*detail.visits, *detail.gaps)
    events = list(dict.fromkeys(told))
    if candidate is not None and _sighting(detail.visits, candidate) is None:
        events.append(candidate)
    events.sort(key=_order)
    days: set[date] = set()
    for event in events:
        days.update(_days(event, zone))
    return Course(
        detail=detail, zone=zone, candidate=candidate, events=tuple(events), days=tuple(sorted(days))
    )


def _order(event: Event) -> tuple[datetime, datetime]:
    return event.start, event.end


def _days(event: Event, zone: tzinfo) -> Sequence[date]:
    first = event.start.astimezone(zone).date()
    last = max(event.start, event.end - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range(min((last - first).days, MOST_DAYS) + 1)]


def day_of(moment: Moment, zone: tzinfo) -> date | None:
    return None if moment.at is None else moment.at.astimezone(zone).date()


def bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """First instant of a local day and of the one after it, in UTC."""
    first = datetime.combine(day, time.min, zone).astimezone(UTC)
    return first, datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def on_day(events: Sequence[Event], first: datetime, until: datetime) -> tuple[Event, ...]:
    """Those that touch the stretch of time from ``first`` to before ``until``."""
    return tuple(e for e in events if e.start < until and (e.end > first or e.start >= first))


def beginning(course: Course) -> Moment:
    """Where a trace without candidates is looked at first."""
    return Moment(course.events[0].start, course.events[0]) if course.events else Moment()


def at_candidate(course: Course, candidate: CandidateView) -> Moment:
    """On the sighting that the candidate became part of, else on the candidate itself."""
    return Moment(candidate.start, _sighting(course.detail.visits, candidate) or candidate)


def stepped(course: Course, moment: Moment, step: int) -> Moment:
    """The event before (-1) or after (1), stopping at either end."""
    events = course.events
    if not events or moment.at is None:
        return beginning(course)
    if moment.event in events:
        place = events.index(moment.event) + step
    else:
        starts = [event.start for event in events]
        place = bisect_right(starts, moment.at) if step > 0 else bisect_left(starts, moment.at) - 1
    event = events[min(max(place, 0), len(events) - 1)]
    return Moment(event.start, event)


def day_stepped(course: Course, moment: Moment, step: int) -> Moment:
    """The first event of the day before or after on which there is anything."""
    day = day_of(moment, course.zone)
    if day is None or not course.days:
        return beginning(course)
    place = bisect_right(course.days, day) if step > 0 else bisect_left(course.days, day) - 1
    if not 0 <= place < len(course.days):
        return moment
    first, until = bounds(course.days[place], course.zone)
    there = on_day(course.events, first, until)
    begins = next((event for event in there if event.start >= first), there[0])
    return Moment(max(first, begins.start), begins)


def kept(course: Course, moment: Moment) -> Moment:
    """The same time among newer facts; what the cursor stood on may have become something else."""
    if moment.at is None:
        return beginning(course)
    if moment.event in course.events:
        return moment
    if isinstance(moment.event, CandidateView) and course.candidate is not None:
        return at_candidate(course, course.candidate)
    return Moment(moment.at, _covering(course.events, moment.at))


def _covering(events: Sequence[Event], at: datetime) -> Event | None:
    there = [event for event in events if event.start <= at <= event.end]
    return max(there, key=_order, default=None)


def candidate_of(course: Course, event: Event | None) -> str:
    """Id of the candidate that an event shows, "" where it shows none. A sighting made of several shows
    the one at hand, else the first."""
    if isinstance(event, CandidateView):
        return event.candidate_id
    if not isinstance(event, VisitView) or not event.cameras:
        return ""
    shown = [c for c in course.detail.candidates if c.answer is Answer.SAME and _shows(event, c)]
    if course.candidate in shown:
        return course.candidate.candidate_id if course.candidate is not None else ""
    return min(shown, key=_order).candidate_id if shown else ""


def _sighting(visits: Sequence[VisitView], candidate: CandidateView) -> VisitView | None:
    """The visit that a confirmed candidate became part of."""
    if candidate.answer is not Answer.SAME:
        return None
    return next((visit for visit in visits if visit.cameras and _shows(visit, candidate)), None)


def _shows(visit: VisitView, candidate: CandidateView) -> bool:
    return (
        candidate.camera_id in visit.cameras and visit.start <= candidate.end and candidate.start <= visit.end
    )
