"""The perspective of a camera: where people, and their faces, come to lie in its picture."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adapters.city.cameras import HEIGHT_PX, WIDTH_PX, Cameras, Spot
from adapters.city.heads import Heads
from adapters.city.passes import REACH

HEAD_M = 0.232  # chin to crown
FACE_AT_M = 1.58  # how high faces are, on average
BELOW_CROWN_M = 0.14  # where the middle of a face is
NEAREST_M = 0.6  # nearer, and a head fills the picture


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody in view. ``head`` is the number of the rendered head; ``ahead_m`` along the axis on the
    ground, ``right_m`` across it; ``yaw_deg`` as in the index of heads, ``away`` seen from behind."""

    head: int
    right_m: float
    ahead_m: float
    yaw_deg: float
    mask: str
    height_m: float
    away: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a face came to lie: landmarks (5, 2) and face (x0, y0, x1, y1) in pixels of the frame."""

    landmarks: npt.NDArray[np.float64]
    face: npt.NDArray[np.float64]

    @property
    def inter_eye_px(self) -> float:
        return float(np.linalg.norm(self.landmarks[0] - self.landmarks[1]))

    @property
    def whole(self) -> bool:
        """Whether the whole face lies in the picture."""
        x0, y0, x1, y1 = self.face
        return bool(x0 >= 0 and y0 >= 0 and x1 <= WIDTH_PX and y1 <= HEIGHT_PX)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where somebody is to be painted: the sprite ``tile`` in ``size`` from ``left``, ``top`` (even), feet
    in the row ``foot``; ``seen`` is the face, None from behind."""

    tile: int
    size: int
    left: int
    top: int
    foot: int
    seen: Seen | None


class Lens:
    """The geometry of one camera. Paints nothing and reads no picture."""

    def __init__(self, cameras: Cameras, camera: int, heads: Heads) -> None:
        self._heads = heads
        self.focal_px = float(cameras.focal_px[camera])
        self.height_m = float(cameras.height_m[camera])
        nearest_m, farthest_m = REACH[Spot(int(cameras.spot[camera]))]
        drop_m = self.height_m - FACE_AT_M
        # faces at either end of where people walk lie as far above as below the middle of the picture
        self.tilt = (math.atan2(drop_m, nearest_m) + math.atan2(drop_m, farthest_m)) / 2

    def project(self, right_m: float, ahead_m: float, up_m: float) -> tuple[float, float, float]:
        """Pixels across and down of a point, and its depth in metres along the optical axis."""
        drop_m = self.height_m - up_m
        depth_m = ahead_m * math.cos(self.tilt) + drop_m * math.sin(self.tilt)
        across = WIDTH_PX / 2 + self.focal_px * right_m / depth_m
        down_m = drop_m * math.cos(self.tilt) - ahead_m * math.sin(self.tilt)
        return across, HEIGHT_PX / 2 + self.focal_px * down_m / depth_m, depth_m

    def placed(self, who: Figure) -> Placed | None:
        """None for somebody who is too near to be shown."""
        face_m = who.height_m - BELOW_CROWN_M
        across, down, depth_m = self.project(who.right_m, who.ahead_m, face_m)
        if depth_m < NEAREST_M:
            return None
        pitch_deg = math.degrees(math.atan2(self.height_m - face_m, who.ahead_m))
        yaw_deg = who.yaw_deg - math.degrees(math.atan2(who.right_m, who.ahead_m))
        tile = self._heads.nearest(who.head, round(yaw_deg / 4) * 4, round(pitch_deg / 4) * 4, who.mask)
        size = self._heads.size(self.focal_px * HEAD_M / depth_m)
        about = self._heads.index.people[who.head].tiles[tile]
        scale = self._heads.side_px(size) / self._heads.index.tile_px
        x0, y0, x1, y1 = face = np.array(about.face) * scale
        left, top = 2 * round((across - (x0 + x1) / 2) / 2), 2 * round((down - (y0 + y1) / 2) / 2)
        _, foot, _ = self.project(who.right_m, who.ahead_m, 0.0)
        shift = np.array([left, top], np.float64)
        seen = Seen(np.array(about.landmarks) * scale + shift, face + np.tile(shift, 2))
        return Placed(tile, size, left, top, round(foot), None if who.away else seen)
