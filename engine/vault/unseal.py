"""The unseal secret: from a passphrase, a credential of systemd, or a file on another volume.

The passphrase (or two parts, each known to one custodian) goes through Argon2id into a key that opens
``unseal.json``, where the secret itself lies wrapped: a passphrase can be changed without touching
any other key. Passphrases come from a descriptor or a terminal, never from arguments or variables.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
import termios
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.domain.errors import InputError, Refused
from engine.vault import files
from engine.vault.keyfile import UNSEAL_FILE, unwrap, wrap

SECRET_BYTES = 32
SALT_BYTES = 16
SHORTEST = 15  # characters in all (NIST SP 800-63B-4 for a passphrase that stands alone)
SHORTEST_PART = 10
LONGEST = 1024  # bytes of one line
MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 4  # RFC 9106, section 4, the second recommended choice
MOST_MEMORY_KIB, MOST_PASSES, MOST_LANES = 4 * 1024 * 1024, 64, 64
TRIES = 5
FIRST_DELAY_S, LONGEST_DELAY_S = 2.0, 60.0
_CREDENTIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")

Ask = Callable[[int], str | None]
"""Asks the custodian of part 1, 2, ... for a passphrase; None where nobody will answer any more."""


class WrongPassphrase(Refused):
    """The passphrase, or one of its parts, is not the one that seals this store."""

    def __init__(self, parts: int) -> None:
        super().__init__("wrong passphrase" if parts == 1 else f"one of the {parts} passphrases is wrong")


class UnsealFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One salt a part; ``sha256`` over the rest tells damage from a wrong passphrase."""

    format: int = 1
    memory_kib: int
    passes: int
    lanes: int
    salts: tuple[bytes, ...]
    sealed: bytes
    sha256: str = ""

    def __repr__(self) -> str:
        return "UnsealFile"


def set_passphrase(
    folder: Path,
    parts: Sequence[str],
    secret: bytes | None = None,
    *,
    memory_kib: int = MEMORY_KIB,
    passes: int = PASSES,
) -> bytes:
    """Write ``unseal.json`` for a passphrase in one or two parts; returns the unseal secret.

    ``secret`` is the one to go on with where a passphrase is changed; without it a new store begins.
    Raises InputError for what is too short, Refused where that would lock out an existing store.
    """
    _check_parts(parts)
    path = folder / UNSEAL_FILE
    if secret is None and (files.exists(path) or files.exists(folder / "keys.json")):
        raise Refused("this store has a secret already", mend="change its passphrase instead")
    chosen = secret or secrets.token_bytes(SECRET_BYTES)
    salts = tuple(secrets.token_bytes(SALT_BYTES) for _ in parts)
    bare = UnsealFile(memory_kib=memory_kib, passes=passes, lanes=LANES, salts=salts, sealed=b"")
    sealed = wrap(_key(bare, parts), chosen, _bound(bare))
    written = msgspec.structs.replace(bare, sealed=sealed)
    written = msgspec.structs.replace(written, sha256=_digest(written))
    files.supersede(path, msgspec.json.encode(written))
    return chosen


def parts_needed(folder: Path) -> int:
    """How many custodians have to type. Raises InputError for a missing or damaged ``unseal.json``."""
    return len(_stored(folder / UNSEAL_FILE).salts)


def open_with(folder: Path, parts: Sequence[str]) -> bytes:
    """The secret. Raises WrongPassphrase, or InputError where the file itself is damaged."""
    stored = _stored(folder / UNSEAL_FILE)
    if len(parts) != len(stored.salts):
        raise InputError(
            f"needs {len(stored.salts)} passphrases, got {len(parts)}",
            file=UNSEAL_FILE,
            mend="every custodian types one",
        )
    try:
        return unwrap(_key(stored, parts), stored.sealed, _bound(stored))
    except ValueError:
        raise WrongPassphrase(len(parts)) from None


def unseal(
    folder: Path,
    ask: Ask,
    *,
    tries: int = TRIES,
    sleep: Callable[[float], None] = time.sleep,
    wrong: Callable[[int, str], None] = lambda number, why: None,
) -> bytes:
    """Ask until the secret opens. After each wrong try ``wrong`` is told (for the audit and the screen),
    then it waits: 2 s, 4 s, ... up to a minute. Raises WrongPassphrase after the last try, InputError
    where nobody answers."""
    needed = parts_needed(folder)
    for number in range(1, tries + 1):
        given: list[str] = []
        for part in range(1, needed + 1):
            answer = ask(part)
            if answer is None:
                raise InputError(
                    "ended before a passphrase came", file="unseal descriptor", mend="type the passphrase"
                )
            given.append(answer)
        try:
            return open_with(folder, given)
        except WrongPassphrase as problem:
            wrong(number, problem.reason)
            sleep(min(FIRST_DELAY_S * 2 ** (number - 1), LONGEST_DELAY_S))
    raise WrongPassphrase(needed)


def ask_from(descriptor: int) -> Ask:
    """Lines from a pipe or a terminal (there without echo), one a part; nothing is read ahead."""

    def ask(_: int) -> str | None:
        line = bytearray()
        with _unseen(descriptor):
            while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
                line += byte
                if len(line) > LONGEST:
                    raise InputError("is too long", file="passphrase", mend=f"use {LONGEST} bytes at most")
        if not line and not byte:
            return None
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise InputError("is not UTF-8", file="passphrase", mend="check the terminal") from None

    return ask


