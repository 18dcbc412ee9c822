from typing import Any

import pytest

from adapters.city.facts import Patient, Presence, Sighting
from adapters.city.score import Figures, score
from engine.domain.decision import Answer
from tests.adapters.city.reports import (
    Report,
    a_find,
    a_patient,
    a_report,
    a_sighting,
    a_stay,
    a_truth,
    a_visit,
    a_window,
    an_exposure,
    at,
    small,
    somebody,
)

SAME = Answer.SAME


def figures(patient: Patient, report: Report, **errors_s: float) -> Figures:
    return score(a_truth(patient, errors_s=errors_s), [report]).total


# --- visits -------------------------------------------------------------------------------------


def told(**visit: Any) -> tuple[int, int, int]:
    """Of one stay from 60 to 120: true, told by records, found."""
    patient = a_patient((a_stay("cafe", 60, 120),))
    given = {"place": "cafe", "start": 60, "end": 120, **visit}
    found = figures(patient, a_report(visits=(a_visit(**given),)))
    return found.visits_true, found.visits_records, found.visits_found


def test_a_stay_is_told_by_a_visit_at_its_place_and_time() -> None:
    assert told() == (1, 1, 1)
    assert told(place="bank") == (1, 0, 0)
    assert told(place="") == (1, 0, 0)


def test_what_rests_on_a_sighting_alone_is_found_but_not_told_by_records() -> None:
    assert told(basis="sighting") == (1, 0, 1)
    assert told(basis="both") == (1, 1, 1)


@pytest.mark.parametrize(
    ("sigma_s", "reaches_min", "too_far_min"),
    [(0.0, 14.0, 16.0), (600.0, 29.0, 31.0), (3600.0, 59.0, 61.0)],
)
def test_records_may_be_off_by_three_deviations_but_a_quarter_to_an_hour(
    sigma_s: float, reaches_min: float, too_far_min: float
) -> None:
    for sign, edge in ((1, 120), (-1, 60)):
        near, far = edge + sign * reaches_min, edge + sign * too_far_min
        assert told(start=near, end=near, sigma_s=sigma_s) == (1, 1, 1)
        assert told(start=far, end=far, sigma_s=sigma_s) == (1, 0, 0)


def test_one_visit_may_tell_two_stays_and_two_visits_tell_one_stay_once() -> None:
    patient = a_patient((a_stay("work", 0, 60), a_stay("cafe", 65, 90), a_stay("work", 95, 200)))
    long = a_visit("work", 0, 200)
    found = figures(patient, a_report(visits=(long, long)))
    assert (found.visits_true, found.visits_records) == (3, 2)


def test_a_record_of_a_place_where_the_patient_was_not_is_wrong() -> None:
    patient = a_patient(
        (a_stay("cafe", 60, 120),),
        elsewhere=(Presence("stop", at(50), at(50)), Presence("home", at(0), at(40))),
    )
    right = (a_visit("cafe", 60, 61), a_visit("stop", 50, 50), a_visit("home", 20, 21))
    family, false, disc = a_visit("store", 60, 60), a_visit("cafe", 300, 310), a_visit("", 400, 420)
    assert figures(patient, a_report(visits=(*right, disc))).visits_wrong_records == 0
    found = figures(patient, a_report(visits=(*right, family, false, disc)))
    assert (found.visits_wrong_records, found.visits_wrong) == (2, 0)


def wrong(*sightings: Sighting, stay: bool = True, **visit: Any) -> tuple[int, int]:
    """Of one visit with a confirmed sighting at the cafe: wrong, and wrong from records."""
    given = {"place": "cafe", "start": 60.05, "end": 60.1, "basis": "sighting", "cameras": ("door",), **visit}
    errors = given.pop("errors", {})
    patient = a_patient((a_stay("cafe", 60, 120),) if stay else (), sightings)
    found = figures(patient, a_report(visits=(a_visit(**given),)), **errors)
    return found.visits_wrong, found.visits_wrong_records


