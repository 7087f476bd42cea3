"""The payments of a scenario: read from a file (`payment_files.py`), or drawn from its seed, the same on every machine."""

from __future__ import annotations

from decimal import Decimal
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fondaco.rulebook import Mistake
from fondaco.simulation.payment_files import read_rows
from fondaco.simulation.scenario import TOTAL_MAX, Funding, Generator, Scenario

Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]
# Up to so many pairs of banks have a place each.
_PAIRS_MAX = 1 << 21
# Amounts are drawn between so many quantiles of their distribution.
_QUANTILES = 4_096
# What tells the draws of who changes currency from all others of a seed.
_CONVERTED = 1


class Payments(NamedTuple):
    """A day's payments in the order in which they are taken up (`instants`), else of arrival: seconds since midnight, numbers of the banks, whole minor units (int64); urgent or not.

    `targets` are numbers of the currencies of the scenario's exchange in which they arrive, -1 for their own; None where nothing changes currency.
    """

    arrived_s: Whole
    payers: Whole
    payees: Whole
    minor: Whole
    urgent: Marks
    targets: Whole | None = None

    def taken(self, order: Whole) -> Payments:
        """These payments, by their places, in this order."""
        arrived, payers, payees, minor, urgent, targets = self
        of_order = None if targets is None else targets[order]
        return Payments(arrived[order], payers[order], payees[order], minor[order], urgent[order], of_order)

    def arriving_in(self, targets: Whole) -> Payments:
        """The same payments, arriving in these currencies."""
        return Payments(*self[:5], targets)

    def arriving(self) -> Whole:
        """The number of the currency in which each arrives, -1 for its own."""
        return np.full(len(self), -1, np.int64) if self.targets is None else self.targets

    def __len__(self) -> int:  # of payments, not of fields
        return len(self.arrived_s)


class CurrencyDay(NamedTuple):
    """One currency's day: its payments, and what each bank begins with and may owe in a cycle, whole minor units."""

    scenario: Scenario
    payments: Payments
    opening: Whole
    caps: Whole


def day_of(scenario: Scenario, payments: Payments) -> CurrencyDay:
    """The day with the money and the caps that the scenario gives to its banks, and to those that change money for others."""
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    if scenario.exchange is not None:
        opening, caps = (
            scenario.exchange.with_held(opening, scenario.currency),
            scenario.exchange.with_owed(caps, scenario.currency),
        )
    return CurrencyDay(scenario, payments, opening, caps)


def payments_of(scenario: Scenario) -> Payments | list[Mistake]:
    """What the scenario's file holds or its generator draws, or what is wrong with the file: the first 50 mistakes, by line."""
    if scenario.file is not None:
        rows = read_rows(scenario, scenario.file)
        if isinstance(rows, list):
            return rows
        found = Payments(rows[0].copy(), rows[1].copy(), rows[2].copy(), rows[3].copy(), rows[4] == 1)
        if scenario.exchange is not None:
            found = found.arriving_in(rows[5].copy())
    else:
        assert scenario.generator is not None, "a scenario names a file or a generator"
        found = drawn(scenario.generator, scenario.seed, scenario.opens_s, scenario.closes_s)
        if int((found.minor >> 20).sum()) + len(found) >= TOTAL_MAX >> 20:
            return [Mistake("the scenario", "payments", f"what is drawn moves more than {TOTAL_MAX} minor units")]
        if scenario.exchange is not None:
            found = found.arriving_in(_targets(scenario, len(found)))
    if not scenario.outages and not scenario.defaults:
        return found
    return found.taken(np.argsort(instants(scenario, found), kind="stable"))


