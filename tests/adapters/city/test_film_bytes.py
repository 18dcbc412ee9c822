"""What groups of pictures weigh: the search tells by it where somebody moves."""

from pathlib import Path

import numpy as np
import pytest

from adapters.city.archive import IDLE, Studio, figures, stretches
from adapters.city.cameras import Spot
from adapters.city.film import FPS, GROUP, Encoder, Group
from adapters.city.heads import Heads
from adapters.city.passes import Motion
from adapters.city.scene import Scene
from adapters.city.simulation import Simulation

FACE_PX = 20.0
PASSES = 4
MOST_MB_PER_MINUTE = 1.2
FACING = {Spot.DOOR: Motion.COMES, Spot.TILL: Motion.PAYS, Spot.STREET: Motion.TOWARDS}


def later(group: Group) -> int:
    """Bytes of what is no key frame."""
    return sum(map(len, group[1:]))


@pytest.mark.parametrize("spot", list(Spot))
def test_a_group_with_a_face_weighs_far_more_than_an_empty_one(
    town: Simulation, heads: Heads, spot: Spot
) -> None:
    mine = np.flatnonzero(
        (town.passes.motion == FACING[spot]) & (town.cameras.spot[town.passes.camera] == spot)
    )
    camera = int(town.passes.camera[mine[0]])
    scene, encoder = Scene(town.plan.seed, town.cameras, camera, heads), Encoder()
    empty = [
        encoder.group([scene.frame(n * (1 + kind) + kind, [])[0] for n in range(GROUP)])
        for kind in range(IDLE)
    ]
    faces: list[Group] = []
    for row in mine[town.passes.camera[mine] == camera][:PASSES].tolist():
        for start_s in np.arange(town.passes.start_s[row], town.passes.end_s[row] - GROUP / FPS, GROUP / FPS):
            shown = [[f for _, f in figures(town, [row], float(start_s + n / FPS))] for n in range(GROUP)]
            frames, seen = zip(*(scene.frame(n, who) for n, who in enumerate(shown)), strict=True)
            group = encoder.group(frames)
            if max((s[0].inter_eye_px for s in seen if s and s[0] and s[0].whole), default=0.0) >= FACE_PX:
                faces.append(group)
    assert len(faces) >= PASSES
    assert min(map(later, faces)) >= 2 * max(map(later, empty))


def test_a_camera_minute_takes_no_more_room_than_is_asked_for(
    town: Simulation, heads: Heads, tmp_path: Path
) -> None:
    archive = stretches(town)
    first = {int(town.cameras.spot[s.camera]): s for s in reversed(archive)}
    for stretch in first.values():
        Studio(town, heads, tmp_path).make(stretch)
    taken_mb = sum((tmp_path / s.file).stat().st_size for s in first.values()) / 1e6
    lasts_s = sum(s.end_s - s.start_s for s in first.values())
    assert len(first) == len(Spot)
    assert 0.3 < taken_mb / lasts_s * 60 < MOST_MB_PER_MINUTE


def test_what_was_encoded_before_changes_nothing_of_how_well_a_group_is_drawn(
    town: Simulation, heads: Heads
) -> None:
    """But for a bit that tells one key frame from the next, and the encoder's name at the beginning."""
    scene = Scene(town.plan.seed, town.cameras, 0, heads)
    frames = [scene.frame(n, [])[0] for n in range(GROUP)]
    encoder = Encoder()
    groups = [encoder.group(frames) for _ in range(4)]
    assert groups[1] == groups[3]
    assert groups[0][1:] == groups[2][1:]