def test_a_confirmed_sighting_of_somebody_else_is_a_wrong_visit() -> None:
    assert wrong() == (0, 0)
    assert wrong(stay=False) == (1, 0)
    assert wrong(stay=False, basis="both") == (1, 0)
    assert wrong(place="bank") == (1, 0)
    assert wrong(place="") == (1, 0)


def test_who_passed_the_camera_was_there_wherever_it_hangs() -> None:
    passed = a_sighting("door", 60, recorded=False, face=None)
    assert wrong(passed, stay=False, place="") == (0, 0)
    assert wrong(passed, stay=False, place="", cameras=("till",)) == (1, 0)
    assert wrong(passed, stay=False, place="", start=60.2, end=60.3) == (1, 0)


def test_a_sighting_is_no_record_and_lies_at_its_own_time() -> None:
    assert wrong(start=121.5, end=121.6) == (1, 0)
    assert wrong(start=120.5, end=120.6) == (0, 0)
    assert wrong(start=121.5, end=121.6, basis="both") == (0, 0), "a record beside it may be late"
    assert wrong(start=121.5, end=121.6, errors={"door": 100.0}) == (0, 0), "the clock may be late"


def test_a_late_clock_puts_a_sighting_where_it_was() -> None:
    passed = a_sighting("door", 60)
    assert wrong(passed, stay=False, place="", start=63.05, end=63.1, errors={"door": 180.0}) == (0, 0)
    assert wrong(passed, stay=False, place="", errors={"door": 180.0}) == (1, 0)


# --- what only cameras can tell -----------------------------------------------------------------

HIDDEN = a_stay("cafe", 60, 120, "phone")
COMES = a_sighting("door", 60, place_id="cafe", stay=0)
LOOKED = (a_window("door", 55, 65),)


def recovery(stay: Any = HIDDEN, seen: Sighting = COMES, **given: Any) -> tuple[int, int]:
    report = a_report(
        **{
            "opened": LOOKED,
            "candidates": (a_find("door", 60, answer=SAME),),
            "visits": (a_visit("cafe", 60, 60.1, basis="sighting", cameras=("door",)),),
            **given,
        }
    )
    found = figures(a_patient((stay,), (seen,)), report)
    return found.recoverable, found.recovered


def test_a_stay_that_no_record_tells_is_recovered_by_a_confirmed_sighting() -> None:
    assert recovery() == (1, 1)
    assert recovery(a_stay("cafe", 60, 120)) == (1, 1)


def test_a_stay_that_a_record_tells_needs_no_recovery() -> None:
    assert recovery(a_stay("cafe", 60, 120, "card", "phone")) == (0, 0)


@pytest.mark.parametrize(
    "seen",
    [
        a_sighting("door", 60, place_id="cafe", stay=0, recorded=False),
        a_sighting("door", 60, place_id="cafe", stay=0, facing=False, face=None),
        small(COMES, 19.9),
        a_sighting("door", 60, place_id="cafe", stay=None),
    ],
    ids=["no footage", "from behind", "too small", "in the street"],
)
def test_what_no_camera_of_the_place_saw_cannot_be_recovered(seen: Sighting) -> None:
    assert recovery(seen=seen) == (0, 0)


def test_what_nobody_looked_at_cannot_be_recovered() -> None:
    assert recovery(opened=()) == (0, 0)
    assert recovery(opened=(a_window("till", 55, 65),)) == (0, 0)
    assert recovery(opened=(a_window("door", 40, 50),)) == (0, 0)


def test_what_was_not_confirmed_is_not_recovered() -> None:
    assert recovery(candidates=()) == (1, 0)
    assert recovery(candidates=(a_find("door", 60),)) == (1, 0)
    assert recovery(candidates=(a_find("door", 60, answer=Answer.NOT_SAME),)) == (1, 0)
    assert recovery(candidates=(a_find("door", 80, answer=SAME),)) == (1, 0), "somebody else"
    assert recovery(visits=()) == (1, 0)
    assert recovery(visits=(a_visit("cafe", 60, 61),)) == (1, 0), "by a record"


