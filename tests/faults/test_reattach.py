"""An engine that dies and comes back under an open desk: said at once, found again, no work lost."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.api.client import EngineClient, until_answering
from engine.domain.decision import Answer
from tests.end_to_end.house import House as Town
from tests.end_to_end.spoil import void
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import traced
from tests.engine.fakes import a_track
from tests.screens.driving import WIDE, HandClock
from tui.app import Desk
from tui.commands.bring_in import bring_in, start_all
from tui.commands.engine_process import end_engine, engine_behind, shared_engine, until_gone
from tui.commands.trace import read_cases
from tui.feed import LinkState
from tui.screens.because import BecauseScreen

BANNER_WITHIN_S = 2.0


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = Town(tmp_path / "town")
    made.add_clip("cam1", b"never opened")
    (made.case / "case.toml").write_text(
        "\n".join(line for line in (made.case / "case.toml").read_text().splitlines() if "stills" not in line)
    )
    return made


@pytest.fixture
def socket(town: Town, tmp_path: Path) -> Iterator[Path]:
    at = shared_engine(town.site, tmp_path / "s")
    yield at
    end_engine(at)


def killed(socket: Path) -> None:
    """kill -9 on the engine; returns when it is gone."""
    found = engine_behind(socket)
    assert found is not None
    with until_gone(socket, 10.0):
        os.kill(found[0], signal.SIGKILL)


class OpenDesk:
    """A desk on a real client, whose pauses are real too."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def until(self, holds: object, within_s: float = 20.0) -> float:
        """How long it took to come true."""
        began = time.monotonic()
        while not holds():  # type: ignore[operator]
            assert time.monotonic() - began < within_s, "this never came true"
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    def stands(self, state: LinkState) -> bool:
        return self.desk.feed.link.state is state

    def text(self) -> str:
        return "\n".join(strip.text for strip in self.desk.screen._compositor.render_strips())


@contextlib.asynccontextmanager
async def opened(socket: Path) -> AsyncIterator[OpenDesk]:
    async with EngineClient(socket) as client:
        desk = Desk(client, clock=HandClock())
        async with desk.run_test(size=WIDE):
            yield OpenDesk(desk)


async def brought_in(town: Town, socket: Path) -> None:
    async with EngineClient(socket) as client:
        await until_answering(client, 20.0)
        await start_all(client, await bring_in(client, read_cases([town.case], town.site), void))


async def test_a_killed_engine_is_said_within_two_seconds_and_found_again_without_a_key_press(
    town: Town, socket: Path
) -> None:
    await brought_in(town, socket)
    async with opened(socket) as open_desk:
        feed = open_desk.desk.feed
        await open_desk.until(lambda: open_desk.desk.triage.state.detail is not None)
        rows, trace_id = list(feed.rows), open_desk.desk.triage.state.trace_id
        assert trace_id
        for _ in range(2):
            await asyncio.to_thread(killed, socket)
            took_s = await open_desk.until(lambda: "engine away" in open_desk.text())
            assert took_s < BANNER_WITHIN_S
            assert feed.rows == rows, "what was known stays on the screen"
            await asyncio.to_thread(shared_engine, town.site, socket.parent)
            await open_desk.until(lambda: open_desk.stands(LinkState.CONNECTED))
            assert feed.rows == rows
            assert open_desk.desk.triage.state.trace_id == trace_id


async def two_candidates(house: House) -> None:
    noon = a_track().interval.start
    tracks = (a_track(), a_track(from_min=3.0))
    house.pool.found = lambda r: tracks if r.window.interval.start == noon else ()
    await traced(house.client, house.pool)


async def test_cursor_views_and_a_half_given_answer_outlive_the_engine(tmp_path: Path) -> None:
    first, second = contextlib.AsyncExitStack(), contextlib.AsyncExitStack()
    house = await first.enter_async_context(open_house(tmp_path))
    await two_candidates(house)
    async with opened(house.socket) as open_desk:
        desk = open_desk.desk
        await open_desk.until(lambda: desk.triage.state.painted_s is not None)
        desk.action_act("next_candidate")
        await open_desk.until(lambda: desk.triage.state.place == 1)
        await open_desk.until(lambda: desk.triage.state.painted_s is not None)
        before = desk.triage.state
        desk._clock.pass_s(5.0)  # type: ignore[attr-defined]
        desk.action_act("cannot_tell")
        await open_desk.until(lambda: isinstance(desk.screen, BecauseScreen))
        await first.aclose()
        await open_desk.until(lambda: open_desk.stands(LinkState.AWAY), BANNER_WITHIN_S)
        assert isinstance(desk.screen, BecauseScreen), "the question stays open"
        house = await second.enter_async_context(open_house(tmp_path))
        await open_desk.until(lambda: open_desk.stands(LinkState.CONNECTED))
        after = desk.triage.state
        assert (after.candidate_id, after.trace_id, after.viewed) == (
            before.candidate_id,
            before.trace_id,
            before.viewed,
        )
        assert isinstance(desk.screen, BecauseScreen)
        house.clock.forward(60.0)
        desk.screen.dismiss(None)
        assert await desk.triage.answer(Answer.NOT_SAME), "from the view of before the restart"
        (line,) = [line for line in await house.client.audit() if line.action == "decide"]
        assert line.object == before.candidate_id
    await second.aclose()
