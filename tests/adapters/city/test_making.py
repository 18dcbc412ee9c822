import hashlib
from pathlib import Path

import numpy as np
import pytest

from adapters.city.archive import Stretch, Studio, stretches
from adapters.city.heads import Heads
from adapters.city.journal import Journal
from adapters.city.making import Finished, Stopped, make, only, part
from adapters.city.simulation import Simulation


@pytest.fixture(scope="module")
def archive(town: Simulation) -> list[Stretch]:
    return stretches(town)


@pytest.fixture
def few(archive: list[Stretch]) -> list[Stretch]:
    """The shortest films of one camera."""
    return sorted(only(archive, [archive[0].camera]), key=lambda s: s.end_s - s.start_s)[:3]


def made(city: Simulation, heads: Heads, few: list[Stretch], folder: Path) -> list[Finished | Stopped]:
    return list(make(city, heads, few, folder, Journal(folder, "a town")))


@pytest.mark.parametrize("of", [1, 2, 3, 8])
def test_parts_hold_every_stretch_once_and_no_camera_twice(
    town: Simulation, archive: list[Stretch], of: int
) -> None:
    parts = [part(town, archive, number, of) for number in range(of)]
    assert sorted(s.file for mine in parts for s in mine) == sorted(s.file for s in archive)
    cameras = [{s.camera for s in mine} for mine in parts]
    assert sum(map(len, cameras)) == len(set().union(*cameras))


def test_parts_take_about_as_long_as_each_other(town: Simulation, archive: list[Stretch]) -> None:
    lasts_s = town.passes.end_s - town.passes.start_s
    spent = [sum(lasts_s[list(s.passes)].sum() for s in part(town, archive, n, 2)) for n in range(2)]
    assert spent[0] == pytest.approx(spent[1], rel=0.1)


def test_cameras_that_saw_patients_more_often_come_first(town: Simulation, archive: list[Stretch]) -> None:
    mine = list(dict.fromkeys(s.camera for s in part(town, archive, 0, 1)))
    ill = np.isin(town.passes.resident, town.patients)
    seen = [int((town.passes.camera[ill] == camera).sum()) for camera in mine]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > seen[-1]


def test_parts_beyond_the_cameras_are_empty(town: Simulation, archive: list[Stretch]) -> None:
    one = only(archive, [archive[0].camera])
    assert [bool(part(town, one, number, 3)) for number in range(3)] == [True, False, False]


def test_each_finished_file_is_reported_with_its_digest_and_length(
    town: Simulation, heads: Heads, few: list[Stretch], tmp_path: Path
) -> None:
    reports = made(town, heads, few, tmp_path)
    assert [r.file for r in reports] == [s.file for s in few]
    for stretch, report in zip(few, reports, strict=True):
        assert isinstance(report, Finished)
        assert report.sha256 == hashlib.sha256((tmp_path / stretch.file).read_bytes()).hexdigest()
        assert report.seconds == stretch.end_s - stretch.start_s


def test_a_second_run_makes_only_what_is_not_whole(
    town: Simulation, heads: Heads, few: list[Stretch], tmp_path: Path
) -> None:
    first = made(town, heads, few, tmp_path)
    kept, damaged, gone = (tmp_path / s.file for s in few)
    before = kept.stat().st_mtime_ns
    damaged.write_bytes(damaged.read_bytes()[:-100])
    gone.unlink()
    assert made(town, heads, few, tmp_path) == first
    assert kept.stat().st_mtime_ns == before
    for path, report in zip((damaged, gone), first[1:], strict=True):
        assert isinstance(report, Finished)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == report.sha256


def test_a_file_is_the_same_whichever_were_made_before_it(
    town: Simulation, heads: Heads, archive: list[Stretch], tmp_path: Path
) -> None:
    one, other = sorted(only(archive, [archive[0].camera]), key=lambda s: s.end_s - s.start_s)[:2]
    studio = Studio(town, heads, tmp_path)
    studio.make(one)
    assert studio.make(other) == Studio(town, heads, tmp_path).make(other)


def test_a_full_disk_ends_it_with_the_name_of_the_file(
    town: Simulation, heads: Heads, few: list[Stretch], tmp_path: Path
) -> None:
    second = tmp_path / few[1].file
    second.with_suffix(".new").symlink_to("/dev/full")
    finished, stopped = made(town, heads, few, tmp_path)
    assert isinstance(finished, Finished)
    assert stopped == Stopped(str(second), "no space left on device", full=True)
    assert not second.exists()


def test_another_trouble_of_the_disk_is_told_too(
    town: Simulation, heads: Heads, few: list[Stretch], tmp_path: Path
) -> None:
    (stopped,) = made(town, heads, few, tmp_path / "gone")
    assert isinstance(stopped, Stopped)
    assert not stopped.full
    assert "no such file" in stopped.why


def test_naming_no_camera_means_all_of_them(archive: list[Stretch]) -> None:
    assert only(archive, []) == archive
    assert {s.camera for s in only(archive, [archive[0].camera])} == {archive[0].camera}
