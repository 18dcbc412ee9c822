"""Which residents fell ill, and which rendered head everybody has."""

import numpy as np

from adapters.city.cameras import Cameras
from adapters.city.chance import stream
from adapters.city.days import Day
from adapters.city.passes import Motion, Passes
from adapters.city.plan import Ints, Plan
from adapters.city.residents import Residents

LEAST_PLACES, LEAST_PASSES = 3, 4


def choose(plan: Plan, people: Residents, day: Day, cameras: Cameras, seen: Passes, count: int) -> Ints:
    """``count`` residents who were about on that day and passed cameras, no two of a household, of a home
    each. Raises ValueError where a city has not so many."""
    out = (day.place >= 0).sum(axis=1) - 2  # without the nights
    facing = (seen.motion != Motion.LEAVES) & (seen.motion != Motion.AWAY)
    passed = np.bincount(seen.resident[facing], minlength=len(people))
    fit = np.flatnonzero((out >= LEAST_PLACES) & (passed >= LEAST_PASSES))
    order = stream(plan.seed, "patients").permutation(fit)
    chosen: list[int] = []
    for one in order:
        if all(people.household[one] != people.household[other] for other in chosen):
            chosen.append(int(one))
        if len(chosen) == count:
            return np.array(chosen, np.int64)
    raise ValueError(f"only {len(chosen)} of {count} patients could be found; take another seed")


def heads_of(plan: Plan, patients: Ints, heads: int) -> Ints:
    """A head for every resident. A patient's is nobody else's; the others are shared by several, since
    there are more people than heads."""
    rng = stream(plan.seed, "heads")
    order = rng.permutation(heads)
    found = order[len(patients) + rng.integers(0, heads - len(patients), plan.size.residents)]
    found[patients] = order[: len(patients)]
    return found.astype(np.int64)
