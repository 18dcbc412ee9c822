"""People on their way past the cameras of a simulated town, filmed one pass after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adapters.city import archive
from adapters.city.chance import stream
from adapters.city.film import FPS, GROUP, Encoder, Group, write
from adapters.city.heads import Heads
from adapters.city.lens import Seen
from adapters.city.passes import Motion
from adapters.city.plan import TOWN, Ints
from adapters.city.scene import Scene
from adapters.city.simulation import Simulation, simulate

PATIENTS = 10
LONGEST_GROUPS = 5  # of a pass: whoever pays stands for longer, and is seen no better for it


@dataclass(frozen=True, slots=True)
class Shot:
    """One filmed pass. ``seen`` has for each frame the faces that show: row of the simulation's passes,
    and where the face lies."""

    row: int
    file: Path
    seen: list[list[tuple[int, Seen]]]


def town(seed: int, heads: Heads) -> Simulation:
    """A town whose residents wear these heads."""
    return simulate(seed, TOWN, PATIENTS, len(heads))


def chosen(city: Simulation, count: int) -> Ints:
    """Rows of ``count`` passes in which somebody comes towards the camera, drawn by the seed, in order of
    the cameras."""
    facing = ~np.isin(city.passes.motion, (Motion.LEAVES, Motion.AWAY))
    drawn = stream(city.plan.seed, "filming").permutation(np.flatnonzero(facing))[:count]
    return drawn[np.argsort(city.passes.camera[drawn], kind="stable")]


class Set:
    """Where passes are filmed. Not for several threads."""

    def __init__(self, city: Simulation, heads: Heads, folder: Path) -> None:
        self._city, self._heads, self._folder = city, heads, folder
        self._camera = -1

    def shoot(self, row: int) -> Shot:
        """Film the pass, with everybody else who is in view; whole groups of pictures. The file is the
        caller's to remove."""
        camera = int(self._city.passes.camera[row])
        if camera != self._camera:
            self._camera = camera
            self._scene = Scene(self._city.plan.seed, self._city.cameras, camera, self._heads)
            self._encoder = Encoder()
        path = self._folder / f"{self._city.plan.seed}-{row}.mp4"
        seen: list[list[tuple[int, Seen]]] = []
        write(path, self._groups(row, seen))
        return Shot(row, path, seen)

    def _groups(self, row: int, seen: list[list[tuple[int, Seen]]]) -> Iterator[Group]:
        passes = self._city.passes
        # where the first key frame falls in a pass is chance, as it is in the archive
        early_s = float(stream(self._city.plan.seed, "key frame", row).uniform(0.0, GROUP / FPS))
        start_s, end_s = float(passes.start_s[row]) - early_s, float(passes.end_s[row])
        groups = min(LONGEST_GROUPS, int(np.ceil((end_s - start_s) * FPS / GROUP)))
        beside = (passes.camera == passes.camera[row]) & (passes.end_s > start_s)
        rows = np.flatnonzero(beside & (passes.start_s < start_s + groups * GROUP / FPS)).tolist()
        for group in range(groups):
            frames = []
            for number in range(GROUP):
                who = archive.figures(self._city, rows, start_s + (group * GROUP + number) / FPS)
                frame, faces = self._scene.frame(number, [figure for _, figure in who])
                frames.append(frame)
                seen.append([(r, f) for (r, _), f in zip(who, faces, strict=True) if f is not None])
            yield self._encoder.group(frames)
