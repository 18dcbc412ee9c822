"""Opens the desk on a socket and stays until the person leaves."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.api.client import EngineClient
from tui.app import Desk
from tui.comfort.settings import Settings
from tui.comfort.sitting import last_trace
from tui.terminal.discreet import neutral_title
from tui.terminal.hangup import ending_with_terminal
from tui.terminal.heap import keep_rounds_from_keys


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
            rounds = keep_rounds_from_keys(lambda: desk.untouched_s)
            await desk.run_async(mouse=settings.mouse and not settings.slow_link)
            rounds.cancel()
        return desk.return_code or 0

    for name in ("COLUMNS", "LINES"):  # where these are exported, no change of size would ever be seen
        os.environ.pop(name, None)
    with neutral_title(), ending_with_terminal():
        return asyncio.run(run())
