"""The bench on a town of its own: what it prints, and when its goals count as reached."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tui.cli import app
from tui.commands import bench
from tui.commands.bench import _figures, shown, window_s
from tui.commands.bench_console import Times


def times(*ms: float) -> Times:
    return Times({"read": [*ms], "change": [*ms]})


def figures(busy: Times, idle: Times, running: int = 10) -> dict[str, Any]:
    disk = times(0.3).of()
    return _figures(busy, idle, running=running, left=0, load=0.5) | {"disk_sync": disk}


def missed(found: dict[str, Any]) -> set[str]:
    return {goal for goal, reached in found["goals"].items() if not reached}


@pytest.fixture
def own_temp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where nobody else measures, under a path short enough for a socket."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_a_short_run_measures_ten_traces_and_five_consoles_and_leaves_nothing(
    own_temp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With half a second for each, every core is busy for most of a minute until there is something to see.
    monkeypatch.setattr(bench, "WINDOW_S", 0.1)
    told = CliRunner().invoke(app, ["bench", "api", "--seconds", "1.5", "--json", "-"])
    assert told.exit_code in (0, 1), told.output
    found = json.loads(told.stdout)
    assert (found["traces_running"], found["traces_running_when_idle"], found["consoles"]) == (10, 0, 5)
    for when in ("busy", "idle"):
        assert found[when]["reads"]["n"] > 5
        assert found[when]["changes"]["n"] > 5
        assert (
            0 < found[when]["all"]["p50_ms"] <= found[when]["all"]["p99_ms"] <= found[when]["all"]["max_ms"]
        )
    assert 0 < found["disk_sync"]["p50_ms"] <= found["disk_sync"]["p99_ms"]
    assert told.exit_code == (0 if all(found["goals"].values()) else 1)
    assert list(own_temp.iterdir()) == []


@pytest.mark.parametrize(
    ("busy", "idle", "expected"),
    [
        (times(*[5.0] * 200), times(*[4.0] * 200), set()),
        (times(*[11.0] * 200), times(*[9.0] * 200), {"p50 below 10 ms"}),
        (times(*[5.0] * 190, *[60.0] * 10), times(*[30.0] * 200), {"p99 below 50 ms"}),
        (times(*[5.0] * 190, *[40.0] * 10), times(*[4.0] * 200), {"p99 below 5 times idle"}),
    ],
)
def test_each_goal_can_be_missed(busy: Times, idle: Times, expected: set[str]) -> None:
    assert missed(figures(busy, idle)) == expected


@pytest.mark.parametrize("running", [0, 9])
def test_where_a_trace_was_over_sooner_a_goal_is_missed(running: int) -> None:
    found = figures(times(*[5.0] * 200), times(*[4.0] * 200), running)
    assert missed(found) == {"10 traces running to the end"}


@pytest.mark.parametrize(("busy", "idle"), [(Times(), Times()), (times(5.0), Times()), (Times(), times(5.0))])
def test_where_nothing_was_measured_no_time_was_reached(busy: Times, idle: Times) -> None:
    assert missed(figures(busy, idle)) == {*figures(busy, idle)["goals"]} - {"10 traces running to the end"}


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1", "0.9", "1e9"])
def test_a_time_in_which_nothing_can_be_measured_is_refused(seconds: str) -> None:
    told = CliRunner().invoke(app, ["bench", "api", "--seconds", seconds])
    assert told.exit_code == 2
    assert told.stderr == "tracedesk bench api: --seconds: cannot be measured in that time; write 1 to 300\n"


@pytest.mark.parametrize("cores", [1, 2, 16, 128])
@pytest.mark.parametrize("seconds", [1.0, 30.0, 300.0])
def test_there_is_work_for_every_core_for_twice_as_long_as_is_measured(cores: int, seconds: float) -> None:
    assert window_s(720, cores, seconds) * 720 / cores >= 2 * seconds
    assert window_s(720, 2, 30.0) == 0.5


def test_people_read_every_figure_and_every_goal(capsys: pytest.CaptureFixture[str]) -> None:
    shown(figures(times(*[11.0] * 200), times(*[9.0] * 200)))
    told = capsys.readouterr().out
    assert "10 traces running, 5 consoles" in told
    assert "load of the machine 0.5" in told
    assert "the disk itself syncs in 0.3 ms" in told
    assert "MISSED p50 below 10 ms" in told
    assert "ok     p99 below 50 ms" in told
