"""What everybody does on a day: stays one after the other, and the ways between them."""

from dataclasses import dataclass

import numpy as np

from adapters.city.chance import stream
from adapters.city.kinds import Kind
from adapters.city.plan import Floats, Ints, Plan
from adapters.city.residents import Residents, Way

STAYS = 7
WALK_M_S = 1.3
RIDE_FROM_M = 1_500.0  # farther than this people ride
RIDE_M_S, RIDE_WAIT_S = 7.0, 420.0
DAY_S = 86_400
HOME_BY_S = DAY_S - 1_800.0
LATE_S = 600.0  # who comes later than this comes alone
SHORTEST_S = 240.0  # of an errand, a meal, an evening
ERRANDS = (
    Kind.STORE,
    Kind.MARKET,
    Kind.PHARMACY,
    Kind.BAKERY,
    Kind.CLINIC,
    Kind.BANK,
    Kind.SALON,
    Kind.LIBRARY,
)
ERRAND_SHARE = (0.30, 0.22, 0.10, 0.12, 0.08, 0.08, 0.04, 0.06)
MEALS = (Kind.RESTAURANT, Kind.CAFE)
EVENINGS = (
    Kind.RESTAURANT,
    Kind.CAFE,
    Kind.GYM,
    Kind.STORE,
    Kind.CHURCH,
    Kind.GAMES,
    Kind.MARKET,
    Kind.ACADEMY,
)
EVENING_SHARE = (0.27, 0.15, 0.13, 0.17, 0.04, 0.08, 0.10, 0.06)


@dataclass(frozen=True, slots=True)
class Day:
    """Arrays (residents, STAYS): ``place`` (-1: no such stay), ``start_s`` and ``end_s`` in seconds of the
    day, ``company``: equal numbers at one place and time are people who came together, -1 alone."""

    place: Ints
    start_s: Ints
    end_s: Ints
    company: Ints


def live(plan: Plan, people: Residents, day: int) -> Day:
    """One working day of everybody. ``day`` counts from 0."""
    rng = stream(plan.seed, "day", day)
    count = len(people)
    place = np.full((count, STAYS), -1, dtype=np.int64)
    company = np.full((count, STAYS), -1, dtype=np.int64)
    wanted_s = np.zeros((count, STAYS))  # when each stay would begin
    lasts_s = np.zeros((count, STAYS))
    near_home, works = plan.district[people.home], people.work >= 0
    near_work = np.where(works, plan.district[people.work], near_home)

    def some(
        column: int, who: Floats, kinds: tuple[Kind, ...], share: tuple[float, ...], where: Ints
    ) -> None:
        goes = rng.random(count) < who
        kind, chosen = rng.choice(len(kinds), count, p=share), rng.random(count)
        favourite = (people.home * 7919 + np.arange(count) * 104_729 + column) % 1_000_003 / 1_000_003
        chosen = np.where(rng.random(count) < 0.6, favourite, chosen)  # mostly the same shop
        for number, one in enumerate(kinds):
            mine = goes & (kind == number)
            place[mine, column] = plan.of_kind(where[mine], one, chosen[mine])

    place[:, 0] = people.home
    some(1, np.where(works, 0.12, 0.65), ERRANDS, ERRAND_SHARE, near_home)
    wanted_s[:, 1] = np.where(
        works, people.begins_s - rng.uniform(1500, 3600, count), rng.uniform(34_000, 40_500, count)
    )
    lasts_s[:, 1] = rng.lognormal(6.3, 0.6, count)
    place[works, 2] = people.work[works]
    wanted_s[:, 2] = people.begins_s
    some(3, np.where(works, 0.72, 0.35), MEALS, (0.78, 0.22), near_work)
    crew_table = (people.crew * 2_654_435_761 + day * 40_503) % 1_000_003 / 1_000_003
    with_crew = works & (place[:, 3] >= 0) & (crew_table < 0.8)
    place[with_crew, 3] = plan.of_kind(
        near_work[with_crew], Kind.RESTAURANT, (crew_table[with_crew] * 7 % 1.0)
    )
    company[with_crew, 3] = people.crew[with_crew]
    noon_s = 43_200 + rng.normal(0, 600, count)
    noon_s[with_crew] = 42_900 + crew_table[with_crew] * 2400 + rng.normal(0, 40, with_crew.sum())
    wanted_s[:, 3], lasts_s[:, 3] = noon_s, rng.normal(2700, 500, count)
    back = works & (place[:, 3] >= 0)
    place[back, 4] = people.work[back]
    leaves_s = (
        people.begins_s + np.where(people.way == Way.STUDIES, 7.0, 8.8) * 3600 + rng.normal(0, 1200, count)
    )
    some(
        5,
        np.where(works, 0.55, 0.40),
        EVENINGS,
        EVENING_SHARE,
        np.where(rng.random(count) < 0.5, near_work, near_home),
    )
    wanted_s[:, 5] = np.where(works, leaves_s, rng.uniform(52_000, 66_000, count))
    lasts_s[:, 5] = rng.lognormal(8.0, 0.5, count)
    _together_at_night(rng, people, place, wanted_s, lasts_s, company)
    place[:, 6] = people.home
    start_s, end_s = _in_order(plan, place, wanted_s, lasts_s, leaves_s)
    company[:, 0] = company[:, 6] = people.household
    company[(place < 0) | ((wanted_s > 0) & (start_s > wanted_s + LATE_S))] = -1
    return Day(place=place, start_s=start_s, end_s=end_s, company=company)


