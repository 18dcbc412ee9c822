"""A whole city at once: its plan, people and cameras, and what happened on one day."""

from dataclasses import dataclass

import numpy as np

from adapters.city import cameras as fixed
from adapters.city import days, passes, patients, plan, residents
from adapters.city.cameras import Cameras
from adapters.city.chance import stream
from adapters.city.days import Day
from adapters.city.passes import Passes
from adapters.city.plan import Ints, Plan, Size
from adapters.city.residents import Residents

LOOKED_AT = 5_000  # residents among whom patients are looked for, where there are more


@dataclass(frozen=True, slots=True)
class Simulation:
    """``passes`` holds those of everybody in a town, those of the patients in a city; ``patients`` are
    residents by number, ``head`` is the rendered head of each resident."""

    plan: Plan
    people: Residents
    cameras: Cameras
    day: Day
    passes: Passes
    patients: Ints
    head: Ints


def simulate(seed: int, size: Size, patients_wanted: int, heads: int) -> Simulation:
    """The same for the same arguments and numpy version. Raises ValueError where the city has not so many
    who could be patients."""
    town = plan.build(seed, size)
    people = residents.settle(town)
    cameras = fixed.hang(town)
    day = days.live(town, people, 0)
    looked_at = np.arange(len(people), dtype=np.int64)
    if len(people) > LOOKED_AT:  # residents lie in order of their homes: from all over the city
        looked_at = np.sort(stream(seed, "looked at").choice(len(people), LOOKED_AT, replace=False))
    seen = passes.passes(town, cameras, people, day, looked_at, 0)
    ill = patients.choose(town, people, day, cameras, seen, patients_wanted)
    if len(looked_at) < len(people):
        seen = passes.passes(town, cameras, people, day, ill, 0)
    head = patients.heads_of(town, ill, heads)
    return Simulation(
        plan=town, people=people, cameras=cameras, day=day, passes=seen, patients=ill, head=head
    )
