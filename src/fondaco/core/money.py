"""Money is whole minor units of one currency. No float comes near it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

# The books' counters are 63 bits (house plan, section 5 item 8).
MINOR_MAX = 2**63 - 1

_AMOUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{0,17})?|\.[0-9]{1,17}")


class Currency(msgspec.Struct, frozen=True, array_like=True):
    """An ISO 4217 currency: alphabetic code, numeric code, and the decimals of its minor unit."""

    code: str
    numeric: int
    exponent: int


# ISO 4217:2015, list one, edition of 2026-01-01: those whose central banks a regional union may bring together.
# Metals, funds codes and testing codes are left out: nobody can settle in them.
_ISO_4217 = """
AED 784 2|ARS 032 2|AUD 036 2|BDT 050 2|BHD 048 3|BND 096 2|BOB 068 2|BRL 986 2|BTN 064 2|BWP 072 2|CAD 124 2|CHF 756 2
CLP 152 0|CNY 156 2|COP 170 2|CZK 203 2|DKK 208 2|DZD 012 2|EGP 818 2|ETB 230 2|EUR 978 2|GBP 826 2|GHS 936 2|GNF 324 0
GMD 270 2|HKD 344 2|HUF 348 2|IDR 360 2|ILS 376 2|INR 356 2|ISK 352 0|JOD 400 3|JPY 392 0|KES 404 2|KHR 116 2|KRW 410 0
KWD 414 3|LAK 418 2|LKR 144 2|LRD 430 2|MAD 504 2|MMK 104 2|MUR 480 2|MVR 462 2|MWK 454 2|MXN 484 2|MYR 458 2|MZN 943 2
NAD 516 2|NGN 566 2|NOK 578 2|NPR 524 2|NZD 554 2|OMR 512 3|PEN 604 2|PHP 608 2|PKR 586 2|PLN 985 2|PYG 600 0|QAR 634 2
RON 946 2|RWF 646 0|SAR 682 2|SEK 752 2|SGD 702 2|SLE 925 2|SZL 748 2|THB 764 2|TND 788 3|TRY 949 2|TZS 834 2|UGX 800 0
USD 840 2|UYU 858 2|VND 704 0|XAF 950 0|XOF 952 0|ZAR 710 2|ZMW 967 2
"""

CURRENCIES: dict[str, Currency] = {
    code: Currency(code, int(numeric), int(exponent))
    for code, numeric, exponent in (entry.split() for line in _ISO_4217.split("\n") if line for entry in line.split("|"))
}


class Money(msgspec.Struct, frozen=True, order=True, array_like=True):
    """`minor` whole minor units of `currency` (alphabetic code); the sign is the caller's meaning."""

    currency: str
    minor: int

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, f"{self.currency} and {other.currency} do not add"
        return Money(self.currency, self.minor + other.minor)

    def __sub__(self, other: Money) -> Money:
        assert self.currency == other.currency, f"{self.currency} and {other.currency} do not subtract"
        return Money(self.currency, self.minor - other.minor)

    def __neg__(self) -> Money:
        return Money(self.currency, -self.minor)

    def __str__(self) -> str:
        return f"{minor_text(self.minor, CURRENCIES[self.currency].exponent)} {self.currency}"

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Divide by `weights` so that nothing is lost: the largest remainders get the odd minor units, the earlier first."""
        total = sum(weights)
        assert total > 0, "weights add up to nothing"
        assert min(weights) >= 0, "a weight is negative"
        assert self.minor >= 0, "only what is there can be divided"
        shares = [self.minor * weight // total for weight in weights]
        odd = self.minor - sum(shares)
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(self.minor * weights[i] % total), i))
        for i in by_remainder[:odd]:
            shares[i] += 1
        assert sum(shares) == self.minor
        return [Money(self.currency, share) for share in shares]


class AmountFault(ValueError):
    """A text is not an amount of this currency; the message says why."""


class TooManyDecimals(AmountFault):
    """The amount is a number, but finer than the currency's minor unit."""


def minor_of(text: str, exponent: int) -> int:
    """Whole minor units of a decimal text such as `12.5` for a currency of `exponent` decimals; never rounds.

    Trailing zeros beyond the minor unit are allowed (`100.00` yen is 100). Raises `TooManyDecimals` for a finer
    amount and `AmountFault` for what is no plain number or passes 63 bits.
    """
    if not _AMOUNT.fullmatch(text):
        raise AmountFault(f"{text!r} is not a plain decimal number")
    whole, _, fraction = text.partition(".")
    if len(fraction) > exponent:
        if fraction[exponent:].strip("0"):
            raise TooManyDecimals(f"{text} has more than {exponent} decimals")
        fraction = fraction[:exponent]
    minor = int((whole or "0") + fraction.ljust(exponent, "0"))
    if minor > MINOR_MAX:
        raise AmountFault(f"{text} is more than the books can hold")
    return minor


def minor_text(minor: int, exponent: int) -> str:
    """The decimal text of `minor` units with exactly `exponent` decimals, as ISO 20022 writes amounts."""
    if exponent == 0:
        return str(minor)
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    whole, fraction = divmod(minor, int("1" + "0" * exponent))
    return f"{sign}{whole}.{fraction:0{exponent}d}"


def amount_text(minor: int, currency: str) -> str:
    """An amount as people read it, such as `1250.00 SGD`; `currency` is a code of ISO 4217 that we know."""
    return f"{minor_text(minor, CURRENCIES[currency].exponent)} {currency}"


def round_half_even(value: Decimal) -> int:
    """The nearest whole number, ties to the even one (the rounding of every conversion, unless an article says otherwise)."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
