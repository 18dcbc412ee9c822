"""What was refused stands in the audit too (G13): who tried what, and under which rule it was shut."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from engine.api import journal
from engine.api.asked import Asked
from engine.domain.errors import Refused, Unknown
from engine.ports import Transaction
from engine.store.writer import StoreBroken
from engine.trace.context import Context

APART_S = 1.0  # a script that tries a thousand ids gets a line a second, with how many there were


@dataclass(slots=True)
class _Burst:
    """Of one person: when the last line was written, and what was refused since without a line."""

    written_s: float
    asked: Asked
    route: str
    object_id: str
    rule: str
    more: int = 0


class Refusals:
    """Made once per engine. ``now_s`` counts seconds."""

    def __init__(self, context: Context, now_s: Callable[[], float]) -> None:
        self._context = context
        self._now_s = now_s
        self._last: dict[int, _Burst] = {}  # by uid

    async def note(self, asked: Asked, route: str, object_id: str, refused: Refused) -> None:
        """One line, unless this person was refused within the second: then it is counted in the next, or in
        one of its own where no other comes."""
        now_s = self._now_s()
        rule = refused.rule or ("G24" if isinstance(refused, Unknown) else "none")
        before = self._last.get(asked.person.uid)
        if before is not None and now_s - before.written_s < APART_S:
            more = before.more + 1
            self._last[asked.person.uid] = _Burst(before.written_s, asked, route, object_id, rule, more)
            return
        self._last[asked.person.uid] = _Burst(now_s, asked, route, object_id, rule)
        await self._write(asked, route, object_id, rule, before.more if before else 0)

    async def flush(self) -> None:
        """Write down what was only counted so far: of each person one line, which is the last refusal itself,
        with how many there were before it."""
        now_s = self._now_s()
        for burst in tuple(self._last.values()):
            if more := burst.more:
                burst.more, burst.written_s = 0, now_s
                await self._write(burst.asked, burst.route, burst.object_id, burst.rule, more - 1)

    async def _write(self, asked: Asked, route: str, object_id: str, rule: str, more: int) -> None:
        detail = {"rule": rule}
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
