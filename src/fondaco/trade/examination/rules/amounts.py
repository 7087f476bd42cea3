"""Rules of money: what may be drawn, what a draft is for, whether an invoice adds up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fondaco.trade.examination.case import Case, found, minor_unit, total
from fondaco.trade.examination.documents import Document, Draft, Invoice
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.normal import same_party
from fondaco.trade.examination.words import EXACT, Amount, Party, Tenor

# A drawing may be short by so much where partial shipment is barred and the credit states no tolerance (art. 30(c)), in per cent.
SHORT_PERCENT = 5


def overdrawn(case: Case) -> Iterator[Finding]:
    claimed, left = case.claimed(), case.available()
    if claimed is None:
        return
    source, where = _claim_stands(case, claimed)
    if claimed.currency != case.terms.currency:
        if not isinstance(source, Draft | Invoice):
            yield found(
                "UCP600.18b", "DISCREPANCY", None, "claimed", claimed.currency, at="currency", expected=case.terms.currency
            )
        return  # a draft's and an invoice's own rules say it of them
    if claimed.value > left:
        yield found(
            "UCP600.18b", "DISCREPANCY", source, where, claimed, at="amount", expected=f"at most {left:f} {case.terms.currency}",
            advice="Claim no more than the credit leaves.",
        )  # fmt: skip
        return
    invoiced = case.invoiced()
    if source is None and invoiced is not None and claimed.value > invoiced:
        yield found(
            "UCP600.18b", "QUERY", None, "claimed", claimed, against=case.of(Invoice)[-1].id, at="total", expected=invoiced
        )
    if invoiced is not None and invoiced > left:
        invoice = case.of(Invoice)[-1]
        yield found(
            "UCP600.18b/invoice", "QUERY", invoice, "total", invoiced, at="amount", expected=f"at most {left:f} {case.terms.currency}",
            advice="The bank may take the invoice, as long as no more is paid than the credit allows.",
        )  # fmt: skip


def _claim_stands(case: Case, claimed: Amount) -> tuple[Document | None, str]:
    """Where a claim stands: in the draft, else in the invoice, where they are for as much; else in what the presenter asks."""
    drafts, invoices = case.of(Draft), case.of(Invoice)
    if drafts and total(one.amount.value for one in drafts) == claimed.value:
        return drafts[-1], "amount"
    if invoices and total(one.total for one in invoices) == claimed.value:
        return invoices[-1], "total"
    return None, "claimed"


def underdrawn(case: Case) -> Iterator[Finding]:
    terms, claimed = case.terms, case.claimed()
    if terms.partial_shipments != "NOT_ALLOWED" or claimed is None or claimed.currency != terms.currency or terms.instalments:
        return
    stated = terms.minus is not None or terms.plus is not None or terms.amount_words == "ABOUT"
    percent = terms.minus_percent if stated else SHORT_PERCENT
    least = EXACT.multiply(terms.amount, Decimal(100 - percent).scaleb(-2))
    drawn = EXACT.add(claimed.value, case.presentation.drawn_before)
    if drawn < least:
        rule = "UCP600.30a" if terms.amount_words == "ABOUT" else "UCP600.30c"
        source, where = _claim_stands(case, claimed)
        yield found(rule, "DISCREPANCY", source, where, drawn, at="amount", expected=f"at least {least:f} {terms.currency}")


def arithmetic(case: Case) -> Iterator[Finding]:
    for one in case.of(Invoice):
        unit = minor_unit(one.currency)
        amounts: list[Decimal | None] = []
        for number, line in enumerate(one.goods):
            product = None
            if line.quantity is not None and line.unit_price is not None:
                product = EXACT.multiply(line.quantity.value, line.unit_price)
            if product is not None and line.amount is not None and not line.free and abs(line.amount - product) >= unit:
                yield found(
                    "UCP600.14d/arithmetic", "DISCREPANCY", one, f"goods[{number}].amount", line.amount, against=one.id,
                    at=f"goods[{number}].quantity", expected=f"{line.quantity} at {line.unit_price:f} is {product.normalize():f}",
                )  # fmt: skip
            amounts.append(Decimal(0) if line.free else line.amount if line.amount is not None else product)
        known = [amount for amount in amounts if amount is not None]
        if not known or len(known) < len(amounts):
            continue
        added = EXACT.add(total(known), total(charge.amount for charge in one.charges))
        if abs(one.total - added) >= unit:
            yield found(
                "UCP600.14d/arithmetic",
                "DISCREPANCY",
                one,
                "total",
                one.total,
                against=one.id,
                at="goods",
                expected=f"the sum is {added:f}",
            )


def drafts(case: Case) -> Iterator[Finding]:
    wanted, presented = case.terms.draft, case.of(Draft)
    if wanted is None:
        return
    for one in presented:
        if not _same_tenor(one.tenor, wanted.tenor):
            yield found(
                "CREDIT.42C",
                "DISCREPANCY",
                one,
                "tenor",
                _tenor_text(one.tenor),
                at="draft.tenor",
                expected=_tenor_text(wanted.tenor),
            )
        if not _drawn_on(case, one.drawee, wanted.drawee):
            yield found("CREDIT.42A", "DISCREPANCY", one, "drawee", one.drawee, at="draft.drawee", expected=wanted.drawee)
        drawer = one.issuer.name if one.issuer else ""
        if drawer and not same_party(drawer, case.terms.beneficiary.name):
            yield found(
                "CREDIT.42C/drawer",
                "DISCREPANCY",
                one,
                "issuer.name",
                drawer,
                at="beneficiary.name",
                expected=case.terms.beneficiary.name,
            )
        elif not one.signatures:
            yield found(
                "CREDIT.42C/drawer",
                "DISCREPANCY",
                one,
                "signatures",
                "",
                at="beneficiary.name",
                expected="the drawer's signature",
            )
        if one.issued is None:
            yield found("CREDIT.42C/dated", "DISCREPANCY", one, "issued", "", expected="a date")
        if one.amount.currency != case.terms.currency:
            yield found(
                "CREDIT.42C/amount",
                "DISCREPANCY",
                one,
                "amount.currency",
                one.amount.currency,
                at="currency",
                expected=case.terms.currency,
            )
    yield from _draft_amounts(case, presented, wanted.percent)


def _draft_amounts(case: Case, presented: list[Draft], percent: int) -> Iterator[Finding]:
    invoiced = case.invoiced()
    if not presented or invoiced is None or any(one.amount.currency != case.terms.currency for one in presented):
        return
    drawn = total(one.amount.value for one in presented)
    share = EXACT.multiply(invoiced, Decimal(percent).scaleb(-2))
    capped = min(share, case.available())  # an invoice may be for more than is drawn (art. 18(b))
    unit = minor_unit(case.terms.currency)
    if abs(drawn - share) >= unit and abs(drawn - capped) >= unit:
        yield found(
            "CREDIT.42C/amount", "DISCREPANCY", presented[-1], "amount", drawn, against=case.of(Invoice)[-1].id, at="total",
            expected=f"{percent} % of {invoiced:f}",
        )  # fmt: skip


def _banks(case: Case) -> list[Party]:
    terms = case.terms
    return [
        bank
        for bank in (terms.issuing_bank, terms.confirming_bank, terms.advising_bank, terms.available_with, terms.reimbursing_bank)
        if bank
    ]


def _drawn_on(case: Case, drawee: str, wanted: str) -> bool:
    """Whether a drawee is who is wanted; a bank of the credit goes by its name or its BIC."""
    known = next((bank for bank in _banks(case) if wanted == bank.id or same_party(wanted, bank.name)), None)
    return same_party(drawee, wanted) or (known is not None and (drawee == known.id or same_party(drawee, known.name)))


def _same_tenor(one: Tenor, other: Tenor) -> bool:
    return (one.event, one.days, one.day) == (other.event, other.days, other.day)


def _tenor_text(tenor: Tenor) -> str:
    if tenor.event == "SIGHT":
        return "at sight"
    return tenor.day if tenor.event == "FIXED" else f"{tenor.days} days {tenor.event.lower().replace('_', ' ')}"


RULES = (overdrawn, underdrawn, arithmetic, drafts)
