"""The financing register of a hub: a bank registers before it finances, and no right in a claim, record or credit is given without it.

What stands in the hub is known to it: of that it makes fingerprints itself (`trade/document_prints.py`), beside those that a bank brings under the key of
its group. So the same invoice issued again with an edited number is found here whatever a bank brings, and a copy on paper by the banks' own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub.credit_machine import CreditMachine
from fondaco.hub.invoice_machine import InvoiceMachine
from fondaco.hub.machines import Outcome, next_number
from fondaco.hub.record_machine import RecordMachine
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_parties import TradeParties
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.trade import (
    Change,
    Decided,
    Deed,
    LetterOfCredit,
    TradeInvoice,
    document_prints,
    financing,
    fingerprint,
    invoice,
    presentation,
    transferable_record,
    undertaking,
)

PREFIX, FINANCING = "FIN", "financing"
_ARTICLE = "17.1"
_REPAID = (presentation.State.REIMBURSED, presentation.State.SETTLED)


class _Subject(NamedTuple):
    """What stands in the hub and is to be financed: whose it is, to whom it is offered for that already, and the hub's fingerprints of it."""

    owner: str
    offered_to: str
    prints: tuple[fingerprint.Print, ...]


class _Right(NamedTuple):
    """What a deed gives somebody a right in; `repays` are subjects whose financing ends with it."""

    subject: str
    to: str
    where: str
    repays: tuple[str, ...] = ()


class _Named(msgspec.Struct):
    """What a deed upon a credit says of which part it is about, and to whom that goes."""

    presentation: int = 0
    undertaking: int = 0
    to: str = ""


