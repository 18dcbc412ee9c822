"""Evidence in plain words: what there is to go on, and how far the score speaks for the patient."""

import math

from engine.domain.candidate import Candidate
from engine.domain.track import MaskState

# Verbal scale for likelihood ratios after the ENFSI guideline for evaluative reporting (2015).
SCALE = (
    (10_000.0, "very strong support that it is the patient"),
    (1_000.0, "strong support that it is the patient"),
    (100.0, "moderately strong support that it is the patient"),
    (10.0, "moderate support that it is the patient"),
    (2.0, "weak support that it is the patient"),
    (0.0, "hardly any support that it is the patient"),
)


def evidence_words(candidate: Candidate) -> tuple[str, ...]:
    """What the reviewer should know about the pictures, without the model's opinion."""
    track = candidate.track
    quality = track.quality
    size = f"{quality.inter_eye_px:.0f} px between the eyes"
    said = [f"{size}, {_sharpness(quality.blur)}, {_turn(quality.yaw_deg)}"]
    said.append(
        {
            MaskState.BARE: "no mask",
            MaskState.MASKED: "wears a mask: eyes and brow only",
            MaskState.UNKNOWN: "mask not recognised; counted as the less certain case",
        }[track.mask]
    )
    said.append(f"seen for {track.interval.duration_s:.1f} s in {quality.faces} usable frames")
    sigma_s = track.interval.sigma_s
    if sigma_s >= 300:
        said.append(f"camera clock was never measured (within {2 * sigma_s / 60:.0f} minutes)")
    else:
        said.append(f"camera clock known to ± {sigma_s:.0f} s")
    others = len(track.neighbours)
    said.append("alone in the scene" if not others else f"{others} other people in the scene")
    said.append(candidate.infeasible or "the journey is possible")
    return tuple(said)


def support_words(llr: float) -> str:
    """The score in words; a cosine or a percentage is never shown."""
    ratio = math.exp(min(llr, 50.0))
    return next(words for least, words in SCALE if ratio >= least)


def _sharpness(blur: float) -> str:
    return "sharp" if blur >= 40 else "slightly soft" if blur >= 15 else "soft"


def _turn(yaw_deg: float) -> str:
    return "frontal" if yaw_deg < 15 else "half turned" if yaw_deg < 35 else "turned away"
