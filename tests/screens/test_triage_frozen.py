"""A frozen desk: what is read stays, what comes is counted."""

import msgspec

from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from tests.screens.driving import NARROW, WIDE, Seat, seated
from tests.screens.fake_engine import a_detail


def complete(seat: Seat, case: str) -> None:
    """Another trace comes to its end."""
    detail = seat.engine.details[f"T-{case}"]
    trace = msgspec.structs.replace(detail.trace, state=TraceState.COMPLETE)
    seat.engine.details[f"T-{case}"] = msgspec.structs.replace(detail, trace=trace)
    seat.engine.tell()


async def test_rows_and_candidates_stay_as_they_are_and_what_comes_is_counted() -> None:
    for size in (WIDE, NARROW):
        async with seated(size=size) as seat:
            await seat.press("exclamation_mark")
            assert "‖ frozen, 0 waiting" in seat.head()
            complete(seat, "C")
            await seat.until(lambda: "‖ frozen, 1 waiting" in seat.head())
            seat.engine.answer_elsewhere("C-A-4", Answer.SAME, "lee")
            await seat.until(lambda: "‖ frozen, 2 waiting" in seat.head())
            await seat.press("1")
            assert seat.text().count("running") >= 2
            assert seat.desk.triage.state.candidates[3].answer is None


async def test_the_header_goes_on_with_the_time() -> None:
    async with seated() as seat:
        await seat.press("exclamation_mark")
        seat.engine.now = seat.engine.now.replace(second=31)
        seat.engine.tell()
        await seat.until(lambda: "12:20:31" in seat.head())


async def test_a_full_stop_takes_in_and_the_desk_stays_frozen() -> None:
    async with seated() as seat:
        await seat.press("exclamation_mark")
        complete(seat, "C")
        seat.engine.answer_elsewhere("C-A-4", Answer.SAME, "lee")
        await seat.until(lambda: "2 waiting" in seat.head())
        await seat.press("full_stop")
        assert "‖ frozen, 0 waiting" in seat.head()
        assert seat.desk.triage.state.candidates[3].decided_by == "lee"
        assert "✓ C complete" in seat.text()
        complete(seat, "D")
        await seat.until(lambda: "1 waiting" in seat.head())
        assert "✓ D complete" not in seat.text()
        await seat.press("exclamation_mark")
        assert "frozen" not in seat.head() and "✓ D complete" in seat.text()


async def test_answers_work_on_a_frozen_desk_and_are_no_news() -> None:
    async with seated() as seat:
        await seat.press("exclamation_mark", "x")
        await seat.pictures("C-A-2")
        await seat.until(lambda: seat.desk.triage.state.frozen.newer is not None)  # type: ignore[union-attr]
        assert "3 to do" in seat.text() and "0 waiting" in seat.head()
        assert len(seat.engine.decisions) == 1


async def test_a_full_stop_on_a_desk_that_moves_says_why_not() -> None:
    async with seated() as seat:
        await seat.press("full_stop")
        assert "the desk is not frozen" in seat.text()


async def test_the_last_trace_of_a_frozen_desk_is_the_last_that_is_shown() -> None:
    async with seated() as seat:
        await seat.press("exclamation_mark", "1")
        seat.engine.details["T-Z"] = a_detail("Z")
        seat.engine.tell()
        await seat.until(lambda: "1 waiting" in seat.head())
        await seat.press("G")
        assert seat.desk.triage.state.trace_id == "T-I"
