"""What truly happened to the patients of a city: where they were, and which cameras saw them with whom.

All times are true times, UTC.
"""

from datetime import datetime
from typing import Literal

import msgspec

ASSESSED_PX = 20.0  # between the eyes; of smaller faces nothing is said
Mask = Literal["none", "worn", "under"]  # under: below the nose


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the truth, as its file holds it."""


class Presence(Fact, frozen=True):
    """Somebody was at a place from ``start`` to ``end``."""

    place_id: str
    start: datetime
    end: datetime


class Stay(Presence, frozen=True):
    """A stay outside home. ``told`` are the record sources that tell it truly; a telephone tells the cell
    it was in, not the place."""

    told: tuple[str, ...] = ()


class Beside(Fact, frozen=True, kw_only=True):
    """Somebody whose face was in the picture while the patient's was. ``number`` counts within one
    sighting and says nothing outside it. ``start`` to ``end`` as in ``Sighting.face``, of this other face;
    ``together_px`` is the smaller of the two inter-eye distances in that frame with both whole faces in
    which it is largest."""

    number: int
    start: datetime
    end: datetime
    together_px: float


class FaceSeen(Fact, frozen=True, kw_only=True):
    """From when until when a whole face was in the picture, with ``ASSESSED_PX`` or more between the eyes
    where it ever was that large; ``inter_eye_px`` is the most it reached."""

    start: datetime
    end: datetime
    inter_eye_px: float


class Sighting(Fact, frozen=True, kw_only=True):
    """One pass of the patient before a camera. ``place_id`` is "" in the street; ``stay`` is the number of
    the stay, from 0, at whose door or till it happened. ``recorded``: the archive holds footage of it.
    ``face`` is None where it was turned away or never whole in the picture. Somebody nearer to the camera
    may have stood in front of a face: that is not looked into."""

    camera_id: str
    place_id: str
    start: datetime
    end: datetime
    stay: int | None
    facing: bool
    mask: Mask
    recorded: bool
    face: FaceSeen | None
    beside: tuple[Beside, ...] = ()


class Patient(Fact, frozen=True, kw_only=True):
    """``elsewhere``: at home, and at the stops where a transit card was held to the reader."""

    case_id: str
    stays: tuple[Stay, ...]
    elsewhere: tuple[Presence, ...]
    sightings: tuple[Sighting, ...]


class CameraFact(Fact, frozen=True, kw_only=True):
    """``clock_error_s`` = time that a reader of the site takes something to have happened at - true time.
    It is 0 where the offset of the clock is registered."""

    camera_id: str
    clock_error_s: float


class Truth(Fact, frozen=True, kw_only=True):
    """``start`` to ``end`` is the interval that the authorisations of the patients cover."""

    seed: int
    size: str
    start: datetime
    end: datetime
    cameras: tuple[CameraFact, ...]
    patients: tuple[Patient, ...]
