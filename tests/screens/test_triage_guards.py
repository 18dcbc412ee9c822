"""Nothing is decided by accident: held keys, pasted text, a card that changes under the hand."""

import asyncio

import msgspec
import pytest
from textual import events

from engine.domain.decision import Answer
from tests.screens.driving import Seat, seated
from tests.screens.fake_engine import FakeEngine, a_detail
from tui.casework.guards import BURST_S
from tui.screens.because import BecauseScreen
from tui.screens.zoom import ZoomScreen


async def settle(seat: Seat) -> None:
    """Let everything that was begun come to its end."""
    for _ in range(10):
        await seat.pilot.pause(0.02)


@pytest.mark.parametrize("key", ["x", "a", "space"])
async def test_a_key_held_in_bursts_decides_once_at_most(key: str) -> None:
    async with seated(FakeEngine({"T-A": a_detail("A", 4)})) as seat:
        await seat.zoomed() if key == "a" else None
        await seat.press(key)
        for _ in range(6):
            await seat.press(key, key, key, after_s=0.03)
            await seat.press(key, after_s=0.35)
            await settle(seat)
        assert len(seat.engine.decisions) <= 1
        assert len(seat.engine.decisions) == (0 if key == "space" else 1)


@pytest.mark.parametrize("text", ["xylophone", "an example", "aaax", "ex", "jx", "x1", "  x", "xj"])
async def test_a_pasted_text_decides_nothing_even_where_it_comes_as_keys(text: str) -> None:
    first, *rest = ["space" if letter == " " else letter for letter in text]
    all_came = asyncio.Event()

    async def sleep(seconds: float) -> None:
        """A moment after an answer key is over when the whole text has come."""
        await (all_came.wait() if seconds == BURST_S else asyncio.sleep(seconds))

    async with seated(sleep=sleep) as seat:
        await seat.press(first, after_s=2.0)
        await seat.press(*rest, after_s=0.001)
        all_came.set()
        await settle(seat)
        assert [answer for _, _, answer, _ in seat.engine.decisions] == []


async def test_a_paste_that_the_terminal_tells_as_one_decides_nothing() -> None:
    async with seated() as seat:
        seat.clock.pass_s(2.0)
        seat.desk.post_message(events.Paste("x"))
        await settle(seat)
        assert seat.engine.decisions == []


async def test_a_pasted_reason_is_no_reason() -> None:
    async with seated() as seat:
        await seat.press("space")
        assert isinstance(seat.desk.screen, BecauseScreen)
        await seat.press("b", after_s=1.0)
        await seat.press("3", after_s=0.001)
        await settle(seat)
        assert seat.engine.decisions == []


async def test_a_card_that_changes_between_press_and_decision_is_not_decided() -> None:
    async with seated() as seat:
        seat.clock.pass_s(2.0)
        seat.desk.desk.do_answer("not_same")
        seat.desk.desk.do_move_candidate("1")
        await seat.pictures("C-A-2")
        await settle(seat)
        assert seat.engine.decisions == []


async def test_a_newer_detail_in_another_order_moves_nothing_under_the_cursor() -> None:
    async with seated() as seat:
        detail = seat.engine.details["T-A"]
        turned = tuple(reversed(detail.candidates))
        seat.engine.details["T-A"] = msgspec.structs.replace(detail, candidates=turned)
        seat.engine.answer_elsewhere("C-A-4", Answer.NOT_SAME, "lee")
        await seat.until(lambda: seat.desk.triage.state.candidates[3].decided_by == "lee")
        assert "candidate 1 of 4" in seat.text()
        await seat.press("x")
        await seat.pictures("C-A-2")
        assert seat.engine.decisions[0][0] == "C-A-1"


async def test_nothing_moves_under_the_cursor_after_same() -> None:
    async with seated() as seat:
        await seat.zoomed()
        await seat.press("a")
        await seat.pictures("C-A-2")
        await seat.press("a", after_s=0.1)
        await settle(seat)
        assert len(seat.engine.decisions) == 1
        assert not isinstance(seat.desk.screen, ZoomScreen)


async def test_eight_answers_in_a_row_are_gently_told() -> None:
    async with seated(FakeEngine({"T-A": a_detail("A", 9)})) as seat:
        for number in range(1, 9):
            await seat.pictures(f"C-A-{number}")
            await seat.press("x", after_s=1.5)
        await seat.until(lambda: "8 answers in 10 s: look twice" in seat.text())
        assert len(seat.engine.decisions) == 8
