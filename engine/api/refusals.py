"""What was refused stands in the audit too (G13): who tried what, and under which rule it was shut."""

import contextlib
from collections.abc import Callable

from engine.api import journal
from engine.api.asked import Asked
from engine.domain.errors import Refused, Unknown
from engine.ports import Transaction
from engine.store.writer import StoreBroken
from engine.trace.context import Context

APART_S = 1.0  # a script that tries a thousand ids gets a line a second, with how many there were


class Refusals:
    """Made once per engine. ``now_s`` counts seconds."""

    def __init__(self, context: Context, now_s: Callable[[], float]) -> None:
        self._context = context
        self._now_s = now_s
        self._last: dict[int, tuple[float, int]] = {}  # by uid: when a line was written, how many came since

    async def note(self, asked: Asked, route: str, object_id: str, refused: Refused) -> None:
        """One line, unless this person was refused within the second: then it is counted in the next."""
        now_s = self._now_s()
        written_s, more = self._last.get(asked.person.uid, (float("-inf"), 0))
        if now_s - written_s < APART_S:
            self._last[asked.person.uid] = (written_s, more + 1)
            return
        self._last[asked.person.uid] = (now_s, 0)
        detail = {"rule": refused.rule or ("G24" if isinstance(refused, Unknown) else "none")}
        if more:
            detail["more"] = str(more)

        async def write(tx: Transaction) -> None:
            await journal.write(
                self._context,
                tx,
                asked,
                route,
                self._context.sealer.vault.mac(object_id) if object_id else "",  # it may be anything typed
                outcome="refused",
                tell=False,
                detail=detail,
            )

        with contextlib.suppress(StoreBroken):  # a refusal stays one
            await self._context.store.run(write)
