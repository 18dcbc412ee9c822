"""What is stored, as the wire shows it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from engine.api.schema import CandidateView, ExposureView, GapView, OpenedView, Picture, VisitView
from engine.domain.camera import CameraWindow
from engine.domain.candidate import Candidate
from engine.domain.decision import Decision
from engine.domain.exposure import Exposure
from engine.domain.track import Still
from engine.domain.visit import Gap, Visit
from engine.store.margins import BARE, Margin
from engine.trace.context import Site
from engine.trace.travel import NONE_YET
from engine.trace.words import evidence_words, opinion_words, support_words


def candidate_view(
    site: Site,
    candidate: Candidate,
    first: Decision | None,
    second: Decision | None,
    version: int,
    reader: str,
    *,
    margin: Margin = BARE,
    travel: str = NONE_YET,
    as_high: int | None = None,
) -> CandidateView:
    """``first`` and ``margin`` are what stands as ``reader`` may know it: nothing of others for a second
    reviewer who has not answered yet. ``as_high``: how many others of the trace score as high, None where
    nobody counted."""
    track = candidate.track
    answered = any(d is not None and d.answer and d.decided_by == reader for d in (first, second))
    camera = site.cameras[track.camera_id]
    return CandidateView(
        candidate_id=candidate.candidate_id,
        trace_id=candidate.trace_id,
        case_id=candidate.case_id,
        camera_id=track.camera_id,
        camera_name=camera.name,
        place=site.labels.get(camera.place_id, ""),
        start=track.interval.start,
        end=track.interval.end,
        sigma_s=track.interval.sigma_s,
        llr=track.llr if answered or site.rehearsal else None,
        mask=track.mask,
        inter_eye_px=track.quality.inter_eye_px,
        infeasible=candidate.infeasible,
        evidence=evidence_words(candidate, travel),
        support=support_words(track.llr) if answered else "",
        neighbours=len(track.neighbours),
        answer=first.answer if first else None,
        because=first.because if first else None,
        decided_by=first.decided_by if first else "",
        decided_at=first.decided_at if first else None,
        version=version,
        second_answer=second.answer if second else None,
        second_by=second.decided_by if second else "",
        opinion=opinion_words(as_high, track.calibration) if answered and as_high is not None else (),
        note=margin.note,
        noted_by=margin.noted_by,
        second_wanted_by=margin.second_wanted_by,
        aside=margin.aside,
    )


def counted_as_high(candidates: Sequence[Candidate]) -> dict[str, int]:
    """By candidate, how many others score as high or higher."""
    scores = sorted(c.track.llr for c in candidates)
    return {c.candidate_id: len(scores) - bisect_left(scores, c.track.llr) - 1 for c in candidates}


def picture(still: Still) -> Picture:
    return Picture(
        kind=still.kind,
        at=still.at,
        width=still.width,
        height=still.height,
        face_px=still.face_px,
        jpeg=still.jpeg,
    )


def visit_view(visit: Visit, sources: Mapping[str, str]) -> VisitView:
    """``sources`` says of every record of the trace what kind it is."""
    return VisitView(
        start=visit.interval.start,
        end=visit.interval.end,
        sigma_s=visit.interval.sigma_s,
        place_id=visit.place_id,
        label=visit.label,
        basis=visit.basis,
        cameras=visit.camera_ids,
        sources=tuple(sorted({sources[i] for i in visit.record_ids if i in sources})),
        lat=visit.disc.lat if visit.disc else None,
        lon=visit.disc.lon if visit.disc else None,
        radius_m=visit.disc.radius_m if visit.disc else None,
        conflict=visit.conflict,
        moment=visit.moment,
    )


def gap_view(gap: Gap) -> GapView:
    return GapView(start=gap.interval.start, end=gap.interval.end, reason=gap.reason)


def opened_views(window: CameraWindow) -> list[OpenedView]:
    return [OpenedView(camera_id=window.camera_id, start=s.start, end=s.end) for s in window.stretches]


def exposure_view(exposure: Exposure) -> ExposureView:
    return ExposureView(
        person=exposure.person,
        camera=exposure.camera_id,
        candidate_id=exposure.candidate_id,
        start=exposure.interval.start,
        end=exposure.interval.end,
        minutes=exposure.minutes,
        distance_low_m=exposure.distance_low_m,
        distance_high_m=exposure.distance_high_m,
        patient_mask=exposure.patient_mask,
        person_mask=exposure.person_mask,
        suggestions=exposure.suggestions,
    )
