"""Signs checkpoints of the audit, verifies them, and keeps those that were made."""

from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.audit import counts, tree
from engine.domain.checkpoint import Checkpoint, SignedCheckpoint, VerifierKey, parse_note
from engine.domain.errors import InputError
from engine.ports import Transaction


class CheckpointSigner:
    """Held by the engine alone. ``seed`` are 32 bytes; ``origin`` names the engine to the witness."""

    def __init__(self, seed: bytes, origin: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.verifier = VerifierKey(origin=origin, key=public)

    def sign(self, checkpoint: Checkpoint) -> SignedCheckpoint:
        """Raises InputError for a checkpoint of another origin, or one that cannot be written down."""
        if checkpoint.origin != self.verifier.origin:
            raise InputError("is of another engine", place="origin")
        signature = self._key.sign(checkpoint.text().encode())
        return SignedCheckpoint(checkpoint=checkpoint, key_hash=self.verifier.key_hash, signature=signature)

    def stamp(self, words: str) -> str:
        """Signature over words of the engine's own that are no checkpoint, in hexadecimal."""
        return self._key.sign(_own(words)).hex()

    def is_own(self, words: str, stamp: str) -> bool:
        """Whether ``stamp`` was made for just these words."""
        try:
            self._key.public_key().verify(bytes.fromhex(stamp), _own(words))
        except (InvalidSignature, ValueError):
            return False
        return True


def is_signed(signed: SignedCheckpoint, verifier: VerifierKey) -> bool:
    """Whether a checkpoint is of this engine and signed with its key."""
    if signed.checkpoint.origin != verifier.origin or signed.key_hash != verifier.key_hash:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(verifier.key)
        public.verify(signed.signature, signed.checkpoint.text().encode())
    except (InvalidSignature, ValueError):
        return False
    return True


async def make(tx: Transaction, signer: CheckpointSigner, at: datetime) -> SignedCheckpoint:
    """The checkpoint of all lines there are, stored; the one that is there already where nothing came
    since. Counts are brought up to date in the same transaction."""
    while await counts.catch_up(tx):
        pass
    size = await tree.size(tx)
    known = await newest(tx)
    if known is not None and known.checkpoint.size == size:
        return known
    signed = await current(tx, signer, at)
    if size:
        await tx.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (size, signed.note()))
    return signed


async def current(tx: Transaction, signer: CheckpointSigner, at: datetime) -> SignedCheckpoint:
    """A checkpoint of the lines that are counted and placed, signed afresh and not stored: a sign of
    life where nothing came."""
    size = await tree.size(tx)
    totals = (await counts.read_totals(tx)) if size else {}
    return signer.sign(
        Checkpoint(
            origin=signer.verifier.origin, size=size, root=await tree.root(tx, size), at=at, counts=totals
        )
    )


async def newest(tx: Transaction) -> SignedCheckpoint | None:
    """The last that was made."""
    row = await tx.row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
    return parse_note(row["note"]) if row else None


async def following(tx: Transaction, size: int, lines: int) -> SignedCheckpoint | None:
    """The largest of more than ``size`` lines that is at most ``lines`` on, else the next there is."""
    row = await tx.row(
        "SELECT note FROM checkpoint WHERE size = coalesce("
        "(SELECT max(size) FROM checkpoint WHERE size > ?1 AND size <= ?1 + ?2),"
        " (SELECT min(size) FROM checkpoint WHERE size > ?1))",
        (size, lines),
    )
    return parse_note(row["note"]) if row else None


async def between(tx: Transaction, after: int, upto: int) -> list[tuple[int, str]]:
    """Sizes and notes of checkpoints of more than ``after`` and at most ``upto`` lines."""
    rows = await tx.rows(
        "SELECT size, CAST(note AS BLOB) AS note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size",
        (after, upto),
    )
    return [(int(row["size"]), bytes(row["note"]).decode("utf-8", "replace")) for row in rows]


async def acknowledge(tx: Transaction, size: int, at: datetime) -> None:
    """The witness remembers the checkpoint of this size, and with it all smaller ones."""
    await tx.execute(
        "UPDATE checkpoint SET acknowledged_at = ? WHERE size <= ? AND acknowledged_at IS NULL",
        (at.isoformat(), size),
    )


def _own(words: str) -> bytes:
    return b"tracedesk engine\x00" + words.encode()
