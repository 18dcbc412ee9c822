"""G1: no search without a live authorisation, attacked in the engine, below its API."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from engine.api.schema import TraceStart
from engine.domain.camera import CameraWindow
from engine.domain.errors import Refused
from engine.domain.interval import Interval
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.trace.narrow import Plan
from tests.guarantees.house import (
    ME,
    NOON,
    NOW,
    House,
    ObedientPool,
    TurnableClock,
    a_camera,
    a_house,
    a_record,
    a_track,
    seen,
    until,
)


async def smuggled(house: House, case_id: str, authorisation_id: str) -> TraceState:
    """Put a trace into the tables past every check at the door, and let it run."""
    trace_id = f"smuggled-{case_id}"

    async def add(tx: Transaction) -> None:
        await house.context.traces.add(
            tx, trace_id=trace_id, case_id=case_id, authorisation_id=authorisation_id, queued=NOW
        )

    await house.store.run(add)
    await house.runner.submit(trace_id)
    return await house.over(trace_id)


async def test_g01_an_approved_authorisation_lets_its_own_case_be_searched_for(tmp_path: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    async with a_house(tmp_path) as house:
        await house.case()
        assert await smuggled(house, "A", await house.authorisation()) is TraceState.COMPLETE
        assert house.pool.grants


async def test_g01_the_authorisation_of_another_case_searches_for_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case("A")
        await house.case("B")
        other = await house.authorisation("B")
        with pytest.raises(Refused, match="another case"):
            await house.tracing.start(ME, TraceStart(case_id="A", authorisation_id=other))
        assert await smuggled(house, "A", other) is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


async def test_g01_a_request_that_nobody_approved_searches_for_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        requested = await house.authorisation(approved=False)
        with pytest.raises(Refused, match="not approved"):
            await house.trace("A", requested)
        assert await smuggled(house, "A", requested) is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


async def test_g01_a_revoked_authorisation_searches_for_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        permitted = await house.authorisation()
        await house.authorise.revoke(ME, permitted)
        with pytest.raises(Refused, match="revoked"):
            await house.trace("A", permitted)
        assert await smuggled(house, "A", permitted) is TraceState.STOPPED_AUTHORISATION
        with pytest.raises(Refused, match="already"):
            await house.authorise.approve(seen(ME), permitted)
        assert not house.pool.grants


async def test_g01_a_state_edited_in_the_database_is_noticed(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        requested = await house.authorisation(approved=False)
        await house.store.run(lambda tx: tx.execute("UPDATE authorisation SET state = 'approved'"))
        assert await smuggled(house, "A", requested) is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


async def test_g01_an_old_approval_put_back_beside_the_revocation_is_noticed(tmp_path: Path) -> None:
    """The insider kept the sealed row from the time before it was revoked."""
    async with a_house(tmp_path) as house:
        await house.case()
        permitted = await house.authorisation()
        ((_, approved),) = await house.blobs("authorisation")
        await house.authorise.revoke(ME, permitted)
        await house.store.run(lambda tx: tx.execute("UPDATE authorisation SET sealed = ?", (approved,)))
        assert await smuggled(house, "A", permitted) is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


async def test_g01_an_expired_authorisation_searches_for_nobody(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        permitted = await house.authorisation()
        house.clock.pass_s(25 * 3600)
        with pytest.raises(Refused, match="expired"):
            await house.trace("A", permitted)
        assert await smuggled(house, "A", permitted) is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


@pytest.mark.parametrize("seen", [True, False], ids=["after a refusal", "before anybody asked"])
async def test_g01_a_clock_turned_back_brings_nothing_to_life(tmp_path: Path, seen: bool) -> None:
    """Unseen: nothing was asked of the engine between the expiry and the turning of the clock."""
    async with a_house(tmp_path) as house:
        await house.case()
        permitted = await house.authorisation()
        house.clock.pass_s(25 * 3600)
        if seen:
            with pytest.raises(Refused):
                await house.trace("A", permitted)
        house.clock.wall = NOW
        with pytest.raises(Refused, match="expired"):
            await house.trace("A", permitted)
        assert await smuggled(house, "A", permitted) is TraceState.STOPPED_AUTHORISATION
        assert not house.pool.grants


async def test_g01_a_clock_turned_back_between_two_engines_brings_nothing_to_life(tmp_path: Path) -> None:
    clock = TurnableClock()
    async with a_house(tmp_path, clock=clock) as house:
        await house.case()
        permitted = await house.authorisation()
        clock.pass_s(25 * 3600)
        with pytest.raises(Refused):
            await house.trace("A", permitted)
    turned_back = TurnableClock(NOW)
    turned_back.boot_s = 5.0  # the machine was started anew as well
    async with a_house(tmp_path, clock=turned_back) as house:
        with pytest.raises(Refused, match="expired"):
            await house.trace("A", permitted)


async def test_g01_a_grant_ends_by_the_clock_that_nobody_can_turn(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        await house.traced("A", await house.authorisation(expires_at=NOW + timedelta(seconds=60)))
        (first, *_) = house.pool.grants
        assert first.deadline_boottime_s <= house.clock.boot_s + 60
        assert first.expires_at == NOW + timedelta(seconds=60)


async def test_g01_what_is_revoked_in_mid_run_stops_and_keeps_nothing_found_later(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.may_answer.clear()
        house.pool.tracks = lambda _: (a_track(),)
        permitted = await house.authorisation()
        trace_id = await house.trace("A", permitted)
        await house.pool.granted.wait()
        await house.authorise.revoke(ME, permitted)
        assert set(house.pool.revoked) == {trace_id}
        house.pool.may_answer.set()
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        assert (await house.tracing.trace(trace_id)).candidates == 0


async def test_g01_what_expires_in_mid_run_keeps_nothing_found_later(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.may_answer.clear()
        house.pool.tracks = lambda _: (a_track(),)
        trace_id = await house.trace("A", await house.authorisation(expires_at=NOW + timedelta(hours=1)))
        await house.pool.granted.wait()
        house.clock.pass_s(3601)
        house.pool.may_answer.set()
        assert await house.over(trace_id) is TraceState.STOPPED_AUTHORISATION
        assert (await house.tracing.trace(trace_id)).candidates == 0


async def test_g01_a_plan_forged_in_the_tables_opens_no_camera_outside_the_authorisation(
    tmp_path: Path,
) -> None:
    """The insider writes a wider plan into the stored step, under the very key of the case."""
    half_an_hour = Interval(start=NOON, end=NOON + timedelta(minutes=10))
    early = Interval(start=NOON - timedelta(hours=20), end=NOON - timedelta(hours=19))
    for camera_id, interval in (("street", half_an_hour), ("hall", early)):
        state = tmp_path / camera_id
        state.mkdir()
        async with a_house(state, cameras=(a_camera(), a_camera("street"))) as house:
            await house.case()
            permitted = await house.authorisation()

            async def smuggle(
                tx: Transaction,
                house: House = house,
                permitted: str = permitted,
                window: CameraWindow = CameraWindow(
                    window_id="w", camera_id=camera_id, interval=interval, weight=1.0, record_ids=()
                ),
            ) -> None:
                await house.context.traces.add(
                    tx, trace_id="T", case_id="A", authorisation_id=permitted, queued=NOW
                )
                trace = await house.context.traces.get(tx, "T")
                await house.context.traces.put_step(tx, trace, "narrow", Plan(windows=(window,)))

            await house.store.run(smuggle)
            await house.runner.submit("T")
            assert await house.over("T") is TraceState.STOPPED_AUTHORISATION
            assert not house.pool.grants


async def test_g01_an_authorisation_without_face_search_opens_no_camera(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        found = await house.traced("A", await house.authorisation(face_search=False))
        assert found.trace.state is TraceState.RECORDS_ONLY
        assert found.visits
        assert not house.pool.grants


async def test_g01_a_source_that_was_not_authorised_selects_no_camera(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case(records=0)
        record = a_record()
        await house.store.run(lambda tx: house.context.cases.add_records(tx, "A", (record,)))
        found = await house.traced("A", await house.authorisation(sources=("card",)))
        assert not house.pool.grants
        assert not found.visits


async def test_g01_every_search_is_in_the_audit_before_footage_is_opened(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.case()
        house.pool.may_answer.clear()
        trace_id = await house.trace()
        await house.pool.granted.wait()
        searched = [line for line in await house.audit() if line.action == "search"]
        assert {line.detail["grant"] for line in searched} == {g.grant_id for g in house.pool.grants}
        assert {line.outcome for line in searched} == {"intent"}
        house.pool.may_answer.set()
        await house.over(trace_id)


async def test_g01_a_trace_stopped_in_the_instant_it_starts_holds_no_slot(tmp_path: Path) -> None:
    """Stopped before its task can have taken a first step."""
    async with a_house(tmp_path) as house:
        await house.case()
        permitted = await house.authorisation()

        async def add(tx: Transaction) -> None:
            await house.context.traces.add(
                tx, trace_id="T", case_id="A", authorisation_id=permitted, queued=NOW
            )

        await house.store.run(add)
        await house.runner.submit("T")
        await house.runner.stop("T", TraceState.CANCELLED, "cancelled")
        assert await house.over("T") is TraceState.CANCELLED
        assert not house.runner.busy
        slots = await house.store.run(lambda tx: tx.rows("SELECT * FROM slot WHERE trace_id IS NOT NULL"))
        assert not slots


async def test_g01_a_trace_stopped_while_its_slot_is_being_taken_never_runs(tmp_path: Path) -> None:
    """The stop arrives between the asking for a slot and its being given; nobody else's trace is lost."""
    async with a_house(tmp_path) as house:
        for case_id in "AB":
            await house.case(case_id)
        permitted = {case_id: await house.authorisation(case_id) for case_id in "AB"}
        ids = {}
        for case_id in "AB":

            async def add(tx: Transaction, case_id: str = case_id) -> None:
                await house.context.traces.add(
                    tx,
                    trace_id=f"T-{case_id}",
                    case_id=case_id,
                    authorisation_id=permitted[case_id],
                    queued=NOW,
                )

            await house.store.run(add)
            ids[case_id] = f"T-{case_id}"
        submitted = [asyncio.create_task(house.runner.submit(ids[c])) for c in "AB"]
        await asyncio.sleep(0)  # both wait; the slot of the first is being asked for
        await house.runner.stop(ids["A"], TraceState.CANCELLED, "cancelled")
        await asyncio.gather(*submitted)
        assert await house.over(ids["B"]) is TraceState.COMPLETE
        assert await house.over(ids["A"]) is TraceState.CANCELLED
        assert {g.trace_id for g in house.pool.grants} == {ids["B"]}
        await until(lambda: not house.runner.busy)


async def test_g01_a_pool_that_ignores_the_revocation_stores_nothing(tmp_path: Path) -> None:
    """The last door: whatever workers hand out, the store refuses it without a live authorisation."""

    class Stubborn(ObedientPool):
        def revoke(self, trace_id: str, why: str) -> None:
            self.may_answer.set()

    async with a_house(tmp_path, pool=Stubborn()) as house:
        await house.case()
        house.pool.may_answer.clear()
        house.pool.tracks = lambda _: (a_track(),)
        permitted = await house.authorisation()
        trace_id = await house.trace("A", permitted)
        await house.pool.granted.wait()
        await house.authorise.revoke(ME, permitted)
        await house.over(trace_id)
        assert (await house.tracing.trace(trace_id)).candidates == 0
