"""What engine and worker say to each other: length-prefixed msgpack, never pickle.

Each message is a 4-byte big-endian length and a tagged msgpack struct. File descriptors travel
beside the length (SCM_RIGHTS), so a worker never opens a path of the engine's choosing by itself.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from engine.domain.camera import Camera, Segment
from engine.domain.grant import SignedGrant
from engine.domain.model import Calibration, ModelDescriptor
from engine.domain.place import Place
from engine.domain.record import Record
from engine.domain.track import Enrolment, MaskState, Still, WindowResult
from engine.ports import RecordMapping

MAX_FRAME_BYTES = 64 * 1024 * 1024
RECORDS_A_PART = 500  # a frame of these is decoded in a few milliseconds: nobody else waits for it
MOST_RECORDS = 100_000  # of one file; what a worker says beyond that is cut
MOST_LINES = 1000
MOST_CLIP_FRAMES = 60


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all messages, told apart by a tag."""


# --- engine to worker ---------------------------------------------------------------------------


class Prepare(Message, frozen=True, kw_only=True):
    """First message. ``verify_key`` is the raw Ed25519 public key of the engine;
    ``rehearsal_sha256`` lists the only footage and stills that may be opened, None on a server."""

    verify_key: bytes
    models: tuple[ModelDescriptor, ...]  # ``file`` holds the path
    calibrations: tuple[Calibration, ...]
    rehearsal_sha256: frozenset[str] | None
    places: tuple[Place, ...]


class ParseRecords(Message, frozen=True, kw_only=True):
    case_id: str
    file: str
    content: bytes
    mapping: RecordMapping
    subject_keys: frozenset[str]
    received_at: datetime


class ReferenceStill(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    content: bytes


class Enrol(Message, frozen=True, kw_only=True):
    """Turn the reference stills of one subject into a template; refused where one of them shows
    no face, two faces, or somebody else than the others."""

    stills: tuple[ReferenceStill, ...]


class SubjectOfScan(Message, frozen=True, kw_only=True):
    """One signed permission and the template it speaks of (float32, little endian)."""

    grant: SignedGrant
    template: bytes
    reference_mask: MaskState


class Scan(Message, frozen=True, kw_only=True):
    """Read footage of one camera once for up to ten subjects. One descriptor per segment, and no more of
    them than travel beside one message."""

    job: str
    camera: Camera
    segments: tuple[Segment, ...]
    subjects: tuple[SubjectOfScan, ...]


class DrawClip(Message, frozen=True, kw_only=True):
    """Show one sighting again. ``sighting`` is the encoding whose digest the grant names; one descriptor per
    segment."""

    camera: Camera
    segments: tuple[Segment, ...]
    grant: SignedGrant
    sighting: bytes


class Cancel(Message, frozen=True, kw_only=True):
    """Grants that are no longer valid, with why. The answer is ``Cancelled``, also in mid-scan."""

    grant_ids: tuple[str, ...]
    why: str


class Inspect(Message, frozen=True, kw_only=True):
    """Read the technical facts of a footage file (``site check``); nothing is matched."""

    segment: Segment


# --- worker to engine ---------------------------------------------------------------------------


class Ready(Message, frozen=True, kw_only=True):
    pid: int
    face_search: str  # "" or why it is not possible


class RecordsPart(Message, frozen=True, kw_only=True):
    """Some of the records of a file; as many parts as it takes come before ``RecordsParsed``."""

    records: Annotated[tuple[Record, ...], msgspec.Meta(max_length=RECORDS_A_PART)]


class RecordsParsed(Message, frozen=True, kw_only=True):
    """The file is read; the counts and warnings of ``ParsedRecords``."""

    dropped: Annotated[dict[str, int], msgspec.Meta(max_length=MOST_LINES)] = {}
    warnings: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_LINES)] = ()


class Enrolled(Message, frozen=True, kw_only=True):
    enrolment: Enrolment


class ScanProgress(Message, frozen=True, kw_only=True):
    job: str
    fraction: float
    frames: int
    faces: int


class Cancelled(Message, frozen=True, kw_only=True):
    """A ``Cancel`` was heard: for these grants the worker looks at no further frame."""

    grant_ids: tuple[str, ...]


class GrantResult(msgspec.Struct, frozen=True, kw_only=True):
    grant_id: str
    result: WindowResult


class ScanDone(Message, frozen=True, kw_only=True):
    job: str
    results: tuple[GrantResult, ...]


class ClipDrawn(Message, frozen=True, kw_only=True):
    rate_hz: float
    frames: Annotated[tuple[Still, ...], msgspec.Meta(max_length=MOST_CLIP_FRAMES)]


class Inspected(Message, frozen=True, kw_only=True):
    codec: str
    width: int
    height: int
    duration_s: float
    frame_rate: float
    key_interval_s: float | None
    sha256: str


class Failed(Message, frozen=True, kw_only=True):
    """``kind``: ``input`` (say it to the person), ``refused`` (a rule) or ``internal``."""

    kind: str
    problem: str
    file: str = ""
    place: str = ""
    mend: str = ""
    rule: str = ""


ToWorker = Prepare | ParseRecords | Enrol | Scan | DrawClip | Cancel | Inspect
FromWorker = (
    Ready
    | RecordsPart
    | RecordsParsed
    | Enrolled
    | ScanProgress
    | Cancelled
    | ScanDone
    | ClipDrawn
    | Inspected
    | Failed
)
