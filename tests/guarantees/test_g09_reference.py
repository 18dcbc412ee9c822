"""G9: the patient's own photograph is redrawn too; whoever else is on it, and what it carries, stays."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.face.model import OnnxFaceModel
from adapters.face.registry import find
from engine.domain.track import Still
from engine.schedule.frames import Enrolled
from tests.guarantees.house import ME, PICTURE, a_house, a_track
from tests.guarantees.worker_line import WorkerLine

SECRET = b"GPS 37.5 126.8, taken by the sister of the patient"


def with_exif(jpeg: bytes) -> bytes:
    """The JPEG with an APP1 segment as cameras write it."""
    segment = b"Exif\0\0" + SECRET
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]


@pytest.fixture(scope="module")
def companion(shared: Path) -> bytes:
    """A's photograph with B small beside: too small to be taken for the patient, large enough to be
    recognised."""
    a, b = (cv2.imread(str(shared / "faces" / "enrol" / f"{p}_0.png")) for p in "AB")
    small = cv2.resize(b, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    beside = np.full((a.shape[0], small.shape[1], 3), 127, np.uint8)
    beside[: small.shape[0]] = small
    return with_exif(cv2.imencode(".jpg", np.hstack([a, beside]))[1].tobytes())


@pytest.fixture(scope="module")
def portrait(worker: WorkerLine, companion: bytes) -> Still:
    answer = worker.enrols(companion)
    assert isinstance(answer, Enrolled)
    return answer.enrolment.portraits[0]


@pytest.fixture(scope="module")
def model(shared: Path) -> OnnxFaceModel:
    folder = shared / "models"
    return OnnxFaceModel(detector=find("yunet_n_dynamic", folder), embedder=find("edgeface_xs", folder))


def faces_in(model: OnnxFaceModel, jpeg: bytes) -> int:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return len(model.detect(cv2.copyMakeBorder(image, 40, 40, 40, 40, cv2.BORDER_CONSTANT)))


def test_g09_a_companion_on_the_reference_photo_is_not_shown(
    model: OnnxFaceModel, companion: bytes, portrait: Still
) -> None:
    assert faces_in(model, companion) == 2
    assert faces_in(model, portrait.jpeg) == 1


def test_g09_what_the_reference_photo_carries_in_its_header_is_gone(
    companion: bytes, portrait: Still
) -> None:
    assert SECRET in companion
    assert SECRET not in portrait.jpeg
    assert b"Exif" not in portrait.jpeg


async def test_g09_the_original_photograph_never_leaves_the_engine(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        found = await house.traced()
        view = await house.review.view(ME, found.candidates[0].candidate_id, 100.0)
        assert [p.jpeg for p in view.subject] == [PICTURE.jpeg]
        assert not any(b"photo of A" in p.jpeg for p in (*view.subject, *view.pictures))
