"""Deeds upon instruments of trade: who signed, may it be, what does it come to - and then all that moves, in one chain on the books.

A deed is an input as a message is: kept before it is decided, and decided again from what was kept. What it comes to follows from the journal's
records alone. Money, memoranda and control of records of one deed are one linked chain: all of it stands, or none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import msgspec

from fondaco.compliance import Judging, UnreadableDocument, Verdict, mentions_of_document
from fondaco.core import Mention, Reason, Refusal, bic8
from fondaco.hub.collection_machine import PREFIX as COLLECTIONS
from fondaco.hub.collection_machine import CollectionMachine
from fondaco.hub.commands import Command, Perform
from fondaco.hub.credit_machine import PREFIX as CREDITS
from fondaco.hub.credit_machine import CreditMachine
from fondaco.hub.deal_steps import note_step
from fondaco.hub.financing_machine import PREFIX as FINANCINGS
from fondaco.hub.financing_machine import FinancingMachine
from fondaco.hub.flag_machine import PREFIX as FLAGS
from fondaco.hub.flag_machine import FlagMachine
from fondaco.hub.invoice_machine import InvoiceMachine
from fondaco.hub.machines import NUMBER, Machine, Outcome, PaidMachine, prefix_of
from fondaco.hub.paper_machine import ContractMachine, OrderMachine
from fondaco.hub.record_machine import PREFIX as RECORDS
from fondaco.hub.record_machine import RecordMachine
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.hub.trade_clock import TradeClock
from fondaco.hub.trade_legs import Leg, legs_of, moves_money, needed_accounts
from fondaco.hub.trade_parties import PartyScreening, TradeParties
from fondaco.hub.trade_references import TradeReferences
from fondaco.hub.trade_shelf import ShelfHub, TradeShelf
from fondaco.ledger import Transfer, TransferFlag, chain_stands, transfer_id
from fondaco.trade import REGISTER_PARTY, RESTATE_PARTY, Deed, Kind, Tell, signers_of, terms_of_deed

_LINKED = int(TransferFlag.LINKED)
_WORDLESS = re.compile(rb'\s*+(\{\s*+("[a-z_]+"\s*+:\s*+(true|false|null)\s*+,?+\s*+)*+\}\s*+)?+')
_OF_PARTIES = frozenset({REGISTER_PARTY, RESTATE_PARTY})


class DeedScreening(PartyScreening, Protocol):
    """What trading needs of holding."""

    def judging(self) -> Judging: ...

    def message_passes(self, batch: Batch, place: int, sender: str, raw: bytes, verdict: Verdict) -> bool: ...


class TradingHub(ShelfHub, Protocol):
    """What trading needs of the hub."""

    @property
    def holding(self) -> DeedScreening: ...

    def book(self, batch: Batch) -> None: ...

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...

    def money_moved(self, batch: Batch, currency: str, payer: int, payee: int, minor: int) -> None: ...


class Trading:
    """The instruments of a desk."""

    def __init__(self, desk: Desk, hub: TradingHub) -> None:
        self._desk = desk
        self._hub = hub
        self.shelf = TradeShelf(hub)
        self.parties = TradeParties(desk, hub, self.shelf)
        self.records = RecordMachine(desk, self.shelf)
        self.invoices = InvoiceMachine(desk, self.shelf, self.parties)
        self.orders = OrderMachine(desk, self.shelf, self.parties)
        self.contracts = ContractMachine(desk, self.shelf, self.parties)
        self.collections = CollectionMachine(desk, self.shelf, self.parties, self.records)
        self.credits = CreditMachine(desk, self.shelf, self.parties, self.records)
        self.financings = FinancingMachine(desk, self.shelf, self.parties, self.records, self.invoices, self.credits)
        self.references = TradeReferences(desk, self.shelf)
        self.flags = FlagMachine(desk, self.shelf, self.records, self.references)
        # Every kind of instrument, by the letters before its number. A new machine is one line here.
        self.machines: dict[str, Machine] = {
            RECORDS: self.records,
            COLLECTIONS: self.collections,
            CREDITS: self.credits,
            FINANCINGS: self.financings,
            FLAGS: self.flags,
            **{one.prefix: one for one in (self.invoices, self.orders, self.contracts)},
        }
        # Those under which payments are made.
        self.paid_machines: dict[str, PaidMachine] = {COLLECTIONS: self.collections, CREDITS: self.credits}
        self.clock = TradeClock(self.shelf)
        # The batch in hand: what each deed says, and the verdicts on those that were screened.
        self._ahead: dict[int, tuple[Mention, ...]] = {}
        self._verdicts: dict[int, Verdict] = {}
        self._judged: tuple[str, str] = ("", "")

    def restore(self) -> None:
        self.parties.restore()
        self.financings.restore()
        self.references.restore()
        self.clock.restore()

    def begin(self, commands: Sequence[Command]) -> None:
        """A batch begins: read what its deeds say."""
        self.shelf.begin()
        self._ahead, self._verdicts = {}, {}
        for place, command in enumerate(commands):
            if isinstance(command, Perform):
                try:
                    self._ahead[place] = said_in(command.deed)
                except UnreadableDocument:
                    continue  # told when its turn comes

    # A deed

    def performed(self, batch: Batch, place: int, deed: Deed) -> Refusal | str:
        """Decide a deed, whole or not at all. A refusal says what, where, and by which rule; nothing has moved then."""
        if deed.hub != bic8(self._desk.scheme.hub_bic):
            return Refusal(Reason.NOT_FOUND, "hub", deed.hub, "T.1")
        signers = signers_of(deed, self.parties.keys())
        if isinstance(signers, Refusal):
            return signers
        fault = self.parties.signers_fault(signers) or self._barred(signers)
        if fault is not None:
            return fault
        if deed.action in _OF_PARTIES:
            return self.parties.registered(batch, deed, signers)
        said = self._ahead.get(place)
        if said is None:
            return Refusal(Reason.MALFORMED, "body", "not every text of it can be read", "T.1")
        fault = self._screened(batch, place, deed) or self._barred(self._named(said)) or self._terms_fault(deed)
        if fault is not None:
            return fault
        fault = self.collections.record_fault(deed) or self.parties.issuer_fault(deed)
        if fault is not None:
            return fault
        machine = self._machine(deed)
        found = machine if isinstance(machine, Refusal) else machine.decide(deed, batch.at, signers)
        if isinstance(machine, Refusal) or isinstance(found, Refusal):
            assert isinstance(found, Refusal), "no machine decides nothing"
            return found
        concerned = {one for step in found.control for one in (step.giver, step.taker)}
        concerned |= {one.holder for entry in found.entries for one in (entry.debit, entry.credit)}
        # Asked before anything moves: what is financed already is financed by nobody else.
        financed = self.financings.given(deed, found, batch.at)
        if isinstance(financed, Refusal):
            return financed
        fault = self._barred(sorted(concerned - {""})) or self._booked(batch, found)
        if fault is not None:
            return fault
        self.take(batch, machine, found, deed.action, deed.actor)
        for one in found.along:
            self.take(batch, self.machines[prefix_of(one.instrument)], one, "SETTLE", f"{deed.action} of {found.instrument}")
        for one in financed:
            self.take(batch, self.financings, one, "FINANCE", f"{deed.action} of {found.instrument}")
        noticed = self.flags.noticed(deed, found, batch.at)
        if noticed is not None:
            self.take(batch, self.flags, noticed, "NOTICED", f"{deed.action} of {found.instrument}")
        return f"{found.instrument} {found.version}"

    def _barred(self, parties: Sequence[str]) -> Refusal | None:
        """The first of these parties for which nothing can be done now."""
        return next((fault for one in dict.fromkeys(parties) if (fault := self.parties.bar(one)) is not None), None)

    def _named(self, said: Sequence[Mention]) -> list[str]:
        """The parties that a deed names."""
        return [one.text for one in said if one.text in self.parties.known or one.text in self._desk.in_force().participants]

    def _terms_fault(self, deed: Deed) -> Refusal | None:
        """Why what is asked for an offer cannot be paid through this hub: told when it is offered, not when somebody tries to pay."""
        terms = terms_of_deed(deed)
        if terms is None or isinstance(terms, Refusal):
            return terms
        payee = self._desk.in_force().participants.get(terms.payee_bank)
        if payee is None or "settlement_agent" in payee.roles:
            return Refusal(Reason.RECEIVER_UNKNOWN, "body.reference", terms.payee_bank, "T.3")
        if terms.currency not in payee.currencies:
            return Refusal(Reason.CURRENCY_NOT_HELD, "body.reference", terms.currency, "T.3")
        return None

    def _screened(self, batch: Batch, place: int, deed: Deed) -> Refusal | None:
        """Every text of a deed meets the lists before anything moves. A hit is a case of two officers; once they released it, the same deed
        passes when it is given again. What is still to come of the batch is screened with it, in one call."""
        holding = self._hub.holding
        now = (self._desk.counters.list_set, holding.judging().digest)
        if place not in self._verdicts or self._judged != now:
            ahead = {at: one for at, one in self._ahead.items() if at >= place}
            self._verdicts = dict(zip(ahead, holding.verdicts_on_messages(batch, list(ahead.values())), strict=True))
            self._judged = now
        bank = self.parties.bank_of(deed.actor) or bic8(self._desk.scheme.hub_bic)
        passes = holding.message_passes(batch, place, bank, deed.body, self._verdicts[place])
        return None if passes else Refusal(Reason.REGULATORY)

    def _machine(self, deed: Deed) -> Machine | Refusal:
        if not deed.instrument:
            for machine in self.machines.values():
                if deed.action in machine.begins:
                    return machine
            return Refusal(Reason.CODE_UNKNOWN, "action", f"{deed.action} begins no instrument", "T.1")
        found = self.machines.get(prefix_of(deed.instrument))
        return found or Refusal(Reason.NOT_FOUND, "instrument", deed.instrument, "T.1")

    # What moves

    def _booked(self, batch: Batch, found: Outcome) -> Refusal | None:
        """Book everything that an outcome moves, as one chain. Memoranda and control cannot fail, since the records say what the books
        hold: they wait for the next call. Money can, and is asked at once."""
        legs = self.legs(batch, found)
        if not legs:
            return None
        chain = chained(self._desk.next_intent(), legs)
        if not moves_money(found.entries):
            batch.bookings.append((chain, must_hold))
            return None
        self._hub.book(batch)
        if not chain_stands(self._hub.book_now(chain)):
            return Refusal(Reason.INSUFFICIENT_FUNDS, "the books", "the money is not there", "7.3")
        for entry in found.entries:
            if entry.debit.kind is Kind.MONEY and entry.credit.kind is Kind.MONEY:
                payer, payee = (self.parties.number_of(one.holder) for one in (entry.debit, entry.credit))
                self._hub.money_moved(batch, entry.currency, payer, payee, entry.minor)
        return None

    def legs(self, batch: Batch, found: Outcome) -> list[Leg]:
        """What an outcome moves, as transfers; the accounts that may be missing are opened before the next call of the books."""
        legs = legs_of(found.entries, found.control, self.parties.number_of, self._desk.in_force().currencies)
        batch.accounts += needed_accounts(legs)
        return legs

    def take(self, batch: Batch, machine: Machine, found: Outcome, action: str, actor: str) -> None:
        """Keep what was decided, note it, and tell whom it concerns."""
        if found.begun:
            prefix, _, number = found.begun.partition("-")
            self.shelf.put(batch, NUMBER, prefix, int(number))
        for change in found.changes:
            machine.keep(batch, change)
        self.clock.set(batch, found.instrument, machine.due(found.instrument))
        self._desk.note(batch, f"instrument {found.instrument}", action, "T.1", f"{found.version} by {actor}")
        note_step(self.shelf, batch, found.instrument)
        for tell in found.tells:
            self._tell(batch, found, tell)
        for change in found.changes:
            for repaid in self.financings.ended(change):
                self.take(batch, self.financings, repaid, "REPAID", f"{action} of {found.instrument}")

    def _tell(self, batch: Batch, found: Outcome, tell: Tell) -> None:
        """A notice goes to the party's bank, which knows its customer."""
        bank = self.parties.bank_of(tell.recipient)
        if bank:
            body = {
                "party": tell.recipient,
                "instrument": found.instrument,
                "version": found.version,
                "said": msgspec.Raw(tell.body),
            }
            self._desk.tell(batch, bank, tell.kind, f"instrument {found.instrument}", msgspec.json.encode(body))

    # Time

    def time(self, batch: Batch) -> None:
        """What time alone brings: offers lapse. Ends: every round takes one instant from the clock, and sets a later one at most."""
        while instrument := self.clock.passed(batch.at):
            machine = self.machines[prefix_of(instrument)]
            found = machine.elapse(instrument, batch.at)
            if found is not None:
                fault = self._booked(batch, found)
                assert fault is None, "what time brings moves no money that may be missing"
                self.take(batch, machine, found, "TIME", "the clock")


def said_in(deed: Deed) -> tuple[Mention, ...]:
    """Every text of a deed, as it is screened. Raises `UnreadableDocument`."""
    # A deed that says nothing but its action, or yes and no, has nothing to be screened but its parties, who are.
    return () if _WORDLESS.fullmatch(deed.body) else mentions_of_document(deed.body)


def chained(intent: int, legs: Sequence[Leg], after: int = 0) -> list[Transfer]:
    """These legs as one linked chain, posted at once; its ids follow the first `after` of the intent."""
    last = len(legs) - 1
    return [
        Transfer(
            transfer_id(intent, after + at + 1), leg.debit.id, leg.credit.id, leg.amount, leg.debit.ledger, int(leg.code),
            _LINKED if at < last else 0,
        )
        for at, leg in enumerate(legs)
    ]  # fmt: skip


def joined(chain: list[Transfer], intent: int, legs: Sequence[Leg]) -> list[Transfer]:
    """A payment's `chain` of this intent with `legs` linked behind it: all of it stands, or none."""
    if not legs:
        return chain
    last = chain[-1]._replace(flags=chain[-1].flags | _LINKED)
    return [*chain[:-1], last, *chained(intent, legs, len(chain))]
