"""The faults of records, measured over the residents of nine districts."""

from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from adapters.city.days import RIDE_FROM_M, STAYS
from adapters.city.kinds import ABOUT, Kind
from adapters.city.passes import PAYS_FROM
from adapters.city.sources import (
    CARD_ABSENT,
    CARD_FAMILY,
    DISC_M,
    ENTRY_MISSING,
    FALSE_PLACE,
    OMITTED,
    PAPER,
    SHIFT_S,
    WRITES,
    Sources,
    nearest_stop,
    place_id,
    records,
)
from engine.domain.place import Disc, distance_m

from .conftest import Wide

DATE = "2026-03-02"
MINUTE_S = 60.0  # written times are cut to it


@pytest.fixture(scope="module")
def held(wide: Wide) -> list[Sources]:
    return [records(wide.plan, wide.day, one, DATE, f"K{one}") for one in range(len(wide.people))]


def second(written: str) -> float:
    at = datetime.fromisoformat(written if "T" in written else f"{DATE}T{written}")
    assert at.date().isoformat() == DATE
    return at.hour * 3600.0 + at.minute * 60 + at.second


def about(wide: Wide, place: int) -> tuple[bool, bool]:
    """Whether visitors register there, and whether they pay."""
    kind = ABOUT[Kind(int(wide.plan.kind[place]))]
    return kind.log, kind.card


def outings(wide: Wide, one: int) -> list[int]:
    return [k for k in range(1, STAYS - 1) if wide.day.place[one, k] >= 0]


def share(found: int, of: int) -> float:
    assert of > 1_000, "too few to say"
    return found / of


def test_a_quarter_of_the_entries_is_missing_and_of_the_others_some_are_on_paper(
    wide: Wide, held: list[Sources]
) -> None:
    possible = written = paper = 0
    for one, found in enumerate(held):
        possible += sum(k != 4 and about(wide, int(wide.day.place[one, k]))[0] for k in outings(wide, one))
        paper += len(found.rows.get("roster", []))
        written += len(found.rows.get("roster", [])) + len(found.rows.get("entry", []))
    assert share(written, possible) == pytest.approx(1 - ENTRY_MISSING, abs=0.02)
    assert paper / written == pytest.approx(PAPER, abs=0.15)  # large venues count for many


def test_a_venue_keeps_either_paper_or_a_log(held: list[Sources]) -> None:
    paper, log = (
        {row["place_id"] for found in held for row in found.rows.get(source, [])}
        for source in ("roster", "entry")
    )
    assert paper
    assert log
    assert not paper & log


def test_forty_of_a_hundred_payments_leave_no_record(wide: Wide, held: list[Sources]) -> None:
    possible = sum(
        about(wide, int(wide.day.place[one, k]))[1]
        for one in range(len(held))
        for k in outings(wide, one)
        if k in (1, 3, 5)
    )
    own = sum(row["holder"] == "own" for found in held for row in found.rows.get("card", []))
    assert share(own, possible) == pytest.approx(WRITES["card"] * (1 - CARD_ABSENT), abs=0.02)


def test_five_in_a_hundred_outings_are_a_payment_by_the_family_and_tell_no_stay(
    wide: Wide, held: list[Sources]
) -> None:
    outs = sum(max(1, len(outings(wide, one))) for one in range(len(held)))
    family = 0
    for found in held:
        rows = found.rows.get("card", [])
        family += sum(row["holder"] == "family" for row in rows)
        told = sum(source == "card" for source, _ in found.told)
        assert told == sum(row["holder"] == "own" for row in rows)
    assert share(family, outs) == pytest.approx(WRITES["card"] * CARD_FAMILY, abs=0.008)


def test_a_payment_is_made_during_the_stay_where_the_camera_sees_it(wide: Wide, held: list[Sources]) -> None:
    for one, found in enumerate(held):
        for row in found.rows.get("card", []):
            if row["holder"] == "own":
                at_s = second(row["approved_at"])
                stays = [k for k in (1, 3, 5) if place_id(int(wide.day.place[one, k])) == row["place_id"]]
                starts_s, ends_s = wide.day.start_s[one, stays], wide.day.end_s[one, stays]
                assert np.min(np.abs(at_s - 20 - (starts_s + (ends_s - starts_s) * PAYS_FROM))) < 2


def test_interviews_leave_out_shift_and_now_and_then_name_another_place(
    wide: Wide, held: list[Sources]
) -> None:
    asked = rows = false = 0
    shifts_s: list[float] = []
    for one, found in enumerate(held):
        outs = outings(wide, one)
        asked += len(outs)
        said = found.rows.get("interview", [])
        rows += len(said)
        for row in said:
            starts_s = np.array([wide.day.start_s[one, k] for k in outs])
            here = [place_id(int(wide.day.place[one, k])) == row["place_id"] for k in outs]
            shift_s = second(row["start"]) - starts_s[here]
            fits = (np.abs(shift_s) >= SHIFT_S[0] - MINUTE_S) & (np.abs(shift_s) <= SHIFT_S[1] + MINUTE_S)
            if fits.any():
                shifts_s.append(float(shift_s[fits][0]))
            else:
                false += 1
    assert share(rows, asked) == pytest.approx(WRITES["interview"] * (1 - OMITTED), abs=0.02)
    assert share(false, rows) == pytest.approx(FALSE_PLACE, abs=0.012)
    assert np.mean(np.array(shifts_s) > 0) == pytest.approx(0.5, abs=0.05)
    assert np.median(np.abs(shifts_s)) == pytest.approx(np.mean(SHIFT_S), abs=150)


