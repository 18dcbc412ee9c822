"""The forms of a case are opened from the board, each about the case at hand."""

import pytest

from tests.screens.driving import NARROW, WIDE, seated
from tests.screens.fake_engine import FakeEngine
from tui.screens.cases import CasesScreen
from tui.screens.consent import ConsentScreen
from tui.screens.form import FormScreen
from tui.screens.interview import InterviewScreen
from tui.screens.photo import PhotosScreen
from tui.screens.scope import ScopeScreen

FORMS = {"i": InterviewScreen, "c": ConsentScreen, "p": PhotosScreen, "A": ScopeScreen}


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 18)])
@pytest.mark.parametrize("key", FORMS)
async def test_a_key_on_the_board_opens_the_form_of_the_case_at_hand(key: str, size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        await seat.press("f3")
        board = seat.desk.screen
        assert isinstance(board, CasesScreen)
        await seat.until(lambda: board.current_case() is not None)
        case = board.current_case()
        assert case is not None
        await seat.press(key)
        form = seat.desk.screen
        assert isinstance(form, FORMS[key]) and isinstance(form, FormScreen)
        assert form.case.case_id == case.case_id
        await seat.until(lambda: f"case {case.case_id}" in seat.text() and "esc back" in seat.text())
        await seat.press("escape")
        assert seat.desk.screen is board


async def test_without_a_case_the_keys_say_why_not() -> None:
    engine = FakeEngine()
    engine.on_board.clear()
    async with seated(engine) as seat:
        await seat.press("f3", "i")
        assert isinstance(seat.desk.screen, CasesScreen)
        assert "no case is at hand" in seat.text()


async def test_a_form_stays_open_while_one_looks_elsewhere() -> None:
    async with seated() as seat:
        await seat.press("f3")
        board = seat.desk.screen
        assert isinstance(board, CasesScreen)
        await seat.until(lambda: board.current_case() is not None)
        await seat.press("i", "x", "f2", "f3")
        assert isinstance(seat.desk.screen, InterviewScreen)
        assert "▌  1 x" in seat.text()
