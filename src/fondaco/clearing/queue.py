"""Payments that wait for liquidity: first in, first out, for each payer and currency; urgent before the rest; or as their payer orders them."""

from __future__ import annotations

from heapq import heappop, heappush

Key = tuple[int, str, bool]
# Where a payment stands: in the order of these. Who was never moved stands by its number, which is the order of admission.
Place = tuple[int, int]
UNMOVED: Place = (0, 0)


class Queues:
    """One queue for each (payer, currency, urgent). Within one, nobody passes the head: no payment is starved.

    A payment put back keeps its place. Only its payer moves it, within its own queue.
    """

    def __init__(self) -> None:
        self._heaps: dict[Key, list[tuple[Place, int]]] = {}
        # Where each number stands, also one that waits no more and may come back; any other entry of it in a heap is an old one.
        self._standing: dict[int, Place] = {}
        self._entries: set[tuple[Place, int]] = set()
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, key: Key, number: int, place: Place = UNMOVED) -> None:
        """Let payment `number` wait; at its `place`, where it was moved to one."""
        assert number not in self._waiting, f"payment {number} waits already"
        self._waiting.add(number)
        place = (number, 0) if place == UNMOVED else place
        self._standing[number] = place
        if (place, number) not in self._entries:
            self._entries.add((place, number))
            heappush(self._heaps.setdefault(key, []), (place, number))

    def has(self, key: Key) -> bool:
        """Whether anybody waits in this queue."""
        return any(self._waits(entry) for entry in self._heaps.get(key, ()))

    def take_back(self, number: int) -> None:
        """The payment waits no more (revoked, held, refused)."""
        self._waiting.discard(number)

    def waiting(self) -> list[tuple[int, Key]]:
        """Everybody who waits, by number, with the queue that it waits in; in the order of their places."""
        found = sorted((entry, key) for key, heap in self._heaps.items() for entry in heap if self._waits(entry))
        return [(number, key) for (_, number), key in found]

    def first_place(self, key: Key) -> Place:
        """The place before everybody who waits in this queue."""
        return min(place for place, number in self._heaps[key] if self._waits((place, number)))[0] - 1, 1

    def last_place(self, key: Key, newest: int) -> Place:
        """The place behind everybody who waits in this queue, and before who comes after payment `newest`, the last that was admitted."""
        last = max(place for place, number in self._heaps[key] if self._waits((place, number)))
        rank, step = max(last, (newest, 0))
        return rank, step + 1

    def heads(self) -> list[tuple[Key, int]]:
        """The first of each queue: urgent before the rest, then by currency and payer, the same on every machine."""
        found = []
        for key in sorted(self._heaps, key=lambda one: (not one[2], one[1], one[0])):
            heap = self._heaps[key]
            while heap and not self._waits(heap[0]):
                place, number = entry = heappop(heap)
                self._entries.discard(entry)
                if self._standing.get(number) == place:
                    del self._standing[number]
            if heap:
                found.append((key, heap[0][1]))
            else:
                del self._heaps[key]
        return found

    def _waits(self, entry: tuple[Place, int]) -> bool:
        place, number = entry
        return number in self._waiting and self._standing[number] == place
