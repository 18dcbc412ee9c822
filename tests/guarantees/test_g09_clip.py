"""G9 in a clip: nobody but the candidate, in no frame of it and in all of them laid over each other.

The attacker is that of the single pictures, and has the whole clip: somebody who moves is cut up
differently in every frame, and whoever knows how they moved lays all frames over each other.
"""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from adapters.face.align import aligned_crops
from adapters.face.labelled import read_set
from adapters.face.model import OnnxFaceModel
from adapters.face.registry import find
from adapters.footage import clip
from adapters.footage.clip import ClipRedactor
from adapters.footage.reader import AvReader
from engine.domain.camera import Clock
from engine.domain.clip import Sighting
from engine.domain.track import FacePoint, Still
from engine.ports import Frame, Image
from engine.schedule.frames import ClipDrawn, Failed
from tests.guarantees.clip_stage import FROM_S, OTHER_AT, TO_S, Stage, a_stage, asking, clip_grant, said
from tests.guarantees.house import NOON, a_camera
from tests.guarantees.test_g09_mosaic import AT, JPEG_METADATA, picture
from tests.guarantees.worker_line import WorkerLine, noise

HALL = a_camera()
DRAWER = ClipRedactor()
PLACE, FACE_PX = (330, 100), 200
STEPS = [(int(x), int(y)) for x, y in np.random.default_rng(0).integers(0, 60, (40, 2))]


@pytest.fixture(scope="module")
def model(shared: Path) -> OnnxFaceModel:
    folder = shared / "models"
    return OnnxFaceModel(detector=find("yunet_n_dynamic", folder), embedder=find("edgeface_xs", folder))


@pytest.fixture(scope="module")
def photos(shared: Path) -> list[list[Image]]:
    """Bare photos by person."""
    by_person: dict[str, list[Image]] = {}
    for photo in read_set(shared / "faces" / "scrub"):
        if not photo.masked:
            by_person.setdefault(photo.person, []).append(cv2.imread(str(photo.path)))
    return list(by_person.values())


@pytest.fixture(scope="module")
def stage(
    tmp_path_factory: pytest.TempPathFactory, shared: Path, model: OnnxFaceModel, photos: list[list[Image]]
) -> Stage:
    other = cv2.resize(photos[0][1], (200, 200))
    return a_stage(tmp_path_factory.mktemp("footage"), HALL, shared, model, other)


