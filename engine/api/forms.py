"""The papers on the wire: orders, requests to other authorities, emergencies, notices, closing."""

from datetime import datetime

from engine.api.schema import AuthorisationRequest, Picture, Reply, Request
from engine.domain.checkpoint import NewBecause
from engine.domain.order import OrderState
from engine.domain.source_request import SourceRequestState

# --- requests -----------------------------------------------------------------------------------


class OrderProposal(Request, frozen=True, kw_only=True):
    """A dated epidemic order as it stands on paper; ``extends`` names the order_id it prolongs."""

    number: str
    authority: str
    disease: str
    document_sha256: str
    start: datetime
    end: datetime
    extends: str = ""


class SourceAsk(Request, frozen=True, kw_only=True):
    """Another authority was asked for a source (a record source or ``footage``)."""

    source: str
    authority: str
    reference: str = ""


class SourceAnswer(Request, frozen=True, kw_only=True):
    """What it answered, with its own reference."""

    answered: bool
    reference: str = ""


class EmergencyRequest(Request, frozen=True, kw_only=True):
    """An authorisation that takes effect at once and is reviewed by a second person within a day."""

    wanted: AuthorisationRequest
    reason: str


class EmergencyReview(Request, frozen=True, kw_only=True):
    """``justified`` False ends it and stops what runs under it."""

    justified: bool


class Member(Request, frozen=True, kw_only=True):
    """Somebody who works on the case from now on."""

    person: str


class NoticeSent(Request, frozen=True, kw_only=True):
    """The patient was told what was collected, whether it was passed on, and that it serves nothing else
    and will be destroyed; ``document_sha256`` is the digest of what was sent."""

    sent_at: datetime
    means: str
    document_sha256: str
    collected: tuple[str, ...]
    passed_on: tuple[str, ...] = ()


class PassedOn(Request, frozen=True, kw_only=True):
    """Data of the case went to another body for infection control: the patient has to be told of it."""

    to: str
    what: str


class CaseClose(Request, frozen=True, kw_only=True):
    """``undecided`` says that candidates nobody answered about may go with it."""

    reason: str
    undecided: bool = False


class Confirm(Request, frozen=True, kw_only=True):
    """A custodian lets the sweep destroy more keys at once than it may by itself: those of these cases."""

    case_ids: tuple[str, ...]


class NewWitness(Request, frozen=True, kw_only=True):
    """The witness does not know what was acknowledged; ``letter_sha256`` is the digest of what the
    institution that keeps it wrote about that."""

    because: NewBecause
    letter_sha256: str


class NewWitnessLetter(Request, frozen=True, kw_only=True):
    """The second person has the same letter in hand."""

    letter_sha256: str


# --- replies ------------------------------------------------------------------------------------


class OrderView(Reply, frozen=True, kw_only=True):
    order_id: str
    number: str
    authority: str
    disease: str
    start: datetime
    end: datetime
    state: OrderState
    stands: bool
    four_eyes: bool
    proposed_by: str
    approved_by: str
    extends: str
    version: int


class SourceRequestView(Reply, frozen=True, kw_only=True):
    """``waits_h``: hours since it was asked, until it was answered."""

    request_id: str
    case_id: str
    source: str
    authority: str
    reference: str
    state: SourceRequestState
    asked_by: str
    asked_at: datetime
    answered_at: datetime | None
    waits_h: float
    version: int


class StillView(Reply, frozen=True, kw_only=True):
    """A reference photograph by its id; whose it is and what it shows stays where it is."""

    still_id: str
    file: str
    provenance: str
    seconded_by: str


class StillPicture(Reply, frozen=True, kw_only=True):
    """A photograph as it was redrawn: nobody else is in it, and no metadata."""

    still_id: str
    picture: Picture


class NoticeView(Reply, frozen=True, kw_only=True):
    """``state``: ``due``, ``overdue`` or ``sent``."""

    case_id: str
    state: str
    due_at: datetime
    sent_at: datetime | None
    collected: tuple[str, ...]
    passed_on: tuple[str, ...]
    to_tell: tuple[str, ...]
    version: int


class CaseErased(Reply, frozen=True, kw_only=True):
    """A case is gone: its keys were destroyed, and nothing of it opened afterwards."""

    case_id: str
    keys: int


class ErasureView(Reply, frozen=True, kw_only=True):
    """Keys that are due, cases that wait for a custodian (so many at once), and how the last sweep went.
    ``lost``: cases whose key is missing though nobody destroyed it, as after an older key file was put
    back. ``problem`` is "" or one line."""

    keys_due: int
    overdue: int
    waiting: tuple[str, ...]
    unfinished: int
    lost: int
    last_sweep: datetime | None
    problem: str


class WitnessGap(Reply, frozen=True, kw_only=True):
    """So many lines the witness had acknowledged, and so many it remembers."""

    acknowledged: int
    remembered: int
