"""Breaks a scenario at each of its failpoints: kill -9, EIO and ENOSPC, at each passage.

    python -m tests.faults.breaking "a backup"
    python -m tests.faults.breaking --points

Prints one JSON line for every break: point, how, passage, whether it was reached, and what was wrong.
The second form tells which failpoints of the whole house each scenario covers, and which none does.
"""

import errno
import importlib
import json
import os
import pkgutil
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import adapters
import engine
from engine import failpoints
from tests.faults.forked import Say, in_child
from tests.faults.scenarios import SCENARIOS, Scenario

HOW = ("kill", "EIO", "ENOSPC")


@dataclass(frozen=True, slots=True)
class Break:
    """``wrong`` is empty where the old or the new state was there and nothing acknowledged was lost."""

    point: str
    how: str
    passage: int
    reached: bool
    code: int
    wrong: str


def every_break(scenario: Scenario, folder: Path) -> Iterator[Break]:
    """Later passages are tried until one is not reached."""
    prepared = folder / "prepared"
    prepared.mkdir()
    scenario.prepare(prepared)
    for point in scenario.covers():
        for how in HOW:
            for passage in range(1, scenario.passages + 1):
                outcome = broken(scenario, prepared, folder / "state", point, how, passage)
                if passage > 1 and not outcome.reached:
                    break
                yield outcome


def broken(scenario: Scenario, prepared: Path, state: Path, point: str, how: str, passage: int) -> Break:
    shutil.copytree(prepared, state)
    try:
        ended = in_child(partial(_run, scenario, state, point, how, passage))
        reached = "reached" in ended.said
        acked = {line.removeprefix("ack ") for line in ended.said if line.startswith("ack ")}
        wrong = " ".join(line for line in ended.said if line.startswith("crashed"))
        if reached and not wrong:
            if how == "kill" and ended.code != -signal.SIGKILL:
                wrong = f"ended with {ended.code} instead of being killed"
            told = in_child(partial(_check, scenario, state, acked)).said
            wrong = wrong or " ".join(told)
        return Break(point, how, passage, reached, ended.code, wrong)
    finally:
        shutil.rmtree(state)


def _run(scenario: Scenario, state: Path, point: str, how: str, passage: int, say: Say) -> None:
    passed = 0

    def act() -> None:
        nonlocal passed
        passed += 1
        if passed != passage:
            return
        say("reached")
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, how)
        raise OSError(number, os.strerror(number))

    arm: Callable[[], None] = lambda: failpoints.arm(point, act)  # noqa: E731
    if not scenario.arms_itself:
        arm()
    try:
        scenario.act(state, say, arm)
    except Exception as problem:
        if passed < passage:  # not from the break: the scenario itself is wrong
            raise
        say(f"refused {type(problem).__name__}: {problem}")
        sys.exit(2)


def _check(scenario: Scenario, state: Path, acked: set[str], say: Say) -> None:
    try:
        scenario.check(state, acked)
    except BaseException:
        say("after it: " + traceback.format_exc().replace("\n", " | ")[-2000:])


def import_everything() -> None:
    """Failpoints are known once the modules that name them are imported."""
    for package in (engine, adapters):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def points() -> dict[str, Any]:
    import_everything()
    covered = {name: scenario.covers() for name, scenario in SCENARIOS.items()}
    return {
        "covered": covered,
        "uncovered": sorted(failpoints.NAMES - {p for c in covered.values() for p in c}),
    }


def main(words: list[str]) -> int:
    """Everything is imported only to tell its points: a child of a small process is forked faster."""
    if words == ["--points"]:
        sys.stdout.write(json.dumps(points()) + "\n")
        return 0
    wrong = 0
    for name in words or list(SCENARIOS):
        with tempfile.TemporaryDirectory(prefix="tracedesk-") as folder:
            for outcome in every_break(SCENARIOS[name], Path(folder)):
                sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
                wrong += bool(outcome.wrong) or not outcome.reached
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
