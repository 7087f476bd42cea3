"""What a simulated day came to, from its payments and when each settled: the same reckoning for every depth, in whole numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fondaco.clearing import Figures, Obligation, figures
from fondaco.simulation.payments import Marks, Payments, Whole, by_pair, instants
from fondaco.simulation.scenario import Scenario

# Instants are seconds since midnight, and the last is the closing.
_DAY_S = 86_401
_CELLS = 1 << 21


class Measures(NamedTuple):
    """Counts, whole minor units, and thousandths (`permille`, rounded down).

    `liquidity_minor` adds up what each bank had at most to put in: how far its balance fell below its opening at the end of any instant.
    `least_minor` is what it would be if everything settled at once by multilateral nets. `delay_permille` weighs every payment's wait by
    its value: 0 when all settle at once, 1000 when all wait from arrival to closing; what never settles waits to the closing.
    `turnover_permille` is settled value for each unit of liquidity used, 0 where none was. Netting figures are of what settled.
    """

    payments: int
    payments_settled: int
    value_minor: int
    settled_minor: int
    settled_permille: int
    liquidity_minor: int
    least_minor: int
    turnover_permille: int
    delay_permille: int
    queue_peak_payments: int
    queue_peak_minor: int
    bilateral_saved_permille: int
    netting_saved_permille: int


class Course(NamedTuple):
    """The day at sampled seconds: how many payments waited and what they are worth, and what each bank had (a row for each sample)."""

    at_s: Whole
    waiting: Whole
    waiting_minor: Whole
    positions: Whole


def measures(scenario: Scenario, payments: Payments, opening: Whole, settled_s: Whole, came_s: Whole | None = None) -> Measures:
    """`settled_s` as in `Settled`; `opening` in whole minor units. `came_s` is when each was taken up, where the scenario alone does not say it."""
    done = settled_s >= 0
    everything, of_settled = (
        _figures(payments, len(opening), np.ones(len(done), np.bool_)),
        _figures(payments, len(opening), done),
    )
    value, settled_value = everything.gross_minor, of_settled.gross_minor
    used = int(_deepest(payments, len(opening), settled_s).sum())
    waited = _weighed(payments.minor, np.where(done, settled_s, scenario.closes_s) - payments.arrived_s)
    longest = _weighed(payments.minor, scenario.closes_s - payments.arrived_s)
    came = instants(scenario, payments) if came_s is None else came_s
    here = came <= scenario.closes_s
    count, worth = _peaks(came[here], payments.minor[here], settled_s[here])
    return Measures(
        len(payments), int(done.sum()), value, settled_value, settled_value * 1000 // value if value else 0, used, everything.net_minor,
        settled_value * 1000 // used if used else 0, waited * 1000 // longest if longest else 0, count, worth,
        _saved(of_settled.gross_minor, of_settled.bilateral_minor), of_settled.saved_permille,
    )  # fmt: skip


def course(scenario: Scenario, payments: Payments, opening: Whole, settled_s: Whole, came_s: Whole | None = None) -> Course:
    """The day as it went, sampled every `sample_every_s` from the opening to the closing, both of them too."""
    samples = np.arange(scenario.opens_s, scenario.closes_s, scenario.sample_every_s)
    samples = np.append(samples, scenario.closes_s)
    came, done = instants(scenario, payments) if came_s is None else came_s, np.nonzero(settled_s >= 0)[0]
    order = done[np.argsort(settled_s[done], kind="stable")]
    ends = np.searchsorted(settled_s[order], samples, "right")
    arrived = np.searchsorted(came, samples, "right")
    owed, paid = (np.concatenate([[0], np.cumsum(payments.minor[rows])]) for rows in (np.arange(len(came)), order))
    positions = np.empty((len(samples), len(opening)), np.int64)
    now, before = opening.copy(), 0
    for row, end in enumerate(ends.tolist()):
        part = order[before:end]
        np.subtract.at(now, payments.payers[part], payments.minor[part])
        np.add.at(now, payments.payees[part], payments.minor[part])
        positions[row], before = now, end
    return Course(samples, arrived - ends, owed[arrived] - paid[ends], positions)


def _figures(payments: Payments, banks: int, which: Marks) -> Figures:
    """`figures` of these payments; what one bank owes another is added up first, which changes none of them."""
    owed, sums = by_pair(payments, banks, which)
    legs = (Obligation("", pair // banks, pair % banks, minor) for pair, minor in zip(owed.tolist(), sums.tolist(), strict=True))
    return figures(legs).get("", Figures(0, 0, 0))


def _saved(gross: int, left: int) -> int:
    return (gross - left) * 1000 // gross if gross else 0


def _deepest(payments: Payments, banks: int, settled_s: Whole) -> Whole:
    """How far each bank fell below its opening balance, at the end of the instant at which it stood lowest."""
    happened = np.zeros(_DAY_S, np.bool_)
    done = settled_s >= 0
    happened[settled_s[done]] = True
    place = np.cumsum(happened) - 1
    ends = int(happened.sum())
    row = np.where(done, place[settled_s], ends)
    deepest, now = np.zeros(banks, np.int64), np.zeros(banks, np.int64)
    size = max(1, _CELLS // banks)
    for first in range(0, ends, size):  # so many instants at a time, that days of many banks fit into memory
        end = min(first + size, ends)
        part = np.nonzero((row >= first) & (row < end))[0]
        cell, minor = (row[part] - first) * banks, payments.minor[part]
        moved = np.zeros((end - first) * banks, np.int64)
        np.subtract.at(moved, cell + payments.payers[part], minor)
        np.add.at(moved, cell + payments.payees[part], minor)
        stood = np.cumsum(moved.reshape(-1, banks), axis=0) + now
        deepest, now = np.minimum(deepest, stood.min(axis=0)), stood[-1]
    return -deepest


def _weighed(minor: Whole, seconds: Whole) -> int:
    """The sum of products, exact: in two parts, each of which 64 bits hold."""
    high, low = minor >> 24, minor & ((1 << 24) - 1)
    return (int(np.dot(high, seconds)) << 24) + int(np.dot(low, seconds))


def _peaks(came: Whole, minor: Whole, settled_s: Whole) -> tuple[int, int]:
    """The most that waited at the end of an instant: how many payments, and the most value."""
    done = settled_s >= 0
    count, worth = np.zeros(_DAY_S, np.int64), np.zeros(_DAY_S, np.int64)
    for at_s, sign, amounts in ((came, 1, minor), (settled_s[done], -1, minor[done])):
        np.add.at(count, at_s, sign)
        np.add.at(worth, at_s, sign * amounts)
    return int(np.cumsum(count).max()), int(np.cumsum(worth).max())
