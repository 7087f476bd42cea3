"""What members ask each other through the hub: passed on to who must answer, the answer passed back, the time watched."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Protocol

import msgspec

from fondaco.core import Instant, Reason, Refusal, bic8
from fondaco.hub.retaining import Retaining
from fondaco.hub.state import Asked, Batch, Desk
from fondaco.journal import Journal
from fondaco.messages import (
    RECALL_ACCEPTED,
    RECALL_PENDING,
    RECALL_REFUSED,
    Findings,
    Investigation,
    Message,
    Recall,
    RecallRow,
    Resolution,
    Verification,
    VerificationReport,
    Verified,
    acmt_023,
    acmt_024,
    camt_029,
    camt_056,
    camt_110,
    camt_111,
    cancellation_status,
)
from fondaco.payments import (
    INVESTIGATION,
    RECALL,
    VERIFICATION,
    Assignment,
    AssignmentEvent,
    AssignmentState,
    Payment,
    State,
    masked,
)

_NS = 1_000_000_000
_MINUTE = 60 * _NS
_ANSWER_KIND = {"camt.056.001.08": "camt.029.001.09", "camt.056.001.11": "camt.029.001.13"}
_EVENTS = {
    RECALL_ACCEPTED: AssignmentEvent.CANCELLATION_AGREED,
    RECALL_PENDING: AssignmentEvent.PUT_OFF,
    RECALL_REFUSED: AssignmentEvent.CANCELLATION_REFUSED,
}
# What the hub itself answers to a recall (ExternalPaymentCancellationRejection1Code).
_NEVER_RECEIVED, _RETURNED, _ASKED_BEFORE, _NO_ANSWER = "NOOR", "ARDT", "ARPL", "NOAS"
# What it answers to a verification (ExternalVerificationReason1Code).
_BANK_UNKNOWN, _NO_RESPONSE = "RC04", "NORR"
# Who asks for many accounts at once asks for a list of customers.
VERIFICATIONS_IN_A_MESSAGE = 10


class AssigningHub(Protocol):
    """What assigning needs of the hub."""

    journal: Journal
    retaining: Retaining

    def payment(self, number: int) -> Payment | None: ...

    def number_of(self, uetr: str) -> int: ...

    def take_back(self, batch: Batch, payment: Payment) -> None: ...


class Assigning:
    """The open assignments of a desk and their deadlines."""

    def __init__(self, desk: Desk, hub: AssigningHub) -> None:
        self._desk = desk
        self._hub = hub
        self._deadlines: list[tuple[int, str]] = []

    def restore(self) -> None:
        """Read the open assignments of the journal, as after a restart."""
        raw = self._hub.journal.record("assignments", "open")
        for key in msgspec.msgpack.decode(raw, type=list[str]) if raw else []:
            stored = self._hub.journal.record("assignment", key)
            assert stored is not None, "an open assignment is kept"
            self._desk.assignments[key] = msgspec.msgpack.decode(stored, type=Assignment)
        self._deadlines = [(one.deadline, key) for key, one in self._desk.assignments.items()]
        heapify(self._deadlines)

    def time(self, batch: Batch) -> None:
        """End what nobody answered in time, and tell who asked."""
        while self._deadlines and self._deadlines[0][0] <= batch.at:
            deadline, key = heappop(self._deadlines)
            one = self._desk.assignments.get(key)
            if one is None or one.deadline != deadline:
                continue
            agreed = one.state is AssignmentState.AGREED
            self._step(batch, one, AssignmentEvent.TIME_RAN_OUT)
            if one.kind == RECALL:
                status = (
                    cancellation_status(one.uetr, "NARR", "cancellation was agreed, and no return came")
                    if agreed
                    else cancellation_status(one.uetr, _NO_ANSWER)
                )
                self._resolve(batch, one.assigner, one.message_kind, one.case_id, RECALL_REFUSED, one.uetr, "", one, status)
            elif one.kind == INVESTIGATION:
                self._find(batch, one, "<InvstgtnSts><Sts>CLSD</Sts></InvstgtnSts>")
            else:
                self._verify(batch, one.assigner, one.message_id, Verified(one.row, False, _NO_RESPONSE), one)

    # Recalls

    def recalled(self, batch: Batch, sender: str, message: Message, body: Recall) -> Refusal | None:
        """Take recalls in. Each is passed to the creditor agent, or answered at once (camt.029) where the hub knows the answer: what
        is refused here has been told, and needs no second word."""
        refused: Refusal | None = None
        for row in body.rows:
            refused = self._recall(batch, sender, message, row) or refused
        return refused

    def _recall(self, batch: Batch, sender: str, message: Message, row: RecallRow) -> Refusal | None:
        place = "TxInf/OrgnlUETR"
        payment = self._find_payment(batch, row.uetr)
        if payment is None or payment.sender != sender:
            # One answer for what does not exist and for what is another's: nobody learns which it is.
            self._resolve(batch, sender, message.kind, row.case_id, RECALL_REFUSED, row.uetr, _NEVER_RECEIVED)
            return Refusal(Reason.NOT_FOUND, place, row.uetr, "13.1")
        if message.message_id in {known for _, known in payment.assignments}:
            return None  # the same message again: it was taken, and its answer is told when it comes
        code = self._cannot(payment)
        if code:
            self._resolve(batch, sender, message.kind, row.case_id, RECALL_REFUSED, row.uetr, code)
            return Refusal(Reason.OUT_OF_TURN, place, code, "13.1")
        if payment.state is State.QUEUED:
            self._hub.take_back(batch, payment)
            one = self._made(batch, sender, message, row, payment, int(batch.at))
            self._keep(batch, one, payment)
            one.answer = RECALL_ACCEPTED
            self._step(batch, one, AssignmentEvent.TAKEN_FROM_QUEUE)
            self._resolve(batch, sender, message.kind, row.case_id, RECALL_ACCEPTED, row.uetr, "", one)
            return None
        deadline = self._banking_days_from(batch.at, payment.creditor_agent, self._desk.in_force().recall_answer_days)
        if isinstance(deadline, Refusal):
            status = cancellation_status(row.uetr, "NARR", deadline.sentence()[:105])
            self._resolve(batch, sender, message.kind, row.case_id, RECALL_REFUSED, row.uetr, "", None, status)
            return deadline
        one = self._made(batch, sender, message, row, payment, deadline)
        self._open(batch, one, message.kind, camt_056(one.key, batch.at_text, self._ends(one.assignee), row.passed), payment)
        return None

    def _made(self, batch: Batch, sender: str, message: Message, row: RecallRow, payment: Payment, deadline: int) -> Assignment:
        return Assignment(
            self._desk.message_id(), RECALL, sender, payment.creditor_agent, message.kind, message.message_id, int(batch.at), deadline,
            payment.number, row.uetr, row.case_id, row.cancellation_id, row.reason,
        )  # fmt: skip

    def _open_recall(self, payment: Payment) -> Assignment | None:
        found = (self._desk.assignments.get(key) for key, _ in payment.assignments)
        return next((one for one in found if one is not None and one.kind == RECALL), None)

    def _cannot(self, payment: Payment) -> str:
        """The code with which the hub itself refuses a recall, "" for none."""
        if payment.state in (State.REJECTED, State.CANCELLED) or self._hub.retaining.is_erased(payment.batch):
            return _NEVER_RECEIVED
        if payment.returned_by or payment.returns:
            return _RETURNED
        if payment.state not in (State.QUEUED, State.OFFERED, State.ACCEPTED, State.SETTLED):
            return _ASKED_BEFORE  # still with the hub; what holds it there is not for the sender to read
        return _ASKED_BEFORE if self._open_recall(payment) is not None else ""

    def resolved(self, batch: Batch, sender: str, message: Message, body: Resolution) -> Refusal | None:
        """The creditor agent's camt.029, passed to who recalled. From anybody else it is refused."""
        if message.faults:
            return message.faults[0]
        refused: Refusal | None = None
        for row in body.rows:
            payment = self._find_payment(batch, row.uetr)
            one = self._open_recall(payment) if payment is not None else None
            if one is None or one.assignee != sender:
                refused = Refusal(Reason.NOT_FOUND, "TxInfAndSts/OrgnlUETR", row.uetr, "13.3")
                continue
            if one.state is AssignmentState.AGREED:
                refused = Refusal(Reason.OUT_OF_TURN, "TxInfAndSts/OrgnlUETR", "the return is awaited", "13.3")
                continue
            one.answer = f"{body.confirmation} {row.reason}".strip()
            self._step(batch, one, _EVENTS[body.confirmation])
            if body.confirmation == RECALL_ACCEPTED:
                again = self._banking_days_from(batch.at, sender, self._desk.in_force().recall_answer_days)
                one.deadline = again if isinstance(again, int) else one.deadline
                heappush(self._deadlines, (one.deadline, one.key))
            self._resolve(batch, one.assigner, one.message_kind, one.case_id, body.confirmation, row.uetr, "", one, row.passed)
        return refused

    def returned(self, batch: Batch, original: Payment) -> None:
        """The return of a payment settled: what recalled it has its end."""
        one = self._open_recall(original)
        if one is not None:
            self._step(batch, one, AssignmentEvent.RETURN_SETTLED)

    def ended(self, batch: Batch, payment: Payment) -> None:
        """A payment ended without settling: there is nothing to recall any more, and who recalled it hears so, unless it was told
        already that the cancellation is agreed."""
        one = self._open_recall(payment)
        if one is None:
            return
        agreed = one.state is AssignmentState.AGREED
        if not agreed:
            one.answer = f"{RECALL_REFUSED} {_NEVER_RECEIVED}"
        self._step(batch, one, AssignmentEvent.PAYMENT_ENDED)
        if not agreed:
            self._resolve(batch, one.assigner, one.message_kind, one.case_id, RECALL_REFUSED, one.uetr, _NEVER_RECEIVED, one)

    def _resolve(
        self, batch: Batch, assigner: str, kind: str, case: str, confirmation: str, uetr: str, reason: str,
        one: Assignment | None = None, passed: str = "",
    ) -> None:  # fmt: skip
        content = camt_029(
            self._desk.message_id(),
            batch.at_text,
            self._ends(assigner),
            case,
            confirmation,
            passed or cancellation_status(uetr, reason),
        )
        self._tell(batch, assigner, _ANSWER_KIND[kind], content, one)

    # Investigations

    def investigated(self, batch: Batch, sender: str, message: Message, body: Investigation) -> Refusal | None:
        """A camt.110 of one bank of a payment goes to the other."""
        if message.faults:
            return message.faults[0]
        payment = self._find_payment(batch, body.uetr)
        if payment is None or sender not in (payment.sender, payment.creditor_agent):
            return Refusal(Reason.NOT_FOUND, "InvstgtnReq/Undrlyg", body.uetr, "13.5")
        other = payment.creditor_agent if sender == payment.sender else payment.sender
        if body.responder and bic8(body.responder) != other:
            return Refusal(Reason.SENDER_CONTRADICTS, "InvstgtnReq/Rspndr", body.responder, "13.5")
        if message.message_id in {known for _, known in payment.assignments}:
            return None
        if self._hub.retaining.is_erased(payment.batch):
            article = self._desk.in_force().numbers.get("retention_years", "")
            return Refusal(Reason.NOT_FOUND, "InvstgtnReq/Undrlyg", "erased after its retention", article)
        if not payment.offered_as:
            return Refusal(Reason.OUT_OF_TURN, "InvstgtnReq/Undrlyg", "never reached the other bank", "13.5")
        deadline = self._banking_days_from(batch.at, other, self._desk.in_force().investigation_answer_days)
        if isinstance(deadline, Refusal):
            return deadline
        one = Assignment(
            self._desk.message_id(), INVESTIGATION, sender, other, message.kind, message.message_id, int(batch.at), deadline,
            payment.number, body.uetr, reason=body.kind, content=body.passed,
        )  # fmt: skip
        self._open(batch, one, message.kind, camt_110(one.key, body.passed, body.data), payment)
        return None

    def found(self, batch: Batch, sender: str, message: Message, body: Findings) -> Refusal | None:
        """The camt.111 of who was asked, passed to who asked."""
        one = self._desk.assignments.get(body.original_id)
        if message.faults:
            return message.faults[0]
        if one is None or one.kind != INVESTIGATION or one.assignee != sender:
            return Refusal(Reason.NOT_FOUND, "OrgnlInvstgtnReq/MsgId", body.original_id, "13.5")
        one.answer = body.status
        self._step(batch, one, AssignmentEvent.PUT_OFF if body.status == "PDNG" else AssignmentEvent.ANSWER_CAME)
        self._find(batch, one, body.passed)
        return None

    def _find(self, batch: Batch, one: Assignment, passed: str) -> None:
        content = camt_111(self._desk.message_id(), passed, one.message_id, one.content)
        self._tell(batch, one.assigner, "camt.111.001.01", content, one)

    # Verification

    def verified(self, batch: Batch, sender: str, message: Message, body: Verification) -> Refusal | None:
        """An acmt.023 goes to the bank of the account; how many a member may ask, and miss, is bounded by article."""
        if message.faults:
            return message.faults[0]
        desk, rules = self._desk, self._desk.in_force()
        if rules.participants[sender].standing in ("suspended", "left"):
            return Refusal(Reason.PARTICIPANT_SUSPENDED, "AppHdr/Fr", sender, rules.cite("participants"))
        if any(one.assigner == sender and one.message_id == message.message_id for one in desk.assignments.values()):
            return None
        if len(body.rows) > VERIFICATIONS_IN_A_MESSAGE:
            return Refusal(
                Reason.ASKED_TOO_OFTEN, "Vrfctn", f"{len(body.rows)} in one message", rules.cite("verifications_per_minute")
            )
        asked = desk.asked.setdefault(sender, Asked())
        minute = int(batch.at) // _MINUTE
        if asked.minute != minute:
            asked.minute, asked.count = minute, 0
        if asked.day != desk.counters.day:
            asked.day, asked.misses = desk.counters.day, 0
        batch.asked.add(sender)
        if asked.count + len(body.rows) > rules.verifications_per_minute:
            return Refusal(Reason.ASKED_TOO_OFTEN, "Vrfctn", f"{asked.count} this minute", rules.cite("verifications_per_minute"))
        if asked.misses >= rules.verification_misses_per_day:
            return Refusal(
                Reason.ASKED_TOO_OFTEN, "Vrfctn", f"{asked.misses} misses today", rules.cite("verification_misses_per_day")
            )
        asked.count += len(body.rows)
        for row in body.rows:
            bank = rules.participants.get(bic8(row.bank))
            if bank is None or bic8(row.bank) == sender or "settlement_agent" in bank.roles or bank.standing == "left":
                asked.misses += 1
                self._verify(batch, sender, message.message_id, Verified(row.row, False, _BANK_UNKNOWN))
                continue
            one = Assignment(
                desk.message_id(), VERIFICATION, sender, bic8(row.bank), message.kind, message.message_id, int(batch.at),
                int(batch.at) + rules.verification_answer_s * _NS, row=row.row,
            )  # fmt: skip
            self._open(batch, one, message.kind, acmt_023(one.key, batch.at_text, self._ends(one.assignee), row.passed))
        return None

    def reported(self, batch: Batch, sender: str, message: Message, body: VerificationReport) -> Refusal | None:
        """The acmt.024 of the bank that was asked; the name that it says is masked before it goes on."""
        if message.faults:
            return message.faults[0]
        one = self._desk.assignments.get(body.original_id)
        if one is None or one.kind != VERIFICATION or one.assignee != sender:
            return Refusal(Reason.NOT_FOUND, "OrgnlAssgnmt/MsgId", body.original_id, "13.7")
        said = next((row for row in body.rows if row.row == one.row), None)
        if said is None:
            return Refusal(Reason.NOT_FOUND, "Rpt/OrgnlId", one.row, "13.7")
        one.answer = "matched" if said.matched else said.reason or "not matched"
        if not said.matched:
            self._desk.asked.setdefault(one.assigner, Asked()).misses += 1
            batch.asked.add(one.assigner)
        self._step(batch, one, AssignmentEvent.ANSWER_CAME)
        self._verify(batch, one.assigner, one.message_id, msgspec.structs.replace(said, name=masked(said.name)), one)
        return None

    def _verify(self, batch: Batch, assigner: str, original: str, row: Verified, one: Assignment | None = None) -> None:
        content = acmt_024(self._desk.message_id(), batch.at_text, self._ends(assigner), original, row)
        self._tell(batch, assigner, "acmt.024.001.04", content, one)

    # What all of them share

    def _find_payment(self, batch: Batch, uetr: str) -> Payment | None:
        number = self._hub.number_of(uetr) if uetr else 0
        return (batch.payments.get(number) or self._hub.payment(number)) if number else None

    def _ends(self, assignee: str) -> tuple[str, str]:
        rules = self._desk.in_force()
        return rules.hub_bic, rules.participants[assignee].bic

    def _banking_days_from(self, at: Instant, bank: str, days: int) -> int | Refusal:
        """The first instant after `days` more banking days of the bank's own country."""
        rules = self._desk.in_force()
        calendar = rules.currencies[rules.participants[bank].currency].calendar
        try:
            return int(calendar.cut_off_at(calendar.business_day_after(calendar.local_date(at), days)))
        except ValueError as fault:
            return Refusal(Reason.DAY_CLOSED, "the calendar", str(fault), rules.cite("business_day"))

    def _open(self, batch: Batch, one: Assignment, kind: str, content: str, payment: Payment | None = None) -> None:
        self._keep(batch, one, payment)
        self._tell(batch, one.assignee, kind, content, one)
        self._desk.note(
            batch,
            f"{one.kind} {one.key}",
            "ASSIGNED",
            "13.1",
            f"{one.uetr} {one.assigner} to {one.assignee} {one.reason}".strip(),
        )

    def _keep(self, batch: Batch, one: Assignment, payment: Payment | None) -> None:
        self._desk.assignments[one.key] = one
        heappush(self._deadlines, (one.deadline, one.key))
        batch.assignments[one.key] = one
        batch.assignments_changed = True
        if payment is not None:
            payment.assignments.append((one.key, one.message_id))
            batch.payments[payment.number] = payment

    def _step(self, batch: Batch, one: Assignment, event: AssignmentEvent) -> None:
        article = one.step(event, batch.at)
        batch.assignments[one.key] = one
        self._desk.note(batch, f"{one.kind} {one.key}", event.name, article, f"{one.uetr} {one.answer}".strip())
        if one.final:
            del self._desk.assignments[one.key]
            batch.assignments_changed = True

    def _tell(self, batch: Batch, recipient: str, kind: str, content: str, one: Assignment | None) -> None:
        subject = f"{one.kind} {one.key}" if one is not None else "assignment"
        seq = self._desk.send(batch, self._desk.in_force().participants[recipient].bic, kind, subject, content)
        if one is not None:
            one.mail.append(seq)
            batch.assignments[one.key] = one
