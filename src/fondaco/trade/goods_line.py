"""The goods of an invoice as they come into the hub, line by line, and what guards notice of them: prices, products, weights, codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from fondaco.core import COUNTRIES, CURRENCIES, Reason, Refusal, minor_of, minor_text
from fondaco.trade.documents import Invoice, InvoiceLine, Quantity
from fondaco.trade.flag import Flag, Grade
from fondaco.trade.harmonised import HarmonisedSystem, plain_code
from fondaco.trade.open_account import TEXT_MAX, amount_in
from fondaco.trade.price_flag import Goods, Load, Sum, Thresholds, arithmetic_flags, load_flags, price_flags
from fondaco.trade.price_reference import References, decimal_of

LINES_MAX = 1_000
_KILOGRAMS = {"KGM": Decimal(1), "TNE": Decimal(1000), "GRM": Decimal("0.001")}


class GoodsLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line. `amount` in the currency's own decimals; `quantity` in `unit` (Recommendation 20); `price` of `per` units; weights in kilograms. Numbers
    are texts of decimal numbers, "" where the paper does not say. `hs` is a code of the Harmonised System, of 4 to 10 digits."""

    amount: str
    quantity: str
    unit: str
    hs: str = ""
    description: str = ""
    origin: str = ""
    price: str = ""
    per: str = ""
    net_kg: str = ""
    gross_kg: str = ""


class Yardsticks(NamedTuple):
    """What goods are held against; `rates` say how much of the invoice's currency one unit of another is. None: nothing is loaded."""

    system: HarmonisedSystem
    prices: References | None = None
    rates: Mapping[str, Decimal] = {}


def goods_fault(goods: Sequence[GoodsLine], destination: str, currency: str) -> Refusal | None:
    """The first thing of these lines that cannot be read, with its place; odd is not wrong, and flagged instead."""
    if len(goods) > LINES_MAX:
        return Refusal(Reason.MALFORMED, "goods", f"{len(goods)} lines, of at most {LINES_MAX}")
    if destination and destination not in COUNTRIES:
        return Refusal(Reason.CODE_UNKNOWN, "destination", destination[:TEXT_MAX])
    for number, one in enumerate(goods):
        where = f"goods/{number}"
        amount = amount_in(f"{where}/amount", one.amount, currency)
        if isinstance(amount, Refusal):
            return amount
        if one.hs and not plain_code(one.hs):
            return Refusal(Reason.MALFORMED, f"{where}/hs", f"{one.hs[:20]}: 4, 6, 8 or 10 digits are a code")
        if one.origin and one.origin not in COUNTRIES:
            return Refusal(Reason.CODE_UNKNOWN, f"{where}/origin", one.origin[:TEXT_MAX])
        for name in ("quantity", "price", "per", "net_kg", "gross_kg"):
            text = getattr(one, name)
            if decimal_of(text) is None and (text or name == "quantity"):
                return Refusal(Reason.MALFORMED, f"{where}/{name}", text[:TEXT_MAX] or "nothing")
    return None


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


def goods_of(invoice: Invoice) -> tuple[GoodsLine, ...]:
    """The lines of an invoice as they come into the hub; a line that takes something off is no goods."""
    exponent = CURRENCIES[invoice.currency].exponent
    return tuple(_goods(one, minor_text(one.net_minor, exponent)) for one in invoice.lines if one.net_minor > 0)


def destination_of(invoice: Invoice) -> str:
    """The country in which the goods arrive, else that of the buyer, "" where nothing says."""
    delivery = invoice.delivery.address if invoice.delivery is not None else None
    buyer = invoice.buyer.address if invoice.buyer is not None else None
    return (delivery.country if delivery is not None else "") or (buyer.country if buyer is not None else "")


def _goods(line: InvoiceLine, amount: str) -> GoodsLine:
    item = line.item
    price = line.price
    return GoodsLine(
        amount,
        f"{line.quantity.value:f}",
        line.quantity.unit,
        next((one.id for one in item.classifications if one.scheme in ("HS", "TSP")), ""),
        item.description or item.name,
        item.origin,
        f"{price.net:f}" if price is not None else "",
        f"{price.base.value:f}" if price is not None and price.base is not None else "",
        _kilograms(item.net_weight),
        _kilograms(item.gross_weight),
    )


def _kilograms(weight: Quantity | None) -> str:
    factor = _KILOGRAMS.get(weight.unit) if weight is not None else None
    return f"{weight.value * factor:f}" if weight is not None and factor is not None else ""
