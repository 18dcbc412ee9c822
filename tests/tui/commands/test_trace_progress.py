import io

import pytest
from rich.console import Console

from engine.api.client import EngineAway
from engine.api.lines import SnapshotLine, encode_line
from engine.domain.trace import TraceState
from tests.screens.fake_engine import NOW, a_trace
from tests.tui.commands.answering import Answering, says
from tui.commands.trace_progress import follow

RUNNING = a_trace("A", TraceState.RUNNING, windows_done=6, windows_total=24)
DONE = a_trace("A", candidates=3)
OTHER = a_trace("B", TraceState.RUNNING)


async def followed(*states: object, terminal: bool = False) -> str:
    lines = b"".join(
        encode_line(SnapshotLine(seq=n, now=NOW, traces=(state, OTHER)))  # type: ignore[arg-type]
        for n, state in enumerate(states)
    )
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100)
    async with Answering({"GET /events": says(lines)}).client() as client:
        await follow(client, ["T-A"], console)
    return out.getvalue()


async def test_in_a_pipe_there_is_one_line_for_each_trace_that_is_done() -> None:
    said = await followed(RUNNING, RUNNING, DONE, DONE)
    assert said == "case A: awaiting review, 24 windows, 4310 frames, 3 candidates\n"


async def test_why_a_trace_failed_stands_in_its_line() -> None:
    said = await followed(a_trace("A", TraceState.FAILED, message="the disk is full"))
    assert said.endswith("(the disk is full)\n")


async def test_a_terminal_shows_a_bar_of_windows() -> None:
    said = await followed(RUNNING, DONE, terminal=True)
    assert "24/24" in said
    assert "━" * 24 in said


async def test_traces_of_others_are_not_waited_for_and_not_shown() -> None:
    assert "case B" not in await followed(DONE)


async def test_an_engine_that_ends_too_soon_is_said() -> None:
    with pytest.raises(EngineAway, match="before the traces did"):
        await followed(RUNNING)
