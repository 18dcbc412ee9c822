"""Where the patient was at a moment, as far as visits tell, and how far they can have got since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.api.schema import VisitView
from engine.domain.journey import FASTEST_M_S, ON_FOOT_M_S, SIGMAS


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``here`` is the stay that covers the moment. Where there is none, ``last`` is the last place known
    before it, since when somebody can have come ``foot_m`` metres on foot and ``car_m`` at the fastest,
    counted from its middle."""

    here: VisitView | None = None
    last: VisitView | None = None
    foot_m: float = 0.0
    car_m: float = 0.0


def has_position(visit: VisitView) -> bool:
    return visit.lat is not None and visit.lon is not None


def path(visits: Iterable[VisitView]) -> tuple[VisitView, ...]:
    """Visits with a position, in order of time, without those that cannot be true beside others."""
    return tuple(
        sorted(
            (visit for visit in visits if has_position(visit) and not visit.conflict),
            key=lambda visit: (visit.start, visit.end),
        )
    )


def whereabouts(way: Sequence[VisitView], at: datetime) -> Whereabouts:
    """What a ``path`` says about one moment.

    Reach is radius + speed x (time since + 3 standard deviations of the clock), which favours the journey
    as the link between sightings does. Some time within an interval may have been its very beginning.
    """
    here = [v for v in way if not v.moment and v.start <= at <= v.end]
    if here:
        return Whereabouts(here=here[-1])
    before = [v for v in way if v.end <= at]
    if not before:
        return Whereabouts()
    last = max(before, key=lambda visit: (visit.end, visit.start))
    since = last.start if last.moment else last.end
    time_s = (at - since).total_seconds() + SIGMAS * last.sigma_s
    radius_m = last.radius_m or 0.0
    return Whereabouts(
        last=last, foot_m=radius_m + ON_FOOT_M_S * time_s, car_m=radius_m + FASTEST_M_S * time_s
    )
