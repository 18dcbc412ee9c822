"""What bench scan makes of the times that it took."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from engine.api.schema import OpenedView
from tui.cli import app
from tui.commands.bench_scan import Turn, figures_of, grandchildren, minutes, processor_s

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def opened(camera: str, start_min: float, end_min: float) -> OpenedView:
    return OpenedView(
        camera_id=camera,
        start=NOON + timedelta(minutes=start_min),
        end=NOON + timedelta(minutes=end_min),
    )


def test_what_several_traces_read_counts_once() -> None:
    read = [opened("a", 0, 10), opened("b", 0, 3), opened("a", 5, 12), opened("a", 6, 8), opened("a", 20, 21)]
    assert minutes(read) == 12 + 1 + 3
    assert minutes([]) == 0.0


def test_the_first_set_is_measured_against_the_others() -> None:
    found = figures_of(
        {
            "demo": [Turn(10.0, 5.0, 20.0), Turn(12.0, 6.0, 24.0)],
            "other": [Turn(40.0, 20.0, 20.0), Turn(20.0, 20.0, 20.0)],
        }
    )
    assert found["sets"]["demo"]["footage_min_per_scan_s"] == 4.0
    assert found["sets"]["other"] == {
        "traces_s": 30.0,
        "scan_s": 20.0,
        "footage_min": 20.0,
        "footage_min_per_scan_s": 1.0,
        "turns": [[40.0, 20.0], [20.0, 20.0]],
    }
    assert found["times_as_fast"] == {"demo / other": 4.0}
    assert found["times_as_fast_in_all"] == {"demo / other": 2.67}


def test_the_time_of_workers_is_that_of_processes_which_an_engine_started() -> None:
    busy = "import time\nwhile time.process_time() < 0.5: pass\nprint('spent', flush=True)\ninput()"
    engine = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", engine], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "spent\n"
        spent_s = processor_s(grandchildren(os.getpid()))
        process.communicate("\n")
    assert 0.4 <= spent_s < 2.0
    assert processor_s([process.pid]) == 0.0


def test_a_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = CliRunner(env={"TRACEDESK_MODELS": str(tmp_path / "none")}).invoke(
        app, ["bench", "scan", "--model", "edgeface_xs", "--folder", str(tmp_path / "town")]
    )
    assert told.exit_code == 2
    assert "there is no such model file" in told.output
