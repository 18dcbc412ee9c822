"""Opens the desk on a socket and stays until the person leaves."""

import asyncio
import gc
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.api.client import EngineClient
from tui.app import Desk
from tui.discreet import neutral_title
from tui.hangup import ending_with_terminal
from tui.settings import Settings
from tui.sitting import last_trace

ROUND_AFTER = 10_000  # new objects; a paint alone makes some thousands, nearly all of which are gone after it


def settle_heap() -> None:
    """Leave what the desk is made of out of later rounds of the garbage collector, and have fewer of them: a
    full round over all libraries takes longer than a key may."""
    gc.freeze()
    gc.set_threshold(ROUND_AFTER)


def run_desk(
    socket: Path,
    come_back: str = "tracedesk",
    aside: Callable[[], str] = str,
    settings: Settings = Settings(),
    remarks: Sequence[str] = (),
    *,
    speed: float = 1.0,
) -> int:
    """The exit code. ``aside`` has a few words for the top of the desk, ``remarks`` what there is to say at
    the start; ``speed`` is how many times as often as usual it paints, for measuring."""

    async def run() -> int:
        async with EngineClient(socket) as client:
            desk = Desk(
                client,
                come_back=come_back,
                aside=aside,
                settings=settings,
                remarks=remarks,
                last=last_trace(),
                speed=speed,
            )
            settle_heap()
            await desk.run_async(mouse=settings.mouse and not settings.slow_link)
        return desk.return_code or 0

    for name in ("COLUMNS", "LINES"):  # where these are exported, no change of size would ever be seen
        os.environ.pop(name, None)
    with neutral_title(), ending_with_terminal():
        return asyncio.run(run())
