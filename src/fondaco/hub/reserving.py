"""From screened to reserved: a rate, a place in a queue, legs that the books hold. What waits is tried again whenever room was freed."""

from __future__ import annotations

from typing import Protocol

import msgspec

from fondaco.clearing import FlowLimit, Key
from fondaco.compliance import CaseState
from fondaco.core import Instant, Reason, Refusal
from fondaco.hub.declaring import Defaults
from fondaco.hub.delivering import Delivering
from fondaco.hub.governing import Governing
from fondaco.hub.limiting import ARTICLE as LIMIT_ARTICLE
from fondaco.hub.limiting import Limiting
from fondaco.hub.returning import Returning
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.hub.totalling import TotalLimit
from fondaco.ledger import Status, chain_stands
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Books, Event, Payment, State, expired, reserve, resolve
from fondaco.rulebook import RETURN_AT_ORIGINAL_RATE

# Under it a payer orders its queue.
REORDER_ARTICLE = "7.14"
_DONE = frozenset({0, int(Status.EXISTS)})
_EXCEEDS = frozenset({int(Status.EXCEEDS_CREDITS), int(Status.ID_ALREADY_FAILED)})


class ReservingHub(Protocol):
    """What pricing and reserving need of the hub."""

    delivering: Delivering
    governing: Governing
    defaults: Defaults
    limiting: Limiting
    returning: Returning

    def book(self, batch: Batch) -> None: ...

    def drop_rate(self, batch: Batch, payment: Payment) -> None: ...

    def instruction(self, payment: Payment) -> Instruction: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...


