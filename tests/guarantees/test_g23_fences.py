"""G23: a lease is one engine's, for one trace, for a minute; attacked with old ones."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.store import slots
from engine.store.slots import Lease, StaleLease
from tests.engine.fakes import NOW, a_context, queued

BOOT_S = 1000.0


async def claimed(tx: Transaction, trace_id: str = "trace-1", owner: str = "engine") -> Lease:
    lease = await slots.claim(tx, trace_id, owner=owner, boottime_s=BOOT_S)
    assert lease is not None
    return lease


async def test_g23_an_old_lease_of_the_same_engine_is_none(tmp_path: Path) -> None:
    """The engine lost its slot, and has been given the same one again for the same trace."""
    async with a_context(tmp_path) as context:
        await queued(context)
        old = await context.store.run(claimed)
        await context.store.run(lambda tx: slots.leave(tx, old))
        new = await context.store.run(claimed)
        await context.store.run(lambda tx: context.traces.set_state(tx, "trace-1", TraceState.RUNNING))
        assert (new.number, new.trace_id, new.owner) == (old.number, old.trace_id, old.owner)
        with pytest.raises(StaleLease):
            await context.store.run(lambda tx: slots.require(tx, old, BOOT_S))
        assert not await context.store.run(lambda tx: slots.renew(tx, old, BOOT_S))
        assert not await context.store.run(lambda tx: slots.leave(tx, old))
        await context.store.run(lambda tx: slots.require(tx, new, BOOT_S))


async def test_g23_a_lease_that_ran_out_is_not_brought_back(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await queued(context)
        lease = await context.store.run(claimed)
        assert await context.store.run(lambda tx: slots.renew(tx, lease, BOOT_S + 59.0))
        assert not await context.store.run(lambda tx: slots.renew(tx, lease, BOOT_S + 59.0 + 60.0))


async def test_g23_a_trace_that_was_ended_writes_nothing_under_its_lease(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await queued(context)
        lease = await context.store.run(claimed)
        await context.store.run(lambda tx: context.traces.set_state(tx, "trace-1", TraceState.RUNNING))
        await context.store.run(lambda tx: slots.require(tx, lease, BOOT_S))
        await context.store.run(lambda tx: context.traces.set_state(tx, "trace-1", TraceState.CANCELLED))
        with pytest.raises(StaleLease):
            await context.store.run(lambda tx: slots.require(tx, lease, BOOT_S))


async def test_g23_ten_are_given_and_no_more(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        given = [
            await context.store.run(
                lambda tx, n=n: slots.claim(tx, f"trace-{n}", owner="engine", boottime_s=BOOT_S)  # type: ignore[misc]
            )
            for n in range(12)
        ]
        assert [lease.number if lease else None for lease in given] == [*range(1, 11), None, None]


async def test_g23_a_trace_that_was_put_off_waits(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await queued(context)
        until = NOW + timedelta(minutes=5)
        await context.store.run(lambda tx: context.traces.put_off(tx, "trace-1", until, "try later"))
        assert await context.store.run(lambda tx: slots.next_in_line(tx, NOW)) is None
        assert await context.store.run(lambda tx: slots.next_in_line(tx, until)) == "trace-1"
