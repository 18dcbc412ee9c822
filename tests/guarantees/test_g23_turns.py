"""G23: the workers go from trace to trace: neither a long trace nor a short one waits for the other."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.ports import WindowRequest
from engine.schedule.pool import Pool
from tests.guarantees.deaf_pool import TEN_MINUTES, a_deaf_pool, wish

LONG, READ, SHORT = 90, 30, 10


def window(trace_id: str, number: int, told: Callable[[str], None]) -> WindowRequest:
    """The ten minutes with that number; no other ones share their reading."""
    shifted = timedelta(minutes=10 * number)
    minutes = type(TEN_MINUTES)(start=TEN_MINUTES.start - shifted, end=TEN_MINUTES.end - shifted)
    return wish(trace_id, "short", told=lambda _: told(trace_id), minutes=minutes)


async def read(pool: Pool, trace_id: str, numbers: range, told: Callable[[str], None]) -> None:
    await asyncio.gather(*(pool.scan(window(trace_id, n, told)) for n in numbers))


@pytest.mark.parametrize(("at_once", "each"), [(1, 4), (3, 2)])
async def test_g23_a_long_trace_has_its_turns_while_short_ones_keep_coming(at_once: int, each: int) -> None:
    """A third of a long trace is read. Then short ones come, ``at_once`` at a time, each time that one
    is through the next."""
    turns: list[str] = []
    third = asyncio.Event()

    def told(trace_id: str) -> None:
        turns.append(trace_id)
        if turns.count("long") == READ:
            third.set()

    async def line(pool: Pool, number: int) -> None:
        for n in range(each):
            first = LONG + SHORT * (each * number + n)
            await read(pool, f"short-{number}-{n}", range(first, first + SHORT), told)

    async with a_deaf_pool() as pool:
        long = asyncio.create_task(read(pool, "long", range(LONG), told))
        await third.wait()
        await asyncio.gather(*(line(pool, number) for number in range(at_once)))
        among = turns[READ:]
        assert among.count("long") >= len(among) / (at_once + 1) - 2
        await long
