"""``z`` on a pane that is not the candidate: that pane alone, and back."""

import pytest

from tests.screens.driving import NARROW, WIDE, seated
from tests.screens.scenes import a_working_morning
from tui.screens.zoom import ZoomScreen
from tui.state import Pane

LARGE = (200, 60)
TITLES = {"1": "1 traces", "2": "2 candidate", "3": "3 timeline", "4": "4 contacts"}


def frames(text: str) -> set[str]:
    """Numbers of the panes that stand there."""
    return {key for key, title in TITLES.items() if f"━ {title}" in text or f"─ {title}" in text}


@pytest.mark.parametrize("size", [WIDE, LARGE])
async def test_z_gives_the_pane_at_hand_the_whole_screen_and_brings_all_back(size: tuple[int, int]) -> None:
    async with seated(a_working_morning(), size=size) as seat:
        for key, back in (("1", "z"), ("3", "escape"), ("4", "z")):
            await seat.press(key, "z")
            await seat.until(lambda key=key: frames(seat.text()) == {key})
            rows = seat.text().splitlines()
            assert rows[1].startswith("┏━") and rows[1].endswith("━┓") and rows[-3].startswith("┗━")
            assert rows[-1].startswith("z all panes")
            await seat.press(back)
            await seat.until(lambda: frames(seat.text()) == set(TITLES))
        await seat.until(lambda: "CANDIDATE" in seat.text() and "x not same" in seat.text())


async def test_another_pane_brings_all_back_and_the_candidate_still_zooms_its_faces() -> None:
    async with seated() as seat:
        await seat.press("3", "z", "t")
        await seat.until(lambda: "━ 3 map" in seat.text() and not frames(seat.text()))
        await seat.press("tab")
        await seat.until(lambda: {"1", "2", "4"} == frames(seat.text()))
        assert seat.desk.triage.state.pane is Pane.CONTACTS
        await seat.press("2")
        await seat.zoomed()
        assert isinstance(seat.desk.screen, ZoomScreen)


async def test_esc_ends_what_came_last_and_a_smaller_window_shows_one_pane_anyway() -> None:
    async with seated() as seat:
        await seat.press("v", "j", "1", "z", "escape")
        assert not seat.desk.triage.state.alone and seat.desk.triage.state.range_from
        await seat.press("escape", "z")
        assert seat.desk.triage.state.alone and not seat.desk.triage.state.range_from
        await seat.pilot.resize_terminal(*NARROW)
        await seat.until(lambda: not seat.desk.triage.state.alone)
        await seat.press("z")
        assert "z zoom: this pane has the whole screen already" in seat.text()
        assert seat.desk.screen is seat.desk.desk and not seat.desk.triage.state.alone


async def test_a_candidate_that_is_hidden_is_not_looked_at() -> None:
    async with seated() as seat:
        await seat.press("1", "z", "j")
        assert seat.desk.triage.state.candidate_id == "C-A-2"
        for _ in range(10):
            seat.desk.paint()
            await seat.pilot.pause()
        assert [candidate for candidate, _ in seat.engine.views] == ["C-A-1"]
        await seat.press("escape")
        await seat.pictures("C-A-2")
