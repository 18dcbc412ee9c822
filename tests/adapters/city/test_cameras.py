import math

import numpy as np
import pytest

from adapters.city import cameras as fixed
from adapters.city import plan
from adapters.city.cameras import (
    CLOCKS,
    DAY_S,
    DEAD_SHARE,
    LENS,
    SILENT_SHARE,
    STREET_SHARE,
    Cameras,
    Spot,
    coverage,
)
from adapters.city.kinds import ABOUT, Kind
from adapters.city.plan import TOWN, Plan, Size


@pytest.fixture(scope="module")
def many() -> tuple[Plan, Cameras]:
    made = plan.build(7, Size("many", 12, 10, 100, 3_000))
    return made, fixed.hang(made)


@pytest.mark.parametrize("size", [TOWN, Size("small", 2, 2, 10, 111)])
def test_there_are_as_many_cameras_as_the_size_says(size: Size) -> None:
    found = fixed.hang(plan.build(1, size))
    assert len(found) == size.cameras
    assert (found.spot == Spot.STREET).sum() == round(size.cameras * STREET_SHARE)


def test_cameras_inside_hang_at_places_that_have_them_and_no_two_at_one_spot(
    many: tuple[Plan, Cameras],
) -> None:
    made, found = many
    inside = found.spot != Spot.STREET
    spots = list(zip(found.spot[inside].tolist(), found.place[inside].tolist(), strict=True))
    assert len(set(spots)) == len(spots)
    for spot, place in spots:
        about = ABOUT[Kind(int(made.kind[place]))]
        assert (about.door_camera if spot == Spot.DOOR else about.till_camera) > 0
    np.testing.assert_array_equal(found.east_m[inside], made.east_m[found.place[inside]])
    assert (found.place[~inside] == -1).all()


def test_masts_stand_beside_streets_and_look_along_them(many: tuple[Plan, Cameras]) -> None:
    made, found = many
    masts = found.spot == Spot.STREET
    away_m = np.abs(found.north_m[masts, None] - made.row_m[None, :]).min(axis=1)
    np.testing.assert_allclose(away_m, 3.0)
    assert set(found.azimuth_deg[masts].tolist()) == {90.0, 270.0}


def test_a_door_camera_looks_into_the_street_and_a_till_camera_away_from_it(
    many: tuple[Plan, Cameras],
) -> None:
    made, found = many
    for spot, towards in ((Spot.DOOR, 1.0), (Spot.TILL, -1.0)):
        mine = found.spot == spot
        to_street_m = made.row_m[made.street[found.place[mine]]] - found.north_m[mine]
        ahead_m = np.cos(np.radians(found.azimuth_deg[mine]))
        assert (np.sign(to_street_m) * np.sign(ahead_m) == towards).all()


def test_the_ground_that_a_camera_sees_lies_in_front_of_it(many: tuple[Plan, Cameras]) -> None:
    _, found = many
    for camera in range(0, len(found), 37):
        ring = coverage(found, camera)
        assert ring[0] == ring[-1] == (found.east_m[camera], found.north_m[camera])
        for east_m, north_m in ring[1:-1]:
            east_m, north_m = east_m - found.east_m[camera], north_m - found.north_m[camera]
            assert math.hypot(east_m, north_m) == pytest.approx(found.range_m[camera])
            turn = math.degrees(math.atan2(east_m, north_m)) - found.azimuth_deg[camera]
            assert abs((turn + 180) % 360 - 180) <= found.hfov_deg[camera] / 2 + 1e-6


def test_lenses_are_within_what_is_hung_at_such_spots(many: tuple[Plan, Cameras]) -> None:
    _, found = many
    for spot, (least, most, height_m, range_m) in LENS.items():
        mine = found.spot == spot
        assert least <= found.hfov_deg[mine].min() <= found.hfov_deg[mine].max() <= most
        assert (np.abs(found.height_m[mine] - height_m) <= 0.41).all()
        assert (found.range_m[mine] == range_m).all()
    assert found.focal_px[0] == pytest.approx(640 / math.tan(math.radians(found.hfov_deg[0] / 2)))


def test_clocks_are_off_as_often_and_as_far_as_stated(many: tuple[Plan, Cameras]) -> None:
    _, found = many
    (good, small_s, _), (poor, large_s, _), (unknown, unknown_s, measured) = CLOCKS
    unmeasured = np.isnan(found.sigma_s)
    assert not measured
    assert unmeasured.mean() == pytest.approx(unknown, abs=0.02)
    assert np.abs(found.offset_s[unmeasured]).max() <= unknown_s
    known_s = np.abs(found.offset_s[~unmeasured])
    assert known_s.max() <= large_s
    over = (known_s > small_s).mean()  # a poor clock is seldom right by chance
    assert over == pytest.approx(poor / (good + poor) * (1 - small_s / large_s), abs=0.025)
    assert (found.offset_s > 0).mean() == pytest.approx(0.5, abs=0.05)


def test_cameras_are_silent_and_dead_as_often_as_stated(many: tuple[Plan, Cameras]) -> None:
    _, found = many
    whole = (found.silent[:, 1] == 0) & (found.silent[:, 2] == DAY_S)
    assert whole.sum() / len(found) == pytest.approx(DEAD_SHARE, abs=0.012)
    assert (~whole).sum() / len(found) == pytest.approx(SILENT_SHARE, abs=0.025)
    lasts_s = (found.silent[:, 2] - found.silent[:, 1])[~whole]
    assert 1_800 <= lasts_s.min() <= lasts_s.max() <= 10_800


def test_a_camera_works_outside_its_silences_only(many: tuple[Plan, Cameras]) -> None:
    _, found = many
    rows = found.silent[found.silent[:, 1] > 0]
    dead = set(found.silent[found.silent[:, 1] == 0][:, 0].tolist())
    camera, from_s, to_s = next(row for row in rows.tolist() if row[0] not in dead)
    assert found.works(camera, from_s - 60, from_s)
    assert found.works(camera, to_s, to_s + 60)
    assert not found.works(camera, from_s - 60, from_s + 1)
    assert not found.works(camera, from_s + 10, from_s + 20)
    assert not found.works(camera, from_s - 60, to_s + 60)
    assert not found.works(next(iter(dead)), 0, 1)
    awake = next(c for c in range(len(found)) if c not in set(found.silent[:, 0].tolist()))
    assert found.works(awake, 0, DAY_S)
