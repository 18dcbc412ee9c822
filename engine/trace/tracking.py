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

MIN_OVERLAP = 0.25  # intersection over union of the same face 0.1 s later is far above this
MAX_SILENCE_S = 1.0  # a face turned away for longer starts a new path
UNLIKE_COSINE = 0.10  # below it two good views are not one person: a cut in the footage


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

    def unlike(self, sight: Sight) -> bool:
        """True where both sides are good enough to say that this is somebody else."""
        if self._sum is None or sight.template is None:
            return False
        return float(self._sum @ sight.template) < UNLIKE_COSINE * float(np.linalg.norm(self._sum))


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
            overlaps = overlap(np.stack([p.last.box for p in self._live]), np.stack([s.box for s in sights]))
            for flat in np.argsort(-overlaps, axis=None):
                p, s = divmod(int(flat), len(sights))
                if overlaps[p, s] < MIN_OVERLAP:
                    break
                if p in taken_paths or s in taken_sights or self._live[p].unlike(sights[s]):
                    continue
                self._live[p].add(sights[s])
                taken_paths.add(p)
                taken_sights.add(s)
        for number, sight in enumerate(sights):
            if number not in taken_sights:
                path = Path(sight)
                self.paths.append(path)
                self._live.append(path)


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
            template=np.array(next(rows)) if comparable[i] else None,
        )
        for i in range(len(faces))
    ]
