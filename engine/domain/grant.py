"""The signed permission for one subject and one camera window, checked by the worker itself (G1)."""

from datetime import datetime

from engine.domain.interval import Interval
from engine.domain.value import Value


class WindowGrant(Value, frozen=True, kw_only=True):
    """``subject_sha256`` is the digest of the template bytes that may be compared, or for a ``clip``, under
    which nothing is compared, of the sighting that may be shown;
    ``deadline_boottime_s`` is on the kernel's boot clock, which nobody can turn back."""

    grant_id: str
    case_id: str
    trace_id: str
    authorisation_id: str
    window_id: str
    camera_id: str
    interval: Interval
    subject_sha256: str
    footage_sha256: tuple[str, ...]
    expires_at: datetime
    deadline_boottime_s: float
    four_eyes: bool
    rehearsal: bool
    clip: bool = False


class SignedGrant(Value, frozen=True, kw_only=True):
    """``grant`` is the canonical encoding of a WindowGrant, ``signature`` Ed25519 over it."""

    grant: bytes
    signature: bytes
