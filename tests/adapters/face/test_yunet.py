from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.face.registry import find
from adapters.face.yunet import YuNet, none_found, suppress, up_to_32
from engine.domain.errors import InputError
from engine.ports import Faces, Image


@pytest.fixture(scope="module")
def dynamic(shared: Path) -> YuNet:
    return YuNet(find("yunet_n_dynamic", shared / "models"))


@pytest.fixture(scope="module")
def still(shared: Path) -> Image:
    return cv2.imread(str(shared / "faces" / "enrol" / "A_0.png"))


def test_the_best_of_overlapping_boxes_is_kept_and_the_best_comes_first() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 10, 10], [50, 50, 10, 10]], np.float32)
    kept = suppress(Faces(boxes, np.zeros((3, 5, 2), np.float32), np.array([0.7, 0.9, 0.95], np.float32)))
    np.testing.assert_allclose(kept.scores, [0.95, 0.9])
    np.testing.assert_array_equal(kept.boxes[1], boxes[1])


def test_boxes_that_are_no_numbers_are_dropped() -> None:
    boxes = np.array([[0, 0, np.inf, 10], [np.nan, 1, 10, 10]], np.float32)
    assert len(suppress(Faces(boxes, np.zeros((2, 5, 2), np.float32), np.ones(2, np.float32)))) == 0
    assert len(suppress(none_found())) == 0


def test_sides_go_up_to_the_next_32() -> None:
    assert [up_to_32(side) for side in (1, 32, 33, 360)] == [32, 32, 64, 384]


def test_a_face_is_found_at_any_size_of_image(dynamic: YuNet, still: Image) -> None:
    whole = dynamic.detect(still)
    assert len(whole) == 1
    cropped = dynamic.detect(np.ascontiguousarray(still[:301, 100:500]))
    assert len(cropped) == 1
    np.testing.assert_allclose(cropped.boxes[0, 0] + 100, whole.boxes[0, 0], atol=3)


def test_looking_at_a_smaller_width_gives_boxes_in_pixels_of_the_image(dynamic: YuNet, still: Image) -> None:
    whole, small = dynamic.detect(still), dynamic.detect(still, width=384)
    assert len(small) == 1
    np.testing.assert_allclose(small.boxes, whole.boxes, atol=10)
    np.testing.assert_allclose(small.landmarks, whole.landmarks, atol=6)


def test_a_smaller_image_is_never_enlarged_to_the_width(dynamic: YuNet, still: Image) -> None:
    np.testing.assert_array_equal(dynamic.detect(still, width=4000).boxes, dynamic.detect(still).boxes)


def test_the_fixed_model_agrees_with_the_one_for_any_size(dynamic: YuNet, still: Image, shared: Path) -> None:
    fixed = YuNet(find("face_detection_yunet_2023mar", shared / "models")).detect(still)
    assert len(fixed) == 1
    np.testing.assert_allclose(fixed.boxes, dynamic.detect(still).boxes, atol=10)
    np.testing.assert_allclose(fixed.landmarks, dynamic.detect(still).landmarks, atol=6)


def test_the_fixed_model_agrees_with_opencv(still: Image, shared: Path) -> None:
    """The same file, decoded by OpenCV's own code."""
    file = shared / "models" / "face_detection_yunet_2023mar.onnx"
    square = np.zeros((640, 640, 3), np.uint8)
    square[:480] = still
    theirs = cv2.FaceDetectorYN.create(str(file), "", (640, 640), 0.6).detect(square)[1]
    ours = YuNet(find(file.stem, shared / "models")).detect(square)
    np.testing.assert_allclose(ours.boxes, theirs[:, :4], atol=0.1)
    np.testing.assert_allclose(ours.landmarks.reshape(-1, 10), theirs[:, 4:14], atol=0.1)
    np.testing.assert_allclose(ours.scores, theirs[:, 14], atol=1e-3)


def test_an_empty_scene_has_no_face(dynamic: YuNet) -> None:
    empty = dynamic.detect(np.zeros((240, 320, 3), np.uint8))
    assert len(empty) == 0
    assert empty.landmarks.shape == (0, 5, 2)


def test_another_model_in_its_place_is_refused(shared: Path) -> None:
    with pytest.raises(InputError, match="has no output cls_8"):
        YuNet(find("edgeface_xs", shared / "models"))
