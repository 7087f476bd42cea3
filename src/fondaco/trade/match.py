"""Three papers about one sale: what was ordered, what was sent or arrived, and what is asked for. Where they differ, both places and both values are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from fondaco.core import CURRENCIES, minor_text
from fondaco.trade.documents import (
    CreditNote,
    DespatchAdvice,
    Invoice,
    InvoiceLine,
    Item,
    MovedLine,
    Order,
    OrderLine,
    Party,
    Price,
    ReceiptAdvice,
)
from fondaco.trade.finding import ERROR, WARNING, Finding


class Tolerances(msgspec.Struct, frozen=True):
    """How far an invoice may be above the others, in percent: quantities, prices, and the whole. Below is never refused, but told."""

    quantity_percent: Decimal = Decimal(0)
    price_percent: Decimal = Decimal(0)
    total_percent: Decimal = Decimal(0)


EXACT = Tolerances()
_HUNDRED = Decimal(100)


def match(order: Order, moved: DespatchAdvice | ReceiptAdvice, invoice: Invoice, tolerances: Tolerances = EXACT) -> list[Finding]:
    """What keeps three papers from being about one sale. No error: the invoice may be paid as it stands."""
    at = _Places(order, moved, invoice)
    return [
        *_heads(order, moved, invoice, at),
        *_lines(order, moved, invoice, tolerances, at),
        *_total(order, invoice, tolerances, at),
    ]


class _Places:
    def __init__(self, order: Order, moved: DespatchAdvice | ReceiptAdvice, invoice: Invoice) -> None:
        self.order, self.invoice = f"order {order.number}", f"invoice {invoice.number}"
        self.moved = f"{'receipt' if isinstance(moved, ReceiptAdvice) else 'despatch'} {moved.number}"


def _heads(order: Order, moved: DespatchAdvice | ReceiptAdvice, invoice: Invoice, at: _Places) -> Iterator[Finding]:
    for place, named in ((at.moved, moved.order), (at.invoice, invoice.order)):
        if named != order.number:
            level = ERROR if named else WARNING
            yield Finding("3W-01", level, f"{place}, order", named or "nothing", order.number, at.order, "of another order")
    if order.currency and invoice.currency != order.currency:
        yield Finding("3W-02", ERROR, f"{at.invoice}, currency", invoice.currency, order.currency, at.order)
    for side in ("seller", "buyer"):
        ours = getattr(order, side)
        for place, theirs in ((at.moved, getattr(moved, side)), (at.invoice, getattr(invoice, side))):
            if ours is not None and theirs is not None and not _same(ours, theirs):
                yield Finding(
                    "3W-03", ERROR, f"{place}, {side}", _name(theirs), _name(ours), f"{at.order}, {side}", "another party"
                )


def _name(party: Party) -> str:
    return party.name or party.known_as or next((one.id for one in party.identifiers), "nobody")


def _same(one: Party, other: Party) -> bool:
    """One party, by a number that both papers give; by the name where they give none."""
    numbers = [{(n.scheme, n.id) for n in (*p.identifiers, *((p.endpoint,) if p.endpoint else ()))} for p in (one, other)]
    if numbers[0] and numbers[1]:
        return bool(numbers[0] & numbers[1])
    words = [{" ".join(name.casefold().split()) for name in (p.name, p.known_as) if name} for p in (one, other)]
    return bool(words[0] & words[1]) or not (words[0] and words[1])


def _line_of(lines: Sequence[OrderLine], order_line: str, item: Item | None) -> OrderLine | None:
    """The line of the order that another paper's line is of: by the number that it gives, else by the item's."""
    if order_line:
        return next((one for one in lines if one.id == order_line), None)
    return next((one for one in lines if one.item is not None and item is not None and _same_item(one.item, item)), None)


def _same_item(one: Item, other: Item) -> bool:
    pairs = (
        (one.standard_id, other.standard_id),
        (one.seller_id, other.seller_id),
        (one.buyer_id, other.buyer_id),
        (one.name, other.name),
    )
    return next((mine == theirs for mine, theirs in pairs if mine and theirs), False)


def _lines(
    order: Order, moved: DespatchAdvice | ReceiptAdvice, invoice: Invoice, tolerances: Tolerances, at: _Places
) -> Iterator[Finding]:
    asked: dict[str, list[InvoiceLine]] = {}
    for line in invoice.lines:
        ordered = _line_of(order.lines, line.order_line, line.item)
        if ordered is None:
            found = line.order_line or line.item.name or line.id
            yield Finding("3W-04", ERROR, f"{at.invoice}, line {line.id}", found, "no such line", at.order, "never ordered")
            continue
        asked.setdefault(ordered.id, []).append(line)
        yield from _price(line, ordered, tolerances, at)
    for ordered in order.lines:
        came = [
            one
            for one in moved.lines
            if (of := _line_of(order.lines, one.order_line, one.item)) is not None and of.id == ordered.id
        ]
        if ordered.id in asked:
            yield from _quantities(asked[ordered.id], ordered, came, tolerances, at)
        elif came:
            yield Finding(
                "3W-08", WARNING, f"{at.moved}, line {came[0].id}", _sum_text(came), "nothing", at.invoice, "not asked for yet"
            )


def _per_unit(price: Price) -> Decimal:
    base = price.base.value if price.base else Decimal(1)
    return price.net / base if base > 0 else price.net


def _price(line: InvoiceLine, ordered: OrderLine, tolerances: Tolerances, at: _Places) -> Iterator[Finding]:
    if line.price is None or ordered.price is None:
        return
    mine, theirs = _per_unit(line.price), _per_unit(ordered.price)
    place, other = f"{at.invoice}, line {line.id}, price", f"{at.order}, line {ordered.id}, price"
    if mine > theirs * (1 + tolerances.price_percent / _HUNDRED):
        yield Finding("3W-05", ERROR, place, f"{mine}", f"{theirs}", other, "dearer than ordered")
    elif mine < theirs:
        yield Finding("3W-05", WARNING, place, f"{mine}", f"{theirs}", other, "cheaper than ordered")


def _moved(line: MovedLine) -> Decimal:
    """What came to stay: received less refused, or what was sent."""
    told = line.received if line.received is not None else line.delivered
    return (told.value if told else Decimal(0)) - (line.rejected.value if line.rejected else Decimal(0))


def _unit(line: MovedLine) -> str:
    told = line.received or line.delivered
    return told.unit if told else ""


def _sum_text(lines: Sequence[MovedLine]) -> str:
    return f"{sum((_moved(one) for one in lines), Decimal(0))} {_unit(lines[0])}".strip()


def _quantities(
    asked: Sequence[InvoiceLine], ordered: OrderLine, came: Sequence[MovedLine], tolerances: Tolerances, at: _Places
) -> Iterator[Finding]:
    place = f"{at.invoice}, line {', '.join(one.id for one in asked)}, quantity"
    here = f"{at.order}, line {ordered.id}, quantity"
    there = f"{at.moved}, line {', '.join(one.id for one in came)}" if came else at.moved
    units = {one.quantity.unit for one in asked}
    wanted = {ordered.quantity.unit if ordered.quantity else ""} | {_unit(one) for one in came}
    if len({one for one in units | wanted if one}) > 1:
        yield Finding(
            "3W-06",
            ERROR,
            place,
            ", ".join(sorted(units)),
            ", ".join(sorted(wanted)),
            f"{here}; {there}",
            "units that cannot be compared",
        )
        return
    total = sum((one.quantity.value for one in asked), Decimal(0))
    told = f"{total} {asked[0].quantity.unit}".strip()
    room = 1 + tolerances.quantity_percent / _HUNDRED
    if ordered.quantity is not None and total > ordered.quantity.value * room:
        yield Finding(
            "3W-07",
            ERROR,
            place,
            told,
            f"{ordered.quantity.value} {ordered.quantity.unit}".strip(),
            here,
            "more than was ordered",
        )
    arrived = sum((_moved(one) for one in came), Decimal(0))
    if total > arrived:
        yield Finding("3W-07", ERROR, place, told, _sum_text(came) if came else "nothing", there, "more than came")
    elif total < arrived:
        yield Finding("3W-07", WARNING, place, told, _sum_text(came), there, "less than came")


def _total(order: Order, invoice: Invoice | CreditNote, tolerances: Tolerances, at: _Places) -> Iterator[Finding]:
    if order.payable_minor is None or invoice.totals is None or order.currency != invoice.currency:
        return
    payable = invoice.totals.payable_minor
    if payable > order.payable_minor * (1 + tolerances.total_percent / _HUNDRED):
        exponent = CURRENCIES[invoice.currency].exponent
        yield Finding(
            "3W-09", ERROR, f"{at.invoice}, payable", minor_text(payable, exponent), minor_text(order.payable_minor, exponent), f"{at.order}, payable",
            "more than the order comes to",
        )  # fmt: skip
