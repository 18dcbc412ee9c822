from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.api.client import EngineSaysNo
from engine.api.noting import MOST_AT_ONCE
from engine.api.review import LOOK_FOR_S
from engine.api.review_schema import MOST_NOTE_CHARACTERS
from engine.api.schema import CandidateView, TraceDetail
from engine.domain.decision import Answer
from engine.domain.trace import TraceState
from engine.domain.track import Track
from engine.ports import Transaction, WindowRequest
from tests.engine.api.conftest import House
from tests.engine.api.requests import traced
from tests.engine.fakes import a_track, at, points


async def a_trace(house: House, count: int = 3, cameras: tuple[str, ...] = ("cam1",)) -> TraceDetail:
    """A finished trace with candidates a quarter of a minute apart, best first."""

    def found(number: int) -> Track:
        camera = cameras[number % len(cameras)]
        return a_track(camera, number, 0.25, llr=9.0 - number, calibration="rendered heads")

    house.pool.found = _once(tuple(found(n) for n in range(count)))
    trace = await traced(house.client, house.pool)
    return await house.client.trace(trace.trace_id)


def _once(tracks: tuple[Track, ...]) -> Callable[[WindowRequest], tuple[Track, ...]]:
    """The first window gives them, the others nothing."""
    left = [tracks]
    return lambda _: left.pop() if left else ()


async def answered(house: House, candidate: CandidateView, answer: Answer = Answer.SAME) -> CandidateView:
    view = await house.client.view(candidate.candidate_id, 80.0)
    house.clock.forward(LOOK_FOR_S)
    return await house.client.decide(candidate.candidate_id, view.view_id, answer, version=view.version)


def ids(detail: TraceDetail) -> tuple[str, ...]:
    return tuple(c.candidate_id for c in detail.candidates)


# --- notes ----------------------------------------------------------------------------------------


async def test_a_note_stands_beside_its_candidate_until_it_is_taken_away(house: House) -> None:
    (candidate,) = (await a_trace(house, 1)).candidates
    noted = await house.client.note(candidate.candidate_id, " ask about the coat ", version=candidate.version)
    assert (noted.note, noted.noted_by) == ("ask about the coat", (await house.client.hello()).person)
    (read,) = (await house.client.trace(candidate.trace_id)).candidates
    assert (read.note, read.version) == (noted.note, noted.version)
    gone = await house.client.note(candidate.candidate_id, "", version=noted.version)
    assert (gone.note, gone.noted_by) == ("", "")


async def test_of_two_who_note_at_once_one_is_told_of_the_other(house: House) -> None:
    (candidate,) = (await a_trace(house, 1)).candidates
    await house.client.note(candidate.candidate_id, "one", version=candidate.version)
    with pytest.raises(EngineSaysNo, match="the candidate was changed by") as no:
        await house.client.note(candidate.candidate_id, "two", version=candidate.version)
    assert no.value.status == 409


@pytest.mark.parametrize(
    ("text", "says"),
    [("x" * (MOST_NOTE_CHARACTERS + 1), "2001 characters"), ("a\x1b[2Jb", "control characters")],
)
async def test_a_note_is_plain_and_of_a_length(house: House, text: str, says: str) -> None:
    (candidate,) = (await a_trace(house, 1)).candidates
    with pytest.raises(EngineSaysNo, match=says):
        await house.client.note(candidate.candidate_id, text, version=candidate.version)


async def test_the_audit_knows_that_a_note_was_written_and_none_of_its_words(house: House) -> None:
    (candidate,) = (await a_trace(house, 1)).candidates
    await house.client.note(candidate.candidate_id, "Kim Minsu", version=candidate.version)
    (line,) = [line for line in await house.client.audit() if line.action == "note"]
    assert (line.object, line.outcome) == (candidate.candidate_id, "written")

    async def everything(tx: Transaction) -> bytes:
        rows = [*await tx.rows("SELECT line FROM audit"), *await tx.rows("SELECT sealed FROM remark")]
        return b"".join(row[0] if isinstance(row[0], bytes) else row[0].encode() for row in rows)

    assert b"Minsu" not in await house.context.store.run(everything)


