"""A small site for each test, with nothing wrong in it yet."""

from pathlib import Path

import pytest

from tests.end_to_end.house import House, clip
from tests.end_to_end.spoil import OLD


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A site with one camera and one readable clip, without face models."""
    monkeypatch.delenv("TRACEDESK_MODELS", raising=False)
    made = House(tmp_path / "town")
    made.add_clip("cam1", clip(tmp_path / "clip.mp4"))
    made.out.write_text(OLD, encoding="utf-8")
    return made
