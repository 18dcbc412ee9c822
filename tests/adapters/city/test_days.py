import numpy as np
import pytest

from adapters.city import days
from adapters.city.days import DAY_S, HOME_BY_S, LATE_S, RIDE_FROM_M, SHORTEST_S, STAYS, WALK_M_S, Day
from adapters.city.kinds import Kind
from adapters.city.plan import Plan

from .conftest import Wide


def walked(plan: Plan, day: Day) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """For each column from the second: its number, metres along the streets from the stay before, and the
    seconds in between; both only of those who have such a stay."""
    at, free_s = day.place[:, 0].copy(), day.end_s[:, 0].copy()
    found = []
    for column in range(1, STAYS):
        goes = day.place[:, column] >= 0
        to = day.place[goes, column]
        way_m = abs(plan.east_m[at[goes]] - plan.east_m[to]) + abs(plan.north_m[at[goes]] - plan.north_m[to])
        found.append((column, way_m, day.start_s[goes, column] - free_s[goes]))
        at[goes], free_s[goes] = to, day.end_s[goes, column]
    return found


def test_nobody_arrives_before_they_can_have_walked_or_ridden_there(wide: Wide) -> None:
    for column, way_m, took_s in walked(wide.plan, wide.day):
        needs_s = np.where(way_m < RIDE_FROM_M, way_m / WALK_M_S, way_m / 7.0 + 420)
        late = took_s < needs_s - 1.01  # whole seconds
        assert not late.any(), f"stay {column}: {took_s[late][:3]} s for {way_m[late][:3]} m"
        assert (took_s[way_m > 3_000] > 840).all()


def test_stays_of_a_day_follow_each_other_and_have_a_length(wide: Wide) -> None:
    day = wide.day
    for start_s, end_s, place in zip(day.start_s, day.end_s, day.place, strict=True):
        there = place >= 0
        times = np.stack([start_s[there], end_s[there]], axis=1).ravel()
        assert (np.diff(times) >= 0).all()
    out = day.place[:, 1:6] >= 0
    assert (day.end_s[:, 1:6] - day.start_s[:, 1:6])[out].min() >= 100


def test_everybody_sleeps_at_home_and_is_there_in_time(wide: Wide) -> None:
    day = wide.day
    for night in (0, STAYS - 1):
        np.testing.assert_array_equal(day.place[:, night], wide.people.home)
    assert (day.start_s[:, 0] == 0).all()
    assert (day.end_s[:, -1] == DAY_S).all()
    assert day.start_s[:, -1].max() <= HOME_BY_S
    assert day.end_s.max() == DAY_S


def test_who_works_goes_to_work_and_nobody_else_does(wide: Wide) -> None:
    np.testing.assert_array_equal(wide.day.place[:, 2], wide.people.work)
    back = wide.day.place[:, 4]
    np.testing.assert_array_equal(back[back >= 0], wide.people.work[back >= 0])


def test_meals_are_eaten_where_meals_are_sold(wide: Wide) -> None:
    eats = wide.day.place[:, 3]
    assert set(wide.plan.kind[eats[eats >= 0]].tolist()) == {Kind.RESTAURANT, Kind.CAFE}


def test_a_company_is_at_one_place_at_one_time(wide: Wide) -> None:
    groups = 0
    for column in (3, 5):
        company = wide.day.company[:, column]
        for number in np.unique(company[company >= 0]):
            mine = company == number
            groups += mine.sum() > 1
            assert len(set(wide.day.place[mine, column].tolist())) == 1
            assert np.ptp(wide.day.start_s[mine, column]) <= LATE_S + 240
    assert groups > 300


def test_crews_eat_together_and_households_go_out_together(wide: Wide) -> None:
    day, people = wide.day, wide.people
    for column, group in ((3, people.crew), (5, people.household)):
        with_others = day.company[:, column] >= 0
        assert with_others.mean() > 0.04
        np.testing.assert_array_equal(day.company[with_others, column], group[with_others])
    assert (day.company[:, (1, 2, 4)] == -1).all()
    np.testing.assert_array_equal(day.company[:, 0], people.household)


def test_nobody_is_in_company_where_they_are_not(wide: Wide) -> None:
    assert (wide.day.company[wide.day.place < 0] == -1).all()


def test_an_evening_out_is_no_shorter_than_an_errand(wide: Wide) -> None:
    out = wide.day.place[:, 5] >= 0
    assert out.mean() == pytest.approx(0.55, abs=0.08)
    lasts_s = (wide.day.end_s - wide.day.start_s)[out, 5]
    assert lasts_s.min() >= SHORTEST_S - 1
    assert np.median(lasts_s) > 2_000


def test_another_day_is_another_day_of_the_same_people(wide: Wide) -> None:
    other = days.live(wide.plan, wide.people, 1)
    np.testing.assert_array_equal(other.place[:, 2], wide.day.place[:, 2])
    both = (other.place[:, 1] >= 0) & (wide.day.place[:, 1] >= 0)
    one, next_ = wide.day.place[both, 1], other.place[both, 1]
    store = (wide.plan.kind[one] == Kind.STORE) & (wide.plan.kind[next_] == Kind.STORE)
    assert store.sum() > 40
    assert 0.36 < (one == next_)[store].mean() < 0.8, "mostly the same of five shops"
    assert not np.array_equal(other.start_s, wide.day.start_s)
    again = days.live(wide.plan, wide.people, 0)
    np.testing.assert_array_equal(again.start_s, wide.day.start_s)
