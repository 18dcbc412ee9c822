"""Who lives in the city, as arrays: where they live and work, and what they are used to."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from adapters.city.chance import stream
from adapters.city.kinds import Kind
from adapters.city.plan import Floats, Ints, Plan

HOUSEHOLDS = ((1, 0.30), (2, 0.28), (3, 0.22), (4, 0.20))  # people, share of households
COMMUTE_DISTRICTS = 2.2  # standard deviation of the way to work, either direction
CREW = 5  # people of one workplace who eat together
WORK: dict[Kind, float] = {  # share of the jobs of a district
    Kind.OFFICE: 0.46, Kind.SCHOOL: 0.08, Kind.ACADEMY: 0.05, Kind.MARKET: 0.10, Kind.STORE: 0.05,
    Kind.CAFE: 0.06, Kind.RESTAURANT: 0.09, Kind.CLINIC: 0.04, Kind.BANK: 0.03, Kind.GYM: 0.02,
    Kind.STATION: 0.02,
}  # fmt: skip


class Way(IntEnum):
    """How a person spends a working day."""

    WORKS = 0
    STUDIES = 1
    KEEPS_HOUSE = 2
    RETIRED = 3


WAYS = (0.52, 0.14, 0.18, 0.16)  # share of each


@dataclass(frozen=True, slots=True)
class Residents:
    """Rows are residents, in order of their homes. ``work`` is -1 for who neither works nor studies;
    ``begins_s`` is when work begins, in seconds of the day. ``wears`` is how likely a mask is worn where
    masks are worn, ``under`` how likely it then sits under the nose."""

    home: Ints
    household: Ints
    way: npt.NDArray[np.uint8]
    work: Ints
    crew: Ints
    begins_s: Ints
    wears: Floats
    under: Floats

    def __len__(self) -> int:
        return len(self.home)


def settle(plan: Plan) -> Residents:
    """Everybody who lives there."""
    rng = stream(plan.seed, "residents")
    count = plan.size.residents
    home = np.sort(plan.of_kind(_districts(plan, rng), Kind.HOME, rng.random(count)))
    way = rng.choice(len(Way), count, p=WAYS).astype(np.uint8)
    work = _work(plan, rng, home, way)
    begins_s = rng.choice([8.0, 8.5, 9.0, 9.0, 9.5, 10.0, 13.0], count) * 3600
    begins_s[way == Way.STUDIES] = 8.7 * 3600
    return Residents(
        home=home,
        household=_households(rng, home),
        way=way,
        work=work,
        crew=_crews(rng, work),
        begins_s=(begins_s + rng.normal(0, 420, count)).astype(np.int64),
        wears=rng.beta(5.0, 1.6, count),
        under=np.where(rng.random(count) < 0.12, 0.5, 0.03),
    )


def _districts(plan: Plan, rng: np.random.Generator) -> Ints:
    """A district for each resident: denser in the middle of the city."""
    columns, rows = plan.size.columns, plan.size.rows
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    away = np.hypot((column - (columns - 1) / 2) / max(1, columns), (row - (rows - 1) / 2) / max(1, rows))
    weight = np.exp(-3.0 * away**2).ravel()
    return rng.choice(plan.size.districts, plan.size.residents, p=weight / weight.sum()).astype(np.int64)


def _households(rng: np.random.Generator, home: Ints) -> Ints:
    """Neighbours in the list who live in one building, taken together by ones to fours."""
    people, share = np.array([h[0] for h in HOUSEHOLDS]), np.array([h[1] for h in HOUSEHOLDS])
    sizes = rng.choice(people, len(home), p=share)
    ends = np.cumsum(sizes)
    household = np.searchsorted(ends, np.arange(len(home)), side="right")
    moved = np.concatenate([[0], np.cumsum(home[1:] != home[:-1])])  # nobody shares a flat across the street
    return np.unique(np.stack([household, moved]), axis=1, return_inverse=True)[1].ravel().astype(np.int64)


def _work(plan: Plan, rng: np.random.Generator, home: Ints, way: npt.NDArray[np.uint8]) -> Ints:
    columns, rows = plan.size.columns, plan.size.rows
    district = plan.district[home]
    step = rng.normal(0.0, COMMUTE_DISTRICTS, (2, len(home))).round().astype(np.int64)
    step[:, way == Way.STUDIES] //= 2
    column = np.clip(district % columns + step[0], 0, columns - 1)
    row = np.clip(district // columns + step[1], 0, rows - 1)
    kinds = list(WORK)
    kind = rng.choice([int(k) for k in kinds], len(home), p=list(WORK.values()))
    kind[way == Way.STUDIES] = Kind.SCHOOL
    chosen = rng.random(len(home))
    work = np.full(len(home), -1, dtype=np.int64)
    for one in kinds:
        mine = (kind == one) & (way <= Way.STUDIES)
        work[mine] = plan.of_kind((row * columns + column)[mine], one, chosen[mine])
    return work


def _crews(rng: np.random.Generator, work: Ints) -> Ints:
    """Who eats together at noon: people of one workplace, -1 without one."""
    crew = np.full(len(work), -1, dtype=np.int64)
    working = np.flatnonzero(work >= 0)
    order = working[np.lexsort((rng.random(len(working)), work[working]))]
    first = np.r_[True, work[order][1:] != work[order][:-1]]
    begins = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    number = (np.arange(len(order)) - begins) // CREW
    crew[order] = np.unique(np.stack([work[order], number]), axis=1, return_inverse=True)[1].ravel()
    return crew
