"""The six deals of the demo of trade, act by act: who does what on which day, from the order to the payment.

Orders and goods come first, then each deal goes its own way: two collections, four credits. What a bank finds in documents is the examination's
own; what the hub refuses it is meant to refuse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import msgspec

from fondaco.core import Refusal
from fondaco.hub import Hub
from fondaco.payments import State
from fondaco.simulation.trade_desk import NotMeantToBe, TradeDesk
from fondaco.simulation.trade_papers import (
    CARRIER,
    DAYS_AFTER_SIGHT,
    DEALS,
    EXPORTER,
    EXPORTERS_BANK,
    IMPORTER,
    IMPORTERS_BANK,
    SOLD_IN,
    Deal,
    invoice,
    lading,
    order,
    presentation,
    terms,
)
from fondaco.simulation.trade_telling import name_of
from fondaco.trade import article_text, canonical_text, documents, examination, issue_of

ORDERED, SHIPPED, TAKEN, PRESENTED, HONOURED, REFUSED, EXPIRED, SILENT, MATURED = (
    date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26), date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 8),
    date(2026, 12, 9), date(2026, 12, 11),
)  # fmt: skip
# A Saturday: the last day for presentation moves over the weekend and a holiday of Thailand to the 8th.
EXPIRY, LATEST_SHIPMENT, INVOICE_DUE = date(2026, 12, 5), date(2026, 11, 30), date(2026, 12, 31)
# An offer that waits for a bank's examination stays open so long, in minutes.
_LONG, _SHORT = 30 * 24 * 60, 24 * 60


@dataclass
class Sale:
    """A deal as it comes along: the ids of its papers in the hub, its payments, and what the examination found."""

    deal: Deal
    order: str = ""
    invoice: str = ""
    record: str = ""
    instrument: str = ""
    uetrs: list[str] = field(default_factory=list)
    findings: tuple[examination.Finding, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.deal.number


class BeginningDesk(Protocol):
    """What deals need until their documents are sent: the hub, and deeds signed by whoever signs for their actor, given and done."""

    @property
    def hub(self) -> Hub: ...

    def later(self, minutes: int) -> str: ...

    def deed(self, actor: str, action: str, instrument: str, version: int, body: dict[str, Any]) -> str: ...


class Telling(Protocol):
    """Who is told of each act."""

    def tell(self, deal: Deal, who: str, what: str, instrument: str, action: str = "", article: str = "") -> object: ...


class Beginnings:
    """The deals until their documents are on the way. `sales` are the deals in their order."""

    def __init__(self, desk: BeginningDesk, teller: Telling) -> None:
        self._desk = desk
        self._teller = teller
        self.sales = [Sale(deal) for deal in DEALS]

    @property
    def _collections(self) -> list[Sale]:
        return [one for one in self.sales if not one.deal.credit]

    @property
    def _credits(self) -> list[Sale]:
        return [one for one in self.sales if one.deal.credit]

    def ordered(self) -> None:
        """Orders and their confirmations; four credits are applied for, issued and advised."""
        for sale in self.sales:
            deal = sale.deal
            paper = documents.write_document(order(deal, ORDERED), documents.UBL)
            said = {
                "seller": EXPORTER, "number": deal.order, "currency": SOLD_IN, "issued": ORDERED.isoformat(), "sha256": _sha256(paper),
            }  # fmt: skip
            sale.order = self._begin(
                sale, IMPORTER, "SEND_ORDER", f"orders {deal.tins:,} tins for {deal.told}, {deal.order}", said
            )
            self._act(sale, EXPORTER, "ACCEPTED", sale.order, "confirms the order")
        for sale in self._credits:
            asked = terms(sale.deal, ORDERED, EXPIRY, LATEST_SHIPMENT)
            if examination.unfit(asked):
                raise NotMeantToBe(f"the terms of {asked.number} are unfit to be issued")
            said = {"terms": msgspec.to_builtins(asked)}
            sale.instrument = self._begin(sale, IMPORTER, "APPLIED", f"asks its bank for a credit of {sale.deal.told}", said)
            self._act(sale, IMPORTERS_BANK, "APPROVED", sale.instrument, "approves the application")
            self._act(sale, IMPORTERS_BANK, "ISSUED", sale.instrument, "issues the credit and is bound")
            self._act(sale, EXPORTERS_BANK, "ADVISED", sale.instrument, "advises the beneficiary")

    def shipped(self) -> None:
        """Bills of lading, despatch and invoices; the documents of the two collections go to the importer's bank."""
        for sale in self.sales:
            self._ships(sale)
        for sale in self._collections:
            self._sends(sale)

    # What several of them do

    def _ships(self, sale: Sale) -> None:
        deal = sale.deal
        content = canonical_text(lading(deal, SHIPPED))
        said = {
            "kind": "BILL_OF_LADING", "serial": deal.lading, "recipient": EXPORTER, "title": "ORDER", "named": EXPORTER, "content": content, "law": "SG",
        }  # fmt: skip
        sale.record = self._begin(sale, CARRIER, "ISSUE", f"issues bill of lading {deal.lading}, on board Selat Satu", said)
        self._act(sale, EXPORTER, "ACCEPT", sale.record, "takes the bill of lading")
        self._act(sale, EXPORTER, "BLANK_ENDORSE", sale.record, "endorses it in blank: whoever has it has the goods")
        despatch = _sha256(f"despatch advice {deal.order}".encode())
        self._act(sale, EXPORTER, "DESPATCHED", sale.order, "announces the goods", number=f"{deal.order}-D", sha256=despatch)
        paper = invoice(deal, SHIPPED, INVOICE_DUE, sale.instrument)
        kept = documents.read_document(documents.write_document(paper, documents.UBL))
        issued = issue_of(kept, IMPORTER)
        if isinstance(issued, Refusal):
            raise NotMeantToBe(f"the invoice {deal.invoice}: {issued.sentence()}")
        sale.digests = {
            "INVOICE": kept.sha256,
            "TRANSPORT": _sha256(content.encode()),
            "PACKING_LIST": _sha256(f"{deal.invoice}-P".encode()),
        }
        sale.invoice = self._begin(
            sale, EXPORTER, "ISSUE_INVOICE", f"invoices {deal.told}, {deal.invoice}", msgspec.to_builtins(issued)
        )
        self._act(sale, IMPORTER, "RECEIVED", sale.invoice, "has the invoice")

    def _sends(self, sale: Sale) -> None:
        said: dict[str, Any] = {
            "remitting_bank": EXPORTERS_BANK, "collecting_bank": IMPORTERS_BANK, "drawee": IMPORTER, "currency": SOLD_IN,
            "amount": sale.deal.amount, "terms": "DP", "records": [sale.record], "documents": [{"kind": "INVOICE"}, {"kind": "PACKING_LIST"}],
        }  # fmt: skip
        condition = "payment"
        if sale is self._collections[1]:
            said |= {"terms": "DA", "tenor": {"event": "AFTER_SIGHT", "days": DAYS_AFTER_SIGHT}}
            condition = f"acceptance, {DAYS_AFTER_SIGHT} days after sight"
        sale.instrument = self._begin(
            sale, EXPORTER, "INSTRUCTED", f"asks its bank to collect {sale.deal.told} against {condition}", said
        )
        self._hand_over(sale, EXPORTER, EXPORTERS_BANK)
        self._act(sale, EXPORTERS_BANK, "SENT", sale.instrument, "sends the documents")
        self._hand_over(sale, EXPORTERS_BANK, IMPORTERS_BANK)
        self._act(sale, IMPORTERS_BANK, "RECEIVED", sale.instrument, "has the documents as listed")
        self._act(sale, IMPORTERS_BANK, "PRESENTED", sale.instrument, "presents them to the importer")

    def _hand_over(self, sale: Sale, giver: str, taker: str) -> None:
        """Possession passes: offered by the one, taken by the other."""
        self._act(
            sale,
            giver,
            "TRANSFER",
            sale.record,
            f"hands the bill of lading to {name_of(taker)}",
            recipient=taker,
            until=self._desk.later(_SHORT),
        )
        self._act(sale, taker, "ACCEPT", sale.record, "takes it")

    # One act

    def _begin(self, sale: Sale, actor: str, action: str, what: str, body: dict[str, Any]) -> str:
        instrument = self._desk.deed(actor, action, "", 0, body).split(" ")[0]
        self._teller.tell(sale.deal, actor, what, instrument, action)
        return instrument

    def _act(self, sale: Sale, actor: str, action: str, instrument: str, what: str, **body: Any) -> None:
        """A deed upon an instrument as it stands; one upon a record names the event before."""
        if instrument == sale.record:
            record = self._desk.hub.trading.records.record(instrument)
            assert record is not None, "it was issued"
            body = {"head": record.head, **body}
        self._desk.deed(actor, action, instrument, self._version(instrument), body)
        self._teller.tell(sale.deal, actor, what, instrument, action)

    def _version(self, instrument: str) -> int:
        trading, prefix = self._desk.hub.trading, instrument.partition("-")[0]
        if prefix == "ETR":
            record = trading.records.record(instrument)
            return record.seq if record is not None else 0
        found: Any = {
            "COL": trading.collections.collection, "LC": trading.credits.credit, "INV": trading.invoices.found, "ORD": trading.orders.found,
        }[prefix](instrument)  # fmt: skip
        return int(found.version)


