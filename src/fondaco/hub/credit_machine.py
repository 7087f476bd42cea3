"""Documentary credits as the hub keeps them: what a deed comes to, what the clock brings, and what a payment under them settles.

The register alone moves control of records. What a credit says of who holds them is compared with it: where both disagree nothing happens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from fondaco.core import CURRENCIES, Instant, Reason, Refusal, minor_text
from fondaco.hub.banking_places import BankingPlaces
from fondaco.hub.machines import Asked, Outcome, next_number
from fondaco.hub.record_machine import RecordMachine, outcome
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_parties import TradeParties
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.trade import (
    Against,
    Decided,
    Deed,
    LetterOfCredit,
    Lock,
    PaymentTerms,
    availability,
    crediting,
    own_books,
    register,
    reimbursement,
)

PREFIX = "LC"
CREDIT = "letter_of_credit"
_ARTICLE = "T.3"
_PARTS = {"P": "presentation", "U": "undertaking", "C": "claim"}
# Which offers a deed of the bank releases.
_RELEASES = {
    "UNDERTAKEN": (Against.UNDERTAKING.value,),
    "NEGOTIATED": (Against.UNDERTAKING.value,),
    "CREDITED": (Against.UNDERTAKING.value,),
    "COVERED": (Against.PAYMENT.value, Against.UNDERTAKING.value),
}
_BANKS = ("issuing_bank", "advising_bank", "confirming_bank", "reimbursing_bank", "available_with")


class CreditMachine:
    """The credits of a desk."""

    begins = frozenset({crediting.APPLIED})

    def __init__(self, desk: Desk, shelf: TradeShelf, parties: TradeParties, records: RecordMachine) -> None:
        self._desk = desk
        self._shelf = shelf
        self._parties = parties
        self._records = records

    def credit(self, instrument: str) -> LetterOfCredit | None:
        return self._shelf.get(CREDIT, instrument, LetterOfCredit)

    def all(self) -> Iterator[LetterOfCredit]:
        """Every credit that the journal has, in the order of their numbers."""
        return (one for _, one in self._shelf.all(CREDIT, LetterOfCredit))

    # A machine of the hub (`machines.Machine`)

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        before = self.credit(deed.instrument) if deed.instrument else None
        if before is None and deed.instrument:
            return Refusal(Reason.NOT_FOUND, "instrument", deed.instrument, "T.1")
        if before is None:
            found = crediting.begin(f"{PREFIX}-{next_number(self._shelf, PREFIX):06d}", deed, at, self._places())
        else:
            found = crediting.decide(before, deed, at, self._places())
        if isinstance(found, Refusal):
            return found
        after = found.instrument
        fault = self._naming_fault(after) or self._barred(after) or self._offers_fault(before, after)
        if fault is not None:
            return fault
        if deed.action == "CREDITED":
            fault = self._stranger_fault(after, deed)
            if fault is not None:
                return fault
        released = self._released(before, found, deed, at) if before is not None and deed.action in _RELEASES else []
        if isinstance(released, Refusal):
            return released
        moved = {step.record: step.taker for one in released for step in one.control}
        return self._disagreement(found, moved) or _outcome(found, tuple(released), begun=before is None)

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        before = self.credit(instrument)
        found = crediting.elapse(before, at, self._places()) if before is not None else None
        return _outcome(found) if found is not None else None

    def due(self, instrument: str) -> int:
        found = self.credit(instrument)
        return availability.due(found) if found is not None else 0

    def keep(self, batch: Batch, change: LetterOfCredit) -> None:
        self._shelf.put(batch, CREDIT, change.id, change)

    # Its payments

    def asked(self, purpose: str, record: str = "") -> Asked | Refusal:
        """What a bank must pay now, to the bank of its creditor; `record` says for which presentation where `purpose` is the credit alone."""
        found = self.credit(prefix := purpose.partition("/")[0])
        if found is None:
            return Refusal(Reason.NOT_FOUND, "instrument", prefix, "T.1")
        named = _purpose(found, purpose, (record,))
        for one in (*availability.payables(found), *availability.voluntary(found)):
            if one.purpose == named:
                return Asked(one.payer, PaymentTerms(one.currency, one.minor, self._parties.bank_of(one.payee)))
        return Refusal(Reason.OUT_OF_TURN, "state", f"nothing is to be paid now for {named}", "UCP600.15")

    def waiting(self, purpose: str) -> tuple[str, ...]:
        """The records that pass against the whole payment for `purpose` (`LC-000001/P1`)."""
        found = self.credit(purpose.partition("/")[0])
        locks = availability.locks(found) if found is not None else ()
        return tuple(one.record for one in locks if one.purpose == purpose and found is not None and one.taker != found.applicant)

    def paid(
        self, purpose: str, batch_hash: str, currency: str, minor: int, at: Instant, moved: Mapping[str, str]
    ) -> Outcome | Refusal:
        """What a payment comes to whose chain has this hash; `moved` are the records that pass in it, with who gets them."""
        found = self.credit(purpose.partition("/")[0])
        assert found is not None, "the payment's own question found it"
        named = _purpose(found, purpose, tuple(moved))
        kind, number = _part(named)
        if kind == "claim" and found.claims[number - 1].state is reimbursement.State.REFUND_DUE:
            kind = "refund"
        body = {
            "batch": batch_hash,
            "currency": currency,
            "amount": minor_text(minor, CURRENCIES[currency].exponent),
            kind: number,
        }
        deed = Deed("", "", found.id, found.version, "PAID", msgspec.json.encode(body))
        decided = crediting.decide(found, deed, at, self._places())
        if isinstance(decided, Refusal):
            return decided
        return self._barred(decided.instrument) or self._disagreement(decided, moved) or _outcome(decided)

    def mentioned(self, purpose: str) -> tuple[str, ...]:
        """The parties whose names are screened with a payment for it."""
        found = self.credit(purpose.partition("/")[0])
        assert found is not None, "the payment's own question found it"
        return found.applicant, found.beneficiary, *(each.second for each in found.transfers)

    # Its records

    def _released(
        self, before: LetterOfCredit, found: Decided[LetterOfCredit], deed: Deed, at: Instant
    ) -> list[Outcome] | Refusal:
        """What a bank's word releases: every record that is offered against it passes, under the hash of the signed deed.

        Documents that a reimbursing bank has paid for are paid for: what the issuing bank takes up passes against payment too (13(b)).
        """
        hashed, released = hashlib.sha256(deed.material()).hexdigest(), []
        conditions = _RELEASES[deed.action]
        for step in found.control:
            record = self._records.record(step.record)
            offer = record.lock if record is not None else None
            asked = (step.taker, before.id)
            if record is None or offer is None or (offer.recipient, offer.reference) != asked or offer.against not in conditions:
                return _no(f"{step.record} is not offered to {step.taker} against {conditions[0]} under {before.id}")
            settled = outcome(register.settle(self._records, record.lock_id(), hashed, at))
            if isinstance(settled, Refusal):
                return _no(f"{step.record}: {settled.found}")
            released.append(settled)
        return released

    def _offers_fault(self, before: LetterOfCredit | None, after: LetterOfCredit) -> Refusal | None:
        """Documents that come to a bank are offered to it: each record by who has it, against what honour is, and under this credit."""
        known = availability.locks(before) if before is not None else ()
        for lock in availability.locks(after):
            if lock in known or lock.taker == after.applicant:
                continue  # what the bank lets go of against its reimbursement is offered when it will
            record = self._records.record(lock.record)
            if record is None:
                return Refusal(Reason.NOT_FOUND, "records", lock.record, _ARTICLE)
            offer = record.lock
            if record.holder != lock.giver:
                return _no(f"{lock.record} is with {record.holder or 'nobody'}, and must be with {lock.giver}")
            asked = (lock.taker, after.id)
            against = self._conditions(after, lock)
            if offer is None or not offer.open or (offer.recipient, offer.reference) != asked or offer.against not in against:
                return _no(f"{lock.record} is not offered to {lock.taker} against {lock.against} under {after.id}")
        return None

    def _conditions(self, credit: LetterOfCredit, lock: Lock) -> tuple[str, ...]:
        """Against what a record may come to a bank: what its honour is; its word alone where it buys the documents, or pays its own customer."""
        buys = credit.terms.available_by == "NEGOTIATION" and lock.taker != credit.issuing_bank
        word = buys or self._parties.bank_of(lock.giver) == lock.taker
        return (lock.against, Against.UNDERTAKING.value) if word else (lock.against,)

    def _stranger_fault(self, after: LetterOfCredit, deed: Deed) -> Refusal | None:
        """A bank's word that it paid is enough towards its own customer alone; to any other bank money moves through the hub."""
        creditor = own_books.customer(after, deed)
        if self._parties.bank_of(creditor) == deed.actor:
            return None
        return Refusal(Reason.ROLE_NOT_HELD, "actor", f"{creditor} is no customer of {deed.actor}", own_books.ARTICLE)

    def _disagreement(self, found: Decided[LetterOfCredit], moved: Mapping[str, str]) -> Refusal | None:
        """Where a record that changes hands under the credit is with somebody else by the register; `moved` pass with this very step."""
        for step in found.control:
            record = self._records.record(step.record)
            there = moved.get(step.record, record.holder if record is not None else "")
            if there != step.taker:
                return _no(f"{step.record} is with {there or 'nobody'}, and must be with {step.taker}")
        return None

    # Who takes part

    def _naming_fault(self, after: LetterOfCredit) -> Refusal | None:
        """Why what the terms name cannot be done through this hub: told when it is asked for, not when somebody tries to pay."""
        members = self._desk.in_force().participants
        for role in _BANKS:
            bank = getattr(after.terms, role)
            if bank is not None and bank.id not in members:
                return Refusal(Reason.NOT_FOUND, f"terms.{role}.id", bank.id, "UCP600.2")
        for owed in after.undertakings:
            if not self._parties.bank_of(owed.creditor):
                return Refusal(Reason.NOT_FOUND, "to", owed.creditor, "UCP600.39")
        for where, who in (("terms.currency", after.beneficiary), *(("to", each.second) for each in after.transfers)):
            payee = members.get(self._parties.bank_of(who))
            if payee is not None and after.currency not in payee.currencies:
                return Refusal(Reason.CURRENCY_NOT_HELD, where, after.currency, _ARTICLE)
        if after.margin and after.currency not in members[after.issuing_bank].currencies:
            return Refusal(Reason.CURRENCY_NOT_HELD, "margin", after.currency, _ARTICLE)
        return None

    def _barred(self, after: LetterOfCredit) -> Refusal | None:
        """The first of its parties for which nothing can be done now, or that nobody knows."""
        banks = [one.id for role in _BANKS if (one := getattr(after.terms, role)) is not None]
        seconds = [each.second for each in after.transfers]
        named = dict.fromkeys((after.applicant, after.beneficiary, *banks, *seconds))
        return next((fault for one in named if (fault := self._parties.bar(one)) is not None), None)

    def _places(self) -> BankingPlaces:
        return BankingPlaces(self._desk.in_force(), self._desk.scheme.version)


def _purpose(credit: LetterOfCredit, purpose: str, records: tuple[str, ...]) -> str:
    """What is paid (`LC-000001/P1`): as it is named, or the last presentation with one of these records."""
    if "/" in purpose:
        return purpose
    found = [each.number for each in credit.presentations if set(records) & set(each.records)]
    return f"{purpose}/P{found[-1] if found else 0}"


def _part(purpose: str) -> tuple[str, int]:
    """Which of the numbers of PAID it is, and the number: (`presentation`, 1) for `LC-000001/P1`."""
    part = purpose.partition("/")[2]
    return _PARTS[part[0]], int(part[1:])


def _no(found: str) -> Refusal:
    return Refusal(Reason.OUT_OF_TURN, "records", found, _ARTICLE)


def _outcome(decided: Decided[LetterOfCredit], along: tuple[Outcome, ...] = (), *, begun: bool = False) -> Outcome:
    """In the hub's form. The steps of control are the register's own, never those that the credit tells."""
    after = decided.instrument
    control = tuple(step for one in along for step in one.control)
    return Outcome(after.id, after.version, after.id if begun else "", decided.entries, control, decided.tells, (after,), along)
