"""Payments of invoices: what settles ends the debt that it names, in the batch in which it is final.

A payment names an invoice of the hub in structured remittance (`RmtInf/Strd/RfrdDocInf/Nb`, such as `INV-000001`). Money is never refused for a
reference: where the invoice cannot be paid by this payment, the payment settles all the same, the invoice stays as it is, and the payee's bank
hears why. A payment that names no invoice costs one look at a field.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from fondaco.core import Reason, Refusal, amount_text
from fondaco.hub.deal_steps import note_step
from fondaco.hub.machines import Outcome
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.hub.trade_legs import legs_of, needed_accounts
from fondaco.hub.trading import Trading, chained
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Payment, Remitted
from fondaco.trade import TradeInvoice

_ARTICLE = "T.8"
_DOCUMENT = "CdtTrfTxInf/RmtInf/Strd/RfrdDocInf/Nb"
NOTICE = "trade.payment"


class InvoicingHub(Protocol):
    """What invoicing needs of the hub."""

    trading: Trading


class Invoicing:
    """The payments of a desk that name invoices."""

    def __init__(self, desk: Desk, hub: InvoicingHub) -> None:
        self._desk = desk
        self._hub = hub

    def named(self, payment: Payment, instruction: Instruction) -> Remitted:
        """What a payment names, looked at when it comes in: later nobody has its creditor's name at hand."""
        found = self._hub.trading.invoices.found(instruction.pays)
        owed_to = _owed_to(found) if found is not None else ""
        parties = self._hub.trading.parties
        party = parties.known.get(owed_to)
        if party is None:  # a member that sells in its own name is paid as what it is: by its BIC
            known = owed_to == payment.creditor_agent and bool(owed_to)
        else:
            said = _plain(instruction.creditor.name)
            known = said in {_plain(name) for name in (party.name, *party.other_names)}
        return Remitted(instruction.pays, parties.number_of(owed_to) if known else 0)

    def settled(self, batch: Batch, payment: Payment) -> None:
        """A payment that names an invoice is final."""
        remitted = payment.remitted
        assert remitted is not None, "it is told of payments that name an invoice"
        machine = self._hub.trading.invoices
        paper = machine.found(remitted.invoice)
        found = self._foreign(payment, paper) or self._paid(payment, paper)
        if isinstance(found, Refusal):
            self._untouched(batch, payment, found)
            return
        self._book(batch, found)
        self._hub.trading.take(batch, machine, found, "PAY", f"payment {payment.number}")

    def _paid(self, payment: Payment, paper: TradeInvoice | None) -> Outcome | Refusal:
        assert paper is not None, "an invoice that nobody knows is foreign"
        return self._hub.trading.invoices.paid(paper, payment.uetr, payment.target_currency, payment.target_minor)

    def _foreign(self, payment: Payment, paper: TradeInvoice | None) -> Refusal | None:
        """Why an invoice is none that this payment is about. Says nothing of the invoice: its banks need not be those of the payment."""
        remitted = payment.remitted
        assert remitted is not None, "it is asked of payments that name an invoice"
        if paper is None:
            return Refusal(Reason.NOT_FOUND, _DOCUMENT, f"{remitted.invoice} is no invoice of this hub", _ARTICLE)
        parties = self._hub.trading.parties
        banks = parties.bank_of(paper.buyer), parties.bank_of(_owed_to(paper))
        if banks != (payment.sender, payment.creditor_agent):
            return Refusal(Reason.NOT_FOUND, _DOCUMENT, f"{remitted.invoice} is not between customers of these banks", _ARTICLE)
        if remitted.payee != parties.number_of(_owed_to(paper)):
            found = f"the creditor is not the one to whom {remitted.invoice} is owed"
            return Refusal(Reason.NOT_FOUND, "CdtTrfTxInf/Cdtr/Nm", found, _ARTICLE)
        return None

    def _book(self, batch: Batch, found: Outcome) -> None:
        """Memoranda cannot fail: they wait for the next call of the books, that of the money where it is still to come."""
        desk, trading = self._desk, self._hub.trading
        legs = legs_of(found.entries, (), trading.parties.number_of, desk.in_force().currencies)
        if legs:
            batch.accounts += needed_accounts(legs)
            batch.bookings.append((chained(desk.next_intent(), legs), must_hold))

    def _untouched(self, batch: Batch, payment: Payment, why: Refusal) -> None:
        """The money came and the invoice stays as it is."""
        remitted = payment.remitted
        assert remitted is not None, "it is told of payments that name an invoice"
        self._tell(batch, payment.creditor_agent, payment, "NOT_APPLIED", payment.target_minor, why.sentence())
        self._desk.note(batch, f"payment {payment.number}", "NOT_APPLIED", _ARTICLE, f"{remitted.invoice} {why.reason.name}")

    def returned(self, batch: Batch, original: Payment, returned: Payment) -> None:
        """Money that paid an invoice went back. A paid invoice is at its end, so both banks are told that the debt may stand again between the parties."""
        remitted = original.remitted
        assert remitted is not None, "it is told of payments that named an invoice"
        paper = self._hub.trading.invoices.found(remitted.invoice)
        if paper is None or all(uetr != original.uetr for uetr, _ in paper.payments):
            return  # it never paid it
        for bank in dict.fromkeys((original.sender, original.creditor_agent)):
            self._tell(batch, bank, original, "RETURNED", returned.source_minor, returned.reason)
        self._desk.note(batch, f"instrument {paper.id}", "RETURNED", _ARTICLE, f"{original.uetr} by payment {returned.number}")
        note_step(self._hub.trading.shelf, batch, paper.id)

    def _tell(self, batch: Batch, bank: str, payment: Payment, event: str, minor: int, why: str) -> None:
        assert payment.remitted is not None, "it is told of payments that name an invoice"
        body = {
            "instrument": payment.remitted.invoice, "event": event, "uetr": payment.uetr,
            "amount": amount_text(minor, payment.target_currency), "why": why,
        }  # fmt: skip
        self._desk.tell(batch, bank, NOTICE, f"payment {payment.number}", msgspec.json.encode(body))


def _owed_to(paper: TradeInvoice) -> str:
    """To whom a debt is owed: its seller, or who has a right in the claim."""
    return paper.encumbered_to or paper.seller


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
