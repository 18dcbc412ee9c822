"""A console as the bench plays it: it listens, reads, looks, answers, and notes how long it waited."""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from engine.api.client import EngineClient, EngineSaysNo
from engine.api.lines import SnapshotLine
from engine.domain.decision import Answer
from engine.domain.trace import TraceState

T = TypeVar("T")
LOOK_S = 0.75  # the engine takes no answer sooner than 0.7 s after the pictures
READS_WHILE_LOOKING = 3
FACE_PX = 90.0
CONFLICT = 409


@dataclass
class Times:
    """Milliseconds that consoles waited, by ``read`` and ``change``."""

    waited: dict[str, list[float]] = field(default_factory=lambda: {"read": [], "change": []})

    async def of_one(self, kind: str, answer: Awaitable[T]) -> T:
        """The answer; a refusal took its time too."""
        began = time.perf_counter()
        try:
            return await answer
        finally:
            self.waited[kind].append((time.perf_counter() - began) * 1000)

    def of(self, *kinds: str) -> dict[str, float]:
        """How many, median, 99 of 100 and longest; of everything without ``kinds``."""
        found = sorted(ms for kind in kinds or self.waited for ms in self.waited[kind])
        if not found:
            return {"n": 0, "p50_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}
        last = min(len(found) - 1, int(len(found) * 0.99))
        return {
            "n": len(found),
            "p50_ms": round(statistics.median(found), 2),
            "p99_ms": round(found[last], 2),
            "max_ms": round(found[-1], 2),
        }


async def at_work(socket: Path, traces: tuple[str, ...], consoles: int, seconds: float) -> tuple[Times, int]:
    """Let consoles work for a while. What they waited, and how many traces ran at the end of it."""
    times = Times()
    running = await asyncio.gather(
        *(_console(socket, traces, times, seconds, random.Random(n)) for n in range(consoles))  # noqa: S311
    )
    return times, min(running)


async def _console(
    socket: Path, traces: tuple[str, ...], times: Times, seconds: float, dice: random.Random
) -> int:
    running = 0
    async with EngineClient(socket) as client:

        async def listen() -> None:
            nonlocal running
            async for line in client.events():
                if isinstance(line, SnapshotLine):
                    running = sum(trace.state is TraceState.RUNNING for trace in line.traces)

        listening = asyncio.create_task(listen())
        end = time.monotonic() + seconds
        await asyncio.sleep(dice.uniform(0.0, LOOK_S))  # people do not move in step
        while time.monotonic() < end:
            await _turn(client, dice.choice(traces), times, dice)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return running


async def _turn(client: EngineClient, trace_id: str, times: Times, dice: random.Random) -> None:
    """Read a trace, look at one of its candidates, read on meanwhile, answer."""
    detail = await times.of_one("read", client.trace(trace_id))
    candidate = dice.choice(detail.candidates)
    view = await times.of_one("change", client.view(candidate.candidate_id, FACE_PX))
    for _ in range(READS_WHILE_LOOKING):
        await asyncio.sleep(LOOK_S / READS_WHILE_LOOKING * dice.uniform(1.0, 1.2))
        await times.of_one("read", client.trace(trace_id) if dice.random() < 0.5 else client.traces())
    answer = dice.choice((Answer.SAME, Answer.NOT_SAME))
    try:
        decide = client.decide(candidate.candidate_id, view.view_id, answer, version=view.version)
        await times.of_one("change", decide)
    except EngineSaysNo as problem:
        if problem.status != CONFLICT:  # a colleague was faster
            raise
    await asyncio.sleep(dice.uniform(0.0, 0.3))
