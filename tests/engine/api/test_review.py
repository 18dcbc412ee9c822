from datetime import timedelta

import pytest

from engine.api.client import EngineSaysNo
from engine.api.review import LOOK_FOR_S
from engine.api.schema import CandidateView, TraceStart
from engine.domain.decision import ADEQUATE_FACE_PX, Answer, UnclearBecause
from engine.domain.trace import TraceState
from engine.store.reviews import View
from tests.engine.api.conftest import House
from tests.engine.api.requests import one_candidate, ready, traced
from tests.engine.fakes import NOW


async def a_found_one(house: House) -> CandidateView:
    """The one undecided candidate of a finished trace."""
    one_candidate(house.pool)
    trace = await traced(house.client, house.pool)
    (candidate,) = (await house.client.trace(trace.trace_id)).candidates
    return candidate


async def looked(house: House, candidate_id: str, height_px: float = 80.0) -> str:
    """A view that has lasted long enough."""
    view = await house.client.view(candidate_id, height_px)
    house.clock.forward(LOOK_FOR_S)
    return view.view_id


async def answered(
    house: House,
    candidate: CandidateView,
    view_id: str,
    answer: Answer,
    because: UnclearBecause | None = None,
) -> CandidateView:
    """The candidate after an answer, which knows its newest version."""
    return await house.client.decide(
        candidate.candidate_id, view_id, answer, because, version=candidate.version
    )


async def says_no(house: House, candidate: CandidateView, view_id: str, answer: Answer) -> str:
    with pytest.raises(EngineSaysNo) as said:
        await answered(house, candidate, view_id, answer)
    return str(said.value)


async def test_a_trace_starts_only_under_a_live_authorisation_of_its_own_case(house: House) -> None:
    mine = await ready(house.client, house.pool)
    other = await ready(house.client, house.pool, "case-2")
    for case_id, authorisation_id, says in (
        ("case-1", other, "another case"),
        ("case-9", mine, "no open case"),
        ("case-1", "none", "no authorisation"),
    ):
        with pytest.raises(EngineSaysNo, match=says):
            await house.client.start_trace(TraceStart(case_id=case_id, authorisation_id=authorisation_id))
    house.clock.forward(9 * 3600)
    with pytest.raises(EngineSaysNo, match=r"expired \[G1\]"):
        await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=mine))
    assert await house.client.traces() == ()


async def test_a_view_gives_the_pictures_of_candidate_and_subject(house: House) -> None:
    candidate = await a_found_one(house)
    view = await house.client.view(candidate.candidate_id, 80.0)
    assert view.adequate
    assert view.not_before == NOW + timedelta(seconds=LOOK_FOR_S)
    assert [p.jpeg for p in view.pictures] == [b"\xff\xd8 pixels"]


async def test_the_subject_is_shown_as_it_was_redrawn_and_never_as_it_came(house: House) -> None:
    candidate = await a_found_one(house)
    (subject,) = (await house.client.view(candidate.candidate_id, 80.0)).subject
    assert (subject.kind, subject.at, subject.jpeg) == ("subject", None, b"\xff\xd8 redrawn")
    assert (subject.width, subject.height, subject.face_px) == (160, 160, 80.0)


async def test_a_view_is_in_the_audit_and_in_the_store_before_a_byte_leaves(house: House) -> None:
    candidate = await a_found_one(house)
    view = await house.client.view(candidate.candidate_id, 80.0)
    (line,) = [line for line in await house.client.audit() if line.action == "view"]
    assert (line.object, line.outcome) == (candidate.candidate_id, "intent")
    assert await house.context.store.run(lambda tx: house.context.reviews.view(tx, view.view_id)) is not None


@pytest.mark.parametrize("height_px", [0.0, -1.0, 10_000.0, 1e300])
async def test_a_height_that_is_none_is_refused(house: House, height_px: float) -> None:
    candidate = await a_found_one(house)
    with pytest.raises(EngineSaysNo, match="face_height_px"):
        await house.client.view(candidate.candidate_id, height_px)


async def test_the_opinion_of_the_model_comes_after_the_answer(house: House) -> None:
    candidate = await a_found_one(house)
    assert candidate.support == ""
    assert candidate.evidence
    view_id = await looked(house, candidate.candidate_id)
    decided = await answered(house, candidate, view_id, Answer.NOT_SAME)
    assert decided.support != ""


async def test_an_answer_needs_a_view_of_these_pictures_by_this_person(house: House) -> None:
    candidate = await a_found_one(house)
    assert "without having seen" in await says_no(house, candidate, "none", Answer.SAME)
    other = View(
        view_id="hers", candidate_id=candidate.candidate_id, person="lee", at=NOW, face_height_px=99.0
    )
    await house.context.store.run(lambda tx: house.context.reviews.add_view(tx, other))
    house.clock.forward(60)
    assert "without having seen" in await says_no(house, candidate, "hers", Answer.SAME)


