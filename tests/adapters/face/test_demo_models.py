"""The models that come along, on rendered heads of the demo laid into an empty scene."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.city.heads import Heads, Tile
from adapters.face.detector_mask import DetectorMask
from adapters.face.model import OnnxFaceModel
from adapters.face.photo import decode_photo
from adapters.face.registry import SHIPPED, find, shipped_file, verify
from adapters.face.yunet import YuNet
from engine.domain.errors import InputError
from engine.domain.model import ModelDescriptor, ModelKind
from engine.domain.track import MaskState
from engine.ports import Faces, Image

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


def tile_of(heads: Heads, person: int, mask: str) -> tuple[Tile, np.ndarray]:
    """The most frontal view of a head (BGRA)."""
    head = heads.index.people[person]
    sheet = cv2.imdecode(
        np.frombuffer((heads.folder / head.sheet).read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED
    )
    tile = min((t for t in head.tiles if t.mask == mask), key=lambda t: abs(t.yaw_deg) + abs(t.pitch_deg))
    side = heads.index.tile_px
    return tile, sheet[tile.y : tile.y + side, tile.x : tile.x + side].astype(np.float32)


def lay(picture: np.ndarray, cut: np.ndarray, x: int, y: int) -> None:
    alpha = cut[..., 3:] / 255.0
    under = picture[y : y + len(cut), x : x + len(cut)]
    under[:] = cut[..., :3] * alpha + under * (1 - alpha)


def a_scene(heads: Heads, person: int, mask: str) -> tuple[Image, np.ndarray]:
    """A frontal head before a grey wall, and where its face lies (x, y, width, height)."""
    tile, cut = tile_of(heads, person, mask)
    picture = np.full((320, 384, 3), 128.0, np.float32)
    x, y = PLACE
    lay(picture, cut, x, y)
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


def test_a_face_found_in_a_shrunk_frame_is_seen_closely(heads: Heads, model: OnnxFaceModel) -> None:
    """Its landmarks are about as good as in the whole frame, and clearly better than in the shrunk one."""
    frame, true = np.full((720, 1280, 3), 128.0, np.float32), []
    for number in range(PEOPLE):
        tile, cut = tile_of(heads, number, "none")
        place = (20 + number % 6 * 205, 60 + number // 6 * 330)
        lay(frame, cut, *place)
        true.append(np.array(tile.landmarks) + place)
    picture = frame.astype(np.uint8)
    apart_px = float(np.median([np.linalg.norm(t[0] - t[1]) for t in true]))
    detector = YuNet(find("demo_detector", NOWHERE))

    def off(faces: Faces) -> float:
        best = [min(np.linalg.norm(t - f, axis=1).mean() for f in faces.landmarks) for t in true]
        return float(np.median(best))

    close = model.detect(picture, apart_px)
    shrunk = detector.detect(picture, round(1280 * 8.0 / apart_px))
    assert len(close) == len(shrunk) == PEOPLE
    assert off(close) < 0.75 * off(shrunk)
    assert off(close) < 1.4 * off(detector.detect(picture))


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
