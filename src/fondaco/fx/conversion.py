"""From one currency's minor units to another's: rounding is half to even, and what it leaves over is told.

A rate says how many major units of the target one major unit of the source buys. The residue is what the exact product
has beyond the rounded one, in units of 10^-9 of a minor unit of the target, itself rounded half to even; a rate of at most
nine decimals between currencies of like exponents leaves it exact.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from fondaco.core import CURRENCIES

NANO = 10**9
RATE_DECIMALS_MAX = 12


class Converted(NamedTuple):
    """`target_minor` + `residue_nano` / 10^9 is the exact product to the nano-unit."""

    target_minor: int
    residue_nano: int


@lru_cache(maxsize=4096)
def scaled(rate: Decimal, source: str, target: str) -> tuple[int, int]:
    """The rate between minor units as a fraction of whole numbers (numerator, denominator).

    Raises `ValueError` for a rate that is not above zero or has more than twelve decimals.
    """
    sign, digits, exponent = rate.as_tuple()
    if sign or not isinstance(exponent, int) or not any(digits):
        raise ValueError(f"{rate} is not a rate")
    if -exponent > RATE_DECIMALS_MAX:
        raise ValueError(f"{rate} has more than {RATE_DECIMALS_MAX} decimals")
    number = int("".join(map(str, digits)))
    shift = exponent + CURRENCIES[target].exponent - CURRENCIES[source].exponent
    return (number * 10**shift, 1) if shift >= 0 else (number, 10**-shift)


def convert(source_minor: int, rate: Decimal, source: str, target: str) -> Converted:
    """What `source_minor` buys. Nothing is made or lost: the residue says what rounding did."""
    numerator, denominator = scaled(rate, source, target)
    product = source_minor * numerator
    minor = _half_even(product, denominator)
    return Converted(minor, _half_even((product - minor * denominator) * NANO, denominator))


def source_for(target_minor: int, rate: Decimal, source: str, target: str) -> int:
    """The fewest source minor units that buy at least `target_minor`."""
    numerator, denominator = scaled(rate, source, target)
    return -(-target_minor * denominator // numerator)


def convert_exactly(source_minor: int, target_minor: int, rate: Decimal, source: str, target: str) -> Converted | None:
    """`target_minor` to the unit, where `source_minor` is the fewest that buy it; None where it is not. What the last source unit buys
    beyond it is residue, which may be more than one target unit."""
    if target_minor <= 0 or source_minor != source_for(target_minor, rate, source, target):
        return None
    numerator, denominator = scaled(rate, source, target)
    return Converted(target_minor, _half_even((source_minor * numerator - target_minor * denominator) * NANO, denominator))


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole & 1):
        return whole + 1
    return whole
