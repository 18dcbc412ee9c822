"""What every screen works with: the engine, what is known of it, and how to speak to the person."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from engine.api.case_schema import BoardCase
from engine.api.schema import Hello, TraceView
from tui.casework.triage import Triage
from tui.comfort.sitting import Sitting
from tui.feed import Feed
from tui.fresh import Fresh
from tui.language.words import zone_called
from tui.port import Engine

Work = Callable[[], Awaitable[object]]


@dataclass(slots=True, kw_only=True)
class Station:
    """``say`` shows one line until the next key (words and tone), ``go`` runs work beside the screen: a
    later one of the same group takes the place of an earlier, but for ``answer``, where none is lost.
    ``clock`` gives seconds that only run forward, ``pause`` lets some pass, ``aside`` a few words for the
    top line, ``board`` the cases that this person works on. ``drafts`` holds what was typed and not sent,
    by form and case."""

    engine: Engine
    feed: Feed
    triage: Triage
    board: Fresh[tuple[BoardCase, ...]]
    sitting: Sitting
    say: Callable[[str, str], None]
    go: Callable[[Work, str], None]
    clock: Callable[[], float]
    aside: Callable[[], str] = str
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    drafts: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def hello(self) -> Hello | None:
        return self.feed.hello

    @property
    def zone(self) -> tzinfo:
        return zone_called(self.feed.hello.timezone) if self.feed.hello is not None else UTC

    @property
    def now(self) -> datetime | None:
        """The engine's time, None before it was heard of."""
        return self.feed.now

    @property
    def trace(self) -> TraceView | None:
        """The trace that is open on the desk."""
        return self.feed.latest.get(self.triage.state.trace_id)

    def may(self, *roles: str) -> bool:
        """True where one of these roles is the person's; also where the engine did not say which are."""
        own = () if self.feed.hello is None else self.feed.hello.roles
        return not own or bool({*own} & {*roles})