def instants(scenario: Scenario, payments: Payments) -> Whole:
    """When each payment is taken up: at the next tick of the scenario's clock, at the earliest when it came, or when its bank's outage ends.

    One second after the closing: never, its bank sends no more, or one of its banks has defaulted.
    """
    sent, step = payments.arrived_s.copy(), scenario.step_s
    # One outage may end where another of the bank begins; in the order of time each is met once.
    for outage in sorted(scenario.outages, key=lambda one: one.from_s):
        until = scenario.closes_s + 1 if outage.until_s is None else outage.until_s
        sent[(payments.payers == outage.bank) & (sent >= outage.from_s) & (sent < until)] = until
    at = scenario.opens_s + -((scenario.opens_s - sent) // step) * step
    for default in scenario.defaults:
        at[of_bank(payments, default.bank) & (at >= scenario.tick(default.at_s))] = scenario.closes_s + 1
    return np.minimum(at, scenario.closes_s + 1)


def of_bank(payments: Payments, bank: int) -> Marks:
    """Which payments this bank pays or is paid by."""
    found: Marks = (payments.payers == bank) | (payments.payees == bank)
    return found


def funded(funding: Funding, payments: Payments) -> Whole:
    """Whole minor units for each bank: as said, or by what it pays in the day (rounded down)."""
    minor = np.array(funding.minor, np.int64)
    if funding.percent is None:
        return minor
    sent = np.zeros(len(minor), np.int64)
    np.add.at(sent, payments.payers, payments.minor)
    return np.array([one * funding.percent // 100 for one in sent.tolist()], np.int64)


def by_pair(payments: Payments, banks: int, which: Marks | Whole) -> tuple[Whole, Whole]:
    """What one bank owes another in all, of the payments `which`: pairs as payer times banks plus payee, rising, and whole minor units."""
    pairs, minor = payments.payers[which] * banks + payments.payees[which], payments.minor[which]
    if banks * banks <= _PAIRS_MAX:
        sums = np.zeros(banks * banks, np.int64)
        np.add.at(sums, pairs, minor)
        owed = np.nonzero(sums)[0]
        return owed, sums[owed]
    owed, place = np.unique(pairs, return_inverse=True)
    sums = np.zeros(len(owed), np.int64)
    np.add.at(sums, place, minor)
    return owed, sums


def drawn(generator: Generator, seed: int, opens_s: int, closes_s: int) -> Payments:
    """Payments of a Poisson process of `count` arrivals; who pays and who is paid by shares, amounts by their distribution.

    Nothing but the raw words of PCG64 and whole numbers decides, so a seed draws the same on every machine.
    """
    source, count = np.random.PCG64(seed), generator.count
    # Given how many come, the arrivals of a Poisson process are spread evenly and by chance.
    arrived = np.sort(opens_s + _below(source, count, closes_s - opens_s))
    payers, payees = _ends(source, generator)
    amounts = _lognormal(generator.median_minor, generator.sigma)
    place = _below(source, count, (_QUANTILES - 1) << 20)
    at, part = place >> 20, place & ((1 << 20) - 1)
    minor = np.maximum(1, amounts[at] + ((amounts[at + 1] - amounts[at]) * part >> 20))
    urgent = _below(source, count, 100) < generator.urgent_percent
    return Payments(arrived, payers, payees, minor, urgent)


def _targets(scenario: Scenario, count: int) -> Whole:
    """Which drawn payments change currency, and into which: every other one alike likely. Drawn apart, so that all else stays as it is without."""
    exchange, generator = scenario.exchange, scenario.generator
    assert exchange is not None and generator is not None, "drawn payments change currency by an exchange"
    own, source = exchange.currencies.index(scenario.currency), np.random.PCG64([scenario.seed, _CONVERTED])
    changes = _below(source, count, 100) < generator.converted_percent
    others = np.array([number for number in range(len(exchange.currencies)) if number != own], np.int64)
    found: Whole = np.where(changes, others[_below(source, count, len(others))], -1)
    return found


def _ends(source: np.random.PCG64, generator: Generator) -> tuple[Whole, Whole]:
    """Who pays and who is paid: by pairs where they are known, else each by its share."""
    count = generator.count
    if generator.pairs is not None:
        weights = np.cumsum(np.array(generator.pairs.weights, np.int64))
        place = np.searchsorted(weights, _below(source, count, int(weights[-1])), "right")
        return np.array(generator.pairs.payers, np.int64)[place], np.array(generator.pairs.payees, np.int64)[place]
    shares = np.cumsum(np.array(generator.shares, np.int64))
    payers = np.searchsorted(shares, _below(source, count, int(shares[-1])), "right")
    payees = np.searchsorted(shares, _below(source, count, int(shares[-1])), "right")
    again = np.nonzero(payers == payees)[0]
    while len(again):  # ends by chance: nobody pays himself, and at least two banks have a share
        payees[again] = np.searchsorted(shares, _below(source, len(again), int(shares[-1])), "right")
        again = again[payers[again] == payees[again]]
    return payers.astype(np.int64), payees.astype(np.int64)


def _below(source: np.random.PCG64, count: int, end: int) -> Whole:
    """So many whole numbers from 0 to `end` - 1. Alike likely to one part in 2^43 / `end`: for weights that add up to 10^9, one in 8,800."""
    assert 0 < end <= 1 << 42, "of more numbers some would come twice as often as others"
    raw = np.asarray(source.random_raw(count), np.uint64)
    high, low = raw >> np.uint64(43), raw & np.uint64((1 << 43) - 1)
    if end <= 1 << 21:
        return (high * np.uint64(end) >> np.uint64(21)).astype(np.int64)
    return (low % np.uint64(end)).astype(np.int64)


def _lognormal(median_minor: int, sigma: Decimal) -> Whole:
    """The quantiles of a lognormal distribution, in whole minor units. The normal's are rounded before they are used: libraries differ in
    their last digits, and decimal arithmetic does not."""
    normal = NormalDist()
    return np.array(
        [
            min(int(median_minor * (sigma * Decimal(f"{normal.inv_cdf((at + 0.5) / _QUANTILES):.9f}")).exp()), 1 << 40)
            for at in range(_QUANTILES)
        ],
        np.int64,
    )
