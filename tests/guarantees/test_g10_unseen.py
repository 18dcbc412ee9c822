"""G10, G11: pictures that came while something else had the screen were seen by nobody. Nothing is answered
from that view, and the engine's moment of looking begins anew with a view that was painted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from engine.api.schema import ViewReply
from engine.domain.decision import Answer
from tests.screens.driving import NARROW, Seat, seated
from tests.screens.fake_engine import FakeEngine
from tests.tui.casework.test_triage import at_desk, at_height
from tui.screens.zoom import ZoomScreen


class SlowPictures(FakeEngine):
    """Pictures leave the engine only while ``may_show`` is set; ``asked`` says that some were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.may_show = asyncio.Event()
        self.may_show.set()
        self.asked = asyncio.Event()

    async def view(self, candidate_id: str, face_height_px: float) -> ViewReply:
        self.asked.set()
        reply = await super().view(candidate_id, face_height_px)
        await self.may_show.wait()
        return reply


@asynccontextmanager
async def under_way(size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Seat, SlowPictures]]:
    """A desk at the second candidate, whose pictures are still on their way."""
    engine = SlowPictures()
    async with seated(engine, size=size) as seat:
        engine.may_show.clear()
        engine.asked.clear()
        await seat.press("j")
        await seat.until(engine.asked.is_set)
        yield seat, engine


async def come(seat: Seat, engine: SlowPictures) -> None:
    """The pictures come, and whatever follows from them happens."""
    engine.may_show.set()
    for _ in range(20):
        seat.desk.paint()
        await seat.pilot.pause(0.005)


def unseen(seat: Seat, candidate_id: str = "C-A-2") -> bool:
    state = seat.desk.triage.state
    return candidate_id not in state.viewed and state.painted_s is None


HIDING = {"another mode": "f3", "a question": "m", "the help": "question_mark", "a jump": "g", "clip": "o"}


@asynccontextmanager
async def looking_closer() -> AsyncIterator[tuple[Seat, SlowPictures]]:
    """In the close look at a candidate whose pictures for it are on their way."""
    engine = SlowPictures()
    async with seated(engine) as seat:
        engine.may_show.clear()
        looks = len(engine.views)
        await seat.press("z")
        await seat.until(lambda: len(engine.views) > looks)
        yield seat, engine


@pytest.mark.parametrize("key", HIDING.values(), ids=HIDING)
async def test_g10_pictures_that_come_behind_another_screen_were_seen_by_nobody(key: str) -> None:
    async with under_way() as (seat, engine):
        await seat.press(key)
        await seat.until(lambda: seat.desk.screen is not seat.desk.desk)
        await come(seat, engine)
        assert unseen(seat)
        looks = len(engine.views)
        await seat.press("f2" if key == "f3" else "escape")
        await seat.pictures("C-A-2")
        assert len(engine.views) > looks, "a view of its own, from which the engine counts"
        await seat.press("x", after_s=0.5)
        assert engine.decisions == []
        await seat.press("x")
        await seat.until(lambda: engine.decisions)
        ((candidate_id, view_id, *_),) = engine.decisions
        assert candidate_id == "C-A-2" and int(view_id.removeprefix("V-")) > looks


async def test_g10_pictures_that_come_to_a_screen_that_is_hidden_were_seen_by_nobody() -> None:
    async with under_way() as (seat, engine):
        seat.desk.do_lock()
        await seat.pilot.pause()
        await come(seat, engine)
        assert unseen(seat)
        looks = len(engine.views)
        await seat.press("enter")
        await seat.pictures("C-A-2")
        assert len(engine.views) > looks


async def test_g10_pictures_that_come_while_another_pane_has_the_screen_were_seen_by_nobody() -> None:
    async with under_way(NARROW) as (seat, engine):
        await seat.press("4")
        await come(seat, engine)
        assert unseen(seat)
        looks = len(engine.views)
        await seat.press("2")
        await seat.pictures("C-A-2")
        assert len(engine.views) > looks


