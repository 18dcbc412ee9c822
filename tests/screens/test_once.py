"""Keys that come faster than a question goes: the first answers it, and nothing else goes with it."""

from textual import events

from tests.screens.driving import Seat, seated
from tui.screens.asking import AskText, Confirm
from tui.screens.jump import JumpScreen, targets
from tui.screens.lock import LockScreen


def keys(seat: Seat, *names: str) -> None:
    """All of them are on their way to the screen at hand before it takes the first."""
    screen = seat.desk.screen
    for name in names:
        screen.post_message(events.Key(name, name if len(name) == 1 else None))


async def test_a_question_is_answered_once_however_often_enter_comes() -> None:
    async with seated() as seat:
        answered: list[bool | None] = []
        question = Confirm("Sure?")
        seat.desk.push_screen(question, answered.append)
        await seat.press("y")
        question.action_take()
        question.action_take()
        await seat.pilot.pause()
        assert answered == [True] and seat.desk.screen is seat.desk.desk


async def test_two_letters_at_once_jump_to_the_first() -> None:
    async with seated() as seat:
        went: list[object] = []
        seat.desk.push_screen(JumpScreen(targets(seat.desk.feed.traces)), went.append)
        await seat.pilot.pause()
        keys(seat, "l", "q", "c")
        await seat.pilot.pause()
        assert len(went) == 1 and seat.desk.screen is seat.desk.desk and not seat.desk._exit


async def test_enter_twice_shows_the_desk_that_was_hidden() -> None:
    async with seated() as seat:
        await seat.press("f12")
        lock = seat.desk.screen
        assert isinstance(lock, LockScreen)
        lock.action_open()
        lock.action_open()
        await seat.pilot.pause()
        assert seat.desk.screen is seat.desk.desk


async def test_what_lies_over_a_question_is_not_taken_away_by_an_answer_to_it() -> None:
    async with seated() as seat:
        answered: list[str | None] = []
        question = AskText("Why")
        seat.desk.push_screen(question, answered.append)
        await seat.pilot.pause()
        seat.desk.do_lock()  # as after some time without a key
        await seat.pilot.pause()
        question.dismiss("late")
        await seat.pilot.pause()
        assert question in seat.desk.screen_stack and answered == []
        await seat.press("enter")
        await seat.until(lambda: seat.desk.screen is question)
