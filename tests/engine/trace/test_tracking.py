"""Faces become paths, frame by frame."""

import numpy as np
import pytest

from engine.trace.tracking import Path, Sight, Tracker, mean_template, overlap
from tests.engine.trace.scripted import somebody


def sight(
    offset_s: float, x: float, number: int | None = 1, y: float = 0.0, size: float = 50.0, eyes: float = 28.0
) -> Sight:
    return Sight(
        offset_s=offset_s,
        box=np.array([x, y, size, size], np.float32),
        score=0.9,
        inter_eye_px=eyes,
        blur=80.0,
        yaw_deg=0.0,
        template=None if number is None else somebody(number).copy(),
    )


def paths(*frames: list[Sight]) -> list[list[float]]:
    tracker = Tracker()
    for frame in frames:
        tracker.add(frame[0].offset_s if frame else 0.0, frame)
    return [[float(s.box[0]) for s in path.sights] for path in tracker.paths]


def test_a_face_that_hardly_moves_is_one_path() -> None:
    assert paths([sight(0.0, 100)], [sight(0.2, 104)], [sight(0.4, 108)]) == [[100, 104, 108]]


def test_the_nearer_of_two_faces_continues_a_path() -> None:
    found = paths([sight(0.0, 100, 1), sight(0.0, 200, 2)], [sight(0.2, 205, 2), sight(0.2, 104, 1)])
    assert found == [[100, 104], [200, 205]]


def test_two_faces_that_swap_places_keep_their_paths_by_likeness() -> None:
    found = paths([sight(0.0, 100, 1), sight(0.0, 160, 2)], [sight(0.2, 160, 1), sight(0.2, 100, 2)])
    assert found == [[100, 160], [160, 100]]


def test_a_like_face_within_reach_continues_though_the_boxes_do_not_touch() -> None:
    assert paths([sight(0.0, 0)], [sight(0.2, 120)], [sight(0.4, 240)]) == [[0, 120, 240]]


def test_a_like_face_out_of_reach_starts_anew() -> None:
    assert len(paths([sight(0.0, 0)], [sight(0.2, 600)])) == 2


def test_a_face_away_for_more_than_a_second_starts_anew() -> None:
    assert len(paths([sight(0.0, 100)], [sight(1.3, 100)])) == 2


def test_an_unlike_face_at_the_same_spot_is_somebody_else() -> None:
    assert len(paths([sight(0.0, 100, 1)], [sight(0.2, 100, 2)])) == 2


def test_a_poor_view_continues_a_path_by_its_place_alone() -> None:
    assert paths([sight(0.0, 100, 1)], [sight(0.2, 102, None)], [sight(0.4, 104, 1)]) == [[100, 102, 104]]


def test_a_walker_is_expected_where_the_last_two_steps_lead() -> None:
    path = Path(sight(0.0, 0))
    path.add(sight(0.2, 30))
    assert path.expected(0.4)[0] == pytest.approx(60)


def test_the_mean_template_leans_to_the_better_views() -> None:
    mean = mean_template([sight(0.0, 0, 1, eyes=60.0), sight(0.2, 0, 2, eyes=20.0)])
    assert mean is not None
    assert float(mean[0] @ somebody(1)) > float(mean[0] @ somebody(2))
    assert float(np.linalg.norm(mean)) == pytest.approx(1.0, abs=1e-5)


def test_no_comparable_view_gives_no_template() -> None:
    assert mean_template([sight(0.0, 0, None)]) is None


def test_overlap_is_the_shared_area_over_the_whole() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[5, 0, 10, 10], [20, 20, 5, 5]], np.float32)
    assert overlap(a, b)[0] == pytest.approx([1 / 3, 0.0], abs=1e-5)


def test_what_a_path_summed_up_is_forgotten() -> None:
    path = Path(sight(0.0, 0))
    path.add(sight(0.2, 0))
    path.forget()
    assert path._sum is not None
    assert not path._sum.any()


def test_after_half_a_second_unseen_the_same_spot_alone_does_not_make_the_same_person() -> None:
    half_alike = sight(0.6, 100, 1)
    half_alike.template = np.asarray(0.25 * somebody(1) + 0.97 * somebody(2), np.float32)
    assert len(paths([sight(0.0, 100, 1)], [half_alike])) == 2
