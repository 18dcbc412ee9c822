"""One envelope for what every source says: when and where, both with their uncertainty."""

from datetime import datetime
from enum import StrEnum

from engine.domain.interval import Interval
from engine.domain.place import Disc
from engine.domain.value import Value


class Source(StrEnum):
    ENTRY = "entry"
    ROSTER = "roster"
    CARD = "card"
    TRANSIT = "transit"
    PHONE = "phone"
    GPS = "gps"
    INTERVIEW = "interview"


class Record(Value, frozen=True, kw_only=True, gc=False):
    """A row of a source about the subject. ``disc`` is None where no position could be found.

    ``raw_sha256`` is the digest of the file it came from; ``note`` is a short remark of the
    adapter ("cancelled", "head-office address?"), never free text of other people. ``moment`` marks a
    row that tells of one moment somewhere within the interval, not of a stay throughout it.
    """

    record_id: str
    case_id: str
    source: Source
    interval: Interval
    received_at: datetime
    raw_sha256: str
    authority_ref: str = ""
    disc: Disc | None = None
    place_id: str = ""
    note: str = ""
    moment: bool = False
    certainty: float = 1.0  # 0..1, how far the source itself stands behind the row
