"""What a candidate is compared with, and what contradicts what."""

import msgspec

from engine.api.schema import Conflict, TraceDetail
from engine.domain.decision import Answer
from tests.screens.fake_engine import ME, a_candidate, a_detail
from tests.tui.test_state import opened
from tui.casework.sightings import confirmed, conflicts, new_conflicts
from tui.state import DeskState, with_candidate, with_detail

BOTH = Conflict(first_id="C-A-2", second_id="C-A-4", because="12 km apart within 3 minutes")


def confirming(blind: bool = False) -> TraceDetail:
    """Two by me, one by kim: C-A-2, C-A-4 and C-A-3."""
    by = {2: ME, 3: "kim", 4: ME}
    found = tuple(
        a_candidate(n, answer=Answer.SAME, decided_by=by[n]) if n in by else a_candidate(n)
        for n in range(1, 6)
    )
    return msgspec.structs.replace(a_detail("A"), candidates=found, conflicts=(BOTH,), blind=blind)


def at_desk(detail: TraceDetail) -> DeskState:
    return with_detail(opened(5), detail)


def test_a_candidate_is_compared_with_confirmations_nearest_in_time_first() -> None:
    state = with_candidate(at_desk(confirming()), "C-A-5")
    assert [c.candidate_id for c in confirmed(state)] == ["C-A-4", "C-A-3", "C-A-2"]


def test_a_sighting_is_not_compared_with_itself() -> None:
    state = with_candidate(at_desk(confirming()), "C-A-4")
    assert [c.candidate_id for c in confirmed(state)] == ["C-A-3", "C-A-2"]
    assert confirmed(DeskState()) == ()


def test_a_blind_second_reviewer_compares_with_nobody_elses_confirmation() -> None:
    state = with_candidate(at_desk(confirming(blind=True)), "C-A-5")
    assert [c.candidate_id for c in confirmed(state)] == ["C-A-4", "C-A-2"]


def test_a_contradiction_of_what_one_may_not_know_is_not_told() -> None:
    told = Conflict(first_id="C-A-2", second_id="C-A-3", because="too far")
    detail = msgspec.structs.replace(confirming(blind=True), conflicts=(told, BOTH))
    assert conflicts(at_desk(detail)) == (BOTH,)


def test_a_contradiction_goes_when_one_of_the_two_is_taken_back() -> None:
    found = confirming().candidates
    detail = msgspec.structs.replace(confirming(), candidates=(found[0], a_candidate(2), *found[2:]))
    assert conflicts(at_desk(detail)) == ()


def test_a_contradiction_is_news_once_whichever_way_round_it_is_told() -> None:
    before, after = opened(5), at_desk(confirming())
    assert new_conflicts(before, after) and not new_conflicts(after, after)
    turned = Conflict(first_id="C-A-4", second_id="C-A-2", because="12 km")
    again = with_detail(after, msgspec.structs.replace(confirming(), conflicts=(turned,)))
    assert not new_conflicts(after, again)
    assert new_conflicts(DeskState(), after), "a trace opens with it"
