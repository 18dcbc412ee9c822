"""What the engine found in a photograph, in words for people."""

import pytest

from engine.api.client import EngineSaysNo
from engine.api.schema import StillTaken
from engine.domain.track import MaskState
from engine.trace.enrol import MIN_INTER_EYE_PX
from tui.forms.photo_words import LEAST_INTER_EYE_PX, refused_photo_words, taken_photo_words


def test_the_least_size_is_that_of_the_engine() -> None:
    assert LEAST_INTER_EYE_PX == MIN_INTER_EYE_PX


def test_a_mask_and_warnings_are_said() -> None:
    taken = StillTaken(
        still_id="s", file="a.jpg", inter_eye_px=22.4, mask=MaskState.MASKED, warnings=("blurred",)
    )
    words = "\n".join(words for words, _ in taken_photo_words(taken))
    assert "one face in a.jpg" in words
    assert "22 px between the eyes, at least 20 are needed" in words
    assert "a bare face is compared better" in words and "! blurred" in words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("a.jpg: shows no face; use a photograph", "no face was found"),
        ("a.jpg: shows 2 faces; cut the photograph", "more than one face"),
        ("a.jpg: shows a face of only 12 px between the eyes; use a larger", "the face is too small"),
        ("a.jpg: shows covered eyes; use", "the eyes are covered"),
        ("a.jpg does not name the notification of this case [G5]", "another notification"),
        ("something new", "something new"),
    ],
)
def test_refusals_are_said_in_plain_words_with_the_engines_own(said: str, words: str) -> None:
    found = refused_photo_words(EngineSaysNo(422, "input", said))
    assert words in found and said in found