async def test_g11_a_close_look_that_was_left_before_its_pictures_came_confirms_nothing() -> None:
    async with looking_closer() as (seat, engine):
        assert engine.views[-1][1] >= 60
        await seat.press("escape")
        await come(seat, engine)
        await seat.pictures("C-A-1")
        await seat.press("a")
        assert engine.decisions == [] and "zoom (z) or enlarge the window" in seat.text()


async def test_g11_pictures_that_come_while_the_whole_frame_stands_there_confirm_nothing() -> None:
    async with looking_closer() as (seat, engine):
        await seat.press("z")
        await come(seat, engine)
        await seat.press("a")
        assert engine.decisions == []
        await seat.press("z")
        await seat.pictures("C-A-1")
        await seat.press("a")
        await seat.until(lambda: engine.decisions)
        assert [answer for _, _, answer, _ in engine.decisions] == [Answer.SAME]


async def test_g10_pictures_that_come_under_a_question_above_the_close_look_are_asked_for_again() -> None:
    async with looking_closer() as (seat, engine):
        await seat.press("question_mark")
        await seat.until(lambda: not isinstance(seat.desk.screen, ZoomScreen))
        await come(seat, engine)
        looks = len(engine.views)
        assert all(view.face_height_px < 60 for view in seat.desk.triage.state.viewed.values())
        await seat.press("escape")
        await seat.until(lambda: len(engine.views) > looks)
        await seat.pictures("C-A-1")
        assert seat.desk.triage.state.viewed["C-A-1"].adequate


@pytest.mark.parametrize("hide", ["mode", "lock", "zoom"])
async def test_g10_pictures_that_are_shown_again_are_looked_at_again_before_an_answer(hide: str) -> None:
    async with seated() as seat:
        if hide == "lock":
            seat.desk.do_lock()
        else:
            await seat.press("f3" if hide == "mode" else "z")
        await seat.until(lambda: seat.desk.screen is not seat.desk.desk)
        seat.clock.pass_s(60.0)
        await seat.press({"mode": "f2", "lock": "enter", "zoom": "escape"}[hide])
        await seat.until(lambda: seat.desk.screen is seat.desk.desk)
        await seat.pictures("C-A-1")
        await seat.passing(0.0)
        await seat.press("x", after_s=0.6)
        assert seat.engine.decisions == []
        assert "too quick" in seat.text()


async def test_g10_nobody_answers_about_faces_while_the_whole_frame_stands_there() -> None:
    async with seated() as seat:
        await seat.zoomed()
        await seat.press("z")
        await seat.press("a", "x", "space")
        assert seat.engine.decisions == []
        assert "the faces are not on the screen" in seat.text()
        await seat.press("z")
        await seat.pictures("C-A-1")
        await seat.press("a", after_s=0.5)
        assert seat.engine.decisions == [], "they stand there anew"
        await seat.press("a")
        await seat.until(lambda: seat.engine.decisions)


async def test_g10_faces_of_a_close_look_that_was_hidden_are_looked_at_again() -> None:
    async with seated() as seat:
        await seat.zoomed()
        seat.desk.do_lock()
        await seat.until(lambda: not isinstance(seat.desk.screen, ZoomScreen))
        seat.clock.pass_s(60.0)
        await seat.press("enter")
        await seat.until(lambda: isinstance(seat.desk.screen, ZoomScreen))
        await seat.pictures("C-A-1")
        painted_s = seat.desk.triage.state.painted_s
        assert painted_s is not None and painted_s >= 1_061.0


@pytest.mark.parametrize("stands_px", [0.0, 40.0], ids=["nowhere", "smaller than was said"])
async def test_g10_a_view_whose_pictures_never_stood_on_the_screen_is_forgotten(stands_px: float) -> None:
    triage, _ = at_desk(FakeEngine())
    await triage.open("T-A")
    assert await triage.look(at_height(61.0)) and triage.view is not None
    assert not triage.stands(triage.view.view_id, at_height(stands_px), 5.0)
    assert triage.state.viewed == {} and triage.state.painted_s is None and triage.view is None
    assert not await triage.answer(Answer.SAME)
