import numpy as np
import pytest

from adapters.city.heads import STEP, Heads


def test_a_sprite_has_the_height_asked_for_and_an_even_side(heads: Heads) -> None:
    for head_px in (20, 37, 64, 150):
        sprite = heads.sprite(5, 3, heads.size(head_px))
        wanted_px = heads.index.tile_px / heads.index.head_px * head_px
        assert sprite.side_px % 2 == 0
        assert sprite.side_px == pytest.approx(wanted_px, rel=STEP - 1, abs=2)


def test_face_and_landmarks_grow_with_the_sprite(heads: Heads) -> None:
    small, large = (heads.sprite(5, 3, heads.size(px)) for px in (40, 120))
    scale = large.side_px / small.side_px
    np.testing.assert_allclose(large.landmarks, small.landmarks * scale)
    np.testing.assert_allclose(large.face, small.face * scale)


def test_colour_is_half_as_wide_and_levels_are_those_of_video(heads: Heads) -> None:
    sprite = heads.sprite(9, 10, heads.size(80))
    half = sprite.side_px // 2
    assert sprite.luma.shape == sprite.ground.shape == (sprite.side_px, sprite.side_px)
    assert sprite.chroma_u.shape == sprite.chroma_v.shape == sprite.chroma_ground.shape == (half, half)
    opaque = sprite.ground < 0.01
    assert 16 <= sprite.luma[opaque].min() <= sprite.luma[opaque].max() <= 236
    assert 0 <= sprite.ground.min() <= sprite.ground.max() <= 1
    assert (sprite.luma[sprite.ground == 1] == 0).all(), "nothing is painted where the ground shows"


def test_skin_is_warmer_than_grey(heads: Heads) -> None:
    for head in range(0, 64, 9):
        _, u, v = heads.sprite(head, 3, heads.size(80)).skin
        assert v > 130 > u


@pytest.mark.parametrize(
    ("yaw_deg", "pitch_deg", "mask"), [(-48, 0, "none"), (20, 12, "worn"), (0, 24, "none")]
)
def test_the_view_nearest_to_what_is_seen_is_taken(
    heads: Heads, yaw_deg: int, pitch_deg: int, mask: str
) -> None:
    tiles = heads.index.people[3].tiles
    tile = tiles[heads.nearest(3, yaw_deg, pitch_deg, mask)]
    assert tile.mask == mask
    assert abs(tile.yaw_deg - yaw_deg) <= 9
    assert abs(tile.pitch_deg - pitch_deg) <= 7


def test_the_two_stills_of_a_head_are_its_own(heads: Heads) -> None:
    first, second = heads.stills(1), heads.stills(2)
    assert len(first) == len(second) == 2
    assert not set(first) & set(second)
    assert len({*first.values(), *second.values()}) == 4
