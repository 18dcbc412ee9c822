"""For whom a scan looks, and what it works with; both live in a worker for one window."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from engine.domain.interval import Interval
from engine.domain.model import Calibration
from engine.domain.track import MaskState, Quality, Track
from engine.ports import Clock, FaceModel, Matcher, Redactor
from engine.trace import evidence
from engine.trace.tracking import Sight
from engine.vault.grants import Permit

FLOOR_INTER_EYE_PX = 20.0  # without a calibration nothing can be assessed, only counted


class Subject:
    """One permit with the subject's template, shape (1, dimensions), and how it was pictured."""

    def __init__(self, permit: Permit, reference_mask: MaskState) -> None:
        self.permit = permit
        self.reference_mask = reference_mask
        self.template = np.frombuffer(permit.template, dtype="<f4").reshape(1, -1)
        self.tracks: list[Track] = []
        self.cannot_assess = 0
        self.frames = 0
        self.faces = 0
        self.stopped = ""

    @property
    def interval(self) -> Interval:
        return self.permit.grant.interval

    def wants(self, at: datetime) -> bool:
        return not self.stopped and self.interval.start <= at < self.interval.end


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scanner:
    """What a scan needs, wired once per worker. ``stopped`` asks whether a grant was revoked."""

    faces: FaceModel
    matcher: Matcher
    redactor: Redactor
    calibration: Calibration | None
    clock: Clock
    stopped: Callable[[str], str]
    progress: Callable[[float, int, int], None]

    @property
    def floor_inter_eye_px(self) -> float:
        """Smaller faces cannot be assessed."""
        return self.calibration.floor_inter_eye_px if self.calibration else FLOOR_INTER_EYE_PX

    def comparable(self, inter_eye_px: float, blur: float, yaw_deg: float, colourless: bool) -> bool:
        """Whether a face is good enough to say anything about who it is."""
        llr, _ = evidence.score(
            self.calibration,
            0.0,
            reference=MaskState.BARE,
            probe=MaskState.BARE,
            inter_eye_px=float(inter_eye_px),
            blur=float(blur),
            yaw_deg=float(yaw_deg),
            colourless=bool(colourless),
        )
        return llr is not None

    def llr(self, cosine: float, subject: Subject, mask: MaskState, quality: Quality | Sight) -> float | None:
        """Natural log likelihood ratio, None where it cannot be assessed."""
        llr, _ = evidence.score(
            self.calibration,
            cosine,
            reference=subject.reference_mask,
            probe=mask,
            inter_eye_px=quality.inter_eye_px,
            blur=quality.blur,
            yaw_deg=quality.yaw_deg,
            eyes_covered=quality.eyes_covered,
        )
        return llr

    def llr_at_best(self, cosine: float, subject: Subject, quality: Quality | Sight) -> float:
        """The llr under the mask state that suits it best; minus infinity where none can be given."""
        states = (MaskState.BARE, MaskState.MASKED)
        given = [self.llr(cosine, subject, state, quality) for state in states]
        return max((llr for llr in given if llr is not None), default=-math.inf)
