"""The middle of the problem as mixed-integer programs: large payments whole, small ones of a pair of banks as one that is divisible.

Two kinds. A small crowd is decided by one program over every payment, to the end (`decided`). Of a large one a program sees only what the
prices leave open (`improved`): payments whose holding costs something and that are settled, or brings something and that are held,
stay as they are. What is left is a third of the payments and a fifth of the large ones, and the first whole point that HiGHS rounds its relaxation
to is better than anything that exchanges find.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fondaco.clearing.crowd import Crowd, Marks, Whole
from fondaco.clearing.rounding import Order, filled, whole
from fondaco.clearing.solver import silent_solver

# Nodes of a program over a small crowd: far more than any needs, and an end all the same.
_NODES = 1_000_000


class Effort(NamedTuple):
    """One program over the open part of a crowd. Thousandths are of the smaller of a payment's banks' caps.

    Payments above `large_permille` are decided whole; those above `frozen_permille` stay as they are, 0 for none. The program ends with its
    first whole point, the same on every machine: no clock takes part.
    """

    large_permille: int
    frozen_permille: int = 0


def decided(crowd: Crowd, prices: Whole, order: Order, settled: Marks) -> Marks | None:
    """The best set of a small crowd, begun from `settled`; None when the solver fails."""
    program = _Program(crowd, crowd.caps, np.arange(len(crowd.minor)), np.zeros(0, np.int64))
    answer = program.run({"mip_max_nodes": _NODES, "mip_rel_gap": 0, "mip_abs_gap": 0}, settled.astype(np.float64))
    return None if answer is None else whole(crowd, prices, order, answer[0])


def improved(crowd: Crowd, prices: Whole, order: Order, settled: Marks, effort: Effort) -> Marks | None:
    """A set near `settled` by a program over what the prices leave open; None when the solver finds none. Nobody is short in it; it may be
    worth less than `settled`.

    HiGHS counts in floating point; what it answers is taken as a proposal, and made whole.
    """
    costs = 1 - prices[crowd.payers] + prices[crowd.payees]
    free = (costs == 0) | ((costs > 0) & ~settled) | ((costs < 0) & settled)
    smaller = np.minimum(crowd.caps[crowd.payers], crowd.caps[crowd.payees])
    size = crowd.minor * 1000
    if effort.frozen_permille:
        free &= size <= effort.frozen_permille * smaller
    large = free & (size > effort.large_permille * smaller)
    small = np.nonzero(free & ~large)[0]
    proposed = settled & ~free
    caps = crowd.caps.copy()
    np.subtract.at(caps, crowd.payers[proposed], crowd.minor[proposed])
    np.add.at(caps, crowd.payees[proposed], crowd.minor[proposed])
    program = _Program(crowd, caps, np.nonzero(large)[0], small)
    answer = program.run({"mip_max_nodes": 1, "mip_max_improving_sols": 1, "mip_heuristic_run_feasibility_jump": False})
    if answer is None:
        return None
    marks, targets = answer
    proposed |= marks
    filled(crowd, order, small, targets, proposed)
    return whole(crowd, prices, order, proposed)


class _Program:
    """Most value within `caps`: a column for each payment of `rows`, and one for the sum of the payments of `small` of each pair of banks."""

    def __init__(self, crowd: Crowd, caps: Whole, rows: Whole, small: Whole) -> None:
        import highspy

        banks = len(caps)
        self._crowd, self._rows = crowd, rows
        self._owed = np.zeros(banks * banks, np.int64)
        np.add.at(self._owed, crowd.payers[small] * banks + crowd.payees[small], crowd.minor[small])
        self._pairs = np.nonzero(self._owed)[0]
        self._scale = max(1.0, float(crowd.minor.max()) / 1e4)
        columns = len(rows) + len(self._pairs)
        amounts = np.concatenate([crowd.minor[rows] / self._scale, np.ones(len(self._pairs))])
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_, lp.sense_ = columns, banks, highspy.ObjSense.kMaximize
        lp.col_cost_, lp.col_lower_ = amounts, np.zeros(columns)
        lp.col_upper_ = np.concatenate([np.ones(len(rows)), self._owed[self._pairs] / self._scale])
        lp.row_lower_, lp.row_upper_ = np.full(banks, -highspy.kHighsInf), caps / self._scale
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.arange(columns + 1) * 2
        payers = np.concatenate([crowd.payers[rows], self._pairs // banks])
        payees = np.concatenate([crowd.payees[rows], self._pairs % banks])
        lp.a_matrix_.index_ = np.stack([payers, payees], axis=1).ravel().astype(np.int32)
        lp.a_matrix_.value_ = np.stack([amounts, -amounts], axis=1).ravel()
        whole_ones, parts = [highspy.HighsVarType.kInteger] * len(rows), [highspy.HighsVarType.kContinuous] * len(self._pairs)
        lp.integrality_ = whole_ones + parts
        self._lp = lp

    def run(self, options: dict[str, Any], start: NDArray[np.float64] | None = None) -> tuple[Marks, Whole] | None:
        """The payments of `rows` that settle, as marks over the crowd, and what settles of each pair's small ones (payer times banks plus
        payee), whole minor units. None when there is no point."""
        import highspy

        model = silent_solver(**options)
        model.passModel(self._lp)
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = start
            model.setSolution(solution)
        model.run()
        answer = np.array(model.getSolution().col_value)
        if len(answer) != self._lp.num_col_ or not np.isfinite(answer).all():
            return None
        marks = np.zeros(len(self._crowd.minor), np.bool_)
        marks[self._rows] = answer[: len(self._rows)] > 0.5
        targets = np.zeros(len(self._owed), np.int64)
        targets[self._pairs] = np.rint(answer[len(self._rows) :] * self._scale).astype(np.int64)
        return marks, np.clip(targets, 0, self._owed)
