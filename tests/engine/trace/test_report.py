import pytest

from engine.domain.decision import Answer, Decision
from engine.domain.errors import Refused
from engine.domain.track import Track
from engine.domain.visit import VisitBasis
from engine.ports import WindowRequest
from engine.trace.context import Context
from engine.trace.report import TraceReport, report
from tests.engine.fakes import (
    FakePool,
    a_decision,
    a_neighbour,
    a_record,
    a_site,
    a_track,
    disc,
    queued,
    with_case,
    worked,
)


@pytest.fixture
async def reviewed(context: Context, pool: FakePool) -> Context:
    """A finished trace with one candidate at noon, somebody beside it."""

    def found(request: WindowRequest) -> tuple[object, ...]:
        noon = a_track().interval.start
        return (a_track(neighbours=(a_neighbour(),)),) if request.window.interval.start == noon else ()

    pool.found = found  # type: ignore[assignment]
    await queued(context)
    await with_case(context, records=[a_record(200, where=disc(3_000), place_id="pier")])
    await worked(context)
    return context


async def read(context: Context) -> TraceReport:
    trace = await context.store.run(lambda tx: context.traces.get(tx, "trace-1"))
    return await context.store.run(lambda tx: report(context, tx, trace))


async def decide(context: Context, answer: Answer | None, **given: object) -> Decision:
    (candidate,) = (await read(context)).candidates
    made = a_decision(candidate.candidate_id, answer, **given)
    await context.store.run(lambda tx: context.reviews.add_decision(tx, made))
    return made


async def test_before_anybody_answered_there_are_visits_from_records_and_no_exposures(
    reviewed: Context,
) -> None:
    found = await read(reviewed)
    assert len(found.candidates) == 1
    assert {v.basis for v in found.visits} == {VisitBasis.RECORD}
    assert found.exposures == ()
    assert found.decisions == {}


async def test_a_confirmation_brings_the_sighting_and_the_people_beside_it(reviewed: Context) -> None:
    await decide(reviewed, Answer.SAME)
    found = await read(reviewed)
    assert {v.basis for v in found.visits} >= {VisitBasis.SIGHTING} or {v.basis for v in found.visits} >= {
        VisitBasis.BOTH
    }
    assert [e.person for e in found.exposures] == ["U-001"]


async def test_taking_it_back_takes_them_back(reviewed: Context) -> None:
    made = await decide(reviewed, Answer.SAME)
    await decide(reviewed, None, decision_id="undo", withdraws=made.decision_id)
    found = await read(reviewed)
    assert {v.basis for v in found.visits} == {VisitBasis.RECORD}
    assert found.exposures == ()


async def test_reading_changes_nothing(reviewed: Context) -> None:
    await decide(reviewed, Answer.SAME)
    first, second = await read(reviewed), await read(reviewed)
    assert (first.visits, first.gaps, first.exposures) == (second.visits, second.gaps, second.exposures)


async def test_gaps_lie_inside_the_infectious_window_and_outside_every_stay(reviewed: Context) -> None:
    found = await read(reviewed)
    assert found.gaps
    for gap in found.gaps:
        assert found.found.infectious.contains(gap.interval)
        for visit in found.visits:
            assert visit.interval.end <= gap.interval.start or gap.interval.end <= visit.interval.start


async def test_places_are_shown_by_their_names(reviewed: Context) -> None:
    await decide(reviewed, Answer.SAME)
    assert a_site().labels["place-cam1"] in {v.label for v in (await read(reviewed)).visits}


async def test_the_windows_that_were_read_are_told_in_order_and_those_left_out_are_not(
    context: Context, pool: FakePool
) -> None:
    asked: list[WindowRequest] = []

    def found(request: WindowRequest) -> tuple[Track, ...]:
        asked.append(request)
        if len(asked) == 2:
            raise Refused("the hours of the patient are used up", rule="G4")
        return ()

    pool.found = found
    await queued(context)
    await with_case(context, records=[a_record(200, where=disc(3_000), place_id="pier")])
    await worked(context)
    read_ones = [r.window for r in asked if r is not asked[1]]
    opened = (await read(context)).opened
    assert len(read_ones) > 2
    assert sorted(w.window_id for w in opened) == sorted(w.window_id for w in read_ones)
    assert list(opened) == sorted(opened, key=lambda w: (w.camera_id, w.interval.start))
