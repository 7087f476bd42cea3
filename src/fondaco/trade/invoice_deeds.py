"""Papers as deeds: an invoice, a credit note and the answer to an invoice as the particulars under which the hub acts on them."""

from __future__ import annotations

from fondaco.core import CURRENCIES, Reason, Refusal, minor_text
from fondaco.trade.documents import CreditNote, Invoice, InvoiceResponse, Kept
from fondaco.trade.goods_line import destination_of, goods_of
from fondaco.trade.invoice import ANSWERS, Credit, Event, Issue
from fondaco.trade.invoice_terms import LETTER_OF_CREDIT
from fondaco.trade.open_account import TEXT_MAX, Nothing, Why


def issue_of(kept: Kept, buyer: str) -> Issue | Refusal:
    """The particulars of the deed that brings the invoice `kept` into the hub; `buyer` is the party's id there, which no paper knows."""
    invoice = kept.document
    if not isinstance(invoice, Invoice) or invoice.totals is None:
        return Refusal(Reason.MALFORMED, "the document", "an invoice with its total is wanted")
    due = invoice.due or next((one.due for one in invoice.payment if one.due), "")
    if not due:
        return Refusal(Reason.ELEMENT_MISSING, "due", "an obligation has a day on which it is due")
    if invoice.totals.payable_minor <= 0:
        return Refusal(Reason.AMOUNT_NOT_POSITIVE, "totals.payable", str(invoice.totals.payable_minor))
    credit = next((one.number for one in invoice.attachments if one.type_code == LETTER_OF_CREDIT), "")
    payable = minor_text(invoice.totals.payable_minor, CURRENCIES[invoice.currency].exponent)
    return Issue(
        buyer, invoice.number, invoice.currency, payable, invoice.issued, due, kept.sha256, invoice.order, credit, goods_of(invoice),
        destination_of(invoice),
    )  # fmt: skip


def credit_of(kept: Kept, invoice_number: str) -> Credit | Refusal:
    """The particulars of the deed by which a credit note takes its amount off the invoice of that number, which it must name."""
    note = kept.document
    if not isinstance(note, CreditNote) or note.totals is None:
        return Refusal(Reason.MALFORMED, "the document", "a credit note with its total is wanted")
    if all(one.number != invoice_number for one in note.preceding):
        named = ", ".join(one.number for one in note.preceding)
        return Refusal(Reason.NOT_FOUND, "preceding", f"{named or 'nothing'}, where {invoice_number} is credited"[:TEXT_MAX])
    return Credit(note.number, minor_text(note.totals.payable_minor, CURRENCIES[note.currency].exponent))


def answer_of(response: InvoiceResponse, invoice_number: str) -> tuple[Event, Why | Nothing] | Refusal:
    """The event and the particulars of a buyer's answer; a no, a query and a condition bring their reasons along."""
    event = ANSWERS.get(response.code)
    if event is None:
        return Refusal(Reason.CODE_UNKNOWN, "code", response.code[:TEXT_MAX])
    if response.invoice != invoice_number:
        return Refusal(Reason.NOT_FOUND, "invoice", response.invoice[:TEXT_MAX])
    if event not in (Event.QUERIED, Event.CONDITION_MADE, Event.REFUSED):
        return event, Nothing()
    reasons = [" ".join(part for part in (one.code, one.text) if part) for one in response.reasons]
    told = "; ".join([*reasons, response.note] if response.note else reasons)
    return (event, Why(told)) if told else Refusal(Reason.ELEMENT_MISSING, "reasons", "a no, a query and a condition say why")
