"""Composed scenes: it is known where every face is, and what hides it."""

import numpy as np
import pytest

from training.degrading import batch, key_frame
from training.people import Tiles, chosen, joined
from training.scenes import COUNTS_FROM_PX, SIDE_PX, compose, encoded, premultiplied

TILE_PX = 176
MARKS = [[70, 80], [106, 80], [88, 100], [74, 118], [102, 118]]
FACE = [58, 50, 118, 136]
RED = (0, 0, 255)


def painted(colour: tuple[int, int, int] = RED) -> np.ndarray:
    """A tile with an oval in the place of a head, see-through around it."""
    tile = np.zeros((TILE_PX, TILE_PX, 4), np.uint8)
    y, x = np.mgrid[:TILE_PX, :TILE_PX]
    inside = ((x - 88) / 45) ** 2 + ((y - 90) / 60) ** 2 < 1
    tile[inside] = (*colour, 255)
    return tile


@pytest.fixture
def tiles() -> Tiles:
    return Tiles(
        [premultiplied(painted()) for _ in range(4)],
        np.array([MARKS] * 4, np.float32),
        np.array([FACE] * 4, np.float32),
        np.arange(4),
        np.array([0, 1, 2, 0]),
    )


def test_a_face_that_must_be_found_is_inside_large_and_seen(tiles: Tiles) -> None:
    asked = 0
    for seed in range(40):
        scene = compose(tiles, [], np.random.default_rng(seed))
        assert scene.picture.shape == (SIDE_PX, SIDE_PX, 3)
        for box, marks, is_asked in zip(scene.boxes, scene.landmarks, scene.asked, strict=True):
            if not is_asked:
                continue
            asked += 1
            assert box[3] - box[1] >= COUNTS_FROM_PX
            assert (marks > 0).all()
            assert (marks < SIDE_PX).all()
            assert (box[:2] < marks.min(axis=0)).all()
            assert (box[2:] > marks.max(axis=0)).all()
    assert asked > 30


def test_a_face_is_painted_where_it_is_said_to_be(tiles: Tiles) -> None:
    """The redness of what is asked for, against that of the whole picture."""
    here, everywhere = [], []
    for seed in range(40):
        scene = compose(tiles, [], np.random.default_rng(seed))
        red = scene.picture[..., 2].astype(float) - scene.picture[..., 0]
        for box in scene.boxes[scene.asked]:
            x0, y0, x1, y1 = np.clip(box, 0, SIDE_PX).astype(int)
            here.append(red[y0:y1, x0:x1].mean())
            everywhere.append(red.mean())
    assert np.mean(here) > np.mean(everywhere) + 50


def test_a_face_that_others_hide_is_not_asked_for(tiles: Tiles) -> None:
    hidden = 0
    for seed in range(60):
        scene = compose(tiles, [], np.random.default_rng(seed))
        centres = (scene.boxes[:, :2] + scene.boxes[:, 2:]) / 2
        for number, box in enumerate(scene.boxes[:-1]):
            for other in range(number + 1, len(scene.boxes)):
                nearer = scene.boxes[other]
                covers = (nearer[:2] <= box[:2]).all() and (nearer[2:] >= box[2:]).all()
                if covers and np.abs(centres[number] - centres[other]).max() < 5:
                    hidden += 1
                    assert not scene.asked[number]
    assert hidden > 0


def test_the_same_seed_is_the_same_scene(tiles: Tiles) -> None:
    one, other = (compose(tiles, [], np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.picture, other.picture)
    assert np.array_equal(one.boxes, other.boxes)


def test_encoding_changes_pixels_and_nothing_else(tiles: Tiles) -> None:
    r = np.random.default_rng(1)
    scenes = [compose(tiles, [], r) for _ in range(3)]
    after = encoded(scenes, r)
    for scene, made in zip(scenes, after, strict=True):
        apart = np.abs(scene.picture.astype(int) - made.picture).mean()
        assert 0 < apart < 20
        assert np.array_equal(scene.boxes, made.boxes)


def test_a_coarser_quantiser_loses_more() -> None:
    r = np.random.default_rng(0)
    picture = np.clip(r.normal(128, 40, (64, 64, 3)), 0, 255).astype(np.uint8)
    fine, coarse = (np.abs(key_frame(picture, qp).astype(int) - picture).mean() for qp in (18, 40))
    assert fine < coarse


def test_crops_are_aligned_whatever_is_done_to_them() -> None:
    """The head of the tile fills the middle of the crop at every size and under every light."""
    plain = Tiles(
        [painted()] * 32,
        np.array([MARKS] * 32, np.float32),
        np.array([FACE] * 32, np.float32),
        np.zeros(32, np.int64),
        np.zeros(32, np.int64),
    )
    crops = batch(plain, np.random.default_rng(2)).astype(float)
    assert crops.shape == (32, 112, 112, 3)
    redness = crops[..., 2] - crops[..., 0]
    middle, corner = redness[:, 50:80, 46:66].mean(axis=(1, 2)), redness[:, :6, :6].mean(axis=(1, 2))
    coloured = np.ptp(crops, axis=-1).mean(axis=(1, 2)) > 8  # some are made grey
    assert (middle > corner)[coloured].mean() > 0.9


def test_people_are_joined_and_chosen_in_order(tiles: Tiles) -> None:
    both = joined([tiles, tiles])
    assert len(both) == 8
    some = chosen(both, np.array([7, 1]))
    assert some.person.tolist() == [3, 1]
    assert some.mask.tolist() == [0, 1]
    assert len(some.pictures) == 2
