"""G10: the same footage may be looked at in several traces of a case. Who knows an answer about a sighting is
not blind to it under another id."""

from pathlib import Path

import pytest

from engine.api.asked import Asked
from engine.api.auditing import Auditing
from engine.api.review_schema import CandidateNote
from engine.audit.checkpoint import CheckpointSigner
from engine.domain.decision import Answer
from engine.domain.errors import Refused
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, by, seen
from tests.guarantees.test_g10_told import as_before

ANOTHER_OF_OTHER = by("colleague-2", 1008, login_uid=1002)


async def traced_at(house: House, *seconds: float) -> tuple[str, list[str]]:
    """One more trace of the case, with a sighting at each of these seconds; trace and candidates."""
    begun = len(house.pool.grants)
    house.pool.tracks = lambda request: (
        tuple(a_track(seconds=at) for at in seconds)
        if request.window.window_id == house.pool.grants[begun].window_id
        else ()
    )
    found = await house.traced()
    return found.trace.trace_id, [c.candidate_id for c in found.candidates]


async def no_second(house: House, trace_id: str, who: Asked = OTHER) -> None:
    with pytest.raises(Refused, match="from another trace of this case") as no:
        await house.review.second(who, trace_id)
    assert no.value.rule == "G10"


@pytest.mark.parametrize("who", [OTHER, ANOTHER_OF_OTHER], ids=["themselves", "under another account"])
async def test_g10_whoever_answered_a_sighting_in_an_older_trace_is_no_second_reviewer_of_it(
    tmp_path: Path, who: Asked
) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        _, older = await traced_at(house, 60.0)
        await house.confirm(older[0], Answer.SAME, who)
        trace_id, candidates = await traced_at(house, 90.0)
        await house.confirm(candidates[0], Answer.SAME)
        await no_second(house, trace_id)


async def test_g10_whoever_saw_answers_to_a_sighting_in_an_older_trace_is_no_second_reviewer(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        older_id, older = await traced_at(house, 60.0)
        await house.confirm(older[0], Answer.SAME)
        assert (await house.tracing.detail(OTHER, older_id)).candidates[0].answer is Answer.SAME
        trace_id, _ = await traced_at(house, 60.0)
        await no_second(house, trace_id)


async def test_g10_an_answer_taken_back_in_an_older_trace_was_given_all_the_same(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        _, older = await traced_at(house, 60.0)
        said = await house.confirm(older[0], Answer.SAME, OTHER)
        await house.review.undo(seen(OTHER, said.version), older[0])
        trace_id, _ = await traced_at(house, 60.0)
        await no_second(house, trace_id)


async def test_g10_other_sightings_of_an_older_trace_keep_nobody_away(tmp_path: Path) -> None:
    """Two people have to be enough for a case of several days."""
    async with a_house(tmp_path) as house:
        await house.case()
        _, older = await traced_at(house, 60.0)
        await house.confirm(older[0], Answer.SAME, OTHER)
        trace_id, candidates = await traced_at(house, 200.0)
        await house.confirm(candidates[0], Answer.SAME)
        await house.review.second(OTHER, trace_id)
        assert (await house.confirm(candidates[0], Answer.SAME, OTHER)).answer is Answer.SAME


async def second_of_the_newer(house: House, older_answer: Answer = Answer.SAME) -> tuple[str, str, str, str]:
    """ME answers a sighting in two traces, OTHER is second reviewer of the newer; older trace and candidate,
    newer trace and candidate."""
    await house.case()
    older_id, older = await traced_at(house, 60.0)
    said = await house.confirm(older[0], older_answer)
    await house.noting.note(seen(ME, said.version), older[0], CandidateNote(text="it is him"))
    trace_id, candidates = await traced_at(house, 60.0)
    await house.confirm(candidates[0], older_answer)
    await house.review.second(OTHER, trace_id)
    return older_id, older[0], trace_id, candidates[0]


@pytest.mark.parametrize("who", [OTHER, ANOTHER_OF_OTHER], ids=["themselves", "under another account"])
async def test_g10_a_blind_second_reviewer_reads_no_answers_in_another_trace(
    tmp_path: Path, who: Asked
) -> None:
    async with a_house(tmp_path) as house:
        older_id, _, _, candidate_id = await second_of_the_newer(house)
        detail = await house.tracing.detail(who, older_id)
        (candidate,) = detail.candidates
        assert detail.blind
        known = (candidate.answer, candidate.decided_by, candidate.second_answer, candidate.note)
        assert known == (None, "", None, "")
        assert (detail.exposures, detail.conflicts) == ((), ())
        await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        assert (await house.tracing.detail(who, older_id)).candidates[0].answer is Answer.SAME


async def test_g10_a_blind_second_reviewer_gives_no_first_answer_in_another_trace(tmp_path: Path) -> None:
    """They would be told what stood there."""
    async with a_house(tmp_path) as house:
        _, older, _, candidate_id = await second_of_the_newer(house)
        with pytest.raises(Refused, match="as the second reviewer") as no:
            await house.confirm(older, Answer.NOT_SAME, OTHER)
        assert no.value.rule == "G10"
        await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        assert (await house.confirm(older, Answer.NOT_SAME, OTHER)).answer is Answer.NOT_SAME


async def test_g10_second_answers_stand_once_answers_were_seen_in_another_trace(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        older_id, _, _, candidate_id = await second_of_the_newer(house)
        said = await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        await house.tracing.detail(OTHER, older_id)
        with pytest.raises(Refused, match="yours stands"):
            await house.confirm(candidate_id, Answer.SAME, OTHER)
        with pytest.raises(Refused, match="yours stands"):
            await house.review.undo(seen(OTHER, said.version), candidate_id)


async def test_g10_a_blind_second_reviewer_takes_no_audit_of_another_trace_away(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        _, older = await traced_at(house, 60.0)
        await house.confirm(older[0], Answer.SAME)
        await as_before(house, older[0])
        trace_id, _ = await traced_at(house, 60.0)
        await house.review.second(OTHER, trace_id)
        auditing = Auditing(house.context, CheckpointSigner(b"s" * 32, "bucheon/test"))
        for who in (OTHER, ANOTHER_OF_OTHER):
            lines = await auditing.read(who.person, 0)
            assert [line.outcome for line in lines if line.action == "decide"] == ["answered"] * 2
            with pytest.raises(Refused, match="the audit tells the first answers"):
                await auditing.export(who.person, 0)
