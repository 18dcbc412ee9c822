"""A gentle word to who answers faster than anybody looks."""

from engine.domain.decision import Answer
from tests.screens.fake_engine import ME, NOW, a_candidate
from tests.tui.test_state import opened
from tui.casework.pace import MANY, look_twice
from tui.casework.undo import with_answer, without_answer
from tui.state import DeskState


def answering(every_s: float, count: int = MANY) -> DeskState:
    state = opened(count)
    for number in range(1, count + 1):
        reply = a_candidate(number, answer=Answer.NOT_SAME, decided_by=ME, decided_at=NOW)
        state = with_answer(state, reply, Answer.NOT_SAME, 100.0 + every_s * number)
    return state


def test_eight_answers_in_less_than_twenty_seconds_are_told() -> None:
    assert look_twice(answering(2.0)) == "8 answers in 14 s: look twice"
    assert look_twice(answering(2.0, 30)) == "8 answers in 14 s: look twice", "the last eight count"


def test_fewer_or_slower_answers_are_not() -> None:
    assert look_twice(answering(1.0, MANY - 1)) == ""
    assert look_twice(answering(3.0)) == ""


def test_an_answer_taken_back_does_not_count() -> None:
    assert look_twice(without_answer(answering(2.0), a_candidate(3))) == ""


def test_answers_of_which_nobody_knows_when_do_not_count() -> None:
    state = opened(MANY)
    for number in range(1, MANY + 1):
        state = with_answer(state, a_candidate(number, answer=Answer.SAME, decided_by=ME), Answer.SAME)
    assert look_twice(state) == ""
