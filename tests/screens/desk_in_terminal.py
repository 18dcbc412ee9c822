"""The desk on an engine in memory, in a process of its own: ``python -m tests.screens.desk_in_terminal``.

It leaves by itself once the patient's card is on the screen, so that a test reads all that it wrote.
"""

import asyncio
import sys

from tui.terminal.environment import quiet

quiet(slow_link=False)  # as the command does, before Textual is imported

from textual.pilot import Pilot  # noqa: E402

from tests.screens.fake_engine import FakeEngine, a_detail  # noqa: E402
from tui.app import Desk  # noqa: E402
from tui.terminal.discreet import neutral_title  # noqa: E402

TRIES = 400


async def run() -> int:
    desk = Desk(FakeEngine({"T-SEOUL-7": a_detail("SEOUL-7")}))

    async def leave(pilot: Pilot[object]) -> None:
        for _ in range(TRIES):
            if desk.triage.state.painted_s is not None:
                break
            await pilot.pause(0.05)
        await pilot.pause(0.3)  # one paint more
        await pilot.press("q")

    await desk.run_async(auto_pilot=leave)
    return desk.return_code or 0


if __name__ == "__main__":
    with neutral_title():
        sys.exit(asyncio.run(run()))
