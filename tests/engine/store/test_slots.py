import sqlite3
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.trace import TraceState
from engine.store import slots
from engine.store.slots import LEASE_S, Lease, Line, StaleLease
from engine.trace.context import Context
from tests.engine.fakes import NOW, an_authorisation, at, with_case

BOOT_S = 1000.0


async def asked_for(context: Context, *requests: tuple[str, str]) -> None:
    """Queued traces of (trace, person), in that order."""
    await with_case(context, authorisation=an_authorisation())
    for trace_id, person in requests:
        await context.store.run(
            lambda tx, t=trace_id, p=person: context.traces.add(  # type: ignore[misc]
                tx, trace_id=t, case_id="case-1", authorisation_id="auth-1", queued=NOW, requested_by=p
            )
        )


async def claim(
    context: Context, trace_id: str, owner: str = "one", boottime_s: float = BOOT_S
) -> Lease | None:
    return await context.store.run(lambda tx: slots.claim(tx, trace_id, owner=owner, boottime_s=boottime_s))


async def started(context: Context, trace_id: str = "t1", owner: str = "one") -> Lease:
    lease = await claim(context, trace_id, owner)
    assert lease is not None
    await context.store.run(lambda tx: context.traces.begin(tx, trace_id))
    return lease


async def holds(context: Context, lease: Lease, boottime_s: float = BOOT_S) -> bool:
    try:
        await context.store.run(lambda tx: slots.require(tx, lease, boottime_s))
    except StaleLease:
        return False
    return True


async def turn(context: Context) -> str | None:
    return await context.store.run(lambda tx: slots.next_in_line(tx, NOW))


async def test_there_are_ten_slots_and_no_eleventh(context: Context) -> None:
    leases = [await claim(context, f"t{n}") for n in range(11)]
    assert [lease is not None for lease in leases] == [True] * 10 + [False]
    assert leases[3] is not None
    await context.store.run(lambda tx: slots.leave(tx, leases[3]))  # type: ignore[arg-type]
    assert await claim(context, "t10")
    assert not await claim(context, "t11")


async def test_the_fence_grows_with_every_claim_of_any_slot(context: Context) -> None:
    fences = []
    for n in range(4):
        lease = await claim(context, f"t{n}")
        assert lease is not None
        fences.append(lease.fence)
        if n % 2:
            await context.store.run(lambda tx, held=lease: slots.leave(tx, held))  # type: ignore[misc]
    assert fences == sorted(set(fences))


async def test_a_lease_holds_for_its_time_and_not_an_instant_longer(context: Context) -> None:
    await asked_for(context, ("t1", "kim"))
    lease = await started(context)
    assert await holds(context, lease, BOOT_S + LEASE_S - 0.001)
    assert not await holds(context, lease, BOOT_S + LEASE_S)


async def test_a_lease_that_is_renewed_in_time_holds_on(context: Context) -> None:
    await asked_for(context, ("t1", "kim"))
    lease = await started(context)
    assert await context.store.run(lambda tx: slots.renew(tx, lease, BOOT_S + 15))
    assert await holds(context, lease, BOOT_S + 15 + LEASE_S - 0.001)


async def test_a_lease_that_has_run_out_is_not_brought_back_to_life(context: Context) -> None:
    await asked_for(context, ("t1", "kim"))
    lease = await started(context)
    assert not await context.store.run(lambda tx: slots.renew(tx, lease, BOOT_S + LEASE_S))
    assert not await holds(context, lease, BOOT_S + LEASE_S)


@pytest.mark.parametrize("what", ["owner", "fence", "number", "trace_id"])
async def test_a_lease_that_differs_in_anything_holds_nothing_and_frees_nothing(
    context: Context, what: str
) -> None:
    await asked_for(context, ("t1", "kim"))
    lease = await started(context)
    facts: dict[str, object] = {
        "owner": lease.owner,
        "fence": lease.fence,
        "number": lease.number,
        "trace_id": lease.trace_id,
    }
    wrong = {"owner": "two", "fence": lease.fence - 1, "number": lease.number + 1, "trace_id": "t2"}
    forged = Lease(**(facts | {what: wrong[what]}))  # type: ignore[arg-type]
    assert not await holds(context, forged)
    assert not await context.store.run(lambda tx: slots.renew(tx, forged, BOOT_S))
    assert not await context.store.run(lambda tx: slots.leave(tx, forged))
    assert await holds(context, lease)


async def test_the_lease_of_a_trace_that_was_ended_holds_nothing(context: Context) -> None:
    await asked_for(context, ("t1", "kim"))
    lease = await started(context)
    await context.store.run(lambda tx: context.traces.set_state(tx, "t1", TraceState.CANCELLED, "cancelled"))
    assert not await holds(context, lease)


