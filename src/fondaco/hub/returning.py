"""What comes back and what is asked about: a return is a new life linked to the old one, once for each payment."""

from __future__ import annotations

from typing import Protocol

import msgspec

from fondaco.core import Instant, Reason, Refusal, amount_text, first_of
from fondaco.fx import NANO, Locked
from fondaco.hub.retaining import Retaining
from fondaco.hub.state import Batch, Desk
from fondaco.hub.told import answer_kind, told_status
from fondaco.messages import Enquiry, Message, Returns, pacs_002
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Payment, State


class ReturningHub(Protocol):
    """What returning needs of the hub."""

    retaining: Retaining

    def payment(self, number: int) -> Payment | None: ...

    def number_of(self, uetr: str) -> int: ...

    def instruction(self, payment: Payment) -> Instruction: ...


class Returning:
    """Returns (pacs.004) and status requests (pacs.028) of a desk."""

    def __init__(self, desk: Desk, hub: ReturningHub) -> None:
        self._desk = desk
        self._hub = hub

    def find(self, batch: Batch, number: int) -> Payment | None:
        """A payment as this batch knows it."""
        return batch.payments.get(number) or self._hub.payment(number)

    def opened(self, batch: Batch, place: int, sender: str, message: Message, body: Returns) -> list[tuple[Payment, Instruction]]:
        """A new payment for each return of a message: from the creditor agent of the original to its debtor agent.

        Those that may not be are refused; a refusal leaves the original as it was.
        """
        made = []
        for position, (transfer, reason) in enumerate(zip(body.transfers, body.reasons, strict=True)):
            original = self.find(batch, self._hub.number_of(transfer.uetr)) if transfer.uetr else None
            payment = Payment(
                self._desk.counters.payment, transfer.uetr, sender, original.sender if original else "", message.kind,
                message.message_id, transfer.instruction_id, transfer.end_to_end_id, transfer.transaction_id, batch.number, place,
                position, int(batch.at), transfer.urgent, transfer.currency, transfer.amount_minor, transfer.currency,
                transfer.settlement_date, reason=reason,
            )  # fmt: skip
            self._desk.counters.payment += 1
            payment.refusal = message.faults[0] if message.faults else self._refusal(transfer, sender, original, batch.at)
            if original is not None and payment.refusal is None:
                payment.returns = original.number
                payment.target_currency = original.source_currency
                original.returned_by = payment.number
                batch.payments[original.number] = original
            batch.payments[payment.number] = payment
            made.append((payment, transfer))
        return made

    def _refusal(self, transfer: Instruction, sender: str, original: Payment | None, at: Instant) -> Refusal | None:
        rules, door = self._desk.in_force(), self._desk.door
        assert door is not None
        found = list(transfer.faults)
        place = "TxInf/OrgnlUETR"
        if original is None or original.creditor_agent != sender or original.returns:
            found.append(Refusal(Reason.RETURN_UNKNOWN, place, transfer.uetr, "11.1"))
            return first_of(found)
        if self._hub.retaining.is_erased(original.batch):
            # Its parties cannot be screened with the return any more.
            article = rules.numbers.get("retention_years", "")
            found.append(Refusal(Reason.RETURN_UNKNOWN, place, "erased after its retention", article))
        if original.state is not State.SETTLED:
            found.append(Refusal(Reason.RETURN_UNSETTLED, place, original.state.name, "11.1"))
        if original.returned_by:
            found.append(Refusal(Reason.RETURNED_ALREADY, place, transfer.uetr, "11.2"))
        if transfer.currency != original.target_currency or transfer.amount_minor > original.target_minor:
            text = amount_text(transfer.amount_minor, transfer.currency)
            found.append(Refusal(Reason.RETURN_DIFFERS, "TxInf/RtrdIntrBkSttlmAmt", text, "11.3"))
        payer, payee = rules.participants[sender], rules.participants.get(original.sender)
        if not payer.may_pay_back:
            found.append(Refusal(Reason.PARTICIPANT_SUSPENDED, "AppHdr/Fr", sender, rules.cite("participants")))
        if payee is None or not payee.may_take_back:
            found.append(Refusal(Reason.PARTICIPANT_SUSPENDED, place, original.sender, rules.cite("participants")))
        if transfer.settlement_date != door.day_text:
            found.append(
                Refusal(Reason.SETTLEMENT_DATE_WRONG, "TxInf/IntrBkSttlmDt", transfer.settlement_date, rules.cite("business_day"))
            )
        currencies = [door.currencies[code] for code in {original.source_currency, original.target_currency}]
        if any(one.closed or at < one.opens for one in currencies):
            found.append(Refusal(Reason.DAY_CLOSED, "TxInf/IntrBkSttlmDt", transfer.settlement_date, rules.cite("business_day")))
        if any(at >= one.cut_off for one in currencies):
            found.append(
                Refusal(Reason.AFTER_CUT_OFF, "TxInf/IntrBkSttlmDt", transfer.settlement_date, rules.cite("business_day"))
            )
        return first_of(found) if found else None

    def let_go(self, batch: Batch, payment: Payment) -> None:
        """A return that did not come to be stands against its original no more."""
        original = self.find(batch, payment.returns)
        if original is not None and original.returned_by == payment.number:
            original.returned_by = 0
            batch.payments[original.number] = original

    def screened_with(self, payment: Payment, instruction: Instruction) -> Instruction:
        """A return names few parties: the original's are screened with it."""
        original = self._hub.payment(payment.returns)
        assert original is not None, "a return that was admitted has its original"
        said = (*instruction.mentions, *self._hub.instruction(original).mentions)
        return msgspec.structs.replace(instruction, mentions=said)

    def original_rate(self, payment: Payment) -> Locked | None:
        """The original's rate the other way, by the original's provider: a whole return brings back exactly what was paid,
        a part of it its share, half to even, the residue told. None where nothing was converted."""
        original = self._hub.payment(payment.returns)
        assert original is not None, "a return that was admitted has its original"
        before = original.locked
        if before is None:
            return None
        minor, rest = divmod(original.source_minor * payment.source_minor, original.target_minor)
        if 2 * rest > original.target_minor or (2 * rest == original.target_minor and minor & 1):
            minor, rest = minor + 1, rest - original.target_minor
        residue = (2 * rest * NANO + original.target_minor) // (2 * original.target_minor)
        # No quote gave capacity for this, so none is named that could get it back.
        return Locked(f"RETURN-{original.number}", before.provider, before.rate, payment.source_minor, minor, residue, 2**62)

    def enquired(self, batch: Batch, sender: str, message: Message, body: Enquiry) -> Refusal | None:
        """A status request is answered with the stored outcome, to who sent or received the payment and to nobody else."""
        if message.faults:
            return message.faults[0]
        statuses, missing = [], []
        for uetr in body.uetrs:
            payment = self.find(batch, self._hub.number_of(uetr))
            if payment is None or sender not in (payment.sender, payment.creditor_agent):
                missing.append(uetr)
                continue
            # The code, and no sentence: what one bank was refused for is not for the other to read.
            statuses.append(msgspec.structs.replace(told_status(payment), status=payment.told or "RCVD", information=""))
        if statuses:
            kind = answer_kind(message.kind)
            self._desk.send(
                batch, sender, kind, "enquiry",
                pacs_002(self._desk.message_id(), batch.at_text, message.message_id, message.kind, statuses),
            )  # fmt: skip
        self._desk.note(batch, f"enquiry {message.message_id}", "ANSWERED", "12.1", f"{len(statuses)} of {len(body.uetrs)}")
        return Refusal(Reason.NOT_FOUND, "TxInf/OrgnlUETR", missing[0], "12.1") if missing else None
