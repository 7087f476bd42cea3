"""What screening holds: verdicts, cases, officers' decisions, and what a new list set does to everything in flight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from fondaco.compliance import Case, CaseState, ListSetting, Officer, Screener, ScreeningUnfit, Verdict, decide, supersede
from fondaco.core import Reason, Refusal
from fondaco.hub.admitting import Admitting
from fondaco.hub.commands import DecideCase
from fondaco.hub.cycles import Cycles
from fondaco.hub.state import Batch, Desk, must_hold
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Books, Event, Payment, State, resolve
from fondaco.rulebook import Scheme

_DECIDED = (CaseState.RELEASED, CaseState.CONFIRMED, CaseState.SUPERSEDED)


class HoldingHub(Protocol):
    """What holding needs of the hub."""

    cycles: Cycles
    admitting: Admitting
    instructions: dict[int, Instruction]

    def take(self, batch: Batch, payment: Payment, event: Event) -> Books: ...

    def instruction(self, payment: Payment) -> Instruction: ...

    def drop_rate(self, batch: Batch, payment: Payment) -> None: ...


class Holding:
    """Screens the payments of a desk and keeps its cases. `screener_for` gives the screener of a list set's version."""

    def __init__(self, desk: Desk, hub: HoldingHub, screener_for: Callable[[str], Screener]) -> None:
        self._desk = desk
        self._hub = hub
        self._screener_for = screener_for
        self._screener: Screener | None = None

    def screen(self, batch: Batch, payments: list[Payment], instructions: list[Instruction]) -> None:
        if not payments:
            return
        if not self._desk.counters.list_set:
            for payment in payments:
                if payment.state is not State.HELD:
                    self._hub.take(batch, payment, Event.SCREENING_UNSURE)
            return
        screener = self.screener_in_force()
        verdicts = screener.screen([one.mentions for one in instructions], batch.at)
        for payment, verdict in zip(payments, verdicts, strict=True):
            payment.list_set = verdict.list_set
            if verdict.outcome == "CLEAR":
                self._hub.take(batch, payment, Event.CLEARED)
            elif verdict.outcome == "HIT":
                self._open_case(batch, payment, verdict)
                self._hub.take(batch, payment, Event.HIT_FOUND)
            elif payment.state is not State.HELD:
                self._hub.take(batch, payment, Event.SCREENING_UNSURE)

    def _open_case(self, batch: Batch, payment: Payment, verdict: Verdict) -> None:
        before = self._desk.cases.get(payment.case)
        if before is not None and before.state not in _DECIDED:
            self._desk.cases[before.case_id] = supersede(before)
            batch.cases.add(before.case_id)
        payment.case = f"K{payment.number}-{batch.number}"
        self._desk.cases[payment.case] = Case(payment.case, payment.number, int(batch.at), verdict)
        batch.cases.add(payment.case)

    def screener_in_force(self) -> Screener:
        if self._screener is None or self._screener.lists.version != self._desk.counters.list_set:
            self._screener = self._screener_for(self._desk.counters.list_set)
        return self._screener

    def swap_lists(self, batch: Batch, version: str) -> Refusal | None:
        """Another list set takes over: everything that is not final meets it before the next reservation or settlement."""
        desk = self._desk
        try:
            screener = self._screener_for(version)
        except LookupError:
            return Refusal(Reason.NOT_FOUND, "list set", version, "5.7")
        except ScreeningUnfit as fault:
            return Refusal(Reason.OUT_OF_TURN, "list set", str(fault), "5.7")
        if screener.lists.settings != {one.list_id: one for one in list_settings(desk.scheme)}:
            return Refusal(Reason.OUT_OF_TURN, "list set", f"{version} was made under another rulebook", "5.7")
        desk.counters.list_set = version
        self._screener = screener
        desk.note(batch, "lists", "SWAPPED", "5.7", version)
        live = [desk.live[number] for number in sorted(desk.live) if desk.live[number].list_set != version]
        for payment in live:
            self._hub.instruction(payment)
        for payment in live:
            verdict = screener.screen([self._hub.instructions[payment.number].mentions], batch.at)[0]
            if verdict.outcome == "CLEAR" and payment.state is not State.HELD:
                payment.list_set = version
                batch.payments[payment.number] = payment
                continue
            if payment.state is not State.HELD:
                self._hold(batch, payment)
            payment.list_set = version
            if verdict.outcome == "HIT":
                self._open_case(batch, payment, verdict)
                self._hub.take(batch, payment, Event.HIT_FOUND)
            elif verdict.outcome == "CLEAR":
                before = desk.cases.get(payment.case)
                if before is not None and before.state not in _DECIDED:
                    desk.cases[before.case_id] = supersede(before)
                    batch.cases.add(before.case_id)
                payment.case = ""
                self._hub.take(batch, payment, Event.CLEARED)
        for payment in live:
            if payment.state not in (State.SCREENED, State.PRICED, State.VALIDATED, State.HELD, State.QUEUED):
                self._hub.instructions.pop(payment.number, None)
        self._hub.cycles.recompute(batch)
        self._hub.admitting.lists_swapped(batch)
        return None

    def _hold(self, batch: Batch, payment: Payment) -> None:
        if payment.state is State.QUEUED:
            self._desk.queues.take_back(payment.number)
        books = self._hub.take(batch, payment, Event.LIST_CHANGED)
        self._desk.counters.freed = True
        if books is Books.VOID:
            batch.bookings.append((resolve(payment, self._desk.next_intent(), post=False), must_hold))
            payment.intent = payment.legs = payment.cycle = 0
        elif books is Books.UNWIND:
            self._hub.cycles.leave(batch, payment)
        self._hub.drop_rate(batch, payment)
        payment.locked = None

    def decide_case(self, batch: Batch, command: DecideCase) -> Refusal | str | None:
        desk = self._desk
        decision = command.decision
        case = desk.cases.get(decision.case_id)
        if case is None:
            return Refusal(Reason.NOT_FOUND, "case", decision.case_id)
        if case.verdict.list_set != desk.counters.list_set:
            # Its payment has no verdict of the lists in force: they were taken away, or are too old to answer.
            return Refusal(Reason.OUT_OF_TURN, "the lists", "the case is of other lists than those in force", "5.7")
        decided = decide(case, decision, _officers(desk.scheme))
        if isinstance(decided, Refusal):
            return decided
        desk.cases[case.case_id] = decided
        batch.cases.add(case.case_id)
        desk.note(batch, f"case {case.case_id}", decision.verb, "5.5", f"officer {decision.officer_id}, now {decided.state.name}")
        if not case.payment:
            self._hub.admitting.case_decided(batch, decided)
            return decided.state.name
        payment = desk.live[case.payment]
        if decided.state is CaseState.RELEASED:
            self._hub.take(batch, payment, Event.HIT_RELEASED)
        elif decided.state is CaseState.CONFIRMED:
            # What the sender may hear: a neutral code, no list, no name (house plan, section 6).
            payment.refusal = Refusal(Reason.REGULATORY, "", "", "5.6")
            self._hub.take(batch, payment, Event.HIT_CONFIRMED)
        return decided.state.name


def list_settings(scheme: Scheme) -> list[ListSetting]:
    """How each list of the rulebook binds, in its order."""
    return [ListSetting(one.list_id, one.threshold_milli, one.max_age_days, one.required) for one in scheme.lists]


def _officers(scheme: Scheme) -> Mapping[str, Officer]:
    return {
        one.officer_id: Officer(one.officer_id, one.name, one.roles, bytes.fromhex(one.public_key)) for one in scheme.officers
    }
