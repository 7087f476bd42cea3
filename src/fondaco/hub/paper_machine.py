"""Contracts and orders as the hub keeps them, and what invoices share with them: each as it stands, by its number; its days pass by the clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, Protocol, TypeVar

from fondaco.core import Instant, Reason, Refusal, at, utc_text
from fondaco.hub.machines import Outcome, next_number
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_parties import TradeParties
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.trade import Contract, Decided, Deed, TradeOrder, contract, order

_ARTICLE = "T.1"


class Paper(Protocol):
    """What every paper of open account has."""

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def seller(self) -> str: ...

    @property
    def buyer(self) -> str: ...


P = TypeVar("P", bound=Paper)


class PaperMachine(ABC, Generic[P]):
    """One kind of paper (`machines.Machine`): `prefix` is that of its ids, `record` its kind on the shelf, `begins` the action that begins one."""

    prefix: str
    record: str
    begins: frozenset[str]
    form: type[P]

    def __init__(self, desk: Desk, shelf: TradeShelf, parties: TradeParties) -> None:
        self._desk = desk
        self._shelf = shelf
        self._parties = parties

    @abstractmethod
    def decided(self, paper: P | None, deed: Deed, at: Instant, number: str) -> Decided[P] | Refusal:
        """What a deed makes of a paper; for one that begins, `number` is the id that it gets."""

    @abstractmethod
    def on_day(self, paper: P, today: str) -> Decided[P] | None:
        """What the beginning of `today` (ISO date) makes of it."""

    @abstractmethod
    def next_day(self, paper: P) -> str:
        """The day (ISO date) at whose beginning time does something, "" for none."""

    def found(self, instrument: str) -> P | None:
        return self._shelf.get(self.record, instrument, self.form)

    def all(self) -> Iterator[P]:
        """Every one that the journal has, in the order of their numbers."""
        return (one for _, one in self._shelf.all(self.record, self.form))

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        if any(one != deed.actor for one in signers):
            return Refusal(Reason.ROLE_NOT_HELD, "signatures", "of somebody else than its actor", _ARTICLE)
        paper = self.found(deed.instrument) if deed.instrument else None
        if deed.instrument and paper is None:
            return Refusal(Reason.NOT_FOUND, "instrument", deed.instrument, _ARTICLE)
        number = "" if deed.instrument else f"{self.prefix}-{next_number(self._shelf, self.prefix):06d}"
        decided = self.decided(paper, deed, at, number)
        return decided if isinstance(decided, Refusal) else self._unknown(decided.instrument) or self.outcome(decided)

    def _unknown(self, paper: P) -> Refusal | None:
        """Who is told of a paper, and may answer it, is a party whom the hub knows."""
        for one in (paper.seller, paper.buyer):
            if not self._parties.bank_of(one):
                return Refusal(Reason.NOT_FOUND, "party", one, "T.7")
        return None

    def outcome(self, decided: Decided[P]) -> Outcome:
        paper = decided.instrument
        begun = paper.id if paper.version == 1 else ""
        return Outcome(paper.id, paper.version, begun, decided.entries, decided.control, decided.tells, (paper,))

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        paper = self.found(instrument)
        assert paper is not None, "what the clock watches stands"
        decided = self.on_day(paper, day_of(at))
        return None if decided is None else self.outcome(decided)

    def due(self, instrument: str) -> int:
        paper = self.found(instrument)
        day = self.next_day(paper) if paper is not None else ""
        return int(at(datetime.combine(date.fromisoformat(day), time(), UTC))) if day else 0

    def keep(self, batch: Batch, change: P) -> None:
        self._shelf.put(batch, self.record, change.id, change)


class OrderMachine(PaperMachine[TradeOrder]):
    """Orders. None of their steps is time's."""

    prefix, record, begins, form = "ORD", "trade_order", frozenset({order.SEND}), TradeOrder

    def decided(self, paper: TradeOrder | None, deed: Deed, at: Instant, number: str) -> Decided[TradeOrder] | Refusal:
        found = order.decide(paper, deed, at, number=number)
        if paper is not None or isinstance(found, Refusal):
            return found
        return self._contract_fault(found.instrument) or found

    def _contract_fault(self, made: TradeOrder) -> Refusal | None:
        """Why an order is not under the contract of the hub that it names; one that stands elsewhere is named as it is."""
        if not made.contract.startswith(f"{ContractMachine.prefix}-"):
            return None
        where = "body.contract"
        under = self._shelf.get(ContractMachine.record, made.contract, Contract)
        if under is None or (under.seller, under.buyer) != (made.seller, made.buyer):
            return Refusal(Reason.NOT_FOUND, where, f"{made.contract} is not between {made.buyer} and {made.seller}", _ARTICLE)
        if under.state not in (contract.State.IN_FORCE, contract.State.AMENDING):
            return Refusal(Reason.OUT_OF_TURN, where, f"{made.contract} is {under.state.name}", _ARTICLE)
        if under.terms.currency != made.currency:
            return Refusal(
                Reason.AMOUNT_DIFFERS, "body.currency", f"{made.currency}, and {under.terms.currency} is agreed", _ARTICLE
            )
        return None

    def on_day(self, paper: TradeOrder, today: str) -> None:
        return None

    def next_day(self, paper: TradeOrder) -> str:
        return ""


class ContractMachine(PaperMachine[Contract]):
    """Contracts: an offer lapses, force begins and ends with a day."""

    prefix, record, begins, form = "CON", "trade_contract", frozenset({contract.Event.OFFERED.name}), Contract

    def decided(self, paper: Contract | None, deed: Deed, at: Instant, number: str) -> Decided[Contract] | Refusal:
        return contract.decide(paper, deed, at, number=number, today=day_of(at))

    def on_day(self, paper: Contract, today: str) -> Decided[Contract] | None:
        return contract.on_day(paper, today)

    def next_day(self, paper: Contract) -> str:
        if paper.state is contract.State.OFFERED:
            return day_after(paper.open_until)
        if paper.state is contract.State.AGREED:
            return paper.first_day
        ends = contract.CONTRACT.can(paper.state, contract.Event.LAST_DAY_PASSED)
        return day_after(paper.last_day) if ends else ""


def day_of(instant: Instant) -> str:
    """The day of an instant, in UTC as every day of the hub (ISO date)."""
    return utc_text(instant)[:10]


def day_after(day: str) -> str:
    """The next day; "" after the last that a calendar has, which is never over."""
    found = date.fromisoformat(day)
    return (found + timedelta(days=1)).isoformat() if found < date.max else ""
