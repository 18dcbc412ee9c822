"""Roots and proofs against RFC 6962 written down naively, and against the vectors of others."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.merkle import (
    EMPTY_ROOT,
    Growing,
    consistency_ranges,
    fold,
    inclusion_ranges,
    is_consistent,
    is_included,
    leaf_hash,
    needed,
    node_hash,
    proof,
    subtrees,
)

# --- the definitions of RFC 6962, 2.1, word for word --------------------------------------------


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = half(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = half(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = half(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def half(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


# --- ours ---------------------------------------------------------------------------------------


class Grown:
    """A tree in memory, with all its complete subtrees."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.growing = Growing()
        self.hashes = {
            (level, number): found
            for leaf in leaves
            for level, number, found in self.growing.add(leaf_hash(leaf))
        }

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        return proof(inclusion_ranges(index, size), self.hashes)

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        return proof(consistency_ranges(first, second), self.hashes)


def leaves_of(count: int) -> list[bytes]:
    return [f"line {n}".encode() for n in range(count)]


sizes = st.integers(1, 130)


def test_the_published_roots_of_small_trees() -> None:
    # the trees that certificate transparency implementations share as a test (google/certificate-
    # transparency, merkletree/merkle_tree_test.cc)
    inputs = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        bytes(range(0x50, 0x58)),
        bytes(range(0x60, 0x70)),
    ]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    growing = Growing()
    assert growing.root == EMPTY_ROOT == hashlib.sha256(b"").digest()
    for data, root in zip(inputs, roots, strict=True):
        growing.add(leaf_hash(data))
        assert growing.root.hex() == root


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_root_is_that_of_the_definition(leaves: list[bytes]) -> None:
    grown = Grown(leaves)
    assert grown.growing.root == mth(leaves)
    assert grown.growing.peaks == tuple(grown.hashes[s] for s in subtrees(0, len(leaves)))


@given(sizes, sizes, st.data())
def test_a_tree_grows_on_from_its_peaks(first: int, more: int, data: st.DataObject) -> None:
    grown = Grown(leaves_of(first + more))
    going_on = Growing(first, [grown.hashes[s] for s in subtrees(0, first)])
    for leaf in leaves_of(first + more)[first:]:
        going_on.add(leaf_hash(leaf))
    assert going_on.root == grown.growing.root


def test_a_tree_does_not_grow_from_peaks_that_are_not_its_own() -> None:
    for size, peaks in ((3, [b"x" * 32]), (0, [b"x" * 32]), (1, [b"short"]), (-1, [b"x" * 32])):
        with pytest.raises(ValueError, match="peaks"):
            Growing(size, peaks)


@given(sizes, st.data())
def test_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    grown = Grown(leaves)
    index = data.draw(st.integers(0, size - 1))
    assert list(grown.inclusion(index, size)) == path(index, leaves)
    first = data.draw(st.integers(1, size))
    assert list(grown.consistency(first, size)) == subproof(first, leaves, True)


@given(sizes, st.data())
def test_every_proof_is_accepted_and_every_other_leaf_root_or_size_refused(
    size: int, data: st.DataObject
) -> None:
    leaves = leaves_of(size)
    grown = Grown(leaves)
    root = mth(leaves)
    index = data.draw(st.integers(0, size - 1))
    made = grown.inclusion(index, size)
    assert is_included(leaf=leaf_hash(leaves[index]), index=index, size=size, root=root, proof=made)
    for other in range(size):
        if other != index:
            assert not is_included(
                leaf=leaf_hash(leaves[index]), index=other, size=size, root=root, proof=made
            )
    for broken in broken_proofs(made):
        assert not is_included(leaf=leaf_hash(leaves[index]), index=index, size=size, root=root, proof=broken)
    assert not is_included(leaf=leaf_hash(leaves[index]), index=index, size=size, root=EMPTY_ROOT, proof=made)


