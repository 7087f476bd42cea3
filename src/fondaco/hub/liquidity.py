"""Funding and withdrawal of prefunded money: asked by a member, confirmed by the currency's settlement agent. A sponsored participant's
money comes from its sponsor and goes back to it."""

from __future__ import annotations

from typing import Protocol

from fondaco.core import Reason, Refusal, amount_text, bic8
from fondaco.hub.state import Batch, Desk
from fondaco.ledger import AMOUNT_MAX, Role, Status, Transfer, TransferCode, TransferFlag, account_id, transfer_id
from fondaco.messages import LiquidityTransfer, Message, Receipt, camt_025, camt_050
from fondaco.rulebook import Participant
from fondaco.settlement import FUNDING, Funding, FundingEvent, FundingState

_DONE = frozenset({0, int(Status.EXISTS)})
# What an agent's camt.025 may say (ExternalPaymentTransactionStatus1Code): it is done, it will not be, or nothing yet.
_CONFIRMED, _REFUSED, _NOT_YET = frozenset({"ACSC", "ACCC", "ACSP"}), frozenset({"RJCT"}), frozenset({"PDNG", "RCVD", "ACTC"})


class Failed(Protocol):
    def of(self, bic: str) -> object | None: ...


class Booker(Protocol):
    @property
    def defaults(self) -> Failed: ...

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...


