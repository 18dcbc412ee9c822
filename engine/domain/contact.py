"""A contact with a name, as a person wrote it down. The name comes from papers, never from a face (G8)."""

from datetime import date, datetime
from enum import StrEnum

from engine.domain.value import Value

LONGEST = {"name": 200, "reference": 500, "phone": 40, "owner": 64, "note": 4_000}
"""Characters of what a person writes about a contact."""


class Backing(StrEnum):
    """By what a contact came to a name: work outside the camera, never a face (G8)."""

    ROSTER = "roster"
    CARD = "card"
    ENTRY = "entry"
    INTERVIEW = "interview"
    VENUE = "venue"  # a call to the place at that minute


class Risk(StrEnum):
    HIGH = "high"
    LOW = "low"
    NONE = "none"


class ContactStatus(StrEnum):
    FOUND = "found"
    REACHED = "reached"
    FOLLOWED = "followed"
    RELEASED = "released"
    LOST = "lost"


class SceneLink(Value, frozen=True, kw_only=True):
    """Somebody beside a confirmed sighting: ``number`` counts the people there from 1. Numbers such as
    ``U-003`` are counted anew whenever another sighting is confirmed; this one stays."""

    candidate_id: str
    number: int


class Contact(Value, frozen=True, kw_only=True):
    """``links`` were made by a person with ``reference`` in their hand. ``merged_into`` is the row that this
    one went into, "" for none; everything else stays as it was, so that it can come out again."""

    contact_id: str
    case_id: str
    name: str
    backing: Backing
    reference: str
    phone: str = ""
    links: tuple[SceneLink, ...] = ()
    risk: Risk | None = None
    status: ContactStatus = ContactStatus.FOUND
    follow_up_until: date | None = None
    owner: str = ""
    note: str = ""
    merged_into: str = ""
    changed_by: str
    at: datetime
    version: int = 1
