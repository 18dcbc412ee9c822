"""Evidence in plain words: what there is to go on, and how far the score speaks for the patient."""

import math

from engine.domain.candidate import Candidate
from engine.domain.track import MaskState
from engine.trace.travel import NONE_YET

# Verbal scale for likelihood ratios after the ENFSI guideline for evaluative reporting (2015).
SCALE = (
    (10_000.0, "very strong support that it is the patient"),
    (1_000.0, "strong support that it is the patient"),
    (100.0, "moderately strong support that it is the patient"),
    (10.0, "moderate support that it is the patient"),
    (2.0, "weak support that it is the patient"),
    (0.0, "hardly any support that it is the patient"),
)


NEVER_MEASURED_S = 300.0  # a clock known no better than this was never compared with another


def evidence_words(candidate: Candidate, travel: str = NONE_YET) -> tuple[str, ...]:
    """What the reviewer should know about the pictures, without the model's opinion. ``travel``: the way
    to the nearest confirmed sighting. What was not measured is said to be not available."""
    track = candidate.track
    quality = track.quality
    said = [f"{_size(quality.inter_eye_px)}, {_sharpness(quality.blur)}, {_turn(quality.yaw_deg)}"]
    said.append(
        {
            MaskState.BARE: "no mask",
            MaskState.MASKED: "wears a mask: eyes and brow only",
            MaskState.UNKNOWN: "mask not available: counted as the less certain case",
        }[track.mask]
    )
    said.append(f"seen for {track.interval.duration_s:.1f} s in {quality.faces} usable frames")
    sigma_s = track.interval.sigma_s
    if sigma_s >= NEVER_MEASURED_S:
        said.append(
            f"clock error of the camera not available: taken as within {2 * sigma_s / 60:.0f} minutes"
        )
    else:
        said.append(f"camera clock known to ± {sigma_s:.0f} s")
    others = len(track.neighbours)
    said.append(_company(others))
    said.append(travel)
    if candidate.infeasible:
        said.append(candidate.infeasible)
    return tuple(said)


def _company(others: int) -> str:
    if not others:
        return "alone in the scene"
    return "1 other person in the scene" if others == 1 else f"{others} other people in the scene"


def opinion_words(as_high: int, calibration: str) -> tuple[str, ...]:
    """More of the model's opinion, for who has answered: how many others of the trace score as high or
    higher, and by which ``calibration`` ("" where the track does not say). No score is in it."""
    if as_high == 1:
        rank = "1 other candidate of this trace scores as high"
    elif as_high:
        rank = f"{as_high} other candidates of this trace score as high"
    else:
        rank = "no other candidate of this trace scores as high"
    return rank, f"calibrated on {calibration}" if calibration else "calibration not available"


def support_words(llr: float) -> str:
    """The score in words; a cosine or a percentage is never shown."""
    ratio = math.exp(min(llr, 50.0))
    return next(words for least, words in SCALE if ratio >= least)


def _size(inter_eye_px: float) -> str:
    if not inter_eye_px > 0:
        return "size not available"
    return f"{inter_eye_px:.0f} px between the eyes"


def _sharpness(blur: float) -> str:
    if not blur >= 0:
        return "sharpness not available"
    return "sharp" if blur >= 40 else "slightly soft" if blur >= 15 else "soft"


def _turn(yaw_deg: float) -> str:
    if math.isnan(yaw_deg):
        return "pose not available"
    return "frontal" if yaw_deg < 15 else "half turned" if yaw_deg < 35 else "turned away"
