"""Kill -9 of a whole engine in the short form; ``tests/faults/kill_loop.py`` runs longer, and the
variable TRACEDESK_KILL_ROUNDS makes this one longer too."""

import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.bench.town import Town
from tests.faults.kill_loop import FIRST_WINDOW_S, READY_S, Figures, rounds

ROUNDS = int(os.environ.get("TRACEDESK_KILL_ROUNDS", "20"))
SAMPLE = Path(__file__).resolve().parents[2] / "configs" / "sample"


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
    assert figures.events > 0


async def test_an_engine_killed_at_any_instant_keeps_its_word(folder: Path) -> None:
    figures = await rounds(ROUNDS, folder)
    assert_nothing_is_lost(figures)
    assert figures.decisions > 0
    assert 0 < figures.found_done <= figures.repeated
    assert {"early", "at work"} <= figures.killed.keys()
    assert statistics.median(figures.ready_s) <= READY_S  # the script asks it of the slowest
    assert statistics.median(figures.first_window_s) <= FIRST_WINDOW_S


async def test_so_does_one_with_the_real_models_on_the_sample(shared: Path, folder: Path) -> None:
    cases = tuple(sorted((SAMPLE / "cases").iterdir()))
    figures = await rounds(3, folder, seed=3, site=Town(SAMPLE / "site.toml", cases))
    assert_nothing_is_lost(figures)
