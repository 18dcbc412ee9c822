"""Two sightings side by side: each an audited view, neither answered; contradictions can be taken back."""

import msgspec

from engine.api.schema import Conflict
from engine.domain.decision import Answer
from tests.screens.driving import NARROW, Seat, seated
from tests.screens.fake_engine import ME, NOW, FakeEngine, a_candidate, a_detail
from tui.screens.compare import CompareScreen

BOTH = Conflict(first_id="C-A-2", second_id="C-A-3", because="12 km apart within 3 minutes")


def an_engine(*, blind: bool = False, conflicts: tuple[Conflict, ...] = ()) -> FakeEngine:
    """C-A-2 is confirmed by me, C-A-3 by kim; C-A-1 and C-A-4 wait."""
    by = {2: ME, 3: "kim"}
    found = tuple(
        a_candidate(n, answer=Answer.SAME, decided_by=by[n], decided_at=NOW) if n in by else a_candidate(n)
        for n in range(1, 5)
    )
    detail = msgspec.structs.replace(a_detail("A"), candidates=found, blind=blind, conflicts=conflicts)
    return FakeEngine({"T-A": detail})


async def compared(seat: Seat, key: str = "c") -> CompareScreen:
    await seat.press(key)
    screen = seat.desk.screen
    assert isinstance(screen, CompareScreen)
    await seat.until(lambda: all(box.picture is not None for box in screen._boxes))
    return screen


async def test_a_candidate_stands_beside_a_confirmed_sighting_and_both_were_audited_views() -> None:
    async with seated(an_engine()) as seat:
        await compared(seat)
        assert "candidate 1  ○ to compare" in seat.text()
        assert "candidate 2  ● confirmed  investigator" in seat.text()
        assert "beside confirmed sighting 1 of 2" in seat.text()
        assert seat.text().count("City library") == 2
        assert {candidate for candidate, _ in seat.engine.views[1:]} == {"C-A-1", "C-A-2"}
        assert all(height_px > 0 for _, height_px in seat.engine.views)
        await seat.press("escape", "j")
        await compared(seat)
        assert "candidate 2  ● same person" in seat.text(), "one's own answer is no question any more"


async def test_brackets_show_other_sightings_each_with_a_view_of_its_own() -> None:
    async with seated(an_engine()) as seat:
        await compared(seat)
        await seat.press("right_square_bracket")
        await seat.until(lambda: "candidate 3  ● confirmed  kim" in seat.text())
        await seat.until(lambda: "C-A-3" in {candidate for candidate, _ in seat.engine.views})
        await seat.press("left_square_bracket")
        await seat.until(lambda: "candidate 2  ● confirmed" in seat.text())


async def test_nobody_answers_while_comparing_and_it_opens_no_answer() -> None:
    async with seated(an_engine()) as seat:
        before = dict(seat.desk.triage.state.viewed)
        await compared(seat)
        await seat.press("a", "x", "space", "u", "1")
        assert isinstance(seat.desk.screen, CompareScreen)
        assert seat.engine.decisions == [] and seat.engine.undone == []
        assert dict(seat.desk.triage.state.viewed) == before, "a comparison is no view to answer from"
        await seat.press("escape")
        assert seat.desk.screen is seat.desk.desk


async def test_nothing_is_kept_after_a_comparison() -> None:
    async with seated(an_engine()) as seat:
        screen = await compared(seat)
        await seat.press("escape")
        await seat.until(lambda: not screen.is_attached)
        assert screen._views == {} and all(box.picture is None for box in screen._boxes)


async def test_a_blind_second_reviewer_compares_with_their_own_confirmations_only() -> None:
    async with seated(an_engine(blind=True)) as seat:
        await compared(seat)
        assert "beside confirmed sighting 1 of 1" in seat.text()
        await seat.press("right_square_bracket")
        assert "there is no other" in seat.text()


async def test_without_a_confirmed_sighting_there_is_nothing_to_compare_with() -> None:
    async with seated() as seat:
        await seat.press("c")
        assert "no other sighting of this trace is confirmed" in seat.text()
        await seat.press("C")
        assert "no confirmed sightings contradict each other" in seat.text()


async def test_a_trace_that_opens_with_a_contradiction_says_so_on_the_card_too() -> None:
    async with seated(an_engine(conflicts=(BOTH,))) as seat:
        await seat.until(lambda: "2 confirmed sightings cannot both be true: press C" in seat.text())
        await seat.press("j")
        await seat.until(lambda: "‼ contradicts another confirmed sighting (C)" in seat.text())


async def test_an_answer_that_brings_a_contradiction_about_is_told_of_it() -> None:
    engine = an_engine()
    async with seated(engine) as seat:
        await seat.zoomed()
        told = Conflict(first_id="C-A-1", second_id="C-A-2", because="12 km apart within 3 minutes")
        engine.details["T-A"] = msgspec.structs.replace(engine.details["T-A"], conflicts=(told,))
        await seat.press("a")
        await seat.until(lambda: "cannot both be true: press C" in seat.text())


async def test_of_a_contradiction_ones_own_answer_can_be_taken_back() -> None:
    for size in ((120, 40), NARROW):
        async with seated(an_engine(conflicts=(BOTH,)), size=size) as seat:
            await compared(seat, "C")
            assert "‼ cannot both be true: 12 km apart within 3 minutes" in seat.text()
            await seat.press("u")
            assert "choose one first: 1 left, 2 right" in seat.text()
            await seat.press("2", "u")
            assert "answered by kim, who alone can take it back" in seat.text()
            await seat.press("1")
            assert "▌1 candidate 2" in seat.text()
            await seat.press("u")
            await seat.until(lambda: seat.desk.screen is seat.desk.desk)
            assert seat.engine.undone == ["C-A-2"]
            assert seat.desk.triage.state.candidate_id == "C-A-2", "its card is open again"


async def test_pictures_for_which_there_was_no_room_come_once_there_is() -> None:
    async with seated(an_engine()) as seat:
        before = len(seat.engine.views)
        screen = CompareScreen(seat.desk.station)
        for box in screen._boxes:
            box.display = False
        seat.desk.push_screen(screen)
        await seat.passing(1.0)
        assert len(seat.engine.views) == before
        for box in screen._boxes:
            box.display = True
        await seat.pilot.resize_terminal(*NARROW)
        await seat.until(lambda: all(box.picture is not None for box in screen._boxes))