def test_a_second_stay_at_the_same_place_needs_a_sighting_of_its_own() -> None:
    stays = (HIDDEN, a_stay("cafe", 130, 180))
    both = a_visit("cafe", 60, 131, basis="sighting", cameras=("door",))

    def recovered(*sightings: Sighting) -> tuple[int, int]:
        report = a_report(
            opened=(a_window("door", 0, 300),),
            candidates=(a_find("door", 60, answer=SAME),),
            visits=(both,),
        )
        found = figures(a_patient(stays, sightings), report)
        return found.recoverable, found.recovered

    assert recovered(COMES) == (1, 1)
    assert recovered(COMES, a_sighting("door", 130, place_id="cafe", stay=1)) == (2, 1)


# --- sightings and candidates -------------------------------------------------------------------


def test_a_sighting_counts_where_half_of_it_was_looked_at() -> None:
    def seen(*windows: Any, **errors_s: float) -> int:
        patient = a_patient(sightings=(a_sighting("door", 60),))  # the face: 60:03 to 60:06
        return figures(patient, a_report(opened=windows), **errors_s).sightings_true_bare

    assert seen(a_window("door", 55, 60.08)) == 1  # until 60:04.8
    assert seen(a_window("door", 55, 60.07)) == 0  # until 60:04.2
    assert seen(a_window("door", 55, 60.07), a_window("door", 60.07, 65)) == 1
    assert seen(a_window("door", 55, 60.07), a_window("door", 55, 60.07)) == 0, "twice the same"
    assert seen(a_window("door", 58, 65), door=120.0) == 1
    assert seen(a_window("door", 58, 61.9), door=120.0) == 0


def test_an_instant_counts_where_it_was_looked_at() -> None:
    face = a_sighting("door", 60).face
    assert face is not None
    seen = a_sighting("door", 60, face=type(face)(start=at(60), end=at(60), inter_eye_px=20.0))
    patient = a_patient(sightings=(seen,))
    assert figures(patient, a_report(opened=LOOKED)).sightings_true_bare == 1
    assert figures(patient, a_report(opened=(a_window("door", 61, 65),))).sightings_true_bare == 0


def test_sightings_are_counted_apart_by_mask_and_found_by_their_own_candidates() -> None:
    patient = a_patient(
        sightings=(
            a_sighting("door", 10),
            a_sighting("door", 20),
            a_sighting("door", 30, mask="worn"),
            a_sighting("door", 40, mask="under"),
            a_sighting("door", 50, mask="worn"),
            a_sighting("door", 90),
            a_sighting("door", 95, recorded=False),
            a_sighting("door", 100, face=None),
            small(a_sighting("door", 105), 19.0),
        )
    )
    found = figures(
        patient,
        a_report(
            opened=(a_window("door", 0, 60),),
            candidates=(a_find("door", 10), a_find("door", 40), a_find("door", 45), a_find("till", 30)),
        ),
    )
    assert found.sightings_recorded == 6
    assert (found.sightings_true_bare, found.sightings_found_bare) == (2, 1)
    assert (found.sightings_true_masked, found.sightings_found_masked) == (3, 1)
    assert (found.candidates, found.false_candidates) == (4, 2)


def test_false_candidates_are_told_per_trace() -> None:
    truth = a_truth(a_patient(), a_patient(case="P02"), a_patient(case="P03"))
    reports = [
        a_report("P01", candidates=(a_find("door", 1), a_find("door", 2), a_find("door", 3))),
        a_report("P02"),
        a_report("somebody else's", candidates=(a_find("door", 1),)),
    ]
    found = score(truth, reports)
    assert found.traces == 2
    assert found.false_candidates_per_trace == 1.5
    assert score(truth, []).false_candidates_per_trace == 0.0


