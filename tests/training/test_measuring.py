"""The figures of the model cards, on templates and scenes made up."""

import numpy as np
import pytest

from engine.ports import Faces
from training.measuring import matched, overlaps, tar
from training.scenes import Scene


def test_whoever_is_told_apart_is_told_apart_in_all_pairs() -> None:
    person = np.repeat(np.arange(50), 3)
    templates = np.eye(50, dtype=np.float32)[person] + 0.01 * np.random.default_rng(0).normal(
        size=(150, 50)
    ).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    assert tar(templates, templates, person, person) == 1.0


def test_templates_that_say_nothing_reach_about_the_rate_of_false_accepts() -> None:
    r = np.random.default_rng(0)
    person = np.repeat(np.arange(100), 4)
    templates = r.normal(size=(400, 16)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    assert tar(templates, templates, person, person) < 0.02


def test_a_view_does_not_meet_itself() -> None:
    """Two views a person, unlike each other: only the pair with itself would be alike."""
    r = np.random.default_rng(1)
    person = np.repeat(np.arange(40), 2)
    templates = r.normal(size=(80, 64)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    assert tar(templates, templates, person, person) < 0.1


def a_scene(*boxes: tuple[float, float, float, float]) -> Scene:
    count = len(boxes)
    return Scene(
        np.zeros((320, 320, 3), np.uint8),
        np.array(boxes, np.float32).reshape(count, 4),
        np.zeros((count, 5, 2), np.float32),
        np.zeros(count, np.bool_),
        np.ones(count, np.bool_),
    )


def found(*boxes: tuple[float, float, float, float]) -> Faces:
    count = len(boxes)
    return Faces(
        np.array(boxes, np.float32).reshape(count, 4),
        np.zeros((count, 5, 2), np.float32),
        np.ones(count, np.float32),
    )


def test_a_found_face_is_matched_with_the_true_one_it_lies_on() -> None:
    best, elsewhere = matched(
        found((100, 100, 40, 40), (11, 9, 20, 20)), a_scene((10, 10, 30, 30), (200, 200, 240, 240))
    )
    assert best.tolist() == [1, -1]
    assert elsewhere.tolist() == [True, False]


def test_nothing_found_and_nobody_there() -> None:
    assert matched(found(), a_scene((10, 10, 30, 30)))[0].tolist() == [-1]
    best, elsewhere = matched(found((1, 1, 5, 5)), a_scene())
    assert len(best) == 0
    assert elsewhere.tolist() == [True]


def test_overlap_is_shared_over_all() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], np.float32)
    assert overlaps(a, b)[0] == pytest.approx([1.0, 1 / 3, 0.0])
