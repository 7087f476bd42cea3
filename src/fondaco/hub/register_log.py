"""The log of the register's events as the journal keeps it (RFC 6962): a proof or a head reads some hundred hashes of it, however long it is.

Every 256 leaves that are full leave their hash, and so do 256 of those. What lies between is hashed again when somebody asks.
"""

from __future__ import annotations

from fondaco.hub.machines import NUMBER
from fondaco.hub.state import Batch
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.journal import HashTree, leaf_hash, node_hash

LEAF, NODE = "register_leaf", "register_node"
_LOG = "log"
# A kept hash stands for 2^8 of the level below it.
_STEP = 8


class RegisterLog(HashTree):
    """The log of a desk, with what the batch in hand adds. It is read while the journal is open."""

    def __init__(self, shelf: TradeShelf) -> None:
        self._shelf = shelf

    @property
    def size(self) -> int:
        return self._shelf.get(NUMBER, _LOG, int) or 0

    def at(self, level: int, index: int) -> bytes:
        if level == 0:
            data = self._shelf.get(LEAF, f"{index:012d}", bytes)
            assert data is not None, "every leaf of the log is kept"
            return leaf_hash(data)
        kept = self._shelf.get(NODE, f"{level:02d}/{index:012d}", bytes) if level % _STEP == 0 else None
        return kept if kept is not None else self._folded(level, index)

    def append(self, batch: Batch, data: bytes) -> int:
        """Add a leaf with the batch; its index, from 0."""
        index = self.size
        self._shelf.put(batch, NUMBER, _LOG, index + 1)
        self._shelf.put(batch, LEAF, f"{index:012d}", data)
        level, whole = 0, index + 1
        while whole % (1 << _STEP) == 0:  # ends: a number has so many factors
            level, whole = level + _STEP, whole >> _STEP
            self._shelf.put(batch, NODE, f"{level:02d}/{whole - 1:012d}", self._folded(level, whole - 1))
        return index

    def _folded(self, level: int, index: int) -> bytes:
        """The hash over what is kept below: at most 256 hashes of the nearest level of which any are."""
        below = (level - 1) // _STEP * _STEP
        width = 1 << level - below
        hashes = [self.at(below, index * width + one) for one in range(width)]
        while len(hashes) > 1:  # ends: half as many each time
            hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
        return hashes[0]
