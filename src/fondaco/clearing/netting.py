"""Exact nets of many obligations: what each pays or receives when all are settled together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Obligation(NamedTuple):
    """`payer` owes `payee` whole `minor` units of `currency`; both are participant numbers."""

    currency: str
    payer: int
    payee: int
    minor: int


class Figures(NamedTuple):
    """One currency's gross value, what bilateral and multilateral netting leave to pay, in whole minor units."""

    gross_minor: int
    bilateral_minor: int
    net_minor: int

    @property
    def saved_permille(self) -> int:
        """Thousandths of the gross value that multilateral netting leaves unpaid."""
        return 0 if not self.gross_minor else (self.gross_minor - self.net_minor) * 1000 // self.gross_minor


def nets(obligations: Iterable[Obligation]) -> dict[str, dict[int, int]]:
    """Per currency, what each participant receives (positive) or pays (negative); those at zero are left out.

    Exact whole numbers; each currency adds up to zero. Raises `ValueError` for an obligation that is not above zero.
    """
    found: dict[str, dict[int, int]] = {}
    for currency, payer, payee, minor in obligations:
        if minor <= 0:
            raise ValueError(f"an obligation of {minor} {currency} from {payer} to {payee}")
        positions = found.setdefault(currency, {})
        positions[payer] = positions.get(payer, 0) - minor
        positions[payee] = positions.get(payee, 0) + minor
    for currency, positions in found.items():
        assert sum(positions.values()) == 0, f"nets of {currency} do not add up to zero"
    return {currency: {number: minor for number, minor in sorted(p.items()) if minor} for currency, p in sorted(found.items())}


def figures(obligations: Iterable[Obligation]) -> dict[str, Figures]:
    """Gross, bilaterally netted and multilaterally netted value per currency."""
    gross: dict[str, int] = {}
    pairs: dict[str, dict[tuple[int, int], int]] = {}
    positions: dict[str, dict[int, int]] = {}
    for currency, payer, payee, minor in obligations:
        gross[currency] = gross.get(currency, 0) + minor
        low, high, signed = (payer, payee, minor) if payer < payee else (payee, payer, -minor)
        by_pair = pairs.setdefault(currency, {})
        by_pair[low, high] = by_pair.get((low, high), 0) + signed
        own = positions.setdefault(currency, {})
        own[payer] = own.get(payer, 0) - minor
        own[payee] = own.get(payee, 0) + minor
    return {
        currency: Figures(
            gross[currency],
            sum(map(abs, pairs[currency].values())),
            sum(minor for minor in positions[currency].values() if minor > 0),
        )
        for currency in sorted(gross)
    }


def without(payments: dict[int, tuple[Obligation, ...]], failing: set[tuple[int, str]]) -> set[int]:
    """The payments that leave when these participants cannot pay in these currencies.

    A payment's obligations stand or fall together (payment versus payment), and one leaves as soon as any of its
    payers is failing in that currency.
    """
    return {number for number, legs in payments.items() if any((leg.payer, leg.currency) in failing for leg in legs)}
