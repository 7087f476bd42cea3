"""From a credit's message to the terms that documents are examined against, and from a notice of refusal to its message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from fondaco.core import CURRENCIES, Money, minor_text
from fondaco.trade import mt
from fondaco.trade.credit_words import condition_of, demand_of, incoterm_of, insured_percent, insured_risks, tenor_of
from fondaco.trade.examination import Party, Place, RefusalNotice, Terms
from fondaco.trade.examination.terms import DraftTerms, InsuranceTerms

_AVAILABLE: dict[str, Literal["SIGHT_PAYMENT", "DEFERRED_PAYMENT", "ACCEPTANCE", "NEGOTIATION"]] = {
    "BY PAYMENT": "SIGHT_PAYMENT",
    "BY DEF PAYMENT": "DEFERRED_PAYMENT",
    "BY ACCEPTANCE": "ACCEPTANCE",
    "BY NEGOTIATION": "NEGOTIATION",
}
_CONFIRMATION: dict[str, Literal["WITHOUT", "MAY_ADD", "CONFIRM"]] = {
    "WITHOUT": "WITHOUT",
    "MAY ADD": "MAY_ADD",
    "CONFIRM": "CONFIRM",
}
_RULES: dict[str, Literal["UCP600", "EUCP"]] = {
    "UCP LATEST VERSION": "UCP600",
    "UCPURR LATEST VERSION": "UCP600",
    "EUCP LATEST VERSION": "EUCP",
    "EUCPURR LATEST VERSION": "EUCP",
}
_SHIPMENTS: dict[str, Literal["", "ALLOWED", "NOT_ALLOWED", "CONDITIONAL"]] = {
    "": "",
    "ALLOWED": "ALLOWED",
    "NOT ALLOWED": "NOT_ALLOWED",
    "CONDITIONAL": "CONDITIONAL",
}


class Open(NamedTuple):
    """A field that is not in the terms, or not wholly: a person completes it. `field` is its tag, `text` what it says."""

    field: str
    text: str


class Compiled(NamedTuple):
    """What a credit's message comes to. `terms` is None where the credit is of a kind that is not examined here; `open` says what is left to people."""

    terms: Terms | None
    open: tuple[Open, ...]


def terms_of(credit: mt.CreditTerms, issuing_bank: str) -> Compiled:
    """The terms of a credit that was read from its messages. `issuing_bank` is the BIC of who sent it, for a message that names no other issuer (52a)."""
    left = tuple(_left(credit))
    if credit.rules not in _RULES or credit.available_by not in _AVAILABLE:
        return Compiled(None, left)
    draft_tenor = tenor_of(credit.drafts_at) if credit.drafts_at else None
    trade_term = incoterm_of(credit.goods)
    documents = tuple(demand_of(one) for one in credit.documents)
    insured = [one.text for one in documents if one.kind == "INSURANCE"]
    issuer = credit.issuing_bank or mt.Party(issuing_bank)
    stated = bool(credit.above or credit.below)
    return Compiled(
        Terms(
            number=credit.number,
            issued=date.fromisoformat(credit.issued),
            expiry=date.fromisoformat(credit.expires),
            expiry_place=Place(name=credit.expires_at),
            applicant=_party(credit.applicant),
            beneficiary=_party(credit.beneficiary),
            issuing_bank=_party(issuer),
            currency=credit.amount.currency,
            amount=Decimal(minor_text(credit.amount.minor, CURRENCIES[credit.amount.currency].exponent)),
            available_by=_AVAILABLE[credit.available_by],
            rules=_RULES[credit.rules],
            transferable="TRANSFERABLE" in credit.form,
            confirming_bank=_party(credit.confirming_bank) if credit.confirming_bank is not None else None,
            reimbursing_bank=_party(credit.reimbursing_bank) if credit.reimbursing_bank is not None else None,
            available_with=None if _any_bank(credit.available_with) else _party(credit.available_with),
            confirmation=_CONFIRMATION[credit.confirmation],
            plus=credit.above if stated else None,
            minus=credit.below if stated else None,
            additional_amounts=_line(credit.additional_amounts),
            draft=DraftTerms(tenor=draft_tenor, drawee=_party(credit.drawee).name) if draft_tenor and credit.drawee else None,
            deferred=tenor_of(credit.deferred_payment) if credit.deferred_payment else None,
            partial_shipments=_SHIPMENTS[credit.partial_shipments],
            transhipment=_SHIPMENTS[credit.transhipment],
            taking_in_charge=_place(credit.taken_in_charge_at),
            loading=_place(credit.loaded_at),
            discharge=_place(credit.discharged_at),
            destination=_place(credit.destination),
            latest_shipment=date.fromisoformat(credit.latest_shipment) if credit.latest_shipment else None,
            shipment_period=_line(credit.shipment_period),
            goods_text="; ".join(credit.goods),
            incoterm=trade_term[0] if trade_term else "",
            incoterm_place=Place(name=trade_term[1]) if trade_term else None,
            documents=documents,
            conditions=tuple(condition_of(one) for one in credit.conditions),
            insurance=InsuranceTerms(percent=insured_percent(insured[0]), risks=insured_risks(insured[0])) if insured else None,
            presentation_days=credit.days or None,
        ),
        left,
    )