# --- contacts -----------------------------------------------------------------------------------


def contacts(*exposures: Any, answer: Answer | None = SAME, beside: Any = (), minute: float = 60) -> Any:
    patient = a_patient(sightings=(a_sighting("door", 60, beside=beside),))
    report = a_report(candidates=(a_find("door", minute, answer=answer),), exposures=exposures)
    found = figures(patient, report)
    return found.contacts_true, found.contacts_found


ONE, TWO = somebody(1, 60, -1.0), somebody(2, 60, 1.0)


def test_who_was_in_view_with_a_confirmed_patient_is_a_contact() -> None:
    assert contacts(an_exposure("door", 60, 1.0), beside=(ONE, TWO)) == (2, 1)
    assert contacts(an_exposure("door", 60, -1.0), an_exposure("door", 60, 1.0), beside=(ONE, TWO)) == (2, 2)
    assert contacts(beside=(ONE, TWO)) == (2, 0)
    assert contacts() == (0, 0)


def test_around_what_was_not_confirmed_nobody_is_a_contact() -> None:
    exposure = an_exposure("door", 60, 1.0)
    assert contacts(exposure, beside=(ONE, TWO), answer=None) == (0, 0)
    assert contacts(exposure, beside=(ONE, TWO), answer=Answer.NOT_SAME) == (0, 0)
    assert contacts(exposure, beside=(ONE, TWO), minute=70) == (0, 0), "the wrong person was confirmed"


def test_a_contact_is_found_once_and_only_there_and_then() -> None:
    twice = (an_exposure("door", 60, 1.0), an_exposure("door", 60, 1.1))
    assert contacts(*twice, beside=(TWO,)) == (1, 1)
    assert contacts(an_exposure("till", 60, 1.0), beside=(TWO,)) == (1, 0)
    assert contacts(an_exposure("door", 61), beside=(TWO,)) == (1, 0)


def test_faces_too_small_to_assess_are_no_contacts_and_take_their_own_exposures() -> None:
    far = somebody(1, 60, 1.0, px=19.0)
    assert contacts(an_exposure("door", 60, 1.0), beside=(far,)) == (0, 0)
    near = somebody(2, 60, -2.0)
    assert contacts(an_exposure("door", 60, 1.0), beside=(far, near)) == (1, 0)


def test_exposures_are_compared_in_true_time() -> None:
    patient = a_patient(sightings=(a_sighting("door", 60, beside=(TWO,)),))
    late = a_report(
        candidates=(a_find("door", 60, 200.0, answer=SAME),), exposures=(an_exposure("door", 60, 201.0),)
    )
    found = figures(patient, late, door=200.0)
    assert (found.contacts_true, found.contacts_found) == (1, 1)


# --- hours, and all together --------------------------------------------------------------------


def test_hours_are_summed_over_traces_and_shared_ones_counted_once_beside_it() -> None:
    truth = a_truth(a_patient(), a_patient(case="P02"))
    found = score(
        truth,
        [
            a_report(opened=(a_window("door", 0, 30), a_window("till", 0, 15))),
            a_report("P02", opened=(a_window("door", 15, 60), a_window("door", 90, 120))),
        ],
    )
    assert found.total.camera_hours_opened == pytest.approx(2.0)
    assert found.camera_hours_once == pytest.approx(1.75)
    assert found.camera_hours_city == pytest.approx(3 * 24.0)


def test_every_patient_has_a_row_and_one_without_a_trace_found_nothing() -> None:
    truth = a_truth(a_patient((HIDDEN,)), a_patient((HIDDEN, HIDDEN), case="P02"))
    found = score(truth, [a_report("P02", visits=(a_visit("cafe", 60, 61),))])
    assert [(p.case_id, p.traced, p.figures.visits_true) for p in found.patients] == [
        ("P01", False, 1),
        ("P02", True, 2),
    ]
    assert (found.total.visits_true, found.total.visits_found) == (3, 2)
