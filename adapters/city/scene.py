"""What one camera looks at: the empty scene, and people walking through it."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from adapters.city import figure
from adapters.city.cameras import HEIGHT_PX, WIDTH_PX, Cameras, Spot
from adapters.city.chance import stream
from adapters.city.figure import Frame, Planes, planes_of
from adapters.city.heads import Heads
from adapters.city.lens import Figure, Lens, Seen

CEILING_M = 3.6
NOISE = 0.7  # standard deviation of the sensor, of 255
NOISY = 5  # versions of the empty scene that take turns


class Scene:
    """One camera of the city. Not for several threads."""

    def __init__(self, seed: int, cameras: Cameras, camera: int, heads: Heads) -> None:
        self._heads = heads
        self.lens = Lens(cameras, camera, heads)
        rng = stream(seed, "scene", camera)
        inside = cameras.spot[camera] != Spot.STREET
        empty = self._empty(rng, inside, float(cameras.range_m[camera]))
        noise = rng.normal(0.0, NOISE, (NOISY, HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
        self.ground = [
            cv2.cvtColor(np.clip(empty + grain, 0, 255).astype(np.uint8), cv2.COLOR_BGR2YUV_I420)
            for grain in noise
        ]

    def frame(self, number: int, figures: Sequence[Figure]) -> tuple[Frame, list[Seen | None]]:
        """Frame ``number`` with these people in it; for each of them where the face lies, if it shows."""
        frame = self.ground[number * 3 % NOISY].copy()
        planes = planes_of(frame)
        seen: list[Seen | None] = [None] * len(figures)
        for index in sorted(range(len(figures)), key=lambda i: -figures[i].ahead_m):
            seen[index] = self._figure(planes, figures[index])
        return frame, seen

    def _figure(self, planes: Planes, who: Figure) -> Seen | None:
        placed = self.lens.placed(who)
        if placed is None:
            return None
        sprite = self._heads.sprite(who.head, placed.tile, placed.size)
        figure.body(planes, placed.left, placed.top, sprite, placed.foot, who.head)
        if who.away:
            figure.nape(planes, placed.left, placed.top, sprite)
            return None
        figure.lay(planes, placed.left, placed.top, sprite)
        return placed.seen

    def _empty(self, rng: np.random.Generator, inside: bool, range_m: float) -> npt.NDArray[np.float32]:
        """The scene without people, BGR: ground and walls where the rays of the pixels meet them."""
        x, y = np.meshgrid(np.arange(WIDTH_PX) - WIDTH_PX / 2, np.arange(HEIGHT_PX) - HEIGHT_PX / 2)
        right, below = x / self.lens.focal_px, y / self.lens.focal_px
        ahead = math.cos(self.lens.tilt) - below * math.sin(self.lens.tilt)
        down = math.sin(self.lens.tilt) + below * math.cos(self.lens.tilt)
        half_m, wall_m = (rng.uniform(2.4, 4.0), range_m + 2.5) if inside else (rng.uniform(4.0, 7.0), 60.0)
        far = np.full(x.shape, 1e6)
        with np.errstate(divide="ignore"):
            ways = [
                np.where(down > 1e-6, self.lens.height_m / down, far),
                np.where(ahead > 1e-6, wall_m / ahead, far),
                np.where(right != 0, half_m / np.abs(right), far),
                np.where((down < -1e-6) & inside, (self.lens.height_m - CEILING_M) / down, far),
            ]
        surface = np.argmin(ways, axis=0)
        way = np.min(ways, axis=0)
        at = np.stack(
            [right * way, self.lens.height_m - down * way, ahead * way]
        )  # right, up, ahead in metres
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
        # coarse enough that a key frame spends its bytes on people
        grain = cv2.GaussianBlur(rng.normal(0, 40, x.shape).astype(np.float32), (0, 0), 4.5)
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
