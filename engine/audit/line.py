"""One line of the audit: what stands in it, and its bytes."""

from datetime import datetime

import msgspec

from engine.domain import merkle

GENESIS = "0" * 64


class AuditLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line. ``object`` is an opaque id; ``detail`` holds counts, states and keyed digests.

    ``login`` is the uid under which the person logged in, where the kernel has it: it stays through
    ``su`` and ``sudo``. ``previous`` is the hash of the line before, or ``GENESIS``.
    """

    seq: int
    at: datetime
    person: str
    action: str
    object: str
    outcome: str
    detail: dict[str, str]
    previous: str
    login: int | None = None


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(AuditLine)


def encode(line: AuditLine) -> bytes:
    """Canonical JSON on one line: the same line is the same bytes."""
    return _ENCODER.encode(line)


def decode(text: str | bytes) -> AuditLine:
    """Raises msgspec.DecodeError for what is no line."""
    return _DECODER.decode(text)


def leaf_hash(line: bytes) -> str:
    """RFC 6962 leaf hash of a line's bytes, in hexadecimal."""
    return merkle.leaf_hash(line).hex()
