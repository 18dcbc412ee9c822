"""The footage of the town: which camera recorded when, and how such a file is made."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adapters.city.chance import stream
from adapters.city.film import FPS, GROUP, Encoder, Group, film, write_whole
from adapters.city.heads import Heads
from adapters.city.lens import Figure
from adapters.city.passes import MASKS, Motion, ahead_m
from adapters.city.scene import Scene
from adapters.city.simulation import Simulation

GROUP_S = GROUP / FPS
BEFORE_S, AFTER_S = 2.0, 4.0  # recorded around what moved
JOINED_S = 10.0  # shorter pauses are recorded as well
LONGEST_S = 600.0
IDLE = 6  # kinds of empty groups
STANDS_M = 0.02  # how far to either side a head moves that waits at a till


@dataclass(frozen=True, slots=True)
class Stretch:
    """One file of the archive, in seconds of the day, true time; whole groups of pictures. ``passes`` are
    rows of the simulation's passes."""

    camera: int
    start_s: float
    end_s: float
    passes: tuple[int, ...]

    @property
    def file(self) -> str:
        return f"c{self.camera:03d}-{int(self.start_s):05d}.mp4"


def stretches(city: Simulation) -> list[Stretch]:
    """What the archive holds: cameras record while somebody moves before them; some are silent."""
    found: list[Stretch] = []
    seen = city.passes
    for camera in range(len(city.cameras)):
        rows = np.flatnonzero(seen.camera == camera)
        open_: list[int] = []
        for row in rows:
            if open_ and (
                seen.start_s[row] - max(seen.end_s[open_]) > JOINED_S
                or seen.end_s[row] - seen.start_s[open_[0]] > LONGEST_S - BEFORE_S - AFTER_S
            ):
                found += _closed(city, camera, open_)
                open_ = []
            open_.append(int(row))
        if open_:
            found += _closed(city, camera, open_)
    return found


def _closed(city: Simulation, camera: int, rows: Sequence[int]) -> list[Stretch]:
    start_s = max(0.0, np.floor((city.passes.start_s[rows[0]] - BEFORE_S) / GROUP_S) * GROUP_S)
    groups = int(np.ceil((max(city.passes.end_s[list(rows)]) + AFTER_S - start_s) / GROUP_S))
    end_s = start_s + groups * GROUP_S
    if end_s > 86_400 or not city.cameras.works(camera, start_s, end_s):
        return []
    return [Stretch(camera, float(start_s), float(end_s), tuple(rows))]


class Studio:
    """Makes the files of one camera after the other."""

    def __init__(self, city: Simulation, heads: Heads, folder: Path) -> None:
        self._city, self._heads, self._folder = city, heads, folder
        self._camera = -1

    def make(self, stretch: Stretch) -> str:
        """Write the file, whole or not at all; its sha256. Raises OSError."""
        content, _ = film(self._groups(stretch))
        write_whole(self._folder / stretch.file, content)
        return hashlib.sha256(content).hexdigest()

    def _groups(self, stretch: Stretch) -> Iterator[Group]:
        if stretch.camera != self._camera:
            self._camera = stretch.camera
            self._scene = Scene(self._city.plan.seed, self._city.cameras, stretch.camera, self._heads)
            encoder = Encoder()
            self._idle = [
                encoder.group(
                    [self._scene.ground[(n * (1 + k) + k) % len(self._scene.ground)] for n in range(GROUP)]
                )
                for k in range(IDLE)
            ]
        encoder = Encoder()  # one each, so that a file is the same whichever were made before it
        rng = stream(self._city.plan.seed, "idle", stretch.camera, int(stretch.start_s))
        groups = round((stretch.end_s - stretch.start_s) / GROUP_S)
        for number in range(groups):
            at_s = [stretch.start_s + number * GROUP_S + n / FPS for n in range(GROUP)]
            shown = [figures(self._city, stretch.passes, s) for s in at_s]
            if not any(shown):
                yield self._idle[int(rng.integers(IDLE))]
            else:
                yield encoder.group(
                    [self._scene.frame(n, [f for _, f in who])[0] for n, who in enumerate(shown)]
                )


def figures(city: Simulation, rows: Sequence[int], at_s: float) -> list[tuple[int, Figure]]:
    """Who of these passes is in view at an instant, with the number of the pass."""
    seen = city.passes
    found: list[tuple[int, Figure]] = []
    for row in rows:
        start_s, end_s = float(seen.start_s[row]), float(seen.end_s[row])
        if not start_s <= at_s < end_s:
            continue
        motion, resident = int(seen.motion[row]), int(seen.resident[row])
        part_s = at_s - start_s
        sway = (
            10.0 * np.sin(part_s * 1.1 + resident)
            if motion == Motion.PAYS
            else 3.0 * np.sin(part_s * 2.3 + row)
        )
        # nobody stands quite still
        aside_m = STANDS_M * np.sin(part_s * 1.7 + row) if motion == Motion.PAYS else 0.0
        found.append(
            (
                row,
                Figure(
                    head=int(city.head[resident]),
                    right_m=float(seen.right_m[row] + aside_m),
                    ahead_m=float(ahead_m(motion, np.array(part_s), end_s - start_s)),
                    yaw_deg=float(seen.yaw_deg[row] + sway),
                    mask=MASKS[seen.mask[row]],
                    height_m=1.62 + resident * 31 % 19 / 100,
                    away=motion in (Motion.LEAVES, Motion.AWAY),
                ),
            )
        )
    return found
