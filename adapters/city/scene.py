"""What one camera looks at: perspective, the empty scene, and people walking through it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from adapters.city import figure
from adapters.city.cameras import HEIGHT_PX, WIDTH_PX, Cameras, Spot
from adapters.city.chance import stream
from adapters.city.figure import Frame, Planes, planes_of
from adapters.city.heads import Heads
from adapters.city.passes import REACH

HEAD_M = 0.232  # chin to crown
FACE_AT_M = 1.58  # how high faces are, on average
CEILING_M = 3.6
NOISE = 1.6  # standard deviation of the sensor, of 255
NOISY = 5  # versions of the empty scene that take turns
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


class Scene:
    """One camera of the city. Not for several threads."""

    def __init__(self, seed: int, cameras: Cameras, camera: int, heads: Heads) -> None:
        self._heads = heads
        self.focal_px = float(cameras.focal_px[camera])
        self.height_m = float(cameras.height_m[camera])
        nearest_m, farthest_m = REACH[Spot(int(cameras.spot[camera]))]
        drop_m = self.height_m - FACE_AT_M
        # faces at either end of where people walk lie as far above as below the middle of the picture
        self.tilt = (math.atan2(drop_m, nearest_m) + math.atan2(drop_m, farthest_m)) / 2
        rng = stream(seed, "scene", camera)
        inside = cameras.spot[camera] != Spot.STREET
        empty = self._empty(rng, inside, float(cameras.range_m[camera]))
        noise = rng.normal(0.0, NOISE, (NOISY, HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
        self.ground = [
            cv2.cvtColor(np.clip(empty + grain, 0, 255).astype(np.uint8), cv2.COLOR_BGR2YUV_I420)
            for grain in noise
        ]

    def project(self, right_m: float, ahead_m: float, up_m: float) -> tuple[float, float, float]:
        """Pixels across and down of a point, and its depth in metres along the optical axis."""
        drop_m = self.height_m - up_m
        depth_m = ahead_m * math.cos(self.tilt) + drop_m * math.sin(self.tilt)
        across = WIDTH_PX / 2 + self.focal_px * right_m / depth_m
        down_m = drop_m * math.cos(self.tilt) - ahead_m * math.sin(self.tilt)
        return across, HEIGHT_PX / 2 + self.focal_px * down_m / depth_m, depth_m

    def frame(self, number: int, figures: Sequence[Figure]) -> tuple[Frame, list[Seen | None]]:
        """Frame ``number`` with these people in it; for each of them where the face lies, if it shows."""
        frame = self.ground[number * 3 % NOISY].copy()
        planes = planes_of(frame)
        seen: list[Seen | None] = [None] * len(figures)
        for index in sorted(range(len(figures)), key=lambda i: -figures[i].ahead_m):
            seen[index] = self._figure(planes, figures[index])
        return frame, seen

    def _figure(self, planes: Planes, who: Figure) -> Seen | None:
        face_m = who.height_m - BELOW_CROWN_M
        across, down, depth_m = self.project(who.right_m, who.ahead_m, face_m)
        if depth_m < NEAREST_M:
            return None
        pitch_deg = math.degrees(math.atan2(self.height_m - face_m, who.ahead_m))
        yaw_deg = who.yaw_deg - math.degrees(math.atan2(who.right_m, who.ahead_m))
        tile = self._heads.nearest(who.head, round(yaw_deg / 4) * 4, round(pitch_deg / 4) * 4, who.mask)
        sprite = self._heads.sprite(who.head, tile, self._heads.size(self.focal_px * HEAD_M / depth_m))
        x0, y0, x1, y1 = sprite.face
        left, top = 2 * round((across - (x0 + x1) / 2) / 2), 2 * round((down - (y0 + y1) / 2) / 2)
        _, foot, _ = self.project(who.right_m, who.ahead_m, 0.0)
        figure.body(planes, left, top, sprite, round(foot), who.head)
        if who.away:
            figure.nape(planes, left, top, sprite)
            return None
        figure.lay(planes, left, top, sprite)
        shift = np.array([left, top], np.float64)
        return Seen(sprite.landmarks + shift, sprite.face + np.tile(shift, 2))

    def _empty(self, rng: np.random.Generator, inside: bool, range_m: float) -> npt.NDArray[np.float32]:
        """The scene without people, BGR: ground and walls where the rays of the pixels meet them."""
        x, y = np.meshgrid(np.arange(WIDTH_PX) - WIDTH_PX / 2, np.arange(HEIGHT_PX) - HEIGHT_PX / 2)
        right, below = x / self.focal_px, y / self.focal_px
        ahead = math.cos(self.tilt) - below * math.sin(self.tilt)
        down = math.sin(self.tilt) + below * math.cos(self.tilt)
        half_m, wall_m = (rng.uniform(2.4, 4.0), range_m + 2.5) if inside else (rng.uniform(4.0, 7.0), 60.0)
        far = np.full(x.shape, 1e6)
        with np.errstate(divide="ignore"):
            ways = [
                np.where(down > 1e-6, self.height_m / down, far),
                np.where(ahead > 1e-6, wall_m / ahead, far),
                np.where(right != 0, half_m / np.abs(right), far),
                np.where((down < -1e-6) & inside, (self.height_m - CEILING_M) / down, far),
            ]
        surface = np.argmin(ways, axis=0)
        way = np.min(ways, axis=0)
        at = np.stack([right * way, self.height_m - down * way, ahead * way])  # right, up, ahead in metres
        paint = [
            rng.uniform(low, high) + rng.normal(0, 9, 3)
            for low, high in ((80, 140), (120, 190), (110, 180), (170, 215))
        ]
        picture = np.asarray(np.stack(paint)[surface], np.float64)
        tile_m = rng.uniform(0.35, 0.8) if inside else rng.uniform(1.2, 2.4)
        joint = (np.mod(at[0], tile_m) < 0.03) | (np.mod(at[2], tile_m) < 0.03)
        picture[(surface == 0) & joint] -= 16
        board_m = rng.uniform(0.9, 1.6)
        boards = (surface == 2) & (np.mod(at[2], board_m) < 0.05) | (surface == 1) & (
            np.mod(at[0], board_m) < 0.05
        )
        picture[boards] -= 22
        self._furnish(rng, picture, at, surface)
        light = np.clip(1.12 - at[2] / (3.2 * range_m + 4), 0.55, 1.12)
        grain = cv2.GaussianBlur(rng.normal(0, 22, x.shape).astype(np.float32), (0, 0), 2.2)
        return np.asarray(picture * light[..., None] + grain[..., None], np.float32)

    def _furnish(
        self,
        rng: np.random.Generator,
        picture: npt.NDArray[np.float64],
        at: npt.NDArray[np.float64],
        surface: Frame,
    ) -> None:
        """Shelves, doors and signs on the walls."""
        for _ in range(int(rng.integers(5, 11))):
            side = rng.choice([1, 2])
            along = at[0] if side == 1 else at[2]
            begins, width_m = rng.uniform(-3, 9), rng.uniform(0.4, 1.8)
            low_m, high_m = sorted(rng.uniform(0.1, 2.6, 2))
            inside = (surface == side) & (along > begins) & (along < begins + width_m)
            inside &= (at[1] > low_m) & (at[1] < high_m) & ((at[0] > 0) == (rng.random() < 0.5))
            picture[inside] = rng.uniform(40, 210, 3)
