"""The fixed cameras of the city: at doors, at tills and along streets, with clocks that are off and days
on which they are silent."""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from adapters.city.chance import stream
from adapters.city.kinds import ABOUT, Kind
from adapters.city.plan import DISTRICT_M, Floats, Ints, Plan

WIDTH_PX, HEIGHT_PX = 1280, 720
STREET_SHARE = 0.35
EYES_M = 0.063  # between the eyes of an adult, on average
DAY_S = 86_400
# share, largest offset in s, whether somebody measured it
CLOCKS = ((0.70, 3.0, True), (0.20, 120.0, True), (0.10, 240.0, False))
SILENT_SHARE, DEAD_SHARE = 0.12, 0.03


class Spot(IntEnum):
    """Where a camera hangs; with it how people pass it."""

    DOOR = 0
    TILL = 1
    STREET = 2


# horizontal field of view in degrees, height in m, how far a face is worth looking for in m
LENS = {
    Spot.DOOR: (34.0, 48.0, 2.5, 7.0),
    Spot.TILL: (46.0, 60.0, 2.3, 5.0),
    Spot.STREET: (24.0, 34.0, 3.2, 13.0),
}


@dataclass(frozen=True, slots=True)
class Cameras:
    """Rows are cameras. ``place`` is -1 in the street. ``azimuth_deg`` from north over east. ``offset_s``
    = device clock - true time; ``sigma_s`` is NaN where nobody measured it. ``silent``: (camera, from_s,
    to_s) of each stretch of a day without footage."""

    spot: npt.NDArray[np.uint8]
    place: Ints
    east_m: Floats
    north_m: Floats
    azimuth_deg: Floats
    hfov_deg: Floats
    height_m: Floats
    range_m: Floats
    offset_s: Floats
    sigma_s: Floats
    silent: Ints

    def __len__(self) -> int:
        return len(self.spot)

    @property
    def focal_px(self) -> Floats:
        return WIDTH_PX / 2 / np.tan(np.radians(self.hfov_deg) / 2)

    def works(self, camera: int, start_s: float, end_s: float) -> bool:
        """Whether it recorded the whole stretch."""
        mine = self.silent[self.silent[:, 0] == camera]
        return not bool(np.any((mine[:, 1] < end_s) & (mine[:, 2] > start_s)))


def hang(plan: Plan) -> Cameras:
    """All cameras of a city, as many as its size says."""
    rng = stream(plan.seed, "cameras")
    count = plan.size.cameras
    in_streets = round(count * STREET_SHARE)
    spot, place = _inside(plan, rng, count - in_streets)
    east_m, north_m = plan.east_m[place].copy(), plan.north_m[place].copy()
    facing_street = np.where(north_m > plan.row_m[plan.street[place]], 180.0, 0.0)
    # at a door it looks out at who comes in, at a till it looks into the room
    azimuth_deg = np.where(spot == Spot.DOOR, facing_street, facing_street + 180.0) % 360.0
    street_east, street_north, street_azimuth = _along(plan, rng, in_streets)
    spot = np.concatenate([spot, np.full(in_streets, Spot.STREET, np.uint8)])
    hfov_deg, height_m, range_m = _lenses(rng, spot)
    offset_s, sigma_s = _clocks(rng, count)
    return Cameras(
        spot=spot,
        place=np.concatenate([place, np.full(in_streets, -1, np.int64)]),
        east_m=np.concatenate([east_m, street_east]),
        north_m=np.concatenate([north_m, street_north]),
        azimuth_deg=np.concatenate([azimuth_deg, street_azimuth]),
        hfov_deg=hfov_deg,
        height_m=height_m,
        range_m=range_m,
        offset_s=offset_s,
        sigma_s=sigma_s,
        silent=_silences(rng, count),
    )


def coverage(cameras: Cameras, camera: int) -> list[tuple[float, float]]:
    """Ring of (east_m, north_m) on the ground that the camera sees."""
    half = math.radians(float(cameras.hfov_deg[camera])) / 2
    azimuth = math.radians(float(cameras.azimuth_deg[camera]))
    east, north = float(cameras.east_m[camera]), float(cameras.north_m[camera])
    far = float(cameras.range_m[camera])
    ring = [(east, north)]
    ring += [
        (east + far * math.sin(azimuth + turn), north + far * math.cos(azimuth + turn))
        for turn in (-half, -half / 3, half / 3, half)
    ]
    return [*ring, ring[0]]


def _inside(plan: Plan, rng: np.random.Generator, count: int) -> tuple[npt.NDArray[np.uint8], Ints]:
    """Doors and tills, drawn by how common a camera is there."""
    doors = np.array([ABOUT[Kind(k)].door_camera for k in range(len(Kind))])[plan.kind]
    tills = np.array([ABOUT[Kind(k)].till_camera for k in range(len(Kind))])[plan.kind]
    weight = np.concatenate([doors, tills])
    order = np.argsort(-np.log(rng.random(len(weight)) + 1e-300) / np.maximum(weight, 1e-12))[:count]
    order.sort()
    return (order >= plan.places).astype(np.uint8), order % plan.places


def _along(plan: Plan, rng: np.random.Generator, count: int) -> tuple[Floats, Floats, Floats]:
    """Cameras on masts of the east-west streets, looking along them."""
    street = rng.integers(0, len(plan.row_m), count)
    east = rng.uniform(0.08, 0.92, count) * plan.size.columns * DISTRICT_M
    azimuth = np.where(rng.random(count) < 0.5, 90.0, 270.0)
    return east, plan.row_m[street] + rng.choice([-3.0, 3.0], count), azimuth


def _lenses(rng: np.random.Generator, spot: npt.NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
    least, most, height, far = np.array([LENS[s] for s in Spot])[spot].T
    return least + rng.random(len(spot)) * (most - least), height + rng.uniform(-0.2, 0.4, len(spot)), far


def _clocks(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    kind = rng.choice(len(CLOCKS), count, p=[c[0] for c in CLOCKS])
    offset_s = (rng.uniform(-1, 1, count) * np.array([c[1] for c in CLOCKS])[kind]).round(1)
    measured = np.array([c[2] for c in CLOCKS])[kind]
    return offset_s, np.where(measured, rng.choice([1.0, 1.0, 2.0, 5.0], count), np.nan)


def _silences(rng: np.random.Generator, count: int) -> Ints:
    silent = np.flatnonzero(rng.random(count) < SILENT_SHARE)
    start_s = rng.integers(8 * 3600, 20 * 3600, len(silent))
    rows = np.stack([silent, start_s, start_s + rng.integers(1_800, 10_800, len(silent))], axis=1)
    dead = np.flatnonzero(rng.random(count) < DEAD_SHARE)
    whole = np.stack([dead, np.zeros(len(dead), np.int64), np.full(len(dead), DAY_S)], axis=1)
    return np.concatenate([rows, whole]).astype(np.int64)
