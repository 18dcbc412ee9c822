"""Keys and sealed data: unseal secret -> root key -> epoch key -> one key per case.

Everything personal is sealed under a case key; erasing a case is destroying its key. Since a file
system may keep old bytes, keys are wrapped by an epoch key, and destroying one key means a new
epoch: survivors are rewrapped, and the old epoch key is overwritten and gone.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.domain.errors import InputError, Refused
from engine.vault import files, keyfile
from engine.vault.copy import LIMIT_S, KeyCopy
from engine.vault.files import replace_durably as replace_durably
from engine.vault.keyfile import DIGEST_BYTES, NONCE_BYTES, UNSEAL_FILE, EpochFile, KeyFile, unwrap, wrap

KEY_BYTES = 32


class Erased(Refused):
    """The key of this case is gone; nothing that was sealed under it can be opened again."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"{key_id} was erased", rule="G15")


@dataclass(frozen=True, slots=True, repr=False)
class _Held:
    """What the files say, opened. Keys are found under digests of their ids. ``ciphers`` are those of
    these keys that were used, and go with them."""

    epoch: int
    epoch_key: bytes
    keys: Mapping[str, bytes]
    wrapped: Mapping[str, bytes]
    gone: frozenset[str]
    ciphers: dict[str, AESGCM] = field(default_factory=dict)


