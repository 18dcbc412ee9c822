"""The bench on a town of its own: what it prints, and that its goals are those of the plan."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tui.cli import app
from tui.commands.bench import _figures, shown
from tui.commands.bench_console import Times


def times(*ms: float) -> Times:
    return Times({"read": [*ms], "change": [*ms]})


def figures(busy: Times, idle: Times) -> dict[str, Any]:
    disk = times(0.3).of()
    return _figures(busy, idle, running=10, left=0, load=0.5) | {"disk_sync": disk}


def test_a_short_run_measures_ten_traces_and_five_consoles_and_leaves_nothing() -> None:
    before = left_over()
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
    assert left_over() <= before


def left_over() -> set[Path]:
    return {*Path(tempfile.gettempdir()).glob("tracedesk-bench-*")}


@pytest.mark.parametrize(
    ("busy", "idle", "missed"),
    [
        (times(*[5.0] * 200), times(*[4.0] * 200), set()),
        (times(*[11.0] * 200), times(*[9.0] * 200), {"p50 below 10 ms"}),
        (times(*[5.0] * 190, *[60.0] * 10), times(*[30.0] * 200), {"p99 below 50 ms"}),
        (times(*[5.0] * 190, *[40.0] * 10), times(*[4.0] * 200), {"p99 below 5 times idle"}),
    ],
)
def test_each_goal_can_be_missed(busy: Times, idle: Times, missed: set[str]) -> None:
    assert {goal for goal, reached in figures(busy, idle)["goals"].items() if not reached} == missed


def test_people_read_every_figure_and_every_goal(capsys: pytest.CaptureFixture[str]) -> None:
    shown(figures(times(*[11.0] * 200), times(*[9.0] * 200)))
    told = capsys.readouterr().out
    assert "10 traces running, 5 consoles" in told
    assert "load of the machine 0.5" in told
    assert "the disk itself syncs in 0.3 ms" in told
    assert "MISSED p50 below 10 ms" in told
    assert "ok     p99 below 50 ms" in told
