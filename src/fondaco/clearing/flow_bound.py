"""No set of waiting payments settles more than this: a bound from a minimum-cost flow between banks, and the prices that prove it.

Let everything settle, and let banks that are short be helped by holding back payments: what is held of a payment moves money from its
payee to its payer. The least value that must be held, were payments divisible, is a minimum-cost flow over pairs of banks, and equals the
linear relaxation over payments (Kulipanov, IJBER 9:83, 2020, states the duality). Its node potentials are whole numbers: the price of a
minor unit of room at each bank.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fondaco.clearing.crowd import Crowd, Whole
from fondaco.clearing.path_flow import shortest_paths
from fondaco.clearing.solver import silent_solver


class Flow(NamedTuple):
    """The relaxation of a crowd. Pairs that owe: `payers`, `payees`, what they owe `gross` and what of it is `held`; `prices` by bank.

    `held` leaves at most (banks - 1) pairs between nothing and all.
    """

    payers: Whole
    payees: Whole
    gross: Whole
    held: Whole
    prices: Whole


class NoFlow(Exception):
    """The solver failed: there is no bound from it."""


def bound_of(crowd: Crowd, prices: Whole) -> int:
    """The most that any set can settle, by these prices (whole numbers, none below zero): weak duality, valid whoever made them.

    Each payment counts what it is worth beyond the price that its payer pays and its payee gains, each cap its price.
    """
    beyond = np.maximum(0, 1 - prices[crowd.payers] + prices[crowd.payees])
    return int((crowd.minor * beyond).sum() + (crowd.caps * prices).sum())


def relaxed(crowd: Crowd, solver: str = "auto") -> Flow:
    """The relaxation by LEMON's network simplex (`pylmcf`), or where that is not installed by HiGHS. `solver` may name one: `flow`, `lp`.

    Deterministic for the same crowd and solver. Raises `NoFlow` when the solver fails; what it answers is proved elsewhere.
    """
    banks = len(crowd.caps)
    owed = np.zeros(banks * banks, np.int64)
    np.add.at(owed, crowd.payees * banks + crowd.payers, crowd.minor)
    arcs = np.nonzero(owed)[0]
    gross, payees, payers = owed[arcs], arcs // banks, arcs % banks
    left = crowd.caps.copy()
    np.subtract.at(left, crowd.payers, crowd.minor)
    np.add.at(left, crowd.payees, crowd.minor)
    if (left >= 0).all():
        return Flow(payers, payees, gross, np.zeros(len(arcs), np.int64), np.zeros(banks, np.int64))
    held, prices = cheapest_flow(payees, payers, gross, left, solver)
    return Flow(payers, payees, gross, held, np.maximum(prices, 0))


def cheapest_flow(starts: Whole, ends: Whole, gross: Whole, left: Whole, solver: str = "auto") -> tuple[Whole, Whole]:
    """What must be held on each arc, and the prices of nodes that prove that less does not do.

    Arcs are sorted by start and end; at most `gross` is held on each, and holding moves room from its start to its end. `left` is each node's room
    with nothing held: after it nobody's is below zero. `solver` may be `flow` (LEMON), `lp` (HiGHS) or `paths`: of many nodes by far the quickest where
    it is compiled, but leaves more pairs between nothing and all. Raises `NoFlow`.
    """
    if solver == "paths":
        found = shortest_paths(starts, ends, gross, left)
        if found is None:
            raise NoFlow("somebody is short whatever is held")
        return found
    if solver == "auto":
        solver = "flow" if _has_flow() else "lp"
    return (_by_flow if solver == "flow" else _by_lp)(starts, ends, gross, left)


def _has_flow() -> bool:
    try:
        import pylmcf  # noqa: F401
    except ImportError:
        return False
    return True


def _by_flow(starts: Whole, ends: Whole, gross: Whole, left: Whole) -> tuple[Whole, Whole]:
    from pylmcf import Graph

    banks = len(left)
    rich = np.nonzero(left > 0)[0]
    # What is not needed drains to a node of its own. The library wants arcs sorted by start and end; that node's number is the last.
    drains = np.searchsorted(starts, rich, "right")
    first, last = np.insert(starts, drains, rich), np.insert(ends, drains, banks)
    is_drain = np.zeros(len(first), np.bool_)
    is_drain[drains + np.arange(len(rich))] = True
    try:
        graph = Graph(banks + 1, first.astype(np.int32), last.astype(np.int32))
        graph.set_node_supply(np.append(left, -left.sum()))
        graph.set_edge_capacities(np.insert(gross, drains, left[rich]))
        graph.set_edge_costs(np.where(is_drain, 0, 1).astype(np.int64))
        graph.solve()
    except Exception as fault:  # a foreign library may raise anything
        raise NoFlow(str(fault)) from fault
    potentials = np.asarray(graph.potentials(), np.int64)
    return np.asarray(graph.result(), np.int64)[~is_drain], potentials[:banks] - potentials[banks]


def _by_lp(starts: Whole, ends: Whole, gross: Whole, left: Whole) -> tuple[Whole, Whole]:
    """The same by HiGHS's dual simplex: its basic solutions are whole but for rounding, which is taken off."""
    import highspy

    pairs, banks = len(gross), len(left)
    scale = max(1.0, float(gross.max()) / 1e6)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = pairs, banks
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.ones(pairs), np.zeros(pairs), gross / scale
    lp.row_lower_, lp.row_upper_ = -left / scale, np.full(banks, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.arange(pairs + 1) * 2
    lp.a_matrix_.index_ = np.stack([ends, starts], axis=1).ravel().astype(np.int32)
    lp.a_matrix_.value_ = np.tile([1.0, -1.0], pairs)
    model = silent_solver(solver="simplex")
    model.passModel(lp)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise NoFlow(f"HiGHS: {model.getModelStatus()}")
    solution = model.getSolution()
    held = np.rint(np.array(solution.col_value) * scale).astype(np.int64)
    return np.clip(held, 0, gross), np.rint(np.array(solution.row_dual)).astype(np.int64)
