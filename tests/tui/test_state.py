"""The desk's own state, without widgets."""

from dataclasses import replace

import msgspec

from engine.domain.decision import Answer
from tests.screens.fake_engine import ME, a_candidate, a_detail, a_trace
from tui.state import (
    DeskState,
    Viewed,
    first_choice,
    is_own,
    moved,
    next_undecided,
    next_waiting,
    next_work,
    own_answer,
    painted,
    trace_beside,
    trace_choice,
    waiting_elsewhere,
    why_no_answer,
    why_not_same,
    with_candidate,
    with_detail,
    with_picture,
    with_reply,
    with_trace,
    with_view,
)


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


def test_a_candidate_keeps_its_place_while_its_trace_is_open_and_new_ones_come_last() -> None:
    state = with_candidate(opened(3), "C-A-2")
    found = a_detail("A", 4).candidates
    turned = msgspec.structs.replace(a_detail("A"), candidates=(found[3], *reversed(found[:3])))
    after = with_detail(state, turned)
    assert [c.candidate_id for c in after.candidates] == ["C-A-1", "C-A-2", "C-A-3", "C-A-4"]
    assert after.place == state.place
    anew = with_detail(with_trace(with_trace(after, "T-B"), "T-A"), turned)
    assert anew.candidates == turned.candidates, "opened anew it stands as the engine ranks it"


def test_what_is_set_aside_waits_for_no_answer() -> None:
    state = with_reply(opened(2), a_candidate(1, aside=True))
    assert state.undecided == 1
    assert next_undecided(state) == "C-A-2"
    assert first_choice(state.candidates) == "C-A-2"


def test_another_candidate_begins_with_its_first_frame() -> None:
    state = with_picture(opened(), 1, 3)
    assert (state.picture_at, with_picture(state, 5, 3).picture_at) == (1, 2)
    assert with_picture(state, -5, 3).picture_at == 0
    assert moved(state, 1).picture_at == 0


def test_a_second_reviewer_knows_their_own_answer_too() -> None:
    mine = a_candidate(1, answer=Answer.SAME, decided_by="kim", second_answer=Answer.NOT_SAME, second_by=ME)
    assert own_answer(opened(), mine) is Answer.NOT_SAME
    assert own_answer(opened(), a_candidate(1, answer=Answer.SAME, decided_by="kim")) is None


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


def test_from_the_only_open_candidate_of_a_trace_the_next_trace_comes() -> None:
    detail = a_detail("A", candidates=1)
    state = with_detail(with_trace(DeskState(), "T-A"), detail)
    assert (state.candidate_id, next_undecided(state)) == ("C-A-1", "C-A-1")
    rows = (detail.trace, a_trace("B", undecided=2))
    assert next_work(state, rows) == ("T-B", "")
    assert next_work(state, rows[:1]) == ("", "")


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


def test_what_waits_elsewhere_is_what_the_next_key_can_lead_to() -> None:
    rows = (a_trace("A", undecided=3), a_trace("B", undecided=4), a_trace("C"), a_trace("", undecided=9))
    assert waiting_elsewhere(rows, "T-C") == 7
    assert waiting_elsewhere(rows, "T-A") == 4
    assert waiting_elsewhere(rows[2:], "T-C") == 0


def test_exposures_that_say_the_same_stay_the_very_same() -> None:
    before = with_detail(with_trace(DeskState(), "T-A"), a_detail("A"))
    again = a_detail("A")
    after = with_detail(before, again)
    assert before.detail is not None and after.detail is not None
    assert after.detail.exposures is before.detail.exposures is not again.exposures
    fewer = msgspec.structs.replace(again, exposures=again.exposures[:1])
    newer = with_detail(after, fewer)
    assert newer.detail is not None and newer.detail.exposures == fewer.exposures
