"""The loops of rounding (`rounding.py`): over arrays of whole numbers, so that they can be compiled.

Throughout: `rows` are payments, in the order of falling amount where it matters; `room[b]` is what bank b may still pay, below zero when it
is short; `taken[k]` says that payment k is settled. `waste[k]` is what holding payment k back costs by the bound's prices, at most zero
when it costs nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fondaco.clearing.compiled import compiled


@compiled
def fill_up_to(minor: Any, rows: Any, first: int, end: int, target: int, taken: Any) -> int:
    """Mark payments of rows[first:end] whose sum comes near `target` and is not above it; the others are unmarked. Returns the sum.

    The largest that fits first, then exchanges of one for a larger one, the best first, until none brings it nearer.
    """
    total = 0
    for at in range(first, end):
        k = rows[at]
        taken[k] = total + minor[k] <= target
        if taken[k]:
            total += minor[k]
    while total < target:
        gap, best, out, into = target - total, 0, -1, -1
        i = end - 1
        for at in range(end - 1, first - 1, -1):  # those left out, the smallest first; `i` only moves to larger ones
            j = rows[at]
            if taken[j]:
                continue
            while i >= first and (not taken[rows[i]] or minor[rows[i]] < minor[j] - gap):
                i -= 1
            if i < first:
                break
            more = minor[j] - minor[rows[i]]
            if best < more <= gap:
                best, out, into = more, rows[i], j
        if best == 0:
            break
        taken[out], taken[into] = False, True
        total += best
    return total


@compiled
def fill_pairs(minor: Any, rows: Any, firsts: Any, targets: Any, taken: Any) -> None:
    """`fill_up_to` for each of many stretches of `rows`: the one from `firsts[i]` to `firsts[i + 1]` up to `targets[i]`."""
    for at in range(len(targets)):
        fill_up_to(minor, rows, firsts[at], firsts[at + 1], targets[at], taken)


@compiled
def round_tree(
    minor: Any, rows: Any, arc_first: Any, arc_end: Any, arc_payer: Any, arc_payee: Any, near_at: Any, near: Any, root: Any,
    room: Any, taken: Any,
) -> int:  # fmt: skip
    """Decide the payments of pairs that the relaxation splits, from the leaves of their forest to the roots, who have room to spare.

    `near[near_at[b]:near_at[b+1]]` are the arcs of bank b. A leaf that pays settles what it can; one that receives is given what it needs,
    and as little more as can be. What does not come out even is the next bank's. Returns how many arcs were decided: all of them.
    """
    banks, arcs = len(room), len(arc_first)
    open_arcs = np.zeros(banks, np.int64)
    done = np.zeros(arcs, np.bool_)
    leaves = np.empty(banks + arcs, np.int64)
    top = decided = 0
    for bank in range(banks):
        open_arcs[bank] = near_at[bank + 1] - near_at[bank]
        if open_arcs[bank] == 1 and not root[bank]:
            leaves[top] = bank
            top += 1
    while top > 0:
        top -= 1
        leaf, arc = leaves[top], -1
        for at in range(near_at[leaf], near_at[leaf + 1]):
            if not done[near[at]]:
                arc = near[at]
        if arc < 0:
            continue
        done[arc] = True
        decided += 1
        first, end, payer, payee = arc_first[arc], arc_end[arc], arc_payer[arc], arc_payee[arc]
        if payer == leaf:
            settled = fill_up_to(minor, rows, first, end, max(0, room[leaf]), taken)
        else:
            # To give at least what is needed is to hold at most the rest.
            gross, needed = 0, max(0, -room[leaf])
            for at in range(first, end):
                gross += minor[rows[at]]
            held = fill_up_to(minor, rows, first, end, max(0, gross - needed), taken)
            for at in range(first, end):
                taken[rows[at]] = not taken[rows[at]]
            settled = gross - held
        room[payer] -= settled
        room[payee] += settled
        other = payee if payer == leaf else payer
        open_arcs[other] -= 1
        if open_arcs[other] == 1 and not root[other]:
            leaves[top] = other
            top += 1
    return decided


@compiled
def _kind(k: int, payees: Any, minor: Any, waste: Any, room: Any) -> int:
    """0 costs nothing by the prices and its payee can bear it, 1 costs nothing, 2 its payee can bear it, 3 neither."""
    return (0 if waste[k] <= 0 else 2) + (0 if room[payees[k]] >= minor[k] else 1)


@compiled
def _to_hold(
    bank: int, needed: int, payees: Any, minor: Any, own_at: Any, own: Any, waste: Any, prices: Any, room: Any, taken: Any, kept: int
) -> int:  # fmt: skip
    """The payment of `bank` to hold back next, -1 for none; `kept` is not touched.

    The lowest kind there is; of it the largest that is not more than needed, else the smallest that is. At a bank whose room costs
    nothing every payment is dear, and one that is enough comes first.
    """
    first, end = own_at[bank], own_at[bank + 1]
    middle, high = first, end  # the first that is not more than needed
    while middle < high:
        half = (middle + high) // 2
        if minor[own[half]] > needed:
            middle = half + 1
        else:
            high = half
    lowest = 2 if prices[bank] == 0 else 0
    most = np.full(4, -1, np.int64)
    least = np.full(4, -1, np.int64)
    for turn in range(2):
        if (turn == 0) == (lowest == 0):
            for at in range(middle, end):
                k = own[at]
                if taken[k] and k != kept:
                    kind = _kind(k, payees, minor, waste, room)
                    if kind == lowest:
                        return int(k)
                    if most[kind] < 0:
                        most[kind] = k
        else:
            for at in range(middle - 1, first - 1, -1):
                k = own[at]
                if taken[k] and k != kept:
                    kind = _kind(k, payees, minor, waste, room)
                    if kind == lowest:
                        return int(k)
                    if least[kind] < 0:
                        least[kind] = k
    for kind in range(4):
        # Where a payee would be short in its turn, less is better; where it can bear it, one that is enough ends it.
        one, other = (least[kind], most[kind]) if kind == 2 else (most[kind], least[kind])
        if one >= 0:
            return int(one)
        if other >= 0:
            return int(other)
    return -1


@compiled
def hold_back(
    short: Any,
    payees: Any,
    minor: Any,
    own_at: Any,
    own: Any,
    waste: Any,
    prices: Any,
    room: Any,
    taken: Any,
    kept: int,
    log: Any,
) -> tuple[int, bool]:
    """Hold payments back until no bank of `short`, nor any that becomes short by it, is short. `log` takes what was held, in order.

    Returns how many, and whether it came to an end within `log`; if not, `log` says what to undo. The dearest bank goes first: shortness
    runs down the prices to banks that have room to spare.
    """
    stack = np.empty(len(short) + len(log) + 1, np.int64)
    top, steps = len(short), 0
    stack[:top] = short
    while top > 0:
        place = 0
        for at in range(1, top):
            if prices[stack[at]] > prices[stack[place]]:
                place = at
        bank = stack[place]
        if room[bank] >= 0:
            top -= 1
            stack[place] = stack[top]
            continue
        if steps == len(log):
            return steps, False
        k = _to_hold(bank, -room[bank], payees, minor, own_at, own, waste, prices, room, taken, kept)
        if k < 0:
            return steps, False
        taken[k] = False
        room[bank] += minor[k]
        room[payees[k]] -= minor[k]
        log[steps] = k
        steps += 1
        if room[payees[k]] < 0:
            known = False
            for at in range(top):
                known = known or stack[at] == payees[k]
            if not known:
                stack[top] = payees[k]
                top += 1
    return steps, True


@compiled
def add_back(payers: Any, payees: Any, minor: Any, falling: Any, room: Any, taken: Any) -> None:
    """Settle whatever fits, the largest first, until nothing does."""
    added = True
    while added:  # ends: each round settles something more, or is the last
        added = False
        for at in range(len(falling)):
            k = falling[at]
            if not taken[k] and minor[k] <= room[payers[k]]:
                taken[k] = added = True
                room[payers[k]] -= minor[k]
                room[payees[k]] += minor[k]


@compiled
def _fill(
    bank: int, payees: Any, minor: Any, own_at: Any, own: Any, room: Any, taken: Any, log: Any, used: int
) -> tuple[int, int]:
    """Settle what `bank` can pay, the largest first, noted in `log` as ~k. Returns (entries used, value)."""
    gained = 0
    for at in range(own_at[bank], own_at[bank + 1]):
        if room[bank] <= 0 or used >= len(log):
            break
        k = own[at]
        if not taken[k] and minor[k] <= room[bank]:
            taken[k] = True
            room[bank] -= minor[k]
            room[payees[k]] += minor[k]
            log[used] = ~k
            used += 1
            gained += minor[k]
    return used, gained


@compiled
def exchange(
    tried: Any, payers: Any, payees: Any, minor: Any, own_at: Any, own: Any, waste: Any, prices: Any, room: Any, taken: Any,
    steps_max: int,
) -> int:  # fmt: skip
    """Settle each payment of `tried` all the same, hold back others until nobody is short, fill up what became free; undo it where the
    whole is not worth more. Returns the value gained, in minor units."""
    log = np.empty(8 * steps_max + 64, np.int64)
    short = np.empty(1, np.int64)
    gained = 0
    for at in range(len(tried)):
        k = tried[at]
        if taken[k]:
            continue
        payer, payee = payers[k], payees[k]
        taken[k] = True
        room[payer] -= minor[k]
        room[payee] += minor[k]
        log[0], value, short[0] = ~k, minor[k], payer
        held, ended = hold_back(short, payees, minor, own_at, own, waste, prices, room, taken, k, log[1 : 1 + steps_max])
        used = 1 + held
        for place in range(1, used):
            value -= minor[log[place]]
        if ended:
            used, more = _fill(payee, payees, minor, own_at, own, room, taken, log, used)
            value += more
            used, more = _fill(payer, payees, minor, own_at, own, room, taken, log, used)
            value += more
            for place in range(1, 1 + held):
                used, more = _fill(payers[log[place]], payees, minor, own_at, own, room, taken, log, used)
                value += more
            for place in range(1 + held, used):
                used, more = _fill(payees[~log[place]], payees, minor, own_at, own, room, taken, log, used)
                value += more
        if ended and value > 0:
            gained += value
            continue
        for place in range(used - 1, -1, -1):
            one = log[place]
            settle = one >= 0  # it was held: settle it again
            one = one if settle else ~one
            taken[one] = settle
            sign = 1 if settle else -1
            room[payers[one]] -= sign * minor[one]
            room[payees[one]] += sign * minor[one]
    return gained


@compiled
def first_in_first_out(payers: Any, payees: Any, minor: Any, own_at: Any, own: Any, room: Any, taken: Any) -> None:
    """The largest set in which nobody passes another: all are settled, and as long as a bank is short, its last payment leaves.

    Bech and Soramaki, "Gridlock Resolution in Interbank Payment Systems" (Bank of Finland DP 9/2001). `own` holds each bank's payments in
    the order of arrival; `room` and `taken` begin with everything settled.
    """
    banks = len(room)
    last = own_at[1:].copy()
    stack = np.empty(banks, np.int64)
    waits = np.zeros(banks, np.bool_)
    top = 0
    for bank in range(banks):
        if room[bank] < 0:
            stack[top] = bank
            waits[bank] = True
            top += 1
    while top > 0:
        top -= 1
        bank = stack[top]
        waits[bank] = False
        while room[bank] < 0 and last[bank] > own_at[bank]:
            last[bank] -= 1
            k = own[last[bank]]
            taken[k] = False
            room[bank] += minor[k]
            payee = payees[k]
            room[payee] -= minor[k]
            if room[payee] < 0 and not waits[payee] and payee != bank:
                stack[top] = payee
                waits[payee] = True
                top += 1


@compiled
def bypass(payers: Any, payees: Any, minor: Any, room: Any, taken: Any) -> None:
    """Gross settlement in the order of arrival where who cannot pay is passed, again and again until nothing more settles."""
    settled = True
    while settled:
        settled = False
        for k in range(len(minor)):
            if not taken[k] and minor[k] <= room[payers[k]]:
                taken[k] = settled = True
                room[payers[k]] -= minor[k]
                room[payees[k]] += minor[k]