def _left(credit: mt.CreditTerms) -> Iterator[Open]:
    """Fields whose words are for a person, in their order."""
    if credit.rules not in _RULES:
        yield Open("40E", f"{credit.rules} {credit.rules_text}".strip())
    if credit.available_by not in _AVAILABLE:
        yield Open("41a", credit.available_by)
    if credit.drafts_at and tenor_of(credit.drafts_at) is None:
        yield Open("42C", _line(credit.drafts_at))
    if credit.mixed_payment:
        yield Open("42M", _line(credit.mixed_payment))
    if credit.deferred_payment and tenor_of(credit.deferred_payment) is None:
        yield Open("42P", _line(credit.deferred_payment))
    if credit.shipment_period:
        yield Open("44D", _line(credit.shipment_period))
    for one in credit.goods:
        yield Open("45A", one)
    for text in credit.documents:
        if demand_of(text).uncompiled:
            yield Open("46A", text)
    for text in credit.conditions:
        yield Open("47A", text)
    if credit.days_text:
        yield Open("48", f"{credit.days}/{credit.days_text}")


def refusal_of(notice: RefusalNotice, reference: str, amount: Money, before: tuple[tuple[str, str], ...] = ()) -> mt.Message:
    """The MT 734 of a notice of refusal: one notice, with every discrepancy and what happens to the documents (UCP 600 art. 16(c)).

    `reference` is the presenting bank's (field 21), `amount` what was claimed. Letters that the network does not have are spelled in those it has. Raises
    `MalformedMessage` where the discrepancies don't fit into one message: then another channel must be taken, since a second notice counts for nothing.
    """
    return mt.draft_drawing(
        "734",
        mt.Drawing(
            reference=notice.credit_number,
            related=reference,
            day=notice.presented.isoformat(),
            amount=amount,
            discrepancies=tuple(mt.spelled(one) for one in notice.discrepancies),
            disposal=notice.disposal,
        ),
        before,
    )


def _party(said: mt.Party | None) -> Party:
    if said is None:
        return Party(name="")
    if said.bic:
        return Party(name=said.bic, id=said.bic[:8], country=said.bic[4:6])
    lines = said.lines or ("",)
    return Party(name=lines[0], address=lines[1:])


def _any_bank(said: mt.Party) -> bool:
    return not said.bic and " ".join(said.lines).upper().startswith("ANY BANK")


def _place(name: str) -> Place | None:
    return Place(name=_line(name)) if name else None


def _line(text: str) -> str:
    return " ".join(text.split())
