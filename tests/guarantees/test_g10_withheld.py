"""G10: who may still be the second reviewer that is wanted is told nothing before they have said whether."""

from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Asked
from engine.api.contact_schema import ExportKind
from engine.api.review_schema import CandidateNote, SecondWanted, SetAside
from engine.api.schema import CandidateView
from engine.domain.decision import Answer
from engine.domain.errors import Refused
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, by, seen
from tests.guarantees.line_house import LIST, both_answer, exporting, lists, meetings, on_server
from tests.guarantees.server_house import KIM, LEE

ANOTHER_OF_OTHER = by("colleague-2", 1008, login_uid=1002)
THIRD = by("third", 1003)
NOTED = "it is him, look at the ear"


async def wanted(house: House) -> tuple[str, list[str]]:
    """A trace of three candidates. ME has confirmed the first two, which contradict each other, noted so
    at the first, and wants a second reviewer of it; trace and candidates."""
    await house.case()
    house.pool.tracks = lambda request: (
        tuple(a_track(seconds=60.0 + 5 * n, llr=6.0 - n, neighbours=1) for n in range(3))
        if request.window.window_id == house.pool.grants[0].window_id
        else ()
    )
    found = await house.traced()
    trace_id = found.trace.trace_id
    candidates = [c.candidate_id for c in found.candidates]
    said = await house.confirm(candidates[0], Answer.SAME)
    await house.noting.note(seen(ME, said.version), candidates[0], CandidateNote(text=NOTED))
    await house.confirm(candidates[1], Answer.SAME)
    await house.noting.second(ME, candidates[0], SecondWanted())
    return trace_id, candidates


async def read(house: House, trace_id: str, who: Asked) -> dict[str, CandidateView]:
    return {c.candidate_id: c for c in (await house.tracing.detail(who, trace_id)).candidates}


