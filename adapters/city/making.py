"""Making the footage in parts: whole cameras each, those that saw patients first."""

import errno
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from adapters.city.archive import Stretch, Studio
from adapters.city.heads import Heads
from adapters.city.journal import Journal
from adapters.city.simulation import Simulation

IDLE_COST = 0.1  # of a second without people, where one with people costs 1


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """A file that is there and whole; ``seconds`` of footage."""

    file: str
    sha256: str
    seconds: float


class Stopped(msgspec.Struct, frozen=True, tag="stopped"):
    """Why a part goes no further. ``full``: the disk has no room left."""

    file: str
    why: str
    full: bool


Report = Finished | Stopped


def part(city: Simulation, archive: Sequence[Stretch], number: int, of: int) -> list[Stretch]:
    """Part ``number`` (from 0) of ``of``, in the order in which it is best made. Parts take about as long
    as each other, and hold every stretch once between them."""
    cost: dict[int, float] = {}
    for stretch in archive:
        rows = list(stretch.passes)
        moves_s = float((city.passes.end_s[rows] - city.passes.start_s[rows]).sum())
        spent = moves_s + IDLE_COST * (stretch.end_s - stretch.start_s)
        cost[stretch.camera] = cost.get(stretch.camera, 0.0) + spent
    spent_by = [0.0] * of
    mine: list[int] = []
    for camera in sorted(cost, key=lambda c: (-cost[c], c)):  # largest first, always to who has least
        least = min(range(of), key=lambda n: spent_by[n])
        spent_by[least] += cost[camera]
        if least == number:
            mine.append(camera)
    useful = np.bincount(
        city.passes.camera[np.isin(city.passes.resident, city.patients)], minlength=len(city.cameras)
    )
    place = {camera: n for n, camera in enumerate(sorted(mine, key=lambda c: (-useful[c], c)))}
    return sorted((s for s in archive if s.camera in place), key=lambda s: (place[s.camera], s.start_s))


def only(archive: Iterable[Stretch], cameras: Collection[int]) -> list[Stretch]:
    """The stretches of these cameras; of all where none is named."""
    return [stretch for stretch in archive if not cameras or stretch.camera in cameras]


def make(
    city: Simulation, heads: Heads, stretches: Iterable[Stretch], footage: Path, journal: Journal
) -> Iterator[Report]:
    """Make the files that are not there and whole yet, and report every one; the last report may be why
    it ended before all were."""
    studio = Studio(city, heads, footage)
    for stretch in stretches:
        try:
            digest = journal.digest(stretch)
            if digest is None:
                digest = studio.make(stretch)
                journal.note(stretch, digest)
        except OSError as problem:
            why = (problem.strerror or "cannot be written").lower()
            yield Stopped(str(footage / stretch.file), why, problem.errno in (errno.ENOSPC, errno.EDQUOT))
            return
        yield Finished(stretch.file, digest, stretch.end_s - stretch.start_s)
