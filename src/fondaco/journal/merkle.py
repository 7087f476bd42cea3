"""A log that nobody can rewrite unseen: tree heads, proofs that something stands in it, and that a later log continues an earlier one.

Hashes, trees and proofs are those of RFC 6962 section 2.1 (RFC 9162 section 2.1 says how they are verified), over SHA-256. Proofs are lists of
hashes from the leaf upwards. Nothing here is signed or stored; what is appended is the leaf's own data, at least a few bytes that say what it is.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class HashTree(ABC):
    """The tree over a log, wherever its hashes are kept: heads and proofs of any size that the log has or had."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many leaves the log has."""

    @abstractmethod
    def at(self, level: int, index: int) -> bytes:
        """The hash over the complete subtree of 2^level leaves with this number, from 0; level 0 are the leaves."""

    def leaf(self, index: int) -> bytes:
        """The hash of a leaf."""
        return self.at(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The head of the log when it had `size` leaves (now, if none is named)."""
        size = self.size if size is None else size
        assert 0 <= size <= self.size, "no head of a log that is not there yet"
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The proof that the leaf stands at `index` of the log of `size` leaves."""
        size = self.size if size is None else size
        assert 0 <= index < size <= self.size, "a proof is of a leaf that is there"
        path, start, end = [], 0, size
        while end - start > 1:  # ends: the range gets smaller each time
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """The proof that the log of `size` leaves begins with that of `old` leaves; empty for none and for all of them."""
        size = self.size if size is None else size
        assert 0 <= old <= size <= self.size, "a log continues one that is not longer"
        if old in (0, size):
            return []
        path, start, end, whole = [], 0, size, True
        while old != end:  # ends: the range gets smaller, and `old` lies in it
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start, whole = middle, False
        # The verifier has the old head itself where that is a whole subtree on the left edge.
        return ([] if whole else [self._range(start, end)]) + path[::-1]

    def _range(self, start: int, end: int) -> bytes:
        """The hash over leaves `start` to `end`, a range into which the recursion of RFC 6962 cuts: `start` is aligned to its size rounded up."""
        width = end - start
        level = width.bit_length() - 1
        if width == 1 << level:
            return self.at(level, start >> level)
        middle = start + _split(width)
        return node_hash(self._range(start, middle), self._range(middle, end))


class Tree(HashTree):
    """A log in memory: 64 bytes for a leaf. Appending costs two hashes on average, a root or a proof of any earlier size O(log n)."""

    def __init__(self, leaf_hashes: bytes = b"") -> None:
        """`leaf_hashes` are those of leaves that are there already, one after the other."""
        assert len(leaf_hashes) % HASH_BYTES == 0, "whole hashes"
        # Level k holds the hashes of all complete subtrees of 2^k leaves, in order.
        self._levels: list[bytearray] = [bytearray()]
        for start in range(0, len(leaf_hashes), HASH_BYTES):
            self._push(leaf_hashes[start : start + HASH_BYTES])

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def append(self, data: bytes) -> int:
        """Add a leaf; its index, from 0."""
        index = self.size
        self._push(leaf_hash(data))
        return index

    def _push(self, hashed: bytes) -> None:
        level = 0
        while True:  # ends: a level that has an odd number of hashes stops it, and a new one has one
            if level == len(self._levels):
                self._levels.append(bytearray())
            row = self._levels[level]
            row += hashed
            if len(row) // HASH_BYTES % 2:
                return
            hashed = node_hash(bytes(row[-2 * HASH_BYTES : -HASH_BYTES]), bytes(row[-HASH_BYTES:]))
            level += 1

    def at(self, level: int, index: int) -> bytes:
        start = index * HASH_BYTES
        return bytes(self._levels[level][start : start + HASH_BYTES])


def inclusion_holds(hashed: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf with this hash stands at `index` of the log of `size` leaves with this head (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn = index, size - 1
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            hashed = node_hash(step, hashed)
            while not fn & 1 and fn:  # ends: a bit less each time
                fn, sn = fn >> 1, sn >> 1
        else:
            hashed = node_hash(hashed, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and hashed == root


def consistency_holds(old: int, size: int, path: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether the log of `size` leaves with head `root` begins with the log of `old` leaves with head `old_root` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    if old == size:
        return not path and old_root == root
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:  # ends: a bit less each time
        fn, sn = fn >> 1, sn >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(step, first), node_hash(step, second)
            while not fn & 1 and fn:  # ends: a bit less each time
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == old_root and second == root


def _split(width: int) -> int:
    """The largest power of two below `width`: where RFC 6962 cuts a range."""
    return 1 << (width - 1).bit_length() - 1
