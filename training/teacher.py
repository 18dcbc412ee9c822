"""What is known of each person before the network learns: a template of the bare face, and its shape."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.face.embedder import Embedder
from adapters.face.registry import find
from training.degrading import clean
from training.embedder import DIMENSIONS
from training.people import Tiles, chosen
from training.rendering import people

TEACHER = "edgeface_xs"
SHAPES = 40
Floats = npt.NDArray[np.float32]


def templates(tiles: Tiles, models: Path) -> tuple[npt.NDArray[np.int64], Floats]:
    """Seeds of all people and (people, 128) the mean of the teacher's templates of their bare views, turned
    onto the axes along which people differ most, of length 1."""
    network = Embedder(find(TEACHER, models))
    bare = np.flatnonzero(tiles.mask == 0)
    made = np.concatenate(
        [network.embed(clean(chosen(tiles, part))) for part in np.array_split(bare, max(1, len(bare) // 256))]
    )
    seeds, place = np.unique(tiles.person[bare], return_inverse=True)
    mean = np.zeros((len(seeds), made.shape[1]))
    np.add.at(mean, place, made)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    turned = principal(mean, DIMENSIONS, whiten=False)
    return seeds, np.asarray(turned / np.linalg.norm(turned, axis=1, keepdims=True), np.float32)


def shapes(seeds: npt.NDArray[np.int64]) -> Floats:
    """(people, 40) the face at rest as the renderer builds it: the places of the points of its mesh, along
    the axes on which people differ most, each with variance 1.

    Nothing but geometry: no age, no sex, no origin is learnt from.
    """
    everybody, made = people(), []
    for seed in seeds:
        points = everybody.morphed(everybody.identity(int(seed)))[everybody.face_ids]
        points = points - points.mean(axis=0)
        made.append((points / np.sqrt((points**2).sum(axis=1).mean())).ravel())
    return np.asarray(principal(np.array(made), SHAPES, whiten=True), np.float32)


def principal(rows: npt.NDArray[np.float64], axes: int, *, whiten: bool) -> npt.NDArray[np.float64]:
    """Rows about their mean along their first principal axes."""
    centred = rows - rows.mean(axis=0)
    _, spread, along = np.linalg.svd(centred, full_matrices=False)
    turned = centred @ along[:axes].T
    return turned / (spread[:axes] / np.sqrt(len(rows))) if whiten else turned
