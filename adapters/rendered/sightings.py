"""What was seen of rendered people, as arrays that can be laid aside and taken up again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Rows are faces in key frames, or whole paths (``frames`` counts the views that went into one). A row
    without frames is a pass as it was filmed: nothing was seen, ``inter_eye_px`` is the most that the
    whole face truly had.

    ``head`` is the rendered head, -1 where there is nobody; ``row`` the pass; ``worn`` an index into the
    city's masks; ``told`` what the mask model said (-1 not asked, 0 unknown, 1 bare, 2 masked).
    ``comparable``: the gates of a scan let it through. ``templates`` (n, dimensions) of length 1.
    """

    key: Bools
    head: Ints
    row: Ints
    worn: Ints
    told: Ints
    frames: Ints
    inter_eye_px: Floats
    blur: Floats
    yaw_deg: Floats
    comparable: Bools
    templates: Floats

    def __len__(self) -> int:
        return len(self.head)

    @property
    def path(self) -> Bools:
        return ~self.key & (self.frames > 0)

    def some(self, which: Bools) -> "Sightings":
        return Sightings(**{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def save(self, path: Path) -> None:
        """Numbers only; whole or not at all."""
        new = path.with_suffix(".new.npz")
        np.savez(new, allow_pickle=False, **{f.name: getattr(self, f.name) for f in fields(self)})
        new.replace(path)


KINDS = {
    "key": bool,
    "comparable": bool,
    "inter_eye_px": np.float32,
    "blur": np.float32,
    "yaw_deg": np.float32,
}


def from_rows(rows: Sequence[tuple[object, ...]], templates: Sequence[Floats], dimensions: int) -> Sightings:
    """Rows hold the fields in their order, without the templates."""
    names = [f.name for f in fields(Sightings)][:-1]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = {n: np.array(c, KINDS.get(n, np.int64)) for n, c in zip(names, columns, strict=True)}
    stacked = np.stack(templates) if templates else np.empty((0, dimensions), np.float32)
    return Sightings(**arrays, templates=stacked.astype(np.float32))


def load(path: Path) -> Sightings:
    with np.load(path, allow_pickle=False) as held:
        return Sightings(**{f.name: held[f.name] for f in fields(Sightings)})


def joined(parts: Iterable[Sightings]) -> Sightings:
    """All rows of several, at least one."""
    every = list(parts)
    return Sightings(
        **{f.name: np.concatenate([getattr(p, f.name) for p in every]) for f in fields(Sightings)}
    )
