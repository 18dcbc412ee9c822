"""G10: a second person, blind to the first answer; attacked by the first person and by peeping."""

import sqlite3
from pathlib import Path

import pytest

from engine.api.review_schema import CandidateNote, SecondWanted
from engine.domain.decision import Answer
from engine.domain.errors import Refused
from engine.ports import Transaction
from engine.store import events
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, by, seen

THIRD = by("third", 1003)


async def answered_by_one(house: House) -> tuple[str, str]:
    """A trace of one candidate that ME has confirmed; trace and candidate."""
    await house.case()
    house.pool.tracks = lambda request: (
        (a_track(neighbours=1),) if request.window.window_id == house.pool.grants[0].window_id else ()
    )
    found = await house.traced()
    (candidate,) = found.candidates
    await house.confirm(candidate.candidate_id, Answer.SAME)
    return found.trace.trace_id, candidate.candidate_id


async def test_g10_a_second_reviewer_reads_the_trace_as_if_nobody_had_answered(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidate_id = await answered_by_one(house)
        await house.review.second(OTHER, trace_id)
        blind = await house.tracing.detail(OTHER, trace_id)
        (candidate,) = blind.candidates
        assert blind.blind and not (await house.tracing.detail(ME, trace_id)).blind
        assert (candidate.answer, candidate.decided_by, candidate.support) == (None, "", "")
        assert candidate.second_answer is None
        assert blind.exposures == ()
        assert not any(visit.cameras for visit in blind.visits)
        answered = await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        assert (answered.answer, answered.decided_by) == (Answer.NOT_SAME, OTHER.name)
        after = (await house.tracing.detail(ME, trace_id)).candidates[0]
        assert (after.answer, after.second_answer, after.second_by) == (
            Answer.SAME,
            Answer.NOT_SAME,
            OTHER.name,
        )
        assert not (await house.tracing.detail(OTHER, trace_id)).blind, "nothing is hidden any more"


async def test_g10_the_second_answer_changes_nothing_that_the_first_settled(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidate_id = await answered_by_one(house)
        before = await house.tracing.detail(ME, trace_id)
        await house.review.second(OTHER, trace_id)
        await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        after = await house.tracing.detail(ME, trace_id)
        assert (after.visits, after.exposures) == (before.visits, before.exposures)


async def test_g10_whoever_answered_first_is_no_second_reviewer(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await answered_by_one(house)
        with pytest.raises(Refused, match="has answered nothing") as no:
            await house.review.second(ME, trace_id)
        assert no.value.rule == "G10"


ANOTHER_OF_ME = by("investigator-2", 1009, login_uid=1001)
ANOTHER_OF_OTHER = by("colleague-2", 1008, login_uid=1002)


async def test_g10_another_account_makes_nobody_a_second_reviewer(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await answered_by_one(house)
        with pytest.raises(Refused, match="has answered nothing"):
            await house.review.second(ANOTHER_OF_ME, trace_id)


async def test_g10_the_second_reviewer_gives_no_first_answer_under_another_account(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidate_id = await answered_by_one(house)
        await house.review.second(OTHER, trace_id)
        await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        with pytest.raises(Refused, match="second person of their own") as no:
            await house.confirm(candidate_id, Answer.NOT_SAME, ANOTHER_OF_OTHER)
        assert no.value.rule == "G10"


async def test_g10_whoever_has_seen_the_answers_is_not_blind_any_more(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await answered_by_one(house)
        await house.tracing.detail(OTHER, trace_id)
        with pytest.raises(Refused, match="seen no answers"):
            await house.review.second(OTHER, trace_id)


async def test_g10_whoever_has_seen_the_answers_is_not_blind_under_another_account(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await answered_by_one(house)
        await house.tracing.detail(OTHER, trace_id)
        with pytest.raises(Refused, match="seen no answers"):
            await house.review.second(ANOTHER_OF_OTHER, trace_id)


async def test_g10_a_second_reviewer_is_as_blind_under_another_account(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await answered_by_one(house)
        await house.review.second(OTHER, trace_id)
        (candidate,) = (await house.tracing.detail(ANOTHER_OF_OTHER, trace_id)).candidates
        assert (candidate.answer, candidate.decided_by) == (None, "")


async def test_g10_there_is_one_second_reviewer(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, _ = await answered_by_one(house)
        await house.review.second(OTHER, trace_id)
        await house.review.second(OTHER, trace_id)
        with pytest.raises(Refused, match="colleague is the second reviewer"):
            await house.review.second(THIRD, trace_id)


async def test_g10_a_second_reviewer_takes_nothing_back_after_seeing_the_first_answers(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidate_id = await answered_by_one(house)
        await house.review.second(OTHER, trace_id)
        said = await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        await house.tracing.detail(OTHER, trace_id)  # everything answered: now they see both
        with pytest.raises(Refused, match="seen the first answers"):
            await house.review.undo(seen(OTHER, said.version), candidate_id)


async def test_g10_a_second_reviewer_answers_nothing_anew_after_seeing_the_first_answers(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidate_id = await answered_by_one(house)
        await house.review.second(OTHER, trace_id)
        await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        await house.tracing.detail(OTHER, trace_id)
        with pytest.raises(Refused, match="seen the first answers"):
            await house.confirm(candidate_id, Answer.SAME, OTHER)
        after = (await house.tracing.detail(ME, trace_id)).candidates[0]
        assert after.second_answer is Answer.NOT_SAME


@pytest.mark.parametrize("answer", Answer)
async def test_g10_the_events_say_that_there_is_an_answer_and_never_which(
    tmp_path: Path, answer: Answer
) -> None:
    """Whoever is to be the second reviewer has listened all the while."""
    async with a_house(tmp_path) as house:
        _, candidate_id = await answered_by_one(house)
        said = await house.confirm(candidate_id, answer)
        await house.review.undo(seen(ME, said.version), candidate_id)
        told = [e for e in await house.store.run(lambda tx: events.after(tx, 0)) if e.kind == "decide"]
        assert [e.state for e in told] == ["answered"] * 3


async def test_g10_the_database_itself_takes_no_second_answer_of_the_first_person(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, candidate_id = await answered_by_one(house)

        async def forge(tx: Transaction) -> None:
            await tx.execute(
                "INSERT INTO decision (decision_id, candidate_id, number, person, at, answer, part)"
                " VALUES ('d', ?, 99, 'investigator', '2026-03-05', 'same', 'second')",
                (candidate_id,),
            )

        with pytest.raises(sqlite3.IntegrityError, match="second person"):
            await house.store.run(forge)


async def second_comes_first(house: House) -> tuple[str, str]:
    """A trace of one candidate about which OTHER has given the second answer, and nobody a first one."""
    await house.case()
    house.pool.tracks = lambda request: (
        (a_track(),) if request.window.window_id == house.pool.grants[0].window_id else ()
    )
    found = await house.traced()
    trace_id, candidate_id = found.trace.trace_id, found.candidates[0].candidate_id
    await house.review.second(OTHER, trace_id)
    await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
    return trace_id, candidate_id


async def test_g10_a_second_answer_that_comes_first_is_shown_to_nobody_before_a_first_one_stands(
    tmp_path: Path,
) -> None:
    """Of two who know of each other one only repeats."""
    async with a_house(tmp_path) as house:
        trace_id, candidate_id = await second_comes_first(house)
        (candidate,) = (await house.tracing.detail(ME, trace_id)).candidates
        assert (candidate.second_answer, candidate.second_by) == (None, "")
        (own,) = (await house.tracing.detail(OTHER, trace_id)).candidates
        assert own.second_answer is Answer.NOT_SAME
        said = await house.confirm(candidate_id, Answer.SAME)
        assert said.second_answer is Answer.NOT_SAME
        (candidate,) = (await house.tracing.detail(ME, trace_id)).candidates
        assert candidate.second_answer is Answer.NOT_SAME


async def test_g10_the_reply_to_a_note_shows_no_second_answer_before_a_first_one_stands(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidate_id = await second_comes_first(house)
        version = (await house.tracing.detail(ME, trace_id)).candidates[0].version
        noted = await house.noting.note(seen(ME, version), candidate_id, CandidateNote(text="by the door"))
        assert (noted.second_answer, noted.second_by) == (None, "")
        wished = await house.noting.second(ME, candidate_id, SecondWanted())
        assert (wished.second_answer, wished.second_by) == (None, "")
