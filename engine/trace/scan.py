"""Footage of one camera for up to ten subjects at once; runs inside a worker.

A coarse pass over key frames (where the footage has them close enough, else over a stated sampling)
finds the moments at which some subject may be there. A fine pass around those moments follows
everybody in the scene; each subject's evidence is computed and everything else forgotten. Each
subject sees only their own result.
"""

import math
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from engine.domain.camera import Camera, Segment
from engine.domain.errors import InputError
from engine.domain.interval import Interval
from engine.domain.model import Calibration
from engine.domain.track import FacePoint, MaskState, Neighbour, Quality, Still, Track
from engine.ports import Clock, FaceModel, FootageReader, Frame, Image, Matcher, Redactor
from engine.trace import evidence
from engine.trace.tracking import Path, Sight, Tracker, mean_template, overlap, sights_of
from engine.vault.grants import Permit

KEY_FRAMES_UP_TO_S = 2.0  # a passer-by stays in view longer than this
SAMPLING_S = 0.25  # stated sampling of footage with rarer key frames
FINE_STEP_S = 0.1  # ten frames a second tell a path; more only cost
LONG_STAY_S = 30.0  # beyond it, the fine pass thins out to ...
LONG_STAY_STEP_S = 0.5
AROUND_HIT_S = 2.0
HIT_LLR = -3.0  # a single coarse frame may be poor: only clear strangers are passed over
CANDIDATE_LLR = 0.0  # what the evidence rather speaks for than against is shown to a person
STILLS = 3
MASK_VIEWS = 3
PROGRESS_EVERY = 10


class Subject:
    """One permit with the subject's template, shape (1, dimensions), and how it was pictured."""

    def __init__(self, permit: Permit, reference_mask: MaskState) -> None:
        self.permit = permit
        self.reference_mask = reference_mask
        self.template = np.frombuffer(permit.template, dtype="<f4").reshape(1, -1)
        self.tracks: list[Track] = []
        self.cannot_assess = 0
        self.frames = 0
        self.faces = 0
        self.stopped = ""

    @property
    def interval(self) -> Interval:
        return self.permit.grant.interval

    def wants(self, at: datetime) -> bool:
        return not self.stopped and self.interval.start <= at < self.interval.end


@dataclass(slots=True, eq=False)
class Found:
    """A path that speaks for a subject."""

    path: Path
    sights: list[Sight]
    quality: Quality
    mask: MaskState
    llr: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scanner:
    """What a scan needs, wired once per worker. ``stopped`` asks whether a grant was revoked."""

    faces: FaceModel
    matcher: Matcher
    redactor: Redactor
    calibration: Calibration | None
    clock: Clock
    stopped: Callable[[str], str]
    progress: Callable[[float, int, int], None]