async def test_notes_wishes_and_ranges_go_with_the_faces(house: House) -> None:
    first, second = (await a_trace(house, 2)).candidates
    await house.client.note(first.candidate_id, "a note", version=first.version)
    await house.client.want_second(first.candidate_id)
    await house.client.set_aside(first.trace_id, (second.candidate_id,))
    await house.context.store.run(lambda tx: house.context.reviews.forget_faces(tx, "case-1"))
    for table in ("remark", "second_wanted", "set_aside", "candidate"):
        assert await house.context.store.run(lambda tx, t=table: tx.rows(f"SELECT * FROM {t}")) == []  # type: ignore[misc]


# --- second eyes ----------------------------------------------------------------------------------


async def test_a_second_reviewer_is_wanted_until_that_is_taken_back(house: House) -> None:
    (candidate,) = (await a_trace(house, 1)).candidates
    wanted = await house.client.want_second(candidate.candidate_id)
    assert wanted.second_wanted_by == (await house.client.hello()).person
    assert wanted.version == candidate.version  # who has the card open can still answer
    await house.client.want_second(candidate.candidate_id)
    assert (await house.client.want_second(candidate.candidate_id, wanted=False)).second_wanted_by == ""
    outcomes = [line.outcome for line in await house.client.audit() if line.action == "second wanted"]
    assert outcomes == ["wanted", "taken back"]


# --- ranges ---------------------------------------------------------------------------------------


async def test_a_trace_whose_others_are_answered_is_complete_and_waits_again_once_they_are_taken_up(
    house: House,
) -> None:
    first, *rest = (await a_trace(house)).candidates
    await answered(house, first)
    left = tuple(c.candidate_id for c in rest)
    after = await house.client.set_aside(first.trace_id, left)
    assert (after.trace.state, after.trace.undecided, after.trace.aside) == (TraceState.COMPLETE, 0, 2)
    assert [c.aside for c in after.candidates] == [False, True, True]
    assert all(c.answer is None for c in after.candidates[1:])
    back = await house.client.set_aside(first.trace_id, left[:1], aside=False)
    assert (back.trace.state, back.trace.undecided, back.trace.aside) == (TraceState.AWAITING_REVIEW, 1, 1)
    (line,) = [line for line in await house.client.audit() if line.outcome == "set aside"]
    assert line.object == first.trace_id


async def test_an_answer_to_what_was_set_aside_counts_and_takes_it_out(house: House) -> None:
    found = await a_trace(house, 2)
    await house.client.set_aside(found.trace.trace_id, ids(found))
    said = await answered(house, found.candidates[0], Answer.NOT_SAME)
    assert not said.aside
    after = await house.client.trace(found.trace.trace_id)
    assert (after.trace.undecided, after.trace.aside) == (0, 1)
    await house.client.undo(said.candidate_id, version=said.version)
    assert (await house.client.trace(found.trace.trace_id)).trace.undecided == 1


async def test_a_range_is_set_aside_whole_or_not_at_all(house: House) -> None:
    found = await a_trace(house)
    await answered(house, found.candidates[0])
    trace_id = found.trace.trace_id
    with pytest.raises(EngineSaysNo, match=f"candidate {ids(found)[0]} has an answer"):
        await house.client.set_aside(trace_id, ids(found))
    with pytest.raises(EngineSaysNo, match="there is no 'nobody' in this trace"):
        await house.client.set_aside(trace_id, (ids(found)[1], "nobody"))
    for wrong in ((), tuple(str(n) for n in range(MOST_AT_ONCE + 1))):
        with pytest.raises(EngineSaysNo, match="not 1 to 5000"):
            await house.client.set_aside(trace_id, wrong)
    assert (await house.client.trace(trace_id)).trace.aside == 0


