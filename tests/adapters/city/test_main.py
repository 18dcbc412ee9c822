import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from adapters.city.__main__ import main
from adapters.city.archive import stretches
from adapters.city.making import Report, only
from adapters.city.simulation import Simulation

from .conftest import SEED

COMMAND = [sys.executable, "-P", "-m", "adapters.city", "--seed", str(SEED)]
SOON_S = 20.0
STARTER = """
import subprocess, sys
made = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
made.stdout.readline()
print(made.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def quiet(town: Simulation) -> int:
    """The camera with the least footage."""
    lasts: dict[int, float] = {}
    for stretch in stretches(town):
        lasts[stretch.camera] = lasts.get(stretch.camera, 0.0) + stretch.end_s - stretch.start_s
    return min(lasts, key=lambda camera: lasts[camera])


def test_it_makes_the_files_of_a_camera_and_tells_of_each(
    town: Simulation, quiet: int, tmp_path: Path
) -> None:
    (tmp_path / "footage").mkdir()
    command = [*COMMAND, "--folder", str(tmp_path), "--camera", str(quiet)]
    done = subprocess.run(command, capture_output=True, check=True)
    reports = [msgspec.json.decode(line, type=Report) for line in done.stdout.splitlines()]
    wanted = {s.file for s in only(stretches(town), [quiet])}
    assert {report.file for report in reports} == wanted
    assert {path.name for path in (tmp_path / "footage").glob("*.mp4")} == wanted
    assert done.stderr == b""


def test_it_fails_where_there_is_no_folder_and_says_so(quiet: int, tmp_path: Path) -> None:
    command = [*COMMAND, "--folder", str(tmp_path / "gone"), "--camera", str(quiet)]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 2
    assert "no such file" in msgspec.json.decode(done.stdout, type=Report).why


def test_a_part_beyond_all_parts_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--seed", "1", "--folder", str(tmp_path), "--part", "3", "--of", "2"]) == 2
    assert capsys.readouterr().err == "--part: expected 1 to 2, got 3\n"


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    (tmp_path / "footage").mkdir()
    command = [sys.executable, "-c", STARTER, *COMMAND, "--folder", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        process = os.pidfd_open(int(starter.stdout.readline()))
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    try:
        assert select.select([process], [], [], SOON_S)[0], "readable once it has ended"
    finally:
        os.close(process)