@given(sizes, st.data())
def test_consistency_binds_both_roots(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    first = data.draw(st.integers(1, size))
    old, new = mth(leaves[:first]), mth(leaves)
    made = Grown(leaves).consistency(first, size)

    def holds(**given: Any) -> bool:
        values = {"first": first, "second": size, "first_root": old, "second_root": new, "proof": made}
        return is_consistent(**(values | given))

    assert holds()
    forged = mth([b"other", *leaves[1:first]])
    assert not holds(first_root=forged)
    assert not holds(second_root=forged)
    assert not any(holds(proof=broken) for broken in broken_proofs(made))
    for other in range(-1, size + 2):
        assert other == first or not holds(first=other)
    # A root alone does not bind the size of its tree (RFC 9162, 2.1.4: the verifier has it from a signed
    # head), so another size may fit; but never one that the proof is too short or too long for.
    assert not any(holds(second=other) for other in (-1, 0, first - 1, 4 * size + 4))


def broken_proofs(made: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    flipped = [(*made[:n], bytes([hash_[0] ^ 1]) + hash_[1:], *made[n + 1 :]) for n, hash_ in enumerate(made)]
    cut = [(*made[:n], *made[n + 1 :]) for n in range(len(made))]
    short = [(*made[:-1], made[-1][:-1])] if made else []
    return [*flipped, *cut, *short, (*made, b"\x00" * 32), (b"\x00" * 32, *made), (*made, b"")]


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 1), (-1, 1), (2, 1), (1, 0)])
def test_nothing_is_proved_from_an_empty_tree_or_backwards(first: int, second: int) -> None:
    for old in (EMPTY_ROOT, leaf_hash(b"")):
        for proved in ((), (leaf_hash(b""),)):
            assert not is_consistent(
                first=first, second=second, first_root=old, second_root=old, proof=proved
            )
    with pytest.raises(ValueError, match="no proof"):
        consistency_ranges(first, second)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1), (5, 3), (0, -1)])
def test_no_leaf_is_proved_outside_the_tree(index: int, size: int) -> None:
    leaf = leaf_hash(b"")
    assert not is_included(leaf=leaf, index=index, size=size, root=leaf, proof=())
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_ranges(index, size)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_a_proof_of_a_large_tree_needs_few_hashes(first: int, more: int) -> None:
    first, size = first + 1, first + more + 1
    assert len(needed(consistency_ranges(first, size))) <= 2 * size.bit_length()
    assert len(needed(inclusion_ranges(first - 1, size))) <= 2 * size.bit_length()
    assert sum(1 << level for level, _ in subtrees(0, size)) == size


def test_folding_is_from_the_right() -> None:
    a, b, c = (leaf_hash(x) for x in (b"a", b"b", b"c"))
    assert fold([a, b, c]) == node_hash(a, node_hash(b, c))


# --- the vectors of transparency-dev/merkle -----------------------------------------------------


def vectors(shared: Path, kind: str, least: int) -> list[tuple[str, dict[str, Any]]]:
    files = sorted((shared / "vectors" / "merkle" / kind).rglob("*.json"))
    assert len(files) >= least
    return [(f"{file.parent.name}/{file.name}", json.loads(file.read_bytes())) for file in files]


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.needs_shared
def test_every_inclusion_vector(shared: Path) -> None:
    good = 0
    for name, vector in vectors(shared, "inclusion", 50):
        accepted = is_included(
            leaf=decoded(vector["leafHash"]),
            index=vector["leafIdx"],
            size=vector["treeSize"],
            root=decoded(vector["root"]),
            proof=[decoded(p) for p in vector["proof"] or ()],
        )
        assert accepted is not vector["wantErr"], name
        good += accepted
    assert good >= 4


@pytest.mark.needs_shared
def test_every_consistency_vector(shared: Path) -> None:
    good = 0
    for name, vector in vectors(shared, "consistency", 40):
        accepted = is_consistent(
            first=vector["size1"],
            second=vector["size2"],
            first_root=decoded(vector["root1"]),
            second_root=decoded(vector["root2"]),
            proof=[decoded(p) for p in vector["proof"] or ()],
        )
        assert accepted is not vector["wantErr"], name
        good += accepted
    assert good >= 3
