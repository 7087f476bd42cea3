"""Invoices as the hub keeps them: a seller's number is good once, and what the hub settled ends the debt."""

from __future__ import annotations

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub.machines import Outcome
from fondaco.hub.paper_machine import PaperMachine, day_after
from fondaco.hub.state import Batch
from fondaco.trade import Decided, Deed, TradeInvoice, invoice

_NUMBER = "invoice_number"


class InvoiceMachine(PaperMachine[TradeInvoice]):
    """The invoices of a desk."""

    prefix, record, begins, form = "INV", "trade_invoice", frozenset({invoice.ISSUE}), TradeInvoice

    def __contains__(self, number: object) -> bool:
        """Whether a seller used this number of its own before: (party, number)."""
        assert isinstance(number, tuple), "a seller and its number"
        return self._shelf.get(_NUMBER, "/".join(number), str) is not None

    def decided(self, paper: TradeInvoice | None, deed: Deed, at: Instant, number: str) -> Decided[TradeInvoice] | Refusal:
        found = invoice.decide(paper, deed, at, number=number, taken=self)
        if isinstance(found, Refusal):
            return found
        made = found.instrument
        if made.currency not in self._desk.in_force().currencies:
            return Refusal(Reason.CURRENCY_NOT_SETTLED, "body.currency", made.currency, "T.1")
        if made.encumbered_to and not self._parties.bank_of(made.encumbered_to):
            return Refusal(Reason.NOT_FOUND, "party", made.encumbered_to, "T.7")
        return found

    def on_day(self, paper: TradeInvoice, today: str) -> Decided[TradeInvoice] | None:
        return invoice.on_day(paper, today)

    def next_day(self, paper: TradeInvoice) -> str:
        late = invoice.INVOICE.can(paper.state, invoice.Event.DUE_DAY_PASSED)
        return day_after(paper.due) if late else ""

    def paid(self, paper: TradeInvoice, uetr: str, currency: str, minor: int) -> Outcome | Refusal:
        """What a payment that settled makes of an invoice: whole minor units of what arrived."""
        found = invoice.paid(paper, uetr, currency, minor)
        return found if isinstance(found, Refusal) else self.outcome(found)

    def set_off(self, paper: TradeInvoice, round_: str, minor: int) -> Outcome | Refusal:
        """What a round of set-off makes of an invoice: whole minor units of what clears."""
        found = invoice.set_off(paper, round_, minor)
        return found if isinstance(found, Refusal) else self.outcome(found)

    def keep(self, batch: Batch, change: TradeInvoice) -> None:
        super().keep(batch, change)
        if change.version == 1:
            self._shelf.put(batch, _NUMBER, f"{change.seller}/{change.number}", change.id)