class SegmentScan:
    """One footage file, seen for all subjects. State lives as long as the file is open."""

    def __init__(
        self,
        scanner: Scanner,
        camera: Camera,
        segment: Segment,
        reader: FootageReader,
        subjects: list[Subject],
    ) -> None:
        self.scanner = scanner
        self.camera = camera
        self.reader = reader
        self.subjects = subjects
        self.start = segment.start_device - timedelta(seconds=camera.clock.offset_s)
        told_s = (segment.end_device - segment.start_device).total_seconds()
        self.length_s = min(told_s, reader.duration_s)
        self.told_s = told_s
        self.file = segment.file
        self.decoded = 0
        self.seen = 0
        interval = reader.key_interval_s
        self.by_key_frames = interval is not None and interval <= KEY_FRAMES_UP_TO_S

    @property
    def sampling(self) -> str:
        if self.by_key_frames:
            return f"key frames, at most {self.reader.key_interval_s:.1f} s apart"
        return f"every {SAMPLING_S:g} s (too few key frames)"

    def run(self) -> None:
        """Both passes over the wanted parts. Raises InputError where the file ends early."""
        for from_s, to_s in self._wanted():
            hits = self._coarse(from_s, to_s)
            for span in spans_around(hits, AROUND_HIT_S, from_s, to_s):
                self._fine(*span)
        if self.told_s - self.reader.duration_s > 1.0:
            raise InputError(
                f"is truncated: ends after {self.reader.duration_s:.1f} s of {self.told_s:.1f} s",
                file=self.file,
                mend="copy the footage again, or correct end_device in the manifest",
            )

    def _wanted(self) -> list[tuple[float, float]]:
        """Stretches of the file, in seconds, that at least one subject may look at."""
        stretches = []
        for subject in self.subjects:
            from_s = max(0.0, (subject.interval.start - self.start).total_seconds())
            to_s = min(self.length_s, (subject.interval.end - self.start).total_seconds())
            if from_s < to_s:
                stretches.append((from_s, to_s))
        return merged(stretches)

    def _coarse(self, from_s: float, to_s: float) -> list[float]:
        """Offsets at which some subject may be there."""
        if self.by_key_frames:
            frames = self.reader.key_frames(from_s, to_s)
        else:
            frames = self.reader.frames(from_s, to_s, SAMPLING_S)
        hits: list[float] = []
        for frame, active in self._permitted(frames):
            sights = self._look(frame)
            for subject in active:
                subject.frames += 1
                subject.faces += len(sights)
                subject.cannot_assess += sum(1 for s in sights if s.template is None)
            comparable = [s for s in sights if s.template is not None]
            if comparable and any(self._may_be(comparable, subject) for subject in active):
                hits.append(frame.offset_s)
        return hits

    def _may_be(self, sights: Sequence[Sight], subject: Subject) -> bool:
        probes = np.stack([s.template for s in sights if s.template is not None])
        cosines = self.scanner.matcher.cosines(probes, subject.template)[:, 0]
        for sight, cosine in zip(sights, cosines, strict=True):
            if self._llr_at_best(float(cosine), subject, sight) >= HIT_LLR:
                return True
        return False

    def _fine(self, from_s: float, to_s: float) -> None:
        """Follow everybody through one scene, keep what speaks for a subject, forget the rest."""
        step_s = FINE_STEP_S if to_s - from_s <= LONG_STAY_S else LONG_STAY_STEP_S
        tracker = Tracker()
        for frame, active in self._permitted(self.reader.frames(from_s, to_s, step_s)):
            tracker.add(frame.offset_s, self._look(frame))
            for subject in active:
                subject.frames += 1
        masks: dict[int, MaskState] = {}

        def mask(path: Path) -> MaskState:
            return (
                masks.setdefault(id(path), self._mask_of(path)) if id(path) not in masks else masks[id(path)]
            )

        scene = f"{self.camera.camera_id}@{self._at(from_s).isoformat()}"
        for subject in self.subjects:
            numbered = list(tracker.paths)
            secrets.SystemRandom().shuffle(numbered)  # numbers say nothing across subjects (G8)
            for path in tracker.paths:
                if found := self._evidence(path, subject, mask):
                    subject.tracks.append(self._track(found, subject, numbered, mask, scene))
        for path in tracker.paths:
            path.forget()

    def _permitted(self, frames: Iterator[Frame]) -> Iterator[tuple[Frame, list[Subject]]]:
        """Frames together with the subjects that may be looked for in them, asked anew each frame."""
        for frame in frames:
            for subject in self.subjects:
                if not subject.stopped:
                    subject.stopped = self.scanner.stopped(
                        subject.permit.grant.grant_id
                    ) or subject.permit.still_valid(self.scanner.clock)
            if all(subject.stopped for subject in self.subjects):
                return
            at = self._at(frame.offset_s)
            active = [subject for subject in self.subjects if subject.wants(at)]
            if not active:
                continue
            self.decoded += 1
            if self.decoded % PROGRESS_EVERY == 0:
                share = frame.offset_s / self.length_s if self.length_s else 1.0
                self.scanner.progress(min(1.0, share), self.decoded, self.seen)
            yield frame, active

    def _look(self, frame: Frame) -> list[Sight]:
        """Faces of a frame with their templates, where they are good enough to be compared."""
        blank(frame.image, self.camera.privacy_zones)
        model = self.scanner.faces
        faces = model.detect(frame.image)
        self.seen += len(faces)
        if not len(faces):
            return []
        crops = model.crops(frame.image, faces)
        blur, yaw_deg = model.measure(crops, faces)
        comparable = np.array(
            [self._comparable(*quality) for quality in zip(faces.inter_eye_px, blur, yaw_deg, strict=True)],
            dtype=np.bool_,
        )
        templates = model.embed(crops[comparable]) if comparable.any() else np.empty((0, 0), np.float32)
        return sights_of(frame.offset_s, faces, templates, comparable, blur, yaw_deg)

    def _comparable(self, inter_eye_px: float, blur: float, yaw_deg: float) -> bool:
        llr, _ = evidence.score(
            self.scanner.calibration,
            0.0,
            reference=MaskState.BARE,
            probe=MaskState.BARE,
            inter_eye_px=float(inter_eye_px),
            blur=float(blur),
            yaw_deg=float(yaw_deg),
        )
        return llr is not None

    def _llr(
        self, cosine: float, subject: Subject, mask: MaskState, quality: Quality | Sight
    ) -> tuple[float | None, str]:
        return evidence.score(
            self.scanner.calibration,
            cosine,
            reference=subject.reference_mask,
            probe=mask,
            inter_eye_px=quality.inter_eye_px,
            blur=quality.blur,
            yaw_deg=quality.yaw_deg,
        )

    def _llr_at_best(self, cosine: float, subject: Subject, quality: Quality | Sight) -> float:
        """The llr under the mask state that suits it best; minus infinity where none can be given."""
        states = (MaskState.BARE, MaskState.MASKED)
        given = [self._llr(cosine, subject, state, quality)[0] for state in states]
        return max((llr for llr in given if llr is not None), default=-math.inf)

    def _evidence(self, path: Path, subject: Subject, mask: Callable[[Path], MaskState]) -> Found | None:
        """What a path says for a subject, None where it rather speaks against."""
        own = [s for s in path.sights if subject.wants(self._at(s.offset_s))]
        template = mean_template(own)
        if template is None:
            return None
        cosine = float(self.scanner.matcher.cosines(template, subject.template)[0, 0])
        quality = quality_of(own)
        if self._llr_at_best(cosine, subject, quality) < CANDIDATE_LLR:
            return None  # no mask state could make it a candidate: spare the classifier
        state = mask(path)
        llr, _ = self._llr(cosine, subject, state, quality)
        if llr is None:
            subject.cannot_assess += 1
        if llr is None or llr < CANDIDATE_LLR:
            return None
        return Found(path, own, quality, state, llr)

    def _mask_of(self, path: Path) -> MaskState:
        """Mask state of a path: the majority over its best views."""
        votes: list[MaskState] = []
        for sight in path.best(MASK_VIEWS):
            frame = next(self._frames_at(sight.offset_s), None)
            if frame is not None:
                votes.append(self.scanner.faces.mask_state(frame.image, [float(v) for v in sight.box]))
        known = [v for v in votes if v is not MaskState.UNKNOWN]
        return max(set(known), key=known.count) if known else MaskState.UNKNOWN

    def _track(
        self,
        found: Found,
        subject: Subject,
        paths: Sequence[Path],
        mask: Callable[[Path], MaskState],
        scene: str,
    ) -> Track:
        first, last = found.sights[0].offset_s, found.sights[-1].offset_s
        interval = Interval(start=self._at(first), end=self._at(last), sigma_s=self.camera.clock.sigma_s)
        beside = [
            (number, other)
            for number, other in enumerate(paths, start=1)
            if other is not found.path and other.sights[0].offset_s <= last and other.last.offset_s >= first
        ]
        return Track(
            camera_id=self.camera.camera_id,
            scene=scene,
            interval=interval,
            points=self._points(found.sights),
            mask=found.mask,
            quality=found.quality,
            llr=found.llr,
            calibration=self.scanner.calibration.name if self.scanner.calibration else "",
            frame_width=self.reader.width,
            frame_height=self.reader.height,
            stills=tuple(self._stills(found)),
            neighbours=tuple(
                Neighbour(
                    number=number,
                    mask=mask(other),
                    points=self._points([s for s in other.sights if subject.wants(self._at(s.offset_s))]),
                )
                for number, other in beside
            ),
        )

    def _points(self, sights: Sequence[Sight]) -> tuple[FacePoint, ...]:
        return tuple(
            FacePoint(
                at=self._at(s.offset_s),
                box=(float(s.box[0]), float(s.box[1]), float(s.box[2]), float(s.box[3])),
                inter_eye_px=s.inter_eye_px,
            )
            for s in sights
        )

    def _stills(self, found: Found) -> Iterator[Still]:
        """Pictures for the reviewer: the best views of the face, and the whole frame once."""
        for number, sight in enumerate(spread(found.sights, STILLS)):
            frame = next(self._frames_at(sight.offset_s), None)
            if frame is None:
                continue
            blank(frame.image, self.camera.privacy_zones)
            keep = [float(v) for v in sight.box]
            others = [[float(v) for v in box] for box in self.scanner.faces.detect(frame.image).boxes]
            others = [box for box in others if not same_box(box, keep)]
            at = self._at(sight.offset_s)
            yield self.scanner.redactor.face_still(frame, at, keep, others)
            if number == 0:
                yield self.scanner.redactor.frame_still(frame, at, keep, others)

    def _frames_at(self, offset_s: float) -> Iterator[Frame]:
        return self.reader.frames(offset_s, offset_s + SAMPLING_S, 0.0)

    def _at(self, offset_s: float) -> datetime:
        return self.start + timedelta(seconds=offset_s)


