"""Documentary collections as the hub keeps them: what a deed comes to, what the clock brings, and what a payment or an acceptance releases.

The register alone moves control of records. What a collection says of who holds them is compared with it: where both disagree nothing happens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub.machines import Asked, Outcome, next_number
from fondaco.hub.record_machine import PREFIX as RECORDS
from fondaco.hub.record_machine import RecordMachine, outcome
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_parties import TradeParties
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.rulebook import Rules
from fondaco.trade import PAYMENT, BankingPlace, Collection, Decided, Deed, Lock, PaymentTerms, collecting, collection, register

PREFIX = "COL"
COLLECTION, UNDER = "collection", "under_collection"
_ARTICLE = "T.3"
# After these it may be that other parties, another amount or another bank are named.
_NAMING = frozenset({"INSTRUCTED", "SENT", "AMENDED"})
_ENDORSES = frozenset({"ENDORSE", "ENDORSE_TO_ORDER", "BLANK_ENDORSE"})
_PARTS_WITH = frozenset({"PLEDGE", "PRESENT_FOR_PAYMENT", "SURRENDER_FOR_DELIVERY", "SURRENDER_FOR_AMENDMENT"})


class _Offered(msgspec.Struct):
    """What a deed upon a record says of where the record goes."""

    recipient: str = ""
    against: str = ""
    reference: str = ""
    endorsement: str = ""


class CollectionMachine:
    """The collections of a desk."""

    begins = frozenset({collecting.INSTRUCTED})

    def __init__(self, desk: Desk, shelf: TradeShelf, parties: TradeParties, records: RecordMachine) -> None:
        self._desk = desk
        self._shelf = shelf
        self._parties = parties
        self._records = records
        # The places of the rules in force: they are the same until other rules are.
        self._known: tuple[Rules, dict[str, BankingPlace]] | None = None

    def collection(self, instrument: str) -> Collection | None:
        return self._shelf.get(COLLECTION, instrument, Collection)

    def all(self) -> list[Collection]:
        """Every collection that the journal has, in the order of their numbers."""
        return [one for _, one in self._shelf.all(COLLECTION, Collection)]

    # A machine of the hub (`machines.Machine`)

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        before = self.collection(deed.instrument)
        if deed.instrument and before is None:
            return Refusal(Reason.NOT_FOUND, "instrument", deed.instrument, "T.1")
        if before is None:
            found = collecting.begin(f"{PREFIX}-{next_number(self._shelf, PREFIX):06d}", deed, at, self._places())
        else:
            found = collecting.decide(before, deed, at, self._places())
        if isinstance(found, Refusal):
            return found
        after = found.instrument
        fault = (self._naming_fault(after, before) if deed.action in _NAMING else None) or self._barred(after)
        if fault is not None:
            return fault
        released = self._accepted(before, deed, at) if before is not None and deed.action == "ACCEPTED" else []
        if isinstance(released, Refusal):
            return released
        moved = {step.record: step.taker for one in released for step in one.control}
        return self._disagreement(before, after, moved) or _outcome(found, tuple(released), begun=before is None)

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        before = self.collection(instrument)
        found = collecting.elapse(before, at, self._places()) if before is not None else None
        return _outcome(found) if found is not None else None

    def due(self, instrument: str) -> int:
        found = self.collection(instrument)
        return collection.due(found) if found is not None else 0

    def keep(self, batch: Batch, change: Collection) -> None:
        if self.collection(change.id) is None:
            for record in change.records:
                self._shelf.put(batch, UNDER, record, change.id)
        self._shelf.put(batch, COLLECTION, change.id, change)

    # Its payment

    def asked(self, purpose: str, record: str = "") -> Asked | Refusal:
        """What must be paid for it now, to the bank that makes it available to the principal (URC 522 art. 16)."""
        found = self.collection(purpose)
        if found is None:
            return Refusal(Reason.NOT_FOUND, "instrument", purpose, "T.1")
        for one in collection.payables(found):
            return Asked(one.payer, PaymentTerms(one.currency, one.minor, self._parties.bank_of(one.payee)))
        return Refusal(Reason.OUT_OF_TURN, "state", f"{found.state.name}: nothing is to be paid now", "URC522.6")

    def waiting(self, purpose: str) -> tuple[str, ...]:
        """The records that pass against the whole payment of the collection."""
        found = self.collection(purpose)
        locks = collection.locks(found) if found is not None else ()
        return tuple(one.record for one in locks if one.against == PAYMENT)

    def paid(
        self, purpose: str, batch_hash: str, currency: str, minor: int, at: Instant, moved: Mapping[str, str]
    ) -> Outcome | Refusal:
        """What a payment comes to whose chain has this hash; `moved` are the records that pass in it, with who gets them."""
        found = self.collection(purpose)
        assert found is not None, "the payment's own question found it"
        decided = collecting.paid(found, batch_hash, currency, minor, at, self._places())
        if isinstance(decided, Refusal):
            return decided
        after = decided.instrument
        return self._barred(after) or self._disagreement(found, after, moved) or _outcome(decided)

    def mentioned(self, purpose: str) -> tuple[str, ...]:
        """The parties whose names are screened with a payment for it."""
        found = self.collection(purpose)
        assert found is not None, "the payment's own question found it"
        return found.principal, found.drawee

    # Its records

    def record_fault(self, deed: Deed) -> Refusal | None:
        """Why a deed upon a record may not be: while documents are out for collection their records go from bank to bank, and to the
        drawee against what the instruction says alone (URC 522 art. 4 and 10-11: banks deal with them as instructed)."""
        if not deed.instrument.startswith(f"{RECORDS}-"):
            return None
        try:
            said = msgspec.json.decode(deed.body, type=_Offered)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # the register refuses it, and says where
        named = said.reference if deed.action == "OFFER_AGAINST" and said.reference.startswith(f"{PREFIX}-") else ""
        found = self._over(deed.instrument)
        if found is None:
            if named:
                return Refusal(
                    Reason.NOT_FOUND, "body.reference", f"{deed.instrument} is not among the documents of {named}", _ARTICLE
                )
            return None
        no = Refusal(Reason.OUT_OF_TURN, "action", f"{deed.instrument} is out for collection under {found.id}", "URC522.4")
        if deed.action == "OFFER_AGAINST":
            offered = Lock(deed.instrument, deed.actor, said.recipient, said.against, said.reference)
            return None if offered in collection.locks(found) else no
        if deed.action == "TRANSFER":
            mandated = said.recipient in (found.principal, found.remitting_bank, found.collecting_bank)
            return None if mandated and (not said.endorsement or deed.actor == found.principal) else no
        if deed.action in _ENDORSES:
            return None if deed.actor == found.principal else no
        return no if deed.action in _PARTS_WITH else None

    def _over(self, record: str) -> Collection | None:
        """The collection that a record is out for, None where it is free."""
        under = self._shelf.get(UNDER, record, str)
        found = self.collection(under) if under else None
        if found is None or found.state in (collection.State.DECLINED, collection.State.CLOSED):
            return None
        return None if collection.control(found)[record] == found.drawee else found

    def _accepted(self, before: Collection, deed: Deed, at: Instant) -> list[Outcome] | Refusal:
        """What the drawee's acceptance releases: every record that is offered against it passes, under the hash of the signed deed."""
        hashed, found = hashlib.sha256(deed.material()).hexdigest(), []
        for lock in collection.locks(before):
            record = self._records.record(lock.record)
            offer = record.lock if record is not None else None
            if (
                record is None
                or offer is None
                or (offer.recipient, offer.against, offer.reference) != (lock.taker, lock.against, lock.purpose)
            ):
                return _no(f"{lock.record} is not offered to {lock.taker} against {lock.against}")
            settled = outcome(register.settle(self._records, record.lock_id(), hashed, at))
            if isinstance(settled, Refusal):
                return _no(f"{lock.record}: {settled.found}")
            found.append(settled)
        return found

    def _disagreement(self, before: Collection | None, after: Collection, moved: Mapping[str, str]) -> Refusal | None:
        """Where the register says otherwise of a record than the collection would; `moved` pass with this very step. What the drawee has
        is its own: it may have sold it or surrendered it since."""
        stood = collection.control(before) if before is not None else {}
        for key, holder in collection.control(after).items():
            if stood.get(key) == after.drawee:
                continue
            record = self._records.record(key)
            if record is None:
                return Refusal(Reason.NOT_FOUND, "records", key, _ARTICLE)
            there = moved.get(key, record.holder)
            if there != holder:
                return _no(f"{key} is with {there or 'nobody'}, and must be with {holder}")
        return None

    # Who takes part

    def _naming_fault(self, after: Collection, before: Collection | None) -> Refusal | None:
        """Why what is named cannot be done through this hub: told when it is instructed, not when somebody tries to pay."""
        members = self._desk.in_force().participants
        if self._parties.bank_of(after.principal) != after.remitting_bank:
            return Refusal(
                Reason.ROLE_NOT_HELD, "remitting_bank", f"{after.principal} is no customer of {after.remitting_bank}", "URC522.3"
            )
        if after.collecting_bank and after.collecting_bank not in members:
            return Refusal(Reason.NOT_FOUND, "collecting_bank", after.collecting_bank, "URC522.3")
        if not self._parties.bank_of(after.drawee):
            return Refusal(Reason.NOT_FOUND, "drawee", after.drawee, "URC522.3")
        if after.drawee in (after.remitting_bank, after.collecting_bank):
            # It would have the documents before it paid or accepted.
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, "drawee", after.drawee, "URC522.3")
        if after.currency not in members[after.remitting_bank].currencies:
            return Refusal(Reason.CURRENCY_NOT_HELD, "currency", after.currency, _ARTICLE)
        for record in after.records if before is None else ():
            other = self._over(record)
            if other is not None:
                return _no(f"{record} is out for collection under {other.id}")
            astray = self._on_offer(record, (after.remitting_bank, after.collecting_bank))
            if astray:
                return _no(f"{record} is on offer to {astray}: withdraw that first")
        return None

    def _on_offer(self, record: str, banks: tuple[str, str]) -> str:
        """To whom a record is on offer so that it could not be once it is out for collection: the drawee might have it for nothing. "" for nobody."""
        found = self._records.record(record)
        offer = found.lock if found is not None and found.locked else None
        return offer.recipient if offer is not None and (offer.against or offer.recipient not in banks) else ""

    def _barred(self, after: Collection) -> Refusal | None:
        """The first of its parties for which nothing can be done now."""
        named = (after.principal, after.remitting_bank, after.collecting_bank, after.drawee)
        return next((fault for one in named if one and (fault := self._parties.bar(one)) is not None), None)

    def _places(self) -> dict[str, BankingPlace]:
        """Every member as a place that works: on the calendar of its currency (decision 0041), in the rulebook's version."""
        rules = self._desk.in_force()
        if self._known is None or self._known[0] is not rules:
            places = {
                bic: BankingPlace(bic, self._desk.scheme.version, rules.currencies[one.currency].calendar)
                for bic, one in rules.participants.items()
                if one.currency in rules.currencies
            }
            self._known = rules, places
        return self._known[1]


def _no(found: str) -> Refusal:
    return Refusal(Reason.OUT_OF_TURN, "records", found, _ARTICLE)


def _outcome(decided: Decided[Collection], along: tuple[Outcome, ...] = (), *, begun: bool = False) -> Outcome:
    """In the hub's form. The control steps are the register's own, never those that the collection tells."""
    after = decided.instrument
    control = tuple(step for one in along for step in one.control)
    return Outcome(after.id, after.version, after.id if begun else "", decided.entries, control, decided.tells, (after,), along)
