"""What engine and witness server say to each other, as JSON."""

from datetime import datetime

import msgspec

LATEST, CHECKPOINTS, COUNTS, ALARMS = "/v1/latest", "/v1/checkpoints", "/v1/counts", "/v1/alarms"
MAX_BODY_BYTES = 64 * 1024
MAX_PROOF = 130  # hashes: more than the proof of any tree of 2**64 leaves
PAGE = 100


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unknown fields are refused."""


class Told(Strict, frozen=True, kw_only=True):
    """A checkpoint and the proof that it goes on from the remembered one of ``since`` lines."""

    note: str
    since: int
    proof: tuple[bytes, ...] = ()


class Remembered(Strict, frozen=True, kw_only=True):
    """``note`` is "" where nothing is remembered."""

    note: str


class Checkpoints(Strict, frozen=True, kw_only=True):
    """A page of notes, oldest first; ``more`` where there are others after them."""

    notes: tuple[str, ...]
    more: bool


class EngineCounts(Strict, frozen=True, kw_only=True):
    """What an engine let the witness publish with its last checkpoint."""

    origin: str
    size: int
    at: datetime | None
    heard: datetime | None
    counts: dict[str, int]


class Alarm(Strict, frozen=True, kw_only=True):
    """``kind`` is ``fork`` or ``silence``. Open until a person accepts it with a reason."""

    number: int
    at: datetime
    origin: str
    kind: str
    words: str


class Problem(Strict, frozen=True, kw_only=True):
    """A no. ``code``: ``disagrees`` (a fork), ``later`` (try again), ``refused``, ``input``."""

    code: str
    message: str
