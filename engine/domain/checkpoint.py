"""Checkpoints: what the audit said at one moment, signed, as a note that anybody can keep and check.

The note is that of C2SP ``tlog-checkpoint`` and ``signed-note``: origin, size and root of the tree,
further lines (here the time and the counts to publish), an empty line, one Ed25519 signature.
"""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime
from enum import StrEnum

from engine.domain.errors import InputError
from engine.domain.merkle import HASH_BYTES
from engine.domain.value import Value

ED25519 = b"\x01"  # algorithm byte of signed-note
KEY_BYTES, SIGNATURE_BYTES, KEY_HASH_BYTES = 32, 64, 4
LONGEST_NOTE = 8192
_ORIGIN = re.compile(r"[A-Za-z0-9._/-]{1,120}")
_COUNT = re.compile(r"[a-z_]{1,40}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Checkpoint(Value, frozen=True, kw_only=True):
    """``size`` lines have the Merkle root ``root``, as of ``at``. ``counts`` are what an auditor may
    publish, taken from just these lines."""

    origin: str
    size: int
    root: bytes
    at: datetime
    counts: dict[str, int] = {}

    def text(self) -> str:
        """What is signed: lines, each ended. Raises InputError for a value that has no place in them."""
        if not _ORIGIN.fullmatch(self.origin):
            raise InputError(
                f"{self.origin[:80]!r} cannot name an origin", place="origin", mend="use letters, . _ / -"
            )
        if self.size < 0 or len(self.root) != HASH_BYTES:
            raise InputError("is no size and root of a tree", place="checkpoint")
        lines = [
            self.origin,
            str(self.size),
            base64.b64encode(self.root).decode(),
            f"time {self.at.astimezone(UTC).strftime(_TIME_FORMAT)}",
            *(f"count {name} {self.counts[name]}" for name in sorted(self.counts)),
        ]
        return "".join(f"{line}\n" for line in lines)


class SignedCheckpoint(Value, frozen=True, kw_only=True):
    """A checkpoint with its signature; ``key_hash`` says whose key it claims to be of. Whether it is
    must be verified by whoever holds that key."""

    checkpoint: Checkpoint
    key_hash: bytes
    signature: bytes

    def note(self) -> str:
        """The text that is kept and sent."""
        signed = base64.b64encode(self.key_hash + self.signature).decode()
        return f"{self.checkpoint.text()}\n— {self.checkpoint.origin} {signed}\n"


class NewBecause(StrEnum):
    """Why a witness does not know what was acknowledged."""

    REPLACED = "replaced"  # its disk or machine
    MOVED = "moved"  # to another institution, or another place
    DRILL = "drill"


class VerifierKey(Value, frozen=True, kw_only=True):
    """The public half of an engine's key, under the name that it signs with."""

    origin: str
    key: bytes

    @property
    def key_hash(self) -> bytes:
        """The first bytes of SHA-256 over name, line end, algorithm and key (signed-note)."""
        named = self.origin.encode() + b"\n" + ED25519 + self.key
        return hashlib.sha256(named).digest()[:KEY_HASH_BYTES]

    def text(self) -> str:
        """``origin+hash+key``, to be handed to the witness and to auditors."""
        return f"{self.origin}+{self.key_hash.hex()}+{base64.b64encode(ED25519 + self.key).decode()}"


def parse_note(note: str) -> SignedCheckpoint:
    """The checkpoint of a note; nothing is verified yet. Raises InputError for anything that ``note``
    would not have written byte by byte."""
    try:
        body, signature = _halves(note)
        origin, size, root, time, *counts = body
        at = datetime.strptime(time, f"time {_TIME_FORMAT}").replace(tzinfo=UTC)
        signed = base64.b64decode(signature.removeprefix(f"— {origin} "), validate=True)
        found = SignedCheckpoint(
            checkpoint=Checkpoint(
                origin=origin,
                size=_number(size),
                root=base64.b64decode(root, validate=True),
                at=at,
                counts=dict(_count(line) for line in counts),
            ),
            key_hash=signed[:KEY_HASH_BYTES],
            signature=signed[KEY_HASH_BYTES:],
        )
        if len(found.signature) == SIGNATURE_BYTES and found.note() == note:
            return found
    except (ValueError, binascii.Error, InputError):
        pass
    raise InputError("is no checkpoint", mend="hand over the note as it was signed")


def parse_verifier_key(text: str) -> VerifierKey:
    """A key from its text. Raises InputError where the name, the hash or the key does not fit."""
    try:
        origin, _, key = text.strip().split("+", 2)
        decoded = base64.b64decode(key, validate=True)
        found = VerifierKey(origin=origin, key=decoded[1:])
        fits = _ORIGIN.fullmatch(origin) and len(found.key) == KEY_BYTES
        if fits and found.text() == text.strip():
            return found
    except (ValueError, binascii.Error):
        pass
    raise InputError("is no key of an engine", place="key", mend="copy the whole line: origin+hash+key")


def _halves(note: str) -> tuple[list[str], str]:
    if len(note) > LONGEST_NOTE:
        raise ValueError
    body, signature = note.split("\n\n")
    return body.split("\n"), signature.removesuffix("\n")


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return int(text)


def _count(line: str) -> tuple[str, int]:
    word, name, amount = line.split(" ")
    if word != "count" or not _COUNT.fullmatch(name):
        raise ValueError
    return name, _number(amount)
