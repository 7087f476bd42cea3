"""Payments that wait for liquidity: first in, first out, for each payer and currency; urgent before the rest."""

from __future__ import annotations

from heapq import heappop, heappush

Key = tuple[int, str, bool]


class Queues:
    """One queue for each (payer, currency, urgent). Within one, nobody passes the head: no payment is starved.

    The order is by payment number, which is the order of admission; a payment put back keeps its place.
    """

    def __init__(self) -> None:
        self._heaps: dict[Key, list[int]] = {}
        self._gone: set[int] = set()
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, key: Key, number: int) -> None:
        """Let payment `number` wait."""
        assert number not in self._waiting, f"payment {number} waits already"
        self._waiting.add(number)
        if number in self._gone:
            self._gone.discard(number)  # its old place is still there: a payment's key never changes
        else:
            heappush(self._heaps.setdefault(key, []), number)

    def has(self, key: Key) -> bool:
        """Whether anybody waits in this queue."""
        return any(number not in self._gone for number in self._heaps.get(key, ()))

    def take_back(self, number: int) -> None:
        """The payment waits no more (revoked, held, refused)."""
        if number in self._waiting:
            self._waiting.discard(number)
            self._gone.add(number)

    def waiting(self) -> list[tuple[int, Key]]:
        """Everybody who waits, by number, with the queue that it waits in."""
        return sorted((n, key) for key, heap in self._heaps.items() for n in heap if n not in self._gone)

    def heads(self) -> list[tuple[Key, int]]:
        """The first of each queue: urgent before the rest, then by currency and payer, the same on every machine."""
        found = []
        for key in sorted(self._heaps, key=lambda one: (not one[2], one[1], one[0])):
            heap = self._heaps[key]
            while heap and heap[0] in self._gone:
                self._gone.discard(heappop(heap))
            if heap:
                found.append((key, heap[0]))
            else:
                del self._heaps[key]
        return found
