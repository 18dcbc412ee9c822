"""The patient's timeline: stays somewhere, and what is not known between them."""

from enum import StrEnum

from engine.domain.interval import Interval
from engine.domain.place import Disc
from engine.domain.value import Value


class VisitBasis(StrEnum):
    RECORD = "record"
    SIGHTING = "sighting"  # confirmed by a person
    BOTH = "both"


class Visit(Value, frozen=True, kw_only=True):
    """``conflict`` is "" or says which other visit cannot be true beside this one. ``moment``: some
    time within the interval, nobody knows when; such a visit covers nothing."""

    visit_id: str
    interval: Interval
    disc: Disc | None
    place_id: str
    label: str
    basis: VisitBasis
    record_ids: tuple[str, ...] = ()
    candidate_ids: tuple[str, ...] = ()
    camera_ids: tuple[str, ...] = ()
    moment: bool = False
    conflict: str = ""


class Gap(Value, frozen=True, kw_only=True):
    """A stretch that nothing covers. "Not covered" is never "was not there" (G11)."""

    interval: Interval
    reason: str
