from collections import Counter

import numpy as np
import pytest

from adapters.city import plan, residents
from adapters.city.kinds import Kind
from adapters.city.plan import Size
from adapters.city.residents import CREW, HOUSEHOLDS, WAYS, WORK, Way

from .conftest import Wide


def test_everybody_lives_in_a_home(wide: Wide) -> None:
    assert len(wide.people) == wide.plan.size.residents
    np.testing.assert_array_equal(wide.plan.kind[wide.people.home], Kind.HOME)


def test_as_many_work_study_keep_house_and_rest_as_the_shares_say(wide: Wide) -> None:
    shares = np.bincount(wide.people.way, minlength=len(Way)) / len(wide.people)
    np.testing.assert_allclose(shares, WAYS, atol=0.025)


def test_who_works_or_studies_has_a_place_for_it_and_nobody_else_has(wide: Wide) -> None:
    busy = wide.people.way <= Way.STUDIES
    np.testing.assert_array_equal(wide.people.work >= 0, busy)
    students = wide.people.way == Way.STUDIES
    np.testing.assert_array_equal(wide.plan.kind[wide.people.work[students]], Kind.SCHOOL)


def test_jobs_are_spread_over_kinds_as_stated(wide: Wide) -> None:
    workers = wide.people.way == Way.WORKS
    kinds = Counter(wide.plan.kind[wide.people.work[workers]].tolist())
    for kind, share in WORK.items():
        assert kinds[kind] / workers.sum() == pytest.approx(share, abs=0.02), kind.name


def test_a_household_lives_in_one_home(wide: Wide) -> None:
    homes: dict[int, set[int]] = {}
    for household, home in zip(wide.people.household, wide.people.home, strict=True):
        homes.setdefault(int(household), set()).add(int(home))
    assert max(len(where) for where in homes.values()) == 1


def test_households_are_of_one_to_four_people_about_as_often_as_stated(wide: Wide) -> None:
    sizes = Counter(np.bincount(wide.people.household).tolist())
    assert set(sizes) == {1, 2, 3, 4}
    for people, share in HOUSEHOLDS:  # the last of a building may be cut short
        assert sizes[people] / sum(sizes.values()) == pytest.approx(share, abs=0.08)


def test_people_of_a_household_are_neighbours_in_the_list(wide: Wide) -> None:
    assert (np.diff(wide.people.household) >= 0).all()
    assert (np.diff(wide.people.household) <= 1).all()


def test_a_crew_is_a_few_people_of_one_workplace(wide: Wide) -> None:
    working = np.flatnonzero(wide.people.work >= 0)
    places: dict[int, set[int]] = {}
    for one in working:
        places.setdefault(int(wide.people.crew[one]), set()).add(int(wide.people.work[one]))
    assert max(len(where) for where in places.values()) == 1
    assert np.bincount(wide.people.crew[working]).max() == CREW
    assert (wide.people.crew[wide.people.work < 0] == -1).all()


def test_most_people_work_near_home(wide: Wide) -> None:
    """In a row of twenty districts: a way to work is seldom longer than five of them."""
    long = plan.build(7, Size("row", 20, 1, 3_000, 10))
    people = residents.settle(long)
    workers = people.way == Way.WORKS
    ways = np.abs(long.district[people.home[workers]] - long.district[people.work[workers]])
    assert np.percentile(ways, 95) <= 5
    assert (ways > 0).mean() > 0.5


def test_more_people_live_in_the_middle_than_at_the_edge() -> None:
    made = plan.build(7, Size("row", 9, 1, 9_000, 10))
    lives = np.bincount(made.district[residents.settle(made).home], minlength=9)
    assert lives[4] > 1.3 * lives[0]
    assert lives[4] > 1.3 * lives[8]
