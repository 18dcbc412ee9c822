"""Fixtures shared by all tests: where the real models and clips lie, when they lie there."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")  # how long an example takes says how busy the machine is, and nothing else

os.environ["LC_ALL"] = "C.UTF-8"  # commands say why they fail in the language of whoever runs them

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("TRACEDESK_SHARED", ROOT.parent / "shared"))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end. Going through it after every 700 new objects would be
    a third of the time in which the tests of the screens work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real models, clips and faces; the test is left out, by name, without it."""
    if not (SHARED / "models").is_dir():
        pytest.skip(f"needs the real models and clips in {SHARED.name}/ beside the checkout")
    return SHARED
