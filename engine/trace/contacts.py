"""Step 7: who else was there, only around confirmed tracks, only inside one scene (G8)."""

import math
from collections.abc import Mapping, Sequence

import msgspec

from engine.domain.camera import Camera
from engine.domain.candidate import Candidate
from engine.domain.decision import Answer, Decision
from engine.domain.exposure import ContactDefinition, Exposure
from engine.domain.interval import Interval
from engine.domain.track import FacePoint, Neighbour, Track

EYE_DISTANCE_M = 0.063  # adult mean interpupillary distance (Dodgson 2004)
# 90 % bounds of a depth from face size: 6 % from the spread of eye distances, about 5 % from a pixel
# at the floor of 20 px, and up to a fifth too far for a face turned by 35 degrees.
NEARER = 0.75
FARTHER = 1.10
USUAL_HFOV_DEG = (60.0, 100.0)  # where the registry does not say
SAME_MOMENT_S = 0.5


def contacts(
    candidates: Sequence[Candidate],
    decisions: Mapping[str, Decision],
    cameras: Mapping[str, Camera],
    definitions: Sequence[ContactDefinition],
) -> tuple[Exposure, ...]:
    """One exposure for each person near a confirmed track. Ids count on over the scenes of a case,
    so nobody can be followed from one scene to the next by their number."""
    confirmed = sorted(
        (c for c in candidates if _confirmed(c, decisions)), key=lambda c: c.track.interval.start
    )
    exposures: list[Exposure] = []
    numbers: dict[tuple[str, int], int] = {}
    for candidate in confirmed:
        for beside, neighbour in enumerate(candidate.track.neighbours, start=1):
            key = (candidate.track.scene, neighbour.number)
            person = numbers.setdefault(key, len(numbers) + 1)
            exposure = _exposure(candidate, neighbour, cameras[candidate.track.camera_id], person, beside)
            if exposure is not None:
                exposures.append(_with_suggestions(exposure, definitions))
    return tuple(exposures)


def _confirmed(candidate: Candidate, decisions: Mapping[str, Decision]) -> bool:
    decision = decisions.get(candidate.candidate_id)
    return decision is not None and decision.answer is Answer.SAME


def _exposure(
    candidate: Candidate, other: Neighbour, camera: Camera, person: int, beside: int
) -> Exposure | None:
    track = candidate.track
    pairs = _together(track.points, other.points)
    if not pairs:
        return None
    spans = [_distance_m(track, camera, a, b) for a, b in pairs]
    lows, highs = sorted(s[0] for s in spans), sorted(s[1] for s in spans)
    first, last = pairs[0][0].at, pairs[-1][0].at
    return Exposure(
        exposure_id=f"{candidate.candidate_id}/{person}",
        person=f"U-{person:03d}",
        number=beside,
        camera_id=track.camera_id,
        candidate_id=candidate.candidate_id,
        interval=Interval(start=first, end=last, sigma_s=track.interval.sigma_s),
        minutes=(last - first).total_seconds() / 60.0,
        distance_low_m=lows[len(lows) // 2],
        distance_high_m=highs[len(highs) // 2],
        patient_mask=track.mask,
        person_mask=other.mask,
    )


def _together(a: Sequence[FacePoint], b: Sequence[FacePoint]) -> list[tuple[FacePoint, FacePoint]]:
    """Points of both in the same moment; both in order of time."""
    pairs: list[tuple[FacePoint, FacePoint]] = []
    at = 0
    for point in a:
        while at + 1 < len(b) and abs((b[at + 1].at - point.at).total_seconds()) <= abs(
            (b[at].at - point.at).total_seconds()
        ):
            at += 1
        if b and abs((b[at].at - point.at).total_seconds()) <= SAME_MOMENT_S:
            pairs.append((point, b[at]))
    return pairs


def _distance_m(track: Track, camera: Camera, a: FacePoint, b: FacePoint) -> tuple[float, float]:
    """Interval of the distance between two people from the size and place of their faces.

    Pinhole: depth = focal length in pixels x eye distance / inter-eye pixels, metres off the axis =
    pixels off the axis x depth / focal length. The interval takes the least favourable ends of both
    depth errors and, where it is not registered, of the field of view.
    """
    views = (camera.hfov_deg, camera.hfov_deg) if camera.hfov_deg else USUAL_HFOV_DEG
    lows: list[float] = []
    highs: list[float] = []
    for hfov_deg in views:
        focal_px = track.frame_width / 2 / math.tan(math.radians(hfov_deg) / 2)
        depth_a = focal_px * EYE_DISTANCE_M / max(a.inter_eye_px, 1.0)
        depth_b = focal_px * EYE_DISTANCE_M / max(b.inter_eye_px, 1.0)
        deep = _apart(depth_a, depth_b)
        across = _apart(
            _off_axis_px(track, a) * depth_a / focal_px, _off_axis_px(track, b) * depth_b / focal_px
        )
        lows.append(math.hypot(deep[0], across[0]))
        highs.append(math.hypot(deep[1], across[1]))
    return min(lows), max(highs)


def _apart(a_m: float, b_m: float) -> tuple[float, float]:
    """Least and most metres between two coordinates that each scale with their own depth error."""
    a_low, a_high = sorted((a_m * NEARER, a_m * FARTHER))
    b_low, b_high = sorted((b_m * NEARER, b_m * FARTHER))
    return max(0.0, a_low - b_high, b_low - a_high), max(a_high - b_low, b_high - a_low)


def _off_axis_px(track: Track, point: FacePoint) -> float:
    """How far right of the optical axis a face stands, in pixels."""
    return point.box[0] + point.box[2] / 2 - track.frame_width / 2


def _with_suggestions(exposure: Exposure, definitions: Sequence[ContactDefinition]) -> Exposure:
    said: list[str] = []
    for definition in definitions:
        if exposure.minutes < definition.minutes or exposure.distance_low_m > definition.distance_m:
            continue
        sure = exposure.distance_high_m <= definition.distance_m
        said.append(
            f"{'meets' if sure else 'may meet'} {definition.name} "
            f"({definition.distance_m:g} m, {definition.minutes:g} min)"
        )
    return msgspec.structs.replace(exposure, suggestions=tuple(said))
