"""Follows faces through consecutive frames of one scene, by overlap and likeness.

Everything here lives in a worker's memory for the length of one scene. Templates are part of a
path only until its score is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.domain.track import MaskState
from engine.ports import Faces, Templates

MIN_OVERLAP = 0.25  # intersection over union with where the face is expected
MAX_SILENCE_S = 1.0  # a face turned away for longer starts a new path
UNLIKE_COSINE = 0.10  # below it two good views are not one person: a cut in the footage
LIKE_COSINE = 0.35  # above it two good views of one scene are one person
UNSEEN_S = 0.45  # after a longer gap the same spot alone does not make the same person
FASTEST_FACES_S = 20.0  # widths of a face a second: 3 m/s at 0.15 m


@dataclass(slots=True, kw_only=True, eq=False)
class Sight:
    """One face in one frame. ``template`` is None where the face is too poor to be compared; ``mask``
    is None until somebody asked for it."""

    offset_s: float
    box: npt.NDArray[np.float32]
    score: float
    inter_eye_px: float
    blur: float
    yaw_deg: float
    template: npt.NDArray[np.float32] | None
    eyes_covered: bool = False
    mask: MaskState | None = None

    @property
    def weight(self) -> float:
        """How much this view says about who it is: larger, sharper, more frontal counts more."""
        frontal = max(0.1, 1.0 - abs(self.yaw_deg) / 60.0)
        return self.score * min(self.inter_eye_px, 64.0) * frontal


class Path:
    """The sights of one person in one scene, in order of time."""

    def __init__(self, first: Sight) -> None:
        self.sights = [first]
        self._sum = None if first.template is None else first.template * first.weight

    def add(self, sight: Sight) -> None:
        self.sights.append(sight)
        if sight.template is not None:
            weighted = sight.template * sight.weight
            self._sum = weighted if self._sum is None else self._sum + weighted

    @property
    def last(self) -> Sight:
        return self.sights[-1]

    def best(self, count: int) -> list[Sight]:
        """The best comparable sights, best first."""
        comparable = [s for s in self.sights if s.template is not None]
        return sorted(comparable, key=lambda s: -s.weight)[:count]

    def forget(self) -> None:
        """Overwrite what was summed up of this path (G7)."""
        if self._sum is not None:
            self._sum.fill(0.0)

    def expected(self, offset_s: float) -> npt.NDArray[np.float32]:
        """Where the box should be by now if the face goes on as between its last two sights."""
        if len(self.sights) < 2:
            return self.last.box
        before = self.sights[-2]
        past_s = max(self.last.offset_s - before.offset_s, 1e-3)
        step = (self.last.box - before.box) * ((offset_s - self.last.offset_s) / past_s)
        box = np.array(self.last.box, dtype=np.float32)
        box[:2] += step[:2]
        return box

    def unlike(self, sight: Sight) -> bool:
        """True where both sides are good enough to say that this is somebody else."""
        cosine = self._cosine(sight)
        return cosine is not None and cosine < UNLIKE_COSINE

    def differs(self, sight: Sight) -> bool:
        """True where both sides are good enough and their likeness is no reason to go on after a gap."""
        cosine = self._cosine(sight)
        return cosine is not None and cosine <= LIKE_COSINE

    def like(self, sight: Sight) -> bool:
        """True where both sides are good enough to say that this is the same face as before."""
        cosine = self._cosine(sight)
        return cosine is not None and cosine > LIKE_COSINE

    def _cosine(self, sight: Sight) -> float | None:
        if self._sum is None or sight.template is None:
            return None
        return float(self._sum @ sight.template) / max(float(np.linalg.norm(self._sum)), 1e-9)


class Tracker:
    """Builds paths from frames that arrive in order."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._live: list[Path] = []

    def add(self, offset_s: float, sights: Sequence[Sight]) -> None:
        """Give every sight of a frame to the path it continues, best overlap first."""
        self._live = [p for p in self._live if offset_s - p.last.offset_s <= MAX_SILENCE_S]
        taken_paths: set[int] = set()
        taken_sights: set[int] = set()
        if self._live and sights:
            likeness = self._likeness(offset_s, sights)
            for flat in np.argsort(-likeness, axis=None, kind="stable"):
                p, s = divmod(int(flat), len(sights))
                if likeness[p, s] <= 0:
                    break
                if p in taken_paths or s in taken_sights:
                    continue
                self._live[p].add(sights[s])
                taken_paths.add(p)
                taken_sights.add(s)
        for number, sight in enumerate(sights):
            if number not in taken_sights:
                path = Path(sight)
                self.paths.append(path)
                self._live.append(path)

    def _likeness(self, offset_s: float, sights: Sequence[Sight]) -> npt.NDArray[np.float32]:
        """How well each sight continues each live path, shape (paths, sights); 0 where it does not.

        Overlap with where the face is expected comes first. Somebody who crosses close to the camera
        moves by more than a face between two frames: then a like face within reach continues the path.
        """
        expected = np.stack([p.expected(offset_s) for p in self._live])
        boxes = np.stack([s.box for s in sights])
        score = overlap(expected, boxes)
        score[score < MIN_OVERLAP] = 0.0
        for p, path in enumerate(self._live):
            reach = FASTEST_FACES_S * (offset_s - path.last.offset_s) + 1.0
            for s, sight in enumerate(sights):
                unseen = offset_s - path.last.offset_s > UNSEEN_S
                if path.unlike(sight) or (unseen and path.differs(sight)):
                    score[p, s] = 0.0
                elif score[p, s] == 0.0 and path.like(sight) and _faces_apart(path.last, sight) <= reach:
                    score[p, s] = MIN_OVERLAP / 2
        return score


