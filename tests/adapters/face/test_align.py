import numpy as np
import pytest

from adapters.face.align import CROP_PX, TEMPLATE, aligned_crops, similarity


def moved(points: np.ndarray, angle_deg: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T * scale + shift


@pytest.mark.parametrize("angle_deg", [0.0, 25.0, -140.0])
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_any_turned_scaled_and_shifted_face_comes_back_upright(angle_deg: float, scale: float) -> None:
    landmarks = moved(TEMPLATE, angle_deg, scale, (300.0, -20.0))
    (matrix,) = similarity(landmarks[None])
    np.testing.assert_allclose(landmarks @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=1e-9)


def test_it_is_the_solution_of_umeyama_with_noise() -> None:
    noisy = TEMPLATE * 0.5 + np.random.default_rng(1).normal(0, 2.0, TEMPLATE.shape)
    (matrix,) = similarity(noisy[None])
    source, target = noisy - noisy.mean(0), TEMPLATE - TEMPLATE.mean(0)
    u, s, vt = np.linalg.svd(target.T @ source / 5)
    sign = np.diag([1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ sign @ vt
    scale = np.trace(np.diag(s) @ sign) / source.var(axis=0).sum()
    np.testing.assert_allclose(matrix[:, :2], scale * rotation, atol=1e-9)
    np.testing.assert_allclose(matrix[:, 2], TEMPLATE.mean(0) - scale * rotation @ noisy.mean(0), atol=1e-9)


def test_a_face_is_never_mirrored() -> None:
    mirrored = TEMPLATE * [-1.0, 1.0]
    (matrix,) = similarity(mirrored[None])
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_points_that_coincide_give_no_infinite_matrix() -> None:
    assert np.isfinite(similarity(np.full((1, 5, 2), 7.0))).all()


def test_crops_show_the_face_and_black_beyond_the_image() -> None:
    image = np.full((112, 112, 3), 200, np.uint8)
    inside, outside = aligned_crops(image, np.stack([TEMPLATE, TEMPLATE - 500]))
    assert inside.shape == (CROP_PX, CROP_PX, 3)
    assert inside.min() >= 199
    assert outside.max() == 0
    assert aligned_crops(image, np.empty((0, 5, 2))).shape == (0, CROP_PX, CROP_PX, 3)
