"""Cases of a desk: opened with a hit, decided by two officers or ended by the clock, and what each end does to what was held."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Protocol

import msgspec

from fondaco.compliance import Case, CaseState, Decision, Verdict, alerts_of, decide, escalate, expire, supersede
from fondaco.core import Calendar, Instant, Reason, Refusal
from fondaco.hub.commands import DecideCase
from fondaco.hub.state import Batch, Desk, officers_of
from fondaco.payments import Books, Event, Payment, State

_DAY_NS, _HOUR_NS = 86_400 * 1_000_000_000, 3_600 * 1_000_000_000
# How the cases of messages without payments are named.
_MESSAGE = "KM-"
# How the cases of parties of trade are named.
OF_TRADE = "KT-"
# Articles that a case's ends cite.
_RELEASED, _CONFIRMED, _EXPIRED = "5.5", "5.6", "5.9"


class CaseworkHub(Protocol):
    """What casework needs of the hub."""

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...

    def party_decided(self, batch: Batch, case: Case) -> None: ...


class Casework:
    """The cases of a desk."""

    def __init__(self, desk: Desk, hub: CaseworkHub) -> None:
        self._desk = desk
        self._hub = hub
        # When the clock next looks at which case, and at which of its two instants.
        self._clock: list[tuple[int, str]] = []
        # The same for payments that are held without a case, by number.
        self._holds: list[tuple[int, int]] = []

    def restore(self) -> None:
        """Set the clock by the cases that the journal gave; payments set theirs by `watch_again`."""
        self._clock = [
            (due, case.case_id)
            for case in self._desk.cases.values()
            if case.open
            for due in (case.escalate_at, case.due_at)
            if due
        ]
        heapify(self._clock)

    def open_for_payment(self, batch: Batch, payment: Payment, verdict: Verdict) -> None:
        """A payment's hits become its case; one that it had on other lists is superseded. The case's clock is the payment's."""
        self.supersede(batch, payment.case)
        payment.hold_escalates = payment.hold_ends = 0
        payment.case = f"K{payment.number}-{batch.number}"
        code = payment.source_currency
        self._open(batch, Case(payment.case, payment.number, int(batch.at), verdict), code)

    def open_for_party(self, batch: Batch, case_id: str, bic: str, verdict: Verdict) -> None:
        """The case of an applicant or participant (BIC of eight)."""
        code = min(self._desk.in_force().currencies)
        self._open(batch, Case(case_id, 0, int(batch.at), verdict, subject=bic), code)

    def _open(self, batch: Batch, case: Case, currency: str) -> None:
        escalate_at, due_at = self._clock_from(batch.at, currency)
        case = msgspec.structs.replace(case, escalate_at=escalate_at, due_at=due_at, alerts=alerts_of(case.verdict))
        for due in (case.escalate_at, case.due_at):
            if due:
                heappush(self._clock, (due, case.case_id))
        self._keep(batch, case)

    def _clock_from(self, at: Instant, currency: str) -> tuple[int, int]:
        """When what is held from now on is escalated, and when it ends; 0 where no article says."""
        rules = self._desk.in_force()
        calendar = rules.currencies[currency].calendar if currency in rules.currencies else None
        hours, days = rules.case_escalation_hours, rules.case_expiry_days
        return _after_hours(calendar, at, hours) if hours else 0, _after_days(calendar, at, days) if days else 0

    def watch(self, batch: Batch, payment: Payment) -> None:
        """Let the clock run for a payment that is held and that no open case watches; it runs on where it runs already."""
        case = self._desk.cases.get(payment.case)
        if payment.hold_ends or payment.hold_escalates or (case is not None and case.open):
            return
        payment.hold_escalates, payment.hold_ends = self._clock_from(batch.at, payment.source_currency)
        batch.payments[payment.number] = payment
        self.watch_again(payment)

    def watch_again(self, payment: Payment) -> None:
        """Set the clock of a payment as it is kept."""
        for due in (payment.hold_escalates, payment.hold_ends):
            if due:
                heappush(self._holds, (due, payment.number))

    def _time_of_holds(self, batch: Batch) -> None:
        """Tell what could not be screened for long, and refuse what could not be until its time ran out: it was never passed."""
        while self._holds and self._holds[0][0] <= batch.at:
            due, number = heappop(self._holds)
            payment = self._desk.live.get(number)
            if payment is None or payment.state is not State.HELD:
                continue
            if payment.hold_ends and payment.hold_ends <= batch.at:
                refuse_regulatory(batch, payment, self._hub.take, Event.HOLD_EXPIRED)
            elif payment.hold_escalates == due:
                self._hub.take(batch, payment, Event.HOLD_ESCALATED)

    def supersede(self, batch: Batch, case_id: str) -> None:
        """Close an undecided case, since what it holds was screened again; of a decided one, or none, nothing."""
        case = self._desk.cases.get(case_id)
        if case is not None and case.open:
            self._keep(batch, supersede(case))

    def _keep(self, batch: Batch, case: Case) -> None:
        self._desk.cases[case.case_id] = case
        batch.cases.add(case.case_id)

    def decided(self, batch: Batch, command: DecideCase) -> Refusal | str:
        """One officer's word on a case, and what it does."""
        desk, said = self._desk, command.decision
        case = desk.cases.get(said.case_id)
        if case is None:
            return Refusal(Reason.NOT_FOUND, "case", said.case_id)
        if case.verdict.list_set != desk.counters.list_set:
            # Its payment has no verdict of the lists in force: they were taken away, or are too old to answer.
            return Refusal(Reason.OUT_OF_TURN, "the lists", "the case is of other lists than those in force", "5.7")
        known = desk.live.get(case.payment)
        if case.payment and case.open and (known is None or known.case != case.case_id):
            return Refusal(Reason.OUT_OF_TURN, "case", "its payment has another case", "5.4")
        found = decide(case, said, officers_of(desk.scheme))
        if isinstance(found, Refusal):
            return found
        self._keep(batch, found)
        self._note(batch, found, said)
        if found.state is not case.state:
            self._ended(batch, found)
        return found.state.name

    def time(self, batch: Batch) -> None:
        """What was not decided in time is escalated, and in the end expires: the payment is refused, never released."""
        self._time_of_holds(batch)
        while self._clock and self._clock[0][0] <= batch.at:
            _, case_id = heappop(self._clock)
            case = self._desk.cases[case_id]
            if not case.open:
                continue
            if case.due_at and case.due_at <= batch.at:
                case = expire(case, int(batch.at))
            elif not case.escalated_at:
                case = escalate(case, int(batch.at))
            else:
                continue
            self._keep(batch, case)
            self._note(batch, case, case.decisions[-1])
            self._ended(batch, case)

    def _note(self, batch: Batch, case: Case, said: Decision) -> None:
        who = f"officer {said.officer_id}" if said.officer_id else "the clock"
        facts = f"{who}, now {case.state.name}" + (f", link {case.links[-1].hex()[:16]}" if case.links else "")
        article = {"RELEASE": _RELEASED, "CONFIRM": _CONFIRMED, "EXPIRE": _EXPIRED, "ESCALATE": "5.8"}.get(said.verb, _RELEASED)
        self._desk.note(batch, f"case {case.case_id}", said.verb, article, facts)

    def _ended(self, batch: Batch, case: Case) -> None:
        if case.open:
            return
        if not case.payment:
            self._hub.party_decided(batch, case)
            return
        payment = self._desk.live[case.payment]
        if case.state is CaseState.RELEASED:
            self._hub.take(batch, payment, Event.HIT_RELEASED)
        else:
            expired = case.state is CaseState.EXPIRED
            refuse_regulatory(batch, payment, self._hub.take, Event.CASE_EXPIRED if expired else Event.HIT_CONFIRMED)


