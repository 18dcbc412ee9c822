"""The rendered heads of invented people, scaled and ready to be laid into a frame."""

import math
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
STEP = 1.06  # from one size of a sprite to the next
LUMA_LEAST, LUMA_RANGE, CHROMA_RANGE = 16.0, 219.0 / 255.0, 224.0 / 255.0  # of video, BT.601


class Tile(msgspec.Struct, frozen=True):
    """One view of a head. ``x``, ``y``: its place in the sheet; landmarks and face in pixels of the tile."""

    x: int
    y: int
    yaw_deg: float
    pitch_deg: float
    mask: str
    landmarks: tuple[tuple[float, float], ...]
    face: tuple[float, float, float, float]


class Head(msgspec.Struct, frozen=True):
    """A person: the sheet of tiles and the two stills."""

    identity: int
    seed: int
    sheet: str
    stills: tuple[str, ...]
    tiles: tuple[Tile, ...]


class Index(msgspec.Struct, frozen=True):
    tile_px: int
    head_px: float
    people: tuple[Head, ...]


class Sprite(msgspec.Struct, frozen=True):
    """A head at one size, as YUV 4:2:0 planes times its alpha, with what is left of the ground beside it.
    ``landmarks`` and ``face`` are in pixels of the sprite; its side is even. ``cloth``, ``hair`` and ``skin``
    are colours as YUV."""

    side_px: int
    luma: Plane
    ground: Plane
    chroma_u: Plane
    chroma_v: Plane
    chroma_ground: Plane
    landmarks: npt.NDArray[np.float64]
    face: npt.NDArray[np.float64]
    cloth: tuple[float, float, float]
    hair: tuple[float, float, float]
    skin: tuple[float, float, float]


class Heads:
    """All heads of a folder, each sheet read when it is first needed; without one, those that come along."""

    def __init__(self, folder: Traversable | None = None) -> None:
        self.folder: Traversable = folder or resources.files("configs") / "people"
        self.index = msgspec.json.decode((self.folder / "index.json").read_bytes(), type=Index)
        self._sheets: dict[int, npt.NDArray[np.uint8]] = {}
        self.sprite = lru_cache(maxsize=4096)(self._sprite)
        self.nearest = lru_cache(maxsize=65_536)(self._nearest)

    def __len__(self) -> int:
        return len(self.index.people)

    def stills(self, head: int) -> Mapping[str, bytes]:
        """The two stills, by file name."""
        return {name: (self.folder / name).read_bytes() for name in self.index.people[head].stills}

    def size(self, head_px: float) -> int:
        """The nearest size in which sprites are kept; sizes are numbered."""
        return round(math.log(max(head_px, 4.0)) / math.log(STEP))

    def side_px(self, size: int) -> int:
        """How wide and high a sprite of that size is; even, as planes of colour are half as wide."""
        return max(4, 2 * round(self.index.tile_px * STEP**size / self.index.head_px / 2))

    def _nearest(self, head: int, yaw_deg: int, pitch_deg: int, mask: str) -> int:
        """The tile that looks most like it is seen."""
        tiles = self.index.people[head].tiles
        return min(
            (number for number, tile in enumerate(tiles) if tile.mask == mask),
            key=lambda n: abs(tiles[n].yaw_deg - yaw_deg) + 1.5 * abs(tiles[n].pitch_deg - pitch_deg),
        )

    def _sprite(self, head: int, tile: int, size: int) -> Sprite:
        about, side = self.index.people[head].tiles[tile], self.index.tile_px
        sheet = self._sheets.get(head)
        if sheet is None:
            content = np.frombuffer((self.folder / self.index.people[head].sheet).read_bytes(), np.uint8)
            sheet = self._sheets[head] = np.asarray(cv2.imdecode(content, cv2.IMREAD_UNCHANGED), np.uint8)
        even, wanted = self.side_px(size), STEP**size / self.index.head_px
        how = cv2.INTER_AREA if wanted < 1 else cv2.INTER_CUBIC
        cut = sheet[about.y : about.y + side, about.x : about.x + side]
        scaled = cv2.resize(cut, (even, even), interpolation=how)
        alpha = scaled[..., 3].astype(np.float32) / 255.0
        yuv = cv2.cvtColor(scaled[..., :3], cv2.COLOR_BGR2YUV).astype(np.float32)
        luma = LUMA_LEAST + yuv[..., 0] * LUMA_RANGE
        chroma = 128.0 + (yuv[..., 1:] - 128.0) * CHROMA_RANGE
        scale = even / side
        face = np.array(about.face) * scale
        middle, brow, chin = round((face[0] + face[2]) / 2), round(face[1]), round(face[3])
        colours = np.dstack([luma, chroma])
        return Sprite(
            side_px=even,
            luma=luma * alpha,
            ground=1.0 - alpha,
            chroma_u=_halved(chroma[..., 0] * alpha),
            chroma_v=_halved(chroma[..., 1] * alpha),
            chroma_ground=1.0 - _halved(alpha),
            landmarks=np.array(about.landmarks) * scale,
            face=face,
            cloth=_colour(colours[-max(2, even // 30) :], alpha[-max(2, even // 30) :]),
            hair=_colour(
                colours[: max(brow, 2), middle - 2 : middle + 2],
                alpha[: max(brow, 2), middle - 2 : middle + 2],
            ),
            skin=_colour(
                colours[brow:chin, middle - 2 : middle + 2], alpha[brow:chin, middle - 2 : middle + 2]
            ),
        )


def _halved(plane: Plane) -> Plane:
    height, width = plane.shape
    return np.asarray(cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)


def _colour(colours: Plane, alpha: Plane) -> tuple[float, float, float]:
    """The middle colour of what is opaque, as YUV."""
    opaque = colours[alpha > 0.9]
    if not len(opaque):
        return (60.0, 128.0, 128.0)
    luma, chroma_u, chroma_v = (float(v) for v in np.median(opaque, axis=0))
    return (luma, chroma_u, chroma_v)
