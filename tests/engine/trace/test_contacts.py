import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.decision import Answer
from engine.domain.exposure import ContactDefinition, Exposure
from engine.domain.track import FacePoint, MaskState, Neighbour, Track
from engine.trace.contacts import contacts
from tests.engine.fakes import DEFINITIONS, a_camera, a_candidate, a_neighbour, a_track, answered, at, points

WIDTH_PX, HFOV_DEG, EYES_M = 1280, 70.0, 0.063
FOCAL_PX = WIDTH_PX / 2 / math.tan(math.radians(HFOV_DEG) / 2)
CAMERAS = {
    "cam1": a_camera("cam1", hfov_deg=HFOV_DEG),
    "cam2": a_camera("cam2", 200.0, hfov_deg=HFOV_DEG),
    "no-hfov": a_camera("no-hfov", hfov_deg=None),
}


def stood(
    east_m: float, depth_m: float, minutes: float = 2.0, eyes_m: float = EYES_M
) -> tuple[FacePoint, ...]:
    """What a pinhole camera sees of a face ``east_m`` off its axis and ``depth_m`` away."""
    return points(
        0, minutes, x_px=WIDTH_PX / 2 + FOCAL_PX * east_m / depth_m, inter_eye_px=FOCAL_PX * eyes_m / depth_m
    )


def scene(patient: tuple[FacePoint, ...], *others: tuple[FacePoint, ...], **given: object) -> Track:
    neighbours = tuple(
        Neighbour(number=n, mask=MaskState.MASKED, points=p) for n, p in enumerate(others, start=1)
    )
    track = a_track(points=patient, neighbours=neighbours, frame_width=WIDTH_PX, frame_height=720)
    return msgspec.structs.replace(track, **given)


def near(*tracks: Track, definitions: tuple[ContactDefinition, ...] = DEFINITIONS) -> tuple[Exposure, ...]:
    """Exposures when all of these tracks are confirmed."""
    candidates = [a_candidate(f"cand-{n}", t) for n, t in enumerate(tracks)]
    return contacts(candidates, answered(*candidates), CAMERAS, definitions)


@pytest.mark.parametrize(
    ("patient", "other"),
    [
        ((0.0, 2.0), (1.0, 2.0)),
        ((-1.5, 3.0), (1.5, 3.0)),
        ((0.0, 2.0), (0.0, 4.0)),
        ((-0.4, 2.5), (0.9, 3.4)),
        ((0.2, 1.2), (0.5, 1.0)),
    ],
)
def test_the_true_distance_lies_within_the_interval(
    patient: tuple[float, float], other: tuple[float, float]
) -> None:
    truth_m = math.dist(patient, other)
    (exposure,) = near(scene(stood(*patient), stood(*other)))
    assert exposure.distance_low_m <= truth_m <= exposure.distance_high_m


@settings(max_examples=60)
@given(
    st.tuples(st.floats(-1.5, 1.5), st.floats(1.0, 6.0)),
    st.tuples(st.floats(-1.5, 1.5), st.floats(1.0, 6.0)),
    st.floats(0.94, 1.06),
    st.floats(0.94, 1.06),
)
def test_people_with_other_eye_distances_still_lie_within_the_interval(
    patient: tuple[float, float], other: tuple[float, float], first: float, second: float
) -> None:
    """6 % is the usual spread of adult eye distances; a smaller one looks like a face farther off."""
    track = scene(
        stood(*patient, minutes=0.1, eyes_m=EYES_M * first),
        stood(*other, minutes=0.1, eyes_m=EYES_M * second),
    )
    (exposure,) = near(track)
    assert exposure.distance_low_m <= math.dist(patient, other) + 1e-6
    assert exposure.distance_high_m >= math.dist(patient, other) - 1e-6


def test_side_by_side_the_interval_is_narrow_enough_to_be_of_use() -> None:
    (exposure,) = near(scene(stood(-0.5, 2.0), stood(0.5, 2.0)))
    assert exposure.distance_low_m >= 0.7
    assert exposure.distance_high_m <= 1.4


