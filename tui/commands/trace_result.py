"""The result of traces for machines. Its shape is stable: fields are added, never changed."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from engine.api.schema import CandidateView, ExposureView, Hello, TraceDetail, VisitView


class CandidateResult(msgspec.Struct, frozen=True, kw_only=True):
    """``llr`` is a natural logarithm, None where the engine keeps it back until the person has answered;
    times are UTC; ``infeasible`` is true for impossible journeys."""

    camera: str
    start: datetime
    end: datetime
    sigma_s: float
    llr: float | None
    mask: str
    inter_eye_px: float
    infeasible: bool
    why_infeasible: str
    answer: str | None


class VisitResult(msgspec.Struct, frozen=True, kw_only=True):
    start: datetime
    end: datetime
    sigma_s: float
    place: str
    label: str
    basis: str
    sources: tuple[str, ...]
    cameras: tuple[str, ...]
    conflict: str
    moment: bool


class ExposureResult(msgspec.Struct, frozen=True, kw_only=True):
    person: str
    camera: str
    start: datetime
    end: datetime
    minutes: float
    distance_low_m: float
    distance_high_m: float
    patient_mask: str
    person_mask: str
    suggestions: tuple[str, ...]


class TraceResult(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    state: str
    started: datetime | None
    first_window_s: float | None
    first_candidate_s: float | None
    finished: datetime | None
    wall_s: float | None
    windows: int
    frames: int
    cannot_assess: int
    candidates: tuple[CandidateResult, ...]
    visits: tuple[VisitResult, ...]
    exposures: tuple[ExposureResult, ...]
    message: str
    left_out: tuple[str, ...]
    problems: tuple[str, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """``wall_s`` runs from the first trace that started to the last that finished its machine work;
    ``peak_concurrent`` counts traces that were started and unfinished at one instant."""

    wall_s: float
    peak_concurrent: int
    profile: str
    demo_models: bool
    traces: tuple[TraceResult, ...]


def result(hello: Hello, details: Sequence[TraceDetail]) -> Result:
    spans = [(d.trace.started, d.trace.finished) for d in details if d.trace.started and d.trace.finished]
    wall_s = (max(s[1] for s in spans) - min(s[0] for s in spans)).total_seconds() if spans else 0.0
    peak = max((sum(a <= start < b for a, b in spans) for start, _ in spans), default=0)
    return Result(
        wall_s=wall_s,
        peak_concurrent=peak,
        profile=hello.profile,
        demo_models=hello.demo_models,
        traces=tuple(_trace(d) for d in details),
    )


def _trace(detail: TraceDetail) -> TraceResult:
    trace = detail.trace

    def after_start(at: datetime | None) -> float | None:
        return (at - trace.started).total_seconds() if at and trace.started else None

    return TraceResult(
        case=trace.case_id,
        state=trace.state,
        started=trace.started,
        first_window_s=after_start(trace.first_window),
        first_candidate_s=after_start(trace.first_candidate),
        finished=trace.finished,
        wall_s=after_start(trace.finished),
        windows=trace.windows_done,
        frames=trace.frames,
        cannot_assess=trace.cannot_assess,
        candidates=tuple(_candidate(c) for c in detail.candidates),
        visits=tuple(_visit(v) for v in detail.visits),
        exposures=tuple(_exposure(e) for e in detail.exposures),
        message=trace.message,
        left_out=trace.left_out,
        problems=trace.problems,
    )


def _candidate(candidate: CandidateView) -> CandidateResult:
    return CandidateResult(
        camera=candidate.camera_id,
        start=candidate.start,
        end=candidate.end,
        sigma_s=candidate.sigma_s,
        llr=candidate.llr,
        mask=candidate.mask,
        inter_eye_px=candidate.inter_eye_px,
        infeasible=bool(candidate.infeasible),
        why_infeasible=candidate.infeasible,
        answer=candidate.answer,
    )


def _visit(visit: VisitView) -> VisitResult:
    return VisitResult(
        start=visit.start,
        end=visit.end,
        sigma_s=visit.sigma_s,
        place=visit.place_id,
        label=visit.label,
        basis=visit.basis,
        sources=visit.sources,
        cameras=visit.cameras,
        conflict=visit.conflict,
        moment=visit.moment,
    )


def _exposure(exposure: ExposureView) -> ExposureResult:
    return ExposureResult(
        person=exposure.person,
        camera=exposure.camera,
        start=exposure.start,
        end=exposure.end,
        minutes=exposure.minutes,
        distance_low_m=exposure.distance_low_m,
        distance_high_m=exposure.distance_high_m,
        patient_mask=exposure.patient_mask,
        person_mask=exposure.person_mask,
        suggestions=exposure.suggestions,
    )
