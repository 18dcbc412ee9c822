from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import Refused
from engine.ports import Transaction
from engine.store.authorisations import latest_time
from engine.store.writer import SqliteStore
from engine.trace.context import Context
from tests.engine.fakes import NOW, SetClock, a_context, an_authorisation, with_case


async def now(context: Context) -> datetime:
    return await context.store.run(lambda tx: latest_time(tx, context.clock))


async def test_an_authorisation_comes_back_as_it_went_in(context: Context) -> None:
    wanted = an_authorisation(order_ref="ORDER-1")
    await with_case(context, authorisation=wanted)
    assert await context.store.run(lambda tx: context.authorisations.get(tx, "auth-1")) == wanted


async def test_an_unknown_one_is_refused(context: Context) -> None:
    with pytest.raises(Refused, match="no authorisation auth-9"):
        await context.store.run(lambda tx: context.authorisations.get(tx, "auth-9"))


async def test_a_state_that_was_changed_in_the_table_is_seen(context: Context) -> None:
    await with_case(context, authorisation=an_authorisation(state=AuthorisationState.REVOKED))
    await context.store.run(lambda tx: tx.execute("UPDATE authorisation SET state = 'approved'"))
    with pytest.raises(Refused, match=r"behind the engine's back \[G1\]"):
        await context.store.run(lambda tx: context.authorisations.get(tx, "auth-1"))


async def test_time_goes_on(context: Context, clock: SetClock) -> None:
    assert await now(context) == NOW
    clock.forward(60)
    assert await now(context) == NOW + timedelta(seconds=60)


async def test_a_clock_turned_back_brings_no_time_back(context: Context, clock: SetClock) -> None:
    await now(context)
    clock.time -= timedelta(days=3)
    assert await now(context) == NOW


async def test_a_clock_turned_back_between_two_starts_brings_no_time_back(tmp_path: Path) -> None:
    async with a_context(tmp_path) as context:
        await now(context)
    async with a_context(tmp_path, clock=SetClock(now=NOW - timedelta(days=3))) as context:
        assert await now(context) == NOW


async def test_one_transaction_has_one_moment(tmp_path: Path) -> None:
    clock = SetClock()

    async def twice(tx: Transaction) -> tuple[datetime, datetime]:
        first = await latest_time(tx, clock)
        clock.forward(5.0)
        return first, await latest_time(tx, clock)

    async with SqliteStore(tmp_path / "tracedesk.sqlite") as store:
        first, again = await store.run(twice)
        later = await store.run(lambda tx: latest_time(tx, clock))
    assert first == again == NOW
    assert (later - first).total_seconds() == 5.0