def quality_of(sights: Sequence[Sight]) -> Quality:
    """Quality of a path: medians over its comparable sights."""
    good = [s for s in sights if s.template is not None]
    return Quality(
        inter_eye_px=float(np.median([s.inter_eye_px for s in good])),
        blur=float(np.median([s.blur for s in good])),
        yaw_deg=float(np.median([abs(s.yaw_deg) for s in good])),
        faces=len(good),
    )


def spread(sights: Sequence[Sight], count: int) -> list[Sight]:
    """The best view of each of ``count`` equal stretches of a path, best first."""
    good = [s for s in sights if s.template is not None]
    parts = [part for part in np.array_split(np.arange(len(good)), count) if len(part)]
    best = [max((good[i] for i in part), key=lambda s: s.weight) for part in parts]
    return sorted(best, key=lambda s: -s.weight)


def same_box(a: Sequence[float], b: Sequence[float]) -> bool:
    """True where two boxes of the same frame are the same face."""
    return float(overlap(np.array([a], np.float32), np.array([b], np.float32))[0, 0]) > 0.5


def merged(stretches: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Overlapping stretches joined, in order."""
    joined: list[tuple[float, float]] = []
    for from_s, to_s in sorted(stretches):
        if joined and from_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], to_s))
        else:
            joined.append((from_s, to_s))
    return joined


def spans_around(
    hits: Sequence[float], around_s: float, from_s: float, to_s: float
) -> list[tuple[float, float]]:
    """Stretches within ``around_s`` of a hit, inside ``from_s`` .. ``to_s``."""
    return merged([(max(from_s, hit - around_s), min(to_s, hit + around_s)) for hit in hits])


def blank(image: Image, zones: Sequence[Sequence[tuple[float, float]]]) -> None:
    """Black out privacy zones in place: the bounding rectangle of each ring of image fractions."""
    height, width = image.shape[:2]
    for zone in zones:
        xs, ys = [p[0] for p in zone], [p[1] for p in zone]
        image[
            int(min(ys) * height) : int(np.ceil(max(ys) * height)),
            int(min(xs) * width) : int(np.ceil(max(xs) * width)),
        ] = 0
