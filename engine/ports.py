"""What the engine asks of the world. Adapters answer; tests bring fakes that do the same."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from engine.domain.camera import Camera, CameraWindow, Segment
from engine.domain.checkpoint import SignedCheckpoint
from engine.domain.clip import DrawnClip
from engine.domain.grant import WindowGrant
from engine.domain.place import Place
from engine.domain.record import Record, Source
from engine.domain.track import Enrolment, MaskState, Still, WindowResult
from engine.domain.value import Value

Image = npt.NDArray[np.uint8]
"""Pixels, shape (height, width, 3), BGR."""

Templates = npt.NDArray[np.float32]
"""Face templates, shape (n, dimensions), each row of length 1."""

T = TypeVar("T")


class Clock(Protocol):
    """Two clocks: one that people read and anybody can turn, one that only runs forward."""

    def now(self) -> datetime:
        """Wall time in UTC."""
        ...

    def boottime_s(self) -> float:
        """Seconds on the kernel's boot clock."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The faces of one frame as arrays: n faces.

    ``boxes`` (n, 4) x, y, width, height in pixels; ``landmarks`` (n, 5, 2) pixels in the order eye
    on the image left, eye on the image right, nose, mouth left, mouth right; ``scores`` (n,) 0..1.
    """

    boxes: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def inter_eye_px(self) -> npt.NDArray[np.float32]:
        """(n,) distance between the eyes in pixels."""
        across = self.landmarks[:, 1] - self.landmarks[:, 0]
        return np.asarray(np.hypot(across[:, 0], across[:, 1]), dtype=np.float32)


class FaceModel(Protocol):
    """Detector, embedder and mask classifier of one worker. Not thread safe."""

    @property
    def calibration_key(self) -> str:
        """sha256 of the embedder file: calibrations are found by it."""
        ...

    def detect(self, image: Image, least_inter_eye_px: float = 0.0) -> Faces:
        """All faces over the detector's threshold, best first. Nobody has to be found with fewer pixels
        between the eyes than ``least_inter_eye_px`` (0: whoever can be), which may make it faster."""
        ...

    def crops(self, image: Image, faces: Faces) -> Image:
        """Aligned crops, shape (n, 112, 112, 3) BGR uint8."""
        ...

    def measure(self, crops: Image, faces: Faces) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Blur (variance of the Laplacian of each crop) and yaw in degrees, both shape (n,)."""
        ...

    def obstacles(self, crops: Image) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Whether each crop is without colour (infrared), and whether its eyes are covered, both (n,)."""
        ...

    def embed(self, crops: Image) -> Templates:
        """Templates of aligned crops, shape (n, dimensions)."""
        ...

    def mask_state(self, image: Image, box: Sequence[float]) -> MaskState:
        """Whether the face in ``box`` (x, y, width, height) wears a mask."""
        ...


class Matcher(Protocol):
    """Exact comparison. No index is kept between calls, of any kind."""

    def cosines(self, probes: Templates, subjects: Templates) -> npt.NDArray[np.float32]:
        """Cosine of every probe with every subject, shape (len(probes), len(subjects))."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A decoded frame: seconds after the first frame of its file, and the pixels."""

    offset_s: float
    image: Image


class Group(NamedTuple):
    """A group of pictures: when its key frame is shown, and the mean bytes of its other pictures, which tell
    how much moved (None: it has no others)."""

    offset_s: float
    bytes_a_picture: float | None


class FootageReader(Protocol):
    """One opened footage file inside a worker. Frames are handed out one by one, never as a list."""

    @property
    def key_interval_s(self) -> float | None:
        """Longest stretch without a key frame, in seconds; None where there are under two."""
        ...

    @property
    def duration_s(self) -> float: ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def key_frames(self, from_s: float, to_s: float) -> Iterator[Frame]:
        """Key frames only, by offset in the file."""
        ...

    def frames(self, from_s: float, to_s: float, step_s: float) -> Iterator[Frame]:
        """The first frame of each step of ``step_s`` (0: all frames), by offset in the file. Steps are
        counted from the first frame of the file: which frames these are does not depend on ``from_s``."""
        ...

    def groups(self) -> Sequence[Group]:
        """Every group of pictures of the file, in order of time. Nothing is decoded."""
        ...

    def close(self) -> None: ...


class Redactor(Protocol):
    """Makes pictures for people. Everyone but the face in ``keep`` is gone from the pixels (G9)."""

    def face_still(
        self, frame: Frame, at: datetime | None, keep: Sequence[float], others: Sequence[Sequence[float]]
    ) -> Still: ...

    def frame_still(
        self, frame: Frame, at: datetime | None, keep: Sequence[float], others: Sequence[Sequence[float]]
    ) -> Still: ...


class ClipDrawer(Protocol):
    """Makes frames of a clip. Everyone but the face in ``keep`` is gone from the pixels (G9)."""

    def clip_frame(
        self,
        frame: Frame,
        at: datetime,
        keep: Sequence[float] | None,
        others: Sequence[Sequence[float]],
        tallest_px: float,
    ) -> Still:
        """A whole frame; without ``keep`` nobody is left. ``tallest_px``: the height of the kept face at most
        in this clip. Raises ValueError where ``keep`` is no box inside the frame."""
        ...

    def shows(self, frame: Frame, keep: Sequence[float], seen: Still) -> bool:
        """Whether the face in this frame is what is ``seen`` in a picture of before. Raises ValueError."""
        ...


