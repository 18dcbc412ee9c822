"""Who was near a confirmed patient, inside one unbroken scene. Nobody is named by face (G8)."""

from engine.domain.interval import Interval
from engine.domain.track import MaskState
from engine.domain.value import Value


class ContactDefinition(Value, frozen=True, kw_only=True):
    """When an exposure counts; parameter files in ``configs/definitions``."""

    name: str
    distance_m: float
    minutes: float
    source: str


class Exposure(Value, frozen=True, kw_only=True):
    """``person`` is ``U-001`` style and unique to scene and case, counted over what is confirmed so far;
    ``number`` counts the people beside the candidate from 1, and stays. The distance interval holds
    with about 90 % confidence. ``suggestions`` names definitions that would be met, with why."""

    exposure_id: str
    person: str
    number: int
    camera_id: str
    candidate_id: str
    interval: Interval
    minutes: float
    distance_low_m: float
    distance_high_m: float
    patient_mask: MaskState
    person_mask: MaskState
    suggestions: tuple[str, ...] = ()
