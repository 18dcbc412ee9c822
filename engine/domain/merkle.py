"""The Merkle tree of RFC 6962: hashes, roots, proofs, and how they are checked.

A subtree is named by ``(level, number)``: it is complete and covers leaves ``number << level`` up to
``(number + 1) << level``. Everything here is arithmetic on hashes of 32 bytes; where they are kept is
the business of the audit, and of the witness who checks it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

Subtree = tuple[int, int]
"""Level and number of a complete subtree; level 0 are the leaves."""

Range = tuple[int, int]
"""Leaves from the first, up to and without the second."""

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 over a zero byte and the data (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 over a one byte and both halves (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree to which leaves are added at its end; holds the roots of its complete subtrees only."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """``peaks`` are the hashes of ``subtrees(0, size)``. Raises ValueError for another number."""
        if size < 0 or len(peaks) != size.bit_count() or any(len(p) != HASH_BYTES for p in peaks):
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks of {HASH_BYTES} bytes")
        self.size = size
        self._peaks = list(peaks)

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash; returns level, number and hash of each subtree that is complete by it."""
        made, level, number, found = [(0, self.size, leaf)], 0, self.size, leaf
        while number & 1:
            found = node_hash(self._peaks.pop(), found)
            level, number = level + 1, number >> 1
            made.append((level, number, found))
        self._peaks.append(found)
        self.size += 1
        return made

    @property
    def peaks(self) -> tuple[bytes, ...]:
        return tuple(self._peaks)

    @property
    def root(self) -> bytes:
        return fold(self._peaks)


def subtrees(start: int, end: int) -> list[Subtree]:
    """The fewest complete subtrees that cover a range, from the left."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """Hash of a range from those of its complete subtrees; of nothing, the root of the empty tree."""
    if not hashes:
        return EMPTY_ROOT
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """What an inclusion proof consists of (PATH of RFC 6962, 2.1.1). Raises ValueError out of bounds."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    low, high, found = 0, size, []
    while high - low > 1:
        middle = low + _half(high - low)
        if index < middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    return found[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """What a consistency proof consists of (SUBPROOF of RFC 6962, 2.1.2). Raises ValueError out of
    bounds; of the empty tree nothing can be proved."""
    if not 0 < first <= second:
        raise ValueError(f"no proof leads from {first} leaves to {second}")
    low, high, found = 0, second, []
    while first != high:
        middle = low + _half(high - low)
        if first <= middle:
            found.append((middle, high))
            high = middle
        else:
            found.append((low, middle))
            low = middle
    if low:  # else it is the first tree itself, whose root the verifier has
        found.append((low, high))
    return found[::-1]


def needed(ranges: Iterable[Range]) -> set[Subtree]:
    """The subtrees from which ``proof`` makes a proof."""
    return {subtree for low, high in ranges for subtree in subtrees(low, high)}


def proof(ranges: Iterable[Range], hashes: Mapping[Subtree, bytes]) -> tuple[bytes, ...]:
    """The proof for ranges. Raises KeyError where a hash that is ``needed`` is missing."""
    return tuple(fold([hashes[subtree] for subtree in subtrees(low, high)]) for low, high in ranges)


def is_included(*, leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``leaf`` (a leaf hash) is number ``index`` of the tree with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the first tree is the beginning of the second (RFC 9162, 2.1.4.2). Both roots are bound:
    a proof that fits only the second says nothing. An empty first tree is no tree to begin with."""
    if not 0 < first <= second or not _are_hashes(first_root, second_root, *proof):
        return False
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    if not path or not proof:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _half(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _are_hashes(*found: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in found)