class Liquidity:
    """The requests of a desk. Each is answered once; the same request again is answered with what became of it."""

    def __init__(self, desk: Desk, hub: Booker) -> None:
        self._desk = desk
        self._hub = hub

    def asked(self, batch: Batch, sender: str, message: Message, asked: LiquidityTransfer) -> Refusal | None:
        desk = self._desk
        rules = desk.in_force()
        if asked.faults:
            return asked.faults[0]
        hub = bic8(rules.hub_bic)
        deposit, withdrawal = bic8(asked.creditor) == hub, bic8(asked.debtor) == hub
        member = rules.participants[sender]
        if member.standing == "left":
            return Refusal(Reason.PARTICIPANT_SUSPENDED, "AppHdr/Fr", sender, "2.8")
        if not deposit and self._hub.defaults.of(sender) is not None:
            # What it has stands for what it owes; paying in is always welcome.
            return Refusal(Reason.PARTICIPANT_SUSPENDED, "AppHdr/Fr", sender, "16.1")
        if not deposit and not withdrawal:
            return self._moved(batch, member, message, asked)
        if member.sponsor:
            return Refusal(
                Reason.SENDER_CONTRADICTS, "LqdtyCdtTrf", f"{member.sponsor} settles for {sender}, and funds it", "7.10"
            )
        if deposit == withdrawal or bic8(asked.debtor if deposit else asked.creditor) != sender:
            return Refusal(Reason.SENDER_CONTRADICTS, "LqdtyCdtTrf", f"{asked.debtor} to {asked.creditor}", "7.1")
        if asked.currency not in member.currencies or "settlement_agent" in member.roles:
            return Refusal(Reason.CURRENCY_NOT_HELD, "LqdtyCdtTrf/TrfdAmt", asked.currency, "7.1")
        known = self._known(sender, message)
        if known is not None:
            return self._told_again(batch, known, asked, withdrawal, "")
        funding = Funding("", sender, message.message_id, asked.currency, asked.minor, withdrawal)
        if withdrawal:
            funding.intent = desk.next_intent()
            status = self._hub.book_now([self._transfer(funding, int(TransferFlag.PENDING))])[0]
            if status not in _DONE:
                return Refusal(Reason.INSUFFICIENT_FUNDS, "LqdtyCdtTrf/TrfdAmt", amount_text(asked.minor, asked.currency), "7.1")
        agent = rules.currencies[asked.currency].agent_bic
        creditor, debtor = (member.bic, rules.hub_bic) if withdrawal else (rules.hub_bic, member.bic)
        onward = LiquidityTransfer("W" if withdrawal else "F", message.message_id, creditor, debtor, asked.currency, asked.minor)
        seq = desk.send(
            batch, agent, "camt.050.001.07", f"funding of {member.number}", camt_050(desk.message_id(), batch.at_text, onward)
        )
        funding.asked_as = f"H{seq:012d}"
        desk.fundings[funding.asked_as] = funding
        batch.fundings.add(funding.asked_as)
        desk.note(batch, f"funding {funding.asked_as}", "ASKED", "7.1", f"{member.number} {asked.currency} {asked.minor}")
        return None

    def _known(self, sender: str, message: Message) -> Funding | None:
        """The request that this member made under this identification before."""
        mine = (sender, message.message_id)
        return next((one for one in self._desk.fundings.values() if (one.member, one.message_id) == mine), None)

    def _told_again(self, batch: Batch, known: Funding, asked: LiquidityTransfer, withdrawal: bool, other: str) -> Refusal | None:
        """Tell once more what became of a request; one that says something else under its name is refused."""
        if (known.currency, known.minor, known.withdrawal, known.other) != (asked.currency, asked.minor, withdrawal, other):
            return Refusal(Reason.DUPLICATE_MESSAGE, "MsgHdr/MsgId", known.message_id, self._desk.in_force().cite("duplicates"))
        if known.state is not FundingState.ASKED:
            self._tell(batch, known)
        return None

    def _moved(self, batch: Batch, payer: Participant, message: Message, asked: LiquidityTransfer) -> Refusal | None:
        """Move money between a sponsor and a participant it settles for, at once: who gives it asks. At the agent nothing moves."""
        desk, rules = self._desk, self._desk.in_force()
        own = payer.bic[:8]
        payee = rules.participants.get(bic8(asked.creditor))
        if bic8(asked.debtor) != own or payee is None or (payee.sponsor != own and payer.sponsor != payee.bic[:8]):
            return Refusal(Reason.SENDER_CONTRADICTS, "LqdtyCdtTrf", f"{asked.debtor} to {asked.creditor}", "7.10")
        if asked.currency not in payer.currencies & payee.currencies or payee.standing == "left":
            return Refusal(Reason.CURRENCY_NOT_HELD, "LqdtyCdtTrf/TrfdAmt", asked.currency, "7.10")
        known = self._known(own, message)
        if known is not None:
            return self._told_again(batch, known, asked, True, payee.bic[:8])
        intent = desk.next_intent()
        moved = Funding(f"S{intent}", own, message.message_id, asked.currency, asked.minor, True, intent, other=payee.bic[:8])
        ledger = desk.ledgers[asked.currency]
        debit, credit = (account_id(Role.PREFUNDED, ledger, one.number) for one in (payer, payee))
        transfer = Transfer(transfer_id(intent, 1), debit, credit, asked.minor, ledger, int(TransferCode.SPONSORED), 0)
        if self._hub.book_now([transfer])[0] not in _DONE:
            return Refusal(Reason.INSUFFICIENT_FUNDS, "LqdtyCdtTrf/TrfdAmt", amount_text(asked.minor, asked.currency), "7.10")
        row = FUNDING.step(moved.state, FundingEvent.MOVED)
        moved.state = row.after
        desk.fundings[moved.asked_as] = moved
        batch.fundings.add(moved.asked_as)
        desk.counters.freed = True
        desk.note(
            batch,
            f"funding {moved.asked_as}",
            "MOVED",
            row.article,
            f"{payer.number} to {payee.number} {asked.currency} {asked.minor}",
        )
        self._tell(batch, moved)
        return None

    def answered(self, batch: Batch, sender: str, receipt: Receipt) -> Refusal | None:
        """The agent's camt.025. Only a plain yes or no ends a request: money of which it says neither may still move there."""
        desk = self._desk
        funding = desk.fundings.get(receipt.original_id)
        if funding is None:
            return Refusal(Reason.NOT_FOUND, "OrgnlMsgId", receipt.original_id, "7.1")
        if bic8(desk.in_force().currencies[funding.currency].agent_bic) != sender:
            return Refusal(Reason.SENDER_CONTRADICTS, "AppHdr/Fr", sender, "7.1")
        if funding.state is not FundingState.ASKED:
            return None  # told twice, booked once
        if receipt.status not in _CONFIRMED | _REFUSED:
            waits = receipt.status in _NOT_YET
            return None if waits else Refusal(Reason.CODE_UNKNOWN, "RctDtls/ReqHdlg/Sts/Cd", receipt.status, "7.1")
        confirmed = receipt.status in _CONFIRMED
        row = FUNDING.step(funding.state, FundingEvent.AGENT_CONFIRMED if confirmed else FundingEvent.AGENT_REFUSED)
        self._book(funding, confirmed)
        funding.state = row.after
        batch.fundings.add(funding.asked_as)
        desk.note(batch, f"funding {funding.asked_as}", row.after.name, row.article)
        self._tell(batch, funding)
        return None

    def _book(self, funding: Funding, confirmed: bool) -> None:
        self._desk.counters.freed = True
        if not funding.withdrawal:
            if not confirmed:
                return
            funding.intent = self._desk.next_intent()
            transfers = [self._transfer(funding, 0)]
        else:
            flag = TransferFlag.POST_PENDING if confirmed else TransferFlag.VOID_PENDING
            amount = AMOUNT_MAX if confirmed else 0
            own = transfer_id(self._desk.next_intent(), 1)
            transfers = [Transfer(own, 0, 0, amount, 0, 0, int(flag), transfer_id(funding.intent, 1))]
        statuses = self._hub.book_now(transfers)
        assert all(status in _DONE for status in statuses), "money that the agent confirmed can be booked"

    def _transfer(self, funding: Funding, flags: int) -> Transfer:
        ledger = self._desk.ledgers[funding.currency]
        agent = account_id(Role.AGENT, ledger)
        own = account_id(Role.PREFUNDED, ledger, self._desk.in_force().participants[funding.member].number)
        debit, credit = (own, agent) if funding.withdrawal else (agent, own)
        code = TransferCode.WITHDRAWAL if funding.withdrawal else TransferCode.FUNDING
        return Transfer(transfer_id(funding.intent, 1), debit, credit, funding.minor, ledger, int(code), flags)

    def _tell(self, batch: Batch, funding: Funding) -> None:
        status = "ACSC" if funding.state is FundingState.CONFIRMED else "RJCT"
        reason = "" if status == "ACSC" else "AM04"
        receipt = Receipt(funding.message_id, status, reason)
        self._desk.send(
            batch, self._desk.in_force().participants[funding.member].bic, "camt.025.001.08", f"funding {funding.asked_as}",
            camt_025(self._desk.message_id(), batch.at_text, receipt),
        )  # fmt: skip
