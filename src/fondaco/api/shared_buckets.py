"""The buckets of tokens of all doors of one hub, in memory that their processes share: a rate holds for an institution, however many doors it comes through."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
from functools import lru_cache

_SLOT = struct.Struct("<16sdd")
# So many names at once; callers are registered, so there are never more than a few hundred. So far from its place one is looked for.
_SLOTS = 8_192
_PROBES = 64


@lru_cache(maxsize=1024)
def _key(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


class SharedBuckets:
    """As `bucket.Buckets`, over the file `descriptor`, made by `make`. Times are of the machine's monotonic clock, which all processes share.

    The lock is the kernel's, so a door that is killed leaves none behind. Each process asks from one thread.
    """

    def __init__(self, descriptor: int, per_s: float, at_once: int) -> None:
        self._descriptor = descriptor
        self._per_s = per_s
        self._at_once = float(at_once)
        self._memory = mmap.mmap(descriptor, _SLOTS * _SLOT.size)

    @staticmethod
    def make() -> int:
        """The descriptor of new memory, empty; whoever made it hands it on to its doors."""
        descriptor = os.memfd_create("fondaco-buckets")
        os.ftruncate(descriptor, _SLOTS * _SLOT.size)
        return descriptor

    def take(self, name: str, now: float, tokens: float = 1) -> float:
        """Take tokens, or none: returns 0, or for how many seconds to wait until so many will be there."""
        key = _key(name)
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            place, held, since = self._find(key, now)
            held = min(self._at_once, held + max(0.0, now - since) * self._per_s)
            needed = min(tokens, self._at_once)
            wait = (needed - held) / self._per_s if held < needed else 0.0
            _SLOT.pack_into(self._memory, place, key, held if wait else held - tokens, max(now, since))
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
        return wait

    def _find(self, key: bytes, now: float) -> tuple[int, float, float]:
        """The slot of a name, and what it holds. A new name takes a free slot or one that is full again; where all near it are in use, the fullest one's."""
        first = int.from_bytes(key[:4], "little")
        free, most = -1, -1.0
        for step in range(_PROBES):
            place = (first + step) % _SLOTS * _SLOT.size
            name, held, since = _SLOT.unpack_from(self._memory, place)
            if name == key and since:
                return place, held, since
            by_now = held + (now - since) * self._per_s if since else float("inf")
            if by_now > most:
                free, most = place, by_now
            if not since:
                break
        return free, self._at_once, now

    def close(self) -> None:
        self._memory.close()
        os.close(self._descriptor)
