from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.face.model import OnnxFaceModel
from adapters.face.registry import find
from engine.domain.errors import InputError
from engine.domain.track import MaskState


def template(model: OnnxFaceModel, path: Path) -> np.ndarray:
    image = cv2.imread(str(path))
    faces = model.detect(image)
    assert len(faces) == 1
    return model.embed(model.crops(image, faces))[0]


def test_two_stills_of_one_person_are_closer_than_any_two_people(
    real_model: OnnxFaceModel, shared: Path
) -> None:
    enrol = shared / "faces" / "enrol"
    first = np.stack([template(real_model, enrol / f"{p}_0.png") for p in "ABCDG"])
    second = np.stack([template(real_model, enrol / f"{p}_1.png") for p in "ABCDG"])
    scores = first @ second.T
    same = np.eye(5, dtype=bool)
    assert scores[same].min() > scores[~same].max() + 0.2


def test_masks_are_seen(real_model: OnnxFaceModel, shared: Path) -> None:
    for path in sorted((shared / "faces" / "enrol").glob("*.png")):
        image = cv2.imread(str(path))
        (box,) = real_model.detect(image).boxes
        wrong = MaskState.BARE if "masked" in path.name else MaskState.MASKED
        assert real_model.mask_state(image, box) is not wrong, path.name


def test_where_no_face_is_the_mask_is_unknown(real_model: OnnxFaceModel) -> None:
    wall = np.full((200, 200, 3), 120, np.uint8)
    assert real_model.mask_state(wall, (50, 50, 40, 40)) is MaskState.UNKNOWN
    assert real_model.mask_state(wall, (-500, -500, 0, 0)) is MaskState.UNKNOWN


def test_without_a_mask_model_every_mask_is_unknown(shared: Path) -> None:
    folder = shared / "models"
    model = OnnxFaceModel(detector=find("yunet_n_dynamic", folder), embedder=find("edgeface_xxs", folder))
    assert model.mask_state(np.zeros((64, 64, 3), np.uint8), (0, 0, 30, 30)) is MaskState.UNKNOWN
    assert model.calibration_key == find("edgeface_xxs", folder).sha256


def test_looking_small_keeps_crops_from_the_whole_image(real_model: OnnxFaceModel, shared: Path) -> None:
    folder = shared / "models"
    small = OnnxFaceModel(
        detector=find("yunet_n_dynamic", folder), embedder=find("edgeface_xs", folder), detect_width=384
    )
    path = shared / "faces" / "enrol" / "A_0.png"
    assert float(template(small, path) @ template(real_model, path)) > 0.8


def test_a_model_of_another_kind_is_refused(shared: Path) -> None:
    folder = shared / "models"
    with pytest.raises(InputError, match="edgeface_xs is of the kind embedder"):
        OnnxFaceModel(detector=find("edgeface_xs", folder), embedder=find("edgeface_xs", folder))
