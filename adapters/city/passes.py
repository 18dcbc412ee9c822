"""Who passes which camera, when and how: at doors, at tills, along streets."""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from adapters.city.cameras import Cameras, Spot
from adapters.city.chance import stream
from adapters.city.days import RIDE_FROM_M, STAYS, WALK_M_S, Day
from adapters.city.plan import BLOCK_M, Floats, Ints, Plan
from adapters.city.residents import Residents

DOOR_NEAR_M, DOOR_FAR_M, DOOR_M_S = 1.7, 7.0, 1.1
TILL_M, TILL_FROM_M, TILL_STEP_S = 1.9, 4.2, 2.0
STREET_NEAR_M, STREET_FAR_M = 4.5, 10.5
# nearest and farthest, along the axis of the camera, that people come
REACH = {
    Spot.DOOR: (DOOR_NEAR_M, DOOR_FAR_M),
    Spot.TILL: (TILL_M, TILL_FROM_M),
    Spot.STREET: (STREET_NEAR_M, STREET_FAR_M),
}
PAYS_FROM = 0.55  # of a stay: who pays does it towards its end
MASKS = ("none", "worn", "under")
SAME_DOOR_S = 1.4  # companions come through a door one after the other


class Motion(IntEnum):
    COMES = 0
    LEAVES = 1
    PAYS = 2
    TOWARDS = 3
    AWAY = 4


