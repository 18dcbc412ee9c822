"""What travels about contacts: the line list, who was put together with whom, and what leaves the house."""

from datetime import date, datetime
from enum import StrEnum

from engine.api.schema import Reply, Request
from engine.domain.contact import Backing as Backing
from engine.domain.contact import ContactStatus as ContactStatus
from engine.domain.contact import Risk as Risk
from engine.domain.track import MaskState


class ExportKind(StrEnum):
    LINE_LIST = "line_list"
    TIMELINE = "timeline"


# --- requests -----------------------------------------------------------------------------------


class SceneOf(Request, frozen=True, kw_only=True):
    """An unnamed person of one scene, as ``Scene`` has them. Where ``number`` is given it decides: ``person``
    (``U-001`` and so on) is counted anew whenever another sighting is confirmed."""

    candidate_id: str
    person: str
    number: int = 0


class ContactEntry(Request, frozen=True, kw_only=True):
    """One row of the line list as a person wrote it. ``reference`` says which roster line, card record or
    call gave the name; without one nobody gets a name. ``scenes`` are linked by a person, none by face."""

    name: str
    backing: Backing
    reference: str
    phone: str = ""
    scenes: tuple[SceneOf, ...] = ()
    risk: Risk | None = None
    status: ContactStatus = ContactStatus.FOUND
    follow_up_until: date | None = None
    owner: str = ""
    note: str = ""


class ContactMerge(Request, frozen=True, kw_only=True):
    """The same person twice in the list: ``other_ids`` go into ``keep_id``; each can come out again."""

    keep_id: str
    other_ids: tuple[str, ...]


class ContactUnmerge(Request, frozen=True, kw_only=True):
    other_id: str


class ExportRequest(Request, frozen=True, kw_only=True):
    """``typed_case_id``: the case number as the person typed it, which has to be that of the case."""

    kind: ExportKind
    typed_case_id: str


# --- replies ------------------------------------------------------------------------------------


class Scene(Reply, frozen=True, kw_only=True):
    """One unbroken scene in which somebody was near the confirmed patient. ``number`` counts the people
    beside that candidate from 1 and stays; ``person`` may be another one at the next reading.
    ``camera_name`` and ``place`` are those of the registry, "" where it has none."""

    candidate_id: str
    person: str
    number: int = 0
    camera: str
    start: datetime
    end: datetime
    minutes: float
    distance_low_m: float
    distance_high_m: float
    patient_mask: MaskState
    person_mask: MaskState
    suggestions: tuple[str, ...] = ()
    camera_name: str = ""
    place: str = ""


class ContactLine(Reply, frozen=True, kw_only=True):
    """A row of the line list. Without ``backing`` it is an unnamed person of one scene, whose
    ``contact_id`` is made of scene and person, and who can be neither named by face nor put together
    with anybody. ``minutes`` is the sum over ``scenes``. ``merged`` are the rows that went into this one,
    whose scenes show here; the text of this row alone counts."""

    contact_id: str
    case_id: str
    name: str
    backing: Backing | None = None
    reference: str = ""
    phone: str = ""
    scenes: tuple[Scene, ...] = ()
    minutes: float = 0.0
    risk: Risk | None = None
    status: ContactStatus = ContactStatus.FOUND
    follow_up_until: date | None = None
    owner: str = ""
    note: str = ""
    merged: tuple[str, ...] = ()
    version: int = 1


class Exported(Reply, frozen=True, kw_only=True):
    """A file that leaves the house: written to the audit with its digest before these bytes left.

    ``left_out``: confirmed candidates whose scenes or stays are not in it, since no second, blind reviewer
    has confirmed them (G10)."""

    export_id: str
    name: str
    media_type: str
    content: bytes
    sha256: str
    rows: int
    left_out: int = 0
