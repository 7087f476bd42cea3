"""A transferred credit beside the one that it comes from: what of the terms may differ, and in which direction (UCP 600 art. 38)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from fondaco.trade.examination.case import text
from fondaco.trade.examination.finding import SEVERITIES, Finding
from fondaco.trade.examination.normal import same_party
from fondaco.trade.examination.terms import Terms
from fondaco.trade.examination.words import EXACT, Quantity

# What may not grow or move later (art. 38(g)); a period that the first credit leaves open is that of art. 14(c).
_MAY_SHRINK = ("amount", "expiry", "presentation_days", "latest_shipment")
# What is examined by a rule of its own, or is the second beneficiary's.
_OTHERWISE = frozenset({
    *_MAY_SHRINK, "number", "issued", "applicant", "beneficiary", "goods", "insurance", "documents", "conditions", "advising_bank", "available_with",
    "confirming_bank", "confirmation", "transferable", "expiry_place", "earliest_shipment", "draft", "reimbursing_bank",
})  # fmt: skip


def _told(where: str, said: object, first: object, advice: str = "", rule: str = "UCP600.38g") -> Finding:
    return Finding(
        rule=rule, severity="DISCREPANCY", document="TRANSFERRED", where=where, found=text(said), other="CREDIT", other_where=where,
        expected=text(first), advice=advice,
    )  # fmt: skip


def transfer(first: Terms, second: Terms, transferred_before: Decimal = Decimal(0)) -> tuple[Finding, ...]:
    """What keeps `second` from being a lawful transfer of `first`: nothing, where it is one.

    Amount, unit prices, expiry, period for presentation and shipment may be less or earlier, the cover a higher per cent; the first beneficiary may stand for
    the applicant; all else stays. `transferred_before` is what other transfers of the same credit took of its amount (art. 38(d)).
    """
    findings = {*_may_be(first, second, transferred_before), *_goods(first, second), *_unchanged(first, second)}
    return tuple(sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.where, one.found)))


def _may_be(first: Terms, second: Terms, before: Decimal) -> Iterator[Finding]:
    if not first.transferable:
        yield _told("transferable", "transferred", "not transferable", rule="UCP600.38b")
    if second.transferable:
        yield _told("transferable", "transferable again", "transferred once", rule="UCP600.38d")
    if EXACT.add(second.amount, before) > first.amount:
        yield _told("amount", second.amount, f"at most {EXACT.subtract(first.amount, before):f}")
    for where in ("expiry", "latest_shipment", "presentation_days"):
        mine, theirs = getattr(second, where), getattr(first, where)
        if theirs is not None and (mine is None or mine > theirs):
            yield _told(where, mine if mine is not None else "", f"at most {theirs}")
    if not any(same_party(second.applicant.name, party.name) for party in (first.applicant, first.beneficiary)):
        yield _told("applicant.name", second.applicant.name, f"{first.beneficiary.name} or {first.applicant.name}")
    here, there = (terms.insurance.percent if terms.insurance else None for terms in (second, first))
    if there is not None and (here is None or here < there):
        yield _told("insurance.percent", here or "", f"at least {there}")


def _goods(first: Terms, second: Terms) -> Iterator[Finding]:
    if len(first.goods) != len(second.goods):
        yield _told("goods", f"{len(second.goods)} lines", f"{len(first.goods)} lines")
        return
    for number, (theirs, mine) in enumerate(zip(first.goods, second.goods, strict=True)):
        at = f"goods[{number}]"
        if theirs.unit_price is not None and (mine.unit_price is None or mine.unit_price > theirs.unit_price):
            yield _told(
                f"{at}.unit_price", mine.unit_price if mine.unit_price is not None else "", f"at most {theirs.unit_price:f}"
            )
        if _more(mine.quantity, theirs.quantity):
            yield _told(f"{at}.quantity", mine.quantity or "", f"at most {theirs.quantity}")
        if msgspec.structs.replace(mine, unit_price=theirs.unit_price, quantity=theirs.quantity) != theirs:
            yield _told(at, mine.description, theirs.description)


def _more(mine: Quantity | None, theirs: Quantity | None) -> bool:
    """A part of the goods may be transferred, where partial shipment lets them be delivered in parts; never more, nor in another unit."""
    if theirs is None or mine is None:
        return mine is not theirs
    return mine.unit != theirs.unit or mine.value > theirs.value


def _unchanged(first: Terms, second: Terms) -> Iterator[Finding]:
    for where in first.__struct_fields__:
        if where not in _OTHERWISE and getattr(first, where) != getattr(second, where):
            yield _told(
                where, _short(getattr(second, where)), _short(getattr(first, where)), "This term is transferred as it stands."
            )
    kept = [(one.kind, one.form, one.title, one.originals, one.copies) for one in first.documents]
    if [(one.kind, one.form, one.title, one.originals, one.copies) for one in second.documents] != kept:
        yield _told(
            "documents",
            [one.kind for one in second.documents],
            [one.kind for one in first.documents],
            "This term is transferred as it stands.",
        )


def _short(value: object) -> str:
    return str(getattr(value, "name", value))
