"""Signs window grants in the engine and checks them in the worker that opens the footage (G1)."""

import hashlib

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.domain.errors import Refused
from engine.domain.grant import SignedGrant, WindowGrant
from engine.ports import Clock

_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
_DECODER = msgspec.msgpack.Decoder(WindowGrant)


class Permit:
    """A grant that was checked, and what may be compared under it. Only ``check`` makes one."""

    __slots__ = ("grant", "template")
    _made_by_check = object()

    def __init__(self, made_by: object, grant: WindowGrant, template: bytes) -> None:
        if made_by is not Permit._made_by_check:
            raise Refused("a permit comes only from a checked grant", rule="G1")
        self.grant = grant
        self.template = template

    def still_valid(self, clock: Clock) -> str:
        """ "" or why the permit has ended. The boot clock decides as well: it cannot be turned back."""
        if clock.now() >= self.grant.expires_at:
            return "the authorisation has expired"
        if clock.boottime_s() >= self.grant.deadline_boottime_s:
            return "the time for this window is over"
        return ""


class GrantSigner:
    """Held by the engine alone."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def verify_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, grant: WindowGrant) -> SignedGrant:
        content = _ENCODER.encode(grant)
        return SignedGrant(grant=content, signature=self._key.sign(content))


def check(
    signed: SignedGrant,
    template: bytes,
    *,
    verify_key: bytes,
    camera_id: str,
    clock: Clock,
    clip: bool = False,
) -> Permit:
    """The permit for comparing ``template`` on ``camera_id``, or for a ``clip``, of showing the sighting in
    these bytes. Raises Refused (G1) where the grant is forged, expired, for another camera or use, or speaks
    of another subject."""
    try:
        Ed25519PublicKey.from_public_bytes(verify_key).verify(signed.signature, signed.grant)
        grant = _DECODER.decode(signed.grant)
    except (InvalidSignature, msgspec.DecodeError, ValueError):
        raise Refused("the grant is not signed by this engine", rule="G1") from None
    if grant.camera_id != camera_id:
        raise Refused("the grant is for another camera", rule="G1")
    if grant.clip is not clip:
        raise Refused("the grant is for another use", rule="G1")
    if grant.subject_sha256 != subject_digest(template):
        raise Refused("the grant speaks of another subject", rule="G1")
    if grant.interval.end > clock.now():
        raise Refused("the window ends in the future", rule="G6")
    permit = Permit(Permit._made_by_check, grant, template)
    if ended := permit.still_valid(clock):
        raise Refused(ended, rule="G1")
    return permit


def subject_digest(template: bytes) -> str:
    """sha256 of the template bytes of the one subject."""
    return hashlib.sha256(template).hexdigest()