def test_an_interview_with_a_false_place_tells_no_stay(held: list[Sources]) -> None:
    rows = sum(len(found.rows.get("interview", [])) for found in held)
    told = sum(source == "interview" for found in held for source, _ in found.told)
    assert 1 - told / rows == pytest.approx(FALSE_PLACE, abs=0.012)


def test_discs_of_the_telephone_are_as_wide_as_stated_and_hold_the_place(
    wide: Wide, held: list[Sources]
) -> None:
    radii_m: list[float] = []
    for one, found in enumerate(held):
        for row in found.rows.get("phone", []):
            radius_m = float(row["radius_m"])
            radii_m.append(radius_m)
            stays = [
                k
                for k in range(STAYS)
                if wide.day.place[one, k] >= 0
                and abs(second(row["start"]) - wide.day.start_s[one, k]) < 1
                and wide.day.end_s[one, k] - second(row["end"]) < 2
            ]
            disc = Disc(lat=float(row["lat"]), lon=float(row["lon"]), radius_m=radius_m)
            places = [wide.plan.position(int(wide.day.place[one, k])) for k in stays]
            away_m = [distance_m(disc, Disc(lat=lat, lon=lon, radius_m=0)) for lat, lon in places]
            assert min(away_m) <= radius_m
    assert DISC_M[0] <= min(radii_m) < DISC_M[0] + 5
    assert DISC_M[1] - 5 < max(radii_m) <= DISC_M[1]


def test_telephones_and_interviews_exist_of_as_many_people_as_stated(wide: Wide, held: list[Sources]) -> None:
    phones = sum("phone" in found.rows for found in held)
    assert share(phones, len(held)) == pytest.approx(WRITES["phone"], abs=0.02)
    busy = [found for one, found in enumerate(held) if len(outings(wide, one)) >= 4]
    asked = sum("interview" in found.rows for found in busy)
    assert share(asked, len(busy)) == pytest.approx(WRITES["interview"] * (1 - OMITTED**4), abs=0.02)


def test_nothing_tells_a_stay_that_was_not(wide: Wide, held: list[Sources]) -> None:
    for one, found in enumerate(held):
        for source, stay in found.told:
            assert wide.day.place[one, stay] >= 0
            if source != "phone":
                here = place_id(int(wide.day.place[one, stay]))
                assert here in {row["place_id"] for row in found.rows[source]}


def test_a_log_is_written_as_people_come_and_paper_within_half_an_hour(
    wide: Wide, held: list[Sources]
) -> None:
    late_s: dict[str, list[float]] = {"entry": [], "roster": []}
    for one, found in enumerate(held):
        for source, field in (("entry", "entered_at"), ("roster", "time")):
            for row in found.rows.get(source, []):
                stays = [
                    k for k in outings(wide, one) if place_id(int(wide.day.place[one, k])) == row["place_id"]
                ]
                off_s = second(row[field]) - wide.day.start_s[one, stays]
                late_s[source].append(float(off_s[np.argmin(np.abs(off_s))]))
    assert np.abs(late_s["entry"]).max() < 120
    assert 300 < np.std(late_s["roster"]) < 900


def test_only_the_entry_log_names_the_person(held: list[Sources]) -> None:
    for one, found in enumerate(held[:500]):
        for source, rows in found.rows.items():
            named = [f"K{one}" in row.values() for row in rows]
            assert all(named) if source == "entry" else not any(named)


def test_long_ways_leave_taps_at_the_stops_nearest_to_either_end(wide: Wide, held: list[Sources]) -> None:
    taps = 0
    for one, found in enumerate(held):
        stays = [k for k in range(STAYS) if wide.day.place[one, k] >= 0]
        places = wide.day.place[one, stays]
        far = [
            (int(a), int(b))
            for a, b in pairwise(places)
            if abs(wide.plan.east_m[a] - wide.plan.east_m[b])
            + abs(wide.plan.north_m[a] - wide.plan.north_m[b])
            >= RIDE_FROM_M
        ]
        rows = found.rows.get("transit", [])
        assert len(rows) == len(far)
        for (a, b), row in zip(far, rows, strict=True):
            assert row["stop_on_id"] == place_id(nearest_stop(wide.plan, a))
            assert row["stop_off_id"] == place_id(nearest_stop(wide.plan, b))
            assert row["on_at"] < row["off_at"]
        taps += len(rows)
    assert taps > 500
    assert wide.plan.kind[nearest_stop(wide.plan, 30)] == Kind.STOP


def test_the_same_person_is_held_the_same_and_no_two_alike(wide: Wide, held: list[Sources]) -> None:
    assert records(wide.plan, wide.day, 9, DATE, "K9").rows == held[9].rows
    discs = [row["radius_m"] for found in held[:40] for row in found.rows.get("phone", [])]
    assert len(set(discs)) > len(discs) / 2
