"""What each record source would hold of one person, with the faults that such sources have."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from adapters.city.chance import stream
from adapters.city.days import RIDE_FROM_M, RIDE_WAIT_S, STAYS, Day
from adapters.city.kinds import ABOUT, Kind
from adapters.city.plan import Plan, degrees

# How often sources fail, as tracers report.
ENTRY_MISSING = 0.25
CARD_ABSENT, CARD_FAMILY = 0.40, 0.05
OMITTED, FALSE_PLACE = 0.30, 0.05
SHIFT_S = (900.0, 3600.0)
DISC_M = (100.0, 500.0)
PAPER = 0.3  # share of venues with a paper roster
PAYS_FROM = 0.55
CELL_S = 1200.0
WRITES = {"phone": 0.7, "interview": 0.95, "card": 0.9}  # share of patients of whom the source exists at all


@dataclass(slots=True)
class Sources:
    """Rows by source, in the columns that record files of our own form have. ``told`` are the stays that
    some record tells truly, as (source, stay)."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    told: set[tuple[str, int]] = field(default_factory=set)

    def add(self, source: str, stay: int | None, **row: str) -> None:
        self.rows.setdefault(source, []).append(row)
        if stay is not None:
            self.told.add((source, stay))


def records(plan: Plan, day: Day, resident: int, date: str, key: str) -> Sources:
    """Every record of one resident's day. ``date`` is the local day as YYYY-MM-DD; ``key`` is how entry
    logs name the person."""
    rng = stream(plan.seed, "records", resident)
    found = Sources()
    stays = [k for k in range(STAYS) if day.place[resident, k] >= 0]
    out = [k for k in stays if 0 < k < STAYS - 1]
    has = {source: rng.random() < share for source, share in WRITES.items()}
    for stay in out:
        place = int(day.place[resident, stay])
        start_s, end_s = int(day.start_s[resident, stay]), int(day.end_s[resident, stay])
        about = ABOUT[Kind(int(plan.kind[place]))]
        named = {"place_id": place_id(place)}
        if about.log and stay != 4 and rng.random() >= ENTRY_MISSING:  # nobody signs in again after lunch
            if _paper(plan, place):
                written = _clock(start_s + rng.normal(0, 600))
                found.add("roster", stay, date=date, time=written[:5], **named)
            else:
                at = f"{date}T{_clock(start_s + rng.normal(20, 15))}"
                found.add("entry", stay, entered_at=at, visitor=key, **named)
        if about.card and stay in (1, 3, 5) and has["card"] and rng.random() >= CARD_ABSENT:
            at = f"{date}T{_clock(start_s + (end_s - start_s) * PAYS_FROM + 20)}"
            found.add("card", stay, approved_at=at, terminal="offline", holder="own", **named)
        if has["interview"] and rng.random() >= OMITTED:
            _tell(plan, rng, found, stay, place, start_s, end_s, date)
    if has["card"] and rng.random() < CARD_FAMILY * max(1, len(out)):
        at = f"{date}T{_clock(rng.uniform(36_000, 72_000))}"
        there = int(plan.of_kind(plan.district[day.place[resident, :1]], Kind.STORE, rng.random(1))[0])
        found.add("card", None, approved_at=at, terminal="offline", holder="family", place_id=place_id(there))
    if has["phone"]:
        _cells(plan, rng, found, day, resident, stays, date)
    _rides(plan, found, day, resident, stays, date)
    return found


def place_id(place: int) -> str:
    """How the gazetteer names a place."""
    return f"p{place:05d}"


def _tell(
    plan: Plan,
    rng: np.random.Generator,
    found: Sources,
    stay: int,
    place: int,
    start_s: int,
    end_s: int,
    date: str,
) -> None:
    """One line of an interview: shifted, and now and then about another place."""
    shift_s = rng.uniform(*SHIFT_S) * rng.choice([-1, 1])
    wrong = rng.random() < FALSE_PLACE
    if wrong:
        place = _other(plan, place, float(rng.random()))
    found.add(
        "interview",
        None if wrong else stay,
        place_id=place_id(place),
        start=f"{date}T{_clock(start_s + shift_s)[:5]}",
        end=f"{date}T{_clock(end_s + shift_s)[:5]}",
        certainty=str(rng.choice(["certain", "likely", "unsure"], p=[0.5, 0.35, 0.15])),
    )


def _other(plan: Plan, place: int, chosen: float) -> int:
    """Another place of the district, of the same kind where there is one; ``chosen`` is uniform in 0..1."""
    near = plan.district == plan.district[place]
    alike = np.flatnonzero(near & (plan.kind == plan.kind[place]))
    others = alike if len(alike) > 1 else np.flatnonzero(near & (plan.kind != Kind.HOME))
    others = others[others != place]
    return int(others[int(chosen * len(others))])


def _cells(
    plan: Plan, rng: np.random.Generator, found: Sources, day: Day, resident: int, stays: list[int], date: str
) -> None:
    """The cells that the telephone was in: discs that hold the place somewhere."""
    for stay in stays:
        place = int(day.place[resident, stay])
        start_s, end_s = float(day.start_s[resident, stay]), float(day.end_s[resident, stay])
        if end_s - start_s < CELL_S / 2:
            continue
        radius_m, turn, share = rng.uniform(*DISC_M), rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.9)
        east = float(plan.east_m[place]) + share * radius_m * np.cos(turn)
        lat, lon = degrees(east, float(plan.north_m[place]) + share * radius_m * np.sin(turn))
        found.add(
            "phone",
            stay,
            start=f"{date}T{_clock(start_s)}",
            end=f"{date}T{_clock(min(end_s, 86_399))}",
            cell=f"c{int(east // 200):04d}",
            lat=f"{lat:.6f}",
            lon=f"{lon:.6f}",
            radius_m=f"{radius_m:.0f}",
        )


def _rides(plan: Plan, found: Sources, day: Day, resident: int, stays: list[int], date: str) -> None:
    """Taps of a transit card on the long ways: at the stop nearest to either end."""
    for here, there in pairwise(stays):
        a, b = int(day.place[resident, here]), int(day.place[resident, there])
        way_m = abs(plan.east_m[a] - plan.east_m[b]) + abs(plan.north_m[a] - plan.north_m[b])
        if way_m < RIDE_FROM_M:
            continue
        on_s = float(day.end_s[resident, here]) + RIDE_WAIT_S * 0.6
        off_s = float(day.start_s[resident, there]) - RIDE_WAIT_S * 0.4
        found.add(
            "transit",
            None,
            mode="bus",
            line=f"{100 + int(plan.district[a]) % 60}",
            stop_on_id=place_id(nearest_stop(plan, a)),
            on_at=f"{date}T{_clock(on_s)}",
            stop_off_id=place_id(nearest_stop(plan, b)),
            off_at=f"{date}T{_clock(max(off_s, on_s + 60))}",
        )


def nearest_stop(plan: Plan, place: int) -> int:
    """The stop of a place's own district that is nearest."""
    district = int(plan.district[place])
    stops = np.flatnonzero((plan.district == district) & (plan.kind == Kind.STOP))
    away = np.abs(plan.east_m[stops] - plan.east_m[place]) + np.abs(plan.north_m[stops] - plan.north_m[place])
    return int(stops[np.argmin(away)])


def _paper(plan: Plan, place: int) -> bool:
    return (place * 2_654_435_761 + plan.seed) % 1000 < PAPER * 1000


def _clock(second: float) -> str:
    whole = int(min(max(second, 0.0), 86_399.0))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
