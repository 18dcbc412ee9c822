"""A reading in parts: what is handed out where somebody drops out between two of them."""

from engine.schedule.channel import MAX_DESCRIPTORS
from engine.schedule.frames import Failed
from tests.engine.schedule.parts import asking, done, read


async def test_what_the_parts_gave_is_added_up() -> None:
    asked, (result,) = await read(lambda _, message: done(message), asking("T"))
    assert asked == [(1, MAX_DESCRIPTORS), (1, MAX_DESCRIPTORS), (1, 10)]
    assert (result.frames, result.stopped) == (30, "")


async def test_whose_grant_ends_in_a_part_goes_no_further_and_hears_why() -> None:
    asked, (first, second) = await read(
        lambda _, message: done(message, stopped="expired"), asking("T"), asking("U")
    )
    assert [subjects for subjects, _ in asked] == [2, 1, 1]
    assert (first.stopped, second.stopped) == ("expired", "")


async def test_whose_grant_is_not_accepted_in_a_later_part_has_nothing_at_all() -> None:
    asked, (first, second) = await read(
        lambda number, message: done(message, without="T" if number == 2 else ""), asking("T"), asking("U")
    )
    assert [subjects for subjects, _ in asked] == [2, 2, 1]
    assert (first.stopped, first.frames) == ("the worker did not accept the grant", 0)
    assert second.frames == 30


async def test_a_fault_in_a_later_part_costs_the_window() -> None:
    fault = Failed(kind="internal", problem="ZeroDivisionError in scan.py:1")
    _, (result,) = await read(lambda number, message: done(message) if number == 1 else fault, asking("T"))
    assert result.frames == 0
    assert "ZeroDivisionError" in result.problems[0]
