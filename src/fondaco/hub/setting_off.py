"""Rounds of set-off in the hub: accepted invoices whose debts run in circles are taken off the books together, without a cent moving.

A round is found outside (`clearing.set_off`) and given as a command, so that the inputs hold what was found; here it is proved again from the invoices as
they stand. All of it is booked in one batch, or nothing.
"""

from __future__ import annotations

from typing import Protocol

from fondaco.core import Refusal, amount_text
from fondaco.hub.commands import SetOffDebts
from fondaco.hub.machines import NUMBER, Outcome, next_number
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.hub.trade_legs import legs_of, needed_accounts
from fondaco.hub.trading import Trading, chained
from fondaco.trade import TradeInvoice, invoice, set_off_round

PREFIX, ROUND = "SOF", "set_off_round"


class SettingOffHub(Protocol):
    """What setting off needs of the hub."""

    trading: Trading


class SettingOff:
    """The rounds of a desk."""

    def __init__(self, desk: Desk, hub: SettingOffHub) -> None:
        self._desk = desk
        self._hub = hub

    def excluded(self, paper: TradeInvoice) -> str:
        """Why an invoice takes no part now, "" when it does: not accepted and opted in, under somebody's right, financed by any bank of the register,
        or of a party for which nothing can be done. What hit a party is told to officers alone."""
        why = invoice.excluded(paper)
        if why:
            return why
        if self._hub.trading.financings.holds(paper):
            return "it is financed"
        bar = self._hub.trading.parties.bar
        return (
            "a party of it is held by screening" if any(bar(party) is not None for party in (paper.buyer, paper.seller)) else ""
        )

    def settled(self, batch: Batch, command: SetOffDebts) -> Refusal | str:
        """Book a round: each debt is less by what clears of it, for both of its sides."""
        one = command.round
        trading = self._hub.trading
        standing = {paper.id: paper for paper in self._standing() if paper.currency == one.currency and not self.excluded(paper)}
        fault = set_off_round.fault_of(one, standing)
        if fault is not None:
            return fault
        number = next_number(trading.shelf, PREFIX)
        name = f"{PREFIX}-{number:06d}"
        found = [(paper, trading.invoices.set_off(standing[paper], name, minor)) for paper, minor in sorted(one.lines)]
        for _, outcome in found:
            assert isinstance(outcome, Outcome), f"what takes part can be set off: {outcome}"
            self._book(batch, outcome)
            trading.take(batch, trading.invoices, outcome, "SET_OFF", f"round {name}")
        trading.shelf.put(batch, NUMBER, PREFIX, number)
        trading.shelf.put(batch, ROUND, name, set_off_round.KeptRound(name, int(batch.at), one))
        told = f"{amount_text(one.cleared, one.currency)} of {len(one.lines)} invoices"
        self._desk.note(batch, f"set-off {name}", "SET_OFF", set_off_round.ARTICLE, told)
        return f"{name}: {told}"

    def _standing(self) -> list[TradeInvoice]:
        """Every invoice that the journal has, as the batch in hand left it."""
        machine = self._hub.trading.invoices
        found = [machine.found(paper.id) for paper in machine.all()]
        return [paper for paper in found if paper is not None]

    def _book(self, batch: Batch, outcome: Outcome) -> None:
        """Memoranda cannot fail: they wait for the next call of the books, all of a round together."""
        legs = legs_of(outcome.entries, (), self._hub.trading.parties.number_of, self._desk.in_force().currencies)
        batch.accounts += needed_accounts(legs)
        batch.bookings.append((chained(self._desk.next_intent(), legs), must_hold))
