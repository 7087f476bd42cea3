"""The close of a period: what central banks owe each other, with interest, is compensated among all; what is left is settled pair by pair.

Debts are compared in the unit of account by exact fractions, so what all owe and are owed adds up to nothing whatever the rates are. One rounding
is made for each pair and currency, where the amount is booked; it is half to even, and what it leaves over is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

import msgspec

from fondaco.rulebook import LOCAL_CURRENCY
from fondaco.settlement.interest import billed, half_even

_NANO = 10**9


class Debt(NamedTuple):
    """What `debtor` owes `creditor` (participant numbers): whole minor units of the creditor's currency, and the parts of interest that
    the debtor owes and the creditor is owed on it."""

    debtor: int
    creditor: int
    minor: int
    debit_parts: int = 0
    credit_parts: int = 0


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What a close makes of one pair, debtor to creditor; minor units of the creditor's currency unless another is named.

    `before` was owed, `interest` is added, of which `credited` is the creditor's and the rest the hub's margin; `carried` is owed from now on;
    `paid` is paid in the debtor's own currency. What is neither carried nor paid was compensated. Residues are exact less rounded, 10^-9
    of a minor unit: of the interest, of the credited part, of `carried`, and of `paid` (the debtor's currency).
    """

    debtor: int
    creditor: int
    settled_by: str
    before: int
    interest: int
    credited: int
    carried: int
    paid: int
    # Parts of interest, in decimal digits: more than a record's whole number holds.
    debit_digits: str
    credit_digits: str
    interest_residue: int
    credited_residue: int
    carried_residue: int
    paid_residue: int

    @property
    def debit_parts(self) -> int:
        return int(self.debit_digits)

    @property
    def credit_parts(self) -> int:
        return int(self.credit_digits)

    @property
    def margin(self) -> int:
        return self.interest - self.credited

    @property
    def written_off(self) -> int:
        """By how much the debt is smaller for being compensated and paid; below zero where the pair took over what others owed."""
        return self.before + self.interest - self.carried


class Compensation(NamedTuple):
    """`nets` are exact, in minor units of the unit of account, by participant number: what each is owed (below zero: owes) with interest by
    all others together. They add up to zero. `residuals` are the parts of them by (debtor, creditor)."""

    rows: tuple[Row, ...]
    nets: Mapping[int, Fraction]
    residuals: Mapping[tuple[int, int], Fraction]


def compensate(
    debts: Iterable[Debt],
    rates: Mapping[int, Fraction],
    settled_by: Mapping[tuple[int, int], str],
    lines: Mapping[tuple[int, int], int],
) -> Compensation:
    """Compensate all debts, and settle what is left by each pair's rule.

    `rates` are minor units of the unit of account for one minor unit of the member's own currency, by its number; `settled_by` by both
    numbers of a pair in order; `lines` the most that a debtor may owe a creditor, by (debtor, creditor). What a line can't hold is paid
    in the debtor's currency, whatever the pair's rule is: no debt is ever carried beyond its line.

    Raises `ValueError` where a debt is below zero or stands here twice.
    """
    given = sorted(debts)
    owed = {(one.debtor, one.creditor): one for one in given}
    amounts = [part for one in given for part in (one.minor, one.debit_parts, one.credit_parts)]
    if len(owed) != len(given) or min(amounts, default=0) < 0 or any(one == other for one, other in owed):
        raise ValueError("every pair once, and no debt below zero")
    interest = {pair: billed(one.debit_parts) for pair, one in owed.items()}
    values = {pair: (one.minor + interest[pair].minor) * rates[pair[1]] for pair, one in owed.items()}
    nets = dict.fromkeys(sorted(rates), Fraction(0))
    for (debtor, creditor), value in values.items():
        nets[debtor] -= value
        nets[creditor] += value
    assert sum(nets.values()) == 0, "what all owe, all are owed"
    residuals = _residuals(nets, values)
    rows = []
    for pair in sorted({*owed, *residuals}):
        debt = owed.get(pair, Debt(*pair, 0))
        rows.append(_row(debt, residuals.get(pair, Fraction(0)), rates, settled_by[min(pair), max(pair)], lines.get(pair, 0)))
    return Compensation(tuple(rows), nets, residuals)


def _residuals(nets: Mapping[int, Fraction], values: Mapping[tuple[int, int], Fraction]) -> dict[tuple[int, int], Fraction]:
    """Who pays whom of what is left: first what stands between the two already, then the rest; in the order of numbers."""
    owes = {number: -net for number, net in nets.items() if net < 0}
    due = {number: net for number, net in nets.items() if net > 0}
    found: dict[tuple[int, int], Fraction] = {}
    for most in (values, None):
        for debtor in sorted(owes):
            for creditor in sorted(due):
                part = min(owes[debtor], due[creditor])
                if most is not None:
                    part = min(part, most.get((debtor, creditor), Fraction(0)))
                if part:
                    found[debtor, creditor] = found.get((debtor, creditor), Fraction(0)) + part
                    owes[debtor] -= part
                    due[creditor] -= part
    assert not any(owes.values()) and not any(due.values()), "who owes pays, and who is owed is paid"
    return found


def _row(debt: Debt, residual: Fraction, rates: Mapping[int, Fraction], settled_by: str, line: int) -> Row:
    """One pair's row: `residual` in the unit of account."""
    interest, credited = billed(debt.debit_parts), billed(debt.credit_parts)
    left = residual / rates[debt.creditor]
    whole = _rounded(left)
    if settled_by == LOCAL_CURRENCY:
        carried, to_pay = 0, left
    elif whole > line:
        carried, to_pay = line, left - line
    else:
        carried, to_pay = whole, Fraction(0)
    to_carry = left - to_pay
    exact = to_pay * rates[debt.creditor] / rates[debt.debtor]
    paid = _rounded(exact)
    return Row(
        debt.debtor,
        debt.creditor,
        settled_by,
        debt.minor,
        interest.minor,
        credited.minor,
        carried,
        paid,
        str(debt.debit_parts),
        str(debt.credit_parts),
        interest.residue_nano,
        credited.residue_nano,
        _rounded((to_carry - carried) * _NANO),
        _rounded((exact - paid) * _NANO),
    )


def _rounded(value: Fraction) -> int:
    return half_even(value.numerator, value.denominator)
