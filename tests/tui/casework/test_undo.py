"""What can be taken back, and in which order."""

from engine.domain.decision import Answer
from tests.screens.fake_engine import ME, NOW, a_candidate
from tests.tui.test_state import opened
from tui.casework.undo import (
    own_standing,
    undo_target,
    with_answer,
    with_aside,
    without_answer,
    without_aside,
)
from tui.state import Answered, DeskState, PutAside, with_reply


def target_id(state: DeskState) -> str:
    target = undo_target(state)
    return target.candidate_id if isinstance(target, Answered) else ""


def test_undo_goes_back_answer_by_answer() -> None:
    state = opened()
    for number in (2, 1):
        reply = a_candidate(number, answer=Answer.NOT_SAME, decided_by=ME, decided_at=NOW)
        state = with_answer(state, reply, Answer.NOT_SAME)
    assert target_id(state) == "C-A-1"
    state = without_answer(state, a_candidate(1))
    assert target_id(state) == "C-A-2"
    assert undo_target(without_answer(state, a_candidate(2))) is None


def test_undo_finds_answers_from_before_this_session_but_never_another_persons() -> None:
    state = with_reply(opened(), a_candidate(2, answer=Answer.SAME, decided_by=ME, decided_at=NOW))
    assert target_id(state) == "C-A-2"
    other = with_reply(opened(), a_candidate(2, answer=Answer.SAME, decided_by="somebody", decided_at=NOW))
    assert undo_target(other) is None


def test_a_range_set_aside_stands_among_the_answers_and_goes_as_a_whole() -> None:
    reply = a_candidate(1, answer=Answer.NOT_SAME, decided_by=ME, decided_at=NOW)
    state = with_aside(with_answer(opened(), reply, Answer.NOT_SAME), "T-A", ("C-A-2", "C-A-3"))
    entry = undo_target(state)
    assert isinstance(entry, PutAside) and entry.candidate_ids == ("C-A-2", "C-A-3")
    assert target_id(without_aside(state, entry)) == "C-A-1"


def test_ones_own_standing_answer_is_found_and_nobody_elses() -> None:
    state = with_reply(opened(), a_candidate(1, answer=Answer.SAME, decided_by=ME, decided_at=NOW, version=3))
    state = with_reply(state, a_candidate(2, answer=Answer.SAME, decided_by="kim", decided_at=NOW))
    mine = own_standing(state, "C-A-1")
    assert mine is not None and (mine.answer, mine.version, mine.at) == (Answer.SAME, 3, NOW)
    assert own_standing(state, "C-A-2") is None and own_standing(state, "C-A-3") is None
