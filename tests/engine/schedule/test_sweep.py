import asyncio
import errno
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from engine import failpoints
from engine.audit import log
from engine.domain.errors import Refused
from engine.domain.trace import TraceState
from engine.ports import Transaction
from engine.schedule import sweep as module
from engine.schedule.sweep import Sweeper, confirm, health, sweep
from engine.store.sealing import case_key, face_key
from engine.trace.context import Context
from engine.vault import files
from tests.engine.fakes import NOW, SetClock, a_case, a_site

MANY = 11  # cases; each has two keys


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    yield
    failpoints.disarm()


async def cases(
    context: Context, number: int, *, due: datetime | None = None, name: str = "case", state: str = "open"
) -> list[str]:
    """Cases with both keys; ``due`` is when each has to be gone."""
    ids = [f"{name}-{n}" for n in range(number)]
    context.sealer.vault.ensure_all([key(i) for i in ids for key in (case_key, face_key)])

    async def put(tx: Transaction) -> None:
        for case_id in ids:
            await context.cases.put(tx, a_case(case_id))
            await tx.execute(
                "UPDATE case_file SET erase_due = ?, state = ? WHERE case_id = ?",
                (due.isoformat() if due else None, state, case_id),
            )

    await context.store.run(put)
    return ids


async def set_due(context: Context, case_id: str, due: datetime) -> None:
    await context.store.run(
        lambda tx: tx.execute(
            "UPDATE case_file SET erase_due = ? WHERE case_id = ?", (due.isoformat(), case_id)
        )
    )


async def erased(context: Context) -> set[str]:
    rows = await context.store.run(lambda tx: tx.rows("SELECT case_id FROM case_file WHERE state = 'erased'"))
    found = {row["case_id"] for row in rows}
    assert all(not context.sealer.vault.has(case_key(i)) for i in found)
    return found


async def test_what_is_due_goes_and_the_rest_stays(context: Context) -> None:
    await cases(context, 2, due=NOW)
    await cases(context, 2, due=NOW + timedelta(seconds=1), name="later")
    await cases(context, 1, name="kept")
    await cases(context, 1, name="closed", state="closed")
    swept = await sweep(context)
    assert set(swept.erased) == await erased(context) == {"case-0", "case-1", "closed-0"}
    assert swept.waiting == ()
    assert await sweep(context) == module.Swept()


async def test_many_at_once_wait_for_the_custodian_all_of_them(context: Context) -> None:
    ids = await cases(context, MANY, due=NOW)
    await cases(context, 20, name="kept")
    swept = await sweep(context)
    assert (swept.erased, set(swept.waiting)) == ((), set(ids))
    assert await erased(context) == set()
    facts = await health(context)
    assert (facts.waiting, facts.keys_due, facts.unfinished) == (MANY, 2 * MANY, 0)
    await sweep(context)
    lines = [line for line, _ in await context.store.run(log.lines) if line.outcome == "waiting"]
    assert len(lines) == MANY  # said once


async def test_what_the_custodian_confirmed_goes_and_nothing_else(context: Context) -> None:
    ids = await cases(context, MANY, due=NOW)
    await sweep(context)
    await confirm(context, "custodian", ids[:4])
    assert set((await sweep(context)).erased) == set(ids[:4])
    lines = [line for line, _ in await context.store.run(log.lines) if line.outcome == "confirmed"]
    assert {(line.object, line.person) for line in lines} == {(i, "custodian") for i in ids[:4]}
    # seven are left, few enough for themselves: but the custodian was asked and left them out
    await cases(context, 1, due=NOW, name="new")
    swept = await sweep(context)
    assert (swept.erased, set(swept.waiting)) == (("new-0",), set(ids[4:]))


async def test_a_confirmation_holds_for_what_waits_now_and_for_all_or_none(context: Context) -> None:
    ids = await cases(context, MANY, due=NOW)
    with pytest.raises(Refused, match="does not wait"):
        await confirm(context, "custodian", ids[:1])
    await sweep(context)
    with pytest.raises(Refused, match="kept-0 does not wait"):
        await cases(context, 1, name="kept")
        await confirm(context, "custodian", [*ids, "kept-0"])
    assert (await sweep(context)).erased == ()


async def test_nobody_confirms_what_they_asked_for(context: Context) -> None:
    ids = await cases(context, MANY, due=NOW)
    await sweep(context)
    kims = "REPLACE INTO erasure (case_id, state, because, asked_by, due_at, keys, four_eyes)"
    of_all = " SELECT case_id, state, because, 'kim', due_at, keys, four_eyes FROM erasure"
    await context.store.run(lambda tx: tx.execute(kims + of_all))
    await confirm(context, "kim", ids[:1])  # in a rehearsal one person has every role
    object.__setattr__(context, "site", a_site(rehearsal=False))
    with pytest.raises(Refused, match="nobody confirms what they asked for"):
        await confirm(context, "kim", ids[1:2])


