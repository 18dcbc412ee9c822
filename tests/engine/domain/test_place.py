import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.place import EARTH_RADIUS_M, Disc, distance_m, greatest_distance_m, least_distance_m

discs = st.builds(Disc, lat=st.floats(-90, 90), lon=st.floats(-180, 180), radius_m=st.floats(0, 5_000))


def test_a_degree_of_latitude_is_a_360th_of_a_meridian() -> None:
    a, b = Disc(lat=37.0, lon=127.0, radius_m=0), Disc(lat=38.0, lon=127.0, radius_m=0)
    assert distance_m(a, b) == pytest.approx(2 * 3.141592653589793 * EARTH_RADIUS_M / 360, rel=1e-9)


def test_seoul_to_busan_is_about_325_km() -> None:
    seoul, busan = (
        Disc(lat=37.5665, lon=126.9780, radius_m=0),
        Disc(lat=35.1796, lon=129.0756, radius_m=0),
    )
    assert distance_m(seoul, busan) == pytest.approx(325_000, rel=0.01)


def test_the_date_line_is_no_way_around_the_world() -> None:
    assert distance_m(Disc(lat=0, lon=179.999, radius_m=0), Disc(lat=0, lon=-179.999, radius_m=0)) < 250


def test_discs_that_meet_may_be_the_same_spot() -> None:
    a, b = Disc(lat=37.0, lon=127.0, radius_m=600), Disc(lat=37.01, lon=127.0, radius_m=600)
    assert distance_m(a, b) > 1_000
    assert least_distance_m(a, b) == 0.0


@pytest.mark.parametrize(
    ("lat", "lon", "radius_m", "says"),
    [(91, 0, 1, "lat"), (0, 181, 1, "lon"), (0, 0, -1, "radius_m"), (0, 0, float("nan"), "radius_m")],
)
def test_a_place_off_the_globe_cannot_be_made(lat: float, lon: float, radius_m: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Disc(lat=lat, lon=lon, radius_m=radius_m)


@given(discs, discs)
def test_distances_are_the_same_both_ways_and_never_negative(a: Disc, b: Disc) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a), abs=1e-3)
    assert 0 <= least_distance_m(a, b) <= distance_m(a, b)


@given(st.lists(discs, min_size=1, max_size=6))
def test_no_two_of_several_are_farther_apart_than_the_greatest_distance(several: list[Disc]) -> None:
    greatest_m = greatest_distance_m(several)
    assert all(distance_m(a, b) <= greatest_m + 1e-3 for a in several for b in several)


def test_the_greatest_distance_of_a_city_is_not_that_of_the_earth() -> None:
    city = [Disc(lat=37.45 + n / 100, lon=126.7 + n / 100, radius_m=0) for n in range(10)]
    assert distance_m(city[0], city[-1]) <= greatest_distance_m(city) < 20_000
    assert greatest_distance_m([]) == 0.0
