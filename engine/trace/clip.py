"""A clip around one sighting, drawn from the footage inside a worker: nobody but that one face is left (G9).

The face is kept where the scan saw it, and between two looks that lie close together; at any other time,
and wherever it is not clear whose face stands there, the whole frame is mosaicked. Fails closed: a frame
that cannot be redacted is left out.
"""

import contextlib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from engine.domain.camera import Camera, Segment
from engine.domain.clip import DrawnClip, Sighting
from engine.domain.errors import InputError, Refused
from engine.domain.track import FacePoint, Still
from engine.ports import ClipDrawer, Clock, FaceModel, FootageReader, Frame
from engine.trace.tracks import REDECODE_S, blank
from engine.vault.grants import Permit

RATE_HZ = 5.0
MOST_FRAMES = 60
MOST_BYTES = 1_500_000  # of all pictures: below 2 MiB as they are sent, in base64
MOST_APART_S = 0.65  # between two looks further apart nobody knows who stood there
SAME_FACE = 0.3  # intersection over union of a detected face with the one that is kept

Box = tuple[float, float, float, float]


class ClipMaker:
    """Bound to one checked permit. ``faces`` is None where the worker has no models: then everything but the
    kept face is mosaicked all the same, only that nobody looks whether it is there."""

    def __init__(
        self,
        permit: Permit,
        sighting: Sighting,
        camera: Camera,
        *,
        drawer: ClipDrawer,
        faces: FaceModel | None,
        clock: Clock,
        stopped: Callable[[str], str],
    ) -> None:
        self._permit = permit
        self._sighting = sighting
        self._camera = camera
        self._drawer = drawer
        self._faces = faces
        self._clock = clock
        self._stopped = stopped
        self._interval = permit.grant.interval
        self._tallest_px = max((point.box[3] for point in sighting.path), default=0.0)
        self.rate_hz = min(RATE_HZ, MOST_FRAMES / max(self._interval.duration_s, 1.0))

    def require_seen(self, files: Sequence[tuple[FootageReader, Segment]]) -> None:
        """Raises InputError where none of these files shows the face as it was seen, at the time of its
        picture: the clock of the camera was corrected since, or a file changed, and the box would stand on
        somebody else."""
        seen = self._sighting.seen
        point = next((p for p in self._sighting.path if p.at == seen.at), None)
        if point is not None and self._interval.start <= point.at < self._interval.end:
            for reader, segment in files:
                offset_s = (point.at - self._start(segment)).total_seconds()
                if 0 <= offset_s <= reader.duration_s and self._shows(reader, offset_s, point):
                    return
        raise InputError(
            "the footage does not show what it showed when it was searched",
            mend="the clock of the camera was corrected since, or the file changed: trace the case anew",
        )

    def _shows(self, reader: FootageReader, offset_s: float, point: FacePoint) -> bool:
        self._require_permitted()
        frame = next(reader.frames(offset_s, offset_s + REDECODE_S, 0.0), None)
        if frame is None:
            return False
        blank(frame.image, self._camera.privacy_zones)
        try:
            return self._drawer.shows(frame, point.box, self._sighting.seen)
        except ValueError:
            return False

    def frames(self, reader: FootageReader, segment: Segment) -> Iterator[Still]:
        """Redacted frames of one file. Raises Refused (G1) where the permission ends on the way, InputError
        where the file cannot be read on."""
        start = self._start(segment)
        from_s = max(0.0, (self._interval.start - start).total_seconds())
        to_s = min(reader.duration_s, (self._interval.end - start).total_seconds())
        if from_s >= to_s:
            return
        for frame in reader.frames(from_s, to_s, 1 / self.rate_hz):
            self._require_permitted()
            at = start + timedelta(seconds=frame.offset_s)
            if not self._interval.start <= at < self._interval.end:
                continue
            blank(frame.image, self._camera.privacy_zones)
            with contextlib.suppress(ValueError):
                yield self._drawn(frame, at)

    def _drawn(self, frame: Frame, at: datetime) -> Still:
        keep = box_at(self._sighting.path, at)
        others = [box for path in self._sighting.beside if (box := box_at(path, at)) is not None]
        if self._faces is not None:
            detected = [_box(row.tolist()) for row in self._faces.detect(frame.image).boxes]
            if keep is not None:
                likeness = [overlap(box, keep) for box in detected]
                if max(likeness, default=0.0) >= SAME_FACE:
                    del detected[likeness.index(max(likeness))]
                elif all(point.at != at for point in self._sighting.path):
                    keep = None  # nobody is seen where the face should be by now
            others += detected
        if keep is not None and any(_stands_in(keep, other) for other in others):
            keep = None  # two faces in one box: whose it is cannot be told
        return self._drawer.clip_frame(frame, at, keep, others, self._tallest_px)

    def _require_permitted(self) -> None:
        why = self._stopped(self._permit.grant.grant_id) or self._permit.still_valid(self._clock)
        if why:
            raise Refused(why, rule="G1")

    def _start(self, segment: Segment) -> datetime:
        """True time of the first frame of a file."""
        return segment.start_device - timedelta(seconds=self._camera.clock.offset_s)


def within_bounds(frames: Sequence[Still], rate_hz: float) -> DrawnClip:
    """All frames where they may be sent together, else every second, every fourth and so on."""
    kept = list(frames[:MOST_FRAMES])
    while sum(len(still.jpeg) for still in kept) > MOST_BYTES:
        kept, rate_hz = kept[::2] if len(kept) > 1 else [], rate_hz / 2
    return DrawnClip(rate_hz=rate_hz, frames=tuple(kept))


def box_at(path: Sequence[FacePoint], at: datetime) -> Box | None:
    """Where a face stood: as it was seen, in between on a straight line; None at any other time."""
    after = bisect_left(path, at, key=lambda point: point.at)
    if after < len(path) and path[after].at == at:
        return path[after].box
    if not 0 < after < len(path):
        return None
    a, b = path[after - 1], path[after]
    apart_s = (b.at - a.at).total_seconds()
    if apart_s > MOST_APART_S:
        return None
    share = (at - a.at).total_seconds() / apart_s
    return _box([one + (two - one) * share for one, two in zip(a.box, b.box, strict=True)])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes x, y, width, height."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0.0, across) * max(0.0, down)
    together = a[2] * a[3] + b[2] * b[3] - shared
    return shared / together if together > 0 else 0.0


def _stands_in(keep: Box, other: Box) -> bool:
    """Whether the middle of another face lies in the kept box, or much of both is shared."""
    x, y = other[0] + other[2] / 2, other[1] + other[3] / 2
    inside = keep[0] <= x <= keep[0] + keep[2] and keep[1] <= y <= keep[1] + keep[3]
    return inside or overlap(keep, other) >= SAME_FACE


def _box(values: Sequence[float]) -> Box:
    x, y, width, height = (float(value) for value in values)
    return x, y, width, height
