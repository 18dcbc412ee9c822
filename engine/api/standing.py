"""What the engine says about itself: who it greets, how it is, and how it is told to end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.api import journal
from engine.api.asked import Asked
from engine.api.lines import Health, Stopping
from engine.api.once import HOUSE_KEY, once
from engine.api.schema import API_VERSION, Hello
from engine.ports import Transaction
from engine.store.authorisations import unreviewed
from engine.store.writer import StoreBroken
from engine.trace.context import Context

STORE_PATIENCE_S = 2.0


def _no_word() -> str:
    return ""


def _no_number() -> None:
    return None


def _no_disk() -> tuple[int, int]:
    return 0, 0


async def _nothing_due() -> None:
    return None


@dataclass(slots=True, kw_only=True)
class Vitals:
    """Where parts of the engine say how they are; each sets what it can answer, at assembly.

    ``workers`` gives how many there are and how many are at work; ``audit``, ``witness`` and
    ``housekeeping`` "ok" or a few words; ``witness_age_s`` seconds since the last confirmation;
    ``keys_due`` and ``keys_overdue`` counts; ``disk`` the free and all bytes where the data lies.
    """

    workers: Callable[[], tuple[int, int] | None] = _no_number
    audit: Callable[[], str] = _no_word
    witness: Callable[[], str] = _no_word
    witness_age_s: Callable[[], float | None] = _no_number
    keys_due: Callable[[], Awaitable[int | None]] = _nothing_due
    keys_overdue: Callable[[], Awaitable[int | None]] = _nothing_due
    disk: Callable[[], tuple[int, int]] = _no_disk
    housekeeping: Callable[[], str] = _no_word
    listeners: Callable[[], int] = int


class Standing:
    """``stop`` is called once, after it was written to the audit that somebody wanted it."""

    def __init__(
        self, context: Context, version: str, stop: Callable[[], None], vitals: Vitals | None = None
    ) -> None:
        self._context = context
        self._version = version
        self._stop = stop
        self.vitals = vitals or Vitals()
        self._since_s = context.clock.boottime_s()

    @property
    def profile(self) -> str:
        return "rehearsal" if self._context.site.rehearsal else "server"

    @property
    def store_silent_s(self) -> float:
        return self._context.store.silent_s

    async def hello(self, asked: Asked) -> Hello:
        site = self._context.site
        return Hello(
            version=self._version,
            api_min=API_VERSION,
            api_max=API_VERSION,
            profile=self.profile,
            person=asked.name,
            site=site.name,
            timezone=site.timezone,
            models=site.models,
            demo_models=site.demo_models,
            face_search=site.face_search,
            roles=tuple(sorted(asked.person.roles)),
            emergencies=await self._context.store.run(unreviewed),
        )

    async def health(self) -> Health:
        """Answers also where the store does not."""
        store, slots, busy, queued = "ok", 0, 0, 0
        try:
            async with asyncio.timeout(STORE_PATIENCE_S):
                slots, busy, queued = await self._context.store.run(_counts)
        except TimeoutError:
            store = f"silent for {STORE_PATIENCE_S:g} s"
        except StoreBroken:
            store = "cannot be written"
        workers = self.vitals.workers()
        return Health(
            version=self._version,
            profile=self.profile,
            uptime_s=self._context.clock.boottime_s() - self._since_s,
            store=store,
            slots=slots,
            slots_busy=busy,
            queued=queued,
            workers=workers[0] if workers else None,
            workers_busy=workers[1] if workers else None,
            audit=self.vitals.audit(),
            witness=self.vitals.witness(),
            witness_age_s=self.vitals.witness_age_s(),
            keys_due=await self.vitals.keys_due() if store == "ok" else None,
            housekeeping=self.vitals.housekeeping(),
            listeners=self.vitals.listeners(),
        )

    async def stop(self, asked: Asked) -> Stopping:
        """A request that comes again under its key was answered before: it ends no later engine."""
        fresh = False

        async def note(tx: Transaction) -> Stopping:
            nonlocal fresh
            fresh = True
            await journal.write(self._context, tx, asked, "stop", "engine", tell=False)
            _, busy, queued = await _counts(tx)
            return Stopping(traces_to_resume=busy + queued)

        stopping = await once(self._context, asked, HOUSE_KEY, Stopping, note)
        if fresh:
            self._stop()
        return stopping


async def _counts(tx: Transaction) -> tuple[int, int, int]:
    """Slots, slots in use, traces that wait for one."""
    slots = await tx.row("SELECT count(*) AS n, count(trace_id) AS busy FROM slot")
    queued = await tx.row("SELECT count(*) AS n FROM trace WHERE state = 'queued'")
    assert slots is not None
    assert queued is not None
    return int(slots["n"]), int(slots["busy"]), int(queued["n"])
