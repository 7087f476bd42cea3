"""How long people are remembered: what is past its retention is erased from beside the chain, and nothing else.

A batch may go when it is older than the article says and nobody needs it: every payment that it holds or speaks of is final for as long, and
no case, assignment or return of one is younger or open. Amounts, identifiers, articles, states, books and the chain stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Protocol

import msgspec

from fondaco.compliance import Case, Hit, without_people
from fondaco.core import Instant, Reason, Refusal, at, utc_text
from fondaco.hub.casework import is_of_message, place_of_message
from fondaco.hub.state import Batch, Desk
from fondaco.journal import ERASED, RETENTION, Erasure, Journal, erasure_facts, ranges_of
from fondaco.payments import DECODER, Assignment, Payment

# One erasure ends with the batch that brings it to so many payments: what is left is due the next time.
PAYMENTS_MAX = 50_000
_KIND, _KEY = "retention", "erasures"


class Erased(Exception):
    """What is asked for was erased after its retention: it cannot be told any more."""


class ErasureDone(msgspec.Struct, frozen=True):
    """One erasure: business day and instant, the day before which everything erased was over, the batches as ranges, counts."""

    day: str
    at: int
    before: str
    batches: list[tuple[int, int]]
    messages: int
    payments: int


@dataclass
class Due:
    """What may be erased now, oldest first: batches that began and payments that ended before the day `before`."""

    before: str
    batches: list[int] = field(default_factory=list)
    instants: set[int] = field(default_factory=set)
    payments: list[Payment] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    # Batches as old that something younger or open still needs.
    needed: int = 0


class RetainingHub(Protocol):
    """What retaining needs of the hub."""

    journal: Journal

    def payment(self, number: int) -> Payment | None: ...


class Retaining:
    """What a desk has erased, and what is due."""

    def __init__(self, desk: Desk, hub: RetainingHub) -> None:
        self._desk = desk
        self._hub = hub
        self.done: list[ErasureDone] = []

    def restore(self) -> None:
        raw = self._hub.journal.record(_KIND, _KEY)
        self.done = msgspec.msgpack.decode(raw, type=list[ErasureDone]) if raw else []

    def records(self) -> list[tuple[str, str, bytes]]:
        return [(_KIND, _KEY, msgspec.msgpack.encode(self.done))]

    def is_erased(self, batch: int) -> bool:
        return any(first <= batch <= last for one in self.done for first, last in one.batches)

    def due(self, batch: Batch | None = None) -> Due | Refusal:
        """What may be erased on the open day; `batch` is the one in hand, whose changes count. It reads all of what is that old.

        A refusal where no article in force says how long is long enough.
        """
        rules = self._desk.rules
        years = rules.retention_years if rules is not None else 0
        if rules is None or not years:
            return Refusal(Reason.OUT_OF_TURN, "retention", "no article says how long people are remembered: nothing is erased")
        # By the clock where it is behind the day: one that was opened ahead of its time lets nothing go early.
        today = min(rules.day, date.fromisoformat(utc_text(Instant(self._desk.counters.last_instant))[:10]))
        before = _years_before(today, years)
        found = Due(before.isoformat())
        limit = int(at(datetime.combine(before, time(0), tzinfo=UTC)))
        # Batches are found by number or by instant: what an answer did to a payment is known by when it did it.
        numbers: set[int] = set()
        instants: set[int] = set()
        open_cases = {case.payment for case in self._desk.cases.values() if not _is_over(case, limit)}
        for number, raw in self._hub.journal.payments():
            payment = (batch.payments.get(number) if batch else None) or DECODER.decode(raw)
            if payment.received_at >= limit:
                break
            if self._is_ripe(batch, payment, limit, open_cases):
                found.payments.append(payment)
            else:
                numbers.update((payment.batch, *self._hub.journal.batches_of_mail(payment.mail)))
                instants.update((payment.received_at, *(one.at for one in payment.taken)))
        for one in self._assignments(batch):
            if one.asked_at >= limit:
                continue
            if one.final and one.taken[-1].at < limit:
                found.assignments.append(one)
            else:
                numbers.update(self._hub.journal.batches_of_mail(one.mail))
                instants.update((one.asked_at, *(step.at for step in one.taken)))
        # A case of a message needs the batch that brought it, as long as it is open or young.
        of_messages = [case for case in self._desk.cases.values() if is_of_message(case)]
        numbers.update(place_of_message(case)[0] for case in of_messages if not _is_over(case, limit))
        for number, instant, there in self._hub.journal.batches(limit):
            if number in numbers or instant in instants:
                found.needed += 1
            elif there:
                found.batches.append(number)
                found.instants.add(instant)
        going = set(found.batches)
        found.payments = [one for one in found.payments if one.batch in going]
        found.assignments = [one for one in found.assignments if one.asked_at in found.instants]
        return found

    def _assignments(self, batch: Batch | None) -> Iterator[Assignment]:
        for key, raw in self._hub.journal.records("assignment"):
            known = (batch.assignments.get(key) if batch else None) or self._desk.assignments.get(key)
            yield known or msgspec.msgpack.decode(raw, type=Assignment)

    def _is_ripe(self, batch: Batch | None, payment: Payment, limit: int, open_cases: set[int]) -> bool:
        if not payment.final or payment.taken[-1].at >= limit or payment.number in open_cases:
            return False
        for key, _ in payment.assignments:
            one = (batch.assignments.get(key) if batch else None) or self._desk.assignments.get(key)
            raw = None if one is not None else self._hub.journal.record("assignment", key)
            if one is None and raw is not None:
                one = msgspec.msgpack.decode(raw, type=Assignment)
            if one is None or not one.final or one.taken[-1].at >= limit:
                return False
        if not payment.returned_by:
            return True
        back = (batch.payments.get(payment.returned_by) if batch else None) or self._hub.payment(payment.returned_by)
        return back is not None and self._is_ripe(batch, back, limit, open_cases)

    def erase(self, batch: Batch) -> Refusal | str:
        """Erase what is due, at most what one erasure may hold; a second time there is nothing to do, and nothing is noted.

        The bytes go with the outcomes of this batch, in one transaction with the link that notes it.
        """
        due = self.due(batch)
        if isinstance(due, Refusal):
            return due
        going = _first(due)
        if not going.batches:
            return "nothing is due"
        desk = self._desk
        numbers = {one.number for one in going.payments}
        for payment in going.payments:
            batch.payments[payment.number] = _without_people(payment)
        erased_cases = set()
        for key, case in desk.cases.items():
            if case.payment in numbers or (is_of_message(case) and place_of_message(case)[0] in going.batches):
                desk.cases[key] = _case_without_people(case)
                batch.cases.add(key)
                erased_cases.add(key)
        for key, guy in desk.good_guys.items():
            if guy.case_id in erased_cases and not guy.open:
                desk.good_guys[key] = without_people(guy)
                batch.good_guys.add(key)
        for one in going.assignments:
            one.content = ""
            batch.assignments[one.key] = one
        messages = sum(1 for number in going.batches for _ in self._hub.journal.mail_of(number))
        done = ErasureDone(desk.counters.day, int(batch.at), due.before, ranges_of(going.batches), messages, len(numbers))
        self.done.append(done)
        batch.erasure = Erasure(going.batches, due.before[:4])
        summary = f"before {due.before}: {len(going.batches)} batches, {messages} messages sent, {len(numbers)} payments"
        desk.note(batch, RETENTION, ERASED, desk.in_force().cite("retention_years"), erasure_facts(summary, done.batches))
        return f"erased {summary}"


def _first(due: Due) -> Due:
    """The oldest of what is due: whole batches, until they hold enough payments."""
    batches: list[int] = []
    count: dict[int, int] = {}
    for payment in due.payments:
        count[payment.batch] = count.get(payment.batch, 0) + 1
    total = 0
    for number in due.batches:
        if total >= PAYMENTS_MAX:
            break
        batches.append(number)
        total += count.get(number, 0)
    last = batches[-1] if batches else 0
    payments = [one for one in due.payments if one.batch <= last]
    # An assignment is found again by its instant alone; erased a moment before its batch it loses nothing that is not due.
    return Due(due.before, batches, due.instants, payments, due.assignments)


def _is_over(case: Case, limit: int) -> bool:
    last = max((one.at for one in case.decisions), default=case.opened_at)
    return not case.open and last < limit


def _without_people(payment: Payment) -> Payment:
    """The record without what a refusal found in the message, the customer's counts, and the names of parties of trade."""
    refusal = payment.refusal
    if refusal is not None:
        refusal = msgspec.structs.replace(refusal, found="")
    delivery = payment.delivery
    if delivery is not None:
        delivery = msgspec.structs.replace(delivery, said=())
    return msgspec.structs.replace(payment, refusal=refusal, counted=[], delivery=delivery)


def _case_without_people(case: Case) -> Case:
    """The case without names, and without digests that could be guessed back to one: which list and which entry, with what score, who
    decided what stays. A decision keeps its signature and the digest of the verdict that it was made on; without the note, neither the
    signature nor the chain can be checked any more."""
    verdict = case.verdict
    hits = tuple(_hit_without_people(one) for one in verdict.hits)
    spared = tuple(msgspec.structs.replace(one, hit=_hit_without_people(one.hit)) for one in verdict.spared)
    verdict = msgspec.structs.replace(verdict, hits=hits, spared=spared, why="")
    decisions = tuple(msgspec.structs.replace(one, note="") for one in case.decisions)
    return msgspec.structs.replace(case, verdict=verdict, decisions=decisions, alerts=())


def _hit_without_people(hit: Hit) -> Hit:
    return msgspec.structs.replace(hit, said="", listed="", words=(), fingerprint="")


def _years_before(day: date, years: int) -> date:
    """The same day so many years ago; of 29 February the 28th, by which less is erased."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def batches_text(ranges: Iterable[tuple[int, int]]) -> str:
    """Ranges of batches for a person."""
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in ranges)
