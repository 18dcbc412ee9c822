"""A disk that hangs gives no error: nobody waits for it, and nobody is told more than is known.

What was handed to the store before may still be committed when the disk goes on. It is not taken back,
since half of a request may be durable; it runs to its end, and its Idempotency-Key tells the outcome.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
A_MOMENT_S = 0.01  # an answer that lies ready is taken, also where this process itself was held up


class StoreSilent(Exception):
    """The store has been at one and the same step for too long."""


class Patience:
    """With the store that ``silent_s`` tells of, for at most ``most_s``."""

    def __init__(self, silent_s: Callable[[], float], most_s: float) -> None:
        self._silent_s = silent_s
        self._most_s = most_s
        self._left: set[asyncio.Task[Any]] = set()

    def require_answer(self) -> None:
        """Raises StoreSilent where nothing may be begun now."""
        if self._silent_s() >= self._most_s:
            raise StoreSilent

    async def during(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``. Raises StoreSilent where the store does not answer meanwhile; the work
        then goes on by itself. Who is cancelled cancels it."""
        task = asyncio.create_task(work)
        wait_s = max(self._most_s - self._silent_s(), A_MOMENT_S)
        try:
            while not (await asyncio.wait({task}, timeout=wait_s))[0]:
                left_s = self._most_s - self._silent_s()
                if left_s <= 0 and wait_s == A_MOMENT_S:
                    self._leave(task)
                    raise StoreSilent
                wait_s = max(left_s, A_MOMENT_S)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            _looked_at(task)
            raise
        return task.result()

    def close(self) -> None:
        """What still waits for the store is given up."""
        for task in tuple(self._left):
            task.cancel()

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._left.add(task)
        task.add_done_callback(self._left.discard)
        task.add_done_callback(_looked_at)


def _looked_at(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()  # nobody waits for it
