"""Step 4: candidates in order of evidence, with journeys that nobody can have made marked."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import msgspec

from engine.domain.camera import Camera
from engine.domain.candidate import Candidate
from engine.domain.decision import Answer, Decision
from engine.domain.interval import Interval
from engine.domain.journey import FASTEST_M_S, SIGMAS
from engine.domain.place import Disc, least_distance_m
from engine.domain.record import Record, Source
from engine.domain.track import Track

NEARBY_M = 50.0  # positions closer than this never contradict each other
FIRM = frozenset({Source.ENTRY, Source.CARD, Source.TRANSIT, Source.GPS})
WRONG_RECORDS = 1  # one record may be wrong (a family card); two that agree are believed


def possible(
    a: Interval,
    at_a: Disc,
    b: Interval,
    at_b: Disc,
    *,
    moment_a: bool = False,
    moment_b: bool = False,
    fastest_m_s: float = FASTEST_M_S,
) -> bool:
    """True where somebody can have been at both: distance left by both radii, time left by three
    standard deviations of both clocks, the fastest door-to-door speed or another one.

    An interval counts as a stay throughout it, or, where ``moment_a`` or ``moment_b`` says so, as
    one moment within it; then the moment that leaves most time for the journey counts.
    """
    far_m = least_distance_m(at_a, at_b) - NEARBY_M
    if far_m <= 0:
        return True
    time_s = _apart_s(a, b, moment_a, moment_b) + SIGMAS * math.hypot(a.sigma_s, b.sigma_s)
    return far_m <= fastest_m_s * time_s


def _apart_s(a: Interval, b: Interval, moment_a: bool, moment_b: bool) -> float:
    """Most seconds that can lie between the two, 0 where they cannot but overlap."""
    a_last, b_last = (a.start if moment_a else a.end), (b.start if moment_b else b.end)
    a_first, b_first = (a.end if moment_a else a.start), (b.end if moment_b else b.start)
    return max(0.0, (b_first - a_last).total_seconds(), (a_first - b_last).total_seconds())


def in_one_picture(a: Track, b: Track) -> bool:
    """True where two tracks of one camera show two faces in the same frame: they are two people."""
    if a.camera_id != b.camera_id:
        return False
    boxes = {point.at: point.box for point in b.points}
    return any(p.at in boxes and not _touch(p.box, boxes[p.at]) for p in a.points)


def link(
    candidates: Sequence[Candidate],
    records: Sequence[Record],
    cameras: Mapping[str, Camera],
    decisions: Mapping[str, Decision],
) -> tuple[Candidate, ...]:
    """Candidates by likelihood ratio, best first; ``infeasible`` says which journey forbids one.

    A candidate is impossible beside a confirmed sighting, or beside more firm records than may be
    wrong.
    """
    sure = confirmed(candidates, decisions)
    marked = [
        msgspec.structs.replace(c, infeasible=_forbidden(c, sure, records, cameras)) for c in candidates
    ]
    return tuple(sorted(marked, key=_order))


def confirmed(candidates: Sequence[Candidate], decisions: Mapping[str, Decision]) -> list[Candidate]:
    """Those of which a person said that they are the patient."""
    return [c for c in candidates if _answer(decisions, c) is Answer.SAME]


def contradictions(
    candidates: Sequence[Candidate], cameras: Mapping[str, Camera], decisions: Mapping[str, Decision]
) -> tuple[tuple[str, str, str], ...]:
    """Pairs of confirmed candidates, by id in order of time, that cannot both be the patient, and why."""
    sure = sorted(confirmed(candidates, decisions), key=lambda c: (c.track.interval.start, c.candidate_id))
    return tuple(
        (a.candidate_id, b.candidate_id, why)
        for a, b in combinations(sure, 2)
        if (why := _apart(a, b, cameras))
    )


def _apart(a: Candidate, b: Candidate, cameras: Mapping[str, Camera]) -> str:
    """ "" or why two candidates are two people."""
    here, there = cameras[a.track.camera_id], cameras[b.track.camera_id]
    if in_one_picture(a.track, b.track):
        return f"both stand in one picture of {here.name}: they are two people"
    if possible(a.track.interval, here.disc, b.track.interval, there.disc):
        return ""
    return f"no journey from {here.name} to {there.name} in the time between them"


def _touch(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Whether two boxes x, y, width, height share some area."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return across > 0 and down > 0


def _order(candidate: Candidate) -> tuple[float, str, str]:
    return -candidate.track.llr, candidate.track.camera_id, candidate.candidate_id


def _answer(decisions: Mapping[str, Decision], candidate: Candidate) -> Answer | None:
    decision = decisions.get(candidate.candidate_id)
    return decision.answer if decision else None


def _forbidden(
    candidate: Candidate,
    confirmed: Sequence[Candidate],
    records: Sequence[Record],
    cameras: Mapping[str, Camera],
) -> str:
    here = cameras[candidate.track.camera_id].disc
    when = candidate.track.interval
    for other in confirmed:
        there = cameras[other.track.camera_id]
        if other is not candidate and in_one_picture(candidate.track, other.track):
            return f"stood beside the confirmed sighting at {there.name}, in the same picture"
        if other is not candidate and not possible(when, here, other.track.interval, there.disc):
            return f"no journey from the confirmed sighting at {there.name}"
    against = [
        r
        for r in records
        if r.source in FIRM
        and r.disc is not None
        and not possible(when, here, r.interval, r.disc, moment_b=r.moment)
    ]
    if len(against) > WRONG_RECORDS:
        return f"no journey from {len(against)} records ({', '.join(sorted({r.source for r in against}))})"
    return ""
