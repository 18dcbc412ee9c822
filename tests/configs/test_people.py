"""The rendered heads that ship: whole, and nobody on whom anything was fitted."""

import json
from collections import Counter
from importlib import resources
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.city.heads import Heads

TRAINED_FROM = 10_000  # seeds of people on whom something may be fitted begin here
FOLDER = resources.files("configs") / "people"


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads()


def test_no_head_is_one_on_whom_anything_is_fitted(heads: Heads) -> None:
    seeds = [head.seed for head in heads.index.people]
    assert len(set(seeds)) == len(seeds) == 64
    assert max(seeds) < 300 < TRAINED_FROM


def test_the_people_for_fitting_are_others(heads: Heads, shared: Path) -> None:
    index = shared / "people" / "train" / "index.jsonl"
    if not index.is_file():
        pytest.skip("needs the people for fitting in people/train beside the models")
    trained = {json.loads(line)["seed"] for line in index.read_text("utf-8").splitlines()}
    assert min(trained) >= TRAINED_FROM
    assert not trained & {head.seed for head in heads.index.people}


def test_heads_are_numbered_in_order_and_each_has_its_own_pictures(heads: Heads) -> None:
    people = heads.index.people
    assert [head.identity for head in people] == list(range(64))
    names = Counter(name for head in people for name in (head.sheet, *head.stills))
    assert set(names.values()) == {1}
    assert all((FOLDER / name).is_file() for name in names)


def test_every_head_has_views_from_left_to_right_with_and_without_a_mask(heads: Heads) -> None:
    for head in heads.index.people:
        for mask, wide in (("none", 50), ("worn", 50), ("under", 33)):
            yaws = sorted({tile.yaw_deg for tile in head.tiles if tile.mask == mask})
            assert (yaws[0], yaws[-1]) == (-wide, wide)
            assert max(b - a for a, b in pairwise(yaws)) <= 33
        assert Counter(tile.mask for tile in head.tiles) == {"none": 22, "worn": 22, "under": 6}


def test_every_tile_lies_in_its_sheet_and_its_face_in_the_tile(heads: Heads) -> None:
    side = heads.index.tile_px
    for head in heads.index.people:
        for tile in head.tiles:
            assert tile.x % side == tile.y % side == 0
            x0, y0, x1, y1 = tile.face
            assert 0 <= x0 < x1 <= side
            assert 0 <= y0 < y1 <= side
            across = [x for x, _ in tile.landmarks]
            down = [y for _, y in tile.landmarks]
            assert len(tile.landmarks) == 5
            assert across[0] < across[1]  # eyes, left of the picture first
            assert across[3] < across[4]  # corners of the mouth
            assert max(down[:2]) < min(down[3:])


@pytest.mark.parametrize("head", [0, 31, 63])
def test_a_sheet_is_transparent_around_the_head_and_opaque_in_the_face(heads: Heads, head: int) -> None:
    about, side = heads.index.people[head], heads.index.tile_px
    content = np.frombuffer((FOLDER / about.sheet).read_bytes(), np.uint8)
    sheet = np.asarray(cv2.imdecode(content, cv2.IMREAD_UNCHANGED))
    assert sheet.shape[2] == 4
    for tile in about.tiles:
        alpha = sheet[tile.y : tile.y + side, tile.x : tile.x + side, 3]
        assert alpha.shape == (side, side)
        assert alpha[:8].max() < 32, "above the crown"
        x, y = np.mean(tile.landmarks, axis=0).round().astype(int)
        assert alpha[y, x] > 250


def test_stills_are_as_large_as_a_photograph_that_can_be_used(heads: Heads) -> None:
    for name, content in heads.stills(5).items():
        still = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert still.shape == (288, 288, 3), name
