"""The loops of gross settlement over arrays (`gross.py`): whole numbers alone, so that they can be compiled.

Throughout: payment k moves `minor[k]` from account `source[k]` to account `target[k]`; `room[a]` is what account a may still pay; `head[a]` and
`tail[a]` are the ends of its queue, -1 for none, and `after[k]` is who stands behind k; `settled[k]` is the instant, -1 before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fondaco.clearing.compiled import compiled
from fondaco.clearing.rounding_loops import first_in_first_out


@compiled
def pay_down(
    top: int, stack: Any, waits: Any, at: int, target: Any, minor: Any, room: Any, head: Any, after: Any, settled: Any
) -> None:
    """Let the accounts `stack[:top]` pay from their queues, and whoever they pay, until no head of theirs can be paid.

    Who comes first is of no account: each pays as long as it can in its own order, so the end is the same. `waits` says who is on the
    stack, and is all False before and after.
    """
    while top > 0:
        top -= 1
        account = stack[top]
        waits[account] = False
        k = head[account]
        while k >= 0 and minor[k] <= room[account]:
            room[account] -= minor[k]
            settled[k] = at
            payee = target[k]
            room[payee] += minor[k]
            if head[payee] >= 0 and not waits[payee] and payee != account:
                stack[top] = payee
                waits[payee] = True
                top += 1
            k = after[k]
            head[account] = k


@compiled
def enter(
    first: int, end: int, at: Any, source: Any, target: Any, minor: Any, room: Any, head: Any, tail: Any, after: Any, stack: Any,
    waits: Any, settled: Any,
) -> None:  # fmt: skip
    """Payments first to end - 1 come, each at its own instant `at[k]`: behind whoever waits, else paid if they can be. -1 as source: not
    let in."""
    for k in range(first, end):
        account = source[k]
        if account < 0:
            continue
        if head[account] >= 0:
            after[tail[account]] = k
            tail[account] = k
            continue
        head[account] = tail[account] = k
        if minor[k] <= room[account]:
            stack[0] = account
            waits[account] = True
            pay_down(1, stack, waits, at[k], target, minor, room, head, after, settled)


@compiled
def offset(
    at: int, accounts: int, source: Any, target: Any, minor: Any, room: Any, head: Any, after: Any, taken: Any, settled: Any
) -> int:
    """Settle what waits in the queues of the first `accounts` together, first in, first out (Bech and Soramaki). Returns how many settled.

    Fewer than two are none. `taken` is any array as long as the payments.
    """
    own_at = np.zeros(accounts + 1, np.int64)
    payers = 0
    for account in range(accounts):
        count, k = 0, head[account]
        while k >= 0:
            count += 1
            k = after[k]
        own_at[account + 1] = own_at[account] + count
        payers += count > 0
    if payers < 2:
        return 0
    own = np.empty(own_at[accounts], np.int64)
    left = room[:accounts].copy()
    for account in range(accounts):
        place, k = own_at[account], head[account]
        while k >= 0:
            own[place] = k
            taken[k] = True
            left[account] -= minor[k]
            left[target[k]] += minor[k]
            place += 1
            k = after[k]
    first_in_first_out(source, target, minor, own_at, own, left, taken)
    count = 0
    for place in range(len(own)):
        count += taken[own[place]]
    if count < 2:
        return 0
    room[:accounts] = left
    for account in range(accounts):
        while head[account] >= 0 and taken[head[account]]:
            settled[head[account]] = at
            head[account] = after[head[account]]
    return count


@compiled
def withdraw(gone: Any, head: Any, tail: Any, after: Any) -> None:
    """Take whoever is marked in `gone` (by payment) out of the queues; who stands behind moves up."""
    for account in range(len(head)):
        before, k = -1, head[account]
        while k >= 0:
            behind = after[k]
            if not gone[k]:
                before = k
            elif before < 0:
                head[account] = behind
            else:
                after[before] = behind
            k = behind
        tail[account] = before