def message_case_id(batch: int, place: int) -> str:
    """The name of the case of a message without payments: the command at `place` of a batch brought it."""
    return f"{_MESSAGE}{batch}-{place}"


def is_of_message(case: Case) -> bool:
    """Whether a case is of a message without payments; its subject is who sent it."""
    return case.case_id.startswith(_MESSAGE)


def place_of_message(case: Case) -> tuple[int, int]:
    """The batch that brought the message of a case, and which of its commands it was."""
    batch, _, place = case.case_id.removeprefix(_MESSAGE).partition("-")
    return int(batch), int(place)


def refuse_regulatory(batch: Batch, payment: Payment, take: Callable[[Batch, Payment, Event], Books], event: Event) -> None:
    """End a held payment. What the sender may hear: a neutral code, no list, no name, and not whether anybody decided (house plan, section 6)."""
    assert payment.state is State.HELD, "only what is held is refused by screening"
    payment.refusal = Refusal(Reason.REGULATORY, "", "", _CONFIRMED)
    take(batch, payment, event)


def _after_hours(calendar: Calendar | None, at: Instant, hours: int) -> int:
    """So many hours of opening later. Where no calendar knows, hours by the clock: earlier, which only ever refuses."""
    try:
        return int(calendar.open_hours_after(at, hours)) if calendar is not None else int(at) + hours * _HOUR_NS
    except ValueError:
        return int(at) + hours * _HOUR_NS


def _after_days(calendar: Calendar | None, at: Instant, days: int) -> int:
    """The cut-off of the business day so many business days later."""
    try:
        if calendar is not None:
            return int(calendar.cut_off_at(calendar.business_day_after(calendar.local_date(at), days)))
    except ValueError:
        pass
    return int(at) + days * _DAY_NS
