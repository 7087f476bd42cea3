"""What guards notice of the goods of an invoice: prices, products, weights, codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from fondaco.core import CURRENCIES, minor_of
from fondaco.trade.flag import Flag, Grade
from fondaco.trade.goods_line import GoodsLine
from fondaco.trade.harmonised import HarmonisedSystem
from fondaco.trade.harmonised_code import plain_code
from fondaco.trade.price_flag import Goods, Load, Sum, Thresholds, arithmetic_flags, load_flags, price_flags
from fondaco.trade.price_reference import References, decimal_of


class Yardsticks(NamedTuple):
    """What goods are held against; `rates` say how much of the invoice's currency one unit of another is. None: nothing is loaded."""

    system: HarmonisedSystem
    prices: References | None = None
    rates: Mapping[str, Decimal] = {}


def goods_flags(
    goods: Sequence[GoodsLine], destination: str, currency: str, by: Yardsticks, thresholds: Thresholds | None = None
) -> tuple[Flag, ...]:
    """What is odd about lines that `goods_fault` let through, in the order of the guards. Prices are judged where references are loaded."""
    flags: list[Flag] = []
    priced, summed = [], []
    for number, one in enumerate(goods):
        where, code = f"goods/{number}", plain_code(one.hs)
        minor = minor_of(one.amount, CURRENCIES[currency].exponent)
        quantity = _number(one.quantity)
        if code:
            flags += by.system.flags(code, one.description, f"{where}/hs")
        else:
            flags.append(Flag("HS_NONE", Grade.NOTE, f"{where}/hs", "nothing", "a code", "no code says what the goods are"))
        if len(code) >= 6:
            priced.append(Goods(where, code[:6], quantity, one.unit, minor, one.origin, destination))
        if one.price:
            summed.append(Sum(where, quantity, _number(one.price), minor, _number(one.per or "1")))
        net, gross = (_number(text) if text else None for text in (one.net_kg, one.gross_kg))
        if net is not None or gross is not None:
            flags += load_flags(Load(where, net, gross))
    if by.prices is not None:
        flags += price_flags(priced, currency, by.prices, by.rates, thresholds)
    # Charges and allowances of the whole are the paper's; what is summed here are the products of the lines.
    flags += arithmetic_flags(summed, currency, sum(one.minor for one in summed))
    return tuple(flags)


def _number(text: str) -> Decimal:
    found = decimal_of(text)
    assert found is not None, "what cannot be read was refused"
    return found
