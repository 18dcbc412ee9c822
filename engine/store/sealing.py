"""Values in and out of sealed columns."""

from typing import Any, TypeVar

import msgspec

from engine.vault.keys import Vault

T = TypeVar("T")


class Sealer:
    """Encodes a value and seals it under a case key, bound to its table and row."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def seal(self, key_id: str, table: str, row: str, value: Any) -> bytes:
        return self.vault.seal(key_id, f"{table}/{row}", msgspec.msgpack.encode(value))

    def open(self, key_id: str, table: str, row: str, blob: bytes, kind: type[T]) -> T:
        return msgspec.msgpack.decode(self.vault.open(key_id, f"{table}/{row}", blob), type=kind)


def case_key(case_id: str) -> str:
    """Key for what is known of the case from papers."""
    return f"case:{case_id}"


def face_key(case_id: str) -> str:
    """Key for everything that came out of a face search; withdrawing the ground destroys it."""
    return f"faces:{case_id}"
