import hashlib
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from adapters.city.archive import GROUP_S, Stretch, Studio, figures, stretches
from adapters.city.cameras import DAY_S
from adapters.city.film import FPS, GROUP
from adapters.city.heads import Heads
from adapters.city.passes import Motion
from adapters.city.simulation import Simulation


@pytest.fixture(scope="module")
def archive(town: Simulation) -> list[Stretch]:
    return stretches(town)


@pytest.fixture(scope="module")
def short(archive: list[Stretch]) -> Stretch:
    """The shortest file in which there are empty groups too."""
    return min(archive, key=lambda stretch: stretch.end_s - stretch.start_s)


@pytest.fixture(scope="module")
def made(town: Simulation, heads: Heads, short: Stretch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    Studio(town, heads, folder).make(short)
    return folder / short.file


def test_every_pass_of_a_camera_that_was_never_silent_is_recorded_whole(
    town: Simulation, archive: list[Stretch]
) -> None:
    silent = set(town.cameras.silent[:, 0].tolist())
    recorded = {row: stretch for stretch in archive for row in stretch.passes}
    seen = town.passes
    wanted = [n for n in range(len(seen)) if int(seen.camera[n]) not in silent and seen.end_s[n] < DAY_S - 10]
    assert len(wanted) > 500
    for row in wanted:
        stretch = recorded[row]
        assert stretch.camera == seen.camera[row]
        assert stretch.start_s <= seen.start_s[row]
        assert seen.end_s[row] <= stretch.end_s


def test_a_pass_is_in_one_file_only(archive: list[Stretch]) -> None:
    rows = [row for stretch in archive for row in stretch.passes]
    assert len(set(rows)) == len(rows)
    assert all(stretch.passes for stretch in archive)


def test_files_of_one_camera_do_not_overlap(archive: list[Stretch]) -> None:
    by_camera: dict[int, list[Stretch]] = {}
    for stretch in archive:
        by_camera.setdefault(stretch.camera, []).append(stretch)
    for mine in by_camera.values():
        mine.sort(key=lambda stretch: stretch.start_s)
        assert all(one.end_s <= other.start_s for one, other in pairwise(mine))


def test_files_are_whole_groups_within_the_day(archive: list[Stretch]) -> None:
    for stretch in archive:
        assert stretch.start_s % GROUP_S == 0
        assert (stretch.end_s - stretch.start_s) % GROUP_S == 0
        assert 0 <= stretch.start_s < stretch.end_s <= DAY_S


def test_no_footage_exists_of_a_silence(town: Simulation, archive: list[Stretch]) -> None:
    assert len(town.cameras.silent)
    for camera, from_s, to_s in town.cameras.silent.tolist():
        mine = [s for s in archive if s.camera == camera]
        assert not any(s.start_s < to_s and s.end_s > from_s for s in mine)
    recorded = {stretch.camera for stretch in archive}
    dead = {int(row[0]) for row in town.cameras.silent if row[1] == 0 and row[2] == DAY_S}
    assert not recorded & dead


def test_names_of_files_are_not_given_twice(archive: list[Stretch]) -> None:
    assert len({stretch.file for stretch in archive}) == len(archive)


def test_a_film_is_as_long_as_its_stretch_with_a_key_frame_every_two_seconds(
    made: Path, short: Stretch
) -> None:
    with av.open(str(made)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert len(packets) == round((short.end_s - short.start_s) * FPS)
    assert [n for n, packet in enumerate(packets) if packet.is_keyframe] == list(
        range(0, len(packets), GROUP)
    )


def test_groups_without_people_are_the_same_bytes_used_again(
    town: Simulation, heads: Heads, archive: list[Stretch], tmp_path: Path
) -> None:
    """Films of one camera: their empty groups are among a few that all of them share."""
    camera = archive[0].camera
    films = sorted((s for s in archive if s.camera == camera), key=lambda s: s.end_s - s.start_s)[:4]
    studio = Studio(town, heads, tmp_path)
    empty: list[bytes] = []
    for stretch in films:
        studio.make(stretch)
        with av.open(str(tmp_path / stretch.file)) as container:
            content = [bytes(packet) for packet in container.demux(video=0) if packet.size]
        for first in range(0, len(content), GROUP):
            times_s = stretch.start_s + (first + np.arange(GROUP)) / FPS
            if not any(figures(town, stretch.passes, float(at_s)) for at_s in times_s):
                empty.append(b"".join(content[first : first + GROUP]))
    assert len(empty) >= 8
    assert len(set(empty)) < len(empty)
    assert len(set(empty)) <= 6


def test_a_film_made_again_is_the_same_and_its_digest_that_of_the_file(
    town: Simulation, heads: Heads, short: Stretch, made: Path, tmp_path: Path
) -> None:
    digest = Studio(town, heads, tmp_path).make(short)
    assert digest == hashlib.sha256(made.read_bytes()).hexdigest()


def test_people_are_in_view_during_their_pass_and_not_outside_it(town: Simulation) -> None:
    row = int(np.flatnonzero(town.passes.motion == Motion.COMES)[0])
    start_s, end_s = float(town.passes.start_s[row]), float(town.passes.end_s[row])
    assert figures(town, [row], start_s - 0.1) == []
    assert figures(town, [row], end_s) == []
    ((number, first),) = figures(town, [row], start_s)
    ((_, later),) = figures(town, [row], end_s - 0.1)
    assert number == row
    assert first.head == town.head[town.passes.resident[row]]
    assert first.ahead_m > later.ahead_m
    assert not first.away


@pytest.mark.parametrize("motion", list(Motion))
def test_who_goes_away_is_seen_from_behind(town: Simulation, motion: Motion) -> None:
    rows = np.flatnonzero(town.passes.motion == motion)[:20].tolist()
    shown = [figures(town, [row], float(town.passes.start_s[row]))[0][1] for row in rows]
    assert rows
    assert {who.away for who in shown} == {motion in (Motion.LEAVES, Motion.AWAY)}
