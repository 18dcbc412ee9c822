"""How well templates tell held-out people apart, and how well a detector finds them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from adapters.face.fit import tar_at_far
from engine.ports import Faces
from training.degrading import Image, clean, crop, encoded, full_size
from training.people import HELD_OUT, Tiles, joined, people_folder, read
from training.scenes import Scene

FAR = 1e-3
SAME_FACE = 0.35  # overlap of a found box and a true one
Templates = npt.NDArray[np.float32]
Embed = Callable[[Image], Templates]


@dataclass(frozen=True, slots=True)
class Crops:
    """Views of people held out: as they are, and as a camera of the street leaves them."""

    whole: Image
    street: Image
    person: npt.NDArray[np.int64]
    masked: npt.NDArray[np.bool_]


@cache
def held_out() -> Tiles:
    """All views of the people held out."""
    return joined(t for t in read(people_folder() / "train") if int(t.person[0]) in HELD_OUT)


@cache
def held_out_crops() -> Crops:
    """Of all views of ``held_out``; always the same."""
    tiles = held_out()
    r = np.random.default_rng(0)
    street = []
    for part in np.array_split(np.arange(len(tiles)), len(tiles) // 96):
        made = [crop(tiles.pictures[i], tiles.landmarks[i], r) for i in part]
        street += [full_size(small) for small in encoded(made, r)]
    return Crops(clean(tiles), np.stack(street), tiles.person, tiles.mask > 0)


def tar(
    templates: Templates,
    reference: Templates,
    person: npt.NDArray[np.int64],
    of: npt.NDArray[np.int64],
) -> float:
    """Share of pairs of the same person above the score that one in 1,000 pairs of others exceeds; a view
    does not meet itself."""
    scores = (templates @ reference.T).astype(np.float64)
    same = person[:, None] == of[None]
    itself = np.isclose(scores, 1.0, atol=1e-6) & same
    found = tar_at_far(scores[same & ~itself], scores[~same], FAR)
    assert found is not None
    return found


def told_apart(embed: Embed, seen: Crops) -> dict[str, float]:
    """TAR at FAR 1e-3 of views, bare and masked, against whole bare views."""
    whole, street = embed(seen.whole), embed(seen.street)
    bare = ~seen.masked
    return {
        f"{name} {kind}": tar(probe[rows], whole[bare], seen.person[rows], seen.person[bare])
        for name, probe in (("whole", whole), ("street", street))
        for kind, rows in (("bare", bare), ("masked", seen.masked))
    }


def matched(faces: Faces, scene: Scene) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """For each true face the found one that lies best on it, -1 for none; and which found ones lie on no
    face at all, asked for or not."""
    corners = np.concatenate([faces.boxes[:, :2], faces.boxes[:, :2] + faces.boxes[:, 2:]], axis=1)
    over = overlaps(scene.boxes, corners)
    best = np.where(over.max(axis=1, initial=0.0) >= SAME_FACE, over.argmax(axis=1) if over.size else -1, -1)
    return best.astype(np.intp), over.max(axis=0, initial=0.0) < 0.1


def overlaps(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(len(a), len(b)) intersection over union of corner boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None] + (b[:, 2:] - b[:, :2]).prod(axis=1)[None]
    return np.asarray(shared / np.maximum(areas - shared, 1e-6), np.float32)
