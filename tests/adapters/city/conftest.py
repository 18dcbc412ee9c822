"""A town as the demonstration makes it, and a wider city without footage for what needs many people."""

from dataclasses import dataclass

import pytest

from adapters.city import cameras, days, plan, residents
from adapters.city.cameras import Cameras
from adapters.city.days import Day
from adapters.city.heads import Heads
from adapters.city.plan import TOWN, Plan, Size
from adapters.city.residents import Residents
from adapters.city.simulation import Simulation, simulate

SEED = 7


@dataclass(frozen=True, slots=True)
class Wide:
    plan: Plan
    people: Residents
    cameras: Cameras
    day: Day


@pytest.fixture(scope="session")
def town() -> Simulation:
    return simulate(SEED, TOWN, 10, 64)


@pytest.fixture(scope="session")
def wide() -> Wide:
    """Nine districts, 4,500 residents, 360 cameras."""
    made = plan.build(SEED, Size("wide", 3, 3, 4_500, 360))
    people = residents.settle(made)
    return Wide(made, people, cameras.hang(made), days.live(made, people, 0))


@pytest.fixture(scope="session")
def heads() -> Heads:
    return Heads()
