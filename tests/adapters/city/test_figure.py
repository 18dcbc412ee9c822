import numpy as np
import pytest

from adapters.city import figure
from adapters.city.figure import planes_of
from adapters.city.heads import Heads, Sprite

WIDTH, HEIGHT = 320, 180
GREY = 99


@pytest.fixture
def sprite(heads: Heads) -> Sprite:
    return heads.sprite(12, heads.nearest(12, 0, 0, "none"), heads.size(50))


def empty() -> np.ndarray:
    return np.full((HEIGHT * 3 // 2, WIDTH), GREY, np.uint8)


def test_planes_are_views_into_the_frame_one_under_the_other() -> None:
    frame = empty()
    luma, chroma_u, chroma_v = planes_of(frame)
    assert luma.shape == (HEIGHT, WIDTH)
    assert chroma_u.shape == chroma_v.shape == (HEIGHT // 2, WIDTH // 2)
    luma[:], chroma_u[:], chroma_v[:] = 1, 2, 3
    assert [(frame == value).sum() for value in (1, 2, 3)] == [
        WIDTH * HEIGHT,
        WIDTH * HEIGHT // 4,
        WIDTH * HEIGHT // 4,
    ]


def test_a_head_changes_only_the_pixels_under_it(sprite: Sprite) -> None:
    frame = empty()
    planes = planes_of(frame)
    figure.lay(planes, 100, 40, sprite)
    for plane, scale in zip(planes, (1, 2, 2), strict=True):
        rows, columns = np.nonzero(plane != GREY)
        side = sprite.side_px // scale
        assert 40 // scale <= rows.min() <= rows.max() < 40 // scale + side
        assert 100 // scale <= columns.min() <= columns.max() < 100 // scale + side
    x, y = (sprite.landmarks[2] + (100, 40)).round().astype(int)
    assert abs(int(planes.luma[y, x]) - sprite.luma[y - 40, x - 100]) <= 1


@pytest.mark.parametrize(("left", "top"), [(-30, 60), (300, 60), (140, -40), (140, 160), (-30, -30)])
def test_what_lies_outside_is_cut_off_and_comes_in_nowhere_else(sprite: Sprite, left: int, top: int) -> None:
    frame = empty()
    planes = planes_of(frame)
    figure.lay(planes, left, top, sprite)
    side = sprite.side_px
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = False
    assert (planes.luma[outside] == GREY).all()
    assert (planes.luma != GREY).any()
    quarter = outside[::2, ::2]
    assert (planes.chroma_u[quarter] == GREY).all()
    assert (planes.chroma_v[quarter] == GREY).all()


@pytest.mark.parametrize(("left", "top"), [(-400, 20), (WIDTH, 20), (20, HEIGHT), (20, -400)])
def test_a_head_that_lies_wholly_outside_changes_nothing(sprite: Sprite, left: int, top: int) -> None:
    frame = empty()
    figure.lay(planes_of(frame), left, top, sprite)
    assert (frame == GREY).all()


def test_a_body_reaches_from_the_shoulders_to_the_ground_in_the_colour_of_the_shirt(sprite: Sprite) -> None:
    frame = empty()
    luma = planes_of(frame).luma
    figure.body(planes_of(frame), 100, 10, sprite, 170, 12)
    rows = np.nonzero((luma != GREY).any(axis=1))[0]
    assert rows.min() >= 10 + sprite.side_px - 3
    assert 168 <= rows.max() <= 172
    middle, shoulder = 100 + sprite.side_px // 2, 10 + sprite.side_px
    assert luma[shoulder + 10, middle + 6] == pytest.approx(sprite.cloth[0] * 0.95, abs=2)


def test_a_body_partly_or_wholly_outside_is_no_fault(sprite: Sprite) -> None:
    for left, top, foot in ((-50, 100, 400), (310, 170, 900), (100, 400, 900), (100, -300, -100)):
        figure.body(planes_of(empty()), left, top, sprite, foot, 3)


def test_from_behind_there_is_hair_where_the_face_would_be(sprite: Sprite) -> None:
    frame = empty()
    luma = planes_of(frame).luma
    figure.nape(planes_of(frame), 100, 40, sprite)
    x0, y0, x1, y1 = (sprite.face + np.array([100, 40, 100, 40])).round().astype(int)
    inner = luma[y0 + 6 : y1 - 10, x0 + 4 : x1 - 4]
    assert inner.std() < 2
    assert inner.mean() == pytest.approx(sprite.hair[0], abs=3)
