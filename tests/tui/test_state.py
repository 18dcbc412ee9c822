"""The desk's own state, without widgets."""

from dataclasses import replace

import msgspec

from engine.domain.decision import Answer
from tests.screens.fake_engine import ME, NOW, a_candidate, a_detail, a_trace
from tui.guards import pressed, too_soon
from tui.state import (
    DeskState,
    Viewed,
    first_choice,
    is_own,
    moved,
    next_undecided,
    next_waiting,
    next_work,
    painted,
    trace_beside,
    trace_choice,
    why_no_answer,
    why_not_same,
    with_candidate,
    with_detail,
    with_reply,
    with_trace,
    with_view,
)
from tui.undo import undo_target, with_answer, without_answer


def opened(candidates: int = 4) -> DeskState:
    return with_detail(with_trace(DeskState(person=ME), "T-A"), a_detail("A", candidates))


def viewed(adequate: bool, height_px: float = 25.0) -> Viewed:
    return Viewed(view_id="V-1", face_height_px=height_px, adequate=adequate)


def test_a_trace_opens_on_its_first_undecided_candidate() -> None:
    first = a_candidate(1, answer=Answer.SAME)
    assert first_choice((first, a_candidate(2))) == "C-A-2"
    assert opened().candidate_id == "C-A-1"


def test_the_cursor_stays_on_its_candidate_when_the_list_is_ranked_anew() -> None:
    state = with_candidate(opened(), "C-A-3")
    turned = msgspec.structs.replace(a_detail("A"), candidates=tuple(reversed(a_detail("A").candidates)))
    assert with_detail(state, turned).candidate_id == "C-A-3"


def test_a_late_answer_about_another_trace_changes_nothing() -> None:
    state = opened()
    assert with_detail(state, a_detail("B")) == state
    assert with_reply(state, a_candidate(1, "B", answer=Answer.SAME)) == state


def test_moving_stops_at_both_ends() -> None:
    state = opened()
    assert moved(state, -1).candidate_id == "C-A-1"
    assert moved(with_candidate(state, "C-A-4"), 1).candidate_id == "C-A-4"
    assert moved(DeskState(), 1) == DeskState()


def test_next_undecided_goes_round_and_skips_what_is_answered() -> None:
    state = with_reply(with_candidate(opened(), "C-A-4"), a_candidate(1, answer=Answer.SAME))
    assert next_undecided(state) == "C-A-2"


def test_work_goes_on_in_another_trace_when_this_one_is_done() -> None:
    state = opened(1)
    state = with_reply(state, a_candidate(1, answer=Answer.SAME))
    rows = (a_trace("A"), a_trace("", undecided=3), a_trace("B", undecided=2))
    assert next_work(state, rows) == ("T-B", "")
    assert next_work(state, rows[:2]) == ("", "")


def test_a_large_view_is_not_given_up_for_a_small_one() -> None:
    state = with_view(opened(), "C-A-1", viewed(True, 61.0))
    assert with_view(state, "C-A-1", viewed(False)).viewed["C-A-1"].adequate


def test_same_needs_a_view_that_was_large_enough_and_says_so() -> None:
    state = painted(with_view(opened(), "C-A-1", viewed(False)), "C-A-1", 10.0)
    assert why_no_answer(state) == ""
    assert "only 25 px" in why_not_same(state)
    assert why_not_same(with_view(state, "C-A-1", viewed(True, 61.0))) == ""


def test_a_view_of_one_candidate_says_nothing_about_the_next() -> None:
    state = painted(with_view(opened(), "C-A-1", viewed(True, 61.0)), "C-A-1", 10.0)
    assert "no pictures" in why_not_same(moved(state, 1))


def test_pictures_painted_too_late_do_not_count_for_the_next_candidate() -> None:
    assert painted(moved(opened(), 1), "C-A-1", 10.0).painted_s is None


def test_nothing_is_answered_while_an_answer_is_being_written() -> None:
    state = painted(with_view(opened(), "C-A-1", viewed(True)), "C-A-1", 10.0)
    assert "being written" in why_no_answer(replace(state, writing=True))


def test_an_answer_right_after_the_paint_is_too_quick() -> None:
    state = painted(opened(), "C-A-1", 10.0)
    assert too_soon(state, "same", 10.69, after_look=True)
    assert not too_soon(state, "same", 10.71, after_look=True)
    assert not too_soon(state, "undo", 10.1, after_look=False)


def test_a_held_key_stays_one_press_however_long_it_is_held() -> None:
    state = pressed(opened(), "not_same", 10.0)
    for tick in range(1, 50):
        now_s = 10.0 + 0.03 * tick
        assert too_soon(state, "not_same", now_s, after_look=True)
        state = pressed(state, "not_same", now_s)
    assert not too_soon(state, "not_same", now_s + 0.41, after_look=True)
    assert not too_soon(state, "cannot_tell", now_s, after_look=True)


def test_undo_goes_back_answer_by_answer() -> None:
    state = opened()
    for number in (2, 1):
        reply = a_candidate(number, answer=Answer.NOT_SAME, decided_by=ME, decided_at=NOW)
        state = with_answer(state, reply, Answer.NOT_SAME)
    assert (target := undo_target(state)) is not None and target.candidate_id == "C-A-1"
    state = without_answer(state, a_candidate(1))
    assert (target := undo_target(state)) is not None and target.candidate_id == "C-A-2"
    assert undo_target(without_answer(state, a_candidate(2))) is None


def test_undo_finds_answers_from_before_this_session_but_never_another_persons() -> None:
    state = with_reply(opened(), a_candidate(2, answer=Answer.SAME, decided_by=ME, decided_at=NOW))
    assert (target := undo_target(state)) is not None and target.candidate_id == "C-A-2"
    other = with_reply(opened(), a_candidate(2, answer=Answer.SAME, decided_by="somebody", decided_at=NOW))
    assert undo_target(other) is None


def test_only_ones_own_answer_opens_the_models_opinion() -> None:
    assert is_own(opened(), a_candidate(1, answer=Answer.SAME, decided_by=ME))
    assert not is_own(opened(), a_candidate(1, answer=Answer.SAME, decided_by="somebody"))
    assert not is_own(DeskState(), a_candidate(1, answer=Answer.SAME, decided_by=""))


def test_a_desk_begins_where_something_waits_and_never_at_somebody_elses_trace() -> None:
    busy, idle, waiting = a_trace("", trace_id="T-0"), a_trace("A"), a_trace("B", undecided=2)
    assert trace_choice((busy, idle, waiting)) == "T-B"
    assert trace_choice((busy, idle)) == "T-A"
    assert trace_choice((busy,)) == ""


def test_moving_between_traces_steps_over_busy_rows() -> None:
    rows = (a_trace("A"), a_trace("", trace_id="T-0"), a_trace("B"))
    assert trace_beside(rows, "T-A", 1) == "T-B"
    assert trace_beside(rows, "T-B", 1) == "T-B"
    assert trace_beside((), "T-A", 1) == ""
    assert next_waiting(rows, "T-A") is None
