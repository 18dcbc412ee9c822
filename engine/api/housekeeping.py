"""What falls due by itself: emergencies that nobody reviewed, old receipts, old events, answers that an
earlier release did not seal, the count of refusals that were not written one by one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from engine.api.authorise import Authorise
from engine.api.once import forget_old as forget_receipts
from engine.api.refusals import Refusals
from engine.domain.errors import InputError, Refused, fault
from engine.store import events
from engine.store.writer import StoreBroken
from engine.trace.context import Context

EVERY_S = 60.0


class Housekeeper:
    """Looks once a minute while it is open. ``problem`` is "" or what of the last look failed and why;
    ``damage`` is "" or why a line of the audit could not be written."""

    def __init__(
        self,
        context: Context,
        authorise: Authorise,
        refusals: Refusals,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._context = context
        self._authorise = authorise
        self._refusals = refusals
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None
        self.problem = ""
        self.damage = ""

    async def __aenter__(self) -> "Housekeeper":
        self._task = asyncio.create_task(self._go_on(), name="housekeeper")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(StoreBroken, Refused):
            await self._refusals.flush()

    async def look(self) -> None:
        """Do what is due, each thing for itself: what fails keeps nothing else from being done."""
        failed = []
        for name, work in (
            ("emergencies", self._authorise.end_unreviewed),
            ("refusals", self._refusals.flush),
            ("receipts", lambda: forget_receipts(self._context)),
            ("answers", self._seal_answers),
            ("events", lambda: self._context.store.run(events.forget_old)),
        ):
            try:
                await work()
            except StoreBroken:
                raise
            except (Refused, InputError) as problem:
                failed.append(f"{name}: {problem}")
                if isinstance(problem, Refused) and problem.rule == "G13":
                    self.damage = str(problem)
            except Exception as problem:
                failed.append(f"{name}: {fault(problem)}")
        self.problem = "; ".join(failed)

    async def _seal_answers(self) -> None:
        """Those that an earlier release left in plain columns, some at a time: others go on meanwhile."""
        reviews, after = self._context.reviews, 0
        while after := await self._context.store.run(lambda tx, n=after: reviews.seal_plain_answers(tx, n)):  # type: ignore[misc]
            pass

    async def _go_on(self) -> None:
        while True:
            await self.look()
            await self._sleep(EVERY_S)
