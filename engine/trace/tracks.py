"""From the paths of one scene to the tracks that speak for one subject, with pictures for people."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from engine.domain.camera import Camera
from engine.domain.interval import Interval
from engine.domain.track import FacePoint, MaskState, Neighbour, Quality, Still, Track
from engine.ports import FootageReader, Frame, Image
from engine.trace.subject import Scanner, Subject
from engine.trace.tracking import Path, Sight, mean_template

CANDIDATE_LLR = 0.0  # what the evidence rather speaks for than against is shown to a person
STILLS = 3
MASK_VIEWS = 3
PERSON_SIGHTS = 3
PERSON_SCORE = 0.8  # every sampled frame of a real face in the rehearsal clips reaches it
FRAMES_AT_HAND = 6
REDECODE_S = 0.5  # long enough to meet the frame that was seen at a time


@dataclass(slots=True, eq=False)
class Found:
    """A path that speaks for a subject."""

    path: Path
    sights: list[Sight]
    quality: Quality
    mask: MaskState
    llr: float


class TrackMaker:
    """Bound to one stretch of an open footage file; ``start`` is the true time of the file's first
    frame, ``seen`` what was seen in the stretch, by offset."""

    def __init__(
        self,
        scanner: Scanner,
        camera: Camera,
        reader: FootageReader,
        start: datetime,
        seen: Mapping[float, Sequence[Sight]],
    ) -> None:
        self._scanner = scanner
        self._camera = camera
        self._reader = reader
        self._start = start
        self._seen = seen
        self._frames: dict[float, Frame] = {}

    def tracks(self, paths: Sequence[Path], subject: Subject, scene: str) -> Iterator[Track]:
        """The subject's tracks among the paths of a scene. Everybody else's number is drawn anew for
        each subject and scene, so that it says nothing anywhere else (G8)."""
        numbered = list(paths)
        secrets.SystemRandom().shuffle(numbered)
        for path in paths:
            if found := self._evidence(path, subject):
                yield self._track(found, numbered, scene)

    def _evidence(self, path: Path, subject: Subject) -> Found | None:
        """What a path says for a subject, None where it rather speaks against."""
        template = mean_template(path.sights)
        if template is None:
            return None
        cosine = float(self._scanner.matcher.cosines(template, subject.template)[0, 0])
        template.fill(0.0)
        quality = quality_of(path.sights)
        if self._scanner.llr_at_best(cosine, subject, quality) < CANDIDATE_LLR:
            return None  # no mask state could make it a candidate: spare the classifier
        mask = self._mask_of(path)
        llr = self._scanner.llr(cosine, subject, mask, quality)
        if llr is None:
            subject.cannot_assess += 1
        if llr is None or llr < CANDIDATE_LLR:
            return None
        return Found(path, path.sights, quality, mask, llr)

    def _mask_of(self, path: Path) -> MaskState:
        """Mask state of a path: the majority over its best views."""
        views = path.best(MASK_VIEWS) or path.sights[:MASK_VIEWS]
        known: list[MaskState] = []
        for sight in views:
            if sight.mask is None:
                frame = self._frame_at(sight.offset_s)
                sight.mask = self._scanner.faces.mask_state(frame.image, _box(sight)) if frame else None
            if sight.mask is not None and sight.mask is not MaskState.UNKNOWN:
                known.append(sight.mask)
            if max(known.count(state) for state in MaskState) > MASK_VIEWS / 2:
                break  # the others cannot change it
        if not known:
            return MaskState.UNKNOWN
        masked = known.count(MaskState.MASKED)
        return MaskState.MASKED if 2 * masked >= len(known) else MaskState.BARE

    def _track(self, found: Found, numbered: Sequence[Path], scene: str) -> Track:
        first, last = found.sights[0].offset_s, found.sights[-1].offset_s
        beside = [
            (number, other)
            for number, other in enumerate(numbered, start=1)
            if other is not found.path
            and other.sights[0].offset_s <= last
            and other.last.offset_s >= first
            and is_somebody(other)
        ]
        calibration = self._scanner.calibration
        return Track(
            camera_id=self._camera.camera_id,
            scene=scene,
            interval=Interval(start=self._at(first), end=self._at(last), sigma_s=self._camera.clock.sigma_s),
            points=self._points(found.sights),
            mask=found.mask,
            quality=found.quality,
            llr=found.llr,
            calibration=calibration.name if calibration else "",
            frame_width=self._reader.width,
            frame_height=self._reader.height,
            stills=tuple(self._stills(found)),
            neighbours=tuple(
                Neighbour(number=number, mask=self._mask_of(other), points=self._points(other.sights))
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
            frame = self._frame_at(sight.offset_s)
            if frame is None:
                continue
            keep = _box(sight)
            others = [_box(other) for other in self._seen[sight.offset_s] if other is not sight]
            at = self._at(sight.offset_s)
            yield self._scanner.redactor.face_still(frame, at, keep, others)
            if number == 0:
                yield self._scanner.redactor.frame_still(frame, at, keep, others)

    def _frame_at(self, offset_s: float) -> Frame | None:
        """The frame seen at this offset, decoded again: frames are not kept while a scene is followed.
        A few stay at hand, since several subjects ask for the same best views."""
        if offset_s in self._frames:
            return self._frames[offset_s]
        frame = next(self._reader.frames(offset_s, offset_s + REDECODE_S, 0.0), None)
        if frame is not None:
            blank(frame.image, self._camera.privacy_zones)
            while len(self._frames) >= FRAMES_AT_HAND:
                self._frames.pop(next(iter(self._frames)))
            self._frames[offset_s] = frame
        return frame

    def _at(self, offset_s: float) -> datetime:
        return self._start + timedelta(seconds=offset_s)


def quality_of(sights: Sequence[Sight]) -> Quality:
    """Quality of a path: medians over its comparable sights."""
    good = [s for s in sights if s.template is not None]
    return Quality(
        inter_eye_px=float(np.median([s.inter_eye_px for s in good])),
        blur=float(np.median([s.blur for s in good])),
        yaw_deg=float(np.median([abs(s.yaw_deg) for s in good])),
        faces=len(good),
        eyes_covered=2 * sum(s.eyes_covered for s in good) > len(good),
    )


def is_somebody(path: Path) -> bool:
    """Whether a path is a person for certain enough to be listed: the detector also fires on hands
    and patterns, but not for long and not surely."""
    return len(path.sights) >= PERSON_SIGHTS and max(s.score for s in path.sights) >= PERSON_SCORE


def spread(sights: Sequence[Sight], count: int) -> list[Sight]:
    """The best view of each of ``count`` equal stretches of a path, best first."""
    good = [s for s in sights if s.template is not None]
    parts = [part for part in np.array_split(np.arange(len(good)), count) if len(part)]
    best = [max((good[i] for i in part), key=lambda s: s.weight) for part in parts]
    return sorted(best, key=lambda s: -s.weight)


def blank(image: Image, zones: Sequence[Sequence[tuple[float, float]]]) -> None:
    """Black out privacy zones in place: the bounding rectangle of each ring of image fractions."""
    height, width = image.shape[:2]
    for zone in zones:
        xs, ys = [p[0] for p in zone], [p[1] for p in zone]
        image[
            int(min(ys) * height) : int(np.ceil(max(ys) * height)),
            int(min(xs) * width) : int(np.ceil(max(xs) * width)),
        ] = 0


def _box(sight: Sight) -> list[float]:
    return [float(v) for v in sight.box]
