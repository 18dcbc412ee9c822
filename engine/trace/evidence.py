"""How strongly one comparison speaks for the subject, or why it cannot be told (G11)."""

import math

from engine.domain.model import Calibration, CalibrationBand
from engine.domain.track import MaskState

BARE, ONE_MASKED, BOTH_MASKED = "bare", "one_masked", "both_masked"


def score(
    calibration: Calibration | None,
    cosine: float,
    *,
    reference: MaskState,
    probe: MaskState,
    inter_eye_px: float,
    blur: float,
    yaw_deg: float,
    colourless: bool = False,
    eyes_covered: bool = False,
) -> tuple[float | None, str]:
    """Natural log likelihood ratio of a cosine, and "" or why it cannot be given, in a few words.

    A mask state that is not known takes the smallest llr of the states it may be. ``colourless``
    says that the picture has no colour, as under infrared light, on which nothing was calibrated.
    "Cannot assess" is never a no: the llr is then None, whatever the cosine.
    """
    if calibration is None:
        return None, "model without calibration"
    if not math.isfinite(cosine):
        return None, "no comparable template"
    if not inter_eye_px >= calibration.floor_inter_eye_px:
        return None, f"face too small ({inter_eye_px:.0f} px between the eyes)"
    if not blur >= calibration.floor_blur:
        return None, "face too blurred"
    if not abs(yaw_deg) <= calibration.max_yaw_deg:
        return None, "face turned away"
    if colourless:
        return None, "no colour (infrared light?)"
    if eyes_covered and probe is not MaskState.BARE:
        return None, "mask and covered eyes"
    llrs = []
    for pair in sorted(possible_pairs(reference, probe)):
        band = band_for(calibration, pair, inter_eye_px)
        if band is None:
            return None, f"no calibration for {pair.replace('_', ' ')} faces of this size"
        llrs.append(llr(band, cosine))
    return min(llrs), ""


def llr(band: CalibrationBand, cosine: float) -> float:
    """Natural log likelihood ratio of a cosine within one band, clipped to what the band supports."""
    straight = band.intercept + band.slope * max(-1.0, min(1.0, cosine))
    return max(-band.lower, min(band.upper, straight))


def band_for(calibration: Calibration, pair: str, inter_eye_px: float) -> CalibrationBand | None:
    """The band of a mask state that starts at or below this size, None where there is none."""
    below = [b for b in calibration.bands if b.pair == pair and b.inter_eye_from_px <= inter_eye_px]
    return max(below, key=lambda b: b.inter_eye_from_px, default=None)


def possible_pairs(reference: MaskState, probe: MaskState) -> set[str]:
    """Mask states of the pair that two states leave open."""
    return {pair_of(r, p) for r in _may_be(reference) for p in _may_be(probe)}


def pair_of(reference: MaskState, probe: MaskState) -> str:
    """Mask state of a pair of two known states."""
    masked = (reference, probe).count(MaskState.MASKED)
    return (BARE, ONE_MASKED, BOTH_MASKED)[masked]


def _may_be(state: MaskState) -> tuple[MaskState, ...]:
    return (MaskState.BARE, MaskState.MASKED) if state is MaskState.UNKNOWN else (state,)
