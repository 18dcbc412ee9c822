"""An engine's audit in memory: it grows, signs for itself and proves its way, or lies."""

import hashlib
from datetime import UTC, datetime, timedelta

from engine.audit.checkpoint import CheckpointSigner
from engine.domain.checkpoint import Checkpoint, SignedCheckpoint
from engine.domain.merkle import Growing, consistency_ranges, leaf_hash, proof

NOW = datetime(2026, 3, 6, tzinfo=UTC)
SIGNER = CheckpointSigner(b"s" * 32, "bucheon.example/tracedesk")
ORIGIN = SIGNER.verifier.origin


class Audit:
    """``name`` decides about the content of lines: two names are two forks from line ``same`` on."""

    def __init__(
        self, name: str = "true", same: int = 0, length: int = 400, signer: CheckpointSigner = SIGNER
    ) -> None:
        self.signer = signer
        growing = Growing()
        self.hashes: dict[tuple[int, int], bytes] = {}
        self.roots = [growing.root]
        for number in range(length):
            content = f"{'true' if number < same else name} {number}".encode()
            for level, index, found in growing.add(leaf_hash(hashlib.sha256(content).digest())):
                self.hashes[level, index] = found
            self.roots.append(growing.root)

    def signed(self, size: int, minutes: float | None = None, **counts: int) -> SignedCheckpoint:
        at = NOW + timedelta(minutes=size if minutes is None else minutes)
        return self.signer.sign(
            Checkpoint(
                origin=self.signer.verifier.origin, size=size, root=self.roots[size], at=at, counts=counts
            )
        )

    def proof(self, since: int, size: int) -> tuple[bytes, ...]:
        return proof(consistency_ranges(since, size), self.hashes) if 0 < since < size else ()
