"""Interest between central banks: exact for every night, rounded once when a period closes, the rest told.

A night's interest is balance x rate / 360 or 365 (ACT/360, ACT/365: calendar days; ISDA 2006 definitions, section 4.16). It is counted in
whole parts of a minor unit that are fine enough for every rate and both counts, so that no night is rounded.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

_RATE = 10**8
# The least number that 360 and 365 both divide.
_YEARS = 26_280
# Parts of a minor unit.
PARTS = _YEARS * _RATE
_NANO = 10**9


class Billed(NamedTuple):
    """Accrued parts as whole minor units, half to even, and what the exact interest has beyond them: 10^-9 of a minor unit, half to even."""

    minor: int
    residue_nano: int


def accrued(balance_minor: int, rate: Decimal, nights: int, year: int) -> int:
    """The parts that a balance bears in so many nights at `rate` a year of 360 or 365 days. Exact.

    Raises `ValueError` for a rate of more than eight decimals, or another year.
    """
    scaled = rate * _RATE
    if scaled != int(scaled) or year not in (360, 365):
        raise ValueError(f"{rate} a year of {year} days cannot be counted exactly")
    return balance_minor * int(scaled) * nights * (_YEARS // year)


def billed(parts: int) -> Billed:
    """What is billed of accrued parts."""
    minor = half_even(parts, PARTS)
    return Billed(minor, half_even((parts - minor * PARTS) * _NANO, PARTS))


def half_even(numerator: int, denominator: int) -> int:
    """The nearest whole number, ties to the even one; `denominator` above zero."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + 1 if twice > denominator or (twice == denominator and whole & 1) else whole