def travel_s(plan: Plan, a: Ints, b: Ints) -> Floats:
    """Seconds from door to door: on foot along the streets, or by bus where it is far."""
    way_m = np.abs(plan.east_m[a] - plan.east_m[b]) + np.abs(plan.north_m[a] - plan.north_m[b])
    return np.where(way_m < RIDE_FROM_M, way_m / WALK_M_S, RIDE_WAIT_S + way_m / RIDE_M_S)


def _together_at_night(
    rng: np.random.Generator, people: Residents, place: Ints, wanted_s: Floats, lasts_s: Floats, company: Ints
) -> None:
    """Some households go out together: everybody follows the first of them."""
    first = np.r_[True, people.household[1:] != people.household[:-1]]
    leader = np.maximum.accumulate(np.where(first, np.arange(len(people)), 0))
    out = (rng.random(len(people)) < 0.25)[leader] & (place[leader, 5] >= 0)
    wanted_s[out, 5] = np.maximum(wanted_s[leader[out], 5], 64_000.0)
    place[out, 5], lasts_s[out, 5] = place[leader[out], 5], lasts_s[leader[out], 5]
    company[out, 5] = people.household[out]


def _in_order(
    plan: Plan, place: Ints, wanted_s: Floats, lasts_s: Floats, leaves_s: Floats
) -> tuple[Ints, Ints]:
    """Start and end of each stay: nobody arrives before they can have walked there. Who would not be home
    by ``HOME_BY_S`` leaves earlier, or does not go out at night; their ``place`` is -1 then."""
    count = len(place)
    start_s, end_s = np.zeros((count, STAYS), np.int64), np.zeros((count, STAYS), np.int64)
    at, free_s = place[:, 0].copy(), np.zeros(count)
    last = np.zeros(count, np.int64)  # the column of the stay before
    everybody = np.arange(count)
    for column in range(1, STAYS):
        goes = place[:, column] >= 0
        way_s = travel_s(plan, at, np.where(goes, place[:, column], at))
        begins = np.maximum(wanted_s[:, column], free_s + way_s)  # home as soon as all is done: wanted at 0
        begins = np.minimum(begins, HOME_BY_S)
        leave_by_s = HOME_BY_S - travel_s(plan, np.where(goes, place[:, column], at), place[:, STAYS - 1])
        if column == 5:
            goes &= begins + SHORTEST_S <= leave_by_s
            place[~goes, column] = -1
        leaves = np.maximum(begins - way_s, free_s)
        end_s[everybody[goes], last[goes]] = leaves[goes]
        start_s[goes, column] = begins[goes]
        if column == 4:
            ends = np.maximum(begins + 1800, leaves_s)
        elif column == 2:
            ends = np.where(place[:, 3] >= 0, np.maximum(wanted_s[:, 3] - 300, begins + 1200), leaves_s)
        else:
            ends = begins + np.clip(lasts_s[:, column], SHORTEST_S, 4 * 3600)
        ends = np.minimum(ends, leave_by_s)
        free_s = np.where(goes, np.maximum(ends, begins + 120), free_s)
        at, last = np.where(goes, place[:, column], at), np.where(goes, column, last)
    end_s[:, STAYS - 1] = DAY_S
    return start_s, end_s
