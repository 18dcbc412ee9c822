"""One letter goes anywhere."""

import msgspec
import pytest

from engine.domain.trace import TraceState
from tests.screens.driving import NARROW, seated
from tests.screens.fake_engine import FakeEngine, a_detail, a_trace, at
from tui.keyboard.action import MODES, Where
from tui.language.words import PANES
from tui.screens.jump import JumpScreen, newest_with_work, targets
from tui.state import Pane


def test_no_letter_means_two_places_and_every_mode_and_pane_is_there() -> None:
    offered = targets(tuple(a_trace(str(number)) for number in range(12)))
    keys = [target.key for target in offered]
    assert len(keys) == len(set(keys))
    assert {t.what for t in offered if t.kind == "mode"} == {mode.value for mode in MODES}
    assert {t.what for t in offered if t.kind == "pane"} == {pane.value for pane in Pane}
    assert [t.key for t in offered if t.kind == "trace"][1:] == list("1234567890")
    assert [t.words for t in offered if t.kind == "pane"] == list(PANES.values()), "as their titles have it"


def test_the_newest_trace_with_work_is_the_one_that_found_something_last() -> None:
    early, late = a_trace("A", undecided=1), a_trace("B", undecided=1, first_candidate=at(30))
    done, others = a_trace("C", first_candidate=at(60)), a_trace("", undecided=3, first_candidate=at(60))
    assert newest_with_work((early, late, done, others)) == late
    assert newest_with_work((done, others)) is None


@pytest.mark.parametrize(
    ("letter", "mode"),
    [("c", Where.CASES), ("a", Where.APPROVALS), ("u", Where.AUDIT), ("h", Where.HEALTH), ("d", Where.DESK)],
)
async def test_a_letter_goes_to_its_mode(letter: str, mode: Where) -> None:
    async with seated() as seat:
        await seat.press("g")
        assert isinstance(seat.desk.screen, JumpScreen)
        await seat.press(letter)
        await seat.until(lambda: getattr(seat.desk.screen, "where", None) is mode)


async def test_every_mode_has_a_key_of_its_own_too() -> None:
    async with seated() as seat:
        for key, mode in zip(("f3", "f4", "f5", "f6", "f2"), (*MODES[1:], MODES[0]), strict=True):
            await seat.press(key)
            await seat.until(lambda mode=mode: getattr(seat.desk.screen, "where", None) is mode)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("letter", "pane"),
    [("l", Pane.TRACES), ("f", Pane.CARD), ("m", Pane.TIMELINE), ("p", Pane.CONTACTS)],
)
async def test_a_letter_goes_to_its_pane_from_another_mode(letter: str, pane: Pane) -> None:
    async with seated() as seat:
        await seat.press("f6", "g", letter)
        await seat.until(lambda: seat.desk.screen is seat.desk.desk)
        assert seat.desk.triage.state.pane is pane


async def test_a_digit_opens_the_trace_of_that_row() -> None:
    async with seated() as seat:
        await seat.press("f3", "g", "2")
        await seat.until(lambda: seat.desk.triage.state.trace_id == "T-B")
        assert seat.desk.screen is seat.desk.desk
        await seat.pictures("C-B-1")


async def test_somebody_elses_case_is_listed_and_not_opened() -> None:
    async with seated() as seat:
        await seat.press("g")
        assert "(6) somebody else's case" in seat.text()
        await seat.press("6")
        assert isinstance(seat.desk.screen, JumpScreen)
        assert "6: somebody else's case" in seat.text()
        await seat.press("escape")
        assert seat.desk.screen is seat.desk.desk and seat.desk.triage.state.trace_id == "T-A"


async def test_n_goes_to_what_waits_for_an_answer_and_t_to_the_newest_trace_with_work() -> None:
    late = msgspec.structs.replace(a_detail("B", 2).trace, first_candidate=at(40))
    engine = FakeEngine(
        {"T-A": a_detail("A", 2), "T-B": msgspec.structs.replace(a_detail("B", 2), trace=late)}
    )
    async with seated(engine) as seat:
        await seat.press("f3", "g", "n")
        await seat.until(lambda: seat.desk.triage.state.candidate_id == "C-A-2")
        await seat.press("g", "t")
        await seat.until(lambda: seat.desk.triage.state.trace_id == "T-B")


async def test_where_nothing_waits_that_is_said() -> None:
    engine = FakeEngine(
        {"T-A": msgspec.structs.replace(a_detail("A", 0), trace=a_trace("A", TraceState.COMPLETE))}
    )
    async with seated(engine) as seat:
        await seat.press("g", "n")
        assert "n: nothing waits for an answer" in seat.text()


async def test_it_leaves_the_faces_when_it_goes_elsewhere() -> None:
    async with seated() as seat:
        await seat.zoomed()
        await seat.press("g", "c")
        await seat.until(lambda: getattr(seat.desk.screen, "where", None) is Where.CASES)
        await seat.press("f2")
        await seat.until(lambda: seat.desk.screen is seat.desk.desk)


async def test_any_other_key_goes_back_and_does_nothing() -> None:
    async with seated() as seat:
        for key in ("escape", "g", "x", "q"):
            await seat.press("g", key)
            assert seat.desk.screen is seat.desk.desk
        assert seat.engine.decisions == []


async def test_a_keyboard_left_in_hangul_mode_jumps_too() -> None:
    async with seated() as seat:
        await seat.press("ㅎ", "ㅊ")
        await seat.until(lambda: getattr(seat.desk.screen, "where", None) is Where.CASES)


@pytest.mark.parametrize("size", [NARROW, (60, 18)])
async def test_every_target_is_seen_on_a_small_screen(size: tuple[int, int]) -> None:
    async with seated(size=size) as seat:
        await seat.press("g")
        for words in ("d  desk", "h  health", "t  newest work", "1  A", "0  I"):
            assert words in seat.text()
