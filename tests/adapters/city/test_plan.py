from collections import Counter

import numpy as np
import pytest

from adapters.city.kinds import ABOUT, Kind
from adapters.city.plan import (
    BLOCK_M,
    CITY_SIZE,
    DISTRICT_M,
    DOOR_M,
    PER_DISTRICT,
    TOWN,
    Plan,
    Size,
    build,
    degrees,
)
from engine.domain.place import Disc, distance_m


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build(7, Size("three by two", 3, 2, 100, 10))


def test_every_door_lies_beside_its_street(plan: Plan) -> None:
    np.testing.assert_allclose(np.abs(plan.north_m - plan.row_m[plan.street]), DOOR_M)


def test_every_place_lies_in_its_district(plan: Plan) -> None:
    column = (plan.east_m // DISTRICT_M).astype(int)
    np.testing.assert_array_equal(plan.street // 10 * plan.size.columns + column, plan.district)


def test_streets_run_about_every_hundred_metres_and_never_cross_their_neighbour(plan: Plan) -> None:
    for lines, count in ((plan.row_m, 20), (plan.column_m, 30)):
        assert len(lines) == count
        assert np.diff(lines).min() > BLOCK_M / 2
        assert np.diff(lines).max() < BLOCK_M * 1.5


def test_a_district_has_the_places_that_its_kinds_say(plan: Plan) -> None:
    for district in range(plan.size.districts):
        kinds = Counter(plan.kind[plan.district == district].tolist())
        assert kinds == {int(kind): about.count for kind, about in ABOUT.items()}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_chosen_place_is_of_the_kind_and_in_the_district_asked_for(plan: Plan, kind: Kind) -> None:
    district = np.arange(plan.size.districts).repeat(50)
    chosen = np.tile(np.linspace(0, 1, 50, endpoint=False), plan.size.districts)
    found = plan.of_kind(district, kind, chosen)
    np.testing.assert_array_equal(plan.kind[found], kind)
    np.testing.assert_array_equal(plan.district[found], district)
    assert len(set(found.tolist())) == ABOUT[kind].count * plan.size.districts, "each can be chosen"


@pytest.mark.parametrize("size", [TOWN, Size("wide", 6, 5, 100, 10)])
def test_no_two_shops_of_a_city_have_one_name_in_either_language(size: Size) -> None:
    """Names stand for places in records and reports: only homes and stops may repeat themselves."""
    plan = build(3, size)
    named = [p for p in range(plan.places) if plan.kind[p] not in (Kind.HOME, Kind.STOP)]
    for language in (0, 1):
        names = Counter(plan.name(place)[language] for place in named)
        assert [name for name, times in names.items() if times > 1] == []


def test_places_of_an_address_are_the_same_house_or_across_the_street(plan: Plan) -> None:
    addresses = Counter(plan.address(place) for place in range(plan.places))
    assert max(addresses.values()) <= 3
    assert len(addresses) > 0.9 * plan.places


def test_a_degree_is_as_long_as_on_the_earth(plan: Plan) -> None:
    lat, lon = degrees(0, 0)
    here, far = (Disc(lat=a, lon=b, radius_m=0) for a, b in ((lat, lon), degrees(3_000, 4_000)))
    assert distance_m(here, far) == pytest.approx(5_000, rel=2e-3)
    assert degrees(0, 100)[0] > lat
    assert degrees(100, 0)[1] > lon


def test_another_seed_is_another_city_and_the_same_seed_the_same() -> None:
    one, again, other = build(7, TOWN), build(7, TOWN), build(8, TOWN)
    np.testing.assert_array_equal(one.east_m, again.east_m)
    assert not np.array_equal(one.east_m, other.east_m)
    assert one.name(40) == again.name(40)


def test_the_sizes_are_the_ones_that_are_stated() -> None:
    assert (TOWN.districts, TOWN.residents, TOWN.cameras) == (1, 300, 40)
    assert (CITY_SIZE.districts, CITY_SIZE.residents, CITY_SIZE.cameras) == (420, 830_000, 10_820)
    assert CITY_SIZE.districts * PER_DISTRICT < 100_000, "place ids have five digits"
