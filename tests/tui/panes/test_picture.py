"""How large a face stands in a box of cells, and what half cells show."""

import numpy as np
import pytest

from tests.screens.invented import head, picture
from tui.panes.halfcell import decoded, in_four_greys, resized, rows_of
from tui.panes.scale import drawn_size, is_whole


def test_thirty_eight_rows_show_a_face_still_over_sixty_pixels_high() -> None:
    drawn = drawn_size(120, 160, 59, 38, whole=False)
    assert drawn.height == 76
    assert 0.8 * 160 * drawn.scale >= 60


def test_twenty_two_rows_do_not() -> None:
    assert 0.8 * 160 * drawn_size(120, 160, 39, 22, whole=False).scale < 60


@pytest.mark.parametrize(("columns", "rows"), [(10, 30), (59, 38), (120, 5), (1, 1)])
def test_a_whole_picture_fits_into_its_box_and_keeps_its_shape(columns: int, rows: int) -> None:
    drawn = drawn_size(320, 180, columns, rows, whole=True)
    assert drawn.width <= columns and drawn.height <= 2 * rows
    assert drawn.height % 2 == 0
    assert drawn.scale <= columns / 320 + 1e-9


def test_a_face_loses_only_margins_never_more_than_stated() -> None:
    drawn = drawn_size(160, 160, 26, 30, whole=False)
    assert drawn.width == 26
    assert 26 / (160 * drawn.scale) >= 0.7


def test_an_empty_box_or_picture_has_no_size() -> None:
    assert drawn_size(160, 160, 0, 10, whole=False).height == 0
    assert drawn_size(0, 0, 10, 10, whole=False).height == 0


def test_a_photo_that_does_not_say_where_its_face_is_is_shown_whole() -> None:
    assert is_whole(picture("subject", head("patient"), 0.0))
    assert not is_whole(picture("face", head("patient"), 128.0))


def test_what_is_no_picture_is_none() -> None:
    assert decoded(b"") is None
    assert decoded(b"\xff\xd8 not a jpeg") is None


def test_a_half_cell_is_an_upper_and_a_lower_pixel() -> None:
    image = np.zeros((2, 3, 3), dtype=np.uint8)
    image[0, :2] = (1, 2, 3)  # BGR
    image[1] = (40, 50, 60)
    (row,) = rows_of(image)
    assert [(segment.text, segment.style.color.triplet) for segment in row if segment.style] == [  # type: ignore[union-attr]
        ("▀▀", (3, 2, 1)),
        ("▀", (0, 0, 0)),
    ]
    assert row[0].style is not None and row[0].style.bgcolor is not None
    assert row[0].style.bgcolor.triplet == (60, 50, 40)


def test_sixteen_colours_get_only_the_greys_they_have_from_dark_to_light() -> None:
    ramp = np.repeat(np.linspace(60, 120, 64, dtype=np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
    grey = in_four_greys(np.ascontiguousarray(ramp))
    assert set(np.unique(grey)) == {0, 85, 170, 255}  # a flat picture is spread over all of them
    quarters = [float(part.mean()) for part in np.split(grey, 4, axis=1)]
    assert quarters == sorted(quarters)


def test_a_picture_comes_back_in_the_size_asked_for() -> None:
    assert resized(head("patient"), 59, 76).shape == (76, 59, 3)
    assert resized(head("patient", 40), 59, 76).shape == (76, 59, 3)
