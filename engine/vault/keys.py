"""Keys and sealed data: unseal secret -> root key -> epoch key -> one key per case.

Everything personal is sealed under a case key; erasing a case is destroying its key. Since a file
system may keep old bytes, keys are wrapped by an epoch key, and destroying one key means a new
epoch: survivors are rewrapped, the old epoch key is gone with the file that held it.
"""

import contextlib
import os
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.domain.errors import InputError, Refused

NONCE_BYTES = 12
KEY_BYTES = 32


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies on disk: an epoch key wrapped by the root key, case keys wrapped by the epoch key."""

    epoch: int
    epoch_key: bytes
    case_keys: dict[str, bytes]


class Erased(Refused):
    """The key of this case is gone; nothing that was sealed under it can be opened again."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"{key_id} was erased", rule="G15")


class Vault:
    """All keys of one engine. ``folder`` holds the key file, never the unseal secret."""

    def __init__(self, folder: Path, unseal: bytes) -> None:
        if len(unseal) < KEY_BYTES:
            raise InputError("is too short", file="unseal secret", mend="use 32 random bytes or more")
        self._file = folder / "keys.json"
        self._root = _derive(unseal, b"tracedesk root key")
        self._audit_key = _derive(unseal, b"tracedesk audit mac")
        self._keys: dict[str, bytes] = {}
        self._epoch = 0
        if self._file.exists():
            self._load()
        else:
            self._save()

    def signing_seed(self) -> bytes:
        """32 bytes for the Ed25519 key that signs window grants."""
        return _derive(self._root, b"tracedesk grant signing")

    def ensure(self, key_id: str) -> None:
        """Make the key unless it exists. A key that was destroyed gets a fresh one only under a new
        id: the caller asks ``has`` first where that matters."""
        if key_id not in self._keys:
            self._keys[key_id] = secrets.token_bytes(KEY_BYTES)
            self._save()

    def has(self, key_id: str) -> bool:
        return key_id in self._keys

    def seal(self, key_id: str, context: str, data: bytes) -> bytes:
        """AES-256-GCM with a random nonce; ``context`` binds the blob to its row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._key(key_id)).encrypt(nonce, data, _bound(key_id, context))

    def open(self, key_id: str, context: str, blob: bytes) -> bytes:
        """The sealed data. Raises Erased without a key, InputError where the blob is damaged."""
        nonce, sealed = blob[:NONCE_BYTES], blob[NONCE_BYTES:]
        try:
            return AESGCM(self._key(key_id)).decrypt(nonce, sealed, _bound(key_id, context))
        except (InvalidTag, ValueError):  # ValueError: cut short, no whole nonce left
            raise InputError("does not open: damaged, or not what it claims", place=context) from None

    def destroy(self, key_ids: frozenset[str]) -> None:
        """Forget keys for good: new epoch, survivors rewrapped, then proof that the rest is gone."""
        for key_id in key_ids:
            self._keys.pop(key_id, None)
        self._epoch += 1
        self._save()
        self._load()
        left = key_ids & self._keys.keys()
        if left:
            raise RuntimeError(f"{len(left)} keys survived their destruction")

    def mac(self, value: str) -> str:
        """Keyed digest of a personal value for the audit, 16 hexadecimal digits. Without the key
        it cannot be found by trying out names or numbers (G14)."""
        digest = hmac.HMAC(self._audit_key, hashes.SHA256())
        digest.update(value.encode())
        return digest.finalize().hex()[:16]

    def _key(self, key_id: str) -> bytes:
        key = self._keys.get(key_id)
        if key is None:
            raise Erased(key_id)
        return key

    def _save(self) -> None:
        epoch_key = secrets.token_bytes(KEY_BYTES)
        stored = KeyFile(
            epoch=self._epoch,
            epoch_key=_wrap(self._root, epoch_key, b"epoch"),
            case_keys={i: _wrap(epoch_key, k, i.encode()) for i, k in self._keys.items()},
        )
        replace_durably(self._file, msgspec.json.encode(stored))

    def _load(self) -> None:
        try:
            stored = msgspec.json.decode(self._file.read_bytes(), type=KeyFile)
            epoch_key = _unwrap(self._root, stored.epoch_key, b"epoch")
            self._keys = {i: _unwrap(epoch_key, k, i.encode()) for i, k in stored.case_keys.items()}
        except (InvalidTag, ValueError, msgspec.DecodeError):
            raise InputError(
                "does not open with this unseal secret",
                file=str(self._file),
                mend="use the secret that belongs to this state folder",
            ) from None
        self._epoch = stored.epoch


def replace_durably(path: Path, content: bytes) -> None:
    """Write whole, sync, rename, sync the folder: after a crash the old or the new file is there."""
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def rehearsal_secret(folder: Path) -> bytes:
    """The unseal secret of a rehearsal store: a file beside the data, which a server never has."""
    path = folder / "rehearsal.secret"
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    replace_durably(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=purpose).derive(secret)


def _bound(key_id: str, context: str) -> bytes:
    return f"{key_id}|{context}".encode()


def _wrap(key: bytes, data: bytes, context: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, context)


def _unwrap(key: bytes, blob: bytes, context: bytes) -> bytes:
    return AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], context)
