"""Plane geometry of camera coverage. The only module that knows shapely."""

import math

import shapely

from engine.domain.camera import Camera
from engine.domain.place import EARTH_RADIUS_M, Disc, Place, distance_m, least_distance_m

FAR_M = 500.0  # a camera sees its own surroundings; beyond it, coordinates or place are wrong


def reaches(camera: Camera, disc: Disc) -> bool:
    """True where the camera may see some of the disc: its coverage polygon meets it, or, where no
    coverage is registered, its range does."""
    if not camera.coverage:
        return least_distance_m(camera.disc, disc) <= 0.0
    ring = [_metres(lat, lon, disc) for lon, lat in camera.coverage]
    polygon = shapely.make_valid(shapely.Polygon(ring))
    return bool(shapely.distance(polygon, shapely.Point(0.0, 0.0)) <= disc.radius_m)


def doubts(camera: Camera, place: Place | None) -> list[tuple[str, str, str]]:
    """(key, problem, mend) for each thing about a camera that looks wrong. Coordinates in degrees."""
    found: list[tuple[str, str, str]] = []
    if camera.coverage:
        polygon = shapely.Polygon(camera.coverage)
        if not polygon.is_valid:
            why = shapely.is_valid_reason(polygon).partition("[")[0].lower()
            found.append(("coverage", f"is no simple ring ({why})", "give its corners in order"))
        lon, lat = polygon.centroid.x, polygon.centroid.y
        away_m = distance_m(camera.disc, Disc(lat=lat, lon=lon, radius_m=0.0))
        if away_m > FAR_M:
            found.append(
                (
                    "coverage",
                    f"lies {away_m:.0f} m from the camera",
                    "write corners as [lon, lat], and check where the camera stands",
                )
            )
    if place is not None and (away_m := least_distance_m(camera.disc, place.disc)) > FAR_M:
        problem = f"stands {away_m:.0f} m from its place {place.place_id}"
        found.append(("place_id", problem, "check lat and lon of both"))
    return found


def _metres(lat: float, lon: float, origin: Disc) -> tuple[float, float]:
    """East and north of the centre of ``origin`` in metres; good to 0.1 % within a city."""
    east = math.radians(lon - origin.lon) * math.cos(math.radians(origin.lat)) * EARTH_RADIUS_M
    return east, math.radians(lat - origin.lat) * EARTH_RADIUS_M