@dataclass(frozen=True, slots=True)
class Passes:
    """Rows in order of ``start_s`` (seconds of the day, true time). ``right_m`` is how far to the right of
    the middle of the picture somebody walks, ``yaw_deg`` how far they look aside, ``seat`` which of the
    resident's stays it belongs to, ``mask`` an index into ``MASKS``."""

    camera: Ints
    resident: Ints
    motion: Ints
    start_s: Floats
    end_s: Floats
    right_m: Floats
    yaw_deg: Floats
    seat: Ints
    mask: Ints

    def __len__(self) -> int:
        return len(self.camera)

    def some(self, which: Ints) -> "Passes":
        """The rows that an index or a mask picks."""
        return Passes(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


def passes(plan: Plan, cameras: Cameras, people: Residents, day: Day, residents: Ints, number: int) -> Passes:
    """Every pass of the given residents on a day, whether a camera recorded it or not."""
    found = [*_at_places(plan, cameras, day, residents), *_along_streets(plan, cameras, day, residents)]
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    camera, resident, motion, start_s, end_s, seat = columns
    rng = stream(plan.seed, "passes", number)
    # drawn for everybody, so that who else is asked for changes nobody's way
    aside = rng.normal(0.0, 1.0, (len(day.place), STAYS, 2))[resident, seat]
    right_m = np.clip(aside[:, 0] * 0.35, -0.8, 0.8) * np.where(motion >= Motion.TOWARDS, 2.0, 1.0)
    order = np.lexsort((resident, camera, start_s))
    return Passes(
        camera=camera[order],
        resident=resident[order],
        motion=motion[order],
        start_s=start_s[order],
        end_s=end_s[order],
        right_m=right_m[order],
        yaw_deg=np.clip(aside[order, 1] * 11.0, -28.0, 28.0),
        seat=seat[order],
        mask=_masks(cameras, people, rng.random((len(day.place), STAYS, 2)), camera, resident, seat)[order],
    )


def ahead_m(motion: int, part_s: Floats, lasts_s: float) -> Floats:
    """Distance from the camera along its axis, ``part_s`` seconds after the pass began."""
    if motion == Motion.PAYS:
        comes = TILL_FROM_M - (TILL_FROM_M - TILL_M) * np.clip(part_s / TILL_STEP_S, 0, 1)
        goes = (TILL_FROM_M - TILL_M) * np.clip((part_s - lasts_s + TILL_STEP_S) / TILL_STEP_S, 0, 1)
        return comes + goes
    near, far = (DOOR_NEAR_M, DOOR_FAR_M) if motion <= Motion.LEAVES else (STREET_NEAR_M, STREET_FAR_M)
    share = np.clip(part_s / lasts_s, 0, 1)
    return near + (far - near) * (share if motion in (Motion.LEAVES, Motion.AWAY) else 1 - share)


def _masks(
    cameras: Cameras, people: Residents, chance: Floats, camera: Ints, resident: Ints, seat: Ints
) -> Ints:
    """What people wear on their passes: less in the street."""
    first, second = chance[resident, seat].T
    willing = people.wears[resident] * np.where(cameras.spot[camera] == Spot.STREET, 0.55, 0.8)
    worn = np.where(second < people.under[resident], MASKS.index("under"), MASKS.index("worn"))
    return np.where(first < willing, worn, MASKS.index("none")).astype(np.int64)


Bools = npt.NDArray[np.bool_]
Columns = tuple[Ints, Ints, Ints, Floats, Floats, Ints]


def _at_places(plan: Plan, cameras: Cameras, day: Day, residents: Ints) -> list[Columns]:
    """Coming and going at doors, paying at tills."""
    found: list[Columns] = []
    through_s = (DOOR_FAR_M - DOOR_NEAR_M) / DOOR_M_S
    at = {spot: _by_place(plan, cameras, spot) for spot in (Spot.DOOR, Spot.TILL)}
    for seat in range(STAYS):
        place, start_s, end_s = (a[residents, seat] for a in (day.place, day.start_s, day.end_s))
        late_s = (day.company[residents, seat] >= 0) * SAME_DOOR_S * (residents % 5)
        there = place >= 0
        door = np.where(there, at[Spot.DOOR][place], -1)
        till = np.where(there, at[Spot.TILL][place], -1)
        comes, goes = (door >= 0) & (seat > 0), (door >= 0) & (seat < STAYS - 1)
        found.append(
            _rows(door, residents, Motion.COMES, start_s + late_s - through_s, through_s, seat, comes)
        )
        found.append(_rows(door, residents, Motion.LEAVES, end_s + late_s, through_s, seat, goes))
        pays = (till >= 0) & (seat in (1, 3, 5)) & (end_s - start_s > 120)
        from_s = start_s + (end_s - start_s) * PAYS_FROM + late_s * 4
        stands_s = 9.0 + (residents * 37 % 9)
        found.append(_rows(till, residents, Motion.PAYS, from_s, stands_s, seat, pays))
    return found


def _along_streets(plan: Plan, cameras: Cameras, day: Day, residents: Ints) -> list[Columns]:
    """Ways on foot: along the street of the one place, up or down a cross street, along the other's."""
    found: list[Columns] = []
    masts = np.flatnonzero(cameras.spot == Spot.STREET)
    row_of = np.abs(cameras.north_m[masts, None] - plan.row_m[None, :]).argmin(axis=1)
    for here in range(STAYS - 1):
        a, there = day.place[residents, here], _next(day, residents, here)
        b = np.where(there >= 0, day.place[residents, there], -1)
        walks = (a >= 0) & (b >= 0) & (a != b)
        way_m = np.abs(plan.east_m[a] - plan.east_m[b]) + np.abs(plan.north_m[a] - plan.north_m[b])
        walks &= way_m < RIDE_FROM_M
        corner = _corner(plan, plan.east_m[a], plan.east_m[b])
        up_m = np.abs(plan.row_m[plan.street[a]] - plan.row_m[plan.street[b]])
        leaves_s = day.end_s[residents, here].astype(np.float64)
        later_s = leaves_s + (np.abs(corner - plan.east_m[a]) + up_m) / WALK_M_S
        for street, from_m, to_m, at_s in (
            (plan.street[a], plan.east_m[a], corner, leaves_s),
            (plan.street[b], corner, plan.east_m[b], later_s),
        ):
            for mast, row in zip(masts, row_of, strict=True):
                looks = 1.0 if cameras.azimuth_deg[mast] < 180 else -1.0
                ends = cameras.east_m[mast] + looks * np.array([STREET_NEAR_M, STREET_FAR_M])
                crosses = walks & (street == row)
                crosses &= (np.minimum(from_m, to_m) <= ends.min()) & (np.maximum(from_m, to_m) >= ends.max())
                if not crosses.any():
                    continue
                onwards = np.sign(to_m - from_m)
                first = np.where(onwards > 0, ends.min(), ends.max())
                begins_s = at_s + np.abs(first - from_m) / WALK_M_S
                motion = np.where(onwards == looks, Motion.AWAY, Motion.TOWARDS)
                lasts_s = (STREET_FAR_M - STREET_NEAR_M) / WALK_M_S
                camera = np.full(len(residents), mast)
                found.append(_rows(camera, residents, motion, begins_s, lasts_s, here, crosses))
    return found


def _rows(
    camera: Ints,
    residents: Ints,
    motion: int | Ints,
    start_s: Floats,
    lasts_s: float | npt.NDArray[np.floating],
    seat: int,
    which: Bools,
) -> Columns:
    everyone = np.ones(len(residents))
    return (
        camera[which].astype(np.int64),
        residents[which],
        (motion * everyone)[which].astype(np.int64),
        start_s[which].astype(np.float64),
        (start_s + lasts_s * everyone)[which].astype(np.float64),
        np.full(int(which.sum()), seat, np.int64),
    )


def _by_place(plan: Plan, cameras: Cameras, spot: Spot) -> Ints:
    """The camera of each place at that spot, -1 without one."""
    found = np.full(plan.places, -1, np.int64)
    mine = np.flatnonzero(cameras.spot == spot)
    found[cameras.place[mine]] = mine
    return found


def _next(day: Day, residents: Ints, here: int) -> Ints:
    """Column of the stay that follows, -1 after the last."""
    after = np.full(len(residents), -1, np.int64)
    for column in range(STAYS - 1, here, -1):
        after = np.where(day.place[residents, column] >= 0, column, after)
    return after


def _corner(plan: Plan, a_m: Floats, b_m: Floats) -> Floats:
    """Where somebody turns from one street into the other: the cross street half way."""
    middle = ((a_m + b_m) / 2 / BLOCK_M).astype(np.int64).clip(0, len(plan.column_m) - 1)
    corner: Floats = plan.column_m[middle]
    return corner
