import numpy as np
import pytest

from adapters.city import passes
from adapters.city.cameras import Spot
from adapters.city.days import STAYS, WALK_M_S
from adapters.city.passes import MASKS, REACH, Motion, Passes, ahead_m

from .conftest import Wide

INSIDE = (Motion.COMES, Motion.LEAVES, Motion.PAYS)


@pytest.fixture(scope="module")
def everybody(wide: Wide) -> Passes:
    return passes.passes(
        wide.plan, wide.cameras, wide.people, wide.day, np.arange(len(wide.people), dtype=np.int64), 0
    )


def test_passes_are_in_order_and_last_a_while(everybody: Passes) -> None:
    assert len(everybody) > 10_000
    assert (np.diff(everybody.start_s) >= 0).all()
    lasts_s = everybody.end_s - everybody.start_s
    assert 4 < lasts_s.min() <= lasts_s.max() < 20


def test_only_people_who_are_there_pass_a_door_or_a_till(wide: Wide, everybody: Passes) -> None:
    inside = everybody.some(np.isin(everybody.motion, INSIDE))
    stay = (inside.resident, inside.seat)
    np.testing.assert_array_equal(wide.day.place[stay], wide.cameras.place[inside.camera])
    assert (inside.end_s > wide.day.start_s[stay] - 1).all()
    assert (inside.start_s < wide.day.end_s[stay] + 10).all()


def test_people_come_before_they_pay_and_leave_last(wide: Wide, everybody: Passes) -> None:
    stays: dict[tuple[int, int], dict[int, float]] = {}
    for resident, seat, motion, start_s in zip(
        everybody.resident, everybody.seat, everybody.motion, everybody.start_s, strict=True
    ):
        if motion in INSIDE:
            stays.setdefault((int(resident), int(seat)), {})[int(motion)] = float(start_s)
    whole = [found for found in stays.values() if len(found) == 3]
    assert len(whole) > 100
    assert all(f[Motion.COMES] < f[Motion.PAYS] < f[Motion.LEAVES] for f in whole)


def test_a_motion_belongs_to_where_the_camera_hangs(wide: Wide, everybody: Passes) -> None:
    seen = {
        spot: set(everybody.motion[wide.cameras.spot[everybody.camera] == spot].tolist()) for spot in Spot
    }
    assert seen == {
        Spot.DOOR: {Motion.COMES, Motion.LEAVES},
        Spot.TILL: {Motion.PAYS},
        Spot.STREET: {Motion.TOWARDS, Motion.AWAY},
    }


def test_whoever_walks_past_a_mast_is_there_when_their_pace_brings_them(
    wide: Wide, everybody: Passes
) -> None:
    """For first legs of ways: who is seen from behind begins at the near end of the picture."""
    street = everybody.some(everybody.motion >= Motion.TOWARDS)
    a = wide.day.place[street.resident, street.seat]
    row = np.abs(wide.cameras.north_m[street.camera, None] - wide.plan.row_m[None, :]).argmin(axis=1)
    following = np.full(len(street), -1)
    for number, (resident, seat) in enumerate(zip(street.resident, street.seat, strict=True)):
        later = wide.day.place[resident, seat + 1 :]
        following[number] = later[later >= 0][0]
    first_leg = (wide.plan.street[a] == row) & (wide.plan.street[following] != row)
    assert first_leg.sum() > 100
    near_m, far_m = REACH[Spot.STREET]
    looks = np.where(wide.cameras.azimuth_deg[street.camera] < 180, 1.0, -1.0)
    for motion, from_m, onwards in ((Motion.AWAY, near_m, looks), (Motion.TOWARDS, far_m, -looks)):
        mine = first_leg & (street.motion == motion)
        begins_m = wide.cameras.east_m[street.camera] + looks * from_m
        walked_m = (street.start_s - wide.day.end_s[street.resident, street.seat]) * WALK_M_S
        expected_m = wide.plan.east_m[a] + onwards * walked_m
        np.testing.assert_allclose(expected_m[mine], begins_m[mine], atol=1e-6)
        assert (walked_m[mine] >= 0).all()


@pytest.mark.parametrize("motion", list(Motion))
def test_a_motion_goes_the_way_that_its_name_says(motion: Motion) -> None:
    part_s = np.linspace(0, 20, 81)
    way_m = ahead_m(motion, part_s, 20.0)
    step_m = np.diff(way_m)
    if motion in (Motion.COMES, Motion.TOWARDS):
        assert (step_m < 0).all()
    elif motion in (Motion.LEAVES, Motion.AWAY):
        assert (step_m > 0).all()
    else:
        assert way_m[0] == way_m[-1] == REACH[Spot.TILL][1]
        assert (way_m[10:-10] == REACH[Spot.TILL][0]).all(), "stands at the till"
    spot = {Motion.PAYS: Spot.TILL, Motion.COMES: Spot.DOOR, Motion.LEAVES: Spot.DOOR}.get(
        motion, Spot.STREET
    )
    assert (way_m.min(), way_m.max()) == pytest.approx(REACH[spot])


def test_asking_for_fewer_residents_changes_nobodys_way(wide: Wide, everybody: Passes) -> None:
    few = np.array([4, 77, 1_502, 4_499], dtype=np.int64)
    alone = passes.passes(wide.plan, wide.cameras, wide.people, wide.day, few, 0)
    theirs = everybody.some(np.flatnonzero(np.isin(everybody.resident, few)))
    assert len(alone) > 4
    for name in Passes.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(alone, name), getattr(theirs, name), err_msg=name)


def test_masks_are_worn_less_in_the_street_and_seldom_under_the_nose(wide: Wide, everybody: Passes) -> None:
    street = wide.cameras.spot[everybody.camera] == Spot.STREET
    bare = everybody.mask == MASKS.index("none")
    assert bare[street].mean() > bare[~street].mean() + 0.1
    assert 0.02 < (everybody.mask == MASKS.index("under")).mean() < 0.12


def test_a_mask_stays_as_it_is_for_a_stay_within_one_kind_of_place(wide: Wide, everybody: Passes) -> None:
    inside = everybody.some(np.isin(everybody.motion, INSIDE))
    worn: dict[tuple[int, int], set[int]] = {}
    for resident, seat, mask in zip(inside.resident, inside.seat, inside.mask, strict=True):
        worn.setdefault((int(resident), int(seat)), set()).add(int(mask))
    assert max(len(kinds) for kinds in worn.values()) == 1
    assert max(seat for _, seat in worn) < STAYS


def test_nobody_walks_outside_what_a_picture_shows(everybody: Passes) -> None:
    assert np.abs(everybody.right_m).max() <= 1.6
    assert np.abs(everybody.yaw_deg).max() <= 28
    assert everybody.right_m.std() > 0.2
