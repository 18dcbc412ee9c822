"""Values in and out of sealed columns, and keys made and destroyed beside the event loop."""

import asyncio
from typing import Any, TypeVar

import msgspec

from engine.store.whole import whole
from engine.vault.keys import Vault

T = TypeVar("T")


class Sealer:
    """Encodes a value and seals it under a case key, bound to its table and row."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._going: list[frozenset[str]] = []  # keys that are being destroyed
        self._writing = asyncio.Lock()

    def seal(self, key_id: str, table: str, row: str, value: Any) -> bytes:
        return self.vault.seal(key_id, f"{table}/{row}", msgspec.msgpack.encode(value))

    def open(self, key_id: str, table: str, row: str, blob: bytes, kind: type[T]) -> T:
        return msgspec.msgpack.decode(self.vault.open(key_id, f"{table}/{row}", blob), type=kind)

    async def ensure(self, key_id: str) -> None:
        """Make the key unless it exists; a new one where the old one is just being destroyed. A disk that
        is slow holds up who asked. Raises as the vault does."""
        if self.vault.has(key_id) and not any(key_id in keys for keys in self._going):
            return
        async with self._writing:
            await whole(asyncio.to_thread(self.vault.ensure, key_id))

    async def destroy(self, key_ids: frozenset[str]) -> None:
        """Destroy keys for good; runs to its end whoever gives up waiting. Raises as the vault does."""
        self._going.append(key_ids)
        try:
            async with self._writing:  # in the order in which it was asked for
                await whole(asyncio.to_thread(self.vault.destroy, key_ids))
        finally:
            self._going.remove(key_ids)

    async def refresh_copy(self) -> None:
        await whole(asyncio.to_thread(self.vault.refresh_copy))


def case_key(case_id: str) -> str:
    """Key for what is known of the case from papers."""
    return f"case:{case_id}"


def face_key(case_id: str) -> str:
    """Key for everything that came out of a face search; withdrawing the ground destroys it."""
    return f"faces:{case_id}"
