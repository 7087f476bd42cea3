"""The goods of an invoice as they come into the hub, line by line. What guards notice of them is for `goods_flags`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from fondaco.core import COUNTRIES, CURRENCIES, Reason, Refusal, minor_text
from fondaco.trade.documents import Invoice, InvoiceLine, Quantity
from fondaco.trade.harmonised_code import plain_code
from fondaco.trade.open_account import TEXT_MAX, amount_in
from fondaco.trade.price_reference import decimal_of

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
