"""G10: what reviewers leave for each other tells a blind second reviewer nothing of the first answers."""

from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Asked
from engine.api.board import Board
from engine.api.case_schema import KeptText
from engine.api.keeping import Keeping
from engine.api.review_schema import CandidateNote, SecondWanted, SetAside
from engine.api.schema import CandidateView
from engine.domain.decision import Answer
from engine.domain.errors import Refused
from engine.domain.track import Track
from engine.trace.footage_table import Footage
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, by, seen

ANOTHER_OF_OTHER = by("colleague-2", 1008, login_uid=1002)
TOLD = "it is him, look at the ear"


async def a_trace(house: House, count: int = 2) -> tuple[str, list[str]]:
    """A trace with candidates, of which ME has confirmed the first and noted so; trace and candidates."""
    await house.case()
    house.pool.tracks = lambda request: (
        tuple(a_track(seconds=60.0 + 90 * n, llr=6.0 - n) for n in range(count))
        if request.window.window_id == house.pool.grants[0].window_id
        else ()
    )
    found = await house.traced()
    candidates = [c.candidate_id for c in found.candidates]
    said = await house.confirm(candidates[0], Answer.SAME)
    await house.noting.note(seen(ME, said.version), candidates[0], CandidateNote(text=TOLD))
    return found.trace.trace_id, candidates


async def read(house: House, trace_id: str, who: Asked) -> dict[str, CandidateView]:
    return {c.candidate_id: c for c in (await house.tracing.detail(who, trace_id)).candidates}