class FinancingMachine:
    """The register of a desk (`machines.Machine`). What is live is in memory: every bank that asks is held against all of it."""

    begins = frozenset({financing.REGISTER})

    def __init__(
        self,
        desk: Desk,
        shelf: TradeShelf,
        parties: TradeParties,
        records: RecordMachine,
        invoices: InvoiceMachine,
        credits: CreditMachine,
    ) -> None:
        self._desk = desk
        self._shelf = shelf
        self._parties = parties
        self._records = records
        self._invoices = invoices
        self._credits = credits
        self.book = financing.FinancingBook()

    def restore(self) -> None:
        self.book = financing.FinancingBook(one for one in self.all() if one.live)

    def found(self, instrument: str) -> financing.Financing | None:
        return self._shelf.get(FINANCING, instrument, financing.Financing)

    def all(self) -> Iterator[financing.Financing]:
        """Every one that the journal has, in the order of their numbers."""
        return (one for _, one in self._shelf.all(FINANCING, financing.Financing))

    # A machine of the hub

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        if deed.action == financing.REGISTER:
            return self._registered(deed, at, signers)
        if any(one != deed.actor for one in signers):
            return Refusal(Reason.ROLE_NOT_HELD, "signatures", "of somebody else than its actor", "T.1")
        return _outcome(financing.decide(self.book, deed, at))

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        one = self.book.get(instrument)
        if one is None or one.state is not financing.State.REGISTERED or at < one.until:
            return None
        found = _outcome(financing.lapse(one, at))
        assert isinstance(found, Outcome), "a registration whose time is over lapses"
        return found

    def due(self, instrument: str) -> int:
        one = self.book.get(instrument)
        return int(one.until) if one is not None and one.state is financing.State.REGISTERED else 0

    def keep(self, batch: Batch, change: financing.Financing) -> None:
        self._shelf.put(batch, FINANCING, change.id, change)
        self.book.keep(change)

    def _registered(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        if deed.actor not in self._desk.in_force().participants:
            return Refusal(Reason.ROLE_NOT_HELD, "actor", f"{deed.actor} is no member: its bank registers", _ARTICLE)
        if deed.instrument or deed.version:
            return Refusal(Reason.NOT_FOUND, "instrument", deed.instrument, _ARTICLE)
        said = financing.registering(deed)
        if isinstance(said, Refusal):
            return said
        own: tuple[fingerprint.Print, ...] = ()
        if said.subject:
            subject = self._subject(said.subject)
            if isinstance(subject, Refusal):
                return subject
            # Who registers first keeps others away: of what is not its customer's it needs the word of whose it is.
            agreed = subject.owner in signers or deed.actor in (
                self._parties.bank_of(subject.owner),
                self._parties.bank_of(subject.offered_to),
            )
            if not agreed:
                found = f"{subject.owner} has not signed that {deed.actor} may finance {said.subject}"
                return Refusal(Reason.ROLE_NOT_HELD, "signatures", found, _ARTICLE)
            own = subject.prints
        return _outcome(financing.register(self.book, deed, f"{PREFIX}-{next_number(self._shelf, PREFIX):06d}", at, own))

    # What stands in the hub

    def _subject(self, name: str) -> _Subject | Refusal:
        instrument, _, part = name.partition("/")
        if instrument.startswith("INV-") and not part:
            paper = self._invoices.found(instrument)
            if paper is not None and paper.state not in invoice.ENDS:
                return _Subject(paper.seller, paper.encumbered_to, document_prints.hub_prints_of_invoice(paper))
        if instrument.startswith("ETR-") and not part:
            record = self._records.record(instrument)
            if record is not None and not record.ended:
                to = record.pledge.pledgee if record.pledged and record.pledge is not None else ""
                return _Subject(record.holder, to, document_prints.hub_prints(name, self._contents((instrument,))))
        credit = self._credits.credit(instrument) if instrument.startswith("LC-") else None
        if credit is not None:
            return self._of_credit(credit, name, part)
        return Refusal(Reason.NOT_FOUND, "body.subject", name[:80], _ARTICLE)

    def _of_credit(self, credit: LetterOfCredit, name: str, part: str) -> _Subject | Refusal:
        for each in credit.presentations:
            if part == f"P{each.number}" and not each.over:
                return _Subject(each.presenter, each.bank, document_prints.hub_prints(name, self._contents(each.records)))
        for owed in credit.undertakings:
            if part == f"U{owed.number}" and owed.owed:
                return _Subject(owed.creditor, "", document_prints.hub_prints(name))
        return Refusal(Reason.NOT_FOUND, "body.subject", name[:80], _ARTICLE)

    def _contents(self, records: Sequence[str]) -> Iterator[str]:
        """The documents of these records, as they were issued."""
        for each in records:
            record = self._records.record(each)
            if record is not None:
                yield self._records.content(record)

    # Rights that are given, and that end

    def given(self, deed: Deed, found: Outcome, at: Instant) -> Sequence[Outcome] | Refusal:
        """What the register makes of a deed that gives a right: nothing for any other deed, a no where its bank may not finance it."""
        right = _right(deed, found)
        if right is None:
            return ()
        bank = self._parties.bank_of(right.to)
        one = next((each for each in self.book.of_subject(right.subject) if each.owner == bank), None)
        if one is None:
            return Refusal(Reason.OUT_OF_TURN, right.where, f"{bank} has not registered {right.subject} to finance it", _ARTICLE)
        repaid = [each for subject in right.repays for each in self.book.of_subject(subject) if each.bound]
        decided = financing.bound(self.book, one, at, tuple(each.id for each in repaid))
        if isinstance(decided, Refusal):
            return msgspec.structs.replace(decided, where=right.where, found=f"{one.id}: {decided.found}")
        return [_sure(financing.repaid(each)) for each in repaid] + [_sure(decided)]

    def ended(self, change: Any) -> list[Outcome]:
        """What is repaid with this step of an instrument: the right in it was released, or what was owed was paid."""
        return [_sure(financing.repaid(one)) for subject in _free(change) for one in self.book.of_subject(subject) if one.bound]

    def holds(self, paper: TradeInvoice) -> bool:
        """Whether somebody finances this invoice, or another copy of it."""
        alike = self.book.alike(document_prints.hub_prints_of_invoice(paper))
        return any(
            likeness is fingerprint.Likeness.EXACT and self.book[one].state is financing.State.FINANCED
            for one, likeness in alike.items()
        )


def _right(deed: Deed, found: Outcome) -> _Right | None:
    change = found.changes[0] if found.changes else None
    if isinstance(change, TradeInvoice) and deed.action == invoice.ENCUMBER:
        return _Right(change.id, change.encumbered_to, "body.to")
    if isinstance(change, Change) and deed.action == transferable_record.PledgeEvent.ACCEPT_PLEDGE.name:
        assert change.record.pledge is not None, "a pledge was accepted"
        return _Right(change.record.instrument, change.record.pledge.pledgee, "pledge")
    if not isinstance(change, LetterOfCredit) or deed.action not in ("NEGOTIATED", "DISCOUNTED"):
        return None
    named = msgspec.json.decode(deed.body, type=_Named)
    if deed.action == "DISCOUNTED":
        return _Right(f"{change.id}/U{named.undertaking}", named.to, "body.to")
    # Who buys documents from the bank before it repays that bank.
    parent, repays = change.presentations[named.presentation - 1].parent, []
    while parent:  # ends: a presentation's parent has a lower number
        repays.append(f"{change.id}/P{parent}")
        parent = change.presentations[parent - 1].parent
    return _Right(f"{change.id}/P{named.presentation}", deed.actor, "body.presentation", tuple(repays))


def _unbought(each: presentation.Presentation) -> bool:
    """Whether a bank that bought documents has its advance back, and the presenter its documents."""
    return each.state is presentation.State.UNREIMBURSED and not each.honoured


def _free(change: Any) -> list[str]:
    """The subjects of an instrument in which nobody has a right any more."""
    if isinstance(change, TradeInvoice):
        return [change.id] if not change.encumbrance or change.state in invoice.ENDS else []
    if isinstance(change, Change):
        record = change.record
        pledged = record.pledge is not None and record.pledge.state is transferable_record.PledgeState.PLEDGED
        return [] if pledged and not record.ended else [record.instrument]
    if isinstance(change, LetterOfCredit):
        bought = [f"{change.id}/P{each.number}" for each in change.presentations if each.state in _REPAID or _unbought(each)]
        return bought + [
            f"{change.id}/U{each.number}" for each in change.undertakings if each.state in undertaking.UNDERTAKING.ends
        ]
    return []


def _outcome(decided: Decided[financing.Financing] | Refusal) -> Outcome | Refusal:
    return decided if isinstance(decided, Refusal) else _sure(decided)


def _sure(decided: Decided[financing.Financing]) -> Outcome:
    one = decided.instrument
    return Outcome(one.id, one.version, one.id if one.version == 1 else "", (), (), decided.tells, (one,))
