"""What falls due by itself: emergencies that nobody reviewed, old receipts, old events."""

import asyncio
from collections.abc import Awaitable, Callable

from engine.api.authorise import Authorise
from engine.api.once import forget_old as forget_receipts
from engine.domain.errors import fault
from engine.store import events
from engine.store.writer import StoreBroken
from engine.trace.context import Context

EVERY_S = 60.0


class Housekeeper:
    """Looks once a minute while it is open. ``problem`` is "" or why the last look failed."""

    def __init__(
        self,
        context: Context,
        authorise: Authorise,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._context = context
        self._authorise = authorise
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None
        self.problem = ""

    async def __aenter__(self) -> "Housekeeper":
        self._task = asyncio.create_task(self._go_on(), name="housekeeper")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Do what is due."""
        await self._authorise.end_unreviewed()
        await forget_receipts(self._context)
        await self._context.store.run(events.forget_old)

    async def _go_on(self) -> None:
        while True:
            try:
                await self.look()
                self.problem = ""
            except StoreBroken:
                raise
            except Exception as problem:
                self.problem = fault(problem)
            await self._sleep(EVERY_S)
