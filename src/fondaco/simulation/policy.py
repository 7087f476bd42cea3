"""A day at the depth of its policy: what settles when, by the functions of clearing over arrays, without messages, screening or journal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fondaco.clearing import GrossQueues, Obligation, nets, without
from fondaco.simulation.payments import Payments, Whole, by_pair, instants, of_bank
from fondaco.simulation.scenario import Scenario


class Converted(NamedTuple):
    """What payments that change currency came to, by payment: the number of the bank that converted it, -1 for none; minor units that arrive of
    the other currency; and what rounding left of them, in 10^-9 minor units. Of one that ends unsettled nothing is kept."""

    providers: Whole
    arrives: Whole
    residue_nano: Whole


class Settled(NamedTuple):
    """`at_s[k]` is when payment k settled, in seconds since midnight, -1 for never; `left[b]` what bank b has at the end, in minor units.

    `let_in_s[k]` is when a normal payment was let into a cycle, -1 for never; None where a hub played the day.
    `converted` is None where nothing changes currency.
    """

    at_s: Whole
    left: Whole
    let_in_s: Whole | None = None
    converted: Converted | None = None


def play_policy(scenario: Scenario, payments: Payments, opening: Whole, caps: Whole) -> Settled:
    """Play the day from what each bank has (`opening`) and may owe in a cycle (`caps`), whole minor units.

    At each instant: who defaults loses its place in every queue, the cycle that is cut off is settled, then what came is taken up, then what waits is offset where that is due. Urgent
    payments move what banks have; normal ones are let into the open cycle under its caps and settle by their nets at its cut-off. Who has
    not its net leaves with all that it pays in the cycle. What comes after the last cut-off is not let in.
    """
    banks = len(opening)
    at = instants(scenario, payments)
    # Two accounts for each bank: what it has, and behind them all what is left of its cap in the open cycle.
    lane = np.where(payments.urgent, 0, banks)
    last = scenario.cut_offs_s[-1] if scenario.cut_offs_s else scenario.opens_s
    comes = at <= scenario.closes_s
    source = np.where(comes & (payments.urgent | (at < last)), payments.payers + lane, -1)
    room = np.concatenate([opening, caps if scenario.cut_offs_s else np.zeros(banks, np.int64)])
    queues = GrossQueues(at, source, payments.payees + lane, payments.minor, room)
    cycles = _Cycles(payments, queues, opening, caps)
    every = scenario.offset_every_s
    offsets = range(scenario.opens_s, scenario.closes_s + 1, every) if every else range(0)
    cut_offs = set(scenario.cut_offs_s)
    defaults: dict[int, list[int]] = {scenario.tick(one.at_s): [] for one in scenario.defaults}
    for one in scenario.defaults:
        defaults[scenario.tick(one.at_s)].append(one.bank)
    changed = False
    for instant in sorted(cut_offs.union(offsets, defaults)):
        came = int(np.searchsorted(at, instant, "left"))
        changed |= queues.enter_until(came) > 0
        for bank in defaults.get(instant, ()):
            queues.withdraw(instant, of_bank(payments, bank) & (queues.settled < 0) & (np.arange(len(payments)) < came))
            changed = True
        if instant in cut_offs:
            cycles.settle(instant)
            changed = True
        if every and (instant - scenario.opens_s) % every == 0:
            changed |= queues.enter_until(int(np.searchsorted(at, instant, "right"))) > 0
            if changed:  # else nothing has come to what was looked at before
                queues.offset(instant, banks)
                changed = False
    queues.enter_until(len(payments))
    settled = np.where(payments.urgent, queues.settled, cycles.settled)
    left = queues.room[:banks]
    assert not len(left) or int(left.min()) >= 0, "no account is ever below zero"
    assert int(left.sum()) == int(opening.sum()), "money neither comes nor goes"
    return Settled(settled, left.copy(), np.where(payments.urgent, -1, queues.settled))


class _Cycles:
    """The net cycles of a day, one after the other."""

    def __init__(self, payments: Payments, queues: GrossQueues, opening: Whole, caps: Whole) -> None:
        self._payments, self._queues, self._caps, self._banks = payments, queues, caps, len(opening)
        self._open = ~payments.urgent
        self.settled: Whole = np.full(len(payments), -1, np.int64)

    def settle(self, instant: int) -> None:
        """Settle at `instant` what was let into the cycle, and open the next one."""
        banks, queues, payments = self._banks, self._queues, self._payments
        members = np.nonzero(self._open & (queues.settled >= 0))[0]
        self._open[members] = False
        # What stands or falls together is added up first: all that one bank owes another in this cycle.
        owed, sums = by_pair(payments, banks, members)
        legs: dict[int, tuple[Obligation, ...]] = {
            number: (Obligation("", pair // banks, pair % banks, minor),)
            for number, (pair, minor) in enumerate(zip(owed.tolist(), sums.tolist(), strict=True))
        }
        failing: set[tuple[int, str]] = set()
        while True:  # ends: each round at least one more bank leaves
            out = without(legs, failing)
            positions = nets(leg for number in legs if number not in out for leg in legs[number]).get("", {})
            short = {(bank, "") for bank, minor in positions.items() if queues.room[bank] + minor < 0}
            if not short:
                break
            failing |= short
        stays = np.ones(len(owed), np.bool_)
        stays[list(out)] = False
        which = np.searchsorted(owed, payments.payers[members] * banks + payments.payees[members])
        self.settled[members[stays[which]]] = instant
        for bank, minor in positions.items():
            queues.room[bank] += minor
        queues.room[banks:] = self._caps
        queues.release(instant, np.arange(2 * banks))