class Deals(Beginnings):
    """Plays them to their end."""

    _desk: TradeDesk

    def __init__(self, desk: TradeDesk, teller: Telling) -> None:
        super().__init__(desk, teller)

    def days(self) -> Sequence[tuple[date, Any]]:
        """Every day on which something happens, with what happens on it."""
        return (
            (ORDERED, self.ordered), (SHIPPED, self.shipped), (TAKEN, self.taken_up), (PRESENTED, self.presented), (HONOURED, self.honoured),
            (REFUSED, self.refused), (EXPIRED, self.expired), (SILENT, self.precluded), (MATURED, self.matured),
        )  # fmt: skip

    # The days

    def taken_up(self) -> None:
        """The first collection is paid; the bill of the second accepted: each time the title passes with it."""
        paid, accepted = self._collections
        self._offer(paid, IMPORTERS_BANK, IMPORTER, "PAYMENT", _SHORT)
        self._pays(paid, paid.record)
        self._closes(paid)
        self._offer(accepted, IMPORTERS_BANK, IMPORTER, "ACCEPTANCE", _SHORT)
        self._act(
            accepted, IMPORTER, "ACCEPTED", accepted.instrument, "accepts: the title passes, the amount is owed at maturity"
        )

    def presented(self) -> None:
        """Documents under all four credits come to the issuing bank; those of the first are found to comply."""
        for sale in self._credits:
            report = examination.precheck(self._terms(sale), self._papers(sale), self._calendar()).report
            found = len(report.of("DISCREPANCY"))
            self._teller.tell(
                sale.deal, EXPORTER, f"checks its documents before presenting: {found or 'no'} discrepanc{'y' if found == 1 else 'ies'}{', and presents all the same' if found else ''}",
                sale.instrument,
            )  # fmt: skip
            self._offer(sale, EXPORTER, IMPORTERS_BANK, "PAYMENT", _LONG)
            papers = [f"{examination.kind_of(one)} {one.number} {one.sha256}" for one in self._papers(sale).documents]
            self._act(
                sale, EXPORTER, "PRESENTED", sale.instrument, f"presents documents for {sale.deal.told}",
                bank=IMPORTERS_BANK, currency=SOLD_IN, amount=sale.deal.amount, documents=papers, records=[sale.record],
                shipped_on=SHIPPED.isoformat(),
            )  # fmt: skip

    def honoured(self) -> None:
        """Complying documents are honoured; discrepant ones are waived by the applicant, and honoured too."""
        clean, waived = self._credits[:2]
        self._examines(clean)
        self._pays(clean, clean.record)
        self._releases(clean)
        self._examines(waived)
        self._of_presentation(waived, IMPORTERS_BANK, "WAIVER_ASKED", "asks the applicant for a waiver; its five days run on")
        self._of_presentation(waived, IMPORTER, "WAIVER_GIVEN", "waives the discrepancies")
        self._pays(waived, waived.record)
        self._releases(waived)

    def refused(self) -> None:
        """One set of documents is refused within the five banking days and returned; of the next one the bank finds fault, and says nothing."""
        refused, silent = self._credits[2:]
        self._examines(refused)
        self._of_presentation(refused, IMPORTERS_BANK, "WAIVER_ASKED", "asks the applicant for a waiver; its five days run on")
        self._of_presentation(refused, IMPORTER, "WAIVER_DENIED", "does not waive")
        self._act(
            refused, IMPORTERS_BANK, "NOTICE_GIVEN", refused.instrument, "refuses by one notice with every discrepancy, and returns the documents",
            presentation=1, discrepancies=_stated(refused.findings), disposal="RETURN",
        )  # fmt: skip
        self._act(refused, EXPORTER, "WITHDRAW", refused.record, "has its title back: the offer to the bank is withdrawn")
        self._act(refused, IMPORTER, "REFUSED", refused.invoice, "refuses the invoice", reason="the documents were refused")
        self._examines(silent)

    def expired(self) -> None:
        """The last day for presentation, moved by the calendar of Bangkok, is over: two credits still ran."""
        self._desk.until(9, 31)
        for sale in self._credits[2:]:
            self._teller.tell(
                sale.deal,
                "the clock",
                "closes the last day for presentation, which had moved",
                sale.instrument,
                article="UCP600.29a",
            )

    def precluded(self) -> None:
        """The fifth banking day closes over a bank that gave no notice."""
        self._desk.until(9, 31)
        silent = self._credits[3]
        self._teller.tell(
            silent.deal,
            "the clock",
            "closes the fifth banking day, and no notice was given",
            silent.instrument,
            "FIFTH_DAY_CLOSED",
        )

    def matured(self) -> None:
        """The late notice is none; the bank honours. The accepted bill matures and is paid."""
        silent, accepted = self._credits[3], self._collections[1]
        answer = self._desk.asked(
            IMPORTERS_BANK, "NOTICE_GIVEN", silent.instrument, self._version(silent.instrument),
            {"presentation": 1, "discrepancies": _stated(silent.findings), "disposal": "RETURN"},
        )  # fmt: skip
        if not isinstance(answer, Refusal):
            raise NotMeantToBe("a notice after the fifth banking day was taken")
        told = f"gives notice too late; the hub refuses it: {answer.sentence()}"
        self._teller.tell(silent.deal, IMPORTERS_BANK, told, silent.instrument, article=answer.article)
        self._pays(silent, silent.record)
        self._releases(silent)
        self._teller.tell(accepted.deal, "the clock", "makes the accepted amount due", accepted.instrument, "MATURED")
        self._pays(accepted, accepted.instrument)
        self._closes(accepted)

    # What several of them do

    def _offer(self, sale: Sale, giver: str, taker: str, against: str, minutes: int) -> None:
        self._act(
            sale, giver, "OFFER_AGAINST", sale.record, f"offers the bill of lading to {name_of(taker)} against {against.lower()}",
            recipient=taker, until=self._desk.later(minutes), against=against, reference=sale.instrument,
        )  # fmt: skip

    def _examines(self, sale: Sale) -> None:
        """The examination proposes, and the bank follows it."""
        report = examination.examine_on(self._terms(sale), self._papers(sale), self._calendar())
        sale.findings = report.of("DISCREPANCY")
        if not sale.findings:
            self._of_presentation(sale, IMPORTERS_BANK, "FOUND_COMPLYING", "examines: the documents comply")
            return
        self._act(
            sale, IMPORTERS_BANK, "FOUND_DISCREPANT", sale.instrument, f"examines: {_short(sale.findings)}",
            presentation=1, discrepancies=_stated(sale.findings),
        )  # fmt: skip

    def _pays(self, sale: Sale, what: str) -> None:
        """The importer's bank pays for what is offered, or for the instrument itself, and names the invoice: one batch holds it all."""
        record = self._desk.hub.trading.records.record(what) if what == sale.record else None
        if record is not None:
            what = record.lock_id()
        payment = self._desk.pay(sale.deal.minor, [("BOLD", what), ("CINV", sale.invoice)])
        settled = self._desk.hub.payment(payment.number)
        if settled is None or settled.state is not State.SETTLED:
            why = settled.refusal.sentence() if settled is not None and settled.refusal is not None else ""
            raise NotMeantToBe(f"the payment for {what} did not settle: {why}")
        sale.uetrs.append(settled.uetr)
        passes = "the title" if record is not None else "the accepted debt"
        told = f"pays for {what} and {sale.invoice}: one batch moves both currencies, {passes} and the memoranda"
        self._teller.tell(sale.deal, IMPORTERS_BANK, told, sale.instrument, "PAID")
        # Both desks look at once what it did to their accounts.
        for bank in (EXPORTERS_BANK, IMPORTERS_BANK):
            self._desk.report(bank)

    def _closes(self, sale: Sale) -> None:
        self._act(sale, EXPORTERS_BANK, "PROCEEDS_REMITTED", sale.instrument, "makes the proceeds available to the exporter")
        self._act(sale, EXPORTERS_BANK, "CLOSED", sale.instrument, "closes the collection")

    def _releases(self, sale: Sale) -> None:
        """The issuing bank lets the applicant have the documents, and the title with them."""
        self._hand_over(sale, IMPORTERS_BANK, IMPORTER)
        self._of_presentation(sale, IMPORTERS_BANK, "RELEASED", "releases the documents to the applicant")

    def _of_presentation(self, sale: Sale, actor: str, action: str, what: str) -> None:
        self._act(sale, actor, action, sale.instrument, what, presentation=1)

    def _terms(self, sale: Sale) -> examination.Terms:
        credit = self._desk.hub.trading.credits.credit(sale.instrument)
        assert credit is not None, "it was issued"
        return credit.terms

    def _papers(self, sale: Sale) -> examination.Presentation:
        return presentation(sale.deal, PRESENTED, SHIPPED, sale.record, sale.digests)

    def _calendar(self) -> examination.OpenDays:
        """The banking days of the examining bank: those of its country's currency."""
        rules = self._desk.rules
        return rules.currencies[rules.participants[IMPORTERS_BANK].currency].calendar


def _stated(findings: Sequence[examination.Finding]) -> list[dict[str, str]]:
    """What the examination found, as the bank states it: both places and both values."""
    return [
        {
            "text": one.sentence(), "rule": one.rule, "where": ".".join(part for part in (one.document, one.where) if part), "found": one.found,
            "other": ".".join(part for part in (one.other, one.other_where) if part), "expected": one.expected,
        }
        for one in findings
    ]  # fmt: skip


def _short(findings: Sequence[examination.Finding]) -> str:
    """Both values of each, once: two articles of one field say the same of it."""
    told = [
        f"{one.document} {one.where.replace('_', ' ')} {one.found!r} for {one.expected!r} ({article_text(one.article)})"
        for one in findings
    ]
    return "; ".join(dict.fromkeys(told))


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
