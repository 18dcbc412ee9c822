"""The footage around a sighting: asked for once, played slowly, forgotten at once."""

import asyncio

from engine.api.client import EngineSaysNo
from engine.api.review_schema import Clip
from tests.screens.driving import Seat, seated
from tests.screens.fake_engine import FakeEngine
from tui.screens.clip import ClipScreen


class SlowFootage(FakeEngine):
    """Gives footage only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_open = asyncio.Event()

    async def clip(self, candidate_id: str) -> Clip:
        await self.may_open.wait()
        return await super().clip(candidate_id)


def playing(seat: Seat) -> ClipScreen:
    assert isinstance(seat.desk.screen, ClipScreen)
    return seat.desk.screen


async def opened(seat: Seat) -> ClipScreen:
    await seat.press("o")
    screen = playing(seat)
    await seat.until(lambda: screen.clip is not None)
    return screen


async def test_a_clip_plays_by_the_clock_to_its_end_and_stands_there() -> None:
    async with seated() as seat:
        screen = await opened(seat)
        assert seat.engine.clips == ["C-A-1"]
        assert "frame 1 of 20" in seat.text() and "▶ playing" in seat.text()
        seat.clock.pass_s(1.0)
        await seat.until(lambda: "frame 6 of 20" in seat.text())
        seat.clock.pass_s(60.0)
        await seat.until(lambda: "frame 20 of 20" in seat.text() and "‖ paused" in seat.text())
        assert screen.clip is not None


async def test_space_stops_and_goes_on_and_brackets_step() -> None:
    async with seated() as seat:
        await opened(seat)
        await seat.press("space", after_s=0.0)
        assert "‖ paused" in seat.text()
        seat.clock.pass_s(5.0)
        await seat.pilot.pause(0.3)
        assert "frame 1 of 20" in seat.text()
        await seat.press("right_square_bracket", "right_square_bracket", "left_square_bracket")
        assert "frame 2 of 20" in seat.text()
        await seat.press("end")
        assert "frame 20 of 20" in seat.text()
        await seat.press("home", "left_square_bracket")
        assert "frame 1 of 20" in seat.text()
        await seat.press("space", after_s=0.0)
        assert "▶ playing" in seat.text()


async def test_while_the_footage_is_opened_a_line_says_that_it_is_in_the_audit() -> None:
    engine = SlowFootage()
    async with seated(engine) as seat:
        await seat.press("o")
        assert "opening the footage, written to the audit" in seat.text()
        await seat.press("space")
        assert "no footage is here yet" in seat.text()
        engine.may_open.set()
        await seat.until(lambda: "frame 1 of 20" in seat.text())


async def test_nothing_of_a_clip_is_kept_when_it_is_left() -> None:
    async with seated() as seat:
        screen = await opened(seat)
        await seat.press("escape")
        await seat.until(lambda: not screen.is_attached)
        assert screen.clip is None and screen._box.picture is None and screen._box._rows == []
        assert seat.desk.screen is seat.desk.desk


async def test_footage_that_comes_after_the_screen_was_left_is_dropped() -> None:
    engine = SlowFootage()
    async with seated(engine) as seat:
        await seat.press("o")
        screen = playing(seat)
        await seat.press("escape")
        engine.may_open.set()
        await seat.until(lambda: engine.clips)
        await seat.pilot.pause()
        assert screen.clip is None


async def test_a_refusal_is_said_and_nothing_is_shown() -> None:
    engine = FakeEngine()
    engine.clip_refusal = EngineSaysNo(403, "G1", "the authorisation has ended [G1]")
    async with seated(engine) as seat:
        await seat.press("o")
        await seat.until(lambda: "the authorisation has ended [G1]" in seat.text())
        assert "not shown" in seat.text() and playing(seat).clip is None


async def test_a_hidden_clip_stands_still() -> None:
    async with seated() as seat:
        await opened(seat)
        await seat.press("question_mark", after_s=0.0)
        seat.clock.pass_s(10.0)
        await seat.pilot.pause(0.3)
        await seat.press("escape", after_s=0.0)
        await seat.until(lambda: "frame 1 of 20" in seat.text() and "‖ paused" in seat.text())


async def test_nobody_answers_from_a_clip() -> None:
    async with seated() as seat:
        await opened(seat)
        await seat.press("a", "x")
        assert seat.engine.decisions == []


async def test_a_pasted_text_opens_no_footage() -> None:
    async with seated() as seat:
        await seat.press("h", "escape")
        await seat.press("t", "o", "c", after_s=0.001)
        assert seat.desk.screen is seat.desk.desk
        assert seat.engine.clips == []
