"""From one sighting to another in words: how far, how long between them, and whether on foot."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.domain.camera import Camera
from engine.domain.candidate import Candidate
from engine.domain.interval import gap_s
from engine.domain.journey import ON_FOOT_M_S
from engine.domain.place import distance_m
from engine.trace.link import possible

NONE_YET = "no confirmed sighting yet"
ON_FOOT_SOURCE = f"up to {ON_FOOT_M_S:g} m/s, Bohannon 1997"


def travel_words(candidate: Candidate, confirmed: Sequence[Candidate], cameras: Mapping[str, Camera]) -> str:
    """The way from the last confirmed sighting before a candidate, or to the first one after it.

    Judged like every journey here: radii of both cameras and three standard deviations of both clocks
    count in favour.
    """
    others = [c for c in confirmed if c.candidate_id != candidate.candidate_id]
    if not others:
        return "no other confirmed sighting yet" if len(confirmed) > len(others) else NONE_YET
    other = _nearest(candidate, others)
    here, there = (cameras[c.track.camera_id].disc for c in (candidate, other))
    when, then = candidate.track.interval, other.track.interval
    if when.overlaps(then):
        apart = "at the same time as"
    else:
        apart = f"{_duration(gap_s(when, then))} {'after' if then.start <= when.start else 'before'}"
    same = candidate.track.camera_id == other.track.camera_id
    far = "" if same else f"{_distance(distance_m(here, there))} and "
    if possible(when, here, then, there, fastest_m_s=ON_FOOT_M_S):
        how = f"possible on foot ({ON_FOOT_SOURCE})"
    elif possible(when, here, then, there):
        how = f"too fast on foot ({ON_FOOT_SOURCE}), possible by vehicle"
    else:
        how = "no journey is that fast"
    return f"{far}{apart} the confirmed sighting at {cameras[other.track.camera_id].name}: {how}"


def _nearest(candidate: Candidate, others: Sequence[Candidate]) -> Candidate:
    start = candidate.track.interval.start

    def order(other: Candidate) -> tuple[datetime, str]:
        return other.track.interval.start, other.candidate_id

    before = [o for o in others if o.track.interval.start <= start]
    return max(before, key=order) if before else min(others, key=order)


def _distance(metres: float) -> str:
    return f"{round(metres, -1):.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def _duration(seconds: float) -> str:
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
