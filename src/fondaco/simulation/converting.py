"""A day whose payments change currency, at the depth of the policy: both legs of each or neither, without messages, screening or journal.

Where nothing changes currency the order within an instant is of no account, and each currency is played by itself over arrays (`policy.py`). A
conversion ties its payer's queue to its provider's position, which refuses what it cannot pay out at once; so here all currencies are played
together, and batch by batch as a hub takes them (`converting_day.py`). What decides are the functions that decide in a hub: quotes and conversion of
`fx`, queues, offsets and nets of `clearing`, debts of `payments`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fondaco.clearing import Holder
from fondaco.simulation.converting_day import ConvertingDay, Deal
from fondaco.simulation.exchange import Exchange
from fondaco.simulation.payments import CurrencyDay, instants
from fondaco.simulation.policy import Converted, Settled


def play_converting(days: Sequence[CurrencyDay], exchange: Exchange) -> list[Settled]:
    """Play the day of all currencies together: what `play_hub` settles. The offsets of each instant are looked for as the hub looks, and with every step."""
    scenario, came = days[0].scenario, [instants(one.scenario, one.payments) for one in days]
    day, found = ConvertingDay(days, exchange), [list[Deal]() for _ in days]
    posted = set(exchange.posted_at(scenario.opens_s, scenario.closes_s, scenario.step_s))
    defaults = [(scenario.tick(one.at_s), one.bank) for one in scenario.defaults]
    every = np.concatenate(came)
    acts = np.array([*scenario.cut_offs_s, *posted, *(at for at, _ in defaults)], np.int64)
    number = 0
    for instant in np.union1d(every[every <= scenario.closes_s], acts).tolist():
        for at_s, bank in defaults:
            if at_s == instant:
                day.fail(instant, bank)
        if instant in scenario.cut_offs_s:
            day.tick(instant)
        if instant in posted:
            day.post_quotes(instant)
        new: list[Deal] = []
        for place, (own, one) in enumerate(zip(came, days, strict=True)):
            first, end = (int(np.searchsorted(own, instant, side)) for side in ("left", "right"))
            for deal in _deals(one, exchange, first, end, number):
                new.append(deal)
                found[place].append(deal)
            number += end - first
        day.hand_in(instant, new)
    for one in days:
        opened = sum(one.opening.tolist())
        assert sum(minor for holder, minor in day.room.items() if holder[1] == one.scenario.currency) == opened, (
            "money neither comes nor goes"
        )
    assert min(day.room.values()) >= 0, "no account is ever below zero"
    return [_settled(one, deals, day.room, day.numbers) for one, deals in zip(days, found, strict=True)]


def _deals(day: CurrencyDay, exchange: Exchange, first: int, end: int, number: int) -> list[Deal]:
    sent, own = day.payments, day.scenario.currency
    rows = (column[first:end].tolist() for column in (sent.payers, sent.payees, sent.minor, sent.urgent, sent.arriving()))
    return [
        Deal(number + at, (payer + 1, own, urgent), payee + 1, minor, own if target < 0 else exchange.currencies[target])
        for at, (payer, payee, minor, urgent, target) in enumerate(zip(*rows, strict=True))
    ]


def _settled(day: CurrencyDay, deals: list[Deal], room: dict[Holder, int], numbers: dict[str, int]) -> Settled:
    currency, banks, unknown = day.scenario.currency, len(day.opening), len(day.payments) - len(deals)
    rows = [
        (
            deal.settled_s,
            deal.let_in_s,
            *(
                (-1, 0, 0)
                if deal.locked is None
                else (numbers[deal.locked.provider] - 1, deal.locked.target_minor, deal.locked.residue_nano)
            ),
        )
        for deal in deals
    ]
    # What never came stands at the end: payments are in the order in which they are taken up.
    at_s, let_in_s, *converted = np.array([*rows, *[(-1, -1, -1, 0, 0)] * unknown], np.int64).reshape(-1, 5).T.copy()
    left = np.array([room[bank + 1, currency] for bank in range(banks)], np.int64)
    return Settled(at_s, left, let_in_s, Converted(*converted))
