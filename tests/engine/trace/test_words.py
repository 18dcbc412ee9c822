import math

import msgspec
import pytest

from engine.domain.track import MaskState, Quality
from engine.trace.words import evidence_words, opinion_words, support_words
from tests.engine.fakes import a_candidate, a_neighbour, a_track, span


def said(**given: object) -> tuple[str, ...]:
    infeasible = str(given.pop("infeasible", ""))
    return evidence_words(a_candidate(track=a_track(**given), infeasible=infeasible))


def quality(**given: object) -> Quality:
    return msgspec.structs.replace(a_track().quality, **given)


def test_what_there_is_to_go_on_is_said_in_plain_words() -> None:
    assert said() == (
        "40 px between the eyes, sharp, frontal",
        "no mask",
        "seen for 120.0 s in 30 usable frames",
        "camera clock known to ± 2 s",
        "alone in the scene",
        "no confirmed sighting yet",
    )


@pytest.mark.parametrize(("blur", "word"), [(39, "slightly soft"), (14, "soft"), (40, "sharp")])
def test_sharpness_has_three_words(blur: float, word: str) -> None:
    assert f", {word}, " in said(quality=quality(blur=blur))[0]


@pytest.mark.parametrize(("yaw_deg", "word"), [(15, "half turned"), (35, "turned away"), (14.9, "frontal")])
def test_the_turn_of_the_head_has_three_words(yaw_deg: float, word: str) -> None:
    assert said(quality=quality(yaw_deg=yaw_deg))[0].endswith(word)


def test_masks_neighbours_clocks_and_journeys_are_said() -> None:
    assert said(mask=MaskState.MASKED)[1].startswith("wears a mask")
    assert said(mask=MaskState.UNKNOWN)[1] == "mask not available: counted as the less certain case"
    assert said(neighbours=(a_neighbour(1), a_neighbour(2)))[4] == "2 other people in the scene"
    assert said(neighbours=(a_neighbour(1),))[4] == "1 other person in the scene"
    assert said(interval=span(0, 2, 600.0))[3] == (
        "clock error of the camera not available: taken as within 20 minutes"
    )
    assert said(infeasible="no journey from the confirmed sighting at cam2")[6].startswith("no journey")


def test_what_was_not_measured_is_said_to_be_not_available() -> None:
    nothing = quality(inter_eye_px=0.0, blur=math.nan, yaw_deg=math.nan)
    assert said(quality=nothing)[0] == "size not available, sharpness not available, pose not available"


@pytest.mark.parametrize(
    ("as_high", "words"),
    [
        (0, "no other candidate of this trace scores as high"),
        (1, "1 other candidate of this trace scores as high"),
        (2, "2 other candidates of this trace score as high"),
    ],
)
def test_the_rank_among_the_others_is_a_sentence(as_high: int, words: str) -> None:
    assert opinion_words(as_high, "rendered heads") == (words, "calibrated on rendered heads")
    assert opinion_words(as_high, "")[1] == "calibration not available"


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.001, "hardly any support"),
        (1.9, "hardly any support"),
        (2.1, "weak support"),
        (11, "moderate support"),
        (101, "moderately strong support"),
        (1_001, "strong support"),
        (10_001, "very strong support"),
    ],
)
def test_support_follows_the_verbal_scale(ratio: float, words: str) -> None:
    assert support_words(math.log(ratio)).startswith(words)


def test_no_llr_is_too_large_or_too_small_for_words() -> None:
    assert support_words(1e6).startswith("very strong")
    assert support_words(-1e6).startswith("hardly any")


def test_no_number_of_the_model_is_ever_in_the_words() -> None:
    words = " ".join(said(llr=7.654321)) + support_words(7.654321)
    assert "7.65" not in words
    assert "%" not in words
