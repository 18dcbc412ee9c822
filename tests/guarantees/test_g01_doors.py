"""G1: ways round a door that is shut: another camera, a refused request, a late review, a look afterwards."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.api.forms import EmergencyRequest, EmergencyReview
from engine.api.review_schema import SetAside
from engine.api.schema import TraceStart
from engine.domain.camera import CameraWindow
from engine.domain.errors import Refused
from engine.domain.interval import Interval
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.trace.narrow import Plan
from tests.guarantees.house import ME, NOON, NOW, a_camera, a_house, a_track, seen
from tests.guarantees.server_house import KIM, PARK, a_case, an_order, answered, wanted

REASON = "a hundred people wait in one hall with him"


async def test_g01_a_request_that_was_refused_searches_for_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        asked_for = await house.authorisation(approved=False)
        await house.authorise.refuse(seen(ME), asked_for)
        with pytest.raises(Refused, match="was refused"):
            await house.trace("A", asked_for)
        with pytest.raises(Refused, match="refused already"):
            await house.authorise.approve(seen(ME, 2), asked_for)
        assert not house.pool.grants


async def test_g01_of_two_cameras_in_reach_the_authorised_one_is_opened(tmp_path: Path) -> None:
    async with a_house(tmp_path, cameras=(a_camera(), a_camera("street"))) as house:
        await house.case()
        await house.traced("A", await house.authorisation(cameras=("hall",)))
        assert {grant.camera_id for grant in house.pool.grants} <= {"hall"}


async def test_g01_without_leave_for_a_face_search_not_even_a_forged_plan_opens_a_camera(
    tmp_path: Path,
) -> None:
    window = CameraWindow(
        window_id="w",
        camera_id="hall",
        interval=Interval(start=NOON, end=NOON + timedelta(minutes=10)),
        weight=1.0,
        record_ids=(),
    )
    async with a_house(tmp_path) as house:
        await house.case()
        permitted = await house.authorisation(face_search=False)

        async def smuggle(tx: Transaction) -> None:
            await house.context.traces.add(
                tx, trace_id="T", case_id="A", authorisation_id=permitted, queued=NOW
            )
            trace = await house.context.traces.get(tx, "T")
            await house.context.traces.put_step(tx, trace, "narrow", Plan(windows=(window,)))

        await house.store.run(smuggle)
        await house.runner.submit("T")
        await house.over("T")
        assert not house.pool.grants


async def test_g01_after_a_revocation_no_picture_is_shown_any_more(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        permitted = await house.authorisation()
        (candidate, *_) = (await house.traced("A", permitted)).candidates
        assert (await house.review.view(ME, candidate.candidate_id, 100.0)).pictures
        await house.authorise.revoke(ME, permitted)
        with pytest.raises(Refused, match="was revoked") as no:
            await house.review.view(ME, candidate.candidate_id, 100.0)
        assert no.value.rule == "G1"


@pytest.mark.parametrize("aside", [True, False], ids=["set aside", "taken up"])
async def test_g01_after_a_revocation_nothing_is_set_aside_or_taken_up(tmp_path: Path, aside: bool) -> None:
    """As nothing is answered: how a trace stands to its review stays as it was."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.tracks = lambda _: (a_track(),)
        permitted = await house.authorisation()
        found = await house.traced("A", permitted)
        ids = (found.candidates[0].candidate_id,)
        if not aside:
            await house.noting.set_aside(ME, found.trace.trace_id, SetAside(candidate_ids=ids))
        await house.authorise.revoke(ME, permitted)
        with pytest.raises(Refused, match="was revoked") as no:
            await house.noting.set_aside(ME, found.trace.trace_id, SetAside(candidate_ids=ids, aside=aside))
        assert no.value.rule == "G1"
        detail = await house.tracing.detail(ME, found.trace.trace_id)
        assert [c.aside for c in detail.candidates if c.candidate_id in ids] == [not aside]


async def test_g01_a_review_after_the_day_brings_no_emergency_back(tmp_path: Path) -> None:
    """Nobody reviewed it in time, and the chore that ends it has not come by yet."""
    async with a_house(tmp_path, rehearsal=False) as house:
        await an_order(house)
        await a_case(house)
        await answered(house, "A", "footage", "province")
        asked_for = wanted(expires_at=house.clock.wall + timedelta(days=5))
        view = await house.authorise.emergency(KIM, EmergencyRequest(wanted=asked_for, reason=REASON))
        house.clock.pass_s(24 * 3600.0)
        late = EmergencyReview(justified=True)
        ended = await house.authorise.review(seen(PARK), view.authorisation_id, late)
        assert ended.state == "revoked"
        start = TraceStart(case_id="A", authorisation_id=view.authorisation_id)
        with pytest.raises(Refused, match="revoked"):
            await house.tracing.start(KIM, start)


async def test_g01_what_expires_while_its_slot_is_still_held_keeps_nothing(tmp_path: Path) -> None:
    """Half a minute: the lease of the trace is good for longer."""
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.may_answer.clear()
        house.pool.tracks = lambda _: (a_track(),)
        trace_id = await house.trace("A", await house.authorisation(expires_at=NOW + timedelta(seconds=30)))
        await house.pool.granted.wait()
        house.clock.pass_s(31)
        house.pool.may_answer.set()
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        assert (await house.tracing.trace(trace_id)).candidates == 0
