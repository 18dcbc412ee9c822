"""Where something was: always a disc, never a point."""

import math
from collections.abc import Sequence

from engine.domain.value import Value

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


class Disc(Value, frozen=True, kw_only=True, gc=False):
    """Degrees WGS 84; the truth lies within ``radius_m`` with about 95 % probability."""

    lat: float
    lon: float
    radius_m: float

    def __post_init__(self) -> None:
        if not -90 <= self.lat <= 90:
            raise ValueError(f"lat: expected -90..90, got {self.lat}")
        if not -180 <= self.lon <= 180:
            raise ValueError(f"lon: expected -180..180, got {self.lon}")
        if not self.radius_m >= 0:
            raise ValueError(f"radius_m: expected 0 or more, got {self.radius_m}")


class Place(Value, frozen=True, kw_only=True):
    """An entry of the gazetteer; ``names[0]`` is the one shown."""

    place_id: str
    names: tuple[str, ...]
    address: str
    disc: Disc
    kind: str = ""
    phone: str = ""


def distance_m(a: Disc, b: Disc) -> float:
    """Great-circle distance between the centres (haversine), in metres."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(b.lon - a.lon) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def least_distance_m(a: Disc, b: Disc) -> float:
    """Smallest distance that both radii allow, in metres."""
    return max(0.0, distance_m(a, b) - a.radius_m - b.radius_m)


def greatest_distance_m(discs: Sequence[Disc]) -> float:
    """No two centres are farther apart than this, in metres: a way along a meridian and a parallel round
    all of them, which no great circle is longer than."""
    if not discs:
        return 0.0
    lats = [math.radians(disc.lat) for disc in discs]
    lons = [math.radians(disc.lon) for disc in discs]
    nearest_equator = 0.0 if min(lats) <= 0 <= max(lats) else min(abs(min(lats)), abs(max(lats)))
    across = (max(lons) - min(lons)) * math.cos(nearest_equator)
    return EARTH_RADIUS_M * min(math.pi, max(lats) - min(lats) + across)