async def test_g10_a_blind_second_reviewer_reads_no_note_of_others(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        await house.review.second(OTHER, trace_id)
        for who in (OTHER, ANOTHER_OF_OTHER):
            view = (await read(house, trace_id, who))[candidates[0]]
            assert (view.note, view.noted_by) == ("", "")
        said = await house.confirm(candidates[0], Answer.NOT_SAME, OTHER)
        assert said.note == ""
        assert (await read(house, trace_id, OTHER))[candidates[0]].note == ""
        await house.confirm(candidates[1], Answer.NOT_SAME, OTHER)
        assert (await read(house, trace_id, OTHER))[candidates[0]].note == TOLD


async def test_g10_a_blind_second_reviewer_writes_over_no_note_of_others(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        await house.review.second(OTHER, trace_id)
        version = (await read(house, trace_id, OTHER))[candidates[0]].version
        with pytest.raises(Refused, match="answer everything first") as no:
            await house.noting.note(seen(OTHER, version), candidates[0], CandidateNote(text="mine"))
        assert no.value.rule == "G10"
        own = await house.noting.note(seen(OTHER), candidates[1], CandidateNote(text="mine"))
        assert (own.note, own.noted_by, own.answer) == ("mine", OTHER.name, None)


async def test_g10_whoever_has_read_a_note_of_others_is_no_second_reviewer(tmp_path: Path) -> None:
    """Also of a candidate that nobody has answered."""
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        version = (await read(house, trace_id, ME))[candidates[0]].version
        await house.review.undo(seen(ME, version), candidates[0])
        assert (await read(house, trace_id, OTHER))[candidates[0]].note == TOLD
        with pytest.raises(Refused, match="seen no answers"):
            await house.review.second(OTHER, trace_id)


async def test_g10_whoever_was_told_an_answer_with_their_own_note_is_no_second_reviewer(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        wished = await house.noting.second(OTHER, candidates[0], SecondWanted())
        assert wished.answer is Answer.SAME
        with pytest.raises(Refused, match="seen no answers"):
            await house.review.second(OTHER, trace_id)


async def test_g10_whoever_was_told_the_way_to_what_others_confirmed_is_no_second_reviewer(
    tmp_path: Path,
) -> None:
    """A candidate that nobody answered says how far it is from the one that somebody confirmed."""
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        wished = await house.noting.second(OTHER, candidates[1], SecondWanted())
        assert wished.answer is None
        assert any("the confirmed sighting at" in words for words in wished.evidence)
        with pytest.raises(Refused, match="seen no answers"):
            await house.review.second(OTHER, trace_id)


async def test_g10_a_blind_second_reviewer_sees_that_they_are_wanted_and_not_the_answer(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        await house.noting.second(ME, candidates[0], SecondWanted())
        await house.review.second(OTHER, trace_id)
        view = (await read(house, trace_id, OTHER))[candidates[0]]
        assert (view.second_wanted_by, view.answer, view.decided_by) == (ME.name, None, "")
        again = await house.noting.second(OTHER, candidates[0], SecondWanted())
        assert (again.answer, again.decided_by, again.note) == (None, "", "")


async def test_g10_nobody_else_takes_the_wish_for_a_second_reviewer_back(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        _, candidates = await a_trace(house)
        await house.noting.second(OTHER, candidates[1], SecondWanted())
        with pytest.raises(Refused, match="colleague asked for it"):
            await house.noting.second(ME, candidates[1], SecondWanted(wanted=False))


async def test_g10_a_blind_second_reviewer_sets_nothing_aside_to_see_sooner(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        await house.review.second(OTHER, trace_id)
        with pytest.raises(Refused, match="sets nothing aside") as no:
            await house.noting.set_aside(OTHER, trace_id, SetAside(candidate_ids=(candidates[1],)))
        assert no.value.rule == "G10"


async def test_g10_what_was_set_aside_keeps_no_second_reviewer_waiting(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house, 3)
        await house.review.second(OTHER, trace_id)
        await house.noting.set_aside(ME, trace_id, SetAside(candidate_ids=(candidates[2],)))
        await house.confirm(candidates[2], Answer.NOT_SAME, OTHER)  # of the one that was set aside
        assert (await read(house, trace_id, OTHER))[candidates[0]].answer is None
        await house.confirm(candidates[0], Answer.NOT_SAME, OTHER)
        assert (await read(house, trace_id, OTHER))[candidates[0]].second_answer is None
        await house.confirm(candidates[1], Answer.NOT_SAME, OTHER)
        view = (await read(house, trace_id, OTHER))[candidates[0]]
        assert (view.answer, view.second_answer) == (Answer.SAME, Answer.NOT_SAME)


async def test_g10_what_was_set_aside_is_no_rejection(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        await house.noting.set_aside(ME, trace_id, SetAside(candidate_ids=(candidates[1],)))
        view = (await read(house, trace_id, ME))[candidates[1]]
        assert (view.aside, view.answer, view.infeasible) == (True, None, "")
        assert len(await house.store.run(lambda tx: house.context.reviews.decisions(tx, trace_id))) == 1


async def test_g10_a_blind_second_reviewer_hears_of_no_conflict_of_the_first_answers(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda request: (
            (a_track(), moved_aside()) if request.window.window_id == house.pool.grants[0].window_id else ()
        )
        found = await house.traced()
        trace_id = found.trace.trace_id
        for candidate in found.candidates:
            await house.confirm(candidate.candidate_id, Answer.SAME)
        assert len((await house.tracing.detail(ME, trace_id)).conflicts) == 1
        await house.review.second(OTHER, trace_id)
        assert (await house.tracing.detail(OTHER, trace_id)).conflicts == ()


def moved_aside() -> Track:
    """Somebody else in the same picture."""
    track = a_track(llr=4.0)
    points = tuple(msgspec.structs.replace(p, box=(400.0, 100.0, 60.0, 80.0)) for p in track.points)
    return msgspec.structs.replace(track, points=points)


async def test_g10_a_blind_second_reviewer_reads_no_handover_of_others(tmp_path: Path) -> None:
    """It may say what they answered; nor is it written over unread."""
    async with a_house(tmp_path) as house:
        trace_id, candidates = await a_trace(house)
        keeping, board = Keeping(house.context), Board(house.context, Footage(house.context))
        await keeping.keep(seen(ME, 0), "A", "handover", KeptText(text=TOLD))
        await house.review.second(OTHER, trace_id)
        for who in (OTHER, ANOTHER_OF_OTHER):
            (case,) = await board.cases(who)
            assert case.handover is None
            for attempt in (
                keeping.kept(who, "A", "handover"),
                keeping.keep(who, "A", "handover", KeptText(text="mine")),
            ):
                with pytest.raises(Refused, match="answer everything first") as no:
                    await attempt
                assert no.value.rule == "G10"
        for candidate_id in candidates:
            await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
        assert (await keeping.kept(OTHER, "A", "handover")).text == TOLD
        (case,) = await board.cases(OTHER)
        assert case.handover is not None and case.handover.text == TOLD
        (own,) = await board.cases(ME)
        assert own.handover is not None
