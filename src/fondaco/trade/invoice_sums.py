"""Every sum of an invoice made again, exactly.

The official rules leave slack where they compute with binary numbers: a wrong tax of a whole unit passes BR-CO-17. Here a product may differ from what
is told by half a minor unit, which is all that rounding can do, and a sum by nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from fondaco.core import CURRENCIES, minor_text
from fondaco.trade.documents import AllowanceCharge, CreditNote, Invoice, InvoiceLine, TaxCategory, TaxTotal
from fondaco.trade.finding import ERROR, Finding

_PEPPOL = "PEPPOL-"
_HALF = Decimal("0.5")
Bill = Invoice | CreditNote


def sums_of(bill: Bill, products: str = ERROR) -> list[Finding]:
    """What doesn't add up, in the order of the document. Places are the record's fields, lines by their numbers.

    `products` is the level of what Peppol asks beyond EN 16931: that a line is its quantity times its price, an allowance its percentage.
    """
    if bill.currency not in CURRENCIES:
        return [Finding("BR-CL-04", ERROR, "currency", bill.currency, "a code of ISO 4217")]
    found = [*_lines(bill), *_allowances(bill.allowances, "allowances", bill.currency), *_taxes(bill), *_totals(bill)]
    return [msgspec.structs.replace(one, level=products) if one.rule.startswith(_PEPPOL) else one for one in found]


def _told(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else minor_text(minor, CURRENCIES[currency].exponent)


def _differs(rule: str, place: str, found: int | None, wanted: int, currency: str, by: str, text: str) -> Iterator[Finding]:
    if found != wanted:
        yield Finding(rule, ERROR, place, _told(found, currency), _told(wanted, currency), by, text)


def _rounded_otherwise(rule: str, place: str, found: int, exact: Decimal, currency: str, text: str) -> Iterator[Finding]:
    if abs(exact - found) > _HALF:
        exponent = CURRENCIES[currency].exponent
        yield Finding(rule, ERROR, place, _told(found, currency), f"{exact.scaleb(-exponent).normalize():f}", text=text)


def _net(allowances: Sequence[AllowanceCharge]) -> int:
    return sum(one.actual_minor if one.charge else -one.actual_minor for one in allowances)


def _lines(bill: Bill) -> Iterator[Finding]:
    scale = Decimal(10) ** CURRENCIES[bill.currency].exponent
    for line in bill.lines:
        place = f"lines[{line.id}]"
        yield from _allowances(line.allowances, f"{place}.allowances", bill.currency)
        if line.price is None:
            continue
        base = line.price.base.value if line.price.base else Decimal(1)
        if base <= 0:
            yield Finding("PEPPOL-EN16931-R121", ERROR, f"{place}.price.base", f"{base}", text="a price is of more than nothing")
            continue
        exact = line.quantity.value * line.price.net * scale / base + _net(line.allowances)
        yield from _rounded_otherwise(
            "PEPPOL-EN16931-R120",
            f"{place}.net",
            line.net_minor,
            exact,
            bill.currency,
            "quantity times price, allowances and charges",
        )
        told = line.price.discount
        if told is not None and told.before is not None and told.before - (told.off or 0) != line.price.net:
            yield Finding(
                "PEPPOL-EN16931-R046",
                ERROR,
                f"{place}.price.net",
                f"{line.price.net}",
                f"{told.before - (told.off or 0)}",
                f"{place}.price.discount",
            )


def _allowances(allowances: Sequence[AllowanceCharge], place: str, currency: str) -> Iterator[Finding]:
    for at, one in enumerate(allowances):
        if one.percent is not None and one.base_minor is not None:
            exact = one.base_minor * one.percent / 100
            yield from _rounded_otherwise(
                "PEPPOL-EN16931-R040", f"{place}[{at}]", one.actual_minor, exact, currency, "percentage of its base"
            )


def _of(category: TaxCategory | None) -> tuple[str, Decimal]:
    return ("", Decimal(0)) if category is None else (category.code, category.rate or Decimal(0))


def _taxes(bill: Bill) -> Iterator[Finding]:
    own = [one for one in bill.taxes if one.currency == bill.currency]
    bases: dict[tuple[str, Decimal], int] = {}
    for line in bill.lines:
        bases[_of(line.item.category)] = bases.get(_of(line.item.category), 0) + line.net_minor
    for one in bill.allowances if bill.lines else ():
        bases[_of(one.category)] = bases.get(_of(one.category), 0) + _net([one])
    for total in own:
        yield from _tax_parts(total, bases, bill.currency)
    if bill.tax_currency and bill.tax_currency != bill.currency and all(one.currency != bill.tax_currency for one in bill.taxes):
        yield Finding(
            "BR-53", ERROR, "taxes", "nothing", bill.tax_currency, "tax_currency", "the tax in the currency of the accounts"
        )


def _tax_parts(total: TaxTotal, bases: dict[tuple[str, Decimal], int], currency: str) -> Iterator[Finding]:
    for at, part in enumerate(total.parts):
        place = f"taxes.parts[{at}]"
        exact = part.base_minor * (part.category.rate or Decimal(0)) / 100
        yield from _rounded_otherwise("BR-CO-17", f"{place}.tax", part.tax_minor, exact, currency, "its base times its rate")
        key = _of(part.category)
        # Without lines (a document of totals alone) there is nothing that a base could be the sum of.
        if bases and sum(_of(one.category) == key for one in total.parts) == 1:
            rule = f"BR-{part.category.code}-08"
            yield from _differs(
                rule,
                f"{place}.base",
                part.base_minor,
                bases.get(key, 0),
                currency,
                "lines, allowances and charges",
                "of its category and rate",
            )
    if total.parts:
        parts = sum(part.tax_minor for part in total.parts)
        yield from _differs("BR-CO-14", "taxes.tax", total.tax_minor, parts, currency, "taxes.parts", "the sum of its parts")
        untaxed = {key for key, minor in bases.items() if minor and key[0]} - {_of(part.category) for part in total.parts}
        for code, rate in sorted(untaxed):
            yield Finding(
                "BR-CO-18",
                ERROR,
                "taxes.parts",
                "nothing",
                f"{code} {rate}",
                "lines, allowances and charges",
                "a category without its part",
            )


def _totals(bill: Bill) -> Iterator[Finding]:
    totals, currency = bill.totals, bill.currency
    if totals is None:
        yield Finding("BR-12", ERROR, "totals", "nothing", text="an invoice says what is to be paid")
        return
    lines = totals.lines_minor
    if bill.lines and lines is not None:
        yield from _differs("BR-CO-10", "totals.lines", lines, _sum(bill.lines), currency, "lines", "the sum of the lines")
    down = sum(one.actual_minor for one in bill.allowances if not one.charge)
    up = sum(one.actual_minor for one in bill.allowances if one.charge)
    yield from _differs(
        "BR-CO-11", "totals.allowances", totals.allowances_minor or 0, down, currency, "allowances", "the sum of the allowances"
    )
    yield from _differs(
        "BR-CO-12", "totals.charges", totals.charges_minor or 0, up, currency, "allowances", "the sum of the charges"
    )
    # What an invoice leaves out is what the rest comes to: nothing of it escapes because a sum between was not told.
    if lines is None and bill.lines:
        lines = _sum(bill.lines)
    net, gross = totals.net_minor, totals.gross_minor
    if net is not None and lines is not None:
        yield from _differs(
            "BR-CO-13", "totals.net", net, lines - down + up, currency, "totals", "lines less allowances plus charges"
        )
    if net is None and lines is not None:
        net = lines - down + up
    tax = sum(one.tax_minor for one in bill.taxes if one.currency == currency)
    if gross is not None and net is not None:
        yield from _differs("BR-CO-15", "totals.gross", gross, net + tax, currency, "totals.net and taxes", "net plus tax")
    if gross is None and net is not None:
        gross = net + tax
    if gross is not None:
        wanted = gross - (totals.prepaid_minor or 0) + (totals.rounding_minor or 0)
        yield from _differs(
            "BR-CO-16", "totals.payable", totals.payable_minor, wanted, currency, "totals", "gross less prepaid plus rounding"
        )


def _sum(lines: Sequence[InvoiceLine]) -> int:
    return sum(line.net_minor for line in lines)