class Reserving:
    """Pricing, queues and reservations of a desk."""

    def __init__(self, desk: Desk, hub: ReservingHub) -> None:
        self._desk = desk
        self._hub = hub

    def proceed(self, batch: Batch) -> None:
        """Price what is screened, reserve what is priced, and what the freed room lets out of the queues."""
        desk = self._desk
        if desk.rules is None:
            return
        self._release(batch)
        self._go_on(batch)
        for payment in list(batch.payments.values()):
            if payment.state is State.SCREENED and self._hub.governing.stopped(payment):
                self._hub.governing.refuse(batch, payment)
            elif payment.state is State.SCREENED and expired(self._hub.instruction(payment), batch.at):
                self._expire(batch, payment)
            elif payment.state is State.SCREENED and not self._open(payment, batch.at):
                desk.carried.add(payment.number)
            elif payment.state is State.SCREENED:
                self._price(batch, payment)
        for payment in list(batch.payments.values()):
            if payment.state is State.PRICED:
                self._reserve(batch, payment)
        self._hub.book(batch)
        self._hub.book(batch)  # what was let go again
        # Who is priced waits for no day any more, also to a hub that is opened again.
        desk.carried = {number for number in desk.carried if self._waits_for_a_day(number)}

    def _waits_for_a_day(self, number: int) -> bool:
        payment = self._desk.live.get(number)
        return payment is not None and payment.state is State.SCREENED

    def _expire(self, batch: Batch, payment: Payment) -> None:
        """Its sender said until when it may go on, and that is over."""
        payment.refusal = Refusal(Reason.EXPIRED, "GrpHdr/XpryDtTm", self._hub.instruction(payment).expires, "3.2")
        self._hub.drop_rate(batch, payment)
        self._hub.take(batch, payment, Event.INSTRUCTION_EXPIRED)

    def _open(self, payment: Payment, at: Instant) -> bool:
        """Whether both currencies of a payment are open now, as they must be for a payment that enters: nothing is priced before the
        opening, from the cut-off on, or after the day's end. What screening lets go then waits for the next day on which they are."""
        door = self._desk.door
        assert door is not None
        both = [door.currencies[code] for code in (payment.source_currency, payment.target_currency)]
        return all(not one.closed and one.opens <= at < one.cut_off for one in both)

    def _go_on(self, batch: Batch) -> None:
        """Take up what waited for its currencies to be open."""
        desk = self._desk
        for number in sorted(desk.carried):
            if self._waits_for_a_day(number) and self._open(desk.live[number], batch.at):
                batch.payments[number] = desk.live[number]

    def _release(self, batch: Batch) -> None:
        """Try the head of each queue, and the next one where it went through; a head that the books refuse waits on.

        Nothing is read from the books to choose whom to try: decided again after a crash, the same are tried under the
        same ids, and the books answer the same. Ends: each round takes a payment out of a queue or leaves the queue.
        """
        desk = self._desk
        if not desk.counters.freed:
            return
        desk.counters.freed = False
        left: set[Key] = set()
        while True:
            heads = [(key, number) for key, number in desk.queues.heads() if key not in left]
            if not desk.counters.open_cycle:
                heads = [(key, number) for key, number in heads if key[2]]
            if not heads:
                return
            for _, number in heads:
                payment = desk.live[number]
                desk.queues.take_back(number)
                if expired(self._hub.instruction(payment), batch.at):
                    self._expire(batch, payment)
                elif payment.locked is not None and payment.locked.expires <= batch.at:
                    self._reprice(batch, payment)
                if payment.state in (State.QUEUED, State.PRICED):
                    self._reserve(batch, payment, head=True)
            self._hub.book(batch)
            left |= {key for key, number in heads if number in desk.live and desk.live[number].state is State.QUEUED}

    def _reprice(self, batch: Batch, payment: Payment) -> None:
        """The rate ran out in the queue: priced again where the article allows, else refused."""
        rules = self._desk.in_force()
        self._hub.drop_rate(batch, payment)
        payment.locked = None
        if rules.requote_when_queued:
            self._hub.take(batch, payment, Event.RATE_EXPIRED)
            self._price(batch, payment)
        else:
            payment.refusal = Refusal(Reason.QUOTE_EXPIRED, "AgrdRate", "", rules.cite("requote_when_queued"))
            self._hub.take(batch, payment, Event.RATE_REFUSED)

    def _price(self, batch: Batch, payment: Payment) -> None:
        if payment.source_currency == payment.target_currency:
            payment.target_minor = payment.source_minor
            self._hub.take(batch, payment, Event.RATE_LOCKED)
            return
        if payment.returns and self._desk.in_force().return_rate == RETURN_AT_ORIGINAL_RATE:
            payment.locked = self._hub.returning.original_rate(payment)
            assert payment.locked is not None, "two currencies were converted"
            payment.target_minor = payment.locked.target_minor
            self._hub.take(batch, payment, Event.RATE_LOCKED)
            return
        quotes = self._desk.quotes
        instruction = self._hub.instruction(payment)
        pair = (payment.source_currency, payment.target_currency, payment.source_minor, batch.at)
        # Who names a quote knows what arrives, and may say it to the unit (InstdAmt).
        exact = instruction.instructed_minor if instruction.instructed_currency == payment.target_currency else 0
        wanted = instruction.quote_id
        answer = quotes.named(wanted, *pair, exact) if wanted else quotes.best(*pair)
        if isinstance(answer, Refusal):
            if payment.number in self._desk.carried and not wanted:
                return  # a day begins without quotes: it waits for the first
            payment.refusal = msgspec.structs.replace(answer, article=self._desk.in_force().cite("quotes"))
            self._hub.take(batch, payment, Event.RATE_REFUSED)
            return
        batch.quotes_changed = True
        payment.locked = answer
        payment.target_minor = answer.target_minor
        self._hub.take(batch, payment, Event.RATE_LOCKED)

    def _reserve(self, batch: Batch, payment: Payment, *, head: bool = False) -> None:
        """Ask the books for the payment's legs; behind a waiting payment it waits, unless it is the queue's `head`."""
        desk = self._desk
        # The books' own door: nothing is reserved on a verdict of another list set, or on a hit that nobody released.
        assert payment.list_set == desk.counters.list_set, "a reservation needs a verdict of the list set in force"
        released = bool(payment.case) and desk.cases[payment.case].state is CaseState.RELEASED
        assert released or not payment.case, "an open case reserves nothing"
        # What an earlier release screened is not bound; it passes on the lists in force alone.
        assert released or payment.screened is None or payment.screened.outcome == "CLEAR", "a reservation needs a clear verdict"
        if payment.delivery is not None:
            barred = self._hub.delivering.may_pass(batch, payment)
            if barred is not None:
                self._hub.delivering.refuse(batch, payment, barred)
                return
        before = payment.cycle
        if payment.urgent:
            payment.cycle = 0
        else:
            payment.cycle = desk.counters.open_cycle
            if not payment.cycle:
                payment.refusal = Refusal(
                    Reason.AFTER_CUT_OFF, "the cycle", "no cycle is open", desk.in_force().cite("business_day")
                )
                self._hub.drop_rate(batch, payment)
                self._hub.take(batch, payment, Event.BOOKS_REFUSED if payment.state is State.PRICED else Event.DAY_ENDED)
                return
        if payment.locked is not None and self._hub.defaults.of(payment.locked.provider) is not None:
            self._no_price(batch, payment, Refusal(Reason.NO_PRICE, "the books", "the provider failed", "16.1"))
            return
        if not head and self._heads_wait(payment):
            self._enqueue(batch, payment)
            return
        limit = self._hub.limiting.passing(payment)
        if limit is not None:
            self._meet(batch, payment, limit, before)
            return
        intent = desk.next_intent()
        transfers = reserve(payment, intent, desk.in_force(), desk.ledgers)

        def done(statuses: list[int]) -> None:
            if chain_stands(statuses):
                payment.intent, payment.legs = intent, len(transfers)
                if not head and self._heads_wait(payment):
                    self._let_pass(batch, payment)
                    return
                limit = self._hub.limiting.passing(payment)  # others of this batch may have used what was left
                if limit is not None:
                    self._let_go(batch, payment)
                    self._meet(batch, payment, limit, before)
                    return
                self._hub.take(batch, payment, Event.POSITION_RESERVED)
                return
            own = transfers[0].debit
            faults = [
                (t, s) for t, s in zip(transfers, statuses, strict=True) if s not in _DONE and s != Status.LINKED_EVENT_FAILED
            ]
            if all(status in _EXCEEDS for _, status in faults) and any(t.debit == own for t, _ in faults):
                if payment.state is State.PRICED:
                    self._enqueue(batch, payment)
                else:
                    payment.cycle = before  # it waits on, and nothing of it is kept anew
                    desk.queues.put(self.queue_key(payment), payment.number, payment.queue_place)
                return
            # The provider's own position is full, or an account is closed: nothing to wait for at this price.
            # Decided again, the books name a refused id instead of what they found: what is told may not depend on it.
            full = all(status in _EXCEEDS for _, status in faults)
            reason = Reason.NO_PRICE if full else Reason.INSUFFICIENT_FUNDS
            found = "the provider's position is full" if full else f"status {faults[0][1]}"
            self._no_price(batch, payment, Refusal(reason, "the books", found, "7.3"))

        batch.bookings.append((transfers, done))

    def _no_price(self, batch: Batch, payment: Payment, refusal: Refusal) -> None:
        """End a payment that nobody will change at its price."""
        payment.refusal = refusal
        self._hub.drop_rate(batch, payment)
        self._hub.take(batch, payment, Event.BOOKS_REFUSED if payment.state is State.PRICED else Event.RATE_REFUSED)

    def _let_pass(self, batch: Batch, payment: Payment) -> None:
        """The books had room for it, and not for one of its queue that came before it in the same batch: it gives its own back, and waits."""
        self._let_go(batch, payment)
        self._enqueue(batch, payment)

    def _let_go(self, batch: Batch, payment: Payment) -> None:
        batch.bookings.append((resolve(payment, self._desk.next_intent(), post=False), must_hold))
        payment.intent = payment.legs = 0
        if payment.locked is not None:
            self._desk.counters.freed = True  # of its provider, too; its own payer has no more than the first was refused with

    def _meet(self, batch: Batch, payment: Payment, limit: FlowLimit | TotalLimit, before: int) -> None:
        """A limit has no room for it: its payer's own lets it wait as if the money were missing; its provider's is a position that is full."""
        desk = self._desk
        if limit.payer != desk.in_force().participants[payment.sender].number:
            self._no_price(
                batch, payment, Refusal(Reason.NO_PRICE, "the books", "the provider's limit is reached", LIMIT_ARTICLE)
            )
        elif payment.state is State.PRICED:
            self._enqueue(batch, payment)
            self._hub.limiting.holds(batch, payment, limit)
        else:
            payment.cycle = before
            desk.queues.put(self.queue_key(payment), payment.number, payment.queue_place)

    def queue_key(self, payment: Payment) -> Key:
        """The queue in which a payment waits: its payer's, of its currency and kind."""
        return (self._desk.in_force().participants[payment.sender].number, payment.source_currency, payment.urgent)

    def _heads_wait(self, payment: Payment) -> bool:
        """Whether an earlier payment of the same payer, currency and kind waits: nobody passes it."""
        return self._desk.queues.has(self.queue_key(payment))

    def _enqueue(self, batch: Batch, payment: Payment) -> None:
        self._desk.queues.put(self.queue_key(payment), payment.number, payment.queue_place)
        self._hub.take(batch, payment, Event.CAP_REACHED)

    def reorder(self, batch: Batch, payment: Payment, *, first: bool) -> None:
        """Put a queued payment before all others of its queue, or behind them: it is its payer's own money. Whoever is the head then is
        tried at once."""
        desk, key = self._desk, self.queue_key(payment)
        desk.queues.take_back(payment.number)
        if desk.queues.has(key):
            newest = desk.counters.payment - 1
            payment.queue_place = desk.queues.first_place(key) if first else desk.queues.last_place(key, newest)
        desk.queues.put(key, payment.number, payment.queue_place)
        desk.counters.freed = True
        batch.payments[payment.number] = payment
        batch.reordered |= {number for number, other in desk.queues.waiting() if other == key}
        desk.note(batch, f"payment {payment.number}", "REORDERED", REORDER_ARTICLE, "first" if first else "last")

    def wait_again(self, batch: Batch, payment: Payment) -> bool:
        """Put a payment back into its old place in the queue whose offset settled without it: it was short of money before, and is
        again. False, and nothing done, where a bank of it may no longer take part."""
        if self._hub.governing.stopped(payment):
            return False
        self._hub.take(batch, payment, Event.NOT_CARRIED)
        payment.intent = payment.legs = payment.cycle = 0
        self._desk.queues.put(self.queue_key(payment), payment.number, payment.queue_place)
        return True
