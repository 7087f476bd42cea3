"""The log against RFC 6962 as it is written: the recursive definitions of its section 2.1, and published heads."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.journal.merkle import EMPTY_ROOT, Tree, consistency_holds, inclusion_holds, leaf_hash

# The eight leaves and heads with which implementations of Certificate Transparency are tested.
LEAVES = [
    bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
HEADS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: list[bytes]) -> bytes:
    """RFC 6962, 2.1."""
    if not d:
        return sha(b"")
    if len(d) == 1:
        return sha(b"\x00" + d[0])
    k = split(len(d))
    return sha(b"\x01" + mth(d[:k]) + mth(d[k:]))


def path(m: int, d: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(d) == 1:
        return []
    k = split(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    return subproof(m, d, True)


def subproof(m: int, d: list[bytes], whole: bool) -> list[bytes]:
    if m == len(d):
        return [] if whole else [mth(d)]
    k = split(len(d))
    return [*subproof(m, d[:k], whole), mth(d[k:])] if m <= k else [*subproof(m - k, d[k:], False), mth(d[:k])]


def tree_of(leaves: list[bytes]) -> Tree:
    tree = Tree()
    for number, one in enumerate(leaves):
        assert tree.append(one) == number
    return tree


def test_published_heads() -> None:
    tree = tree_of(LEAVES)
    assert [tree.root(size).hex() for size in range(9)] == HEADS
    assert tree.root(0) == EMPTY_ROOT


@pytest.mark.parametrize("size", [*range(1, 20), 31, 32, 33, 64, 65])
def test_heads_and_proofs_are_those_of_the_definition(size: int) -> None:
    leaves = [b"leaf %d" % number for number in range(size)]
    tree = tree_of(leaves)
    assert tree.root() == mth(leaves)
    for index in range(size):
        assert tree.inclusion(index) == path(index, leaves)
        assert inclusion_holds(leaf_hash(leaves[index]), index, size, tree.inclusion(index), tree.root())
    for old in range(1, size + 1):
        assert tree.consistency(old) == proof(old, leaves)
        assert consistency_holds(old, size, tree.consistency(old), tree.root(old), tree.root())
    assert Tree(b"".join(leaf_hash(one) for one in leaves)).root() == tree.root()


@given(st.integers(1, 300), st.randoms(use_true_random=False))
def test_a_proof_of_a_longer_log_serves_for_an_earlier_size(size: int, lots: random.Random) -> None:
    leaves = [b"leaf %d" % number for number in range(size)]
    tree, at = tree_of(leaves), lots.randint(1, size)
    index, old = lots.randrange(at), lots.randint(1, at)
    assert tree.inclusion(index, at) == path(index, leaves[:at])
    assert tree.consistency(old, at) == proof(old, leaves[:at])


@given(st.integers(2, 200), st.randoms(use_true_random=False))
def test_no_proof_holds_for_another_leaf_place_size_or_head(size: int, lots: random.Random) -> None:
    tree = tree_of([b"leaf %d" % number for number in range(size)])
    index, old = lots.randrange(size), lots.randint(1, size - 1)
    hashed, steps, root = tree.leaf(index), tree.inclusion(index), tree.root()
    assert not inclusion_holds(leaf_hash(b"another"), index, size, steps, root)
    assert not inclusion_holds(hashed, (index + lots.randint(1, size - 1)) % size, size, steps, root)
    assert not inclusion_holds(hashed, index, size, steps, tree.root(size - 1))
    assert not inclusion_holds(hashed, index, size, [*steps, root], root)
    assert not inclusion_holds(hashed, index, size, steps[:-1], root)
    steps = tree.consistency(old)
    fork = tree_of([b"leaf %d" % number for number in range(old - 1)] + [b"another"] * (size - old + 1))
    assert not consistency_holds(old, size, steps, fork.root(old), root)
    assert not consistency_holds(old, size, steps, tree.root(old), fork.root())
    assert not consistency_holds(old, size, [*steps, root], tree.root(old), root)
    assert not consistency_holds(old, size, steps[:-1], tree.root(old), root)
