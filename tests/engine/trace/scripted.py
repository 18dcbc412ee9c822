"""A scripted world for the scan: people with positions over time, footage that shows them, and a
face model that reads the script. No pixels are looked at; the frame carries its own time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from adapters.match.reference import NumpyMatcher
from engine.domain.camera import Camera, Clock, Segment
from engine.domain.grant import WindowGrant
from engine.domain.interval import Interval
from engine.domain.model import Calibration, CalibrationBand
from engine.domain.track import MaskState, Still, Track
from engine.ports import Faces, Frame, Group, Image, Templates
from engine.trace.scan import Scanner, SegmentScan, Subject
from engine.vault.grants import GrantSigner, check, subject_digest

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DIMENSIONS = 512
CAMERA = Camera(camera_id="cam1", name="gate", lat=37.0, lon=127.0, clock=Clock(offset_s=0.0, sigma_s=1.0))
CALIBRATION = Calibration(
    name="scripted",
    embedder_sha256="0" * 64,
    provenance="made up for a test",
    floor_inter_eye_px=20.0,
    bands=tuple(
        CalibrationBand(
            pair=pair,
            inter_eye_from_px=20.0,
            intercept=-6.0,
            slope=24.0,
            lower=6.0,
            upper=9.0,
            mated=1,
            non_mated=1,
        )
        for pair in ("bare", "one_masked", "both_masked")
    ),
)


def somebody(number: int) -> npt.NDArray[np.float32]:
    """Template of an invented person, length 1; two people have cosines near 0."""
    drawn = np.random.default_rng(number).normal(size=DIMENSIONS)
    return np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float32)


@dataclass
class Actor:
    """Somebody in view from ``from_s`` to ``to_s``, moving by ``speed_px_s`` from ``x``."""

    number: int
    from_s: float
    to_s: float
    x: float = 100.0
    y: float = 100.0
    speed_px_s: float = 0.0
    face_px: float = 50.0
    inter_eye_px: float = 28.0
    blur: float = 80.0
    mask: MaskState = MaskState.BARE
    likeness: float = 1.0  # cosine of each view with the person's template

    def box(self, offset_s: float) -> list[float]:
        return [self.x + self.speed_px_s * (offset_s - self.from_s), self.y, self.face_px, self.face_px]


@dataclass
class World:
    """The script, and everything that was asked of it."""

    actors: Sequence[Actor]
    length_s: float = 30.0
    rate: float = 10.0
    key_every_s: float | None = 1.0
    width: int = 640
    height: int = 480
    groups_told: Sequence[Group] = ()  # without any, everything is looked at
    decoded: list[float] = field(default_factory=list)
    pictured: list[tuple[list[float], list[list[float]]]] = field(default_factory=list)
    held_at_once: int = 0

    # FootageReader
    @property
    def key_interval_s(self) -> float | None:
        return self.key_every_s

    @property
    def duration_s(self) -> float:
        return self.length_s

    def groups(self) -> Sequence[Group]:
        return self.groups_told

    def key_frames(self, from_s: float, to_s: float) -> Iterator[Frame]:
        assert self.key_every_s is not None
        return self._frames(from_s, to_s, self.key_every_s)

    def frames(self, from_s: float, to_s: float, step_s: float) -> Iterator[Frame]:
        return self._frames(from_s, to_s, step_s or 1 / self.rate)

    def close(self) -> None:
        return

    def _frames(self, from_s: float, to_s: float, step_s: float) -> Iterator[Frame]:
        cell = None
        for number in range(round(self.length_s * self.rate)):
            offset_s = number / self.rate
            here = int(offset_s / step_s + 1e-6)
            is_first, cell = here != cell, here
            if from_s - 1e-9 <= offset_s < to_s and is_first:
                self.decoded.append(offset_s)
                image = np.full((2, 2, 3), 255, dtype=np.uint8)
                image[0, 0] = (number % 256, number // 256, 1)
                yield Frame(offset_s, image)

    # FaceModel
    calibration_key = "0" * 64

    def there(self, image: Image) -> list[Actor]:
        offset_s = self.time_of(image)
        return [a for a in self.actors if a.from_s <= offset_s < a.to_s]

    def time_of(self, image: Image) -> float:
        return (int(image[0, 0, 0]) + 256 * int(image[0, 0, 1])) / self.rate

    def detect(self, image: Image, least_inter_eye_px: float = 0.0) -> Faces:
        here, at = self.there(image), self.time_of(image)
        boxes = np.array([a.box(at) for a in here], np.float32).reshape(-1, 4)
        marks = np.zeros((len(here), 5, 2), np.float32)
        for row, actor in enumerate(here):
            marks[row, 1, 0] = actor.inter_eye_px
        return Faces(boxes, marks, np.full(len(here), 0.9, np.float32))

    def crops(self, image: Image, faces: Faces) -> Image:
        here = self.there(image)
        crops = np.zeros((len(here), 112, 112, 3), np.uint8)
        for row, actor in enumerate(here):
            crops[row, 0, 0] = (self.actors.index(actor), image[0, 0, 0], 0)
        return crops

    def measure(self, crops: Image, faces: Faces) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        blur = np.array([self.actors[int(c[0, 0, 0])].blur for c in crops], np.float32)
        return blur, np.zeros(len(crops), np.float32)

    def obstacles(self, crops: Image) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        return np.zeros(len(crops), np.bool_), np.zeros(len(crops), np.bool_)

    def embed(self, crops: Image) -> Templates:
        rows = []
        for crop in crops:
            actor = self.actors[int(crop[0, 0, 0])]
            own, other = somebody(actor.number), somebody(1000 + int(crop[0, 0, 1]))
            other = other - own * float(own @ other)
            other /= np.linalg.norm(other)
            rows.append(actor.likeness * own + np.sqrt(1 - actor.likeness**2) * other)
        return np.asarray(rows, np.float32)

    def mask_state(self, image: Image, box: Sequence[float]) -> MaskState:
        near = min(self.there(image), key=lambda a: abs(a.box(self.time_of(image))[0] - box[0]))
        return near.mask

    # Redactor
    def face_still(
        self, frame: Frame, at: datetime | None, keep: Sequence[float], others: Sequence[Sequence[float]]
    ) -> Still:
        self.pictured.append((list(keep), [list(o) for o in others]))
        return Still(kind="face", at=at, width=10, height=10, face_px=8.0, jpeg=b"jpeg")

    def frame_still(
        self, frame: Frame, at: datetime | None, keep: Sequence[float], others: Sequence[Sequence[float]]
    ) -> Still:
        return Still(kind="frame", at=at, width=10, height=10, face_px=2.0, jpeg=b"jpeg")


class Now:
    """A clock that stands still a day after the footage, until it is set."""

    def __init__(self) -> None:
        self.time = START + timedelta(days=1)
        self.boot_s = 1000.0

    def now(self) -> datetime:
        return self.time

    def boottime_s(self) -> float:
        return self.boot_s


SIGNER = GrantSigner(bytes(range(32)))


def a_subject(
    number: int,
    from_s: float = 0.0,
    to_s: float = 600.0,
    camera: Camera = CAMERA,
    reference: MaskState = MaskState.BARE,
    clock: Now | None = None,
) -> Subject:
    """A subject with a real, checked grant for these seconds of true time after START."""
    template = somebody(number).astype("<f4").tobytes()
    clock = clock or Now()
    grant = WindowGrant(
        grant_id=f"grant-{number}",
        case_id=f"case-{number}",
        trace_id=f"trace-{number}",
        authorisation_id="auth",
        window_id=f"window-{number}",
        camera_id=camera.camera_id,
        interval=Interval(start=START + timedelta(seconds=from_s), end=START + timedelta(seconds=to_s)),
        subject_sha256=subject_digest(template),
        footage_sha256=("f" * 64,),
        expires_at=clock.now() + timedelta(hours=1),
        deadline_boottime_s=clock.boottime_s() + 900.0,
        four_eyes=False,
        rehearsal=True,
    )
    signed = SIGNER.sign(grant)
    permit = check(signed, template, verify_key=SIGNER.verify_key, camera_id=camera.camera_id, clock=clock)
    return Subject(permit, reference)


def scanned(
    world: World,
    *subjects: Subject,
    camera: Camera = CAMERA,
    told_s: float | None = None,
    stopped: Callable[[str], str] = lambda _: "",
    clock: Now | None = None,
    calibration: Calibration = CALIBRATION,
) -> list[tuple[Track, ...]]:
    """Scan the world's footage for subjects; their tracks in the order given."""
    start_device = START + timedelta(seconds=camera.clock.offset_s)
    segment = Segment(
        camera_id=camera.camera_id,
        file="gate.mp4",
        start_device=start_device,
        end_device=start_device + timedelta(seconds=told_s or world.length_s),
        sha256="f" * 64,
    )
    scanner = Scanner(
        faces=world,
        matcher=NumpyMatcher(),
        redactor=world,
        calibration=calibration,
        clock=clock or Now(),
        stopped=stopped,
        progress=lambda *_: None,
    )
    SegmentScan(scanner, camera, segment, world, list(subjects)).run()
    return [tuple(subject.tracks) for subject in subjects]
