"""Keeps a draft with its case: the newest text is what stands there in the end, whatever came between."""

import asyncio
from collections.abc import Awaitable, Callable


class Keeper:
    """``keep`` writes a text away; it is never called twice at once, so no older text comes last."""

    def __init__(self, keep: Callable[[str], Awaitable[object]], kept: str = "") -> None:
        self._keep = keep
        self._one = asyncio.Lock()
        self.wanted = kept
        self.kept = kept

    @property
    def behind(self) -> bool:
        """True while the newest text is not written away."""
        return self.wanted != self.kept

    async def write(self) -> None:
        """Write the newest text, unless it stands there. Raises what ``keep`` raises; then it is behind."""
        async with self._one:
            while self.behind:
                text = self.wanted
                await self._keep(text)
                self.kept = text