def ranks(
    model: OnnxFaceModel, photos: list[list[Image]], subject: Image, keep: Sequence[float]
) -> np.ndarray:
    """Rank of the true person for each canary in forty frames laid over each other, 1 is found."""
    firsts = [person[0] for person in photos]
    gallery = np.concatenate([model.embed(model.crops(image, model.detect(image)))[:1] for image in firsts])
    found = []
    for person, images in enumerate(photos):
        (box,) = model.detect(images[1]).boxes
        scale = FACE_PX / float(box[3])
        pasted = cv2.resize(images[1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        landmarks: np.ndarray | None = None
        together = np.zeros(subject.shape, np.float32)
        for step in STEPS:
            x, y = PLACE[0] + step[0], PLACE[1] + step[1]
            part = pasted[: subject.shape[0] - y, : subject.shape[1] - x]
            image = subject.copy()
            image[y : y + part.shape[0], x : x + part.shape[1]] = part
            if landmarks is None:
                faces = model.detect(image)
                canaries = [i for i in range(len(faces)) if faces.boxes[i, 0] > x - 10]
                if not canaries:
                    break
                landmarks, first = faces.landmarks[canaries[0]], step
            drawn = DRAWER.clip_frame(Frame(0.0, image), AT, keep, [], keep[3])
            back = cv2.resize(picture(drawn), image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
            moved = np.array([[1, 0, first[0] - step[0]], [0, 1, first[1] - step[1]]], np.float32)
            together += cv2.warpAffine(
                back.astype(np.float32), moved, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
            )
        if landmarks is not None:
            laid = np.clip(together / len(STEPS), 0, 255).astype(np.uint8)
            scores = gallery @ model.embed(aligned_crops(laid, landmarks[None]))[0]
            found.append(int((scores > scores[person]).sum()) + 1)
    assert len(found) > 0.9 * len(photos)
    return np.array(found)


@pytest.fixture(scope="module")
def subject(shared: Path) -> Image:
    return np.asarray(cv2.imread(str(shared / "faces" / "enrol" / "A_0.png")), np.uint8)


def test_g09_forty_frames_laid_over_each_other_give_nobody_away(
    model: OnnxFaceModel, photos: list[list[Image]], subject: Image
) -> None:
    """No detector saw the canary."""
    (keep,) = model.detect(subject).boxes.tolist()
    found = ranks(model, photos, subject, keep)
    people = len(photos)
    expected, error = (people + 1) / 2, np.sqrt((people**2 - 1) / 12 / len(found))
    assert found.mean() > expected - 2.6 * error  # one-sided, 0.5 %
    assert (found == 1).sum() <= 4


def test_g09_the_attacker_of_the_whole_clip_succeeds_with_finer_blocks(
    model: OnnxFaceModel, photos: list[list[Image]], subject: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the test above would prove nothing."""
    monkeypatch.setattr(clip, "FRAME_ROWS", 24)
    found = ranks(model, photos, subject, (0.0, 0.0, 8.0, 8.0))
    assert (found == 1).sum() > 10


# --- a whole clip, from a worker ------------------------------------------------------------------


def drawn(worker: WorkerLine, stage: Stage) -> tuple[Still, ...]:
    answer = said(worker, asking(HALL, stage), [stage.path])
    assert isinstance(answer, ClipDrawn), answer
    return answer.frames


def faces_in(model: OnnxFaceModel, still: Still) -> list[list[float]]:
    back = cv2.resize(picture(still), (640, 480), interpolation=cv2.INTER_CUBIC)
    return [list(map(float, box)) for box in model.detect(back).boxes]


def within(still: Still) -> bool:
    """Whether the subject was in view."""
    assert still.at is not None
    return FROM_S <= (still.at - NOON).total_seconds() <= TO_S


def test_g09_the_candidate_is_seen_in_a_clip_and_nobody_else(
    worker: WorkerLine, stage: Stage, model: OnnxFaceModel
) -> None:
    frames = drawn(worker, stage)
    keep = stage.sighting.path[0].box
    shown = [faces_in(model, still) for still in frames if within(still)]
    assert sum(len(faces) == 1 for faces in shown) > 0.8 * len(shown)
    for (box,) in [faces for faces in shown if faces]:
        assert abs(box[0] - keep[0]) < 20  # and the canary stands 160 px further right
    assert all(still.kind == "clip" and still.width <= 320 for still in frames)


def test_g09_nobody_is_seen_outside_the_time_of_the_track(
    worker: WorkerLine, stage: Stage, model: OnnxFaceModel
) -> None:
    outside = [still for still in drawn(worker, stage) if not within(still)]
    assert len(outside) > 15
    assert all(faces_in(model, still) == [] for still in outside)
    assert all(still.face_px == 0.0 for still in outside)


def test_g09_the_canary_of_the_clip_is_seen_where_nothing_is_mosaicked(
    stage: Stage, model: OnnxFaceModel
) -> None:
    """Otherwise the tests above would pass with an invisible one."""
    with stage.path.open("rb") as file:
        reader = AvReader(os.dup(file.fileno()), "stage")
        frame = next(reader.frames(0.0, 1.0, 0.0))
        assert [box for box in model.detect(frame.image).boxes if box[0] > OTHER_AT[0] - 40]


def again(stage: Stage, **given: object) -> Stage:
    """The same footage with something else about the sighting."""
    sighting: Sighting = msgspec.structs.replace(stage.sighting, **given)
    return Stage(stage.path, stage.segment, sighting, stage.interval)


def test_g09_nobody_is_kept_between_two_looks_that_lie_far_apart(worker: WorkerLine, stage: Stage) -> None:
    """Whoever steps into the straight line between them is not the candidate."""
    path = stage.sighting.path
    frames = drawn(worker, again(stage, path=(path[0], path[-1])))
    assert {still.at for still in frames if still.face_px} <= {path[0].at, path[-1].at}


def test_g09_nobody_is_kept_where_somebody_else_stands_in_the_box(worker: WorkerLine, stage: Stage) -> None:
    path = stage.sighting.path
    crossing = tuple(
        FacePoint(at=p.at, box=(p.box[0] + 10, p.box[1], p.box[2], p.box[3]), inter_eye_px=30.0) for p in path
    )
    frames = drawn(worker, again(stage, beside=(crossing,)))
    assert {still.face_px for still in frames} == {0.0}


def test_g09_a_clock_that_was_corrected_since_puts_the_box_on_nobody_else(
    worker: WorkerLine, stage: Stage
) -> None:
    """By three seconds: in the box there would be whoever stood there then."""
    corrected = msgspec.structs.replace(HALL, clock=Clock(offset_s=3.5, sigma_s=1.0))
    answer = said(worker, asking(corrected, stage), [stage.path])
    assert isinstance(answer, Failed)
    assert "does not show what it showed" in answer.problem


def test_g09_a_box_over_somebody_else_is_not_what_was_seen(worker: WorkerLine, stage: Stage) -> None:
    """The engine's own grant, were it ever signed for another path in the same footage."""
    moved = tuple(
        msgspec.structs.replace(p, box=(OTHER_AT[0] + 60.0, OTHER_AT[1] + 40.0, p.box[2], p.box[3]))
        for p in stage.sighting.path
    )
    answer = said(worker, asking(HALL, again(stage, path=moved)), [stage.path])
    assert isinstance(answer, Failed)


def test_g09_a_frame_that_cannot_be_redacted_is_left_out(worker: WorkerLine, stage: Stage) -> None:
    path = stage.sighting.path
    nowhere = tuple(
        p if p.at == stage.sighting.seen.at else msgspec.structs.replace(p, box=(-900.0, -900.0, 10.0, 10.0))
        for p in path
    )
    frames = drawn(worker, again(stage, path=nowhere))
    times = [still.at for still in frames]
    assert times
    assert not any(point.at in times for point in nowhere[3:-1])


def test_g09_a_frame_of_a_clip_carries_no_metadata_and_no_thumbnail(worker: WorkerLine, stage: Stage) -> None:
    for still in drawn(worker, stage):
        header = still.jpeg[: still.jpeg.index(b"\xff\xda")]
        assert still.jpeg.count(b"\xff\xd8\xff") == 1
        assert not any(marker in header for marker in JPEG_METADATA)


@pytest.mark.parametrize("keep", [(0.0, 0.0, 0.0, 0.0), (900.0, 10.0, 50.0, 50.0), (float("nan"), 0, 9, 9)])
def test_g09_a_kept_box_that_is_none_is_drawn_not_at_all(keep: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="no face inside"):
        DRAWER.clip_frame(Frame(0.0, noise(1)), AT + timedelta(0), keep, [], 80.0)


def test_g09_the_grant_names_the_sighting(worker: WorkerLine, stage: Stage) -> None:
    """A path that was changed on the way shows nobody."""
    message = asking(HALL, again(stage, beside=()), clip_grant(HALL, stage))
    changed = msgspec.structs.replace(
        message, sighting=asking(HALL, again(stage, path=stage.sighting.path[:3])).sighting
    )
    answer = said(worker, changed, [stage.path])
    assert isinstance(answer, Failed)
    assert answer.rule == "G1"
