"""What lodged collateral is worth: after haircuts, within concentration limits, rounded down.

PFMI (CPSS-IOSCO, April 2012), principle 5: marked to market daily, haircut conservatively, concentrated holdings avoided. A holding that has no
price, or of a kind that no article names, is worth nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec

from fondaco.clearing.exposure import Rate
from fondaco.core import CURRENCIES

_BPS = 10_000
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,34}")
_PRICE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")


class Terms(NamedTuple):
    """What an article says of a kind of asset, in basis points: the haircut, and the most that one issuer's assets of this kind, and all
    assets of this kind, may be of everything that their holder has lodged."""

    haircut_bps: int
    issuer_share_bps: int
    kind_share_bps: int


class Lodged(NamedTuple):
    """A holding: `quantity` whole units, each worth `price` minor units of the currency of the valuation, None where that is not known.
    `fx_haircut_bps` is 0 where the asset is of that currency itself."""

    asset: str
    kind: str
    issuer: str
    quantity: int
    price: Rate | None
    fx_haircut_bps: int


class Valuation(NamedTuple):
    """In whole minor units of one currency. `lines` are (asset, value after haircuts) in the order given; `kinds` are (kind, value, what of it
    the concentration limits let count) by name; `counted` is the sum of the last."""

    lines: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int, int], ...]
    counted: int


def value_after_haircuts(one: Lodged, terms: Terms) -> int:
    """Market value less both haircuts, one after the other: the exact product, rounded down once."""
    if one.price is None:
        return 0
    weight = (_BPS - terms.haircut_bps) * (_BPS - one.fx_haircut_bps)
    return one.quantity * one.price.numerator * weight // (one.price.denominator * _BPS * _BPS)


def valued(lodged: Iterable[Lodged], terms: Mapping[str, Terms]) -> Valuation:
    """The worth of all that one holder has lodged. `terms` by kind.

    Concentration limits are shares of the sum after haircuts *before* any limit, each rounded down: so one more unit, or a higher price,
    of anything never makes the whole worth less. First every issuer within a kind is limited, then the kind.
    """
    lines: list[tuple[str, int]] = []
    issuers: dict[tuple[str, str], int] = {}
    for one in lodged:
        known = terms.get(one.kind)
        value = value_after_haircuts(one, known) if known is not None else 0
        lines.append((one.asset, value))
        issuers[one.kind, one.issuer] = issuers.get((one.kind, one.issuer), 0) + value
    whole = sum(value for _, value in lines)
    within: dict[str, tuple[int, int]] = {}
    for (kind, _), value in issuers.items():
        known = terms.get(kind, Terms(0, 0, 0))
        before, counted = within.get(kind, (0, 0))
        within[kind] = before + value, counted + min(value, whole * known.issuer_share_bps // _BPS)
    kinds = tuple(
        (kind, value, min(counted, whole * terms.get(kind, Terms(0, 0, 0)).kind_share_bps // _BPS))
        for kind, (value, counted) in sorted(within.items())
    )
    return Valuation(tuple(lines), kinds, sum(counted for _, _, counted in kinds))


class AssetPrice(msgspec.Struct, frozen=True, array_like=True):
    """What one whole unit of `asset` was worth on `day` (ISO date): `price` is a decimal text in major units of `currency`, at most twelve
    decimals. `issuer` is whose paper it is: a participant's BIC of eight where it is one's."""

    asset: str
    kind: str
    issuer: str
    currency: str
    price: str
    day: str

    def fault(self) -> str:
        """Why nobody can count with it, "" for nothing."""
        if not _WORD.fullmatch(self.asset) or not self.kind or not self.issuer:
            return "an asset is one word, with its kind and its issuer"
        if not _PRICE.fullmatch(self.price) or not Decimal(self.price):
            return f"{self.price} is no price above zero of at most twelve decimals"
        return f"{self.currency} is no currency" if self.currency not in CURRENCIES else ""

    def per_unit(self) -> Rate:
        """Minor units of its own currency for one unit."""
        number = Decimal(self.price).scaleb(CURRENCIES[self.currency].exponent)
        return Rate(*number.as_integer_ratio())
