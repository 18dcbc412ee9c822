"""Step 6: the timeline, with what is not covered and what cannot all be true shown as such."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

import msgspec

from engine.domain.camera import Camera
from engine.domain.candidate import Candidate
from engine.domain.decision import Answer, Decision
from engine.domain.interval import Interval, gap_s
from engine.domain.journey import FASTEST_M_S
from engine.domain.place import Disc, greatest_distance_m, least_distance_m
from engine.domain.record import Record
from engine.domain.visit import Gap, Visit, VisitBasis
from engine.policy.scope import MAX_SELECTING_RADIUS_M
from engine.trace.link import possible

SAME_STAY_S = 1800.0  # sightings and records of one place closer than this are one stay
SAME_PLACE_M = 30.0
GAP_FROM_S = 1800.0


def visits(
    records: Sequence[Record],
    candidates: Sequence[Candidate],
    decisions: Mapping[str, Decision],
    cameras: Mapping[str, Camera],
    labels: Mapping[str, str],
    infectious: Interval,
) -> tuple[tuple[Visit, ...], tuple[Gap, ...]]:
    """Stays in order of time, and the stretches between them about which nothing is known.

    Only records and confirmed sightings count (G10). A disc wider than a kilometre is no presence
    (G12). A record of one unknown moment in a wide interval, or of an unknown place, is shown as such:
    it covers nothing and joins no other stay. ``labels`` maps place ids to names.
    """
    stays = [_of_record(r, labels) for r in records if _is_presence(r)]
    for candidate in candidates:
        decision = decisions.get(candidate.candidate_id)
        if decision is not None and decision.answer is Answer.SAME:
            stays.append(_of_sighting(candidate, cameras[candidate.track.camera_id], labels))
    merged = sorted(
        [*_merged([s for s in stays if _covers(s)]), *(s for s in stays if not _covers(s))], key=_order
    )
    journeys = _Journeys(merged)
    named = tuple(
        msgspec.structs.replace(v, visit_id=f"V-{number:03d}", conflict=v.conflict or journeys.conflict(v))
        for number, v in enumerate(merged, start=1)
    )
    return named, _gaps(named, infectious)


def _is_presence(record: Record) -> bool:
    return record.disc is None or record.disc.radius_m <= MAX_SELECTING_RADIUS_M


def _covers(visit: Visit) -> bool:
    """Whether a visit says where the patient was throughout its interval."""
    return not visit.moment and visit.disc is not None


def _of_record(record: Record, labels: Mapping[str, str]) -> Visit:
    return Visit(
        visit_id="",
        interval=record.interval,
        disc=record.disc,
        place_id=record.place_id,
        label=_label(record, labels),
        basis=VisitBasis.RECORD,
        record_ids=(record.record_id,),
        moment=record.moment and record.interval.duration_s > 0,
    )


def _label(record: Record, labels: Mapping[str, str]) -> str:
    if record.disc is None:
        return f"{record.source} record, place unknown"
    return labels.get(record.place_id, record.place_id) or f"{record.source} record"


def _of_sighting(candidate: Candidate, camera: Camera, labels: Mapping[str, str]) -> Visit:
    return Visit(
        visit_id="",
        interval=candidate.track.interval,
        disc=camera.disc,
        place_id=camera.place_id,
        label=labels.get(camera.place_id, camera.name) or camera.name,
        basis=VisitBasis.SIGHTING,
        candidate_ids=(candidate.candidate_id,),
        camera_ids=(camera.camera_id,),
        conflict=candidate.infeasible,
    )


def _merged(stays: Sequence[Visit]) -> list[Visit]:
    result: list[Visit] = []
    widest_s = max((stay.interval.sigma_s for stay in stays), default=0.0)
    within_reach: list[int] = []  # those that a stay which begins later can still be one with
    for stay in sorted(stays, key=_order):
        within_reach = [
            number
            for number in within_reach
            if gap_s(result[number].interval, stay.interval) <= _same_stay_s(result[number], widest_s)
        ]
        for number in reversed(within_reach):
            if _one_stay(result[number], stay):
                result[number] = _together(result[number], stay)
                break
        else:
            within_reach.append(len(result))
            result.append(stay)
    return result


def _order(visit: Visit) -> tuple[datetime, datetime, str]:
    return visit.interval.start, visit.interval.end, visit.label


def _one_stay(a: Visit, b: Visit) -> bool:
    if gap_s(a.interval, b.interval) > _same_stay_s(a, b.interval.sigma_s):
        return False
    if a.place_id and b.place_id:
        return a.place_id == b.place_id
    if a.disc is None or b.disc is None:
        return False
    narrow = max(a.disc.radius_m, b.disc.radius_m) <= 2 * SAME_PLACE_M
    return narrow and least_distance_m(a.disc, b.disc) <= SAME_PLACE_M


def _same_stay_s(visit: Visit, other_sigma_s: float) -> float:
    return SAME_STAY_S + 2 * (visit.interval.sigma_s + other_sigma_s)


def _together(a: Visit, b: Visit) -> Visit:
    sure, other = (a, b) if a.interval.sigma_s <= b.interval.sigma_s else (b, a)
    basis = a.basis if a.basis is b.basis else VisitBasis.BOTH
    first = min(a.interval, b.interval, key=lambda i: (i.start, i.sigma_s))
    last = max(a.interval, b.interval, key=lambda i: (i.end, -i.sigma_s))
    return msgspec.structs.replace(
        sure,
        # each end is as uncertain as the clock that told it
        interval=Interval(start=first.start, end=last.end, sigma_s=max(first.sigma_s, last.sigma_s)),
        disc=_narrower(a.disc, b.disc),
        place_id=sure.place_id or other.place_id,
        label=sure.label if sure.place_id else other.label,
        basis=basis,
        record_ids=tuple(sorted({*a.record_ids, *b.record_ids})),
        candidate_ids=tuple(sorted({*a.candidate_ids, *b.candidate_ids})),
        camera_ids=tuple(sorted({*a.camera_ids, *b.camera_ids})),
        conflict=a.conflict or b.conflict,
    )


def _narrower(a: Disc | None, b: Disc | None) -> Disc | None:
    if a is None or b is None:
        return a or b
    return a if a.radius_m <= b.radius_m else b


class _Journeys:
    """Which visits no journey joins. Those so far apart in time that every journey between two places of
    this timeline fits are not looked at: a telephone's track has thousands of fixes."""

    def __init__(self, stays: Sequence[Visit]) -> None:
        """``stays`` in order of their start."""
        self._stays = stays
        self._starts = [stay.interval.start for stay in stays]
        self._last_ends = list(accumulate((stay.interval.end for stay in stays), max))
        discs = [stay.disc for stay in stays if stay.disc is not None]
        self._always = timedelta(seconds=greatest_distance_m(discs) / FASTEST_M_S)

    def conflict(self, visit: Visit) -> str:
        if visit.disc is None:
            return ""
        first = bisect_left(self._last_ends, visit.interval.start - self._always)
        until = bisect_right(self._starts, visit.interval.end + self._always)
        for other in self._stays[first:until]:
            if other is visit or other.disc is None:
                continue
            if not possible(
                visit.interval,
                visit.disc,
                other.interval,
                other.disc,
                moment_a=visit.moment,
                moment_b=other.moment,
            ):
                return f"cannot be true beside {other.label} at {other.interval.start:%Y-%m-%dT%H:%MZ}"
        return ""


def _gaps(stays: Sequence[Visit], infectious: Interval) -> tuple[Gap, ...]:
    """Stretches of the infectious window that no stay covers, shorter ones left out."""
    gaps: list[Gap] = []
    edge = infectious.start
    for stay in stays:
        if not _covers(stay):
            continue
        until = min(stay.interval.start, infectious.end)  # a stay may begin after the window
        if until - edge >= timedelta(seconds=GAP_FROM_S):
            gaps.append(Gap(interval=Interval(start=edge, end=until), reason="not covered"))
        edge = max(edge, stay.interval.end)
    if infectious.end - edge >= timedelta(seconds=GAP_FROM_S):
        gaps.append(Gap(interval=Interval(start=edge, end=infectious.end), reason="not covered"))
    return tuple(gaps)
