"""One round of set-off: which parts of which accepted invoices extinguish each other, and why that is lawful and the most that can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from fondaco.core import CURRENCIES, Reason, Refusal, minor_text
from fondaco.trade.invoice import TradeInvoice

ARTICLE = "T.9"


class Round(msgspec.Struct, frozen=True, array_like=True):
    """What a round clears in one currency: (invoice, whole minor units) above zero, and the price of each party, by which it is proved that no more can."""

    currency: str
    lines: tuple[tuple[str, int], ...]
    prices: tuple[tuple[str, int], ...]

    @property
    def cleared(self) -> int:
        return sum(minor for _, minor in self.lines)


class KeptRound(msgspec.Struct, frozen=True):
    """A round that was booked, under its number (`SOF-000001`)."""

    id: str
    at: int
    round: Round


def fault_of(one: Round, taking_part: Mapping[str, TradeInvoice]) -> Refusal | None:
    """Why a round may not be booked; `taking_part` is every invoice of its currency that takes part now, by its id.

    Nobody's net position changes, nothing is cleared beyond what is open, and nothing less than the most: where anything changed since the round was found,
    its prices prove nothing any more, and it is found again.
    """
    if not one.lines:
        return Refusal(Reason.ELEMENT_MISSING, "lines", "nothing clears", ARTICLE)
    if any(count > 1 for count in Counter(number for number, _ in one.lines).values()):
        return Refusal(Reason.DUPLICATE_MESSAGE, "lines", "an invoice stands twice", ARTICLE)
    net: Counter[str] = Counter()
    for number, minor in one.lines:
        paper = taking_part.get(number)
        if paper is None:
            return Refusal(Reason.OUT_OF_TURN, f"lines/{number}", "it takes no part", ARTICLE)
        if not 0 < minor <= paper.open_minor:
            found = minor_text(abs(minor), CURRENCIES[one.currency].exponent)
            return Refusal(Reason.AMOUNT_DIFFERS, f"lines/{number}", f"{'-' if minor < 0 else ''}{found}", ARTICLE)
        net[paper.buyer] -= minor
        net[paper.seller] += minor
    unbalanced = sorted(party for party, minor in net.items() if minor)
    if unbalanced:
        return Refusal(Reason.AMOUNT_DIFFERS, "lines", f"{unbalanced[0]} clears more on one side than on the other", ARTICLE)
    bound = bound_of(dict(one.prices), list(taking_part.values()))
    if one.cleared != bound:
        exponent = CURRENCIES[one.currency].exponent
        found = (
            f"{minor_text(one.cleared, exponent)} is cleared, and the prices prove {minor_text(bound, exponent)}: find it again"
        )
        return Refusal(Reason.OUT_OF_TURN, "prices", found, ARTICLE)
    return None


def bound_of(prices: Mapping[str, int], papers: Sequence[TradeInvoice]) -> int:
    """What no circulation of these debts clears more than, by any prices whatever (duality of linear programming): around each circle the differences
    of prices add up to nothing. Whole numbers without bound."""
    return sum(one.open_minor * max(0, 1 - prices.get(one.buyer, 0) + prices.get(one.seller, 0)) for one in papers)