class Vault:
    """All keys of one engine.

    ``folder`` holds the key file, never the unseal secret. ``epoch_folder`` holds the epoch key: put
    it on a small volume of its own, out of snapshots and backups. ``copy_folder``, on another disk,
    gets one copy of both, overwritten whenever a key is destroyed; a disk that does not take it within
    ``copy_limit_s`` is behind.

    What writes files may be called in any thread: one at a time writes, and others go on reading.
    """

    def __init__(
        self,
        folder: Path,
        unseal: bytes,
        *,
        epoch_folder: Path | None = None,
        copy_folder: Path | None = None,
        copy_limit_s: float = LIMIT_S,
    ) -> None:
        if len(unseal) < KEY_BYTES:
            raise InputError("is too short", file="unseal secret", mend="use 32 random bytes or more")
        self._folder = folder
        self._file = folder / "keys.json"
        self._epochs = epoch_folder or folder
        self._copy = KeyCopy(copy_folder, copy_limit_s) if copy_folder else None
        self._stale = False
        self._ours: set[bytes] = set()  # digests of what the key file may hold, if nobody else wrote it
        self._identity: tuple[int, ...] = ()
        self._writing, self._copying = threading.RLock(), threading.Lock()
        self._root = _derive(unseal, b"tracedesk root key")
        self._audit_key = _derive(unseal, b"tracedesk audit mac")
        self._id_key = _derive(self._root, b"tracedesk key ids")
        self._check = _derive(self._root, b"tracedesk check of the root key")[:DIGEST_BYTES]
        try:
            self._held = self._begin()
            self._tidy()
        except OSError as problem:
            raise self._unwritable(problem) from None
        self.refresh_copy()

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._held.keys)

    def signing_seed(self) -> bytes:
        """32 bytes for the Ed25519 key that signs window grants."""
        return _derive(self._root, b"tracedesk grant signing")

    def checkpoint_seed(self) -> bytes:
        """32 bytes for the Ed25519 key that signs checkpoints of the audit."""
        return _derive(self._root, b"tracedesk checkpoint signing")

    def ensure(self, key_id: str) -> None:
        """Make the key unless it exists. Nothing sealed under a destroyed key of the same id opens
        under the new one: the caller asks ``has`` first where that matters."""
        self.ensure_all((key_id,))

    def ensure_all(self, key_ids: Iterable[str]) -> None:
        """Make what is missing in one write. Raises InputError where the key file cannot be written;
        then none of them is there to be used."""
        with self._writing:
            missing = [i for i in key_ids if not self.has(i)]
            if not missing:
                return
            held = self._current()
            made = {self._digest(i): secrets.token_bytes(KEY_BYTES) for i in missing}
            wrapped = {d: wrap(held.epoch_key, k, _slot(held.epoch, d)) for d, k in made.items()}
            new = _Held(
                epoch=held.epoch,
                epoch_key=held.epoch_key,
                keys={**held.keys, **made},
                wrapped={**held.wrapped, **wrapped},
                gone=held.gone - made.keys(),
            )
            try:
                self._put(new, replace_durably)
            except OSError as problem:
                self._stale = True
                raise self._unwritable(problem) from None
            self._held = new

    def has(self, key_id: str) -> bool:
        return self._digest(key_id) in self._held.keys

    def destroyed(self, key_id: str) -> bool:
        """True where there was such a key and it was destroyed: a database that still knows the case
        was put back from before. False for a key that this vault never heard of."""
        return self._digest(key_id) in self._held.gone

    def seal(self, key_id: str, context: str, data: bytes) -> bytes:
        """AES-256-GCM with a random nonce; ``context`` binds the blob to its row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(key_id).encrypt(nonce, data, _bound(key_id, context))

    def open(self, key_id: str, context: str, blob: bytes) -> bytes:
        """The sealed data. Raises Erased without a key, InputError where the blob is damaged."""
        nonce, sealed = blob[:NONCE_BYTES], blob[NONCE_BYTES:]
        try:
            return self._cipher(key_id).decrypt(nonce, sealed, _bound(key_id, context))
        except (InvalidTag, ValueError):  # ValueError: cut short, no whole nonce left
            raise InputError("does not open: damaged, or not what it claims", place=context) from None

    def destroy(self, key_ids: frozenset[str]) -> None:
        """Forget keys for good: new epoch, survivors rewrapped, the old epoch key overwritten, then
        proof. Raises InputError where a file cannot be written: then ``has`` says whether the keys
        are still there, and calling again goes on from where it stopped. Raises InputError, and writes
        nothing, where another engine has written the key file since."""
        with self._writing:
            try:
                held = self._current()
                gone = {self._digest(i) for i in key_ids} & held.keys.keys()
                self._tidy()
                if gone:
                    self._held = self._rotated(held, gone)
                    self._tidy()
            except OSError as problem:
                self._stale = True
                with contextlib.suppress(InputError):
                    self._current()
                raise self._unwritable(problem) from None
        self.refresh_copy()
        self.verify_gone(key_ids)

    def verify_gone(self, key_ids: Iterable[str]) -> None:
        """Read the files anew. Raises RuntimeError where one of the keys is still there, or a key of
        another epoch that could open an old copy."""
        found = self._read()
        left = {self._digest(i) for i in key_ids} & found.keys.keys()
        old = [epoch for epoch in keyfile.epochs(self._epochs) if epoch != found.epoch]
        if left or old or files.unsettled(self._file):
            raise RuntimeError(f"{len(left)} keys survived their destruction, {len(old)} old epochs")

    def refresh_copy(self) -> None:
        """Bring the copy up to date, overwriting what it held. ``copy_behind`` says if it could not."""
        if self._copy is not None:
            with self._copying:
                self._copy.bring_up(self.parts)

    @property
    def copy_behind(self) -> str:
        """ "" or why the copy may still hold keys that were destroyed here."""
        return self._copy.problem if self._copy else ""

    def parts(self) -> dict[str, bytes]:
        """The files that, together with the unseal secret, are all keys; by name."""
        with self._writing:
            epoch = keyfile.epoch_path(self._epochs, self._held.epoch)
            found = {self._file.name: files.read(self._file), epoch.name: epoch.read_bytes()}
        with contextlib.suppress(FileNotFoundError):
            found[UNSEAL_FILE] = files.read(self._folder / UNSEAL_FILE)
        return found

    def mac(self, value: str) -> str:
        """Keyed digest of a personal value for the audit, 16 hexadecimal digits. Without the key
        it cannot be found by trying out names or numbers (G14)."""
        return hmac.digest(self._audit_key, value.encode(), "sha256").hex()[:16]

    def _cipher(self, key_id: str) -> AESGCM:
        held = self._held  # in another thread it may be replaced at any time
        cipher = held.ciphers.get(key_id)
        if cipher is None:
            key = held.keys.get(self._digest(key_id))
            if key is None:
                raise Erased(key_id)
            cipher = held.ciphers[key_id] = AESGCM(key)
        return cipher

    def _digest(self, key_id: str) -> str:
        return hmac.digest(self._id_key, key_id.encode(), "sha256")[:DIGEST_BYTES].hex()

    def _current(self) -> _Held:
        """What is held; after a write that failed, what the files say now. Raises InputError, also where
        the key file is not as this vault left it."""
        try:
            self._require_ours()
            if self._stale:
                self._held = self._read()
                self._tidy()
                self._put(self._held, replace_durably)  # what was read may not be durable
        except OSError as problem:
            raise self._unwritable(problem) from None
        self._stale = False
        return self._held

    def _require_ours(self) -> None:
        """An engine that slept while another one took over must not write over its keys: the database
        would tell it so, the key file has nothing but this. Raises InputError."""
        found = files.identity(self._file)
        if found == self._identity:
            return
        if hashlib.sha256(files.read(self._file)).digest() not in self._ours:
            raise InputError(
                "was written by another engine",
                file=str(self._file),
                mend="end this engine; the other one goes on",
            )
        self._identity = found

    def _put(self, held: _Held, write: Callable[[Path, bytes], None]) -> None:
        """Write the key file. Where that fails, it holds what it held before or this."""
        content = self._encoded(held)
        digest = hashlib.sha256(content).digest()
        self._ours.add(digest)
        self._identity = ()
        write(self._file, content)
        self._ours = {digest}

    def _begin(self) -> _Held:
        if not files.exists(self._file):
            if any(True for _ in keyfile.epochs(self._epochs)):
                raise InputError(
                    "is missing, while the key of its epoch is there",
                    file=str(self._file),
                    mend="put back the copy of the keys (keys.copy)",
                )
            empty = _Held(epoch=0, epoch_key=b"", keys={}, wrapped={}, gone=frozenset())
            replace_durably(self._file, self._encoded(empty))
        content = files.read(self._file)
        self._ours = {hashlib.sha256(content).digest()}
        if first := keyfile.decode_first(content):
            return self._rotated(self._opened_first(first), frozenset())
        stored = keyfile.decode(content, KeyFile, self._check, self._file)
        if stored.epoch == 0 and not stored.case_keys and not stored.gone:  # never used: the first start
            path = keyfile.epoch_path(self._epochs, 0)
            if not path.exists():
                self._write_epoch(0, secrets.token_bytes(KEY_BYTES))
        return self._read()

    def _read(self) -> _Held:
        stored = keyfile.decode(files.read(self._file), KeyFile, self._check, self._file)
        path = keyfile.epoch_path(self._epochs, stored.epoch)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise InputError(
                "is missing; keys.json opens only together with it",
                file=str(path),
                mend="mount the folder of the epoch keys, or put back the newest copy of the keys",
            ) from None
        epoch_file = keyfile.decode(content, EpochFile, self._check, path)
        try:
            epoch_key = unwrap(self._root, epoch_file.key, _epoch_slot(stored.epoch))
            keys = {d: unwrap(epoch_key, k, _slot(stored.epoch, d)) for d, k in stored.case_keys.items()}
        except ValueError:
            raise keyfile.damaged(self._file) from None
        return _Held(
            epoch=stored.epoch,
            epoch_key=epoch_key,
            keys=keys,
            wrapped=stored.case_keys,
            gone=frozenset(stored.gone[n : n + DIGEST_BYTES].hex() for n in range(0, len(stored.gone), 16)),
        )

    def _opened_first(self, stored: keyfile.FirstKeyFile) -> _Held:
        try:
            epoch_key = unwrap(self._root, stored.epoch_key, b"epoch")
            keys = {self._digest(i): unwrap(epoch_key, k, i.encode()) for i, k in stored.case_keys.items()}
        except ValueError:
            raise keyfile.wrong_secret(self._file) from None
        return _Held(epoch=stored.epoch, epoch_key=epoch_key, keys=keys, wrapped={}, gone=frozenset())

    def _rotated(self, held: _Held, gone: Iterable[str]) -> _Held:
        """A new epoch without some keys. It counts from the moment at which ``keys.json`` names it;
        a crash before leaves the old epoch in force, and ``_tidy`` throws away the other one."""
        epoch, epoch_key = held.epoch + 1, secrets.token_bytes(KEY_BYTES)
        left = {d: k for d, k in held.keys.items() if d not in gone}
        new = _Held(
            epoch=epoch,
            epoch_key=epoch_key,
            keys=left,
            wrapped={d: wrap(epoch_key, k, _slot(epoch, d)) for d, k in left.items()},
            gone=held.gone.union(gone),
        )
        self._write_epoch(epoch, epoch_key)
        self._require_ours()
        self._put(new, files.supersede)
        return new

    def _tidy(self) -> None:
        """Keys of epochs that do not count are overwritten: those given up, and those never reached."""
        files.settle(self._file)
        for epoch in keyfile.epochs(self._epochs):
            if epoch != self._held.epoch:
                self._require_ours()
                files.destroy(keyfile.epoch_path(self._epochs, epoch))

    def _write_epoch(self, epoch: int, key: bytes) -> None:
        wrapped = wrap(self._root, key, _epoch_slot(epoch))
        content = EpochFile(epoch=epoch, check=self._check, key=wrapped)
        replace_durably(keyfile.epoch_path(self._epochs, epoch), keyfile.encode(content))

    def _encoded(self, held: _Held) -> bytes:
        gone = b"".join(bytes.fromhex(d) for d in sorted(held.gone))
        return keyfile.encode(
            KeyFile(epoch=held.epoch, check=self._check, case_keys=dict(held.wrapped), gone=gone)
        )

    def _unwritable(self, problem: OSError) -> InputError:
        return InputError(
            f"cannot be written ({(problem.strerror or 'no reason given').lower()})",
            file=str(self._file),
            mend="free space or repair the disk, then try again",
        )


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


def _slot(epoch: int, digest: str) -> bytes:
    return f"case key {digest} of epoch {epoch}".encode()


def _epoch_slot(epoch: int) -> bytes:
    return f"key of epoch {epoch}".encode()
