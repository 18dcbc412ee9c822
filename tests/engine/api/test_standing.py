"""How the engine says who and how it is, and ends when it is told to."""

import asyncio

import msgspec
import pytest

from engine.api.schema import TraceStart
from engine.store.writer import StoreBroken
from tests.engine.api.conftest import House
from tests.engine.api.requests import ready


async def test_health_counts_slots_and_queue_and_names_nobody(house: House) -> None:
    authorisation_id = await ready(house.client, house.pool)
    house.pool.gate.clear()
    await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=authorisation_id))
    house.clock.forward(12.0)
    health = await house.client.health()
    assert (health.store, health.slots, health.slots_busy, health.queued) == ("ok", 10, 1, 0)
    assert health.uptime_s == 12.0
    assert health.well
    assert b"case-1" not in msgspec.json.encode(health)
    house.pool.gate.set()


async def two() -> int:
    return 2


async def test_health_says_what_its_parts_say(house: House) -> None:
    vitals = house.standing.vitals
    vitals.workers = lambda: (4, 3)
    vitals.witness, vitals.witness_age_s = lambda: "silent for 2 h", lambda: 7200.0
    vitals.keys_due = two
    vitals.audit = lambda: "a line is damaged"
    vitals.housekeeping = lambda: "receipts: internal error"
    health = await house.client.health()
    assert (health.workers, health.workers_busy) == (4, 3)
    assert (health.witness, health.witness_age_s) == ("silent for 2 h", 7200.0)
    assert (health.audit, health.housekeeping) == ("a line is damaged", "receipts: internal error")
    assert (health.keys_due, health.well) == (2, False)


async def test_health_is_told_also_where_the_store_is_broken(house: House) -> None:
    with pytest.raises(StoreBroken):  # a transaction ended under the writer's hands
        await house.context.store.run(lambda tx: tx.execute("COMMIT"))
    health = await house.client.health()
    assert (health.store, health.well) == ("cannot be written", False)


async def test_health_counts_who_listens(house: House) -> None:
    stream = house.client.snapshots()
    await anext(stream)
    assert (await house.client.health()).listeners == 1
    await stream.aclose()


async def test_stopping_is_in_the_audit_before_it_happens(house: House) -> None:
    assert not house.stopped.is_set()
    assert (await house.client.stop()).traces_to_resume == 0
    async with asyncio.timeout(5):
        await house.stopped.wait()
    line = (await house.client.audit())[-1]
    assert (line.action, line.object, line.person) == ("stop", "engine", (await house.client.hello()).person)