async def test_an_answer_sooner_than_anybody_can_look_is_refused(house: House) -> None:
    candidate = await a_found_one(house)
    view = await house.client.view(candidate.candidate_id, 80.0)
    house.clock.forward(LOOK_FOR_S - 0.01)
    assert "within 0.7 s" in await says_no(house, candidate, view.view_id, Answer.SAME)
    house.clock.forward(0.01)
    await answered(house, candidate, view.view_id, Answer.SAME)


async def test_same_needs_a_face_of_adequate_size_and_no_does_not(house: House) -> None:
    candidate = await a_found_one(house)
    small = await looked(house, candidate.candidate_id, ADEQUATE_FACE_PX - 1)
    assert "59 px high, 60 are needed" in await says_no(house, candidate, small, Answer.SAME)
    await answered(house, candidate, small, Answer.NOT_SAME)


async def test_cannot_tell_needs_its_reason(house: House) -> None:
    candidate = await a_found_one(house)
    view_id = await looked(house, candidate.candidate_id)
    assert "because" in await says_no(house, candidate, view_id, Answer.CANNOT_TELL)
    decided = await answered(house, candidate, view_id, Answer.CANNOT_TELL, UnclearBecause.BLUR)
    assert decided.because is UnclearBecause.BLUR


async def test_the_last_answer_completes_the_trace_and_taking_it_back_opens_it_again(house: House) -> None:
    candidate = await a_found_one(house)
    view_id = await looked(house, candidate.candidate_id)
    decided = await answered(house, candidate, view_id, Answer.SAME)
    detail = await house.client.trace(candidate.trace_id)
    assert (detail.trace.state, detail.trace.undecided) == (TraceState.COMPLETE, 0)
    assert {v.basis for v in detail.visits} & {"sighting", "both"}
    await house.client.undo(candidate.candidate_id, version=decided.version)
    detail = await house.client.trace(candidate.trace_id)
    assert (detail.trace.state, detail.trace.undecided) == (TraceState.AWAITING_REVIEW, 1)
    assert {v.basis for v in detail.visits} == {"record"}


async def test_only_ones_own_answer_can_be_taken_back_and_only_once(house: House) -> None:
    candidate = await a_found_one(house)
    with pytest.raises(EngineSaysNo, match="no answer of yours"):
        await house.client.undo(candidate.candidate_id, version=candidate.version)
    decided = await answered(house, candidate, await looked(house, candidate.candidate_id), Answer.SAME)
    undone = await house.client.undo(candidate.candidate_id, version=decided.version)
    with pytest.raises(EngineSaysNo, match="no answer of yours"):
        await house.client.undo(candidate.candidate_id, version=undone.version)


async def test_decisions_are_records_and_none_is_ever_removed(house: House) -> None:
    candidate = await a_found_one(house)
    for answer in (Answer.SAME, Answer.NOT_SAME):
        view_id = await looked(house, candidate.candidate_id)
        candidate = await answered(house, candidate, view_id, answer)
    await house.client.undo(candidate.candidate_id, version=candidate.version)
    made = await house.context.store.run(lambda tx: house.context.reviews.decisions(tx, candidate.trace_id))
    assert [d.answer for d in made] == [Answer.SAME, Answer.NOT_SAME, None]
    (seen,) = (await house.client.trace(candidate.trace_id)).candidates
    assert seen.answer is Answer.SAME


async def test_a_row_of_the_desk_counts_what_was_done(house: House) -> None:
    one_candidate(house.pool)
    trace = await traced(house.client, house.pool)
    assert trace.windows_done == trace.windows_total == len(house.pool.scanned)
    assert trace.frames == 100 * trace.windows_done
    assert (trace.candidates, trace.undecided, trace.cannot_assess) == (1, 1, trace.windows_done)
    assert not trace.four_eyes
    assert trace.expires_at == NOW + timedelta(hours=8)


async def test_gaps_and_visits_of_a_trace_are_told_with_their_sources(house: House) -> None:
    trace = await traced(house.client, house.pool)
    detail = await house.client.trace(trace.trace_id)
    assert [v.sources for v in detail.visits] == [("card",)]
    assert {g.reason for g in detail.gaps} == {"not covered"}
    assert detail.exposures == ()


async def test_a_trace_tells_which_footage_was_looked_at(house: House) -> None:
    trace = await traced(house.client, house.pool)
    opened = (await house.client.trace(trace.trace_id)).opened
    assert len(opened) == trace.windows_done > 0
    granted = {(g.camera_id, g.interval.start, g.interval.end) for g in house.pool.grants}
    assert {(o.camera_id, o.start, o.end) for o in opened} == granted
