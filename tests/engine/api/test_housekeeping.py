import asyncio
from datetime import timedelta

from engine.api.authorise import Authorise
from engine.api.housekeeping import EVERY_S, Housekeeper
from engine.api.once import HOUSE_KEY, once
from engine.api.refusals import Refusals
from engine.audit import log, tree
from engine.domain.authorisation import AuthorisationState
from engine.domain.errors import Refused
from engine.ports import Transaction
from engine.schedule.runner import Runner
from engine.trace.context import Context
from tests.engine.api.test_once import KIM, Counter
from tests.engine.fakes import NOW, SetClock, an_authorisation, with_case


def refusals_of(context: Context) -> Refusals:
    return Refusals(context, context.clock.boottime_s)


def a_keeper(context: Context, runner: Runner) -> Housekeeper:
    return Housekeeper(context, Authorise(context, runner), refusals_of(context))


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
        keeper = a_keeper(context, runner)
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
        await a_keeper(context, runner).look()
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
        keeper = Housekeeper(context, Authorise(context, runner), refusals_of(context), sleep)

        async def break_receipts(tx: Transaction) -> None:
            await tx.execute("ALTER TABLE receipt RENAME TO gone")

        await context.store.run(break_receipts)
        async with keeper:
            await asyncio.wait_for(three.wait(), 10)
            assert slept == [EVERY_S] * 3
            assert keeper.problem.startswith("receipts: internal error")


async def test_what_fails_keeps_nothing_else_from_being_done(context: Context, clock: SetClock) -> None:
    await once(context, KIM, HOUSE_KEY, int, Counter())

    async def break_events(tx: Transaction) -> None:
        await tx.execute("ALTER TABLE event RENAME TO gone")
        await tx.execute("ALTER TABLE authorisation RENAME COLUMN review_due TO gone")

    await context.store.run(break_events)
    async with Runner(context) as runner:
        keeper = a_keeper(context, runner)
        clock.forward(timedelta(days=8).total_seconds())
        await keeper.look()
    assert await context.store.run(lambda tx: tx.rows("SELECT * FROM receipt")) == []
    first, second = keeper.problem.split("; ")
    assert first.startswith("emergencies: internal error")
    assert second.startswith("events: internal error")


async def test_a_damaged_audit_is_said_by_itself_too(context: Context, clock: SetClock) -> None:
    emergency = an_authorisation(
        state=AuthorisationState.EMERGENCY, review_due=NOW + timedelta(hours=24), requested_uid=7
    )
    await with_case(context, authorisation=emergency)

    async def damage(tx: Transaction) -> None:
        while await tree.size(tx) % 4 != 3:  # the next line is joined to a pair
            await log.append(tx, at=NOW, person="kim", action="view", object_id="o", outcome="intent")
        await tx.execute("DROP TRIGGER audit_node_keeps_everything")
        await tx.execute("DELETE FROM audit_node WHERE level > 0")

    async with Runner(context) as runner:
        keeper = a_keeper(context, runner)
        await keeper.look()
        assert (keeper.problem, keeper.damage) == ("", "")
        await context.store.run(damage)
        clock.forward(timedelta(days=1).total_seconds())
        await keeper.look()
    assert "is damaged" in keeper.damage
    assert keeper.problem.startswith("emergencies: the tree of the audit is damaged")


async def test_refusals_that_were_only_counted_are_written_by_and_by_and_at_the_end(
    context: Context, clock: SetClock
) -> None:
    async with Runner(context) as runner:
        refusals = refusals_of(context)
        async with Housekeeper(context, Authorise(context, runner), refusals, forever) as keeper:
            for _ in range(3):
                await refusals.note(KIM, "trace.detail", "x", Refused("no", rule="G1"))
            await keeper.look()
            await refusals.note(KIM, "trace.detail", "x", Refused("no", rule="G1"))
    lines = [line for line, _ in await context.store.run(log.lines) if line.outcome == "refused"]
    assert [line.detail.get("more") for line in lines] == [None, "1", None]


async def forever(_: float) -> None:
    await asyncio.Event().wait()
