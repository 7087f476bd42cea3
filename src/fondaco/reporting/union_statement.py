"""What a close of the clearing union made of one central bank's accounts: a statement that adds up, in every currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from fondaco.fx import scaled
from fondaco.settlement import UnionClose


class UnionLine(NamedTuple):
    """An account of `holder` with `keeper` (participant numbers) over one period, in whole minor units of the keeper's currency; below zero the
    holder owes.

    `moved` is what settled between the two countries, `interest` what the holder was billed, `written_off` what compensation and payment
    took off, `received` what others paid it there. The opening and these four are the closing.
    """

    holder: int
    keeper: int
    currency: str
    opening: int
    moved: int
    interest: int
    written_off: int
    received: int
    closing: int


class UnionStatement(NamedTuple):
    """One central bank's side of a close. `earned` and `margin` are (currency, minor): interest that it was credited, and the hub's part of
    what it was billed. `paid` is what it paid in its own currency. `net` is exact, in minor units of the unit of account: what all others
    owed it together when the period closed (below zero: it owed them)."""

    number: int
    lines: tuple[UnionLine, ...]
    earned: tuple[tuple[str, int], ...]
    margin: tuple[tuple[str, int], ...]
    paid: int
    net: Fraction


def union_statement(close: UnionClose, number: int, currency_of: Mapping[int, str]) -> UnionStatement:
    """The statement of one central bank (`number`), of its accounts with others and of theirs with it; `currency_of` by number."""
    keeper_of = {currency: who for who, currency in currency_of.items()}
    rows = {(row.debtor, row.creditor): row for row in close.rows}
    lines = []
    for one in close.standings:
        keeper = keeper_of[one.currency]
        if number not in (one.number, keeper):
            continue
        row = rows.get((one.number, keeper))
        back = rows.get((keeper, one.number))
        interest, written_off = (-row.interest, row.written_off) if row is not None else (0, 0)
        received = back.paid if back is not None else 0
        closing = one.now + interest + written_off + received
        lines.append(
            UnionLine(
                one.number, keeper, one.currency, one.opening, one.now - one.opening, interest, written_off, received, closing
            )
        )
    own = currency_of[number]
    earned = sum(row.credited for row in close.rows if row.creditor == number)
    margins = [(currency_of[row.creditor], row.margin) for row in close.rows if row.debtor == number and row.margin]
    net = Fraction(0)
    for row in close.rows:
        value = (row.before + row.interest) * _rate(close, currency_of[row.creditor])
        net += value * ((row.creditor == number) - (row.debtor == number))
    return UnionStatement(
        number,
        tuple(lines),
        ((own, earned),) if earned else (),
        tuple(margins),
        sum(row.paid for row in close.rows if row.debtor == number),
        net,
    )


def _rate(close: UnionClose, currency: str) -> Fraction:
    if currency == close.unit:
        return Fraction(1)
    text = next(rate for code, rate, _ in close.rates if code == currency)
    return Fraction(*scaled(Decimal(text), currency, close.unit))