async def test_closing_a_case_still_says_that_nobody_answered_what_was_set_aside(house: House) -> None:
    found = await a_trace(house, 2)
    await house.client.set_aside(found.trace.trace_id, ids(found))
    (case,) = await house.client.cases()
    answer = await house.raw.post(
        "/cases/case-1/close", content=b'{"reason": "over"}', headers={"If-Match": f'"{case.version}"'}
    )
    assert "2 candidates wait for an answer, 2 of them set aside" in answer.json()["message"]


# --- what the model and the confirmed sightings say -----------------------------------------------


async def test_the_rank_and_the_calibration_are_told_with_the_answer_and_to_nobody_else(house: House) -> None:
    found = await a_trace(house)
    assert all(c.opinion == () for c in found.candidates)
    said = await answered(house, found.candidates[1], Answer.NOT_SAME)
    words = ("1 other candidate of this trace scores as high", "calibrated on rendered heads")
    assert said.opinion == words
    after = (await house.client.trace(found.trace.trace_id)).candidates
    assert [c.opinion for c in after] == [(), words, ()]


async def test_the_way_from_a_confirmed_sighting_is_among_the_evidence(house: House) -> None:
    found = await a_trace(house, 2, ("cam1", "cam2"))
    assert all("no confirmed sighting yet" in c.evidence for c in found.candidates)
    await answered(house, found.candidates[0])
    after = (await house.client.trace(found.trace.trace_id)).candidates
    assert any(w.startswith("200 m and 45 s after the confirmed sighting at cam1") for w in after[1].evidence)


async def test_confirmed_sightings_that_cannot_both_be_are_told_as_a_conflict(house: House) -> None:
    left = a_track("cam1", 0.0, 0.25)
    right = a_track("cam1", 0.0, 0.25, points=points(0.0, 0.25, x_px=500.0))
    house.pool.found = _once((left, right))
    trace = await traced(house.client, house.pool)
    detail = await house.client.trace(trace.trace_id)
    assert detail.conflicts == ()
    for candidate in detail.candidates:
        await answered(house, candidate)
    (conflict,) = (await house.client.trace(trace.trace_id)).conflicts
    assert {conflict.first_id, conflict.second_id} == set(ids(detail))
    assert conflict.because == "both stand in one picture of cam1 by the door: they are two people"


async def test_a_trace_tells_the_cameras_of_its_authorisation_and_who_asked_for_it(house: House) -> None:
    detail = await a_trace(house, 1)
    assert detail.scope_cameras == ("cam1", "cam2")
    assert detail.trace.requested_by == (await house.client.hello()).person


# --- clips ----------------------------------------------------------------------------------------


async def test_a_clip_comes_with_its_rate_and_stores_nothing(house: House) -> None:
    (candidate,) = (await a_trace(house, 1)).candidates
    before = await house.context.store.run(lambda tx: tx.rows("SELECT pictures FROM candidate"))
    clip = await house.client.clip(candidate.candidate_id)
    assert (clip.candidate_id, clip.rate_hz) == (candidate.candidate_id, 5.0)
    assert [frame.kind for frame in clip.frames] == ["clip", "clip"]
    assert before == await house.context.store.run(lambda tx: tx.rows("SELECT pictures FROM candidate"))
    (grant,) = house.pool.clips
    assert grant.interval.start == at(0) - timedelta(seconds=2)


async def test_a_clip_of_footage_that_is_gone_is_refused_in_plain_words(house: House) -> None:
    house.pool.found = _once((a_track("cam1", 0.0, 0.25),))
    trace = await traced(house.client, house.pool)
    (candidate,) = (await house.client.trace(trace.trace_id)).candidates
    object.__setattr__(house.context.site, "segments", lambda _: ())
    with pytest.raises(EngineSaysNo, match="camera cam1 has no footage of these seconds any more"):
        await house.client.clip(candidate.candidate_id)
