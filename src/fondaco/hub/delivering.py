"""Delivery versus payment: the title to goods passes in the chain of the payment that was asked for it, so that both are final or neither is.

An urgent payment that names an offer (`RmtInf/Strd/RfrdDocInf/Nb`, such as `ETR-000001/3`) pays for that record; one that names the instrument under which
records are offered (`COL-000001`, `LC-000001/P1`) pays for all of its documents, however many records they are. Its reservation carries each record's
unit of control as pending beside the money, in both currencies; what posts the money posts the title, what voids it voids both. The books
decide when: the register records it with the hash of that very chain. A payment that names no offer costs one look at a field.

What is asked for an offer is a text in it, or what the instrument asks that it names: a collection or a credit. A payment under one whose records do
not wait for it (documents on paper, a debt that matured) names the collection itself (`COL-000001`), or what is owed under the credit
(`LC-000001/P1`, `/U1`, `/C1`). Either way the instrument takes its step with the money, and its memoranda are linked behind the money's chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from fondaco.core import Mention, Reason, Refusal, amount_text
from fondaco.hub.machines import Outcome, PaidMachine, prefix_of
from fondaco.hub.record_machine import RecordMachine, outcome
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_legs import Leg, control_leg, needed_accounts, record_number
from fondaco.hub.trading import Trading
from fondaco.ledger import Transfer, record_ledger_of
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Books, Delivery, Event, Payment, Title, reserve, target_currency
from fondaco.trade import (
    PAYMENT,
    Change,
    ControlStep,
    Decided,
    PaymentTerms,
    TransferableRecord,
    names_instrument,
    payment_terms,
    register,
    settlement_batch_hash,
)

_ARTICLE = "T.3"
_DOCUMENT = "CdtTrfTxInf/RmtInf/Strd/RfrdDocInf/Nb"
# What a batch that is only tried bears as its hash.
_TRIED = "0" * 64


class Money(NamedTuple):
    """What arrives: whole minor units."""

    currency: str
    minor: int


class DeliveringHub(Protocol):
    """What delivering needs of the hub."""

    trading: Trading

    def drop_rate(self, batch: Batch, payment: Payment) -> None: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...


class Delivering:
    """The payments of a desk that deliver title. `claims` are offers that a live payment is to pay, with its number."""

    def __init__(self, desk: Desk, hub: DeliveringHub) -> None:
        self._desk = desk
        self._hub = hub
        self._claims: dict[str, int] = {}

    def _paid_under(self, reference: str) -> PaidMachine | None:
        """The machine under whose instrument is paid what this names; None where it names none."""
        return self._hub.trading.paid_machines.get(prefix_of(reference))

    def restore(self) -> None:
        live = [(number, one.delivery) for number, one in self._desk.live.items() if one.delivery is not None]
        self._claims = {claim: number for number, delivery in live for claim in delivery.claims}

    @property
    def _records(self) -> RecordMachine:
        return self._hub.trading.records

    # At the door

    def admitted(self, batch: Batch, payment: Payment, instruction: Instruction) -> Refusal | None:
        """Why a payment may not pay for the offer that it names; None where it may, and then it alone may until it ends."""
        found = self._found(batch, payment, instruction)
        if isinstance(found, Refusal):
            return found
        payment.delivery = found
        self._claims.update(dict.fromkeys(found.claims, payment.number))
        return None

    def _found(self, batch: Batch, payment: Payment, instruction: Instruction) -> Delivery | Refusal:
        lock = instruction.delivers
        if not payment.urgent:
            # A net position is no payment before its cycle is final, and the title would wait as long.
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, "CdtTrfTxInf/PmtTpInf/InstrPrty", "a delivery is paid urgently", _ARTICLE)
        if lock in self._claims:
            return _claimed(lock)
        machine = self._paid_under(lock)
        if machine is not None:
            return self._under(batch, payment, instruction, machine)
        record = self._records.record(lock.partition("/")[0])
        if record is None or record.lock is None or record.lock_id() != lock:
            return Refusal(Reason.NOT_FOUND, _DOCUMENT, f"{lock} is no open offer", _ARTICLE)
        if record.lock.against != PAYMENT:
            return Refusal(
                Reason.OUT_OF_TURN, _DOCUMENT, f"{lock} is offered against {record.lock.against or 'nothing'}", _ARTICLE
            )
        terms = self._terms(record.lock.reference, record.instrument)
        if isinstance(terms, Refusal):
            found = f"{lock} is paid under {record.lock.reference}: {terms.found}"
            return Refusal(Reason.OUT_OF_TURN, _DOCUMENT, found, _ARTICLE)
        money = Money(terms.currency, terms.minor)
        fault = self._terms_fault(payment, instruction, record.lock.recipient, terms) or self._bar(record, lock, batch, money)
        if fault is not None:
            return fault
        title = self._title(batch, record)
        said = self._said(record.holder, record.lock.recipient, *self._mentioned(record.lock.reference))
        return Delivery(lock, title.ledger, title.giver, title.taker, terms.currency, terms.minor, said)

    def _title(self, batch: Batch, record: TransferableRecord) -> Title:
        """A record that is offered, as it stands in a payment's chain."""
        assert record.lock is not None, "the offer was found"
        parties = self._hub.trading.parties
        giver, taker = record.holder, "" if record.lock.presentment else record.lock.recipient
        batch.accounts += needed_accounts([control_leg(ControlStep(record.instrument, giver, taker), parties.number_of)])
        ledger = record_ledger_of(record_number(record.instrument))
        return Title(record.lock_id(), ledger, parties.number_of(giver), parties.number_of(taker) if taker else 0)

    def _under(self, batch: Batch, payment: Payment, instruction: Instruction, machine: PaidMachine) -> Delivery | Refusal:
        """A payment for all documents of an instrument, with the title of every record among them that is offered against it; or for what
        carries none: a debt that matured, documents on paper, a part where a collection's instruction takes parts."""
        purpose = instruction.delivers
        asked = machine.asked(purpose)
        if isinstance(asked, Refusal):
            return _at_document(purpose, asked)
        payee = self._desk.in_force().participants[payment.creditor_agent]
        converted = target_currency(instruction, payee) != payment.source_currency
        minor = instruction.instructed_minor if converted else payment.source_minor
        terms = asked.terms._replace(minor=minor) if minor else asked.terms
        fault = self._terms_fault(payment, instruction, asked.payer, terms)
        if fault is not None:
            return fault
        offered = self._offered(machine, purpose) if minor == asked.terms.minor else []
        taken = [one.lock_id() for one in offered if one.lock_id() in self._claims]
        if taken:
            return _claimed(taken[0])
        fault = self._bars(offered, purpose, batch, Money(terms.currency, minor))
        if fault is not None:
            return fault
        titles = tuple(self._title(batch, one) for one in offered)
        said = self._said(*self._mentioned(purpose), *(one.holder for one in offered), *map(_recipient, offered))
        return Delivery(purpose, 0, 0, 0, terms.currency, minor, said, titles)

    def _offered(self, machine: PaidMachine, purpose: str) -> list[TransferableRecord]:
        """The records that wait for this payment, each offered against it; one that is not, or that is offered under another instrument, fails
        the payment when it is tried."""
        instrument = purpose.partition("/")[0]
        found = [self._records.record(one) for one in machine.waiting(purpose)]
        return [one for one in found if one is not None and _is_offered_under(one, instrument)]

    def _said(self, *parties: str) -> tuple[Mention, ...]:
        return tuple(one for party in dict.fromkeys(parties) for one in self._hub.trading.parties.mentions(party))

    def _mentioned(self, reference: str) -> tuple[str, ...]:
        machine = self._paid_under(reference)
        return machine.mentioned(reference) if machine is not None else ()

    def _terms(self, reference: str, record: str) -> PaymentTerms | Refusal:
        """What an offer's reference asks for: in its own words, or as the instrument says now that it names."""
        if not names_instrument(reference):
            return payment_terms(reference)
        machine = self._paid_under(reference)
        if machine is None:
            return Refusal(Reason.NOT_FOUND, _DOCUMENT, "nothing is paid under it through this hub", _ARTICLE)
        asked = machine.asked(reference, record)
        return asked if isinstance(asked, Refusal) else asked.terms

    def _tried(self, purpose: str, money: Money, batch: Batch, moved: dict[str, str]) -> Refusal | None:
        """Why an instrument would not take this payment now."""
        machine = self._paid_under(purpose)
        found = machine.paid(purpose, _TRIED, *money, batch.at, moved) if machine is not None else None
        return _at_document(purpose, found) if isinstance(found, Refusal) else None

    def _terms_fault(self, payment: Payment, instruction: Instruction, recipient: str, terms: PaymentTerms) -> Refusal | None:
        """To the bank, in the currency and to the minor unit that the offer says, by the bank of whom it was made to."""
        payer = self._hub.trading.parties.bank_of(recipient)
        payee = self._desk.in_force().participants[payment.creditor_agent]
        arrives = target_currency(instruction, payee)
        converted = arrives != payment.source_currency
        minor = instruction.instructed_minor if converted else payment.source_minor
        where = "CdtTrfTxInf/InstdAmt" if converted else "CdtTrfTxInf/IntrBkSttlmAmt"
        if payment.sender != payer:
            return Refusal(Reason.SENDER_CONTRADICTS, "CdtTrfTxInf/DbtrAgt", f"{recipient} is a customer of {payer}", _ARTICLE)
        if payment.creditor_agent != terms.payee_bank:
            found = f"{payment.creditor_agent}, and {terms.payee_bank} is to be paid"
            return Refusal(Reason.AMOUNT_DIFFERS, "CdtTrfTxInf/CdtrAgt", found, _ARTICLE)
        if arrives != terms.currency:
            return Refusal(Reason.AMOUNT_DIFFERS, f"{where}/@Ccy", f"{arrives}, and {terms.currency} is asked for", _ARTICLE)
        if converted and instruction.instructed_currency != terms.currency:
            return Refusal(Reason.ELEMENT_MISSING, where, f"what arrives is said to the unit: {terms.text()}", _ARTICLE)
        return self._amount_fault(minor, terms.currency, terms.minor, where)

    def _amount_fault(self, minor: int, currency: str, asked_minor: int, where: str) -> Refusal | None:
        if minor == asked_minor:
            return None
        found = f"{amount_text(minor, currency)}, and {amount_text(asked_minor, currency)} is asked for"
        return Refusal(Reason.AMOUNT_DIFFERS, where, found, _ARTICLE)

    def _bar(self, record: TransferableRecord, lock: str, batch: Batch, money: Money) -> Refusal | None:
        """Why a record may not pass now: its offer's time is over, a court froze it, nothing can be done for a party of it, or the
        collection that it is offered under does not take this money."""
        assert record.lock is not None and record.lock_id() == lock, "the offer was found"
        return self._bars([record], record.lock.reference, batch, money)

    def _bars(self, records: Sequence[TransferableRecord], purpose: str, batch: Batch, money: Money) -> Refusal | None:
        """The same of all records that pass together for one purpose: one that may not pass holds all back."""
        for record in records:
            tried = register.settle(self._records, record.lock_id(), _TRIED, batch.at)
            if isinstance(tried, Refusal):
                return _at_document(record.lock_id(), tried)
            barred = self._barred((record.holder, _recipient(record), record.issuer))
            if barred is not None:
                return barred
        return self._tried(purpose, money, batch, {one.instrument: _recipient(one) for one in records})

    def _barred(self, parties: Sequence[str]) -> Refusal | None:
        bar = self._hub.trading.parties.bar
        return next((fault for one in parties if (fault := bar(one)) is not None), None)

    def told(self, payment: Payment, instruction: Instruction) -> Instruction:
        """A payment that delivers is screened with the parties whose title it moves, at every list set that it meets."""
        if payment.delivery is None:
            return instruction
        return msgspec.structs.replace(instruction, mentions=(*instruction.mentions, *payment.delivery.said))

    # On the way

    def may_pass(self, batch: Batch, payment: Payment) -> Refusal | None:
        """Asked before anything is reserved."""
        delivery = payment.delivery
        assert delivery is not None, "it is asked of payments that deliver"
        # All deeds of a batch are decided before its payments: what the door saw in this batch stands.
        fault = self._still_open(batch, delivery) if payment.batch != batch.number else None
        return fault or self._amount_fault(payment.target_minor, delivery.currency, delivery.minor, "CdtTrfTxInf/InstdAmt")

    def _still_open(self, batch: Batch, delivery: Delivery) -> Refusal | None:
        records = []
        for title in delivery.passing:
            record = self._records.record(title.lock.partition("/")[0])
            if record is None or record.lock is None or record.lock_id() != title.lock:
                return Refusal(Reason.EXPIRED, _DOCUMENT, f"{title.lock} is no open offer any more", _ARTICLE)
            records.append(record)
        return self._bars(records, self._purpose(delivery), batch, Money(delivery.currency, delivery.minor))

    def _purpose(self, delivery: Delivery) -> str:
        """What a payment is made under: what it names, or what the offer that it names says."""
        if not delivery.ledger:
            return delivery.lock
        record = self._records.record(delivery.lock.partition("/")[0])
        assert record is not None and record.lock is not None, "the offer stands"
        return record.lock.reference

    def refuse(self, batch: Batch, payment: Payment, refusal: Refusal) -> None:
        """End a payment that has reserved nothing: what it was to pay for may not pass."""
        payment.refusal = refusal
        self._hub.drop_rate(batch, payment)
        self._hub.take(batch, payment, Event.DELIVERY_BARRED)

    def moved(self, batch: Batch, payment: Payment, books: Books) -> None:
        """What the payment's own step does to the offer: the register says that its money is set aside, or let go again."""
        delivery = payment.delivery
        assert delivery is not None, "it is told of payments that deliver"
        for title in delivery.passing:
            if books is Books.RESERVE:
                self._noted(batch, title.lock, register.fund(self._records, title.lock, payment.uetr, batch.at), "FUND")
            elif books is Books.VOID:
                self._noted(batch, title.lock, register.unfund(self._records, title.lock, batch.at), "UNFUND")
        for claim in delivery.claims if payment.final else ():
            self._claims.pop(claim, None)

    def settled(self, batch: Batch, payment: Payment, posting: list[Transfer]) -> Refusal | list[Leg]:
        """Record that the chain which is posted now carries the title, with the chain's hash, and that the collection is paid. Returns what
        must be linked behind that chain: the collection's memoranda. A refusal means that nothing may move: a court froze the record
        meanwhile, nothing can be done for a party of it any more, or the collection stands otherwise by now."""
        delivery = payment.delivery
        assert delivery is not None, "it is asked of payments that deliver"
        reserved = reserve(payment, payment.intent, self._desk.in_force(), self._desk.ledgers)
        hashed, purpose = settlement_batch_hash(reserved, posting), self._purpose(delivery)
        settled, moved = [], {}
        for title in delivery.passing:
            record = self._records.record(title.lock.partition("/")[0])
            assert record is not None and record.lock is not None, "an offer whose money is set aside stands"
            barred = self._barred((record.holder, record.lock.recipient, record.issuer))
            if barred is not None:
                return barred
            found = register.settle(self._records, title.lock, hashed, batch.at)
            if isinstance(found, Refusal):
                return _at_document(title.lock, found)
            moved[record.instrument] = record.lock.recipient
            settled.append((title, found))
        paid = self._paid(batch, delivery, purpose, hashed, moved)
        if isinstance(paid, Refusal):
            return paid
        # The titles are the last of the chain; nothing is noted before all of them may pass.
        for (title, found), booked in zip(settled, reserved[len(reserved) - len(settled) :], strict=True):
            assert len(found.control) == 1, "an offer is of one record"
            leg = control_leg(found.control[0], self._hub.trading.parties.number_of)
            assert (leg.debit.id, leg.credit.id) == (booked.debit, booked.credit), "the books move the title as the register says"
            self._noted(batch, title.lock, found, "SETTLE")
        return self._collected(batch, delivery, paid)

    def _paid(
        self, batch: Batch, delivery: Delivery, purpose: str, hashed: str, moved: dict[str, str]
    ) -> Outcome | Refusal | None:
        """What the payment comes to for the collection under which it is made, None where it is made under none."""
        machine = self._paid_under(purpose)
        if machine is None:
            return None
        found = machine.paid(purpose, hashed, delivery.currency, delivery.minor, batch.at, moved)
        return _at_document(delivery.lock, found) if isinstance(found, Refusal) else found

    def _collected(self, batch: Batch, delivery: Delivery, paid: Outcome | Refusal | None) -> Refusal | list[Leg]:
        """Keep the collection's step, and give what it moves."""
        if isinstance(paid, Refusal):
            return paid
        if paid is None:
            return []
        trading = self._hub.trading
        trading.take(batch, trading.machines[prefix_of(paid.instrument)], paid, "PAID", f"payment for {delivery.lock}")
        return trading.legs(batch, paid)

    def _noted(self, batch: Batch, lock: str, decided: Decided[tuple[Change, ...]] | Refusal, action: str) -> None:
        found = outcome(decided)
        assert not isinstance(found, Refusal), f"{action} of an offer that stands: {found}"
        trading = self._hub.trading
        trading.take(batch, trading.records, found, action, f"payment for {lock}")


def _recipient(record: TransferableRecord) -> str:
    assert record.lock is not None, "it is offered"
    return record.lock.recipient


def _claimed(lock: str) -> Refusal:
    return Refusal(Reason.OUT_OF_TURN, _DOCUMENT, f"{lock} is being paid by another payment", _ARTICLE)


def _at_document(lock: str, refusal: Refusal) -> Refusal:
    """The register's no, at the place in the payment that names the offer."""
    return msgspec.structs.replace(refusal, where=_DOCUMENT, found=f"{lock}: {refusal.found}")


def _is_offered_under(record: TransferableRecord, instrument: str) -> bool:
    """Whether whoever holds it asked for this instrument's money; a price under another is another price, whoever pays it."""
    lock = record.lock
    return lock is not None and bool(record.lock_id()) and (lock.against, lock.reference) == (PAYMENT, instrument)
