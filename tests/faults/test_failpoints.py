"""Every named failpoint: kill -9, EIO and ENOSPC there, and what is there after the next start."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.breaking import HOW
from tests.faults.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parent.parent.parent


def breaking(*words: str) -> list[Any]:
    """Lines of the tool in a process of its own: it forks, which a process with threads must not."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.breaking", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def points() -> dict[str, Any]:
    (told,) = breaking("--points")
    return dict(told)


def test_no_failpoint_is_without_a_scenario(points: dict[str, Any]) -> None:
    assert points["uncovered"] == []
    assert sum(len(covered) for covered in points["covered"].values()) > 25


@pytest.mark.parametrize("name", SCENARIOS)
def test_after_a_break_the_old_or_the_new_state_is_there(name: str, points: dict[str, Any]) -> None:
    """... and everything acknowledged is, at each failpoint that the scenario names; each is reached."""
    found = breaking(name)
    expected = {(point, how) for point in points["covered"][name] for how in HOW}
    assert {(b["point"], b["how"]) for b in found} == expected
    assert [b for b in found if not b["reached"]] == []
    assert [b for b in found if b["wrong"]] == []


TOOL = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from engine import failpoints
from tests.faults.breaking import every_break
from tests.faults.scenarios import Scenario

POINT = failpoints.name("made_up.point")

def careless(folder, say, arm):
    say("ack row")
    failpoints.reached(POINT)
    (folder / "row").write_text("x")

def passes_by(folder, say, arm):
    (folder / "row").write_text("x")
    say("ack row")

def check(folder, acked):
    assert not acked or (folder / "row").exists(), "acknowledged and gone"

act = {"careless": careless, "passes by": passes_by}[sys.argv[1]]
for outcome in every_break(Scenario(points=(POINT,), act=act, check=check), Path(sys.argv[2])):
    print(json.dumps(asdict(outcome)))
"""


@pytest.mark.parametrize(("kind", "reached"), [("careless", True), ("passes by", False)])
def test_the_tool_sees_a_lost_acknowledgement_and_a_point_that_is_not_reached(
    tmp_path: Path, kind: str, reached: bool
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOOL, kind, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [b["how"] for b in found] == list(HOW)
    assert {b["reached"] for b in found} == {reached}
    assert all(("acknowledged and gone" in b["wrong"]) is reached for b in found)
