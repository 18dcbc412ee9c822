"""Step 2: which cameras, which minutes. Scope comes from evidence, never from curiosity (G4)."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from engine.domain.authorisation import Scope
from engine.domain.camera import MAX_WINDOW_S, Camera, CameraWindow, Segment
from engine.domain.interval import Interval
from engine.domain.limits import Limits
from engine.domain.record import Record, Source
from engine.domain.value import Value
from engine.policy.caps import Allowance, Used, allowance
from engine.policy.geometry import reaches
from engine.policy.scope import MAX_SELECTING_RADIUS_M, camera_hours, require_inside

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Seconds before and after what the record says in which the patient is likely near its place: an
# entry has no exit, a card is paid on leaving, a stop is where one waits.
AROUND_S: Mapping[Source, tuple[float, float]] = {
    Source.ENTRY: (300.0, 3600.0),
    Source.ROSTER: (300.0, 3600.0),
    Source.CARD: (1800.0, 900.0),
    Source.TRANSIT: (300.0, 300.0),
    Source.PHONE: (0.0, 0.0),
    Source.GPS: (120.0, 120.0),
    Source.INTERVIEW: (0.0, 0.0),
}

# How far a source is believed when cameras are put in order (order of helpfulness as rated by
# tracers, Epidemiol Health 2022; roster last).
BELIEF: Mapping[Source, float] = {
    Source.ENTRY: 0.9,
    Source.CARD: 0.8,
    Source.TRANSIT: 0.9,
    Source.GPS: 0.9,
    Source.PHONE: 0.6,
    Source.INTERVIEW: 0.5,
    Source.ROSTER: 0.3,
}


class Plan(Value, frozen=True, kw_only=True):
    """What will be opened, most promising first, and what could not be and why."""

    windows: tuple[CameraWindow, ...] = ()
    camera_hours: float = 0.0
    without_footage_s: float = 0.0
    notes: tuple[str, ...] = ()


class _Wish:
    def __init__(self, interval: Interval, weight: float, record_id: str) -> None:
        self.interval = interval
        self.weight = weight
        self.record_ids = {record_id}


def narrow(
    records: Sequence[Record],
    *,
    infectious: Interval,
    scope: Scope,
    cameras: Iterable[Camera],
    segments: Callable[[str], Sequence[Segment]],
    left: Allowance | None = None,
    scanned: Mapping[str, Sequence[Interval]] | None = None,
) -> Plan:
    """Camera windows of at most ten minutes, inside authorisation and infectious window, capped.

    Windows lie on a grid of ten minutes, so that traces which want the same camera at the same time
    share one reading of the footage. ``left`` is what the caps leave (None: nothing was used yet);
    ``scanned`` says by camera which stretches were looked at for an earlier plan of this trace: they
    are not planned again.
    """
    allowed = scope.interval.intersection(infectious)
    if allowed is None:
        return Plan(notes=("the authorisation does not touch the infectious window",))
    notes: list[str] = []
    wide = [r for r in records if r.disc is not None and r.disc.radius_m > MAX_SELECTING_RADIUS_M]
    if wide:
        notes.append(f"{len(wide)} records are wider than {MAX_SELECTING_RADIUS_M:g} m and select no camera")
    placed = [r for r in records if r.disc is not None and r.disc.radius_m <= MAX_SELECTING_RADIUS_M]
    found: list[CameraWindow] = []
    missing_s = 0.0
    for camera in sorted(cameras, key=lambda c: c.camera_id):
        if camera.camera_id not in scope.cameras:
            continue
        wishes = joined([w for r in placed if (w := _wish(r, camera, allowed)) is not None])
        footage = covered(camera, segments(camera.camera_id))
        for wish in wishes:
            parts = [p for f in footage if (p := wish.interval.intersection(f)) and p.duration_s > 0]
            missing_s += max(0.0, wish.interval.duration_s - sum(p.duration_s for p in parts))
            known = (scanned or {}).get(camera.camera_id, ())
            new = [n for part in parts for n in without(part, known)]
            found.extend(_cut(camera, new, footage, wish))
    found.sort(key=lambda w: (-w.weight, w.interval.start, w.camera_id))
    most = left or allowance(Limits(), scope.max_camera_hours, Used())
    kept: list[CameraWindow] = []
    spent_s = 0.0
    for window in found:
        if spent_s + window.camera_s > most.camera_s:
            continue
        require_inside(window, scope)
        kept.append(window)
        spent_s += window.camera_s
    if len(kept) < len(found):
        over_h = camera_hours(found) - spent_s / 3600.0
        notes.append(f"{over_h:.1f} camera-hours beyond {most.said} were left out")
    return Plan(
        windows=tuple(kept),
        camera_hours=spent_s / 3600.0,
        without_footage_s=missing_s,
        notes=tuple(notes),
    )


def without(part: Interval, known: Iterable[Interval]) -> list[Interval]:
    """What is left of a stretch when the known ones are taken out, in order of time."""
    rest: list[Interval] = []
    edge = part.start
    for one in sorted(known, key=lambda k: k.start):
        if one.start > edge and one.end > part.start:
            rest.append(Interval(start=edge, end=min(one.start, part.end), sigma_s=part.sigma_s))
        edge = max(edge, one.end)
        if edge >= part.end:
            return rest
    rest.append(Interval(start=edge, end=part.end, sigma_s=part.sigma_s))
    return rest


def covered(camera: Camera, segments: Iterable[Segment]) -> list[Interval]:
    """When the camera has footage, in true time: device clock minus offset, gaps taken out, files
    that meet or overlap made one stretch. In order of time."""
    stretches: list[Interval] = []
    for segment in segments:
        start = segment.start_device - timedelta(seconds=camera.clock.offset_s)
        end = segment.end_device - timedelta(seconds=camera.clock.offset_s)
        edge = start
        for from_s, to_s in sorted(segment.gaps):
            gap_start, gap_end = start + timedelta(seconds=from_s), start + timedelta(seconds=to_s)
            if gap_start > edge:
                stretches.append(Interval(start=edge, end=gap_start, sigma_s=camera.clock.sigma_s))
            edge = max(edge, gap_end)
        if end > edge:
            stretches.append(Interval(start=edge, end=end, sigma_s=camera.clock.sigma_s))
    result: list[Interval] = []
    for stretch in sorted(stretches, key=lambda s: s.start):
        if result and stretch.start <= result[-1].end:
            last = result.pop()
            stretch = Interval(start=last.start, end=max(last.end, stretch.end), sigma_s=last.sigma_s)
        result.append(stretch)
    return result


def joined(wishes: Sequence[_Wish]) -> list[_Wish]:
    """Overlapping wishes for one camera made one, with the higher weight."""
    result: list[_Wish] = []
    for wish in sorted(wishes, key=lambda w: w.interval.start):
        if result and wish.interval.start <= result[-1].interval.end:
            last = result[-1]
            end = max(last.interval.end, wish.interval.end)
            last.interval = Interval(start=last.interval.start, end=end)
            last.weight = max(last.weight, wish.weight)
            last.record_ids |= wish.record_ids
        else:
            result.append(wish)
    return result


def _wish(record: Record, camera: Camera, allowed: Interval) -> _Wish | None:
    if record.disc is None or not reaches(camera, record.disc):
        return None
    before_s, after_s = AROUND_S[record.source]
    slack_s = 2 * math.hypot(record.interval.sigma_s, camera.clock.sigma_s)
    interval = record.interval.padded(before_s + slack_s, after_s + slack_s).intersection(allowed)
    if interval is None or interval.duration_s == 0:
        return None
    weight = BELIEF[record.source] * record.certainty / max(1.0, record.disc.radius_m / 100.0)
    if record.moment:  # one moment of a long stretch: each minute of it is the less likely
        weight /= max(1.0, record.interval.duration_s / 3600.0)
    return _Wish(Interval(start=interval.start, end=interval.end), weight, record.record_id)


def _cut(
    camera: Camera, parts: Sequence[Interval], footage: Sequence[Interval], wish: _Wish
) -> Iterable[CameraWindow]:
    """A window for each ten-minute cell of the grid that ``parts`` touch. What lies between two parts in
    one cell is a pause in it where it has no footage, and else, being known, parts two windows."""
    cells: dict[int, list[list[Interval]]] = {}
    for part in parts:
        edge = part.start
        while edge < part.end:
            cell = int((edge - _EPOCH).total_seconds() // MAX_WINDOW_S)
            until = min(part.end, _EPOCH + timedelta(seconds=(cell + 1) * MAX_WINDOW_S))
            stretch = Interval(start=edge, end=until)
            runs = cells.setdefault(cell, [[stretch]])
            if runs[-1][-1] is not stretch:
                between = Interval(start=runs[-1][-1].end, end=edge)
                if any(f.overlaps(between) for f in footage):
                    runs.append([stretch])
                else:
                    runs[-1].append(stretch)
            edge = until
    for run in (run for runs in cells.values() for run in runs):
        first = run[0].start
        yield CameraWindow(
            window_id=f"{camera.camera_id}/{first:%Y%m%dT%H%M%S}.{first.microsecond:06d}",
            camera_id=camera.camera_id,
            interval=Interval(start=first, end=run[-1].end, sigma_s=camera.clock.sigma_s),
            weight=wish.weight,
            record_ids=tuple(sorted(wish.record_ids)),
            pauses=tuple(Interval(start=a.end, end=b.start) for a, b in pairwise(run)),
        )