async def test_a_case_that_got_more_time_waits_no_longer(context: Context) -> None:
    ids = await cases(context, MANY, due=NOW)
    await sweep(context)
    await confirm(context, "custodian", ids[:1])
    await set_due(context, ids[0], NOW + timedelta(days=9))
    swept = await sweep(context)
    assert ids[0] not in {*swept.erased, *swept.waiting}


async def test_a_clock_that_creeps_an_hour_at_a_time_does_not_get_round_the_brake(
    context: Context, clock: SetClock
) -> None:
    for hour in range(40):
        await cases(context, 1, due=NOW + timedelta(hours=hour), name=f"h{hour}")
    for _ in range(40):
        await sweep(context)
        clock.time += timedelta(hours=1)  # the wall alone: no time has gone by
    assert len(await erased(context)) == 10
    clock.forward(timedelta(days=1).total_seconds())
    await sweep(context)  # a real day later; but thirty at once are many again
    assert len(await erased(context)) == 10


async def test_what_a_person_closes_is_no_business_of_the_brake(context: Context, clock: SetClock) -> None:
    for case_id in await cases(context, 15):
        await module.erase_case(context, case_id, "kim")
    assert len(await erased(context)) == 15
    await cases(context, 1, due=NOW, name="due")
    assert (await sweep(context)).erased == ("due-0",)


async def test_a_turned_back_clock_delays_nothing(context: Context, clock: SetClock) -> None:
    await cases(context, 1, due=NOW + timedelta(hours=1))
    await sweep(context)
    clock.boot_s += 3600
    clock.time -= timedelta(days=400)
    assert (await sweep(context)).erased == ("case-0",)


class Sleeps:
    """Sleeping is what moves the clock; every sleep ends when the test says so."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self.slept: asyncio.Queue[float] = asyncio.Queue()
        self.go_on = asyncio.Semaphore(0)

    async def __call__(self, seconds: float) -> None:
        self.slept.put_nowait(seconds)
        await self.go_on.acquire()
        self.clock.forward(seconds)


async def nobody_runs(trace_id: str, state: TraceState, why: str) -> None:
    raise AssertionError("no trace is running")


async def test_everything_is_gone_within_the_hour_of_being_due(context: Context, clock: SetClock) -> None:
    sleeps = Sleeps(clock)
    due = {f"m{m}-0": NOW + timedelta(minutes=m) for m in range(1, 180, 20)}
    for case_id, at in due.items():
        await cases(context, 1, due=at, name=case_id.removesuffix("-0"))
    async with asyncio.timeout(20), Sweeper(context, stop=nobody_runs, sleep=sleeps):
        while len(await erased(context)) < len(due):
            pause = timedelta(seconds=await sleeps.slept.get())
            done = await erased(context)
            woken = clock.now() + pause
            assert [i for i, at in due.items() if woken - at > timedelta(hours=1) and i not in done] == []
            assert (await health(context)).overdue == 0
            sleeps.go_on.release()


async def test_a_sweep_that_fails_is_said_and_the_next_one_makes_it_good(
    context: Context, clock: SetClock
) -> None:
    sleeps = Sleeps(clock)
    await cases(context, 1, due=NOW)

    def refuse() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    failpoints.arm(files.BEFORE_WRITE_SYNC, refuse)
    async with asyncio.timeout(20), Sweeper(context, stop=nobody_runs, sleep=sleeps) as sweeper:
        await sleeps.slept.get()
        facts = await sweeper.health()
        assert "no space left" in facts.problem
        assert (facts.unfinished, facts.last_sweep) == (1, NOW)
        failpoints.disarm()
        sleeps.go_on.release()
        await sleeps.slept.get()
        facts = await sweeper.health()
        assert (facts.problem, facts.unfinished) == ("", 0)
    assert await erased(context) == {"case-0"}


async def test_a_fault_of_ours_stops_no_later_sweep(context: Context, clock: SetClock) -> None:
    sleeps = Sleeps(clock)
    await cases(context, 1, due=NOW)

    def fault() -> None:
        raise ValueError("what it says may be personal")

    failpoints.arm("sweep.after_intent", fault)
    async with asyncio.timeout(20), Sweeper(context, stop=nobody_runs, sleep=sleeps) as sweeper:
        await sleeps.slept.get()
        assert (await sweeper.health()).problem.startswith("internal error, ValueError")
        failpoints.disarm()
        assert (await sweeper.now()).erased == ("case-0",)


async def test_confirmed_cases_go_at_once(context: Context) -> None:
    ids = await cases(context, MANY, due=NOW)
    sweeper = Sweeper(context, stop=nobody_runs)
    await sweeper.now()
    await confirm(context, "custodian", ids)
    assert set((await sweeper.now()).erased) == set(ids)


async def test_what_is_overdue_is_counted(context: Context, clock: SetClock) -> None:
    await cases(context, 2, due=NOW)
    await cases(context, 1, due=NOW + timedelta(minutes=30), name="later")
    clock.forward(3601)
    assert (await health(context)).overdue == 2
    assert (await health(context)).last_sweep is None
