"""G23: at most ten traces run, fairly, whoever asks; who has lost a slot writes nothing."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from engine.audit import log
from engine.domain.errors import InputError
from engine.domain.trace import TraceState
from engine.domain.track import WindowResult
from engine.ports import Transaction, WindowRequest
from engine.store import slots
from engine.store.writer import SqliteStore
from tests.guarantees.house import NOW, House, ObedientPool, a_house, a_track, until

WITNESS = """
CREATE TRIGGER witness AFTER UPDATE OF state ON trace BEGIN
    INSERT INTO most SELECT count(*), (SELECT count(*) FROM slot WHERE trace_id NOTNULL)
    FROM trace WHERE state = 'running';
END
"""


class HeldPool(ObedientPool):
    """Every trace waits for its own word before it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, asyncio.Event] = {}
        self.at_work: list[str] = []
        self.begun: list[str] = []

    async def scan(self, request: WindowRequest) -> WindowResult:
        trace_id = request.trace_id
        if trace_id not in self.begun:
            self.begun.append(trace_id)
        self.at_work.append(trace_id)
        try:
            await self.words.setdefault(trace_id, asyncio.Event()).wait()
            return await super().scan(request)
        finally:
            self.at_work.remove(trace_id)

    def let_go(self, trace_id: str) -> None:
        self.words.setdefault(trace_id, asyncio.Event()).set()


async def asked_for(house: House, trace_id: str, case_id: str, person: str) -> None:
    """A trace put into the tables for somebody, past every check at the door."""
    permitted = await house.authorisation(case_id)
    await house.store.run(
        lambda tx: house.context.traces.add(
            tx,
            trace_id=trace_id,
            case_id=case_id,
            authorisation_id=permitted,
            queued=NOW,
            requested_by=person,
        )
    )
    await house.runner.submit(trace_id)


async def state(house: House, trace_id: str) -> TraceState:
    return (await house.store.run(lambda tx: house.context.traces.get(tx, trace_id))).state


async def settled(house: House, pool: HeldPool, left: int) -> None:
    """Until as many are at work as can be."""
    await until(lambda: len(set(pool.at_work)) >= min(10, left))


@pytest.mark.parametrize("seed", range(3))
async def test_g23_fifty_jobs_from_five_people_never_more_than_ten_at_once_and_nobody_starves(
    tmp_path: Path, seed: int
) -> None:
    """The first asks for thirty before the others come with five each. Jobs end in any order. A trigger
    in the database itself counts at every single change."""
    dice = random.Random(seed)
    pool = HeldPool()
    people = ["greedy"] * 30 + ["kim", "lee", "park", "choi"] * 5
    whose = {f"T{n:02d}": person for n, person in enumerate(people)}
    async with a_house(tmp_path, pool=pool) as house:
        for n in range(50):
            await house.case(f"C{n}")
        await house.store.run(lambda tx: tx.execute("CREATE TABLE most (running INTEGER, held INTEGER)"))
        await house.store.run(lambda tx: tx.execute(WITNESS))
        for n, (trace_id, person) in enumerate(whose.items()):
            await asked_for(house, trace_id, f"C{n}", person)
        await settled(house, pool, 50)
        at_work, waiting = set(pool.at_work), set(whose) - set(pool.at_work)
        assert {whose[t] for t in at_work} == {"greedy"}, "nobody else was there yet"
        while at_work:
            ended = dice.choice(sorted(at_work))
            at_work.discard(ended)
            pool.let_go(ended)
            await house.over(ended)
            await settled(house, pool, len(at_work) + len(waiting))
            runs_for = Counter(whose[t] for t in at_work)
            turn = min(waiting, key=lambda t: (runs_for[whose[t]], t), default=None)
            assert set(pool.at_work) - at_work == {turn} - {None}, "of whom the fewest run for, the oldest"
            at_work = set(pool.at_work)
            waiting -= at_work
        rows = await house.store.run(lambda tx: tx.rows("SELECT * FROM most"))
        assert {await state(house, t) for t in whose} == {TraceState.COMPLETE}
        assert max(row["running"] for row in rows) == 10
        assert max(row["held"] for row in rows) == 10
        assert max(row["running"] - row["held"] for row in rows) == 0, "nobody runs without a slot"
    last = {person: max(n for n, t in enumerate(pool.begun) if whose[t] == person) for person in people}
    assert max(last, key=last.__getitem__) == "greedy", "who asks for little is done before who asks for much"


