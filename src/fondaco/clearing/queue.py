"""Payments that wait for liquidity: first in, first out, for each payer and currency; urgent before the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

Key = tuple[int, str, bool]


class Queues:
    """One queue for each (payer, currency, urgent). Within one, nobody passes the head: no payment is starved.

    The order is by payment number, which is the order of admission; a payment put back keeps its place.
    """

    def __init__(self) -> None:
        self._heaps: dict[Key, list[tuple[int, int]]] = {}
        self._gone: set[int] = set()
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, key: Key, number: int, minor: int) -> None:
        """Let payment `number`, which needs `minor` units, wait."""
        assert number not in self._waiting, f"payment {number} waits already"
        self._gone.discard(number)
        self._waiting.add(number)
        heappush(self._heaps.setdefault(key, []), (number, minor))

    def has(self, key: Key) -> bool:
        """Whether anybody waits in this queue."""
        return any(number not in self._gone for number, _ in self._heaps.get(key, ()))

    def take_back(self, number: int) -> None:
        """The payment waits no more (revoked, held, refused)."""
        if number in self._waiting:
            self._waiting.discard(number)
            self._gone.add(number)

    def release(self, room: Callable[[Key], int]) -> Iterator[int]:
        """Take out, head by head, what each payer's room now covers; in the order of the keys, so that it is the
        same on every machine. Ends: every step takes one payment out or leaves a queue."""
        for key in sorted(self._heaps, key=lambda one: (not one[2], one[1], one[0])):
            heap = self._heaps[key]
            left = None
            while heap:
                number, minor = heap[0]
                if number in self._gone:
                    self._gone.discard(number)
                    heappop(heap)
                    continue
                if left is None:
                    left = room(key)
                if minor > left:
                    break
                left -= minor
                heappop(heap)
                self._waiting.discard(number)
                yield number
            if not heap:
                del self._heaps[key]
