"""From divisible payments to whole ones: the relaxation's flow is rounded, repaired, filled up, and bettered by exchanges."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fondaco.clearing.crowd import Crowd, Marks, Whole, room_after
from fondaco.clearing.flow_bound import Flow

_HOLD_MAX = 1 << 20


def _loops() -> Any:
    """The loops, loaded when somebody settles: to load their compiler takes longer than most commands."""
    from fondaco.clearing import rounding_loops

    return rounding_loops


class Order(NamedTuple):
    """Payments by falling amount, of equal ones the first; and for each payer b its own so, `own[own_at[b]:own_at[b+1]]`."""

    falling: Whole
    own: Whole
    own_at: Whole


def ordered(crowd: Crowd) -> Order:
    falling = np.argsort(-crowd.minor, kind="stable")
    own, own_at = _by_payer(crowd, falling)
    return Order(falling, own, own_at)


def _by_payer(crowd: Crowd, rows: Whole) -> tuple[Whole, Whole]:
    own = rows[np.argsort(crowd.payers[rows], kind="stable")]
    return own, np.searchsorted(crowd.payers[own], np.arange(len(crowd.caps) + 1), "left")


def first_in_first_out(crowd: Crowd) -> Marks:
    """The set of Bech and Soramaki: nobody is short, nobody passes another of the same payer, and no larger set has both properties."""
    own, own_at = _by_payer(crowd, np.arange(len(crowd.minor)))
    settled = np.ones(len(crowd.minor), np.bool_)
    room = room_after(crowd, settled)
    _loops().first_in_first_out(crowd.payers, crowd.payees, crowd.minor, own_at, own, room, settled)
    return settled


def gross_with_bypass(crowd: Crowd) -> Marks:
    """What gross settlement comes to when a payment that cannot be made is passed by later ones: the usual yardstick."""
    settled = np.zeros(len(crowd.minor), np.bool_)
    _loops().bypass(crowd.payers, crowd.payees, crowd.minor, crowd.caps.copy(), settled)
    return settled


def rounded(crowd: Crowd, flow: Flow, order: Order) -> Marks:
    """A set near the relaxation in which nobody is short."""
    banks = len(crowd.caps)
    split = np.nonzero((flow.held > 0) & (flow.held < flow.gross))[0]
    # What becomes of each pair: 0 held, 1 settled, 2 split.
    fate = np.ones(banks * banks, np.int8)
    pair = flow.payers * banks + flow.payees
    fate[pair[flow.held == flow.gross]] = 0
    fate[pair[split]] = 2
    pairs = crowd.payers * banks + crowd.payees
    settled = fate[pairs] == 1
    number = np.zeros(banks * banks, np.int64)
    number[pair[split]] = np.arange(len(split))
    rows = order.falling[fate[pairs[order.falling]] == 2]
    rows = rows[np.argsort(number[pairs[rows]], kind="stable")]
    ends = np.searchsorted(number[pairs[rows]], np.arange(len(split) + 1), "left")
    payers, payees = flow.payers[split], flow.payees[split]
    touching = np.concatenate([payers, payees])
    by_bank = np.argsort(touching, kind="stable")
    near = by_bank % max(1, len(split))
    near_at = np.searchsorted(touching[by_bank], np.arange(banks + 1), "left")
    room = room_after(crowd, settled)
    decided = _loops().round_tree(
        crowd.minor, rows, ends[:-1], ends[1:], payers, payees, near_at, near, _roots(crowd, flow, payers, payees), room, settled
    )
    assert decided == len(split), "pairs that are split form a forest"
    return whole(crowd, flow.prices, order, settled)


def _roots(crowd: Crowd, flow: Flow, payers: Whole, payees: Whole) -> Marks:
    """Of each tree of split pairs the bank that the relaxation leaves the most room."""
    banks = len(crowd.caps)
    tree = np.arange(banks)
    for payer, payee in zip(payers.tolist(), payees.tolist(), strict=True):
        one, other = tree[payer], tree[payee]
        tree[tree == max(one, other)] = min(one, other)
    left = crowd.caps.copy()
    np.subtract.at(left, flow.payers, flow.gross - flow.held)
    np.add.at(left, flow.payees, flow.gross - flow.held)
    by_tree = np.lexsort((-left, tree))
    first = np.ones(banks, np.bool_)
    first[1:] = tree[by_tree][1:] != tree[by_tree][:-1]
    root = np.zeros(banks, np.bool_)
    root[by_tree[first]] = True
    return root


def whole(crowd: Crowd, prices: Whole, order: Order, settled: Marks) -> Marks:
    """The nearest set in which nobody is short, filled up with what fits: payments are held back where that costs least, then added."""
    settled = settled.copy()
    room = room_after(crowd, settled)
    log = np.empty(min(_HOLD_MAX, len(crowd.minor) + 1), np.int64)
    waste = crowd.minor * (1 - prices[crowd.payers] + prices[crowd.payees])
    short = np.nonzero(room < 0)[0]
    _, ended = _loops().hold_back(
        short, crowd.payees, crowd.minor, order.own_at, order.own, waste, prices, room, settled, -1, log
    )
    assert ended, "with every payment held back nobody is short"
    _loops().add_back(crowd.payers, crowd.payees, crowd.minor, order.falling, room, settled)
    return settled


def filled(crowd: Crowd, order: Order, rows: Whole, targets: Whole, settled: Marks) -> None:
    """Of each pair of banks settle those of its payments among `rows` whose sum comes nearest to the pair's target, and is not above it.

    `targets` by payer times banks plus payee, whole minor units; `settled` is changed in place.
    """
    banks = len(crowd.caps)
    among = np.zeros(len(crowd.minor), np.bool_)
    among[rows] = True
    falling = order.falling[among[order.falling]]
    pairs = crowd.payers[falling] * banks + crowd.payees[falling]
    by_pair = np.argsort(pairs, kind="stable")
    pairs = pairs[by_pair]
    firsts = np.nonzero(np.append(True, pairs[1:] != pairs[:-1]))[0] if len(pairs) else np.zeros(0, np.int64)
    _loops().fill_pairs(crowd.minor, falling[by_pair], np.append(firsts, len(pairs)), targets[pairs[firsts]], settled)


def bettered(crowd: Crowd, prices: Whole, order: Order, settled: Marks, tries: int, steps_max: int) -> Marks:
    """The set after at most `tries` exchanges of at most `steps_max` payments held back each: never worth less.

    Tried are those whose absence costs most by the prices: dear ones held back, and those of banks whose dear room lies idle.
    """
    settled = settled.copy()
    room = room_after(crowd, settled)
    waste = crowd.minor * (1 - prices[crowd.payers] + prices[crowd.payees])
    out = np.nonzero(~settled & (waste >= 0))[0]
    idle = prices * room
    lost = np.maximum(waste[out], np.minimum(idle[crowd.payers[out]], crowd.minor[out]))
    tried = out[np.argsort(-lost, kind="stable")[:tries]]
    _loops().exchange(
        tried, crowd.payers, crowd.payees, crowd.minor, order.own_at, order.own, waste, prices, room, settled, steps_max
    )
    _loops().add_back(crowd.payers, crowd.payees, crowd.minor, order.falling, room, settled)
    return settled
