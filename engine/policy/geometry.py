"""Plane geometry of camera coverage. The only module that knows shapely."""

import math

import shapely

from engine.domain.camera import Camera
from engine.domain.place import EARTH_RADIUS_M, Disc, least_distance_m


def reaches(camera: Camera, disc: Disc) -> bool:
    """True where the camera may see some of the disc: its coverage polygon meets it, or, where no
    coverage is registered, its range does."""
    if not camera.coverage:
        return least_distance_m(camera.disc, disc) <= 0.0
    ring = [_metres(lat, lon, disc) for lon, lat in camera.coverage]
    polygon = shapely.make_valid(shapely.Polygon(ring))
    return bool(shapely.distance(polygon, shapely.Point(0.0, 0.0)) <= disc.radius_m)


def _metres(lat: float, lon: float, origin: Disc) -> tuple[float, float]:
    """East and north of the centre of ``origin`` in metres; good to 0.1 % within a city."""
    east = math.radians(lon - origin.lon) * math.cos(math.radians(origin.lat)) * EARTH_RADIUS_M
    return east, math.radians(lat - origin.lat) * EARTH_RADIUS_M
