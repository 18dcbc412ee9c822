"""A range sets aside what nobody answered, and answers nothing."""

from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decision import Answer
from tests.screens.fake_engine import a_candidate, a_detail
from tests.tui.test_state import opened
from tui.actions.triage import ACTIONS
from tui.casework.ranges import begun, ended, in_range, to_set_aside, to_take_up, why_nothing_to_do
from tui.state import Viewed, moved, painted, with_candidate, with_detail, with_reply, with_trace, with_view


def ids(numbers: range) -> list[str]:
    return [f"C-A-{number}" for number in numbers]


@given(st.integers(1, 6), st.integers(1, 6))
def test_a_range_goes_from_where_it_began_to_the_cursor_whichever_comes_first(start: int, end: int) -> None:
    state = with_candidate(begun(with_candidate(opened(6), f"C-A-{start}")), f"C-A-{end}")
    found = [c.candidate_id for c in in_range(state)]
    assert found == ids(range(min(start, end), max(start, end) + 1))


def test_what_anybody_has_answered_is_never_set_aside() -> None:
    state = with_reply(opened(), a_candidate(2, answer=Answer.SAME, decided_by="kim"))
    state = moved(begun(state), 3)
    assert to_set_aside(state) == ("C-A-1", "C-A-3", "C-A-4")
    assert why_nothing_to_do(state) == ""


def test_only_a_range_with_nothing_left_to_set_aside_takes_up_again() -> None:
    state = with_reply(opened(3), a_candidate(1, aside=True))
    mixed = moved(begun(state), 1)
    assert (to_set_aside(mixed), to_take_up(mixed)) == (("C-A-2",), ())
    assert to_take_up(begun(state)) == ("C-A-1",)


def test_a_range_of_answers_has_nothing_to_do() -> None:
    state = begun(with_reply(opened(1), a_candidate(1, answer=Answer.SAME)))
    assert "has an answer" in why_nothing_to_do(state)


def test_nothing_is_set_aside_while_an_answer_is_written() -> None:
    assert "being written" in why_nothing_to_do(replace(begun(opened()), writing=True))


def test_a_range_ends_with_its_trace_and_with_the_candidate_it_began_at() -> None:
    state = moved(begun(opened()), 2)
    assert with_trace(state, "T-B").range_from == ""
    gone = msgspec.structs.replace(a_detail("A"), candidates=a_detail("A").candidates[1:])
    assert with_detail(state, gone).range_from == ""
    assert in_range(ended(state)) == ()


def test_in_a_range_same_and_cannot_tell_are_refused_with_the_reason() -> None:
    view = Viewed(view_id="V-1", face_height_px=80.0, adequate=True)
    state = painted(with_view(opened(), "C-A-1", view), "C-A-1", 1.0)
    reasons = {action.id: action.reason for action in ACTIONS}
    assert reasons["same"](state) == reasons["cannot_tell"](state) == ""
    for action_id in ("same", "cannot_tell"):
        assert "a range never answers" in reasons[action_id](begun(state))
    assert reasons["not_same"](begun(opened())) == "", "setting aside needs no pictures"
