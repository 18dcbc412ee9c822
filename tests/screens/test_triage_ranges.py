"""Ranges at the desk: set aside, never answered."""

from engine.domain.decision import Answer
from tests.screens.driving import NARROW, seated


async def test_a_range_sets_the_unanswered_aside_and_u_takes_them_up_again() -> None:
    async with seated() as seat:
        await seat.press("v", "j", "j")
        assert "range: 3 candidates" in seat.text()
        assert "x sets 3 aside as not reviewed" in seat.text()
        assert "x set aside" in seat.text().splitlines()[-1]
        await seat.pictures("C-A-3")
        await seat.press("x")
        await seat.until(lambda: "3 set aside: not reviewed" in seat.text())
        assert seat.engine.ranges == [("T-A", ("C-A-1", "C-A-2", "C-A-3"), True)]
        assert seat.engine.decisions == []
        await seat.pictures("C-A-4")
        assert "1 to do" in seat.text() and "range:" not in seat.text()
        await seat.press("k")
        await seat.until(lambda: "◌ set aside: not reviewed" in seat.text())
        await seat.press("u")
        await seat.until(lambda: "3 taken up again" in seat.text())
        assert "4 to do" in seat.text()


async def test_a_range_is_set_aside_at_once_since_it_says_nothing_about_a_face() -> None:
    async with seated() as seat:
        await seat.press("v", "j")
        await seat.pictures("C-A-2")
        await seat.press("x", after_s=0.5)
        await seat.until(lambda: seat.engine.ranges)
        assert "too quick" not in seat.text() and seat.engine.decisions == []


async def test_in_a_range_same_is_refused_with_the_reason() -> None:
    async with seated() as seat:
        await seat.press("v", "j")
        for key in ("a", "space"):
            await seat.press(key)
            assert "a range never answers: end it with v" in seat.text()
        assert seat.desk.screen is seat.desk.desk
        assert seat.engine.decisions == [] and seat.engine.ranges == []


async def test_esc_and_v_end_a_range() -> None:
    async with seated() as seat:
        for key in ("escape", "v"):
            await seat.press("v")
            assert "range: 1 candidate" in seat.text()
            await seat.press(key)
            assert "range:" not in seat.text()


async def test_what_was_set_aside_is_taken_up_by_a_range_of_it() -> None:
    async with seated() as seat:
        await seat.press("v", "j")
        await seat.pictures("C-A-2")
        await seat.press("x")
        await seat.pictures("C-A-3")
        await seat.press("k", "v", "k")
        await seat.pictures("C-A-1")
        assert "x takes 2 up again" in seat.text()
        await seat.press("x")
        await seat.until(lambda: seat.desk.triage.state.undecided == 4)
        assert seat.engine.ranges[-1] == ("T-A", ("C-A-1", "C-A-2"), False)


async def test_one_that_was_set_aside_can_be_answered_by_itself() -> None:
    async with seated() as seat:
        await seat.press("v")
        await seat.press("x")
        await seat.pictures("C-A-2")
        await seat.press("k")
        await seat.pictures("C-A-1")
        await seat.press("x")
        await seat.until(lambda: seat.engine.decisions)
        assert seat.engine.decisions[0][::2] == ("C-A-1", Answer.NOT_SAME)


async def test_a_held_x_in_a_range_answers_nothing_after_it() -> None:
    async with seated() as seat:
        await seat.press("v", "j")
        await seat.pictures("C-A-2")
        await seat.press("x")
        await seat.pictures("C-A-3")
        for _ in range(20):
            await seat.press("x", after_s=0.1)
        assert seat.engine.decisions == [] and len(seat.engine.ranges) == 1


async def test_a_range_shows_on_a_small_screen_and_in_a_range_nothing_else_is_opened() -> None:
    async with seated(size=NARROW) as seat:
        await seat.press("v", "j")
        assert "range: 2 candidates" in seat.text()
        for key in ("z", "n", "o", "c", "m"):
            await seat.press(key)
            assert "a range is open: v ends it" in seat.text(), key
        assert seat.desk.screen is seat.desk.desk
        await seat.press("3", "v")
        assert not seat.desk.triage.state.range_from, "it ends anywhere"
        await seat.press("v")
        assert "v range: the candidate is not on the screen: 2 brings it" in seat.text()