@contextlib.contextmanager
def _unseen(descriptor: int) -> Iterator[None]:
    """What is typed on a terminal does not show."""
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    quiet = before[:]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def from_credential(name: str, environment: Mapping[str, str]) -> bytes:
    """A secret that systemd hands over (``LoadCredentialEncrypted=NAME:...``). Raises InputError."""
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    if not _CREDENTIAL.fullmatch(name):
        raise InputError(f"{name[:40]!r} is no name of a credential", mend="use letters, digits, . _ -")
    if not folder:
        raise InputError(
            "systemd handed over no credentials",
            place=name,
            mend="add LoadCredentialEncrypted= to the unit of the engine",
        )
    return _secret_in(Path(folder) / name, by_systemd=True)


def from_file(path: Path, state: Path, *, volume: Callable[[Path], int] | None = None) -> bytes:
    """A secret in a file of ours alone, on another volume than ``state``: who takes the one disk must
    not have both. Raises InputError. ``volume`` is the device number of a path."""
    of = volume or (lambda one: one.stat().st_dev)
    secret = _secret_in(path)
    if of(path) == of(state):
        raise InputError(
            "lies on the same volume as the data",
            file=str(path),
            mend="put it on another one (a key stick, a small volume that is not backed up)",
        )
    return secret


def read_secret(
    state: Path,
    *,
    passphrase: Ask | None = None,
    credential: str = "",
    file: Path | None = None,
    environment: Mapping[str, str],
    sleep: Callable[[float], None] = time.sleep,
    wrong: Callable[[int, str], None] = lambda number, why: None,
) -> bytes:
    """The unseal secret of the store in ``state`` from exactly one source. Raises InputError, or
    WrongPassphrase after the last try."""
    if [passphrase is not None, bool(credential), file is not None].count(True) != 1:
        raise InputError(
            "exactly one source is needed",
            file="unseal secret",
            mend="give a descriptor for the passphrase, a credential, or a file",
        )
    if passphrase is not None:
        return unseal(state, passphrase, sleep=sleep, wrong=wrong)
    if credential:
        return from_credential(credential, environment)
    assert file is not None
    return from_file(file, state)


def _secret_in(path: Path, *, by_systemd: bool = False) -> bytes:
    """systemd may own its files as root and let us in by an access list, which shows as group bits."""
    owners, others = ((os.geteuid(), 0), 0o037) if by_systemd else ((os.geteuid(),), 0o077)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as problem:
        why = (problem.strerror or "no reason given").lower()
        raise InputError(f"cannot be read ({why})", file=str(path), mend="check that it is there") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise InputError("is no file", file=str(path), mend="name the file that holds the secret")
        if found.st_uid not in owners or found.st_mode & others:
            raise InputError(
                "is not ours alone", file=str(path), mend="chown it to the engine's user, chmod 0600"
            )
        content = os.read(descriptor, LONGEST + 1)
    finally:
        os.close(descriptor)
    if not SECRET_BYTES <= len(content) <= LONGEST:
        raise InputError(
            f"holds {len(content)} bytes" if len(content) <= LONGEST else "is too long",
            file=str(path),
            mend=f"make it from {SECRET_BYTES} random bytes",
        )
    return content


def _stored(path: Path) -> UnsealFile:
    try:
        found = msgspec.json.decode(files.read(path), type=UnsealFile)
    except FileNotFoundError:
        raise InputError("is not there", file=str(path), mend="set a passphrase first") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _damaged(path) from None
    bounded = (
        MEMORY_KIB // 8 <= found.memory_kib <= MOST_MEMORY_KIB
        and 1 <= found.passes <= MOST_PASSES
        and 1 <= found.lanes <= MOST_LANES
        and 1 <= len(found.salts) <= 2
        and all(len(salt) == SALT_BYTES for salt in found.salts)
    )
    if found.sha256 != _digest(found) or not bounded:
        raise _damaged(path)
    return found


def _damaged(path: Path) -> InputError:
    return InputError(
        "is damaged, whatever the passphrase",
        file=str(path),
        mend="put back the copy of the keys (keys.copy)",
    )


def _check_parts(parts: Sequence[str]) -> None:
    if not 1 <= len(parts) <= 2:
        raise InputError("one or two parts make a passphrase", place="passphrase")
    least = SHORTEST if len(parts) == 1 else SHORTEST_PART
    for number, part in enumerate(parts, start=1):
        if len(part) < least:
            raise InputError(
                f"has {len(part)} characters", place=f"passphrase {number}", mend=f"use {least} or more"
            )
    if len(set(parts)) != len(parts):
        raise InputError("both parts are the same", place="passphrase", mend="each custodian chooses one")


def _key(stored: UnsealFile, parts: Sequence[str]) -> bytes:
    """Argon2id of each part, joined: nothing says of one part alone whether it is right."""
    joined = b"".join(
        Argon2id(
            salt=salt,
            length=SECRET_BYTES,
            iterations=stored.passes,
            lanes=stored.lanes,
            memory_cost=stored.memory_kib,
        ).derive(unicodedata.normalize("NFC", part).encode())
        for salt, part in zip(stored.salts, parts, strict=True)
    )
    return HKDF(hashes.SHA256(), SECRET_BYTES, salt=None, info=b"tracedesk passphrase").derive(joined)


def _bound(stored: UnsealFile) -> bytes:
    return f"unseal secret, {len(stored.salts)} parts".encode()


def _digest(stored: UnsealFile) -> str:
    bare = msgspec.structs.replace(stored, sha256="")
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()
