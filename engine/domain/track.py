"""One person through one unbroken scene, as the scan saw them. No template is ever part of it."""

from datetime import datetime
from enum import StrEnum

from engine.domain.interval import Interval
from engine.domain.value import Value


class MaskState(StrEnum):
    BARE = "bare"
    MASKED = "masked"
    UNKNOWN = "unknown"


class FacePoint(Value, frozen=True, kw_only=True):
    """A face in one frame: true time, box in pixels of that frame (x, y, width, height)."""

    at: datetime
    box: tuple[float, float, float, float]
    inter_eye_px: float


class Still(Value, frozen=True, kw_only=True):
    """A picture for the reviewer: JPEG in which everyone else is mosaicked in the pixels.

    ``face_px`` is the height of the face inside the picture. ``kind`` is ``face`` or ``frame``, or
    ``subject`` for the patient's own photograph, which has no ``at``.
    """

    kind: str
    at: datetime | None
    width: int
    height: int
    face_px: float
    jpeg: bytes


class Quality(Value, frozen=True, kw_only=True):
    """What the score had to work with. ``blur`` is the variance of the Laplacian of the aligned
    112x112 crop (larger is sharper); ``yaw_deg`` comes from the landmarks and is rough;
    ``eyes_covered`` says that dark glasses or the like hid the eyes in most views."""

    inter_eye_px: float
    blur: float
    yaw_deg: float
    faces: int
    eyes_covered: bool = False


class Neighbour(Value, frozen=True, kw_only=True):
    """Somebody else in the same scene: a position over time and a mask, no identity of any kind."""

    number: int
    mask: MaskState
    points: tuple[FacePoint, ...]


class Track(Value, frozen=True, kw_only=True):
    """The evidence of one track for one subject. ``llr`` is a natural log likelihood ratio; what
    cannot be assessed never becomes a track, it is counted (WindowResult)."""

    camera_id: str
    scene: str
    interval: Interval
    points: tuple[FacePoint, ...]
    mask: MaskState
    quality: Quality
    llr: float
    calibration: str = ""
    frame_width: int
    frame_height: int
    stills: tuple[Still, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()


class WindowResult(Value, frozen=True, kw_only=True):
    """What one trace may know of one camera window: its own tracks and counts, nothing else.

    ``stopped`` is "" or why the permission ended early; ``problems`` are lines about footage that
    could not be read. ``sampling`` says which frames were looked at.
    """

    window_id: str
    tracks: tuple[Track, ...] = ()
    frames: int = 0
    faces: int = 0
    cannot_assess: int = 0
    sampling: str = ""
    stopped: str = ""
    problems: tuple[str, ...] = ()


class Enrolment(Value, frozen=True, kw_only=True):
    """The subject as the reference stills show them. ``template`` is float32, little endian; it
    stays in the engine's memory for the length of a trace. ``portraits`` are the stills redrawn for
    the reviewer, in the order given."""

    template: bytes
    mask: MaskState
    inter_eye_px: float
    blur: float
    portraits: tuple[Still, ...]
