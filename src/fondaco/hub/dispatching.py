"""Which part of the hub decides a command: every command has one, and the type checker sees that none is left out."""

from __future__ import annotations

from typing import Protocol, assert_never

from fondaco.core import Reason, Refusal, bic8
from fondaco.hub.admitting import Admitting
from fondaco.hub.clearing_union import ClearingUnions
from fondaco.hub.collateral import Collateral
from fondaco.hub.commands import (
    Apply,
    Arrive,
    Certify,
    CloseCycle,
    CloseUnion,
    Command,
    DecideCase,
    Depart,
    EndDay,
    Erase,
    LimitFlow,
    LimitTotal,
    LoadReference,
    Move,
    OffsetQueues,
    Once,
    OpenDay,
    Original,
    Perform,
    PostPrices,
    PostQuotes,
    PostReferences,
    Propose,
    Reorder,
    Revoke,
    Second,
    SetLimit,
    SetOffDebts,
    SwapLists,
    TakeBack,
    TakeBackProposal,
    TakeRates,
    TakeStock,
    Tick,
    Vouch,
)
from fondaco.hub.controls import Controls
from fondaco.hub.cycles import Cycles
from fondaco.hub.day import Day
from fondaco.hub.governing import Governing
from fondaco.hub.holding import Holding
from fondaco.hub.intake import Intake
from fondaco.hub.limiting import Limiting
from fondaco.hub.offsetting import Offsetting
from fondaco.hub.positions import Positions
from fondaco.hub.reserving import REORDER_ARTICLE, Reserving
from fondaco.hub.retaining import Retaining
from fondaco.hub.seconding import Seconding
from fondaco.hub.setting_off import SettingOff
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trading import Trading
from fondaco.hub.vouching import Vouching
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Payment, State
from fondaco.settlement import CycleState

Answer = Refusal | str | None


class DispatchingHub(Protocol):
    """The parts of the hub that decide commands."""

    admitting: Admitting
    collateral: Collateral
    controls: Controls
    cycles: Cycles
    days: Day
    governing: Governing
    holding: Holding
    intake: Intake
    limiting: Limiting
    offsetting: Offsetting
    positions: Positions
    reserving: Reserving
    seconding: Seconding
    retaining: Retaining
    setting_off: SettingOff
    trading: Trading
    unions: ClearingUnions
    vouching: Vouching

    def book(self, batch: Batch) -> None: ...

    def number_of(self, uetr: str) -> int: ...

    def take_back(self, batch: Batch, payment: Payment) -> None: ...


class Dispatching:
    """Takes the commands of a desk to whoever decides them."""

    def __init__(self, desk: Desk, hub: DispatchingHub) -> None:
        self._desk = desk
        self._hub = hub

    def command(self, batch: Batch, place: int, command: Command, new: list[tuple[Payment, Instruction]]) -> Answer:
        """Decide the command at `place` of a batch; payments that it brings are added to `new`. Without an open day little can be asked."""
        match command:
            case Arrive():
                return self._hub.intake.arrive(batch, place, command.sender, command.raw, new)
            case Tick():
                return None
            case OpenDay():
                return self._open_day(batch, command.day)
            case Propose():
                return self._hub.seconding.proposed(batch, command)
            case TakeBackProposal():
                return self._hub.seconding.taken_back(batch, command)
        if self._desk.rules is None:
            return Refusal(Reason.DAY_CLOSED, "hub", "no business day is open")
        return self._on_a_day(batch, place, command)

    def _on_a_day(self, batch: Batch, place: int, command: Command) -> Answer:
        hub = self._hub
        match command:
            case EndDay():
                return self._end_day(batch)
            case PostQuotes():
                return hub.days.post_quotes(batch, command)
            case PostReferences():
                return hub.days.post_references(batch, command)
            case PostPrices():
                return hub.collateral.priced(batch, command)
            case LimitTotal():
                return hub.limiting.totals.limit(batch, command)
            case TakeRates():
                hub.limiting.totals.take_rates(batch, command)
                return None
            case TakeStock():
                batch.stock = command
                return None
            case SwapLists():
                return hub.holding.swap_lists(batch, command.version)
            case DecideCase():
                return hub.holding.decide_case(batch, command)
            case Vouch():
                return hub.vouching.said(batch, command)
            case CloseCycle():
                return self._close_cycle(batch, command)
            case CloseUnion():
                return hub.unions.close(batch, command)
            case Move():
                return hub.governing.voted(batch, command.vote)
            case SetLimit():
                return hub.positions.set_limit(batch, command)
            case LimitFlow():
                return hub.limiting.limit(batch, command)
            case Apply():
                return hub.admitting.applied(batch, command)
            case Certify():
                return hub.admitting.certified(batch, command)
            case TakeBack():
                return hub.admitting.taken_back(batch, command)
            case Depart():
                return hub.governing.departed(batch, command.member)
            case OffsetQueues():
                return hub.offsetting.offset(batch, command)
            case Erase():
                return hub.retaining.erase(batch)
            case Reorder():
                return self._reorder(batch, command)
            case Revoke():
                return self._revoke(batch, command)
            case LoadReference():
                return hub.trading.references.loaded(batch, command)
            case SetOffDebts():
                return hub.setting_off.settled(batch, command)
            case Perform():
                return hub.trading.performed(batch, place, command.deed)
            case Arrive() | Tick() | OpenDay() | Once() | Original() | Propose() | Second() | TakeBackProposal():
                raise AssertionError("these are decided on a day and before the first one alike")
            case _:
                assert_never(command)

    def _open_day(self, batch: Batch, day: str) -> Answer:
        hub = self._hub
        opened = hub.days.open(batch, day)
        if not isinstance(opened, Refusal):
            hub.limiting.day_opened(batch)
            hub.governing.day_opened(batch)
            hub.holding.screen_participants(batch)
            hub.controls.forget()
        return opened

    def _end_day(self, batch: Batch) -> Answer:
        self._hub.book(batch)  # what was answered in this batch is of the day that ends
        ended = self._hub.days.end(batch)
        if ended is None:
            self._hub.governing.day_ended(batch)
        return ended

    def _close_cycle(self, batch: Batch, command: CloseCycle) -> Answer:
        cycle = self._desk.cycles.get(self._desk.counters.open_cycle)
        if cycle is None or cycle.state is not CycleState.OPEN:
            return Refusal(Reason.OUT_OF_TURN, "cycle", "no cycle is open", "9.1")
        cycle.last = cycle.last or command.last
        self._hub.cycles.cut_off(batch, cycle)
        return f"cycle {cycle.number}"

    # What a payer says of its queue

    def _revoke(self, batch: Batch, command: Revoke) -> Refusal | None:
        payment = self._queued(command.sender, command.uetr, "7.4")
        if isinstance(payment, Refusal):
            return payment
        self._hub.take_back(batch, payment)
        return None

    def _reorder(self, batch: Batch, command: Reorder) -> Refusal | None:
        payment = self._queued(command.sender, command.uetr, REORDER_ARTICLE)
        if isinstance(payment, Refusal):
            return payment
        self._hub.reserving.reorder(batch, payment, first=command.first)
        return None

    def _queued(self, sender: str, uetr: str, article: str) -> Payment | Refusal:
        """The queued payment that its own sender names."""
        payment = self._desk.live.get(self._hub.number_of(uetr))
        if payment is None or payment.sender != bic8(sender):
            return Refusal(Reason.NOT_FOUND, "UETR", uetr, article)
        return payment if payment.state is State.QUEUED else Refusal(Reason.OUT_OF_TURN, "UETR", payment.state.name, article)
