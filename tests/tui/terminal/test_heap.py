"""Full rounds of the garbage collector come between keys, and not too often."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from textual._styles_cache import StylesCache
from textual.color import Color

from tui.terminal.heap import LOOKS_EVERY_S, QUIET_S, ROUND_EVERY_S, full_round, settle, tidy


class Over(Exception):
    """The time of the test is."""


async def rounds(untouched_s: list[float]) -> list[int]:
    """At which looks a round came, where the desk had been untouched so long at each."""
    at, came = iter(range(len(untouched_s))), []
    look = -1

    async def sleep(_: float) -> None:
        nonlocal look
        await asyncio.sleep(0)
        look = next(at, -1)
        if look < 0:
            raise Over

    with pytest.raises(Over):
        await tidy(lambda: untouched_s[look], sleep=sleep, collect=lambda: came.append(look))
    return came


LOOKS = round(ROUND_EVERY_S / LOOKS_EVERY_S)  # between two rounds


async def test_a_round_comes_every_few_seconds_while_nobody_types() -> None:
    came = await rounds([QUIET_S] * (3 * LOOKS))
    assert came == [LOOKS - 1, 2 * LOOKS - 1, 3 * LOOKS - 1]


async def test_none_comes_upon_a_key_and_one_as_soon_as_the_hands_rest() -> None:
    typing = [0.0] * (2 * LOOKS)
    assert await rounds(typing) == []
    assert await rounds([*typing, QUIET_S, QUIET_S]) == [2 * LOOKS]


def test_what_was_drawn_of_a_widget_that_is_gone_is_gone_after_a_round() -> None:
    drawn = StylesCache()
    drawn.get_inner_outer(Color.parse("red"), Color.parse("blue"))
    gone = weakref.ref(drawn)
    del drawn
    gc.collect()
    full_round()
    assert gone() is None


@pytest.fixture
def own_heap() -> Iterator[None]:
    """As before, afterwards."""
    yield
    gc.unfreeze()


def test_what_the_desk_is_made_of_is_left_out_of_rounds_and_what_comes_later_is_not(own_heap: None) -> None:
    made = [[n] for n in range(1000)]
    before = gc.get_freeze_count()
    settle()
    assert gc.get_freeze_count() >= before + len(made)
    kept: list[object] = []
    kept.append(kept)
    del kept
    assert gc.collect() > 0
