"""From the engine's event stream to what the desk paints: a dictionary in which the latest wins.

Events are never forwarded to widgets one by one; the desk looks here four times a second.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.api.client import EngineAway, EngineSaysNo
from engine.api.lines import EventLine, Line, ResetLine
from engine.api.schema import Hello, Snapshot, TraceView
from tui.port import Engine
from tui.state import fingerprint

FIRST_RETRY_S = 0.25
LONGEST_RETRY_S = 5.0
IN_DETAIL = frozenset({"candidate", "case"})  # kinds of events after which a trace's details may differ
IN_LINE_LIST = frozenset({"contact", "case"})  # and the line list, where the details say nothing of it
IN_TRACE_ROWS = frozenset({"candidate", "decide"})  # of which the rows of traces say all that a board needs


class LinkState(StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Link:
    """How the desk stands with the engine. ``because`` is empty while all is well."""

    state: LinkState
    retry_in_s: float = 0.0
    because: str = ""


class Feed:
    """Holds the newest view of every trace, and attaches again by itself when the engine goes away.

    ``rows`` is the order of first appearance: rows never move while they are live. ``cursor`` is the
    last event heard of; an engine that comes back is asked for what happened since.
    """

    def __init__(
        self,
        engine: Engine,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        hello: Hello | None = None,
    ) -> None:
        self._engine = engine
        self._sleep = sleep
        self.latest: dict[str, TraceView] = {}
        self.rows: list[str] = []
        self.now: datetime | None = None
        self.hello = hello
        self.link = Link(LinkState.CONNECTING)
        self.emergencies = 0
        self.cursor: int | None = None
        self._heard: dict[str, int] = {}  # newest event that may have changed details, by case
        self._listed: dict[str, int] = {}  # newest that may have changed the line list
        self._begun_anew = 0
        self.papers = 0  # grows when a case, its papers or a trace may stand otherwise than before
        self.version = 0  # grows with everything that is worth painting

    async def run(self) -> None:
        """Follow the engine until cancelled, whatever goes wrong on the way."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                async for line in self._attached():
                    self.hear(line)
                    retry_s = FIRST_RETRY_S
                because = "the engine closed the connection"
            except EngineAway:
                because = "nobody answers on the socket"
            except EngineSaysNo as refusal:
                because = str(refusal)
            except Exception as problem:  # an answer nobody can read must not end the feed in silence
                because = f"unreadable answer ({type(problem).__name__})"
            self._stand(Link(LinkState.AWAY, retry_s, because))
            await self._sleep(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    async def greet(self) -> None:
        """Ask again who one is here; what was known stays where nobody answers."""
        with contextlib.suppress(EngineAway, EngineSaysNo):
            self.hello = await self._engine.hello()

    async def _attached(self) -> AsyncIterator[Line]:
        self.hello = await self._engine.hello()
        async for line in self._engine.events(self.cursor):
            yield line

    def hear(self, line: Line) -> None:
        """One line of the stream."""
        if isinstance(line, EventLine):
            self.cursor = line.seq
            if line.kind in IN_DETAIL:
                self._heard[line.case_id] = line.seq
            if line.kind in IN_LINE_LIST:
                self._listed[line.case_id] = line.seq
            if line.kind not in IN_TRACE_ROWS:
                self.papers += 1
        elif isinstance(line, ResetLine):
            self.cursor = line.seq
            self._begun_anew += 1
            self.papers += 1
        else:
            self.take(line)

    def take(self, snapshot: Snapshot) -> None:
        """Every trace as it stands now; what is no longer told of leaves the list."""
        self.latest = {view.trace_id: view for view in snapshot.traces}
        known = set(self.rows)
        self.rows = [row for row in self.rows if row in self.latest]
        self.rows += [row for row in self.latest if row not in known]
        self.now = snapshot.now
        self.emergencies = snapshot.emergencies
        self._stand(Link(LinkState.CONNECTED))

    def known(self, trace: TraceView) -> tuple[object, ...]:
        """Differs when the details of a trace are worth fetching again: its row says so, or an event did,
        such as an answer that a colleague has changed."""
        return (*fingerprint(trace), self._heard.get(trace.case_id, 0), self._begun_anew)

    def listed(self, case_id: str) -> tuple[int, int]:
        """Differs when rows of a line list may have been written since, by whomever."""
        return self._listed.get(case_id, 0), self._begun_anew

    def _stand(self, link: Link) -> None:
        self.link = link
        self.version += 1

    @property
    def traces(self) -> tuple[TraceView, ...]:
        return tuple(self.latest[row] for row in self.rows)
