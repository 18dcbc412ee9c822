"""G10: a candidate is a fact only after a person saw it large enough, attacked through the engine's API."""

from pathlib import Path

import msgspec
import pytest

from engine.api.asked import Asked
from engine.api.schema import DecisionRequest
from engine.domain.decision import Answer, UnclearBecause
from engine.domain.errors import InputError, Refused
from engine.domain.trace import TraceState
from tests.guarantees.house import ME, OTHER, House, a_house, a_track, seen


async def two_candidates(house: House) -> tuple[str, str]:
    """A trace that found two sightings, each with people beside; its candidates."""
    await house.case()
    house.pool.tracks = lambda request: (
        (a_track(seconds=60.0, llr=40.0, neighbours=2), a_track(seconds=400.0, llr=35.0, neighbours=1))
        if request.window.window_id == house.pool.grants[0].window_id
        else ()
    )
    found = await house.traced()
    assert found.trace.state is TraceState.AWAITING_REVIEW
    first, second = (c.candidate_id for c in found.candidates)
    return first, second


def answer(view_id: str, said: Answer = Answer.SAME) -> DecisionRequest:
    return DecisionRequest(view_id=view_id, answer=said)


async def refused(house: House, candidate_id: str, view_id: str, person: Asked = ME) -> None:
    with pytest.raises(Refused) as no:
        await house.review.decide(seen(person), candidate_id, answer(view_id))
    assert no.value.rule == "G10"
    assert not await house.store.run(lambda tx: tx.rows("SELECT * FROM decision"))


async def test_g10_a_view_large_and_long_enough_lets_a_person_confirm(tmp_path: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        view = await house.review.view(ME, first, 60.0)
        assert view.adequate
        house.clock.pass_s(0.7)
        assert (await house.review.decide(seen(ME), first, answer(view.view_id))).answer is Answer.SAME


@pytest.mark.parametrize("view_id", ["", "made-up", "0" * 16])
async def test_g10_nobody_confirms_without_a_view(tmp_path: Path, view_id: str) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        await refused(house, first, view_id)


async def test_g10_nobody_confirms_from_the_view_of_somebody_else(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        view = await house.review.view(OTHER, first, 200.0)
        house.clock.pass_s(5.0)
        await refused(house, first, view.view_id, ME)


async def test_g10_nobody_confirms_from_the_view_of_another_candidate(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, second = await two_candidates(house)
        view = await house.review.view(ME, first, 200.0)
        house.clock.pass_s(5.0)
        await refused(house, second, view.view_id)


@pytest.mark.parametrize("height_px", [0.1, 12.0, 59.9])
async def test_g10_nobody_confirms_from_too_small_a_view(tmp_path: Path, height_px: float) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        view = await house.review.view(ME, first, height_px)
        assert not view.adequate
        house.clock.pass_s(5.0)
        await refused(house, first, view.view_id)


@pytest.mark.parametrize("height_px", [0.0, -100.0, float("nan"), float("inf")])
async def test_g10_a_view_of_impossible_size_shows_nothing(tmp_path: Path, height_px: float) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        with pytest.raises(InputError):
            await house.review.view(ME, first, height_px)
        assert not await house.store.run(lambda tx: tx.rows("SELECT * FROM view"))


async def test_g10_a_small_view_does_not_grow_by_a_large_one_of_another_candidate(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, second = await two_candidates(house)
        small = await house.review.view(ME, first, 20.0)
        await house.review.view(ME, second, 200.0)
        house.clock.pass_s(5.0)
        await refused(house, first, small.view_id)


@pytest.mark.parametrize("after_s", [0.0, 0.35, 0.69])
@pytest.mark.parametrize("said", list(Answer))
async def test_g10_no_answer_counts_within_700_ms(tmp_path: Path, after_s: float, said: Answer) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        view = await house.review.view(ME, first, 200.0)
        house.clock.pass_s(after_s)
        request = DecisionRequest(view_id=view.view_id, answer=said, because=UnclearBecause.BLUR)
        with pytest.raises(Refused) as no:
            await house.review.decide(seen(ME), first, request)
        assert no.value.rule == "G10"


async def test_g10_a_wall_clock_turned_back_does_not_help_a_held_key(tmp_path: Path) -> None:
    """The view is made while the clock is wrong by an hour, so that it looks old once it is right."""
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        house.clock.wall = house.clock.wall.replace(year=2025)
        view = await house.review.view(ME, first, 200.0)
        house.clock.pass_s(0.1)
        await refused(house, first, view.view_id)


async def test_g10_who_answers_is_never_a_field_of_the_request() -> None:
    for field in ("person", "decided_by", "decided_at", "face_height_px"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"view_id": "v", "answer": "same", field: "somebody"}, DecisionRequest)


async def test_g10_pictures_leave_only_after_the_view_is_in_the_audit(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        view = await house.review.view(ME, first, 200.0)
        assert view.pictures
        seen = [line for line in await house.audit() if line.action == "view"]
        assert [(line.person, line.object, line.outcome) for line in seen] == [(ME.name, first, "intent")]


async def test_g10_no_picture_leaves_where_the_audit_cannot_be_written(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        await house.store.run(
            lambda tx: tx.execute(
                "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        )
        with pytest.raises(Exception, match="full"):
            await house.review.view(ME, first, 200.0)
        assert not await house.store.run(lambda tx: tx.rows("SELECT * FROM view"))


@pytest.mark.parametrize("said", [None, Answer.NOT_SAME, Answer.CANNOT_TELL])
async def test_g10_what_nobody_confirmed_is_no_visit_and_no_exposure(
    tmp_path: Path, said: Answer | None
) -> None:
    """However far the score speaks for the patient."""
    async with a_house(tmp_path) as house:
        candidates = await two_candidates(house)
        if said is not None:
            for candidate_id in candidates:
                await house.confirm(candidate_id, said)
        (row,) = await house.tracing.everything()
        found = await house.tracing.detail(ME, row.trace_id)
        assert found.exposures == ()
        assert [(v.basis, v.cameras) for v in found.visits] == [("record", ())]


async def test_g10_one_confirmation_makes_a_fact_of_that_one_only(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, second = await two_candidates(house)
        await house.confirm(first, Answer.SAME)
        (row,) = await house.tracing.everything()
        found = await house.tracing.detail(ME, row.trace_id)
        assert {e.candidate_id for e in found.exposures} == {first}
        assert row.undecided == 1
        assert row.state is TraceState.AWAITING_REVIEW
        assert second not in {e.candidate_id for e in found.exposures}


async def test_g10_an_answer_taken_back_is_no_fact_any_more(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, _ = await two_candidates(house)
        await house.confirm(first, Answer.SAME)
        with pytest.raises(Refused):
            await house.review.undo(seen(OTHER, 2), first)
        await house.review.undo(seen(ME, 2), first)
        (row,) = await house.tracing.everything()
        found = await house.tracing.detail(ME, row.trace_id)
        assert found.exposures == ()
        assert {v.basis for v in found.visits} == {"record"}


async def test_g10_the_opinion_of_the_model_comes_after_the_answer(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        first, second = await two_candidates(house)
        await house.confirm(first, Answer.SAME)
        (row,) = await house.tracing.everything()
        said = {c.candidate_id: c.support for c in (await house.tracing.detail(ME, row.trace_id)).candidates}
        assert said[first]
        assert not said[second]
