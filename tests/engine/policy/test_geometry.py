import pytest

from engine.domain.camera import Camera
from engine.domain.place import Disc
from engine.policy.geometry import reaches
from tests.engine.fakes import LAT, LON, M_PER_DEGREE, a_camera, disc


def square(north_m: float, half_m: float) -> tuple[tuple[float, float], ...]:
    """A closed ring of (lon, lat) around a spot north of the middle; a degree of longitude is
    shorter than one of latitude here, by cos(37.487 degrees) = 0.7935."""
    lat, high, wide = LAT + north_m / M_PER_DEGREE, half_m / M_PER_DEGREE, half_m / (M_PER_DEGREE * 0.7935)
    corners = ((-wide, -high), (wide, -high), (wide, high), (-wide, high), (-wide, -high))
    return tuple((LON + east, lat + north) for east, north in corners)


def test_without_a_polygon_the_range_of_the_camera_decides() -> None:
    camera = a_camera(range_m=30.0)
    assert reaches(camera, disc(59, 30))
    assert not reaches(camera, disc(62, 30))


@pytest.mark.parametrize(("north_m", "seen"), [(0, True), (48, True), (52, False), (-48, True), (-52, False)])
def test_the_polygon_decides_where_there_is_one(north_m: float, seen: bool) -> None:
    camera = a_camera(coverage=square(0, 20), range_m=5_000.0)
    assert reaches(camera, disc(north_m, 30)) is seen


def test_a_camera_that_looks_away_from_where_it_hangs_sees_only_where_it_looks() -> None:
    camera = a_camera(coverage=square(100, 20))
    assert not reaches(camera, disc(0, 10))
    assert reaches(camera, disc(100, 10))


def test_east_and_west_are_measured_in_metres_too() -> None:
    camera = a_camera(coverage=square(0, 20))
    east = M_PER_DEGREE * 0.7935
    assert reaches(camera, Disc(lat=LAT, lon=LON + 48 / east, radius_m=30))
    assert not reaches(camera, Disc(lat=LAT, lon=LON + 52 / east, radius_m=30))


def test_a_polygon_drawn_across_itself_still_covers_what_it_covers() -> None:
    ring = square(0, 20)
    bow_tie = (ring[0], ring[2], ring[1], ring[3], ring[0])
    camera: Camera = a_camera(coverage=bow_tie)
    east = M_PER_DEGREE * 0.7935
    assert reaches(camera, Disc(lat=LAT, lon=LON + 15 / east, radius_m=2))
    assert not reaches(camera, disc(15, 2))