async def test_a_new_engine_takes_every_slot_from_the_ones_before_it(context: Context) -> None:
    await asked_for(context, ("t1", "kim"), ("t2", "kim"))
    before, mine = await started(context, "t1", "dead"), await started(context, "t2", "alive")
    await context.store.run(lambda tx: slots.void_others(tx, "alive"))
    assert not await holds(context, before)
    assert await holds(context, mine)


async def test_slots_whose_lease_has_run_out_are_freed(context: Context) -> None:
    await asked_for(context, ("t1", "kim"), ("t2", "kim"))
    old = await started(context, "t1")
    await claim(context, "t2", boottime_s=BOOT_S + 30)
    await context.store.run(lambda tx: slots.void_expired(tx, BOOT_S + LEASE_S))
    held = await context.store.run(lambda tx: tx.rows("SELECT trace_id FROM slot WHERE trace_id NOTNULL"))
    assert [row["trace_id"] for row in held] == ["t2"]
    assert not await context.store.run(lambda tx: slots.leave(tx, old))


async def test_it_is_the_turn_of_whom_the_fewest_run_for_and_of_their_oldest(context: Context) -> None:
    await asked_for(
        context, ("a1", "kim"), ("a2", "kim"), ("a3", "kim"), ("b1", "lee"), ("b2", "lee"), ("c1", "park")
    )
    order = []
    while (trace_id := await turn(context)) is not None:
        order.append(trace_id)
        await started(context, trace_id)
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]


async def test_who_waits_for_another_attempt_is_passed_over_until_it_is_time(context: Context) -> None:
    await asked_for(context, ("t1", "kim"), ("t2", "lee"))
    later = at(60 * 24 * 10)
    await context.store.run(lambda tx: context.traces.put_off(tx, "t1", later, "busy"))
    assert await turn(context) == "t2"
    line = await context.store.run(lambda tx: slots.line(tx, NOW))
    assert line == Line(waiting=2, next_due=later)
    assert await context.store.run(lambda tx: slots.next_in_line(tx, later)) == "t1"
    assert await context.store.run(lambda tx: slots.line(tx, later)) == Line(waiting=2, next_due=None)


async def test_nobody_waits_in_an_empty_line(context: Context) -> None:
    assert await turn(context) is None
    assert await context.store.run(lambda tx: slots.line(tx, NOW)) == Line(waiting=0, next_due=None)


people = st.lists(st.sampled_from("abcde"), min_size=1, max_size=25)


@settings(max_examples=40)
@given(people, st.randoms(use_true_random=False))
def test_whoever_asks_and_whatever_ends_when_all_get_their_turn_in_order_and_nobody_twice_as_often(
    asked: list[str], dice: Random
) -> None:
    """The rule by itself: ten slots, jobs end in any order. At every hand-out it is somebody's turn who has
    the fewest running; the jobs of one person begin in the order in which they were asked for."""
    store = sqlite3.connect(":memory:")
    store.row_factory = sqlite3.Row
    store.executescript(
        "CREATE TABLE trace (trace_id TEXT, state TEXT, number INTEGER, requested_by TEXT, not_before TEXT);"
        "CREATE TABLE slot (trace_id TEXT);"
    )

    class Tx:
        async def row(self, sql: str, parameters: object = ()) -> sqlite3.Row | None:
            return store.execute(sql, parameters).fetchone()  # type: ignore[call-overload, no-any-return]

    def next_one() -> str | None:
        try:
            slots.next_in_line(Tx(), NOW).send(None)  # type: ignore[arg-type]
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        raise AssertionError

    for number, person in enumerate(asked):
        store.execute("INSERT INTO trace VALUES (?, 'queued', ?, ?, NULL)", (f"{number}", number, person))
    running: dict[str, str] = {}
    begun: list[int] = []
    while len(begun) < len(asked) or running:
        while len(running) < 10 and (trace_id := next_one()) is not None:
            person = asked[int(trace_id)]
            waiting = {asked[n] for n in range(len(asked)) if n not in begun}
            assert [*running.values()].count(person) == min([*running.values()].count(p) for p in waiting)
            assert int(trace_id) == min(n for n in range(len(asked)) if n not in begun and asked[n] == person)
            begun.append(int(trace_id))
            running[trace_id] = person
            store.execute("UPDATE trace SET state = 'running' WHERE trace_id = ?", (trace_id,))
            store.execute("INSERT INTO slot VALUES (?)", (trace_id,))
        ended = dice.choice(sorted(running))
        del running[ended]
        store.execute("UPDATE trace SET state = 'complete' WHERE trace_id = ?", (ended,))
        store.execute("DELETE FROM slot WHERE trace_id = ?", (ended,))
    assert sorted(begun) == list(range(len(asked)))