def test_an_unknown_field_of_view_makes_the_interval_wider() -> None:
    known = scene(stood(-0.5, 2.0), stood(0.5, 2.0))
    unknown = msgspec.structs.replace(known, camera_id="no-hfov")
    (sure,), (unsure,) = near(known), near(unknown)
    assert unsure.distance_low_m < sure.distance_low_m
    assert unsure.distance_high_m > sure.distance_high_m


def test_minutes_count_from_the_first_to_the_last_moment_together() -> None:
    patient, other = stood(0, 2, minutes=5), stood(1, 2, minutes=5)
    (exposure,) = near(scene(patient, other[60:181]))
    assert exposure.minutes == pytest.approx(2.0)
    assert (exposure.interval.start, exposure.interval.end) == (at(1), at(3))


def test_somebody_who_came_after_the_patient_had_left_is_no_contact() -> None:
    assert near(scene(stood(0, 2)[:30], stood(1, 2)[60:])) == ()


def test_only_confirmed_tracks_have_contacts() -> None:
    candidate = a_candidate(track=scene(stood(0, 2), stood(1, 2)))
    assert contacts([candidate], {}, CAMERAS, DEFINITIONS) == ()
    for answer in (Answer.NOT_SAME, Answer.CANNOT_TELL):
        assert contacts([candidate], answered(candidate, answer=answer), CAMERAS, DEFINITIONS) == ()


def test_a_patient_alone_has_none() -> None:
    assert near(scene(stood(0, 2))) == ()


def test_one_bystander_in_two_scenes_is_two_persons() -> None:
    first = scene(stood(0, 2), stood(1, 2), scene="cam1/a")
    second = scene(stood(0, 2), stood(1, 2), scene="cam1/b", interval=a_track(from_min=9).interval)
    assert [e.person for e in near(first, second)] == ["U-001", "U-002"]


def test_one_bystander_beside_two_tracks_of_one_scene_is_one_person() -> None:
    track = scene(stood(0, 2), stood(1, 2), stood(-1, 2))
    assert [e.person for e in near(track, track)] == ["U-001", "U-002", "U-001", "U-002"]


def test_numbers_begin_anew_in_every_case() -> None:
    track = scene(stood(0, 2), stood(1, 2))
    assert [near(track)[0].person, near(track)[0].person] == ["U-001", "U-001"]


def test_masks_of_both_are_told() -> None:
    (exposure,) = near(scene(stood(0, 2), stood(1, 2), mask=MaskState.BARE))
    assert (exposure.patient_mask, exposure.person_mask) == (MaskState.BARE, MaskState.MASKED)


def test_a_definition_is_met_surely_perhaps_or_not_at_all() -> None:
    definitions = (
        ContactDefinition(name="wide", distance_m=5.0, minutes=1.0, source="test"),
        ContactDefinition(name="close", distance_m=1.0, minutes=1.0, source="test"),
        ContactDefinition(name="touching", distance_m=0.2, minutes=1.0, source="test"),
        ContactDefinition(name="long", distance_m=5.0, minutes=15.0, source="test"),
    )
    (exposure,) = near(scene(stood(-0.5, 2.0), stood(0.5, 2.0)), definitions=definitions)
    assert exposure.suggestions == ("meets wide (5 m, 1 min)", "may meet close (1 m, 1 min)")


def test_tracks_come_in_order_of_time_whatever_their_evidence() -> None:
    later = a_candidate(
        "later",
        a_track("cam1", 30, llr=9, neighbours=(a_neighbour(points=points(30, 2)),), points=points(30, 2)),
    )
    earlier = a_candidate("earlier", a_track("cam2", 0, llr=1, neighbours=(a_neighbour(),)))
    found = contacts([later, earlier], answered(later, earlier), CAMERAS, ())
    assert [(e.candidate_id, e.person) for e in found] == [("earlier", "U-001"), ("later", "U-002")]
