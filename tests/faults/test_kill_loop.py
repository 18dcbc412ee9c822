"""Kill -9 of a whole engine in the short form; ``tests/faults/kill_loop.py`` runs longer, and the
variable TRACEDESK_KILL_ROUNDS makes this one longer too."""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kill_loop import FIRST_WINDOW_S, READY_S, Figures, rounds, the_sample

ROUNDS = int(os.environ.get("TRACEDESK_KILL_ROUNDS", "20"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: that of a socket may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="kill-") as made:
        yield Path(made)


def assert_nothing_is_lost(figures: Figures) -> None:
    assert figures.lost == []
    assert figures.doubled == []
    assert figures.apart == []
    assert figures.surprises == []
    assert figures.acknowledged > 0
    assert figures.decisions > 0
    assert figures.events > 0


def say(figures: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where the test passes, and from a process that only runs tests for another one."""
    with capsys.disabled():
        sys.stderr.write(f"\nkill loop: {json.dumps(figures.summary())}\n")


async def test_an_engine_killed_at_any_instant_keeps_its_word(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = await rounds(ROUNDS, folder)
    say(figures, capsys)
    assert_nothing_is_lost(figures)
    assert 0 < figures.found_done <= figures.repeated
    assert {"early", "at work"} <= figures.killed.keys()
    assert statistics.median(figures.ready_s) <= READY_S  # the script asks it of the slowest
    assert statistics.median(figures.first_window_s) <= FIRST_WINDOW_S


async def test_so_does_one_with_the_real_models_on_the_sample(
    shared: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = await rounds(3, folder, seed=3, site=the_sample())
    say(figures, capsys)
    assert_nothing_is_lost(figures)
