"""Work that runs to its end, whoever gives up waiting for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``. Who is cancelled while it runs learns that after it has ended."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as given:
            cancelled = given
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # looked at: nobody waits for it
        raise cancelled
    return task.result()
