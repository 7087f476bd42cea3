"""A member that follows the register's log leaf by leaf: it sees no content, and still sees a second history of any record.

A witness that only checks consistency knows that the log grows. A follower knows besides which event is each record's last, so it can hold the hub to
every record's head that the hub ever signed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from fondaco.core import Reason, Refusal
from fondaco.journal import Tree
from fondaco.trade.tree_head import RecordHead, TreeHead

LEAF_BYTES = 72


class LogFollower:
    """Keeps the leaves that it was told, in order: 72 bytes each, and where those of each record stand."""

    def __init__(self) -> None:
        self._tree = Tree()
        self._leaves = bytearray()
        self._places: dict[bytes, list[int]] = {}

    @property
    def size(self) -> int:
        return self._tree.size

    def root(self) -> bytes:
        return self._tree.root()

    def take(self, leaves: Sequence[bytes]) -> Refusal | None:
        """Take the leaves that follow, all of them or none.

        Refused: a leaf that is none, and one whose number is not the next of its record: two events claim one place, or one is missing.
        """
        new: dict[bytes, int] = {}
        for number, one in enumerate(leaves):
            where = f"leaf {self.size + number}"
            if len(one) != LEAF_BYTES:
                return Refusal(Reason.MALFORMED, where, f"{len(one)} bytes", "T.6")
            etr, seq = bytes(one[:32]), int.from_bytes(one[32:40], "big")
            new[etr] = new.get(etr, len(self._places.get(etr, ()))) + 1
            if seq != new[etr]:
                return Refusal(Reason.OUT_OF_TURN, where, f"event {seq} of {etr.hex()}, where {new[etr]} comes next", "T.6")
        for one in leaves:
            self._places.setdefault(bytes(one[:32]), []).append(self._tree.append(bytes(one)))
            self._leaves += one
        return None

    def head_fault(self, head: TreeHead) -> Refusal | None:
        """Why the log of this head is not the one that is followed; None where it is. A head of more leaves than were told is for later."""
        if head.size > self.size:
            return Refusal(Reason.NOT_FOUND, "head.size", f"{head.size}, and {self.size} were told", "T.6")
        if self._tree.root(head.size).hex() != head.root:
            return Refusal(Reason.OUT_OF_TURN, "head.root", f"another log of {head.size} leaves", "T.6")
        return None

    def record_fault(self, head: RecordHead) -> Refusal | None:
        """Why what the hub said of a record's last event is false; None where it is true."""
        if head.size > self.size:
            return Refusal(Reason.NOT_FOUND, "head.size", f"{head.size}, and {self.size} were told", "T.6")
        places = self._places.get(bytes.fromhex(head.etr), [])
        before = bisect_left(places, head.size)
        if before == 0:
            return Refusal(Reason.NOT_FOUND, "head.etr", head.etr, "T.6")
        start = places[before - 1] * LEAF_BYTES
        last = self._leaves[start + 40 : start + LEAF_BYTES].hex()
        if (head.seq, head.event) != (before, last):
            return Refusal(Reason.OUT_OF_TURN, "head.event", f"event {before} of the record is its last, {last[:16]}", "T.6")
        return None
