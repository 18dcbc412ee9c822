"""The event stream: nothing is missed from any cursor, nobody waits for the slow, nothing piles up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

import pytest

from engine.api import stream
from engine.api.client import EngineAway, EngineSaysNo
from engine.api.identity import name_of
from engine.api.limits import Limits
from engine.api.lines import EventLine, Line, ResetLine, SnapshotLine
from engine.api.schema import TraceStart
from engine.api.stream import QUEUE, Listener
from engine.domain.authorisation import Role
from engine.domain.event import Event
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store import events
from tests.engine.api.conftest import House, open_house
from tests.engine.api.requests import ready
from tests.engine.fakes import NOW, a_site


async def happens(house: House, count: int = 1, kind: str = "trace", case_id: str = "") -> None:
    """So many changes, in one transaction."""

    async def note(tx: Transaction) -> None:
        for number in range(count):
            await events.note(
                tx, at=NOW, kind=kind, object_id=f"o-{number}", state="changed", case_id=case_id
            )

    await house.context.store.run(note)


async def forget_up_to(house: House, seq: int) -> None:
    await house.context.store.run(lambda tx: tx.execute("DELETE FROM event WHERE seq <= ?", (seq,)))


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def first(lines: AsyncIterator[Line], kind: type[Line], count: int = 1) -> list[Line]:
    """The next lines of a kind."""
    found: list[Line] = []
    async with asyncio.timeout(10):
        async for line in lines:
            if isinstance(line, kind):
                found.append(line)
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


def numbers(lines: list[Line]) -> list[int]:
    return [line.seq for line in lines]


async def test_a_listener_hears_of_a_change_that_comes(house: House) -> None:
    async with contextlib.aclosing(house.client.events()) as lines:
        await first(lines, SnapshotLine)
        await happens(house, 2, "candidate", "case-1")
        heard = await first(lines, EventLine, 2)
    assert numbers(heard) == [1, 2]
    assert heard[0] == EventLine(
        seq=1, at=NOW, kind="candidate", object_id="o-0", state="changed", case_id="case-1"
    )


async def test_from_a_cursor_everything_after_it_comes_and_nothing_twice(house: House) -> None:
    await happens(house, 2500)
    async with contextlib.aclosing(house.client.events(after=1200)) as lines:
        heard = await first(lines, EventLine, 1300)
        await happens(house, 3)
        heard += await first(lines, EventLine, 3)
    assert numbers(heard) == list(range(1201, 2504))


async def test_while_things_go_on_happening_a_joining_listener_misses_none(house: House) -> None:
    async def busy() -> None:
        for _ in range(100):
            await happens(house, 5)
            await asyncio.sleep(0)

    going = asyncio.create_task(busy())
    async with contextlib.aclosing(house.client.events(after=0)) as lines:
        assert numbers(await first(lines, EventLine, 500)) == list(range(1, 501))
    await going


async def test_without_a_cursor_the_past_is_past(house: House) -> None:
    await happens(house, 7)
    async with contextlib.aclosing(house.client.events()) as lines:
        await first(lines, SnapshotLine)
        await happens(house)
        assert numbers(await first(lines, EventLine)) == [8]


@pytest.mark.parametrize("cursor", [3, 99])
async def test_a_cursor_that_fits_nothing_kept_is_told_to_begin_anew(house: House, cursor: int) -> None:
    await happens(house, 10)
    await forget_up_to(house, 5)
    async with contextlib.aclosing(house.client.events(after=cursor)) as lines:
        assert await anext(lines) == ResetLine(seq=10)
        await happens(house)
        assert numbers(await first(lines, EventLine)) == [11]


async def test_a_cursor_right_before_what_is_kept_is_good(house: House) -> None:
    await happens(house, 10)
    await forget_up_to(house, 5)
    async with contextlib.aclosing(house.client.events(after=5)) as lines:
        assert numbers(await first(lines, EventLine, 5)) == [6, 7, 8, 9, 10]


async def test_a_fresh_listener_gets_the_newest_snapshot_at_once(house: House) -> None:
    async with contextlib.aclosing(house.client.events()) as one:
        await first(one, SnapshotLine)
        computed = house.hub._number
        async with contextlib.aclosing(house.client.events()) as other:
            await first(other, SnapshotLine)
        assert house.hub._number >= computed


async def test_a_snapshot_is_computed_once_for_all_who_listen(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        computed = 0
        rows = house.hub._rows

        async def counting() -> object:
            nonlocal computed
            computed += 1
            return await rows()

        house.hub._rows = counting  # type: ignore[assignment]
        async with contextlib.AsyncExitStack() as open_streams:
            for _ in range(3):
                lines = house.client.__class__(house.socket).events()
                await open_streams.enter_async_context(contextlib.aclosing(lines))
                await first(lines, SnapshotLine)
            before, started = computed, asyncio.get_running_loop().time()
            await until(lambda: computed >= before + 4)
            took_s = asyncio.get_running_loop().time() - started
        assert took_s > 3 * stream.TICK_S, "four times a second at most, however many listen"


async def test_nothing_is_computed_while_nobody_listens(house: House) -> None:
    async with contextlib.aclosing(house.client.events()) as lines:
        await first(lines, SnapshotLine)
        assert house.hub._task is not None
    await until(lambda: house.hub._task is None)
    assert len(house.hub) == 0


async def test_an_unchanged_picture_is_sent_only_as_a_sign_of_life(house: House) -> None:
    house.hub._alive_s = 0.6
    async with contextlib.aclosing(house.client.events()) as lines:
        await first(lines, SnapshotLine)
        began = asyncio.get_running_loop().time()
        await first(lines, SnapshotLine)
        assert asyncio.get_running_loop().time() - began >= 0.5


async def test_everybody_hears_what_they_may_see(tmp_path: Path) -> None:
    working: set[str] = {"mine"}

    async def cases_of(tx: Transaction, person: Person) -> Collection[str] | None:
        return working

    site = a_site(rehearsal=False, people={name_of(0): frozenset({Role.INVESTIGATOR})})
    async with (
        open_house(tmp_path, site, cases_of=cases_of) as house,
        contextlib.aclosing(house.client.events()) as lines,
    ):
        await first(lines, SnapshotLine)
        await happens(house, 1, "candidate", "theirs")
        await happens(house, 1, "candidate", "mine")
        assert numbers(await first(lines, EventLine)) == [2]
        working.add("theirs")
        await happens(house, 1, "candidate", "theirs")
        assert numbers(await first(lines, EventLine)) == [3], "who works on what is asked each time"


async def test_an_operator_sees_that_a_trace_runs_and_not_whose(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        authorisation_id = await ready(house.client, house.pool)
        await house.client.start_trace(TraceStart(case_id="case-1", authorisation_id=authorisation_id))
    site = a_site(rehearsal=False, people={name_of(0): frozenset({Role.OPERATOR})})
    async with (
        open_house(tmp_path, site) as house,
        contextlib.aclosing(house.client.events()) as lines,
    ):
        (snapshot,) = await first(lines, SnapshotLine)
        assert isinstance(snapshot, SnapshotLine)
        assert [t.case_id for t in snapshot.traces] == [""]
        with pytest.raises(EngineSaysNo, match="not for your role"):
            await house.client.trace(snapshot.traces[0].trace_id)


class Transport:
    """Enough of one: it can be cut."""

    aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def listener() -> Listener:
    made = Listener(Person(uid=1, name="kim"), 0, Transport())  # type: ignore[arg-type]
    made.sight = stream.Sight(frozenset({Role.SUPERVISOR}), None)
    return made


def event(seq: int) -> Event:
    return Event(seq=seq, at=NOW, kind="trace", object_id="o", state="s")


def test_a_queue_takes_so_many_events_and_one_more_ends_the_stream() -> None:
    slow = listener()
    for seq in range(1, QUEUE + 1):
        slow.tell(event(seq))
    assert not slow.gone
    slow.tell(event(QUEUE + 1))
    assert slow.gone
    assert slow.queue == type(slow.queue)(), "what it did not take is not kept for it"


def test_of_snapshots_only_the_newest_waits() -> None:
    slow = listener()
    for number in range(1000):
        slow.show(b"snapshot %d\n" % number)
    slow.tell(event(1))
    taken = slow.take()
    assert taken.endswith(b"snapshot 999\n")
    assert taken.count(b"\n") == 2
    assert slow.take() == b""


async def test_who_does_not_read_is_let_go_and_holds_up_nobody(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        reader, writer = await asyncio.open_unix_connection(str(house.socket), limit=1)
        writer.write(b"GET /v1/events?after=0 HTTP/1.1\r\nHost: e\r\n\r\n")
        await reader.readexactly(12)  # answered; from here on nothing is read
        async with contextlib.aclosing(house.client.events()) as lines:
            await first(lines, SnapshotLine)
            heard: list[Line] = []
            for _ in range(100):
                await happens(house, 100)
                heard += await first(lines, EventLine, 100)
                if len(house.hub) == 1:
                    break
            assert numbers(heard) == list(range(1, len(heard) + 1))
            assert len(house.hub) == 1, "the one that reads"
        writer.close()


async def test_who_goes_away_is_forgotten_at_once_so_that_they_can_come_back(tmp_path: Path) -> None:
    async with open_house(tmp_path, limits=Limits(streams=1)) as house:
        for _ in range(3):
            async with contextlib.aclosing(house.client.events()) as lines:
                await first(lines, SnapshotLine)
            await until(lambda: len(house.hub) == 0)


async def test_more_streams_than_one_user_may_have_are_put_off(tmp_path: Path) -> None:
    async with (
        open_house(tmp_path, limits=Limits(streams=1)) as house,
        contextlib.aclosing(house.client.events()) as lines,
    ):
        await first(lines, SnapshotLine)
        with pytest.raises(EngineSaysNo, match="event streams") as said:
            await anext(house.client.events())
        assert said.value.status == 429


async def test_when_the_store_breaks_streams_end_instead_of_falling_silent(house: House) -> None:
    async with contextlib.aclosing(house.client.events()) as lines:
        await first(lines, SnapshotLine)
        with contextlib.suppress(Exception):
            await house.context.store.run(lambda tx: tx.execute("COMMIT"))
        with contextlib.suppress(EngineAway):
            async with asyncio.timeout(10):
                async for _ in lines:
                    pass
    with pytest.raises(EngineSaysNo, match="store"):
        await anext(house.client.events())


async def test_a_fault_of_ours_ends_the_streams_and_is_told_without_what_was_in_it(house: House) -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(str(context)))

    async def broken() -> object:
        raise KeyError("somebody's name")

    rows = house.hub._rows
    async with contextlib.aclosing(house.client.events()) as lines:
        await first(lines, SnapshotLine)
        house.hub._rows = broken  # type: ignore[assignment]
        with contextlib.suppress(EngineAway):
            async with asyncio.timeout(10):
                async for _ in lines:
                    pass
    assert any("event hub: internal error, KeyError in test_stream.py" in line for line in told)
    assert not any("somebody" in line for line in told)
    house.hub._rows = rows
    async with contextlib.aclosing(house.client.events()) as lines:
        await first(lines, SnapshotLine)
