"""Where the pixels of a person lie in the picture of a camera."""

import cv2
import numpy as np
import pytest

from adapters.city.cameras import HEIGHT_PX, WIDTH_PX, Spot
from adapters.city.heads import Heads
from adapters.city.passes import REACH
from adapters.city.scene import Figure, Scene, Seen
from adapters.city.simulation import Simulation

from .conftest import SEED

HEAD = 21


@pytest.fixture(scope="module")
def scenes(town: Simulation, heads: Heads) -> dict[Spot, Scene]:
    """A scene of each kind of camera."""
    first = {spot: int(np.flatnonzero(town.cameras.spot == spot)[0]) for spot in Spot}
    return {spot: Scene(SEED, town.cameras, camera, heads) for spot, camera in first.items()}


def person(ahead_m: float, right_m: float = 0.0, away: bool = False, mask: str = "none") -> Figure:
    return Figure(HEAD, right_m, ahead_m, 0.0, mask, 1.70, away)


def luma(frame: np.ndarray) -> np.ndarray:
    return frame[:HEIGHT_PX].astype(np.float64)


def shown(scene: Scene, who: Figure) -> tuple[np.ndarray, Seen]:
    frame, (seen,) = scene.frame(0, [who])
    assert seen is not None
    return frame, seen


def likeness(scene: Scene, heads: Heads, frame: np.ndarray, seen: Seen, aside_px: int = 0) -> float:
    """How alike the pixels of the face and those of the sheet are: the best over its views."""
    x0, y0, x1, y1 = (seen.face + np.array([aside_px, 0, aside_px, 0])).round().astype(int)
    cut = luma(frame)[y0:y1, x0:x1]
    best = -1.0
    for number, tile in enumerate(heads.index.people[HEAD].tiles):
        if tile.mask != "none":
            continue
        sprite = heads.sprite(HEAD, number, heads.size(112))
        u0, v0, u1, v1 = sprite.face.round().astype(int)
        face, ground = (
            cv2.resize(plane[v0:v1, u0:u1], cut.shape[::-1], interpolation=cv2.INTER_AREA)
            for plane in (sprite.luma, sprite.ground)
        )
        opaque = ground < 0.02  # not the hair's edge, nor what shows beside the cheeks
        if cut[opaque].std() == 0:
            continue  # one colour is like nothing
        best = max(best, float(np.corrcoef(face[opaque], cut[opaque])[0, 1]))
    return best


