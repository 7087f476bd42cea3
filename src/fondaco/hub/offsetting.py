"""Queued urgent payments that free each other: found from the balances as they stand, settled together from their nets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from typing import Protocol

import msgspec

from fondaco.clearing import (
    Budget,
    Holder,
    Key,
    Obligation,
    Offset,
    Waiting,
    faults_of_proof,
    fifo_set,
    heads_that_settle,
    most_value,
    offset_faults,
)
from fondaco.core import Instant, Reason, Refusal, amount_text
from fondaco.hub.commands import OffsetQueues
from fondaco.hub.cycles import Cycles
from fondaco.hub.limiting import ARTICLE as LIMIT_ARTICLE
from fondaco.hub.limiting import Limiting
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.hub.waiting_lines import Line, WaitingLines
from fondaco.journal import Journal
from fondaco.ledger import Engine, Role, Transfer, account_id
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Books, Event, Payment, State, expired, obligations, reserve
from fondaco.rulebook import Rules

# Rounds of exchanges; and so few payments are decided to the end, however hard they are: milliseconds.
_ROUNDS, _EXACT_MAX = 6, 40
# The journal's word for it.
MOST_VALUE = "MOST_VALUE"
_NO_QUEUE: Key = (0, "", True)


class OffsettingHub(Protocol):
    """What offsetting needs of the hub."""

    cycles: Cycles
    limiting: Limiting
    books: Engine

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...

    def instruction(self, payment: Payment) -> Instruction: ...


class Offsetting:
    """The offsets of a desk."""

    def __init__(self, desk: Desk, hub: OffsettingHub) -> None:
        self._desk = desk
        self._hub = hub
        # What was looked through last without finding anything, and what waiting payments make their banks owe, with the rate it follows from.
        self._barren: object = None
        self._legs: dict[int, tuple[object, tuple[Obligation, ...]]] = {}
        self._lines = WaitingLines(desk, hub)

    def found(self, at: Instant) -> OffsetQueues | None:
        """Queued urgent payments that could settle together, by what the books hold now. It becomes an input of the batch: decided
        again, it is read there and not found anew (decision 0010)."""
        desk = self._desk
        if desk.rules is None or len(desk.queues) < 2:
            return None
        keys = [key for key in desk.queues.open_keys() if key[2]]
        if len({payer for payer, _, _ in keys}) < 2:
            return None
        rules = desk.rules
        if not rules.queue_most_value and not desk.flow_limits:
            lines = self._lines.of(keys, rules, at)
            if lines is not None:
                return self._by_lines(lines)
        urgent = [(number, key) for number, key in desk.queues.waiting() if key[2]]
        waiting, places = [], [0]
        stopped: set[Key] = set()
        known, self._legs = self._legs, {}
        for number, key in urgent:
            payment = desk.live[number]
            rate_over = payment.locked is not None and payment.locked.expires <= at
            delivers = payment.delivery is not None  # its title moves in its own chain, not in a common one
            if key in stopped or rate_over or delivers or expired(self._hub.instruction(payment), at):
                stopped.add(key)  # the head must be priced again or refused first, and nobody passes it
                continue
            locked, legs = known.get(number, (None, ()))
            if not legs or locked is not payment.locked:
                legs = obligations(payment, rules)
            self._legs[number] = payment.locked, legs
            # In the order of their places, which is that of their numbers until a payer moves one.
            places.append(number)
            waiting.append(Waiting(len(places) - 1, key, legs))
        room = {}
        for who, currency in {(who, leg.currency) for one in waiting for leg in one.legs for who in (leg.payer, leg.payee)}:
            balance = self._hub.books.balance(account_id(Role.PREFUNDED, desk.ledgers[currency], who))
            room[who, currency] = 0 if balance is None else balance.room
        patience = rules.queue_pass_minutes * 60 * 1_000_000_000
        bound = {
            one.number for one in waiting if rules.queue_most_value and at - desk.live[places[one.number]].received_at >= patience
        }
        asked = (tuple(waiting), tuple(sorted(room.items())), frozenset(bound), self._hub.limiting.state())
        if asked == self._barren:
            return None  # nothing that counts has changed since nothing was found
        offset = self._within_limits(waiting, room, bound, rules)
        self._barren = asked if not offset.payments else None
        named = [one | {"numbers": [places[place] for place in one["numbers"]]} for one in offset.proofs]
        proofs = tuple(msgspec.json.encode(one) for one in named)
        return OffsetQueues(tuple(sorted(places[one] for one in offset.payments)), proofs) if offset.payments else None

    def _by_lines(self, lines: Mapping[Holder, Line]) -> OffsetQueues | None:
        """First in, first out, where all that waits moves one currency and nobody limits it: the set that `fifo_set` finds."""
        ledgers, room_of = self._desk.ledgers, self._hub.books.room
        room = {holder: room_of(account_id(Role.PREFUNDED, ledgers[holder[1]], holder[0])) for holder in lines}
        counts = heads_that_settle({holder: line.paying for holder, line in lines.items()}, room)
        settled = [number for holder, count in counts.items() for number in lines[holder].numbers[:count]]
        return OffsetQueues(tuple(sorted(settled)), ()) if settled else None

    def _within_limits(
        self, waiting: list[Waiting], room: Mapping[tuple[int, str], int], bound: Set[int], rules: Rules
    ) -> Offset:
        """The set to settle, under every limit. Whom a limit keeps out does not wait for this set, nor whoever stands behind it, and the set is
        looked for anew without them. Ends: each round takes payments out."""
        budget = Budget(tries=rules.queue_exchanges // _ROUNDS, rounds=_ROUNDS, exact_max=_EXACT_MAX)
        while True:
            if rules.queue_most_value:
                offset = most_value(waiting, room, bound, budget)
            else:
                offset = Offset(tuple(fifo_set(waiting, room)), ())
            chosen = set(offset.payments)
            out = self._hub.limiting.leaving({one.number: one.legs for one in waiting if one.number in chosen})
            if not out:
                return offset
            first = {one.queue: one.number for one in reversed(waiting) if one.number in out}
            waiting = [one for one in waiting if one.number < first.get(one.queue, one.number + 1)]

    def offset(self, batch: Batch, command: OffsetQueues) -> Refusal | None:
        """Let queued payments free each other: their nets are reserved, then each is offered."""
        desk = self._desk
        payments = []
        for number in command.payments:
            payment = desk.live.get(number)
            rate_holds = payment is not None and (payment.locked is None or payment.locked.expires > batch.at)
            if (
                payment is None
                or payment.state is not State.QUEUED
                or not payment.urgent
                or not rate_holds
                or number in batch.reordered
            ):
                return Refusal(Reason.OUT_OF_TURN, "queue", f"payment {number}", "7.6")  # this batch changed it before
            payments.append(payment)
        proofs = [msgspec.json.decode(one) for one in command.proofs]
        known = {one.number: Waiting(one.number, _NO_QUEUE, obligations(one, desk.in_force())) for one in payments}
        faults = offset_faults(command.payments, proofs, known)
        if faults:
            return Refusal(Reason.OUT_OF_TURN, "queue", "; ".join(faults)[:200], "7.6")
        if self._hub.limiting.leaving({number: one.legs for number, one in known.items()}):
            return Refusal(Reason.ABOVE_CAP, "queue", "a limit", LIMIT_ARTICLE)
        if not self._hub.cycles.open_offset(batch, payments):
            return Refusal(Reason.INSUFFICIENT_FUNDS, "queue", "the nets", "7.6")
        cycle = desk.counters.cycle - 1
        for raw, proof in zip(command.proofs, proofs, strict=True):
            worth, most = (amount_text(proof[key], proof["currency"]) for key in ("value", "bound"))
            found = f"{worth} of at most {most}, by {proof['way']}; proof {digest_of(raw)}"
            desk.note(batch, f"cycle {cycle}", MOST_VALUE, desk.in_force().cite("queue_offset"), found)
        if proofs:
            batch.proofs[cycle] = command.proofs
        for payment in payments:
            desk.queues.take_back(payment.number)
            payment.cycle = cycle
            intent = desk.next_intent()
            transfers = reserve(payment, intent, desk.in_force(), desk.ledgers)
            must_hold(self._hub.book_now(transfers))
            payment.intent, payment.legs = intent, len(transfers)
            self._hub.take(batch, payment, Event.POSITION_RESERVED)
        return None


def digest_of(proof: bytes) -> str:
    """What the chain says of a proof: the SHA-256 of its JSON."""
    return hashlib.sha256(proof).hexdigest()


def settlement_proofs(journal: Journal, cycle: int) -> list[bytes]:
    """The kept proofs of an offset, by its cycle's number, as JSON that `clearing/settlement_check.py` reads; none for other cycles."""
    raw = journal.record("settlement_proof", f"{cycle:09d}")
    return [] if raw is None else msgspec.msgpack.decode(raw, type=list[bytes])


def settlement_faults(journal: Journal) -> list[str]:
    """What is wrong with the kept proofs: each must hold by itself, and be the one that the chain names; none may be missing."""
    told: dict[int, list[str]] = {}
    for link in journal.links():
        for entry in link.entries():
            if entry.event == MOST_VALUE:
                told.setdefault(int(entry.subject.removeprefix("cycle ")), []).append(entry.facts.rpartition(" ")[2])
    kept = {int(key): msgspec.msgpack.decode(raw, type=list[bytes]) for key, raw in journal.records("settlement_proof")}
    faults = []
    for cycle in sorted(told.keys() | kept.keys()):
        digests = [digest_of(raw) for raw in kept.get(cycle, [])]
        if digests != told.get(cycle, []):
            faults.append(f"cycle {cycle}: the proofs kept are not those that the chain names")
            continue
        for raw in kept[cycle]:
            faults += [f"cycle {cycle}: {fault}" for fault in faults_of_proof(msgspec.json.decode(raw))]
    return faults