def _faces_apart(a: Sight, b: Sight) -> float:
    """Distance between the middles of two boxes, in widths of the smaller."""
    across = (a.box[:2] + a.box[2:] / 2) - (b.box[:2] + b.box[2:] / 2)
    return float(np.hypot(across[0], across[1]) / max(1.0, min(a.box[2], b.box[2])))


def overlap(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Intersection over union of boxes x, y, width, height: shape (len(a), len(b))."""
    left_top = np.maximum(a[:, None, :2], b[None, :, :2])
    right_bottom = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    sides = np.clip(right_bottom - left_top, 0, None)
    shared = sides[..., 0] * sides[..., 1]
    area_a, area_b = a[:, 2] * a[:, 3], b[:, 2] * b[:, 3]
    return np.asarray(shared / (area_a[:, None] + area_b[None] - shared + 1e-9), dtype=np.float32)


def mean_template(sights: Sequence[Sight]) -> Templates | None:
    """Quality-weighted mean of the sights' templates, length 1, shape (1, dimensions); None where
    not one sight can be compared."""
    good = [(s.template, s.weight) for s in sights if s.template is not None]
    if not good:
        return None
    total = sum((t * w for t, w in good), np.zeros_like(good[0][0]))
    norm = float(np.linalg.norm(total))
    return None if norm == 0 else np.asarray(total[None] / norm, dtype=np.float32)


def sights_of(
    offset_s: float,
    faces: Faces,
    templates: Templates,
    comparable: npt.NDArray[np.bool_],
    blur: npt.NDArray[np.float32],
    yaw_deg: npt.NDArray[np.float32],
    eyes_covered: npt.NDArray[np.bool_],
) -> list[Sight]:
    """Sights of one frame. ``templates`` has one row per True in ``comparable`` (shape (n,))."""
    rows = iter(templates)
    inter_eye = faces.inter_eye_px
    return [
        Sight(
            offset_s=offset_s,
            box=faces.boxes[i],
            score=float(faces.scores[i]),
            inter_eye_px=float(inter_eye[i]),
            blur=float(blur[i]),
            yaw_deg=float(yaw_deg[i]),
            eyes_covered=bool(eyes_covered[i]),
            template=np.array(next(rows)) if comparable[i] else None,
        )
        for i in range(len(faces))
    ]
