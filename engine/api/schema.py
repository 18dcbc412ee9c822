"""What travels between console and engine. Requests refuse unknown fields, answers tolerate them."""

from datetime import date, datetime

import msgspec

from engine.domain.authorisation import AuthorisationState
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.ground import GroundKind
from engine.domain.record import Source
from engine.domain.trace import TraceState
from engine.domain.track import MaskState
from engine.ports import RecordMapping

API_VERSION = 2
MAX_BODY_BYTES = 48 * 1024 * 1024  # a record file or a photo, base64 in JSON


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Sent to the engine; strict."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Sent by the engine; a newer engine may add fields. What is frozen and was decoded holds no circles:
    rounds of the garbage collector pass ten thousand of them by."""


# --- requests -----------------------------------------------------------------------------------


class CaseImport(Request, frozen=True, kw_only=True):
    """A confirmed case, as ``case.toml`` holds it."""

    case_id: str
    disease: str
    notification_ref: str
    onset: date | None = None
    onset_approximate: bool = False
    specimen: date | None = None
    isolation: date | None = None
    timezone: str = "Asia/Seoul"
    note: str = ""


class RecordFile(Request, frozen=True, kw_only=True):
    """One file of records; parsed in a worker, never in the engine."""

    file: str
    content: bytes
    mapping: RecordMapping
    subject_keys: tuple[str, ...] = ()


class StillFile(Request, frozen=True, kw_only=True):
    """One reference photograph with where it came from and for which notification."""

    file: str
    content: bytes
    provenance: str
    notification_ref: str = ""  # of the case that it was handed over for; needed on a server


class GroundRecord(Request, frozen=True, kw_only=True):
    """Why a face search is lawful for this patient."""

    kind: GroundKind
    document_sha256: str = ""
    law_id: str = ""


class AuthorisationRequest(Request, frozen=True, kw_only=True):
    case_id: str
    purpose: str
    cameras: tuple[str, ...]
    sources: tuple[Source, ...]
    start: datetime
    end: datetime
    expires_at: datetime
    face_search: bool = True
    max_camera_hours: float = 100.0
    order_ref: str = ""


class TraceStart(Request, frozen=True, kw_only=True):
    case_id: str
    authorisation_id: str


class ViewRequest(Request, frozen=True, kw_only=True):
    """``face_height_px``: how high the face will stand on this screen, in pixels of the screen."""

    face_height_px: float


class DecisionRequest(Request, frozen=True, kw_only=True):
    """``view_id`` names the view this person answered from."""

    view_id: str
    answer: Answer
    because: UnclearBecause | None = None


# --- replies ------------------------------------------------------------------------------------


class Problem(Reply, frozen=True, kw_only=True):
    """Any refusal: one line for people, a short code for programs."""

    code: str
    message: str


class Hello(Reply, frozen=True, kw_only=True):
    version: str
    api_min: int
    api_max: int
    profile: str
    person: str
    site: str
    models: tuple[str, ...] = ()
    demo_models: bool = False
    timezone: str = "UTC"  # in which screens show local time
    face_search: str = ""  # "" where possible here, else what is missing and what to do
    roles: tuple[str, ...] = ()
    emergencies: int = 0  # authorisations that nobody has permitted or reviewed yet


class CaseView(Reply, frozen=True, kw_only=True):
    case_id: str
    state: str
    records: int
    stills: int
    ground: str  # "", "separate_consent", "law", "withdrawn"
    version: int = 1
    members: tuple[str, ...] = ()
    unseconded: int = 0  # photographs that no second person has looked at, where one has to
    notice: str = ""  # "", "due", "overdue", "sent"


class RecordsTaken(Reply, frozen=True, kw_only=True):
    file: str
    taken: int
    dropped: dict[str, int]
    warnings: tuple[str, ...]
    truncated: bool = False  # there were more, and these are the first of them


class StillTaken(Reply, frozen=True, kw_only=True):
    still_id: str
    file: str
    inter_eye_px: float
    mask: MaskState
    warnings: tuple[str, ...] = ()


class AuthorisationView(Reply, frozen=True, kw_only=True):
    authorisation_id: str
    case_id: str
    state: AuthorisationState
    four_eyes: bool
    requested_by: str
    approved_by: str
    expires_at: datetime
    cameras: int
    version: int = 1
    order_ref: str = ""
    references: dict[str, str] = {}
    review_due: datetime | None = None  # an emergency that nobody has reviewed yet
    face_search: bool = True
    start: datetime | None = None
    end: datetime | None = None
    max_camera_hours: float = 0.0
    ended_by: str = ""  # who refused or revoked it
    ended_at: datetime | None = None
    purpose: str = ""
    sources: tuple[str, ...] = ()
    camera_ids: tuple[str, ...] = ()
    reason: str = ""  # why an emergency could not wait
    requested_at: datetime | None = None


class TraceView(Reply, frozen=True, kw_only=True):
    """One row of the desk: state, progress, counts. Progress fields are a snapshot. ``authorisation`` says
    how that of the trace stands, None where it does not open or is not for this reader; ``expires_at`` is
    when it ends by itself. With ``order_ended`` somebody ended the epidemic order above it before its time,
    and it permits nothing more. ``ground`` as in ``CaseView``."""

    trace_id: str
    case_id: str
    state: TraceState
    step: str
    queued: datetime
    started: datetime | None
    first_window: datetime | None
    first_candidate: datetime | None
    finished: datetime | None
    windows_total: int
    windows_done: int
    frames: int
    faces: int
    cannot_assess: int
    candidates: int
    undecided: int
    camera_id: str  # being read right now, with how far the reading has come (0..1)
    message: str
    expires_at: datetime | None
    four_eyes: bool
    left_out: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    window_fraction: float = 0.0
    aside: int = 0  # candidates set aside as not reviewed; they are not among the undecided
    requested_by: str = ""
    authorisation: AuthorisationState | None = None
    ground: str = ""
    order_ended: bool = False


class CandidateView(Reply, frozen=True, kw_only=True):
    """A candidate without its pictures. ``evidence`` are plain sentences about what there is to go on.
    ``support`` and ``llr`` are the model's opinion, in words and as a natural logarithm: "" and None until
    this very person has answered. In a rehearsal, where models are measured, ``llr`` is always there."""

    candidate_id: str
    trace_id: str
    case_id: str
    camera_id: str
    camera_name: str
    place: str
    start: datetime
    end: datetime
    sigma_s: float
    llr: float | None
    mask: MaskState
    inter_eye_px: float
    infeasible: str
    evidence: tuple[str, ...]
    support: str
    neighbours: int
    answer: Answer | None
    because: UnclearBecause | None
    decided_by: str
    decided_at: datetime | None
    version: int = 1
    second_answer: Answer | None = None  # of a second reviewer who did not know the first answer
    second_by: str = ""
    opinion: tuple[str, ...] = ()  # more of the model's, after this very person has answered
    note: str = ""
    noted_by: str = ""
    second_wanted_by: str = ""  # who asked for a second, blind reviewer of this candidate
    aside: bool = False  # set aside in a range: not reviewed


class VisitView(Reply, frozen=True, kw_only=True):
    start: datetime
    end: datetime
    sigma_s: float
    place_id: str
    label: str
    basis: str
    cameras: tuple[str, ...]
    sources: tuple[str, ...]
    lat: float | None
    lon: float | None
    radius_m: float | None
    conflict: str
    moment: bool = False  # some time within, nobody knows when


class GapView(Reply, frozen=True, kw_only=True):
    start: datetime
    end: datetime
    reason: str


class ExposureView(Reply, frozen=True, kw_only=True):
    person: str
    camera: str
    candidate_id: str
    start: datetime
    end: datetime
    minutes: float
    distance_low_m: float
    distance_high_m: float
    patient_mask: MaskState
    person_mask: MaskState
    suggestions: tuple[str, ...]


class OpenedView(Reply, frozen=True, kw_only=True):
    """Footage that was looked at for this trace: a camera from ``start`` to ``end``, true time as far as
    the clock of the camera is known."""

    camera_id: str
    start: datetime
    end: datetime


class Conflict(Reply, frozen=True, kw_only=True):
    """Two confirmed candidates that cannot both be the patient, with the reason in words."""

    first_id: str
    second_id: str
    because: str


class TraceDetail(Reply, frozen=True, kw_only=True):
    """``scope_cameras``: those that the authorisation of the trace names. ``blind``: the reader is the second
    reviewer, and the first answers are hidden from them. ``withheld``: they are hidden because a second
    reviewer is wanted, which this reader may still become, or say that they will not."""

    trace: TraceView
    candidates: tuple[CandidateView, ...]
    visits: tuple[VisitView, ...]
    gaps: tuple[GapView, ...]
    exposures: tuple[ExposureView, ...]
    opened: tuple[OpenedView, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    scope_cameras: tuple[str, ...] = ()
    blind: bool = False
    withheld: bool = False


class Picture(Reply, frozen=True, kw_only=True):
    """``kind``: ``face``, ``frame`` or ``subject``; everyone else is mosaicked in the pixels."""

    kind: str
    at: datetime | None
    width: int
    height: int
    face_px: float
    jpeg: bytes


class ViewReply(Reply, frozen=True, kw_only=True):
    """Pictures, after the view was written to the audit. ``adequate`` tells whether ``same`` may be
    answered from it, ``not_before`` from when on."""

    view_id: str
    candidate_id: str
    adequate: bool
    not_before: datetime
    subject: tuple[Picture, ...]
    pictures: tuple[Picture, ...]
    version: int = 1  # of the candidate, for If-Match with the answer


class Snapshot(Reply, frozen=True, kw_only=True):
    """One line of the event stream: every trace as it stands now."""

    seq: int
    now: datetime
    traces: tuple[TraceView, ...]
    emergencies: int = 0  # authorisations in force that nobody has permitted or reviewed: told to everybody


class AuditEntry(Reply, frozen=True, kw_only=True):
    seq: int
    at: datetime
    person: str
    action: str
    object: str
    outcome: str
    hash: str


class BackupRequest(Request, frozen=True, kw_only=True):
    """``folder``: absolute, on the engine's machine; the engine writes into it as its own user."""

    folder: str


class BackupTaken(Reply, frozen=True, kw_only=True):
    """``name`` of the new folder inside the one that was asked for; ``size`` in bytes."""

    name: str
    created_at: datetime
    size: int
    sha256: str
    audit_size: int
