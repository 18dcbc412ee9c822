"""G11: poor input answers "cannot assess", measured on real faces made poor, never "no"."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.face.calibrations import load_calibrations
from adapters.face.labelled import read_set
from adapters.face.model import OnnxFaceModel
from adapters.face.registry import find
from adapters.face.views import shrunk
from engine.domain.track import MaskState
from engine.ports import Image
from engine.trace import evidence

GLASSES = (25, 22, 20)


@pytest.fixture(scope="module")
def model(shared: Path) -> OnnxFaceModel:
    folder = shared / "models"
    return OnnxFaceModel(
        detector=find("yunet_n_dynamic", folder),
        embedder=find("edgeface_xs", folder),
        mask=find("rfb640_masked_face_v2", folder),
    )


@pytest.fixture(scope="module")
def photos(shared: Path) -> dict[bool, list[Image]]:
    """A photo of each of twenty people, by whether a mask was drawn."""
    found: dict[tuple[str, bool], Image] = {}
    for photo in read_set(shared / "faces" / "scrub"):
        found.setdefault((photo.person, photo.masked), cv2.imread(str(photo.path)))
    return {
        masked: [image for (_, m), image in sorted(found.items(), key=lambda i: i[0]) if m is masked][:20]
        for masked in (False, True)
    }


def answers(
    model: OnnxFaceModel, images: list[Image], *, calibrated: bool = True
) -> list[tuple[float | None, str]]:
    """What the evidence says of every face in the images, at the best cosine there can be."""
    calibration = load_calibrations()[model.calibration_key] if calibrated else None
    said = []
    for image in images:
        faces = model.detect(image)
        crops = model.crops(image, faces)
        for i, (blur, yaw, grey, eyes) in enumerate(
            zip(*model.measure(crops, faces), *model.obstacles(crops), strict=True)
        ):
            said.append(
                evidence.score(
                    calibration,
                    1.0,
                    reference=MaskState.BARE,
                    probe=model.mask_state(image, faces.boxes[i].tolist()),
                    inter_eye_px=float(faces.inter_eye_px[i]),
                    blur=float(blur),
                    yaw_deg=float(yaw),
                    colourless=bool(grey),
                    eyes_covered=bool(eyes),
                )
            )
    return said


def far_away(image: Image) -> Image:
    return shrunk(image, 12 / 70, 85)


def defocused(image: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 10), np.uint8)


def infrared(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


@pytest.mark.parametrize(
    ("spoil", "why", "share"),
    [(far_away, "face too small", 1.0), (defocused, "face too blurred", 0.9), (infrared, "no colour", 1.0)],
)
def test_g11_a_poor_picture_cannot_be_assessed(
    model: OnnxFaceModel,
    photos: dict[bool, list[Image]],
    spoil: Callable[[Image], Image],
    why: str,
    share: float,
) -> None:
    said = answers(model, [spoil(image) for image in photos[False]])
    assert len(said) >= 10  # faces are still found: it is the evidence that holds back
    assert np.mean([llr is None for llr, _ in said]) >= share
    assert sum(reason.startswith(why) for _, reason in said) > 0.7 * len(said)


def test_g11_a_mask_with_dark_glasses_cannot_be_assessed(
    model: OnnxFaceModel, photos: dict[bool, list[Image]]
) -> None:
    covered = []
    for image in photos[True]:
        out = image.copy()
        (marks,) = model.detect(image).landmarks
        apart = float(np.hypot(*(marks[1] - marks[0])))
        for eye in marks[:2]:
            centre = (round(float(eye[0])), round(float(eye[1])))
            cv2.ellipse(out, centre, (round(apart * 0.45), round(apart * 0.32)), 0, 0, 360, GLASSES, -1)
        covered.append(out)
    said = answers(model, covered)
    assert len(said) >= 3  # most are not even found as faces
    assert all(llr is None for llr, _ in said)
    assert "mask and covered eyes" in {why for _, why in said}


def test_g11_good_pictures_are_assessed_bare_and_masked(
    model: OnnxFaceModel, photos: dict[bool, list[Image]]
) -> None:
    for masked in (False, True):
        said = answers(model, photos[masked])
        assert np.mean([llr is not None for llr, _ in said]) > 0.8


def test_g11_a_model_without_calibration_assesses_nothing(
    model: OnnxFaceModel, photos: dict[bool, list[Image]]
) -> None:
    said = answers(model, photos[False][:5], calibrated=False)
    assert said == [(None, "model without calibration")] * len(said)
    assert said
