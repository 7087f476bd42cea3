"""Who else could not pay if one that fails paid nothing and nothing stood for it: round after round, told from the hub as it stands. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fondaco.clearing import Obligation, nets, without
from fondaco.core import bic8
from fondaco.hub.defaulting import stock_of
from fondaco.hub.state import Desk
from fondaco.ledger import Engine
from fondaco.payments import State, obligations

Legs = Mapping[int, tuple[Obligation, ...]]


class Struck(NamedTuple):
    """Who becomes short in a round, by BIC of eight, in a currency: `short` whole minor units beyond its money of it, which it would not be if everybody paid."""

    round: int
    bic: str
    currency: str
    short: int


class Cascade(NamedTuple):
    """Everybody struck, by round, then by BIC and currency; and how many payments would leave their cycles after each round (the first is of those that fail)."""

    struck: tuple[Struck, ...]
    leaving: tuple[int, ...]


def owed_in(legs: Legs, cycle_of: Mapping[int, int]) -> dict[tuple[int, str], int]:
    """What everybody would pay in, by participant number and currency, cycle by cycle: what one owes a member pays nothing in another. Pure."""
    owed: dict[tuple[int, str], int] = {}
    for cycle in sorted({cycle_of[number] for number in legs}):
        of = [leg for number, some in legs.items() if cycle_of[number] == cycle for leg in some]
        for currency, positions in nets(of).items():
            for number, minor in positions.items():
                owed[number, currency] = owed.get((number, currency), 0) + max(0, -minor)
    return owed


def rounds(
    legs: Legs, cycle_of: Mapping[int, int], money: Mapping[tuple[int, str], int], failing: Iterable[int]
) -> tuple[list[tuple[int, int, str, int]], list[int]]:
    """Pure: (round, participant number, currency, short) of all that are struck, and how many payments left after each round.

    Those that fail pay nothing in any currency, and their payments leave; whoever is short then, and was not when all paid, pays nothing in that currency in the
    next round. Who is short when all pay is taken to find money before the cut-off. Ends: each round adds a member in a currency, of which there are only so many.
    """
    names = set(failing)
    first = owed_in(legs, cycle_of)
    before = {key for key, minor in first.items() if minor > money.get(key, 0)}
    dropped = {(leg.payer, leg.currency) for some in legs.values() for leg in some if leg.payer in names}
    struck: list[tuple[int, int, str, int]] = []
    left: list[int] = []
    while True:
        out = without(dict(legs), dropped)
        left.append(len(out))
        owed = owed_in({number: some for number, some in legs.items() if number not in out}, cycle_of)
        new = [
            (key, minor - money.get(key, 0))
            for key, minor in sorted(owed.items())
            if minor > money.get(key, 0) and key not in before | dropped
        ]
        if not new:
            return struck, left
        struck += [(len(left), number, currency, short) for (number, currency), short in new]
        dropped |= {key for key, _ in new}


def cascade(desk: Desk, books: Engine, failing: Iterable[str], cycles: Iterable[int]) -> Cascade:
    """If these participants (BICs of eight) failed in these cycles. Whoever else is short when all pay is taken to find money before the cut-off."""
    rules, wanted = desk.in_force(), set(cycles)
    live = {one.number: one for one in desk.live.values() if one.cycle in wanted and one.state is State.ACCEPTED}
    legs = {number: obligations(one, rules) for number, one in live.items()}
    money = {(number, currency): minor for number, currency, minor in stock_of(desk, books).money}
    numbers = [rules.participants[bic].number for bic in failing]
    struck, left = rounds(legs, {number: one.cycle for number, one in live.items()}, money, numbers)
    named = [Struck(at, bic8(rules.by_number[number].bic), currency, short) for at, number, currency, short in struck]
    return Cascade(tuple(sorted(named)), tuple(left))
