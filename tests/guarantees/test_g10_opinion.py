"""G10: pictures first, the model's opinion after; attacked by reading what the desk does not show."""

from pathlib import Path

from engine.api.asked import Asked
from engine.api.review_schema import SecondWanted
from engine.api.schema import TraceStart
from engine.domain.decision import Answer
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, seen
from tests.guarantees.server_house import CHOI, KIM, LEE, a_case, an_order, permitted

NONE = (None, "")


async def one_candidate(house: House) -> tuple[str, str]:
    """A trace on a server that found one sighting; trace and candidate."""
    await an_order(house)
    await a_case(house)
    authorisation_id = (await permitted(house)).authorisation_id
    house.pool.tracks = lambda request: (
        (a_track(llr=4.0),) if request.window.window_id == house.pool.grants[0].window_id else ()
    )
    start = TraceStart(case_id="A", authorisation_id=authorisation_id)
    trace_id = (await house.tracing.start(KIM, start)).trace_id
    await house.over(trace_id)
    (candidate,) = (await house.tracing.detail(KIM, trace_id)).candidates
    return trace_id, candidate.candidate_id


async def opinion(house: House, trace_id: str, person: Asked) -> tuple[float | None, str]:
    """What the model thinks, as far as this person may know it."""
    (candidate,) = (await house.tracing.detail(person, trace_id)).candidates
    return candidate.llr, candidate.support


async def test_g10_neither_number_nor_words_of_the_model_go_out_before_the_answer(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidate_id = await one_candidate(house)
        assert await opinion(house, trace_id, KIM) == NONE
        said = await house.confirm(candidate_id, Answer.NOT_SAME, KIM)
        assert said.llr == 4.0
        assert said.support
        assert await opinion(house, trace_id, KIM) == (4.0, said.support)
        taken_back = await house.review.undo(seen(KIM, said.version), candidate_id)
        assert (taken_back.llr, taken_back.support) == NONE


async def test_g10_the_answer_of_another_person_brings_nobody_the_opinion_of_the_model(
    tmp_path: Path,
) -> None:
    """Whoever reads it may still answer in their place."""
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidate_id = await one_candidate(house)
        await house.confirm(candidate_id, Answer.SAME, KIM)
        (candidate,) = (await house.tracing.detail(CHOI, trace_id)).candidates
        assert candidate.decided_by == "kim"
        assert (candidate.llr, candidate.support) == NONE


async def test_g10_a_second_reviewer_hears_the_model_after_the_second_answer(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidate_id = await one_candidate(house)
        await house.confirm(candidate_id, Answer.SAME, KIM)
        await house.review.second(LEE, trace_id)
        assert await opinion(house, trace_id, LEE) == NONE
        said = await house.confirm(candidate_id, Answer.SAME, LEE)
        assert await opinion(house, trace_id, LEE) == (4.0, said.support)
        assert await opinion(house, trace_id, KIM) == (4.0, said.support)


async def test_g10_to_a_second_reviewer_the_order_of_the_candidates_tells_nothing_of_the_model(
    tmp_path: Path,
) -> None:
    """Who looks first begins with what scores best, or would never get through; the other one answers about
    everything, and is told no opinion by the order either."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda request: (
            tuple(a_track(seconds=60.0 + 90 * n, llr=float(n)) for n in range(3))
            if request.window.window_id == house.pool.grants[0].window_id
            else ()
        )
        found = await house.traced()
        by_score = [c.candidate_id for c in found.candidates]
        await house.confirm(by_score[0], Answer.SAME)
        await house.noting.second(ME, by_score[0], SecondWanted())
        withheld = await house.tracing.detail(OTHER, found.trace.trace_id)
        await house.review.second(OTHER, found.trace.trace_id)
        blind = await house.tracing.detail(OTHER, found.trace.trace_id)
        for detail in (withheld, blind):
            starts = [c.start for c in detail.candidates]
            assert starts == sorted(starts)
            assert [c.candidate_id for c in detail.candidates] != by_score
