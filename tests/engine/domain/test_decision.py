from engine.domain.decision import Answer, standing
from tests.engine.fakes import a_decision


def test_the_newest_answer_stands() -> None:
    first = a_decision(answer=Answer.SAME, decision_id="1")
    second = a_decision(answer=Answer.NOT_SAME, decision_id="2")
    assert standing((first, second)) == {"cand-1": second}


def test_taking_an_answer_back_leaves_the_one_before_it() -> None:
    first = a_decision(answer=Answer.SAME, decision_id="1")
    second = a_decision(answer=Answer.NOT_SAME, decision_id="2")
    undo = a_decision(answer=None, decision_id="3", withdraws="2")
    assert standing((first, second, undo)) == {"cand-1": first}


def test_taking_the_only_answer_back_leaves_none() -> None:
    made = a_decision(decision_id="1")
    assert standing((made, a_decision(answer=None, decision_id="2", withdraws="1"))) == {}


def test_an_answer_after_taking_one_back_stands() -> None:
    undo = a_decision(answer=None, decision_id="2", withdraws="1")
    again = a_decision(answer=Answer.CANNOT_TELL, decision_id="3")
    assert standing((a_decision(decision_id="1"), undo, again)) == {"cand-1": again}


def test_candidates_are_decided_each_by_itself() -> None:
    one, two = a_decision("one", Answer.SAME), a_decision("two", Answer.NOT_SAME)
    assert standing((one, two)) == {"one": one, "two": two}
