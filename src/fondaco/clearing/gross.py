"""Gross settlement of many payments over arrays: queues that nobody passes in, and offsets of what waits in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fondaco.clearing.crowd import TOTAL_MAX, Whole

Marks = NDArray[np.bool_]


def _loops() -> Any:
    """The loops, loaded when somebody settles: to load their compiler takes longer than most commands."""
    from fondaco.clearing import gross_loops

    return gross_loops


class GrossQueues:
    """Payments in the order of arrival, each settled as soon as its account has the room and nobody of its account waits before it.

    Payment k comes at `at[k]` (never falling) and moves `minor[k]` whole minor units from account `source[k]` to `target[k]`; -1 as source
    is a payment that is not let in. `room[a]` is what account a may pay beyond what it receives: it is never below zero, and `settled[k]`
    is the instant, -1 before it. Both may be read at any time; who changes `room` calls `release` for those who have more. All arrays are
    int64; raises `ValueError` for payments that move nothing, pay themselves, or add up to more than 64 bits hold exactly.
    """

    def __init__(self, at: Whole, source: Whole, target: Whole, minor: Whole, room: Whole) -> None:
        if len(minor) and (int(minor.min()) <= 0 or bool((source == target).any())):
            raise ValueError("each payment moves something from one account to another")
        # Added up as whole numbers without bound only where they might pass 64 bits.
        largest = max(int(minor.max(initial=0)), int(room.max(initial=0)))
        if largest * (len(minor) + len(room)) > TOTAL_MAX and sum(map(int, minor)) + sum(map(int, room)) > TOTAL_MAX:
            raise ValueError(f"payments and room add up to more than {TOTAL_MAX}")
        assert bool((at[1:] >= at[:-1]).all()), "payments come in the order of time"
        self._at, self._source, self._target, self._minor = at, source, target, minor
        self.room = room.copy()
        self.settled: Whole = np.full(len(minor), -1, np.int64)
        self._head: Whole = np.full(len(room), -1, np.int64)
        self._tail: Whole = np.full(len(room), -1, np.int64)
        self._after: Whole = np.full(len(minor), -1, np.int64)
        self._stack: Whole = np.zeros(len(room) + 1, np.int64)
        self._waits = np.zeros(len(room), np.bool_)
        self._taken = np.zeros(len(minor), np.bool_)
        self._entered = 0
        self._loops = _loops()

    def enter_until(self, end: int) -> int:
        """Let in what has not come yet of payments 0 to `end` - 1. Returns how many came."""
        first, self._entered = self._entered, max(self._entered, end)
        self._loops.enter(
            first, self._entered, self._at, self._source, self._target, self._minor, self.room, self._head, self._tail, self._after,
            self._stack, self._waits, self.settled,
        )  # fmt: skip
        return self._entered - first

    def offset(self, at: int, accounts: int) -> int:
        """Settle together, at the instant `at`, the largest set of what waits in the queues of accounts 0 to `accounts` - 1, which pay each
        other alone: nobody short, nobody passed (the set of `fifo_set`). Returns how many settled."""
        found: int = self._loops.offset(
            at, accounts, self._source, self._target, self._minor, self.room, self._head, self._after, self._taken, self.settled
        )
        return found

    def withdraw(self, at: int, gone: Marks) -> None:
        """Take the payments marked in `gone` out of their queues at the instant `at`: they never settle. Who stood behind them is tried."""
        self._loops.withdraw(gone, self._head, self._tail, self._after)
        self.release(at, np.nonzero(self._head >= 0)[0])

    def release(self, at: int, accounts: Whole) -> None:
        """Try the queues of these accounts again, each named once: they have more room than before."""
        self._stack[: len(accounts)] = accounts
        self._waits[accounts] = True
        self._loops.pay_down(
            len(accounts),
            self._stack,
            self._waits,
            at,
            self._target,
            self._minor,
            self.room,
            self._head,
            self._after,
            self.settled,
        )
