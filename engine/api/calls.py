"""What the calls of the client are made of: one reads, the other changes."""

from abc import ABC, abstractmethod
from typing import TypeVar

from engine.api.schema import Request

T = TypeVar("T")


class Calls(ABC):
    """Some of the methods of ``EngineClient``, one per route, over two that it brings."""

    @abstractmethod
    async def _read(self, path: str, kind: type[T]) -> T: ...

    @abstractmethod
    async def _change(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: Request | None = None,
        version: int | None = None,
    ) -> T: ...
