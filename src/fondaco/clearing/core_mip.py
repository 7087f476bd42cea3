"""The middle of the problem as a mixed-integer program: large payments whole, small ones of a pair of banks as one that is divisible."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fondaco.clearing.crowd import Crowd, Marks, Whole
from fondaco.clearing.flow_bound import NoFlow, relaxed
from fondaco.clearing.rounding import Order, ordered, rounded, whole
from fondaco.clearing.solver import silent_solver


class Effort(NamedTuple):
    """What a program may cost, in units that are the same on every machine, never in seconds.

    `large_permille`: payments above so many thousandths of the smaller of their banks' caps are decided whole, 0 for all. `nodes`: of the
    search tree. `gap_ppm`: millionths of the value that may stay open.
    """

    large_permille: int
    nodes: int
    gap_ppm: int


def improved(crowd: Crowd, prices: Whole, order: Order, settled: Marks, effort: Effort) -> Marks | None:
    """A set by HiGHS, begun from `settled`; None when the solver fails. Nobody is short in it; it may be worth less than `settled`.

    Deterministic: one thread, one seed, no clock. HiGHS counts in floating point; what it answers is taken as a proposal, and made whole.
    """
    import highspy

    banks = len(crowd.caps)
    smaller = np.minimum(crowd.caps[crowd.payers], crowd.caps[crowd.payees])
    large = crowd.minor * 1000 > effort.large_permille * smaller if effort.large_permille else np.ones(len(crowd.minor), np.bool_)
    rows = np.nonzero(large)[0]
    owed = np.zeros(banks * banks, np.int64)
    begun = np.zeros(banks * banks, np.int64)
    pairs = crowd.payers * banks + crowd.payees
    np.add.at(owed, pairs[~large], crowd.minor[~large])
    np.add.at(begun, pairs[~large & settled], crowd.minor[~large & settled])
    kept = np.nonzero(owed)[0]
    scale = max(1.0, float(crowd.minor.max()) / 1e4)
    whole_count, columns = len(rows), len(rows) + len(kept)
    amounts = np.concatenate([crowd.minor[rows] / scale, np.ones(len(kept))])
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.sense_ = columns, banks, highspy.ObjSense.kMaximize
    lp.col_cost_, lp.col_lower_ = amounts, np.zeros(columns)
    lp.col_upper_ = np.concatenate([np.ones(whole_count), owed[kept] / scale])
    lp.row_lower_, lp.row_upper_ = np.full(banks, -highspy.kHighsInf), crowd.caps / scale
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.arange(columns + 1) * 2
    payers = np.concatenate([crowd.payers[rows], kept // banks])
    payees = np.concatenate([crowd.payees[rows], kept % banks])
    lp.a_matrix_.index_ = np.stack([payers, payees], axis=1).ravel().astype(np.int32)
    lp.a_matrix_.value_ = np.stack([amounts, -amounts], axis=1).ravel()
    lp.integrality_ = [highspy.HighsVarType.kInteger] * whole_count + [highspy.HighsVarType.kContinuous] * len(kept)
    model = silent_solver(mip_max_nodes=effort.nodes, mip_rel_gap=effort.gap_ppm / 1e6, mip_abs_gap=0.0)
    model.passModel(lp)
    start = highspy.HighsSolution()
    start.col_value = np.concatenate([settled[rows].astype(float), begun[kept] / scale])
    model.setSolution(start)
    model.run()
    answer = np.array(model.getSolution().col_value)
    if len(answer) != columns or not np.isfinite(answer).all():
        return None
    proposed = np.zeros(len(crowd.minor), np.bool_)
    proposed[rows] = answer[:whole_count] > 0.5
    small = np.nonzero(~large)[0]
    proposed[small] = _small_ones(crowd, proposed, small, prices)
    return whole(crowd, prices, order, proposed)


def _small_ones(crowd: Crowd, proposed: Marks, small: Whole, prices: Whole) -> Marks:
    """What settles of the small payments when the large ones stand: the same problem again, with other caps."""
    if not len(small):
        return np.zeros(0, np.bool_)
    caps = crowd.caps.copy()
    np.subtract.at(caps, crowd.payers[proposed], crowd.minor[proposed])
    np.add.at(caps, crowd.payees[proposed], crowd.minor[proposed])
    rest = Crowd(crowd.payers[small], crowd.payees[small], crowd.minor[small], caps)
    try:
        return rounded(rest, relaxed(rest), ordered(rest))
    except (NoFlow, AssertionError):
        # The large ones alone are more than the small ones can carry: what can stay is found when the whole is made whole.
        return np.ones(len(small), np.bool_)
