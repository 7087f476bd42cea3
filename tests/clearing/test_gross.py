"""Gross settlement over arrays against the rule told again in plain Python, and against `fifo_set`."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.clearing import GrossQueues, Obligation, Waiting, fifo_set, gross_loops

BANKS = 4
payments = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, BANKS - 1), st.integers(1, BANKS - 1), st.integers(1, 30)),
    min_size=0,
    max_size=40,
)
rooms = st.lists(st.integers(0, 40), min_size=BANKS, max_size=BANKS)


def queues_of(drawn: list[tuple[int, int, int, int]], room: list[int]) -> GrossQueues:
    rows = sorted(drawn, key=lambda one: one[0])
    at = np.array([one[0] for one in rows], np.int64)
    source = np.array([one[1] for one in rows], np.int64)
    target = np.array([(one[1] + one[2]) % BANKS for one in rows], np.int64)
    minor = np.array([one[3] for one in rows], np.int64)
    return GrossQueues(at, source, target, minor, np.array(room, np.int64))


def told_again(drawn: list[tuple[int, int, int, int]], room: list[int], offsets: set[int]) -> list[int]:
    """The same day by queues of Python and by the set that the hub uses: at each instant of `offsets` after what came at it."""
    rows = sorted(drawn, key=lambda one: one[0])
    waiting: list[deque[int]] = [deque() for _ in range(BANKS)]
    settled = [-1] * len(rows)
    left = list(room)

    def pay(number: int, at: int) -> None:
        _, payer, step, minor = rows[number]
        left[payer] -= minor
        left[(payer + step) % BANKS] += minor
        settled[number] = at

    for at in range(10):
        for number, one in enumerate(rows):
            if one[0] == at:
                waiting[one[1]].append(number)
        moved = True
        while moved:
            moved = False
            for queue in waiting:
                if queue and rows[queue[0]][3] <= left[rows[queue[0]][1]]:
                    pay(queue.popleft(), at)
                    moved = True
        if at in offsets:
            everybody = [
                Waiting(n, (bank, "SGD", True), (Obligation("SGD", bank, (bank + rows[n][2]) % BANKS, rows[n][3]),))
                for bank, queue in enumerate(waiting)
                for n in queue
            ]
            for number in fifo_set(everybody, {(bank, "SGD"): left[bank] for bank in range(BANKS)}):
                pay(number, at)
                waiting[rows[number][1]].remove(number)
    assert min(left) >= 0
    return settled


@settings(max_examples=150, deadline=None)
@given(payments, rooms, st.sets(st.integers(0, 9)))
def test_the_loops_settle_what_the_rule_told_again_settles(
    drawn: list[tuple[int, int, int, int]], room: list[int], offsets: set[int]
) -> None:
    queues = queues_of(drawn, room)
    times = sorted(one[0] for one in drawn)
    for at in sorted(offsets):
        queues.enter_until(sum(time <= at for time in times))
        queues.offset(at, BANKS)
    queues.enter_until(len(drawn))
    assert queues.settled.tolist() == told_again(drawn, room, offsets)
    assert int(queues.room.min()) >= 0 and int(queues.room.sum()) == sum(room)


@settings(max_examples=60, deadline=None)
@given(payments, rooms)
def test_compiled_or_plain_the_answers_are_the_same(drawn: list[tuple[int, int, int, int]], room: list[int]) -> None:
    def plain(loop: Any) -> Any:
        return getattr(loop, "py_func", loop)

    fast, slow = queues_of(drawn, room), queues_of(drawn, room)

    class Plain:
        enter = staticmethod(plain(gross_loops.enter))
        offset = staticmethod(plain(gross_loops.offset))

    slow._loops = Plain
    for queues in (fast, slow):
        queues.enter_until(len(drawn) // 2)
        queues.offset(9, BANKS)
        queues.enter_until(len(drawn))
        queues.offset(9, BANKS)
    assert fast.settled.tolist() == slow.settled.tolist() and fast.room.tolist() == slow.room.tolist()


def test_three_banks_without_money_that_owe_each_other_settle_together_alone() -> None:
    queues = queues_of([(0, 0, 1, 5), (0, 1, 1, 5), (0, 2, 2, 5)], [0, 0, 0, 0])
    queues.enter_until(3)
    assert queues.settled.tolist() == [-1, -1, -1]
    assert queues.offset(1, BANKS) == 3
    assert queues.settled.tolist() == [1, 1, 1] and queues.room.tolist() == [0, 0, 0, 0]


def test_money_runs_through_a_chain_at_one_instant() -> None:
    queues = queues_of([(0, 1, 1, 5), (0, 2, 1, 5), (1, 0, 1, 5)], [5, 0, 0, 0])
    queues.enter_until(3)
    assert queues.settled.tolist() == [1, 1, 1] and queues.room.tolist() == [0, 0, 0, 5]


def test_nobody_is_passed_by_a_smaller_payment() -> None:
    queues = queues_of([(0, 0, 1, 9), (1, 0, 1, 1)], [5, 0, 0, 0])
    queues.enter_until(2)
    assert queues.settled.tolist() == [-1, -1]
    queues.room[0] += 5
    queues.release(3, np.array([0], np.int64))
    assert queues.settled.tolist() == [3, 3]


def test_payments_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="moves something"):
        queues_of([(0, 0, 1, 0)], [1, 1, 1, 1])
    with pytest.raises(ValueError, match="moves something"):
        queues_of([(0, 0, 4, 1)], [1, 1, 1, 1])
    with pytest.raises(ValueError, match="more than"):
        queues_of([(0, 0, 1, 1 << 60)], [1, 1, 1, 1])
