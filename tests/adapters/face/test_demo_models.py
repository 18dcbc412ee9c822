"""The models that come along, on rendered heads of the demo laid into an empty scene."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.city.heads import Heads
from adapters.face.detector_mask import DetectorMask
from adapters.face.model import OnnxFaceModel
from adapters.face.photo import decode_photo
from adapters.face.registry import SHIPPED, find, shipped_file, verify
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor, ModelKind
from engine.domain.track import MaskState
from engine.ports import Image

NOWHERE = Path("no models here")
PEOPLE = 12
MOST_BYTES = 4_000_000
PLACE = (96, 60)  # where a head is laid, in pixels


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads()


@pytest.fixture(scope="module")
def model() -> OnnxFaceModel:
    return OnnxFaceModel(
        detector=find("demo_detector", NOWHERE),
        embedder=find("demo_embedder", NOWHERE),
        mask=find("demo_mask", NOWHERE),
    )


def a_scene(heads: Heads, person: int, mask: str) -> tuple[Image, np.ndarray]:
    """A frontal head before a grey wall, and where its face lies (x, y, width, height)."""
    head = heads.index.people[person]
    sheet = cv2.imdecode(
        np.frombuffer((heads.folder / head.sheet).read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED
    )
    tile = min((t for t in head.tiles if t.mask == mask), key=lambda t: abs(t.yaw_deg) + abs(t.pitch_deg))
    side = heads.index.tile_px
    cut = sheet[tile.y : tile.y + side, tile.x : tile.x + side].astype(np.float32)
    alpha = cut[..., 3:] / 255.0
    picture = np.full((320, 384, 3), 128.0, np.float32)
    x, y = PLACE
    under = picture[y : y + side, x : x + side]
    under[:] = cut[..., :3] * alpha + under * (1 - alpha)
    x0, y0, x1, y1 = tile.face
    return picture.astype(np.uint8), np.array([x0 + x, y0 + y, x1 - x0, y1 - y0])


@pytest.mark.parametrize(
    ("mask", "told"), [("none", MaskState.BARE), ("worn", MaskState.MASKED), ("under", MaskState.MASKED)]
)
def test_a_head_is_found_where_it_is_with_its_mask(
    heads: Heads, model: OnnxFaceModel, mask: str, told: MaskState
) -> None:
    right = 0
    for person in range(PEOPLE):
        picture, face = a_scene(heads, person, mask)
        faces = model.detect(picture)
        assert len(faces) == 1
        assert np.abs(faces.boxes[0] - face).max() < 0.25 * face[2:].max()
        right += model.mask_state(picture, faces.boxes[0].tolist()) is told
    assert right >= PEOPLE - 1


def test_where_nobody_is_nobody_is_found_and_no_mask_is_told(model: OnnxFaceModel) -> None:
    wall = np.full((240, 320, 3), 128, np.uint8)
    assert len(model.detect(wall)) == 0
    assert model.mask_state(wall, [100, 80, 40, 50]) is MaskState.UNKNOWN


def test_masked_or_not_somebody_is_most_like_themselves(heads: Heads, model: OnnxFaceModel) -> None:
    def template(picture: Image) -> np.ndarray:
        faces = model.detect(picture)
        return np.asarray(model.embed(model.crops(picture, faces))[0])

    stills = [
        decode_photo(content, name)[1]
        for person in range(PEOPLE)
        for name, content in list(heads.stills(person).items())[:1]
    ]
    own = np.stack([template(still) for still in stills])
    for mask, least in (("none", PEOPLE), ("worn", PEOPLE - 2)):
        seen = np.stack([template(a_scene(heads, person, mask)[0]) for person in range(PEOPLE)])
        assert ((seen @ own.T).argmax(axis=1) == np.arange(PEOPLE)).sum() >= least


def test_they_are_small_and_each_has_its_card() -> None:
    files = [Path(str(entry)) for entry in SHIPPED.iterdir()]
    demo = [path for path in files if path.name.startswith("demo_")]
    assert sum(path.stat().st_size for path in demo) < MOST_BYTES
    for onnx in (path for path in demo if path.suffix == ".onnx"):
        card = onnx.with_suffix(".md").read_text("utf-8")
        for heading in ("## Learnt from", "## What it can do", "## What it must not be used for"):
            assert heading in card


def test_they_are_there_without_a_model_folder_and_what_they_say_they_are() -> None:
    for name in ("demo_detector", "demo_embedder", "demo_mask"):
        found = find(name, NOWHERE)
        assert verify(found)
        assert shipped_file(found) == Path(found.file)


def test_a_detector_that_answers_for_no_mask_is_no_mask_model(
    as_model: Callable[..., ModelDescriptor], tiny_onnx: Callable[..., bytes]
) -> None:
    with pytest.raises(InputError, match="it has no output"):
        DetectorMask(as_model(tiny_onnx(), kind=ModelKind.MASK, family="yunet_mask"))
