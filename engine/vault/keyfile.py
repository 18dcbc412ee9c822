"""What lies on disk: case keys wrapped by an epoch key in one file, epoch keys in another.

``keys.json`` holds no name of a case: a key is found under a keyed digest of its id. ``epoch-N.key``
holds the key of epoch N, wrapped by the root key; it may lie in a folder of its own. Which epoch
counts is said by ``keys.json`` alone, so that one rename decides between before and after.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.domain.errors import InputError

NONCE_BYTES = 12
DIGEST_BYTES = 16
FORMAT = 2
UNSEAL_FILE = "unseal.json"
_EPOCH_FILE = re.compile(r"epoch-(\d{1,18})\.key(?:\.new|\.next)?")
T = TypeVar("T", "KeyFile", "EpochFile")


class _Silent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    def __repr__(self) -> str:  # not even wrapped keys stand in a log
        return type(self).__name__


class KeyFile(_Silent, frozen=True, kw_only=True):
    """``check`` tells a wrong secret, ``sha256`` damage; ``gone`` is digests of destroyed keys in a row."""

    format: int = FORMAT
    epoch: int
    check: bytes
    case_keys: dict[str, bytes]
    gone: bytes = b""
    sha256: str = ""


class EpochFile(_Silent, frozen=True, kw_only=True):
    format: int = FORMAT
    epoch: int
    check: bytes
    key: bytes
    sha256: str = ""


class FirstKeyFile(_Silent, frozen=True, kw_only=True):
    """The first format: the epoch key in the same file, case keys under their plain ids."""

    epoch: int
    epoch_key: bytes
    case_keys: dict[str, bytes]


def encode(content: KeyFile | EpochFile) -> bytes:
    """Bytes to be written, with their own digest."""
    bare = msgspec.structs.replace(content, sha256="")
    return msgspec.json.encode(msgspec.structs.replace(bare, sha256=_digest(bare)))


def decode(content: bytes, kind: type[T], check: bytes, path: Path) -> T:
    """Raises InputError that says which of the two it is: damage, or another unseal secret."""
    try:
        found = msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise damaged(path) from None
    if found.sha256 != _digest(msgspec.structs.replace(found, sha256="")) or found.format != FORMAT:
        raise damaged(path)
    if found.check != check:
        raise wrong_secret(path)
    return found


def decode_first(content: bytes) -> FirstKeyFile | None:
    """A key file of the first format, or None."""
    try:
        return msgspec.json.decode(content, type=FirstKeyFile)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def wrong_secret(path: Path) -> InputError:
    return InputError(
        "does not open with this unseal secret",
        file=str(path),
        mend="use the secret that belongs to this state folder",
    )


def damaged(path: Path) -> InputError:
    return InputError(
        "is damaged, whatever the unseal secret",
        file=str(path),
        mend="put back the copy of the keys (keys.copy)",
    )


def epoch_path(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.key"


def epochs(folder: Path) -> Iterator[int]:
    """Numbers of the epochs of which anything lies in the folder, unfinished files included."""
    found = (_EPOCH_FILE.fullmatch(one.name) for one in folder.iterdir())
    yield from sorted({int(match[1]) for match in found if match})


def wrap(key: bytes, data: bytes, context: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, context)


def unwrap(key: bytes, blob: bytes, context: bytes) -> bytes:
    """Raises ValueError where the blob is not what the context says, or not under this key."""
    try:
        return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], context)
    except InvalidTag:
        raise ValueError("does not open") from None


def _digest(bare: KeyFile | EpochFile) -> str:
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()
