"""The rules of a trade invoice: what customs, banks and carriers of two countries need, where EN 16931 has no say.

Our own set, named TI; it needs no tax and knows no country's law. The sums are `invoice_sums`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fondaco.core import COUNTRIES
from fondaco.trade.documents import InvoiceLine, Party, Quantity
from fondaco.trade.finding import ERROR, WARNING, Finding
from fondaco.trade.invoice_sums import Bill, sums_of

# The eleven rules of Incoterms 2020 by their codes.
INCOTERMS = frozenset("EXW FCA FAS FOB CFR CIF CPT CIP DAP DPU DDP".split())
# UNTDID 1001: the letter of credit under which goods are sold, named as a document.
LETTER_OF_CREDIT = "465"
_HS = re.compile(r"[0-9]{6}(?:[0-9]{2,4})?")
_KILOGRAMS = {"KGM": 1, "TNE": 1000}


def terms_of(bill: Bill, letter_of_credit: str = "") -> list[Finding]:
    """What a trade invoice lacks or contradicts. With `letter_of_credit` (its number) the invoice must name it."""
    return [*_parties(bill), *_dates(bill), *_delivery(bill), *_goods(bill), *_credit(bill, letter_of_credit), *sums_of(bill)]


def _parties(bill: Bill) -> Iterator[Finding]:
    for name, party in (("seller", bill.seller), ("buyer", bill.buyer)):
        party = party or Party()
        if not party.name and not party.known_as:
            yield Finding("TI-01", ERROR, f"{name}.name", "nothing", text="who sells to whom")
        country = party.address.country if party.address else ""
        if country not in COUNTRIES:
            yield Finding("TI-02", ERROR, f"{name}.address.country", country or "nothing", "a code of ISO 3166-1")


def _dates(bill: Bill) -> Iterator[Finding]:
    if bill.due and bill.due < bill.issued:
        yield Finding("TI-03", ERROR, "due", bill.due, bill.issued, "issued", "due before it was issued")
    if not bill.due and not bill.payment_terms and not any(one.due for one in bill.payment):
        yield Finding("TI-04", WARNING, "due", "nothing", text="neither a day nor terms of payment")


def _delivery(bill: Bill) -> Iterator[Finding]:
    terms = bill.terms
    if terms is None or terms.code not in INCOTERMS:
        yield Finding("TI-05", ERROR, "terms.code", terms.code if terms else "nothing", "a rule of Incoterms 2020")
    if terms is not None and not terms.place and not terms.place_code:
        yield Finding("TI-06", ERROR, "terms.place", "nothing", text="a rule of delivery needs its named place")


def _goods(bill: Bill) -> Iterator[Finding]:
    if not bill.lines:
        yield Finding("TI-07", ERROR, "lines", "nothing")
    for line in bill.lines:
        yield from _line(line, f"lines[{line.id}]")
    twice = {line.id for line in bill.lines if sum(one.id == line.id for one in bill.lines) > 1}
    for number in sorted(twice):
        yield Finding("TI-08", ERROR, "lines", number, text="a number that stands twice")


def _line(line: InvoiceLine, place: str) -> Iterator[Finding]:
    item = line.item
    if not item.name and not item.description:
        yield Finding("TI-09", ERROR, f"{place}.item", "nothing", text="goods are described")
    if line.quantity.value <= 0 or not line.quantity.unit:
        yield Finding(
            "TI-10",
            ERROR,
            f"{place}.quantity",
            f"{line.quantity.value} {line.quantity.unit}",
            "more than nothing of a named unit",
        )
    codes = [one.id.replace(".", "") for one in item.classifications if one.scheme in ("HS", "TSP")]
    if not any(_HS.fullmatch(one) for one in codes):
        yield Finding(
            "TI-11",
            ERROR,
            f"{place}.item.classifications",
            ", ".join(codes) or "nothing",
            "6, 8 or 10 digits of the Harmonized System",
        )
    if item.origin not in COUNTRIES:
        yield Finding("TI-12", ERROR, f"{place}.item.origin", item.origin or "nothing", "a code of ISO 3166-1")
    if item.net_weight is None or item.gross_weight is None:
        yield Finding("TI-13", WARNING, f"{place}.item", "nothing", text="net and gross weight")
    elif _heavier(item.net_weight, item.gross_weight):
        told = f"{item.net_weight.value} {item.net_weight.unit}"
        yield Finding(
            "TI-14", ERROR, f"{place}.item.net_weight", told, f"{item.gross_weight.value} {item.gross_weight.unit}", f"{place}.item.gross_weight",
            "the net weight is above the gross weight",
        )  # fmt: skip


def _heavier(net: Quantity, gross: Quantity) -> bool:
    if net.unit == gross.unit:
        return net.value > gross.value
    kilograms = [_KILOGRAMS.get(one.unit) for one in (net, gross)]
    return None not in kilograms and net.value * (kilograms[0] or 0) > gross.value * (kilograms[1] or 0)


def _credit(bill: Bill, letter_of_credit: str) -> Iterator[Finding]:
    named = [one.number for one in bill.attachments if one.type_code == LETTER_OF_CREDIT]
    if letter_of_credit and letter_of_credit not in named:
        yield Finding("TI-15", ERROR, "attachments", ", ".join(named) or "nothing", letter_of_credit, "the letter of credit")
