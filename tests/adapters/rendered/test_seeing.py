"""A filmed pass through the eyes of a worker."""

import shutil
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from adapters.city.heads import Heads
from adapters.city.passes import Motion
from adapters.rendered import atlas, filming, seeing
from engine.domain.errors import InputError
from tui.commands.rendered import opened

SEED = 1


def test_a_pass_is_filmed_from_its_beginning_with_where_the_face_lies(tmp_path: Path) -> None:
    heads = Heads()
    city = filming.town(SEED, heads)
    (row,) = filming.chosen(city, 1)
    shot = filming.Set(city, heads, tmp_path).shoot(int(row))
    assert shot.file.stat().st_size > 1_000
    assert len(shot.seen) % 10 == 0
    assert any(r == row and s.inter_eye_px > 20 for frame in shot.seen for r, s in frame)


def test_only_who_comes_towards_the_camera_is_filmed() -> None:
    city = filming.town(SEED, Heads())
    rows = filming.chosen(city, 100)
    assert len(np.unique(rows)) == 100
    assert not np.isin(city.passes.motion[rows], (Motion.LEAVES, Motion.AWAY)).any()
    assert (np.diff(city.passes.camera[rows]) >= 0).all()


@pytest.mark.parametrize("name", ["demo_embedder", "edgeface_xxs"])
def test_a_worker_sees_whom_the_pass_shows(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The whole way for one bare pass: found, followed, and most like their own stills."""
    folder = None if name.startswith("demo") else request.getfixturevalue("shared") / "models"
    eyes = {"xxs": opened([name], folder)[name]}
    model = eyes["xxs"].model
    heads = Heads()
    city = filming.town(SEED, heads)
    rows = filming.chosen(city, 50)
    row = rows[(city.passes.mask[rows] == 0) & (city.passes.motion[rows] == Motion.COMES)][:1]
    seen = seeing.collect(city, heads, row, eyes, tmp_path)["xxs"]
    assert list(tmp_path.glob("*.mp4")) == []
    own = seen.some(seen.path & (seen.row == row[0]))
    assert len(own) >= 1
    head = int(city.head[city.passes.resident[row[0]]])
    references = seeing.references(heads, model, eyes["xxs"].gates)
    assert (own.templates @ np.nan_to_num(references).T)[0].argmax() == head
    kept = seeing.collect(city, heads, row, {"xxs": seeing.Eyes(None, None, 0)}, tmp_path)["xxs"]  # type: ignore[arg-type]
    assert np.array_equal(kept.templates, seen.templates)  # not filmed again


def an_atlas(folder: Path) -> Path:
    folder.mkdir()
    sheet = np.full((200, 200, 4), 90, np.uint8)
    cv2.imwrite(str(folder / "p00.webp"), sheet)
    cv2.imwrite(str(folder / "p00_enrol1.jpg"), sheet[..., :3])
    tile = {
        "x": 100, "y": 0, "yaw": -16, "pitch": 12, "mask": "worn",
        "landmarks": [[10, 20]] * 5, "face": [0, 10, 50, 90],
    }  # fmt: skip
    person = {"seed": 10_007, "sheet": "p00.webp", "stills": [{"file": "p00_enrol1.jpg"}], "tiles": [tile]}
    index = {"tile": [100, 100], "head_px": 80, "people": [person]}
    (folder / "index.json").write_bytes(msgspec.json.encode(index))
    return folder


def test_people_of_the_renderer_become_heads_of_a_city(tmp_path: Path) -> None:
    heads = Heads(atlas.take([an_atlas(tmp_path / "atlas")], tmp_path / "heads"))
    assert len(heads) == 1
    assert (heads.index.tile_px, heads.index.people[0].seed) == (70, 10_007)
    tile = heads.index.people[0].tiles[0]
    assert (tile.x, tile.yaw_deg, tile.mask, tile.landmarks[0]) == (70, -16, "worn", (7.0, 14.0))
    assert heads.sprite(0, 0, heads.size(40)).side_px % 2 == 0
    assert len(heads.stills(0)) == 1


def test_a_folder_without_people_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        atlas.take([tmp_path], tmp_path / "heads")


def test_an_atlas_that_lost_a_sheet_is_told(tmp_path: Path) -> None:
    folder = an_atlas(tmp_path / "atlas")
    shutil.copyfile(folder / "index.json", folder / "p00.webp")
    with pytest.raises(InputError, match="is no picture"):
        atlas.take([folder], tmp_path / "heads")
