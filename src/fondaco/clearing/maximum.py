"""The most value that waiting payments can settle together under their banks' caps, with a proof of how near the most it is.

The problem is the Bank Clearing Problem (Guentzer, Jungnickel, Leclerc, EJOR 106, 1998): NP-hard, and its relaxation a flow. Steps, each kept
only when it is worth more: the set of Bech and Soramaki, the flow made whole, exchanges, a program over the large payments. All work is
counted in units that are the same on every machine, so that a replay finds the same set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fondaco.clearing.core_mip import Effort, decided, improved
from fondaco.clearing.crowd import Crowd, Marks, Whole, faults_of, value_of
from fondaco.clearing.flow_bound import NoFlow, bound_of, relaxed
from fondaco.clearing.rounding import bettered, first_in_first_out, ordered, rounded
from fondaco.clearing.settlement_check import faults_of_proof


class Budget(NamedTuple):
    """What a settlement may cost. Search ends as soon as at most `gap_ppm` millionths of the bound are open.

    `rounds` of `tries` exchanges, each holding back at most `steps_max` payments; then `programs`, one after the other, each bettered in the
    same way. Crowds of at most `exact_max` payments are decided by one program over all of them, to the end.
    """

    gap_ppm: int = 1_000
    rounds: int = 6
    tries: int = 400
    steps_max: int = 64
    programs: tuple[Effort, ...] = ()
    exact_max: int = 300


class Settled(NamedTuple):
    """Which payments settle, by what way they were found, what they are worth, and the bound that `prices` prove."""

    marks: Marks
    way: str
    value: int
    bound: int
    prices: Whole

    @property
    def open_ppm(self) -> int:
        """Millionths of the bound that are not settled, rounded up: at most so much is missing to the best set."""
        return 0 if not self.bound else -((self.value - self.bound) * 1_000_000 // self.bound)


class CheckFailed(Exception):
    """What was found is not what it claims: it must not be settled."""


def settle_most(crowd: Crowd, budget: Budget = Budget()) -> Settled:  # noqa: B008
    """The best set found, never worth less than the first-in-first-out set; proved by the checker before it is returned.

    The same for the same crowd and budget on every machine that has the same solvers. Raises `ValueError` with every fault of a crowd
    that is out of order, `CheckFailed` when not even the first-in-first-out set passes the checker.
    """
    faults = faults_of(crowd)
    if faults:
        raise ValueError("; ".join(faults))
    fair = first_in_first_out(crowd)
    nothing = np.zeros(len(crowd.caps), np.int64)
    found = [_settled(crowd, fair, "first in, first out", nothing)]
    if not fair.all():
        found += _better(crowd, fair, budget)
    # The best; of equal ones the first, which is the fairer. A tighter bound of one holds for all.
    prices = min(found, key=lambda one: one.bound).prices
    ranked = sorted(found, key=lambda one: -one.value)
    for one in ranked:
        settled = _settled(crowd, one.marks, one.way, prices)
        if not faults_of_proof(proof_of(crowd, settled)):
            return settled
        prices = nothing  # a solver lied: neither its set nor its prices are believed
    raise CheckFailed("; ".join(faults_of_proof(proof_of(crowd, found[0]))))


def _settled(crowd: Crowd, marks: Marks, way: str, prices: Whole) -> Settled:
    return Settled(marks, way, value_of(crowd, marks), bound_of(crowd, prices), prices)


def _better(crowd: Crowd, fair: Marks, budget: Budget) -> list[Settled]:
    try:
        flow = relaxed(crowd)
    except NoFlow:
        return []
    order = ordered(crowd)
    found = [_settled(crowd, rounded(crowd, flow, order), "flow", flow.prices)]

    def enough() -> bool:
        return max(one.value for one in found) * 1_000_000 >= found[0].bound * (1_000_000 - budget.gap_ppm)

    def exchanged(one: Settled) -> None:
        for _ in range(budget.rounds):
            marks = bettered(crowd, flow.prices, order, one.marks, budget.tries, budget.steps_max)
            if value_of(crowd, marks) <= one.value:
                break
            one = _settled(crowd, marks, "exchanges" if one.way == "flow" else one.way, flow.prices)
            found.append(one)
            if enough():
                break

    exchanged(found[0])
    first = _settled(crowd, fair, "", flow.prices)
    if len(crowd.minor) <= budget.exact_max:
        marks = decided(crowd, flow.prices, order, max([first, *found], key=lambda one: one.value).marks)
        return found if marks is None else [*found, _settled(crowd, marks, "exact", flow.prices)]
    for effort in budget.programs:
        if enough():
            break
        marks = improved(crowd, flow.prices, order, max([first, *found], key=lambda one: one.value).marks, effort)
        if marks is not None:
            found.append(_settled(crowd, marks, "program", flow.prices))
            exchanged(found[-1])
    return found


def proof_of(crowd: Crowd, settled: Settled, banks: Sequence[str] = ()) -> dict[str, Any]:
    """The file that `settlement_check.py` checks: plain numbers, banks by name or by place."""
    payments = zip(crowd.payers.tolist(), crowd.payees.tolist(), crowd.minor.tolist(), settled.marks.tolist(), strict=True)
    return {
        "banks": list(banks) or [str(at) for at in range(len(crowd.caps))],
        "caps": crowd.caps.tolist(),
        "payments": [[payer, payee, minor, int(mark)] for payer, payee, minor, mark in payments],
        "prices": settled.prices.tolist(),
        "value": settled.value,
        "bound": settled.bound,
    }
