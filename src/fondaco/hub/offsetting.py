"""Queued urgent payments that free each other: found from the balances as they stand, settled together from their nets."""

from __future__ import annotations

from typing import Protocol

from fondaco.clearing import Key, Waiting, fifo_set
from fondaco.core import Instant, Reason, Refusal
from fondaco.hub.commands import OffsetQueues
from fondaco.hub.cycles import Cycles
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.ledger import Engine, Role, Transfer, account_id
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Books, Event, Payment, State, expired, obligations, reserve


class OffsettingHub(Protocol):
    """What offsetting needs of the hub."""

    cycles: Cycles
    books: Engine

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...

    def instruction(self, payment: Payment) -> Instruction: ...


class Offsetting:
    """The offsets of a desk."""

    def __init__(self, desk: Desk, hub: OffsettingHub) -> None:
        self._desk = desk
        self._hub = hub

    def found(self, at: Instant) -> OffsetQueues | None:
        """Queued urgent payments that could settle together, by what the books hold now. It becomes an input of the batch: decided
        again, it is read there and not found anew (decision 0010)."""
        desk = self._desk
        if desk.rules is None or len(desk.queues) < 2:
            return None
        urgent = [(number, key) for number, key in desk.queues.waiting() if key[2]]
        if len({key[0] for _, key in urgent}) < 2:
            return None
        waiting = []
        stopped: set[Key] = set()
        for number, key in urgent:
            payment = desk.live[number]
            rate_over = payment.locked is not None and payment.locked.expires <= at
            if key in stopped or rate_over or expired(self._hub.instruction(payment), at):
                stopped.add(key)  # the head must be priced again or refused first, and nobody passes it
                continue
            waiting.append(Waiting(number, key, obligations(payment, desk.rules)))
        room = {}
        for one in waiting:
            for leg in one.legs:
                for who in (leg.payer, leg.payee):
                    balance = self._hub.books.balance(account_id(Role.PREFUNDED, desk.ledgers[leg.currency], who))
                    room[who, leg.currency] = 0 if balance is None else balance.room
        found = fifo_set(waiting, room)
        return OffsetQueues(tuple(found)) if found else None

    def offset(self, batch: Batch, command: OffsetQueues) -> Refusal | None:
        """Let queued payments free each other: their nets are reserved, then each is offered."""
        desk = self._desk
        payments = []
        for number in command.payments:
            payment = desk.live.get(number)
            rate_holds = payment is not None and (payment.locked is None or payment.locked.expires > batch.at)
            if payment is None or payment.state is not State.QUEUED or not payment.urgent or not rate_holds:
                return Refusal(Reason.OUT_OF_TURN, "queue", f"payment {number}", "7.6")  # this batch changed it before
            payments.append(payment)
        if not self._hub.cycles.open_offset(batch, payments):
            return Refusal(Reason.INSUFFICIENT_FUNDS, "queue", "the nets", "7.6")
        cycle = desk.counters.cycle - 1
        for payment in payments:
            desk.queues.take_back(payment.number)
            payment.cycle = cycle
            intent = desk.next_intent()
            transfers = reserve(payment, intent, desk.in_force(), desk.ledgers)
            must_hold(self._hub.book_now(transfers))
            payment.intent, payment.legs = intent, len(transfers)
            self._hub.take(batch, payment, Event.POSITION_RESERVED)
        return None
