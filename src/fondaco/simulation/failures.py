"""What the failure of banks does in a scenario: who else cannot pay because of it, round after round; and what would be missing at every
cut-off if the largest failed (`clearing/exposure.py`)."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fondaco.clearing import Cover, Owing, liquidity
from fondaco.simulation.payments import Marks, Payments, Whole, instants, of_bank
from fondaco.simulation.policy import Settled, play_policy
from fondaco.simulation.scenario import Scenario


class Struck(NamedTuple):
    """A bank that pays less because others failed. `round` 0 are those that failed, 1 who was to be paid by them and leaves payments to
    others unsettled, 2 who was to be paid by those, and so on; -1 where no such way leads to it.

    `lost_minor` is what it would have received and does not, `unpaid_minor` what it would have paid to others than the failed and does not:
    `payments` of them.
    """

    bank: int
    round: int
    lost_minor: int
    unpaid_minor: int
    payments: int


class Exposed(NamedTuple):
    """What would be missing in the cycle that is cut off at `at_s`, just before it settles: at the debts that there are (`now`), and at most
    under the caps. Families are single banks, by number as text."""

    at_s: int
    now: Cover
    at_most: Cover


def cascade(scenario: Scenario, payments: Payments, opening: Whole, caps: Whole, settled: Settled) -> list[Struck]:
    """Everybody struck by the scenario's defaults, by round, then by what they leave unpaid. Empty without a default.

    Compared is the same day without the defaults: a payment that settles there and not here is lost to who was to receive it.
    """
    if not scenario.defaults:
        return []
    failed = {one.bank for one in scenario.defaults}
    lost = (_without(scenario, payments, opening, caps) >= 0) & (settled.at_s < 0)
    of_failed = np.zeros(len(payments), np.bool_)
    for bank in failed:
        of_failed |= of_bank(payments, bank)
    own = lost & ~of_failed
    banks = len(opening)
    unpaid, missing, counts = (np.zeros(banks, np.int64) for _ in range(3))
    np.add.at(unpaid, payments.payers[own], payments.minor[own])
    np.add.at(counts, payments.payers[own], 1)
    np.add.at(missing, payments.payees[lost], payments.minor[lost])
    rounds = _rounds(payments, lost, failed, unpaid)
    found = [
        Struck(bank, rounds.get(bank, -1), int(missing[bank]), int(unpaid[bank]), int(counts[bank]))
        for bank in range(banks)
        if bank in failed or unpaid[bank]
    ]
    last = banks + 1
    return sorted(found, key=lambda one: (one.round if one.round >= 0 else last, -one.unpaid_minor, one.bank))


def _without(scenario: Scenario, payments: Payments, opening: Whole, caps: Whole) -> Whole:
    """When each payment settles if nobody defaults."""
    calm = replace(scenario, defaults=())
    order = np.argsort(instants(calm, payments), kind="stable")
    at_s = np.empty(len(payments), np.int64)
    at_s[order] = play_policy(calm, payments.taken(order), opening, caps).at_s
    return at_s


def _rounds(payments: Payments, lost: Marks, failed: set[int], unpaid: Whole) -> dict[int, int]:
    """The round of every bank that is reached; one that loses receipts and still pays everybody hands nothing on."""
    pairs = {(payer, payee) for payer, payee in zip(payments.payers[lost].tolist(), payments.payees[lost].tolist(), strict=True)}
    rounds, now, number = dict.fromkeys(failed, 0), failed, 0
    while now:  # ends: each round reaches banks that none reached before
        number += 1
        now = {payee for payer, payee in pairs if payer in now and payee not in rounds and unpaid[payee]}
        rounds.update(dict.fromkeys(now, number))
    return rounds


def exposures(scenario: Scenario, payments: Payments, opening: Whole, caps: Whole, settled: Settled) -> list[Exposed]:
    """One for each cut-off, in the order of time. `settled` is of the depth of the policy."""
    assert settled.let_in_s is not None, "the policy says when a payment was let into a cycle"
    families = {bank: str(bank) for bank in range(len(opening))}
    found, begin = [], scenario.opens_s
    for cut_off in scenario.cut_offs_s:
        owes, own = np.zeros(len(opening), np.int64), opening.copy()
        within = ~payments.urgent & (settled.let_in_s >= begin) & (settled.let_in_s < cut_off)
        before = (settled.at_s >= 0) & (settled.at_s < cut_off)
        for moved, which, sign in ((owes, within, 1), (own, before, -1)):
            np.add.at(moved, payments.payers[which], sign * payments.minor[which])
            np.add.at(moved, payments.payees[which], -sign * payments.minor[which])
        owing = [
            Owing(bank, scenario.currency, max(0, owed), max(cap, owed, 0), has)
            for bank, (owed, cap, has) in enumerate(zip(owes.tolist(), caps.tolist(), own.tolist(), strict=True))
        ]
        now, at_most = (liquidity(owing, families, 0, at_most=worst) for worst in (False, True))
        found.append(Exposed(cut_off, now, at_most))
        begin = cut_off
    return found
