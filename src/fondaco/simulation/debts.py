"""What a day with conversions comes to in one currency: each payment by what leaves its payer, each conversion also by what arrives.

So what is measured of a currency (liquidity, queues, nets) is of all that moves in it, a provider's side of every conversion among it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fondaco.simulation.payments import CurrencyDay, Payments, Whole, instants
from fondaco.simulation.policy import Settled
from fondaco.simulation.scenario import TOTAL_MAX


class Debts(NamedTuple):
    """Debts in one currency, each between two banks, in the order in which they are taken up (`came_s`); `settled` is of them."""

    payments: Payments
    came_s: Whole
    settled: Settled


class _Rows(NamedTuple):
    """Columns: of `Payments`, then when each was taken up, settled, and let into a cycle."""

    columns: tuple[Whole, ...]

    def of(self, rows: Whole) -> tuple[Whole, ...]:
        return tuple(column[rows] for column in self.columns)


def debts(days: Sequence[CurrencyDay], settled: Sequence[Settled], *, let_in: bool = False) -> list[Debts]:
    """For each currency in their order. What a conversion pays out counts where it settled; with `let_in` also where it was let into a cycle.

    Raises `ValueError` where all debts of a currency pass what 64 bits hold exactly. What has found no provider is owed to the first; a provider owes nothing to itself.
    """
    exchange = days[0].scenario.exchange
    assert exchange is not None, "a scenario with conversions has an exchange"
    found: list[list[tuple[Whole, ...]]] = [[] for _ in days]
    for place, (day, done) in enumerate(zip(days, settled, strict=True)):
        assert done.converted is not None, "the day was played with its conversions"
        sent, targets, providers = day.payments, day.payments.arriving(), done.converted.providers
        never = np.full(len(sent), -1, np.int64)
        entered = never if done.let_in_s is None else done.let_in_s
        changes = targets >= 0
        first = np.array(exchange.providers, np.int64)[0]
        payees = np.where(changes, np.where(providers >= 0, providers, first), sent.payees)
        times = (instants(day.scenario, sent), done.at_s, entered)
        own = _Rows((sent.arrived_s, sent.payers, payees, sent.minor, sent.urgent.astype(np.int64), *times))
        found[place].append(own.of(np.nonzero(sent.payers != payees)[0]))
        out = changes & (providers >= 0) & (providers != sent.payees) & ((done.at_s >= 0) | (let_in & (entered >= 0)))
        paid = _Rows((sent.arrived_s, providers, sent.payees, done.converted.arrives, sent.urgent.astype(np.int64), *times))
        for number, code in enumerate(exchange.currencies):
            other = next(at for at, one in enumerate(days) if one.scenario.currency == code)
            found[other].append(paid.of(np.nonzero(out & (targets == number))[0]))
    return [_of(rows, done) for rows, done in zip(found, settled, strict=True)]


def _of(rows: list[tuple[Whole, ...]], done: Settled) -> Debts:
    arrived, payers, payees, minor, urgent, came, at_s, entered = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    if int((minor >> 20).sum()) + len(minor) >= TOTAL_MAX >> 20:
        raise ValueError(f"what is converted adds up to more than {TOTAL_MAX}")
    order = np.argsort(came, kind="stable")
    sent = Payments(arrived, payers, payees, minor, urgent == 1).taken(order)
    return Debts(sent, came[order], Settled(at_s[order], done.left, entered[order]))
