"""The invented people that are learnt from: sheets of tiles, and who of them is held out."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

HELD_OUT = range(11_300, 11_500)
"""Seeds of the people whom no network is shown: the figures of the model cards are measured on them."""

TILE_PX = 128  # of the sheets that come with the people

UNTOLD = (float("nan"),) * 4

MASKS = ("none", "under", "worn")


def people_folder() -> Path:
    """Where the renderer and its sheets lie: TRACEDESK_PEOPLE, else beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "people"
    return Path(os.environ.get("TRACEDESK_PEOPLE", beside))


@dataclass(frozen=True, slots=True)
class Tiles:
    """Views of people. ``pictures``: n of them, (side, side, 3) BGR or (side, side, 4) with alpha, uint8;
    ``landmarks`` (n, 5, 2) in pixels of a tile; ``faces`` (n, 4) x0 y0 x1 y1 of the face, NaN
    where a sheet does not say; ``person`` (n,) seeds; ``mask`` (n,) indices into ``MASKS``."""

    pictures: list[npt.NDArray[np.uint8]]
    landmarks: npt.NDArray[np.float32]
    faces: npt.NDArray[np.float32]
    person: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.person)


def read(folder: Path) -> Iterator[Tiles]:
    """The people of a folder one by one. Raises FileNotFoundError for a sheet that is missing."""
    for line in (folder / "index.jsonl").read_text("utf-8").splitlines():
        about = json.loads(line)
        sheet = cv2.imread(str(folder / about["sheet"]), cv2.IMREAD_UNCHANGED)
        if sheet is None:
            raise FileNotFoundError(f"{folder / about['sheet']}: is no picture; render it again")
        tiles, side = about["tiles"], about.get("tile_px", TILE_PX)
        yield Tiles(
            [np.asarray(sheet[t["y"] : t["y"] + side, t["x"] : t["x"] + side], np.uint8) for t in tiles],
            np.array([t["landmarks"] for t in tiles], np.float32),
            np.array([t.get("face", UNTOLD) for t in tiles], np.float32),
            np.full(len(tiles), about["seed"], np.int64),
            np.array([MASKS.index(t["mask"]) for t in tiles], np.int64),
        )


def joined(parts: Iterable[Tiles]) -> Tiles:
    """All of them after one another."""
    every = list(parts)
    return Tiles(
        [picture for part in every for picture in part.pictures],
        np.concatenate([part.landmarks for part in every]),
        np.concatenate([part.faces for part in every]),
        np.concatenate([part.person for part in every]),
        np.concatenate([part.mask for part in every]),
    )


def chosen(tiles: Tiles, rows: npt.NDArray[np.int64]) -> Tiles:
    """Some of them."""
    return Tiles(
        [tiles.pictures[row] for row in rows],
        tiles.landmarks[rows],
        tiles.faces[rows],
        tiles.person[rows],
        tiles.mask[rows],
    )
