"""G10 at the desk: nothing is confirmed without an adequate view, by haste or by a held key."""

from engine.domain.decision import Answer
from tests.screens.driving import NARROW, seated


async def test_g10_same_is_refused_after_a_small_view_only() -> None:
    async with seated() as seat:
        await seat.press("a")
        assert seat.engine.decisions == []
        assert "zoom (z) or enlarge the window" in seat.text()


async def test_g10_same_is_refused_in_the_zoom_of_a_small_terminal() -> None:
    async with seated(size=NARROW) as seat:
        await seat.zoomed()
        assert seat.engine.views[-1][1] < 60
        assert "too small to confirm" in seat.text()
        await seat.press("a")
        assert seat.engine.decisions == []


async def test_g10_a_large_view_of_one_candidate_does_not_confirm_the_next() -> None:
    async with seated() as seat:
        await seat.zoomed()
        await seat.press("escape", "j")
        await seat.pictures("C-A-2")
        await seat.press("a")
        assert seat.engine.decisions == []


async def test_g10_a_held_key_answers_once_and_never_again() -> None:
    async with seated() as seat:
        await seat.press("x")
        await seat.press(*["x"] * 20, after_s=0.1)
        assert [candidate for candidate, *_ in seat.engine.decisions] == ["C-A-1"]


async def test_g10_an_answer_before_anybody_can_have_looked_is_refused() -> None:
    async with seated() as seat:
        await seat.press("x", after_s=0.5)
        assert seat.engine.decisions == []
        assert "too quick" in seat.text()
        await seat.press("x", after_s=0.5)
        assert [answer for _, _, answer, _ in seat.engine.decisions] == [Answer.NOT_SAME]


async def test_g10_a_held_space_never_reaches_an_answer() -> None:
    async with seated() as seat:
        await seat.press(*["space"] * 15, after_s=0.5)
        assert seat.engine.decisions == []


async def test_g10_nobody_answers_about_a_face_that_is_not_on_the_screen() -> None:
    async with seated(size=NARROW) as seat:
        await seat.press("4", "x", "a", "space")
        assert seat.engine.decisions == [] and "the candidate is not on the screen" in seat.text()
        await seat.press("2")
        await seat.pictures("C-A-1")
        await seat.press("x")
        await seat.until(lambda: seat.engine.decisions)
        assert [candidate for candidate, *_ in seat.engine.decisions] == ["C-A-1"]


async def test_g10_nobody_answers_while_another_pane_has_the_screen_alone() -> None:
    async with seated() as seat:
        await seat.press("4", "z")
        await seat.press("a", "x", "space")
        assert seat.engine.decisions == [] and "the candidate is not on the screen" in seat.text()
        assert seat.desk.screen is seat.desk.desk
        await seat.press("escape")
        await seat.pictures("C-A-1")
        await seat.press("x")
        await seat.until(lambda: seat.engine.decisions)
        assert [candidate for candidate, *_ in seat.engine.decisions] == ["C-A-1"]