class FootageSource(Protocol):
    """The archive as the engine sees it: what exists, never what is in it."""

    def segments(self, camera_id: str) -> Sequence[Segment]:
        """All footage of a camera, by device clock, in order of time."""
        ...

    def open(self, segment: Segment) -> int:
        """A read-only file descriptor. Raises InputError where the file is missing."""
        ...


class RecordMapping(Value, frozen=True, kw_only=True):
    """How the columns of one record file become an envelope. See ``configs/sample/mappings``.

    ``columns`` maps our name to theirs; ``fixed`` gives a value for every row. ``subject_column``
    names the column by which the subject's rows are told from other people's; rows that do not
    carry one of the subject's keys never leave the worker.
    """

    source: Source
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    items: str = ""
    timezone: str = "Asia/Seoul"
    time_format: str = ""
    columns: dict[str, str] = {}
    fixed: dict[str, str] = {}
    subject_column: str = ""
    authority_ref: str = ""


class ParsedRecords(Value, frozen=True, kw_only=True):
    """``dropped`` counts rows by reason (other person, cancelled, outside the schema). ``truncated``: there
    were more records than one answer may have, and these are the first of them."""

    records: tuple[Record, ...]
    dropped: dict[str, int] = {}
    warnings: tuple[str, ...] = ()
    truncated: bool = False


class RecordSource(Protocol):
    """Parses one file of one source. Runs in a worker only."""

    source: Source

    def parse(
        self,
        rows: Iterable[Mapping[str, str]],
        mapping: RecordMapping,
        *,
        case_id: str,
        subject_keys: frozenset[str],
        file: str,
        raw_sha256: str,
        received_at: datetime,
        places: "Gazetteer",
    ) -> ParsedRecords:
        """Rows as text by our column names. Raises InputError naming row and column."""
        ...


class Gazetteer(Protocol):
    """Addresses and names to places."""

    def by_id(self, place_id: str) -> Place | None: ...

    def find(self, text: str) -> Place | None:
        """The place whose id, name or address this is, None where no single one is."""
        ...

    def all(self) -> Sequence[Place]: ...


class CameraRegistry(Protocol):
    def by_id(self, camera_id: str) -> Camera | None: ...

    def all(self) -> Sequence[Camera]: ...


class Row(Protocol):
    def __getitem__(self, key: str) -> Any: ...


class Transaction(Protocol):
    """One transaction on the one connection; it commits as a whole or not at all."""

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Number of rows changed."""
        ...

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """The same statement for every row of parameters, in one go; number of rows changed."""
        ...

    async def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...

    async def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None: ...


class Store(Protocol):
    """One writer; every transaction is one coroutine that runs whole, whoever gave up waiting."""

    @property
    def silent_s(self) -> float:
        """How long the writer has been at one and the same step; 0.0 where it has nothing to do."""
        ...

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run ``work`` in a transaction; its result comes only after the commit is durable."""
        ...

    async def copy(self, target: Path, look: Callable[[Transaction], Awaitable[T]]) -> T:
        """Everything as one new file, and what ``look`` saw in that very state. Raises InputError."""
        ...


class WitnessAway(Exception):
    """The witness cannot be reached or cannot keep anything now; trying again later may do. One line."""


class Witness(Protocol):
    """Somebody outside who remembers what the audit said. Both raise WitnessAway."""

    async def latest(self) -> SignedCheckpoint | None:
        """The last checkpoint that it remembers of this engine; None where it knows of none."""
        ...

    async def remember(self, signed: SignedCheckpoint, since: int, proof: tuple[bytes, ...]) -> None:
        """Keep a checkpoint for good. ``since`` is the size of the last one that it remembers (0: none),
        ``proof`` that the one is the beginning of the other. Raises Refused (G13) where it is not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowRequest:
    """One trace asks for one camera window.

    ``permit`` is awaited right before the footage is opened: it checks the authorisation, writes the
    intent to the audit and returns the grant to be signed. It raises Refused where that is not so.
    """

    trace_id: str
    window: CameraWindow
    camera: Camera
    segments: tuple[Segment, ...]
    template: bytes
    reference_mask: MaskState
    permit: Callable[[], Awaitable[WindowGrant]]
    progress: Callable[[float, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipRequest:
    """A sighting to be shown again. ``sighting`` are the encoded bytes that the grant will name; ``permit``
    as in a ``WindowRequest``."""

    trace_id: str
    camera: Camera
    segments: tuple[Segment, ...]
    sighting: bytes
    permit: Callable[[], Awaitable[WindowGrant]]


class WorkerPool(Protocol):
    """Processes that touch every hostile byte: footage, photos, record files, models."""

    async def scan(self, request: WindowRequest) -> WindowResult:
        """One window for one trace; who asks for the same minutes shares the reading."""
        ...

    async def clip(self, request: ClipRequest) -> DrawnClip:
        """Frames around a sighting. Raises Refused where its permission ends on the way, InputError."""
        ...

    async def enrol(self, stills: Sequence[tuple[str, bytes]]) -> Enrolment:
        """Template of one subject from (file name, content) of the reference stills."""
        ...

    async def parse_records(
        self,
        *,
        case_id: str,
        file: str,
        content: bytes,
        mapping: RecordMapping,
        subject_keys: frozenset[str],
        received_at: datetime,
    ) -> ParsedRecords: ...

    def revoke(self, trace_id: str, why: str) -> None:
        """Stop every window and clip of a trace, asked for or running, within two seconds."""
        ...
