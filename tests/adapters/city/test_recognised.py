from typing import Any

from adapters.city.facts import Patient
from adapters.city.recognised import true_candidates
from tests.adapters.city.reports import (
    Found,
    a_find,
    a_patient,
    a_report,
    a_sighting,
    a_truth,
    at,
    somebody,
)


def true(patient: Patient, *found: Found, **errors_s: float) -> set[str]:
    return set(true_candidates(a_truth(patient, errors_s=errors_s), a_report(candidates=found)))


def passing(**given: Any) -> Patient:
    return a_patient(sightings=(a_sighting("door", 10, **given),))


def test_a_face_where_and_when_the_patients_was_is_the_patient() -> None:
    assert true(passing(), a_find("door", 10)) == {"door/10/0.0"}


def test_another_camera_another_time_or_another_case_is_somebody_else() -> None:
    assert true(passing(), a_find("till", 10)) == set()
    assert true(passing(), a_find("door", 11)) == set()
    assert true(passing(), a_find("door", 10, late_s=5.5)) == set()
    other = a_report("P02", candidates=(a_find("door", 10),))
    assert true_candidates(a_truth(passing()), other) == {}


def test_a_face_that_was_turned_away_or_not_recorded_cannot_be_the_candidate() -> None:
    assert true(passing(face=None), a_find("door", 10)) == set()
    assert true(passing(recorded=False), a_find("door", 10)) == set()


def test_the_error_of_the_clock_is_taken_out() -> None:
    late = a_find("door", 10, late_s=200)
    assert true(passing(), late, door=200.0) == {late.candidate_id}
    assert true(passing(), late, door=-200.0) == set()
    assert true(passing(), late, till=200.0) == set()


def test_who_comes_through_the_door_a_second_later_is_not_the_patient() -> None:
    patient = passing(beside=(somebody(1, 10, late_s=1.4),))
    assert true(patient, a_find("door", 10)) == {"door/10/0.0"}
    assert true(patient, a_find("door", 10, late_s=1.4)) == set()


def test_a_track_that_begins_late_is_judged_by_where_it_ends() -> None:
    patient = passing(beside=(somebody(1, 10, late_s=1.4),))
    short = Found("late start", "door", at(10, 5.0), at(10, 6.0))
    assert true(patient, short) == {"late start"}


def test_of_two_faces_at_one_instant_the_stronger_is_the_patient() -> None:
    weak, strong = a_find("door", 10, llr=2.0), a_find("door", 10, llr=9.0, candidate_id="strong")
    assert true(passing(), weak, strong) == {"strong"}
    kept_back = a_find("door", 10, llr=None, candidate_id="kept back")
    assert true(passing(), kept_back, weak) == {weak.candidate_id}


def test_a_track_that_broke_in_two_is_the_patient_twice() -> None:
    first = Found("first", "door", at(10, 3), at(10, 4))
    second = Found("second", "door", at(10, 4.5), at(10, 6))
    assert true(passing(), first, second) == {"first", "second"}


def test_each_candidate_comes_with_the_sighting_that_it_shows() -> None:
    truth = a_truth(a_patient(sightings=(a_sighting("door", 10), a_sighting("door", 30))))
    found = true_candidates(truth, a_report(candidates=(a_find("door", 30), a_find("door", 10))))
    assert {name: sighting.start for name, sighting in found.items()} == {
        "door/30/0.0": at(30),
        "door/10/0.0": at(10),
    }


def test_sightings_that_clocks_put_at_one_instant_are_each_the_patient() -> None:
    patient = a_patient(sightings=(a_sighting("door", 10), a_sighting("till", 12)))
    found = (a_find("door", 10), a_find("till", 12, late_s=-120))
    assert true(patient, *found, till=-120.0) == {f.candidate_id for f in found}
