import pytest

from engine.domain.candidate import Candidate
from engine.domain.journey import ON_FOOT_M_S
from engine.trace.travel import ON_FOOT_SOURCE, travel_words
from tests.engine.fakes import a_camera, a_candidate, a_track

CAMERAS = {
    "cam1": a_camera("cam1"),
    "cam2": a_camera("cam2", 420.0),
    "cam3": a_camera("cam3", 5_000.0),
}


def seen(candidate_id: str, camera_id: str, from_min: float, minutes: float = 1.0) -> Candidate:
    return a_candidate(candidate_id, a_track(camera_id, from_min, minutes))


def test_without_a_confirmed_sighting_that_is_said() -> None:
    one = seen("a", "cam1", 0)
    assert travel_words(one, [], CAMERAS) == "no confirmed sighting yet"
    assert travel_words(one, [one], CAMERAS) == "no other confirmed sighting yet"


def test_a_way_that_can_be_walked_is_said_with_metres_minutes_and_the_source_of_the_speed() -> None:
    said = travel_words(seen("b", "cam2", 7), [seen("a", "cam1", 0)], CAMERAS)
    assert said == (
        "420 m and 6 min after the confirmed sighting at cam1 by the door:"
        f" possible on foot ({ON_FOOT_SOURCE})"
    )


def test_what_is_too_fast_on_foot_is_told_from_what_nobody_can_do() -> None:
    confirmed = [seen("a", "cam1", 0)]
    assert travel_words(seen("b", "cam3", 7), confirmed, CAMERAS).startswith("5.0 km and 6 min after")
    assert "possible by vehicle" in travel_words(seen("b", "cam3", 7), confirmed, CAMERAS)
    assert travel_words(seen("b", "cam3", 1.5), confirmed, CAMERAS).endswith("no journey is that fast")


def test_the_last_sighting_before_counts_and_else_the_first_one_after() -> None:
    confirmed = [seen("a", "cam1", 0), seen("c", "cam2", 60), seen("d", "cam1", 90)]
    assert "after the confirmed sighting at cam2" in travel_words(seen("b", "cam1", 70), confirmed, CAMERAS)
    assert "29 min before the confirmed sighting at cam1" in travel_words(
        seen("b", "cam2", -30), confirmed, CAMERAS
    )


def test_the_same_camera_is_no_way_and_the_same_time_no_while() -> None:
    confirmed = [seen("a", "cam1", 0)]
    assert travel_words(seen("b", "cam1", 1.5), confirmed, CAMERAS).startswith("30 s after the confirmed")
    assert "420 m and at the same time as" in travel_words(seen("b", "cam2", 0.5), confirmed, CAMERAS)
    assert "2 h 0 min after" in travel_words(seen("b", "cam1", 121), confirmed, CAMERAS)


@pytest.mark.parametrize(("slack_s", "on_foot"), [(2.0, True), (-2.0, False)])
def test_the_speed_on_foot_is_the_bound(slack_s: float, on_foot: bool) -> None:
    """420 m less both radii and what is nearby, and three standard deviations of both clocks."""
    needed_s = (420 - 60 - 50) / ON_FOOT_M_S - 3 * (2.0**2 + 2.0**2) ** 0.5
    later = seen("b", "cam2", 1 + (needed_s + slack_s) / 60)
    assert ("possible on foot" in travel_words(later, [seen("a", "cam1", 0)], CAMERAS)) is on_foot
