"""What a witness remembers of one engine, and when it remembers something more.

Both kinds of witness, the file and the server, decide by this: a checkpoint is kept where the engine
signed it and where it proves that the remembered one is its beginning.
"""

import bisect
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.witness.ledger import Ledger
from engine.domain.checkpoint import SignedCheckpoint, VerifierKey, parse_note
from engine.domain.errors import InputError, Refused
from engine.domain.merkle import is_consistent
from engine.ports import WitnessAway

MARK_BYTES = 64 * 1024  # of the file between two places from which it can be read on


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line. After ``accepted`` the memory goes on from ``note`` ("": from nothing), because ``who``
    said so for that reason."""

    kind: Literal["checkpoint", "accepted"]
    at: datetime
    note: str
    who: str = ""
    reason: str = ""

    @property
    def size(self) -> int:
        """Lines that its checkpoint is of; 0 without one."""
        return int(self.note.split("\n", 2)[1]) if self.note else 0


class Memory:
    """One engine's checkpoints in one file. Not thread safe. Raises InputError where somebody meddled
    with the file, OSError where the disk says no."""

    def __init__(self, path: Path, verifier: VerifierKey | None) -> None:
        """Without ``verifier`` it can be read, and a person can accept; nothing is remembered."""
        self._path = path
        self._verifier = verifier
        self._ledger = Ledger(path)
        self._marks = [(0, 0)]  # the largest size before a byte of the file at which a line begins

    def close(self) -> None:
        self._ledger.close()

    def latest(self) -> SignedCheckpoint | None:
        """The checkpoint from which the next one must prove that it goes on."""
        line = self._ledger.last()
        return self._signed(self._entry(line)) if line is not None else None

    def entries(self) -> Iterator[Entry]:
        """Everything, oldest first."""
        return map(self._entry, self._ledger.lines())

    def entries_after(self, size: int) -> Iterator[Entry]:
        """The same, from shortly before the first checkpoint of more than ``size`` lines on. What was read
        once is not read again to get there."""
        nearest = bisect.bisect_right(self._marks, size, key=lambda mark: mark[0]) - 1
        largest, at = self._marks[max(0, nearest)]
        for line in self._ledger.lines(at):
            if at >= self._marks[-1][1] + MARK_BYTES:
                self._marks.append((largest, at))
            entry = self._entry(line)
            largest, at = max(largest, entry.size), at + len(line) + 1
            yield entry

    def known(self, size: int) -> SignedCheckpoint | None:
        """The largest checkpoint of at most ``size`` lines on the way to the latest."""
        way: list[SignedCheckpoint] = []
        for entry in self.entries():
            signed = self._signed(entry)
            if entry.kind == "accepted":
                limit = signed.checkpoint.size if signed else 0
                way = [one for one in way if one.checkpoint.size <= limit]
            elif signed is not None:
                way.append(signed)
        return max((one for one in way if one.checkpoint.size <= size), key=_size, default=None)

    def remember(self, signed: SignedCheckpoint, since: int, proof: tuple[bytes, ...], at: datetime) -> None:
        """Keep it, durably; a second time the same changes nothing. Raises Refused (G13) where it is not
        signed by this engine (``code`` see ``Disagrees``), contradicts what is remembered, or cannot be
        proved to go on from it; WitnessAway where the proof begins elsewhere."""
        new = signed.checkpoint
        if self._verifier is None or not _is_signed(signed, self._verifier):
            raise Refused("the checkpoint is not signed by this engine", rule="G13")
        if new.size == 0:
            raise InputError("there is nothing in it to remember", place="checkpoint")
        latest = self.latest()
        if latest is not None:
            self._compare(latest, signed, since, proof)
            if new.size == latest.checkpoint.size:
                return
        elif since != 0:
            raise WitnessAway(f"the proof begins at {since} lines, and the witness remembers none")
        self._append(Entry(kind="checkpoint", at=at, note=signed.note()))

    def accept(self, size: int, who: str, reason: str, at: datetime) -> SignedCheckpoint | None:
        """Go back to the largest checkpoint of at most ``size`` lines, because a person said so; from
        there the engine has to prove its way again. Returns it; None: from nothing."""
        found = self.known(size)
        note = found.note() if found else ""
        self._append(Entry(kind="accepted", at=at, note=note, who=who, reason=reason))
        return found

    def _compare(
        self, latest: SignedCheckpoint, signed: SignedCheckpoint, since: int, proof: tuple[bytes, ...]
    ) -> None:
        old, new = latest.checkpoint, signed.checkpoint
        if new.size < old.size:
            if new.at <= old.at and self._is_repeated(signed):  # anybody can send again what was published
                raise WitnessAway(f"the checkpoint is older than what is remembered, {old.size} lines")
            known = self.known(new.size)
            if known is not None and known.checkpoint.size == new.size and known.checkpoint.root != new.root:
                raise Disagrees(f"two different audits of {new.size} lines were signed")
            if new.at > old.at:
                raise Disagrees(f"{new.size} lines were signed for after {old.size} had been: a rollback")
            raise WitnessAway(f"the checkpoint is older than what is remembered, {old.size} lines")
        if new.size > old.size and since != old.size:
            raise WitnessAway(f"the proof begins at {since} lines, and {old.size} are remembered")
        if not is_consistent(
            first=old.size, second=new.size, first_root=old.root, second_root=new.root, proof=proof
        ):
            raise Disagrees(f"the audit of {new.size} lines does not go on from that of {old.size}")

    def _is_repeated(self, signed: SignedCheckpoint) -> bool:
        """Whether just this note came before, as far as that can be told without reading everything."""
        note, size = signed.note(), signed.checkpoint.size
        for entry in self.entries_after(size - 1):
            if entry.note == note or entry.size > size:
                return entry.note == note
        return False

    def _append(self, entry: Entry) -> None:
        self._ledger.append(msgspec.json.encode(entry))

    def _entry(self, line: bytes) -> Entry:
        try:
            return msgspec.json.decode(line, type=Entry)
        except ValueError:
            raise InputError(
                "holds a line that no witness wrote", file=str(self._path), mend="put the file right"
            ) from None

    def _signed(self, entry: Entry) -> SignedCheckpoint | None:
        if not entry.note:
            return None
        signed = parse_note(entry.note)
        if self._verifier and not _is_signed(signed, self._verifier):
            raise InputError(
                "holds a checkpoint that the engine never signed", file=str(self._path), mend="put it right"
            )
        return signed


class Disagrees(Refused):
    """The engine signed something that contradicts what is remembered: a fork, or a rollback."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, rule="G13")


def _size(signed: SignedCheckpoint) -> int:
    return signed.checkpoint.size


def _is_signed(signed: SignedCheckpoint, verifier: VerifierKey) -> bool:
    if signed.checkpoint.origin != verifier.origin or signed.key_hash != verifier.key_hash:
        return False
    try:
        text = signed.checkpoint.text().encode()
        Ed25519PublicKey.from_public_bytes(verifier.key).verify(signed.signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