async def test_g10_who_looks_first_may_still_become_the_second_reviewer_who_is_wanted(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        for who in (OTHER, ANOTHER_OF_OTHER, OTHER):
            detail = await house.tracing.detail(who, trace_id)
            assert (detail.withheld, detail.blind) == (True, False)
            for candidate in detail.candidates:
                known = (candidate.answer, candidate.decided_by, candidate.support, candidate.opinion)
                assert known == (None, "", "", ())
                assert (candidate.note, candidate.noted_by) == ("", "")
            assert (detail.exposures, detail.conflicts) == ((), ())
            assert not any(visit.cameras for visit in detail.visits)
            first = next(c for c in detail.candidates if c.candidate_id == candidates[0])
            assert first.second_wanted_by == ME.name, "they see that they are wanted"
        assert (await house.tracing.detail(ME, trace_id)).candidates[0].answer is Answer.SAME
        await house.review.second(OTHER, trace_id)
        detail = await house.tracing.detail(OTHER, trace_id)
        assert (detail.withheld, detail.blind) == (False, True)


@pytest.mark.parametrize("who", [OTHER, ANOTHER_OF_OTHER], ids=["themselves", "under another account"])
async def test_g10_whoever_asks_for_the_first_answers_sees_them_and_is_no_second_reviewer(
    tmp_path: Path, who: Asked
) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        await house.tracing.detail(OTHER, trace_id)
        shown = await house.review.look(who, trace_id)
        assert not shown.withheld
        assert {c.candidate_id: c.note for c in shown.candidates}[candidates[0]] == NOTED
        assert not (await house.tracing.detail(OTHER, trace_id)).withheld
        with pytest.raises(Refused, match="seen no answers"):
            await house.review.second(OTHER, trace_id)
        lines = [line for line in await house.audit() if line.action == "second reviewer"]
        assert [(line.person, line.outcome) for line in lines] == [(who.name, "declined")]


async def test_g10_a_blind_second_reviewer_does_not_ask_for_the_first_answers(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        await house.review.second(OTHER, trace_id)
        shown = await house.review.look(OTHER, trace_id)
        assert shown.blind
        assert all((c.answer, c.note) == (None, "") for c in shown.candidates)
        await house.confirm(candidates[0], Answer.NOT_SAME, OTHER)
        assert await house.confirm(candidates[0], Answer.SAME, OTHER), "they may still change their mind"


async def test_g10_who_is_shown_no_answers_yet_puts_none_in_their_place(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        await read(house, trace_id, OTHER)
        for candidate_id in candidates:
            with pytest.raises(Refused, match="a second reviewer is wanted here") as no:
                await house.confirm(candidate_id, Answer.NOT_SAME, OTHER)
            assert no.value.rule == "G10"
        await house.review.look(OTHER, trace_id)
        assert (await house.confirm(candidates[2], Answer.NOT_SAME, OTHER)).decided_by == OTHER.name


async def test_g10_who_is_shown_no_answers_yet_sets_nothing_aside(tmp_path: Path) -> None:
    """They would become the second reviewer of what they have left, and see sooner."""
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        with pytest.raises(Refused, match="a second reviewer is wanted here"):
            await house.noting.set_aside(OTHER, trace_id, SetAside(candidate_ids=(candidates[2],)))


async def test_g10_who_is_shown_no_answers_yet_is_told_none_for_a_note_or_a_wish(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        version = (await read(house, trace_id, OTHER))[candidates[0]].version
        with pytest.raises(Refused, match="somebody else has noted something here"):
            await house.noting.note(seen(OTHER, version), candidates[0], CandidateNote(text="mine"))
        version = (await read(house, trace_id, OTHER))[candidates[1]].version
        noted = await house.noting.note(seen(OTHER, version), candidates[1], CandidateNote(text="mine"))
        wished = await house.noting.second(OTHER, candidates[1], SecondWanted())
        for view in (noted, wished):
            assert (view.answer, view.decided_by, view.note) == (None, "", "mine")
        await house.review.second(OTHER, trace_id)


async def test_g10_who_is_shown_no_answers_yet_reads_no_line_list_and_takes_none_out(tmp_path: Path) -> None:
    async with a_house(tmp_path, rehearsal=False) as house:
        trace_id, candidates = await on_server(house, meetings(60, 300))
        await both_answer(house, trace_id, candidates)
        await house.noting.second(KIM, candidates[0], SecondWanted())
        timeline = msgspec.structs.replace(LIST, kind=ExportKind.TIMELINE)
        for asking in (lists(house).all(LEE, "A"), exporting(house).export(LEE, "A", timeline)):
            with pytest.raises(Refused, match="a second reviewer is wanted") as no:
                await asking
            assert no.value.rule == "G10"
        await house.review.look(LEE, trace_id)
        assert await lists(house).all(LEE, "A")


async def test_g10_nothing_is_withheld_from_who_has_seen_or_answered_before(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        await house.noting.second(ME, candidates[0], SecondWanted(wanted=False))
        assert not (await house.tracing.detail(OTHER, trace_id)).withheld
        await house.noting.second(THIRD, candidates[0], SecondWanted())
        for who in (ME, OTHER, ANOTHER_OF_OTHER, THIRD):
            assert not (await house.tracing.detail(who, trace_id)).withheld, who.name
        for who in (OTHER, THIRD):
            with pytest.raises(Refused, match="seen no answers"):
                await house.review.second(who, trace_id)


async def test_g10_once_somebody_is_the_second_reviewer_others_see_and_are_remembered(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        trace_id, candidates = await wanted(house)
        assert (await house.tracing.detail(THIRD, trace_id)).withheld
        await house.review.second(OTHER, trace_id)
        detail = await house.tracing.detail(THIRD, trace_id)
        assert not detail.withheld
        assert {c.candidate_id: c.answer for c in detail.candidates}[candidates[0]] is Answer.SAME


async def test_g10_where_nobody_has_answered_nothing_is_withheld(tmp_path: Path) -> None:
    """Whoever comes first may answer, though a second reviewer is wanted already."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        found = await house.traced()
        candidate_id = found.candidates[0].candidate_id
        await house.noting.second(ME, candidate_id, SecondWanted())
        assert not (await house.tracing.detail(OTHER, found.trace.trace_id)).withheld
        assert (await house.confirm(candidate_id, Answer.SAME, OTHER)).decided_by == OTHER.name
