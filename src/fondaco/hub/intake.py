"""What arrives: every message of a member or a settlement agent, taken to the part of the hub that it is for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from fondaco.compliance import Verdict
from fondaco.core import MalformedMessage, Reason, Refusal, bic8
from fondaco.hub.assigning import Assigning
from fondaco.hub.clearing_union import ClearingUnions
from fondaco.hub.commands import Arrive, Command
from fondaco.hub.cycles import Cycles
from fondaco.hub.declaring import Defaults
from fondaco.hub.holding import Holding
from fondaco.hub.liquidity import Liquidity
from fondaco.hub.positions import Positions
from fondaco.hub.returning import Returning
from fondaco.hub.state import Batch, Desk
from fondaco.hub.told import answer_kind, told_status
from fondaco.journal import Journal, Mail, Seen
from fondaco.messages import (
    BalanceQuery,
    CustomerTransfers,
    Enquiry,
    Expectation,
    Findings,
    Investigation,
    LiquidityTransfer,
    Message,
    Notice,
    Recall,
    Receipt,
    ReportRequest,
    Resolution,
    Returns,
    StatusReport,
    Verification,
    VerificationReport,
    admi_002,
    pacs_002,
    read,
)
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Event, Payment, State

# What a creditor agent may answer to an offer (ExternalPaymentTransactionStatus1Code): yes, no, or nothing yet.
_YES, _NO, _NOT_YET = frozenset({"ACCC", "ACSC", "ACSP", "ACTC", "ACWC", "ACCP", "ACFC"}), "RJCT", frozenset({"PDNG", "RCVD"})


class IntakeHub(Protocol):
    """What intake needs of the hub."""

    cycles: Cycles
    unions: ClearingUnions
    defaults: Defaults
    liquidity: Liquidity
    returning: Returning
    assigning: Assigning
    positions: Positions
    seen_message: Seen
    journal: Journal
    holding: Holding

    def payment(self, number: int) -> Payment | None: ...

    def number_of(self, uetr: str) -> int: ...

    def resolve_offer(self, batch: Batch, payment: Payment, *, post: bool, event: Event | None = None) -> None: ...


def _read(command: Arrive) -> Message | MalformedMessage:
    try:
        return command.message or read(command.raw, bulk=True)
    except MalformedMessage as fault:
        return fault


class Intake:
    """Takes messages in for a desk."""

    def __init__(self, desk: Desk, hub: IntakeHub) -> None:
        self._desk = desk
        self._hub = hub
        # The batch in hand: what each command that is a message says, or why it cannot be read; and its verdict, with what that is of.
        self._read: list[Message | MalformedMessage | None] = []
        self._verdicts: dict[int, Verdict] = {}
        self._judged: tuple[str, str] = ("", "")

    def begin(self, commands: Sequence[Command]) -> None:
        """Read a batch's messages."""
        self._read = [_read(command) if isinstance(command, Arrive) else None for command in commands]
        self._verdicts = {}

    def arrive(
        self, batch: Batch, place: int, sender: str, raw: bytes, new: list[tuple[Payment, Instruction]]
    ) -> Refusal | str | None:
        """Take one message in. New payments are added to `new`; what came of anything else is told to its sender.

        A message that carries no payments is screened here, whole, before anything is done with it; payments are before they are priced.
        """
        sender = bic8(sender)
        message = self._read[place]
        assert message is not None, "a batch's messages are read before they are taken in"
        if isinstance(message, MalformedMessage):
            return self._reject_message(batch, sender, raw, message.refusal)
        if self._desk.rules is None:
            return self._reject_message(batch, sender, raw, Refusal(Reason.DAY_CLOSED, "hub", "no day is open"))
        known = self._desk.rules.participants.get(sender)
        if known is None:
            return Refusal(Reason.SENDER_UNKNOWN, "the sender", sender, self._desk.rules.cite("participants"))
        if message.header is not None and bic8(message.header.sender) != sender:
            contradiction = Refusal(Reason.SENDER_CONTRADICTS, "AppHdr/Fr", message.header.sender)
            return self._reject_message(batch, sender, raw, contradiction)
        if message.mentions and not self._may_go_on(batch, place, sender, message, raw):
            return self._refused(batch, sender, message, Refusal(Reason.REGULATORY))
        body = message.body
        if isinstance(body, CustomerTransfers | Returns):
            return self._receive(batch, place, sender, message, body, new)
        if isinstance(body, StatusReport):
            if "settlement_agent" in known.roles:
                unions, defaults = self._hub.unions, self._hub.defaults
                heard = unions.answered if unions.asked(body) else self._hub.cycles.answered
                heard = defaults.answered if defaults.asked(body) else heard
                return self._refused(batch, sender, message, heard(batch, sender, body))
            return self._refused(batch, sender, message, self._answers(batch, sender, body))
        if isinstance(body, Enquiry):
            return self._refused(batch, sender, message, self._hub.returning.enquired(batch, sender, message, body))
        if isinstance(body, LiquidityTransfer):
            return self._refused(batch, sender, message, self._hub.liquidity.asked(batch, sender, message, body))
        if isinstance(body, Receipt):
            return self._refused(batch, sender, message, self._hub.liquidity.answered(batch, sender, body))
        if isinstance(body, Recall):
            if message.faults:
                return self._refused(batch, sender, message, message.faults[0])
            return self._hub.assigning.recalled(batch, sender, message, body)
        if isinstance(body, BalanceQuery):
            return self._refused(batch, sender, message, self._hub.positions.queried(batch, sender, message, body))
        if isinstance(body, ReportRequest):
            return self._refused(batch, sender, message, self._hub.positions.reported(batch, sender, message, body))
        if isinstance(body, Expectation):
            return self._refused(batch, sender, message, self._hub.positions.expected(batch, sender, message, body))
        if isinstance(body, Notice) and message.kind.startswith("admi.011"):
            self._desk.note(batch, f"event {body.reference}", "ACKNOWLEDGED", "7.9", f"{known.number} {body.code}")
            return None
        return self._refused(batch, sender, message, self._asked(batch, sender, message))

    def _may_go_on(self, batch: Batch, place: int, sender: str, message: Message, raw: bytes) -> bool:
        """Whether a message that carries no payments may be acted on and passed on. What is still to come of its batch is screened with it,
        in one call, and again where lists or rules have changed in between."""
        holding = self._hub.holding
        now = (self._desk.counters.list_set, holding.judging().digest)
        if place not in self._verdicts or self._judged != now:
            ahead = {
                at: one.mentions for at, one in enumerate(self._read[place:], place) if isinstance(one, Message) and one.mentions
            }
            self._verdicts = dict(zip(ahead, holding.verdicts_on_messages(batch, list(ahead.values())), strict=True))
            self._judged = now
        return holding.message_passes(batch, place, sender, raw, self._verdicts[place])

    def _asked(self, batch: Batch, sender: str, message: Message) -> Refusal | None:
        """What one member asks another through the hub, and the answers."""
        assigning, body = self._hub.assigning, message.body
        if isinstance(body, Resolution):
            return assigning.resolved(batch, sender, message, body)
        if isinstance(body, Investigation):
            return assigning.investigated(batch, sender, message, body)
        if isinstance(body, Findings):
            return assigning.found(batch, sender, message, body)
        if isinstance(body, Verification):
            return assigning.verified(batch, sender, message, body)
        if isinstance(body, VerificationReport):
            return assigning.reported(batch, sender, message, body)
        return Refusal(Reason.OUT_OF_TURN, "the message", message.kind)

    def _refused(self, batch: Batch, sender: str, message: Message, refusal: Refusal | None) -> Refusal | None:
        """Tell the sender of a message that carries no payments what was wrong with it."""
        if refusal is not None:
            self._send_rejection(batch, sender, message.message_id or "UNKNOWN", refusal)
        return refusal

    def _reject_message(self, batch: Batch, sender: str, raw: bytes, refusal: Refusal) -> Refusal:
        reference = hashlib.sha256(raw).hexdigest()[:35]
        if self._desk.rules is None or sender in self._desk.rules.participants:
            self._send_rejection(batch, sender, reference, refusal)
        self._desk.note(batch, f"message {reference[:16]}", "REJECTED", refusal.article, refusal.reason.name)
        return refusal

    def _send_rejection(self, batch: Batch, recipient: str, reference: str, refusal: Refusal) -> None:
        self._desk.send(
            batch, recipient, "admi.002.001.01", "message",
            admi_002(reference, refusal.code, batch.at_text, refusal.where, refusal.sentence()),
        )  # fmt: skip

    def _receive(
        self,
        batch: Batch,
        place: int,
        sender: str,
        message: Message,
        body: CustomerTransfers | Returns,
        new: list[tuple[Payment, Instruction]],
    ) -> Refusal | str | None:
        if not body.transfers:  # no payment of its own would tell the sender of it
            return self._refused(batch, sender, message, message.faults[0])
        key = hashlib.blake2b(f"{sender}\0{message.message_id}".encode(), digest_size=16).digest()
        known = self._hub.seen_message.get(key)
        if known:
            return self._again(batch, sender, message, body, known)
        first = self._desk.counters.payment
        self._hub.seen_message.add(key, first)
        if isinstance(body, Returns):
            new += self._hub.returning.opened(batch, place, sender, message, body)
            return None
        for position, transfer in enumerate(body.transfers):
            payment = Payment(
                self._desk.counters.payment, transfer.uetr, sender, bic8(transfer.creditor_agent), message.kind, message.message_id,
                transfer.instruction_id, transfer.end_to_end_id, transfer.transaction_id, batch.number, place, position,
                int(batch.at), transfer.urgent, transfer.currency, transfer.amount_minor, transfer.currency, transfer.settlement_date,
            )  # fmt: skip
            self._desk.counters.payment += 1
            if message.faults:
                payment.refusal = message.faults[0]
            new.append((payment, transfer))
            batch.payments[payment.number] = payment
        return None

    def _again(
        self, batch: Batch, sender: str, message: Message, body: CustomerTransfers | Returns, known: int
    ) -> Refusal | None:
        """The same message once more is answered with the stored pacs.002, the newest that each of its payments had, to the byte;
        where none was sent yet, with what is known. Twice in one batch it is answered once, when the batch has decided. Another message
        under its name is refused: it may not say more, less or something else."""
        ones = self._payments_as_before(batch, sender, message, body, known)
        if not ones:
            refusal = Refusal(
                Reason.DUPLICATE_MESSAGE, "GrpHdr/MsgId", message.message_id, self._desk.in_force().cite("duplicates")
            )
            self._send_rejection(batch, sender, message.message_id, refusal)
            return refusal
        if ones[0].batch == batch.number:
            return None
        stored: dict[int, Mail] = {}
        answered = True
        for one in ones:
            sent = self._hub.journal.mail_by_seq(one.mail)
            # What was erased is not sent again: then the answer is written anew from what is known.
            own = [m for m in sent if m.raw and m.recipient == sender and m.kind.startswith("pacs.002")]
            answered = answered and bool(own)
            stored.update((mail.seq, mail) for mail in own[-1:])
        if answered:
            for _, mail in sorted(stored.items()):
                self._desk.send_again(batch, mail)
            return None
        statuses = [told_status(one) for one in ones]
        self._desk.send(
            batch, sender, answer_kind(message.kind), f"payment {known}",
            pacs_002(self._desk.message_id(), batch.at_text, message.message_id, message.kind, statuses),
        )  # fmt: skip
        return None

    def _payments_as_before(
        self, batch: Batch, sender: str, message: Message, body: CustomerTransfers | Returns, first: int
    ) -> list[Payment]:
        """The payments of a message that came before, one for each of its transactions; empty where it says something else now."""
        ones = []
        for number, transfer in enumerate(body.transfers, first):
            one = batch.payments.get(number) or self._hub.payment(number)
            if one is None or (one.sender, one.message_id, one.message_kind) != (sender, message.message_id, message.kind):
                return []
            if (one.uetr, one.source_currency, one.source_minor) != (transfer.uetr, transfer.currency, transfer.amount_minor):
                return []
            if isinstance(body, CustomerTransfers) and one.creditor_agent != bic8(transfer.creditor_agent):
                return []
            ones.append(one)
        after = first + len(ones)
        more = batch.payments.get(after) or self._hub.payment(after)
        return [] if more is not None and (more.sender, more.message_id) == (sender, message.message_id) else ones

    def _answers(self, batch: Batch, sender: str, report: StatusReport) -> Refusal | None:
        """A creditor agent's answers to what it was offered, each by its UETR; the last of those that do not fit is told."""
        wrong: Refusal | None = None
        if not report.statuses:
            return Refusal(Reason.ELEMENT_MISSING, "TxInfAndSts", "each payment is answered by its UETR", "8.2")
        for row in report.statuses:
            # What is said of the whole message is said of each that nothing else is said of.
            status = row if row.status else replace(row, status=report.group_status, reason=row.reason or report.group_reason)
            payment = self._answered_for(batch, status.uetr, sender)
            if payment is None:
                wrong = Refusal(Reason.NOT_FOUND, "TxInfAndSts/OrgnlUETR", status.uetr, "8.2")
                continue
            if payment.state is not State.OFFERED:
                wrong = Refusal(Reason.OUT_OF_TURN, "TxInfAndSts/OrgnlUETR", f"{status.uetr} is {payment.state.name}", "8.2")
                continue
            if status.status in _YES:
                self._hub.resolve_offer(batch, payment, post=True)
            elif status.status == _NO:
                said, code = status.information[:60], status.reason or "NARR"
                payment.refusal = Refusal(Reason.CREDITOR_AGENT_REFUSED, "TxInfAndSts/StsRsnInf", said, "8.4", code)
                self._hub.resolve_offer(batch, payment, post=False, event=Event.CREDITOR_REFUSED)
            elif status.status not in _NOT_YET:
                wrong = Refusal(Reason.CODE_UNKNOWN, "TxInfAndSts/TxSts", status.status or "none", "8.2")
        return wrong

    def _answered_for(self, batch: Batch, uetr: str, sender: str) -> Payment | None:
        """The live payment that `sender` answers for: the one of this UETR, or its return, which carries the same."""
        number = self._hub.number_of(uetr)
        payment = self._desk.live.get(number)
        if payment is None and number:
            original = self._hub.returning.find(batch, number)
            payment = self._desk.live.get(original.returned_by) if original is not None else None
        return payment if payment is not None and payment.creditor_agent == sender else None
