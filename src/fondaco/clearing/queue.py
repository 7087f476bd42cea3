"""Payments that wait for liquidity: first in, first out, for each payer and currency; urgent before the rest; or as their payer orders them."""

from __future__ import annotations

from bisect import bisect_left, insort

Key = tuple[int, str, bool]
# Where a payment stands: in the order of these. Who was never moved stands by its number, which is the order of admission.
Place = tuple[int, int]
UNMOVED: Place = (0, 0)


class Queues:
    """One queue for each (payer, currency, urgent). Within one, nobody passes the head: no payment is starved.

    A payment put back keeps its place. Only its payer moves it, within its own queue.
    """

    def __init__(self) -> None:
        # Who waits, in the order of places; a queue in which nobody waits is not there.
        self._lines: dict[Key, list[tuple[Place, int]]] = {}
        self._where: dict[int, tuple[Key, Place]] = {}
        self._states: dict[Key, int] = {}
        self._changes = 0

    def __len__(self) -> int:
        return len(self._where)

    def put(self, key: Key, number: int, place: Place = UNMOVED) -> None:
        """Let payment `number` wait; at its `place`, where it was moved to one."""
        assert number not in self._where, f"payment {number} waits already"
        place = (number, 0) if place == UNMOVED else place
        self._where[number] = key, place
        insort(self._lines.setdefault(key, []), (place, number))
        self._changed(key)

    def has(self, key: Key) -> bool:
        """Whether anybody waits in this queue."""
        return key in self._lines

    def take_back(self, number: int) -> None:
        """The payment waits no more (revoked, held, refused)."""
        found = self._where.pop(number, None)
        if found is None:
            return
        key, place = found
        line = self._lines[key]
        del line[bisect_left(line, (place, number))]
        if not line:
            del self._lines[key]
        self._changed(key)

    def waiting(self) -> list[tuple[int, Key]]:
        """Everybody who waits, by number, with the queue that it waits in; in the order of their places."""
        found = sorted((entry, key) for key, line in self._lines.items() for entry in line)
        return [(number, key) for (_, number), key in found]

    def open_keys(self) -> list[Key]:
        """The queues in which somebody waits, in no order that means anything."""
        return list(self._lines)

    def line(self, key: Key) -> list[int]:
        """Who waits in one queue, the first first."""
        return [number for _, number in self._lines.get(key, ())]

    def state(self, key: Key) -> int:
        """A number that is another one after each change of this queue."""
        return self._states.get(key, 0)

    def first_place(self, key: Key) -> Place:
        """The place before everybody who waits in this queue."""
        return self._lines[key][0][0][0] - 1, 1

    def last_place(self, key: Key, newest: int) -> Place:
        """The place behind everybody who waits in this queue, and before who comes after payment `newest`, the last that was admitted."""
        rank, step = max(self._lines[key][-1][0], (newest, 0))
        return rank, step + 1

    def heads(self) -> list[tuple[Key, int]]:
        """The first of each queue: urgent before the rest, then by currency and payer, the same on every machine."""
        return [(key, self._lines[key][0][1]) for key in sorted(self._lines, key=_order)]

    def _changed(self, key: Key) -> None:
        self._changes += 1
        self._states[key] = self._changes


def _order(key: Key) -> tuple[bool, str, int]:
    payer, currency, urgent = key
    return not urgent, currency, payer
