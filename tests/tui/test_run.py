"""What the desk does once, before it opens."""

import gc
from collections.abc import Iterator

import pytest

from tui.run import ROUND_AFTER, settle_heap


@pytest.fixture
def own_heap() -> Iterator[None]:
    """Rounds as before, afterwards."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_what_the_desk_is_made_of_is_left_out_of_later_rounds(own_heap: None) -> None:
    made = [[n] for n in range(1000)]
    before = gc.get_freeze_count()
    settle_heap()
    assert gc.get_freeze_count() >= before + len(made)
    assert gc.get_threshold()[0] == ROUND_AFTER


def test_what_comes_later_is_still_collected(own_heap: None) -> None:
    settle_heap()
    kept: list[object] = []
    kept.append(kept)
    assert any(thing is kept for thing in gc.get_objects())
    del kept
    assert gc.collect() > 0
