"""What a case waits for, what is due first, and how its search is said to stand."""

from datetime import timedelta

import pytest

from engine.api.case_schema import BoardCase
from engine.domain.authorisation import AuthorisationState
from engine.domain.source_request import SourceRequestState
from engine.domain.trace import TraceState
from tests.screens.fake_casework import a_board, a_board_case, a_request, an_authorisation
from tests.screens.fake_engine import NOW, a_trace
from tui.casework.board import Order, board_row, due, ordered, search_words, waits_for

ASKED = {"state": AuthorisationState.REQUESTED, "approved_by": "", "requested_at": NOW - timedelta(hours=2)}


WAITING = an_authorisation(1, "A", NOW, **ASKED)


def a_case(**given: object) -> BoardCase:
    return a_board_case("A", NOW, **given)


@pytest.mark.parametrize(
    ("case", "trace", "word"),
    [
        (a_case(notice="overdue", records=0), None, "notice"),
        (a_case(records=0), None, "records"),
        (
            a_case(authorisations=(an_authorisation(1, "A", NOW, **ASKED),)),
            a_trace("A", undecided=2),
            "approval",
        ),
        (a_case(), a_trace("A", undecided=2), "answers"),
        (a_case(), a_trace("A", TraceState.RUNNING), "search"),
        (a_case(sources=(a_request(1, "A", NOW),)), None, "source"),
        (a_case(unseconded=1), None, "photo"),
        (a_case(ground=""), None, "ground"),
        (a_case(authorisations=(an_authorisation(1, "A", NOW),)), None, "start"),
        (a_case(), None, "permission"),
        (a_case(), a_trace("A", TraceState.COMPLETE), "notice"),
        (a_case(notice="sent"), a_trace("A", TraceState.COMPLETE), "nothing"),
    ],
)
def test_the_first_thing_that_is_in_the_way_is_named(case: BoardCase, trace: object, word: str) -> None:
    assert waits_for(case, trace, NOW).word == word  # type: ignore[arg-type]


def test_a_source_is_late_after_a_day_and_not_before() -> None:
    young = a_request(1, "A", NOW, asked_at=NOW - timedelta(hours=23))
    old = a_request(1, "A", NOW, asked_at=NOW - timedelta(hours=25))
    done = a_trace("A", TraceState.COMPLETE)
    assert waits_for(a_case(sources=(young,)), done, NOW).glyph == "○"
    assert waits_for(a_case(sources=(old,)), done, NOW).glyph == "!"


def test_an_answered_source_and_an_expired_request_wait_for_nobody() -> None:
    answered = a_request(1, "A", NOW, state=SourceRequestState.ANSWERED)
    stale = an_authorisation(1, "A", NOW, **{**ASKED, "expires_at": NOW - timedelta(hours=1)})
    case = a_case(sources=(answered,), authorisations=(stale,), notice="sent")
    assert waits_for(case, a_trace("A", TraceState.COMPLETE), NOW).word == "nothing"


def test_due_is_the_soonest_of_notice_footage_review_and_expiry() -> None:
    board = a_board(NOW)
    assert due(board["B"], NOW) == NOW + timedelta(hours=5)  # its footage
    assert due(board["A"], NOW) == NOW + timedelta(hours=5)  # its authorisation
    assert due(board["D"], NOW) == NOW + timedelta(days=3)  # its notice
    assert due(board["F"], NOW) is None
    review = an_authorisation(
        1, "A", NOW, state=AuthorisationState.EMERGENCY, review_due=NOW + timedelta(hours=1)
    )
    assert due(a_case(authorisations=(review,)), NOW) == NOW + timedelta(hours=1)


def test_cases_with_nothing_due_stand_last() -> None:
    rows = [board_row(case, None, NOW) for case in a_board(NOW).values()]
    ids = [row.case.case_id for row in ordered(rows, Order.DUE)]
    assert ids[0] == "C" and ids[-1] == "F"
    assert ordered([], Order.DUE) == ()


def test_records_run_while_faces_wait_and_both_are_said() -> None:
    asked = an_authorisation(1, "A", NOW, **ASKED)
    row = board_row(a_case(authorisations=(asked,)), a_trace("A", TraceState.RUNNING), NOW)
    assert search_words(row) == ["records only: running", "face search: waits for approval since 2 h"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ground": "withdrawn"}, "face search: off, the consent was withdrawn"),
        ({"ground": ""}, "face search: off, no ground is recorded"),
        ({}, "face search: off, nobody has asked for an authorisation"),
        ({"authorisations": (an_authorisation(1, "A", NOW),)}, "face search: allowed"),
        (
            {"authorisations": (an_authorisation(1, "A", NOW, state=AuthorisationState.REVOKED),)},
            "face search: off, the authorisation was revoked",
        ),
        (
            {"authorisations": (an_authorisation(1, "A", NOW, expires_at=NOW - timedelta(hours=1)),)},
            "face search: off, the authorisation has expired",
        ),
        (
            {"authorisations": (an_authorisation(1, "A", NOW, face_search=False),)},
            "face search: off, nobody has asked for an authorisation",
        ),
    ],
)
def test_why_faces_are_not_searched_is_always_said(given: dict[str, object], words: str) -> None:
    assert search_words(board_row(a_case(**given), None, NOW))[1] == words


def test_an_authorisation_of_a_case_whose_consent_was_withdrawn_is_not_called_allowed() -> None:
    case = a_case(ground="withdrawn", authorisations=(an_authorisation(1, "A", NOW),))
    row = board_row(case, a_trace("A", TraceState.RUNNING), NOW)
    assert "withdrawn" in search_words(row)[1]


def test_the_trace_that_the_feed_tells_of_is_newer_than_the_boards() -> None:
    case = a_case(trace=a_trace("A", undecided=4), notice="sent")
    assert board_row(case, a_trace("A", TraceState.COMPLETE), NOW).waits.word == "nothing"
    assert board_row(case, None, NOW).waits.word == "answers"