@pytest.mark.parametrize("spot", list(Spot))
@pytest.mark.parametrize("part", [0.25, 0.45, 0.65])
def test_a_face_lies_where_it_is_said_to(
    scenes: dict[Spot, Scene], heads: Heads, spot: Spot, part: float
) -> None:
    near_m, far_m = REACH[spot]
    frame, seen = shown(scenes[spot], person(near_m + part * (far_m - near_m), 0.15))
    assert seen.whole
    wide_px = round(seen.face[2] - seen.face[0])
    assert likeness(scenes[spot], heads, frame, seen) > 0.9
    assert likeness(scenes[spot], heads, frame, seen, wide_px // 2) < 0.72
    assert (seen.landmarks >= seen.face[:2]).all()
    assert (seen.landmarks <= seen.face[2:]).all()


@pytest.mark.parametrize("spot", list(Spot))
def test_only_the_person_differs_from_the_empty_scene(scenes: dict[Spot, Scene], spot: Spot) -> None:
    scene, who = scenes[spot], person(sum(REACH[spot]) / 2, -0.2)
    frame, seen = shown(scene, who)
    rows, columns = np.nonzero(luma(frame) != luma(scene.frame(0, [])[0]))
    x0, y0, x1, _ = seen.face
    wide_px = x1 - x0
    assert x0 - 2 * wide_px < columns.min() < x0
    assert x1 < columns.max() < x1 + 2 * wide_px
    assert y0 - wide_px < rows.min() < y0


@pytest.mark.parametrize("spot", list(Spot))
def test_who_is_seen_from_behind_shows_no_face(scenes: dict[Spot, Scene], heads: Heads, spot: Spot) -> None:
    who = person((REACH[spot][0] + REACH[spot][1]) / 2)
    scene = scenes[spot]
    _, facing = shown(scene, who)
    frame, seen = scene.frame(0, [person(who.ahead_m, away=True)])
    assert seen == [None]
    assert likeness(scene, heads, frame, facing) < 0.6
    assert not np.array_equal(frame, scene.frame(0, [])[0]), "but somebody is there"


@pytest.mark.parametrize("spot", list(Spot))
def test_faces_shrink_with_distance_and_move_to_the_right_with_the_person(
    scenes: dict[Spot, Scene], spot: Spot
) -> None:
    near_m, far_m = REACH[spot]
    apart = [shown(scenes[spot], person(m))[1].inter_eye_px for m in np.linspace(near_m, far_m, 4)]
    assert (np.diff(apart) < 0).all()
    across = [shown(scenes[spot], person(far_m * 0.8, m))[1].face[0] for m in (-0.5, 0.0, 0.5)]
    assert (np.diff(across) > 20).all()


@pytest.mark.parametrize("spot", list(Spot))
def test_whoever_walks_up_to_a_camera_shows_their_whole_face_for_most_of_the_way(
    scenes: dict[Spot, Scene], spot: Spot
) -> None:
    seen = [shown(scenes[spot], person(float(m)))[1] for m in np.linspace(*REACH[spot], 12)]
    assert sum(one.whole for one in seen) >= 6
    assert all(one.face[3] - one.face[1] < HEIGHT_PX / 2 for one in seen)


def test_who_stands_nearer_hides_who_stands_behind(scenes: dict[Spot, Scene]) -> None:
    scene, near, far = scenes[Spot.STREET], person(6.0), person(12.0, 0.02)
    both, turned = scene.frame(0, [near, far]), scene.frame(0, [far, near])
    np.testing.assert_array_equal(both[0], turned[0])
    x0, y0, x1, y1 = shown(scene, near)[1].face.round().astype(int)
    alone = shown(scene, near)[0]
    np.testing.assert_array_equal(
        luma(both[0])[y0 + 8 : y1 - 8, x0 + 8 : x1 - 8], luma(alone)[y0 + 8 : y1 - 8, x0 + 8 : x1 - 8]
    )
    assert both[1][0] is not None
    assert turned[1][0] is not None
    np.testing.assert_array_equal(both[1][0].face, turned[1][1].face)


@pytest.mark.parametrize(
    ("ahead_m", "right_m"), [(0.4, 0.0), (1.0, 2.0), (3.0, -9.0), (0.9, -0.6), (60.0, 0.0)]
)
def test_nobody_breaks_a_picture_by_where_they_stand(
    scenes: dict[Spot, Scene], ahead_m: float, right_m: float
) -> None:
    for scene in scenes.values():
        frame, seen = scene.frame(3, [person(ahead_m, right_m)])
        assert frame.shape == (HEIGHT_PX * 3 // 2, WIDTH_PX)
        assert seen[0] is None or seen[0].face.shape == (4,)


def test_a_face_cut_by_the_edge_is_not_whole(scenes: dict[Spot, Scene]) -> None:
    _, seen = shown(scenes[Spot.DOOR], person(3.0, -4.0))
    assert not seen.whole


def test_empty_pictures_flicker_like_a_sensor_and_no_more(scenes: dict[Spot, Scene]) -> None:
    scene = scenes[Spot.TILL]
    first, second = (luma(scene.frame(n, [])[0]) for n in (0, 1))
    assert 0.5 < np.abs(first - second).mean() < 4
    assert first.std() > 5, "there is something to see"


def test_a_scene_is_the_same_whenever_it_is_made(
    scenes: dict[Spot, Scene], town: Simulation, heads: Heads
) -> None:
    camera = int(np.flatnonzero(town.cameras.spot == Spot.TILL)[0])
    again = Scene(SEED, town.cameras, camera, heads)
    who = [person(3.0, 0.1)]
    np.testing.assert_array_equal(again.frame(4, who)[0], scenes[Spot.TILL].frame(4, who)[0])