async def test_g23_a_trace_that_waits_for_a_person_holds_no_slot(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        house.pool.tracks = lambda _: (a_track(),)
        for n in range(12):
            await house.case(f"C{n}")
            await house.traced(f"C{n}")
        assert {row.state for row in await house.tracing.everything()} == {TraceState.AWAITING_REVIEW}
        held = await house.store.run(lambda tx: tx.rows("SELECT * FROM slot WHERE trace_id NOTNULL"))
        assert held == []


async def test_g23_the_database_has_no_eleventh_slot_to_give(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        with pytest.raises(Exception, match="CHECK constraint"):
            await house.store.run(lambda tx: tx.execute("INSERT INTO slot (number) VALUES (11)"))

        async def two_for_one(tx: Transaction) -> None:
            for number in (1, 2):
                await tx.execute("UPDATE slot SET trace_id = 'T' WHERE number = ?", (number,))

        with pytest.raises(Exception, match="UNIQUE constraint"):
            await house.store.run(two_for_one)


async def test_g23_a_second_engine_on_the_same_database_does_not_start(tmp_path: Path) -> None:
    async with a_house(tmp_path):
        with pytest.raises(InputError, match="another engine is using this state folder"):
            async with SqliteStore(tmp_path / "tracedesk.sqlite"):
                pass


async def test_g23_an_engine_that_was_overtaken_writes_nothing_more(tmp_path: Path) -> None:
    """Somebody took the lock away, and another engine has voided every lease and works on the trace."""
    async with a_house(tmp_path) as house:
        house.pool.tracks = lambda _: (a_track(),)
        house.pool.may_answer.clear()
        await house.case()
        trace_id = await house.trace()
        await house.pool.granted.wait()

        async def overtake(tx: Transaction) -> slots.Lease:
            await slots.void_others(tx, "the other engine")
            lease = await slots.claim(tx, trace_id, owner="the other engine", boottime_s=house.clock.boot_s)
            assert lease is not None
            return lease

        theirs = await house.store.run(overtake)
        before = await everything(house)
        house.pool.may_answer.set()
        await until(lambda: not house.runner.busy)
        assert await everything(house) == before
        await house.store.run(lambda tx: slots.require(tx, theirs, house.clock.boot_s))


async def everything(house: House) -> object:
    """All that a trace may write, but the time."""

    async def read(tx: Transaction) -> list[object]:
        tables = ("trace", "step", "window_result", "candidate", "usage", "slot")
        rows = [[tuple(row) for row in await tx.rows(f"SELECT * FROM {t}")] for t in tables]  # type: ignore[call-overload]
        return [*rows, [line.action for line, _ in await log.lines(tx)]]

    return await house.store.run(read)


async def test_g23_a_paused_engine_that_wakes_with_a_stale_lease_is_refused_and_begins_anew(
    tmp_path: Path,
) -> None:
    """Stopped for two minutes with results in its hands. Nothing of them is kept; the trace resumes."""
    async with a_house(tmp_path) as house:
        house.pool.tracks = lambda _: (a_track(),)
        house.pool.may_answer.clear()
        await house.case()
        trace_id = await house.trace()
        await house.pool.granted.wait()
        granted = len(house.pool.grants)
        (slot,) = await house.store.run(lambda tx: tx.rows("SELECT * FROM slot WHERE trace_id NOTNULL"))
        house.clock.pass_s(120)
        kept: list[int] = []

        async def count(tx: Transaction) -> None:
            rows = await tx.rows("SELECT fence, (SELECT count(*) FROM window_result) AS n FROM slot")
            kept.extend(row["n"] for row in rows if row["fence"] == slot["fence"])

        house.pool.may_answer.set()
        for _ in range(50):
            await house.store.run(count)
        assert await house.over(trace_id) is TraceState.AWAITING_REVIEW
        assert set(kept) == {0}, "nothing was written while the old lease was the last one"
        assert len(house.pool.grants) > granted
        windows = await house.store.run(lambda tx: tx.rows("SELECT window_id FROM window_result"))
        charged = await house.store.run(lambda tx: tx.rows("SELECT window_mac FROM usage"))
        assert len(charged) == len(windows), "what was asked for twice was charged once"
