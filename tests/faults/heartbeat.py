"""How long an event loop was not its own: the lateness of something that is due all the time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

BEAT_S = 0.002


@dataclass
class Heart:
    """``longest_s``: the longest time between two beats. ``longest_cpu_s``: the most processor time that
    this process used between two beats, which is what it did itself, however busy the machine is."""

    beats: int = 0
    longest_s: float = 0.0
    longest_cpu_s: float = 0.0


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[Heart]:
    """Beats inside, every two milliseconds."""
    heart = Heart()

    async def beat() -> None:
        before, cpu_before = time.monotonic(), time.thread_time()
        while True:
            await asyncio.sleep(BEAT_S)
            now, cpu_now = time.monotonic(), time.thread_time()
            heart.beats += 1
            heart.longest_s = max(heart.longest_s, now - before)
            heart.longest_cpu_s = max(heart.longest_cpu_s, cpu_now - cpu_before)
            before, cpu_before = now, cpu_now

    beating = asyncio.create_task(beat())
    await asyncio.sleep(BEAT_S)
    try:
        yield heart
        await asyncio.sleep(2 * BEAT_S)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
