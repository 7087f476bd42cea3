"""Payments that wait for each other: the largest set that all can settle together, first in, first out.

The rule is that of Bech and Soramaki, "Gridlock Resolution in Interbank Payment Systems" (Bank of Finland Discussion Papers
9/2001): take everything that waits; as long as somebody would be short, take the last payment of its queue out again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fondaco.clearing.netting import Obligation
from fondaco.clearing.queue import Key


class Waiting(NamedTuple):
    """One payment in its queue, with what it makes its participants owe each other. Numbers rise in the order of arrival."""

    number: int
    queue: Key
    legs: tuple[Obligation, ...]


def fifo_set(waiting: Sequence[Waiting], room: Mapping[tuple[int, str], int]) -> list[int]:
    """The payments that settle together, by number; empty when fewer than two do.

    `room` is what each (participant, currency) may pay beyond what it receives, in whole minor units; none is 0. In the
    result nobody is short by more than its room, nobody passes another in its queue, and where every payment has one leg
    no larger set has both properties. A payment leaves with all that stand behind it in its queue.
    """
    inside = {one.number: one for one in waiting}
    positions: dict[tuple[int, str], int] = dict(room)
    pays: dict[tuple[int, str], list[int]] = {}
    behind: dict[Key, list[int]] = {}
    for one in sorted(waiting):
        behind.setdefault(one.queue, []).append(one.number)
        for currency, payer, payee, minor in one.legs:
            positions[payer, currency] = positions.get((payer, currency), 0) - minor
            positions[payee, currency] = positions.get((payee, currency), 0) + minor
            pays.setdefault((payer, currency), []).append(one.number)

    def leave(number: int) -> None:
        for currency, payer, payee, minor in inside.pop(number).legs:
            positions[payer, currency] += minor
            positions[payee, currency] -= minor
            if positions[payee, currency] < 0:
                short.add((payee, currency))

    # The hub itself (participant 0) only receives; whoever pays can be short.
    short = {holder for holder, position in positions.items() if position < 0}
    while short:  # ends: every round takes a payment out, or settles one holder until somebody else's payment leaves
        holder = min(short)
        own = pays.get(holder, [])
        while own and own[-1] not in inside:
            own.pop()
        if positions[holder] >= 0 or not own:
            short.discard(holder)
            continue
        queue = behind[inside[own[-1]].queue]
        first = own[-1]
        while queue and queue[-1] >= first:
            last = queue.pop()
            if last in inside:
                leave(last)
    return sorted(inside) if len(inside) > 1 else []


Holder = tuple[int, str]


class Paying(NamedTuple):
    """One payment of a queue in which each has one payee: what its payee receives and what its payer pays, fee included."""

    payee: Holder
    minor: int
    out: int


def heads_that_settle(queues: Mapping[Holder, Sequence[Paying]], room: Mapping[Holder, int]) -> dict[Holder, int]:
    """The set of `fifo_set`, for payments that each move one currency from the holder of their queue: how many settle from the head of each
    queue, by queue; empty when fewer than two settle.

    Several times as fast, since nobody but the holder of a queue can be short: whose payments leave first is of no account then, and queues
    are cut from their ends. `room` has every holder that has a queue.
    """
    left = {holder: room[holder] for holder in queues}
    for holder, queue in queues.items():
        paid = 0
        for payee, minor, out in queue:
            paid += out
            if payee in left:
                left[payee] += minor
        left[holder] -= paid
    counts = {holder: len(queue) for holder, queue in queues.items()}
    short = [holder for holder, minor in left.items() if minor < 0]
    while short:  # ends: a holder comes again only when a payment to it has left
        holder = short.pop()
        queue, count, own = queues[holder], counts[holder], left[holder]
        while own < 0 and count:
            count -= 1
            payee, minor, out = queue[count]
            own += out
            if payee == holder:
                own -= minor
            elif payee in left:
                left[payee] -= minor
                if left[payee] < 0:
                    short.append(payee)
        counts[holder], left[holder] = count, own
    return counts if sum(counts.values()) > 1 else {}
