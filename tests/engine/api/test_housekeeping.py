import asyncio
from datetime import timedelta

from engine.api.authorise import Authorise
from engine.api.housekeeping import EVERY_S, Housekeeper
from engine.api.once import HOUSE_KEY, once
from engine.domain.authorisation import AuthorisationState
from engine.ports import Transaction
from engine.schedule.runner import Runner
from engine.trace.context import Context
from tests.engine.api.test_once import KIM, Counter
from tests.engine.fakes import NOW, SetClock, an_authorisation, with_case


async def states(context: Context) -> list[AuthorisationState]:
    found = await context.store.run(lambda tx: context.authorisations.of_case(tx, "case-1"))
    return [one.state for one in found]


async def test_an_emergency_ends_when_its_day_is_over_and_not_before(
    context: Context, clock: SetClock
) -> None:
    emergency = an_authorisation(
        state=AuthorisationState.EMERGENCY, review_due=NOW + timedelta(hours=24), requested_uid=7
    )
    await with_case(context, authorisation=emergency)
    async with Runner(context) as runner:
        keeper = Housekeeper(context, Authorise(context, runner))
        clock.forward(timedelta(hours=23).total_seconds())
        await keeper.look()
        assert await states(context) == [AuthorisationState.EMERGENCY]
        clock.forward(timedelta(hours=1).total_seconds())
        await keeper.look()
        assert await states(context) == [AuthorisationState.REVOKED]


async def test_old_receipts_go(context: Context, clock: SetClock) -> None:
    await once(context, KIM, HOUSE_KEY, int, Counter())
    async with Runner(context) as runner:
        clock.forward(timedelta(days=8).total_seconds())
        await Housekeeper(context, Authorise(context, runner)).look()
    assert await context.store.run(lambda tx: tx.rows("SELECT * FROM receipt")) == []


async def test_it_looks_by_itself_and_a_fault_costs_one_look(context: Context) -> None:
    slept: list[float] = []
    three = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            three.set()
            await asyncio.Event().wait()

    async with Runner(context) as runner:
        keeper = Housekeeper(context, Authorise(context, runner), sleep)

        async def break_receipts(tx: Transaction) -> None:
            await tx.execute("ALTER TABLE receipt RENAME TO gone")

        await context.store.run(break_receipts)
        async with keeper:
            await asyncio.wait_for(three.wait(), 10)
            assert slept == [EVERY_S] * 3
            assert keeper.problem.startswith("internal error")
