from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from adapters.footage.redact import FACE_PX, FRAME_WIDTH_PX, MosaicRedactor, mosaic, redacted
from engine.domain.track import Still
from engine.ports import Frame, Image

AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
REDACTOR = MosaicRedactor()


def noise(height: int = 480, width: int = 640) -> Image:
    return np.random.default_rng(5).integers(0, 255, (height, width, 3), dtype=np.uint8)


def picture(still: Still) -> Image:
    image = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape[:2] == (still.height, still.width)
    return image


@pytest.mark.parametrize(
    ("height", "shown"), [(60.0, 96.0), (20.0, 80.0), (150.0, 150.0), (400.0, 240.0), (96.0, 96.0)]
)
def test_a_face_still_is_as_high_as_a_person_needs_and_the_source_allows(height: float, shown: float) -> None:
    still = REDACTOR.face_still(Frame(0.0, noise()), AT, (200, 40, height * 0.75, height), [])
    assert still.face_px == pytest.approx(shown)
    assert still.face_px / still.height == pytest.approx(0.8, abs=0.02)
    assert still.face_px <= FACE_PX[1]
    assert (still.kind, still.at) == ("face", AT)
    picture(still)


def test_a_frame_still_shows_the_whole_frame_small() -> None:
    still = REDACTOR.frame_still(Frame(0.0, noise(720, 1280)), AT, (200, 40, 60, 80), [])
    assert (still.width, still.height) == (FRAME_WIDTH_PX, 270)
    assert still.face_px == pytest.approx(80 * FRAME_WIDTH_PX / 1280)
    picture(still)


def test_a_small_frame_is_not_enlarged() -> None:
    assert REDACTOR.frame_still(Frame(0.0, noise(200, 300)), AT, (20, 40, 60, 80), []).width == 300


def test_a_face_at_the_edge_is_shown_with_black_beyond() -> None:
    image = np.full((480, 640, 3), 200, np.uint8)
    still = REDACTOR.face_still(Frame(0.0, image), AT, (-20, -30, 90, 120), [])
    shown = picture(still)
    assert shown[:10, :10].max() < 20
    assert shown[-30:, -30:].min() > 180


def test_the_kept_face_is_untouched_and_all_else_is_blocks() -> None:
    image = noise()
    keep = (300, 200, 60, 80)
    out = redacted(image, keep, [], 20)
    np.testing.assert_array_equal(out[200:280, 300:360], image[200:280, 300:360])
    outside = np.ones(image.shape[:2], bool)
    outside[194:286, 295:365] = False
    np.testing.assert_array_equal(out[outside], mosaic(image, 20)[outside])
    assert len(np.unique(mosaic(image, 20).reshape(-1, 3), axis=0)) <= 24 * 32


def test_another_face_is_few_blocks_in_the_margin_but_never_covers_the_kept_one() -> None:
    image = noise()
    keep, other = (300, 200, 60, 80), (355, 190, 60, 80)
    out = redacted(image, keep, [other], 20)
    np.testing.assert_array_equal(out[200:280, 300:360], image[200:280, 300:360])
    beside = out[190:270, 360:415]
    assert len(np.unique(beside.reshape(-1, 3), axis=0)) <= 12


def test_the_frame_itself_is_left_as_it_was() -> None:
    image = noise()
    before = image.copy()
    REDACTOR.frame_still(Frame(0.0, image), AT, (300, 200, 60, 80), [(10, 10, 50, 50)])
    REDACTOR.face_still(Frame(0.0, image), AT, (300, 200, 60, 80), [(10, 10, 50, 50)])
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    "keep", [(700, 10, 50, 50), (10, 10, 0, 50), (10, 10, 50, -1), (float("nan"), 1, 5, 5)]
)
def test_a_kept_box_that_is_no_face_in_the_frame_gives_no_picture(keep: tuple[float, ...]) -> None:
    for still in (REDACTOR.face_still, REDACTOR.frame_still):
        with pytest.raises(ValueError, match="is no face inside a frame of 640x480"):
            still(Frame(0.0, noise()), AT, keep, [])


@pytest.mark.parametrize(
    "other", [(900, 900, 50, 50), (-90, -90, 50, 50), (float("nan"), 0, 5, 5), (5, 5, 0, 0)]
)
def test_boxes_of_others_outside_the_frame_do_no_harm(other: tuple[float, ...]) -> None:
    assert REDACTOR.frame_still(Frame(0.0, noise()), AT, (300, 200, 60, 80), [other]).jpeg
