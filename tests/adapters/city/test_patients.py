import numpy as np
import pytest

from adapters.city import patients
from adapters.city.passes import Motion
from adapters.city.patients import LEAST_PASSES, LEAST_PLACES
from adapters.city.plan import TOWN
from adapters.city.simulation import Simulation, simulate


def test_as_many_fall_ill_as_asked_for_and_nobody_twice(town: Simulation) -> None:
    assert len(town.patients) == len(set(town.patients.tolist())) == 10


def test_no_two_patients_are_of_one_household(town: Simulation) -> None:
    assert len(set(town.people.household[town.patients].tolist())) == 10


def test_a_patient_was_about_and_came_towards_cameras(town: Simulation) -> None:
    facing = ~np.isin(town.passes.motion, (Motion.LEAVES, Motion.AWAY))
    for one in town.patients:
        assert (town.day.place[one, 1:6] >= 0).sum() >= LEAST_PLACES
        assert ((town.passes.resident == one) & facing).sum() >= LEAST_PASSES


def test_a_patients_head_is_nobody_elses(town: Simulation) -> None:
    assert len(town.head) == TOWN.residents
    for one in town.patients:
        assert np.flatnonzero(town.head == town.head[one]).tolist() == [one]
    assert town.head.min() >= 0
    assert town.head.max() < 64


def test_the_others_take_turns_with_all_heads_that_are_left(town: Simulation) -> None:
    others = np.delete(town.head, town.patients)
    assert len(set(others.tolist())) == 64 - 10


def test_a_city_with_too_few_who_could_be_patients_says_so() -> None:
    with pytest.raises(ValueError, match="patients could be found; take another seed"):
        simulate(7, TOWN, 400, 1_000)


def test_other_patients_get_other_heads(town: Simulation) -> None:
    found = patients.heads_of(town.plan, np.array([1, 2, 3]), 64)
    assert len(set(found[[1, 2, 3]].tolist())) == 3
    assert not set(found[[1, 2, 3]].tolist()) & set(np.delete(found, [1, 2, 3]).tolist())
