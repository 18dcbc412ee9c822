"""The event stream: one hub reads and computes for all, each listener gets what they may see.

Events come from the table, in order, from any cursor that is still kept. Snapshots are no events: of
several that were not fetched, the newest is enough. A listener who does not read is let go, and
comes back with the cursor; nobody else waits for them, and nothing piles up.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web

from engine.api.lines import EventLine, ResetLine, SnapshotLine, encode_line
from engine.api.schema import TraceView
from engine.api.sight import CasesOf, Sight, sight_of
from engine.domain.errors import fault
from engine.domain.event import Event
from engine.domain.person import Person
from engine.ports import Transaction
from engine.store import events
from engine.store.authorisations import unreviewed
from engine.store.writer import StoreBroken
from engine.trace.context import Context

TICK_S = 0.25  # four times a second, as often as a desk paints
ALIVE_S = 5.0
STUCK_S = 15.0  # without one line taken: longer than any terminal needs
QUEUE = 256
PAGE = 1000
BATCH = 100  # a burst is handed out in parts that a listener who reads has room for
BREATH_S = 0.01

Rows = Callable[[], Awaitable[Sequence[TraceView]]]


class Listener:
    """One open stream. ``seen`` is the last event it was given, ``sight`` what it may be given."""

    def __init__(self, person: Person, seen: int, transport: asyncio.Transport) -> None:
        self.person = person
        self.seen = seen
        self.sight = Sight(frozenset(), frozenset())
        self.queue: deque[bytes] = deque()
        self.snapshot: bytes | None = None
        self.something = asyncio.Event()
        self.told: tuple[tuple[TraceView, ...], int] | None = None
        self.told_s = 0.0
        self._transport = transport
        self._ended = False

    @property
    def gone(self) -> bool:
        return self._ended or self._transport.is_closing()

    def tell(self, event: Event) -> None:
        """One more event, where it is new to this listener; one too many in the queue ends the stream."""
        if event.seq <= self.seen or self.gone:
            return
        self.seen = event.seq
        if (heard := self.sight.event(event)) is None:
            return
        if len(self.queue) >= QUEUE:
            self.end(abruptly=True)
            return
        self.queue.append(_line(heard))
        self.something.set()

    def show(self, snapshot: bytes) -> None:
        self.snapshot = snapshot
        self.something.set()

    def take(self) -> bytes:
        """Everything that waits, events first. b"" at the end of the stream."""
        lines = [*self.queue, *([self.snapshot] if self.snapshot is not None else [])]
        self.queue.clear()
        self.snapshot = None
        self.something.clear()
        return b"".join(lines)

    def end(self, *, abruptly: bool = False) -> None:
        """``abruptly`` where nothing more can be written: what waits in the socket is dropped too."""
        self._ended = True
        self.queue.clear()
        self.snapshot = None
        self.something.set()
        if abruptly:
            self._transport.abort()

    async def write(self, answer: web.StreamResponse, lines: bytes) -> None:
        """Raises ConnectionError where nobody takes them."""
        try:
            async with asyncio.timeout(STUCK_S):
                await answer.write(lines)
        except TimeoutError:
            self.end(abruptly=True)
            raise ConnectionAbortedError from None


class Hub:
    """``rows`` gives every trace as it stands, unfiltered; ``cases_of`` who may see which, ``alive_s``
    is how long a stream may say nothing.

    The work of the hub is done by one task, which lives while somebody listens.
    """

    def __init__(self, context: Context, rows: Rows, cases_of: CasesOf, alive_s: float = ALIVE_S) -> None:
        self._context = context
        self._rows = rows
        self._cases_of = cases_of
        self._alive_s = alive_s
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._cursor = 0  # up to here, events were given to all who listen
        self._number = 0
        self._newest: tuple[TraceView, ...] | None = None
        self._emergencies = 0

    def __len__(self) -> int:
        return len(self._listeners)

    async def close(self) -> None:
        """Every stream ends; what was told so far is not lost, since cursors stay good."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for listener in tuple(self._listeners):
            listener.end()

    async def serve(
        self, request: web.Request, person: Person, begin: tuple[bool, int]
    ) -> web.StreamResponse:
        """Answer with lines from where ``begin`` said until one of both sides has enough."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        lost, seen = begin
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        listener = Listener(person, seen, transport)
        try:
            if lost:
                await listener.write(answer, encode_line(ResetLine(seq=seen)))
            await self._catch_up(listener, answer)
            while not listener.gone:
                await listener.something.wait()
                if lines := listener.take():
                    await listener.write(answer, lines)
        except ConnectionError:
            pass
        finally:
            self._listeners.discard(listener)
        return answer

    async def begin(self, after: int | None) -> tuple[bool, int]:
        """Whether the cursor fits nothing that is kept, and where the stream begins. Without ``after``,
        from now on."""

        async def read(tx: Transaction) -> tuple[int, int]:
            return await events.oldest(tx), await events.newest(tx)

        oldest, newest = await self._context.store.run(read)
        if after is None:
            return False, newest
        lost = after > newest or after + 1 < oldest
        return lost, newest if lost else after

    async def _catch_up(self, listener: Listener, answer: web.StreamResponse) -> None:
        """Write what is in the table already, then join those who are told what comes."""
        while True:
            found, listener.sight = await self._context.store.run(lambda tx: self._page(tx, listener))
            for event in found:
                if (heard := listener.sight.event(event)) is not None:
                    await listener.write(answer, _line(heard))
                listener.seen = event.seq
            if len(found) < PAGE and (self._task is None or listener.seen >= self._cursor):
                break  # nothing is awaited from here on: no event slips through
        self._listeners.add(listener)
        if self._newest is not None:
            self._show(listener, self._newest)
        if self._task is None:
            self._cursor = listener.seen
            self._task = asyncio.create_task(self._run(), name="event hub")

    async def _page(self, tx: Transaction, listener: Listener) -> tuple[list[Event], Sight]:
        sight = await sight_of(tx, listener.person, self._cases_of)
        return await events.after(tx, listener.seen, PAGE), sight

    async def _run(self) -> None:
        try:
            while self._listeners:
                await self._tick()
                await asyncio.sleep(TICK_S)
        except StoreBroken:
            pass  # said by every answer from now on
        except Exception as problem:  # a fault of ours: say where, never what was in it
            asyncio.get_running_loop().call_exception_handler({"message": f"event hub: {fault(problem)}"})
        finally:
            if self._task is asyncio.current_task():
                self._task = None
            self._newest = None
            for listener in tuple(self._listeners):  # they come back, or are told why not
                listener.end()

    async def _tick(self) -> None:
        """Read once what is new, compute once how all stands, and hand out what each may see."""
        while True:
            found, sights = await self._context.store.run(self._news)
            self._tell(found, sights)
            if len(found) < BATCH:
                break
            await asyncio.sleep(BREATH_S)
        self._newest = tuple(await self._rows())
        for listener in tuple(self._listeners):
            if listener.gone:
                listener.end()  # wakes it, so that its place is free at once
            else:
                self._show(listener, self._newest)

    async def _news(self, tx: Transaction) -> tuple[list[Event], dict[Person, Sight]]:
        """Nothing is told from in here: what is read is durable only once the transaction is."""
        self._emergencies = await unreviewed(tx)
        people = {listener.person for listener in self._listeners}
        sights = {person: await sight_of(tx, person, self._cases_of) for person in people}
        return await events.after(tx, self._cursor, BATCH), sights

    def _tell(self, found: Sequence[Event], sights: Mapping[Person, Sight]) -> None:
        for listener in self._listeners:
            listener.sight = sights.get(listener.person, listener.sight)
            for event in found:
                listener.tell(event)
        if found:
            self._cursor = found[-1].seq

    def _show(self, listener: Listener, traces: Sequence[TraceView]) -> None:
        """A snapshot where something changed for this person, or as a sign of life."""
        now_s = asyncio.get_running_loop().time()
        seen = tuple(row for trace in traces if (row := listener.sight.trace(trace)) is not None)
        told = (seen, self._emergencies)
        if told == listener.told and now_s - listener.told_s < self._alive_s:
            return
        self._number += 1
        listener.told, listener.told_s = told, now_s
        now = self._context.clock.now()
        listener.show(
            encode_line(SnapshotLine(seq=self._number, now=now, traces=seen, emergencies=self._emergencies))
        )


def _line(event: Event) -> bytes:
    return encode_line(
        EventLine(
            seq=event.seq,
            at=event.at,
            kind=event.kind,
            object_id=event.object_id,
            state=event.state,
            case_id=event.case_id,
        )
    )
