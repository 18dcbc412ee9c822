"""A desk that stands still, and counts what comes."""

import msgspec

from engine.api.schema import Conflict
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from tests.screens.fake_engine import ME, NOW, a_candidate, a_detail, a_trace
from tests.tui.test_state import opened
from tui.casework.frozen import frozen, shown_rows, thawed, took_in, waiting
from tui.casework.undo import with_answer
from tui.state import with_detail, with_reply, with_trace

ROWS = (a_trace("A", undecided=4, candidates=4), a_trace("B", TraceState.RUNNING, windows_done=3))
CHANGED = msgspec.structs.replace(
    a_detail("A", 5),
    candidates=(
        a_candidate(1, answer=Answer.SAME, decided_by="kim", version=2),
        *a_detail("A", 5).candidates[1:],
    ),
)


def test_a_newer_detail_waits_and_is_counted() -> None:
    state = with_detail(frozen(opened(), ROWS), CHANGED)
    assert state.candidates == opened().candidates
    assert waiting(state, ROWS) == 2, "one answered, one new"


def test_what_came_is_taken_in_and_the_desk_stands_still_again() -> None:
    state = took_in(with_detail(frozen(opened(), ROWS), CHANGED), ROWS[:1])
    assert len(state.candidates) == 5
    assert state.frozen is not None and waiting(state, ROWS[:1]) == 0
    assert shown_rows(state, ROWS) == ROWS[:1]


def test_going_on_shows_what_came() -> None:
    state = thawed(with_detail(frozen(opened(), ROWS), CHANGED))
    assert state.frozen is None and state.candidates[0].decided_by == "kim"
    assert shown_rows(state, ROWS) == ROWS
    assert waiting(state, ROWS) == 0


def test_rows_that_changed_came_or_went_are_counted_but_not_how_far_a_machine_is() -> None:
    state = frozen(opened(), ROWS)
    further = (ROWS[0], a_trace("B", TraceState.RUNNING, windows_done=9))
    assert waiting(state, further) == 0
    done = (ROWS[0], a_trace("B", TraceState.COMPLETE), a_trace("C"))
    assert waiting(state, done) == 2
    assert waiting(state, ROWS[:1]) == 1


def test_ones_own_answer_shows_at_once_and_is_no_news() -> None:
    reply = a_candidate(1, answer=Answer.NOT_SAME, decided_by=ME, decided_at=NOW, version=2)
    state = with_answer(frozen(opened(), ROWS), reply, Answer.NOT_SAME)
    detail = msgspec.structs.replace(a_detail("A"), candidates=(reply, *a_detail("A").candidates[1:]))
    state = with_detail(state, detail)
    assert state.candidates[0] == reply
    assert waiting(state, (a_trace("A", undecided=3, candidates=4), ROWS[1])) == 0


def test_another_trace_is_shown_as_it_stands_when_it_is_opened() -> None:
    state = with_detail(frozen(opened(), ROWS), CHANGED)
    state = with_detail(with_trace(state, "T-B"), a_detail("B", 2))
    assert len(state.candidates) == 2 and waiting(state, ROWS) == 0
    assert len(with_detail(state, a_detail("B", 3)).candidates) == 2


def test_contradictions_are_told_on_a_frozen_desk_too() -> None:
    both = Conflict(first_id="C-A-1", second_id="C-A-2", because="too far")
    state = frozen(with_reply(opened(), a_candidate(1, answer=Answer.SAME)), ROWS)
    state = with_detail(state, msgspec.structs.replace(CHANGED, conflicts=(both,)))
    assert state.detail is not None and state.detail.conflicts == (both,)
