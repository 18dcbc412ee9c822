"""Streets and places of the city, in metres east and north of its south-west corner."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adapters.city.chance import stream
from adapters.city.kinds import ABOUT, Kind
from adapters.city.names import CITY, DISTRICTS, STEMS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK_M = 100.0
DISTRICT_M = 1_000.0
BLOCKS = int(DISTRICT_M / BLOCK_M)
DOOR_M = 7.0  # from the middle of the street
ORIGIN_LAT, ORIGIN_LON = 37.40, 126.70
M_PER_DEGREE = 111_195.0  # of latitude, mean earth


@dataclass(frozen=True, slots=True)
class Size:
    """How large a city is. Districts are squares of a kilometre."""

    name: str
    columns: int
    rows: int
    residents: int
    cameras: int

    @property
    def districts(self) -> int:
        return self.columns * self.rows


TOWN = Size("town", 1, 1, 300, 40)
CITY_SIZE = Size("city", 20, 21, 830_000, 10_820)
SIZES = {size.name: size for size in (TOWN, CITY_SIZE)}


@dataclass(frozen=True, slots=True)
class Plan:
    """Arrays over places: ``east_m`` and ``north_m`` of the door, on the east-west street ``street``
    (its index from the south), ``kind``, ``district``. ``row_m`` and ``column_m``: where streets run."""

    seed: int
    size: Size
    row_m: Floats
    column_m: Floats
    east_m: Floats
    north_m: Floats
    street: Ints
    kind: Ints
    district: Ints

    @property
    def places(self) -> int:
        return len(self.kind)

    def of_kind(self, district: Ints, kind: Kind, chosen: Floats) -> Ints:
        """For each district one of its places of a kind; ``chosen`` is uniform in 0..1."""
        about = ABOUT[kind]
        return district * PER_DISTRICT + FIRST[kind] + (chosen * about.count).astype(np.int64)

    def position(self, place: int) -> tuple[float, float]:
        """Latitude and longitude in degrees WGS 84."""
        return degrees(float(self.east_m[place]), float(self.north_m[place]))

    def name(self, place: int) -> tuple[str, str]:
        """English and Korean."""
        kind, number = Kind(int(self.kind[place])), place % PER_DISTRICT
        rng = stream(self.seed, "names", int(self.district[place]))
        order = rng.permutation(len(STEMS))
        stem = STEMS[order[number % len(STEMS)]]
        about = ABOUT[kind]
        area = self.area(int(self.district[place]))
        if kind is Kind.STATION:
            return f"{area[0]} {about.english}", f"{area[1]}{about.korean}"
        more = "" if number < len(STEMS) else f" {number // len(STEMS) + 1}"
        suffix = "" if self.size.districts == 1 else f", {area[0]}"
        ending = "" if self.size.districts == 1 else f" {area[1]}점"
        return f"{stem[0]} {about.english}{more}{suffix}", f"{stem[1]}{about.korean}{more}{ending}"

    def area(self, district: int) -> tuple[str, str]:
        english, korean = DISTRICTS[district % len(DISTRICTS)]
        number = district // len(DISTRICTS)
        return (english, korean) if not number else (f"{english} {number + 1}", f"{korean}{number + 1}동")

    def address(self, place: int) -> str:
        area = self.area(int(self.district[place]))[1]
        house = 2 * int(self.east_m[place] / 10) + int(self.north_m[place] > self.row_m[self.street[place]])
        return f"{CITY[1]}시 {area} {int(self.street[place]) + 1}길 {house}"


PER_DISTRICT = sum(about.count for about in ABOUT.values())
FIRST: dict[Kind, int] = {}
for _kind, _about in ABOUT.items():
    FIRST[_kind] = sum(ABOUT[k].count for k in FIRST)


def degrees(east_m: float, north_m: float) -> tuple[float, float]:
    """Latitude and longitude of a point of the city."""
    lat = ORIGIN_LAT + north_m / M_PER_DEGREE
    return lat, ORIGIN_LON + east_m / (M_PER_DEGREE * math.cos(math.radians(ORIGIN_LAT)))


def build(seed: int, size: Size) -> Plan:
    """The plan of a city; the same for the same seed, size and numpy version."""
    rng = stream(seed, "streets")
    row_m = _streets(rng, size.rows)
    column_m = _streets(rng, size.columns)
    kinds = np.repeat([int(k) for k in ABOUT], [a.count for a in ABOUT.values()])
    district = np.repeat(np.arange(size.districts, dtype=np.int64), PER_DISTRICT)
    rng = stream(seed, "places")
    count = len(district)
    street = (district // size.columns) * BLOCKS + rng.integers(0, BLOCKS, count)
    # doors lie on a raster of eight metres along the street, so that no two lie on each other by much
    along = (
        rng.permuted(np.tile(np.arange(PER_DISTRICT), (size.districts, 1)), axis=1).ravel() + 0.5
    ) / PER_DISTRICT
    east_m = ((district % size.columns) + along) * DISTRICT_M
    side = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    return Plan(
        seed=seed,
        size=size,
        row_m=row_m,
        column_m=column_m,
        east_m=east_m,
        north_m=row_m[street] + side * DOOR_M,
        street=street,
        kind=np.tile(kinds, size.districts).astype(np.int64),
        district=district,
    )


def _streets(rng: np.random.Generator, districts: int) -> Floats:
    """Where the streets of one direction run, about every hundred metres."""
    count = districts * BLOCKS
    return (np.arange(count) + 0.5) * BLOCK_M + rng.uniform(-18.0, 18.0, count)
