"""What members ask about their own money, what limits they set themselves, and when they are warned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fondaco.core import CURRENCIES, Reason, Refusal, amount_text, bic8, minor_text
from fondaco.hub.commands import SetLimit
from fondaco.hub.state import Batch, Desk
from fondaco.ledger import HUB, Engine, Role, Status, Transfer, TransferCode, account_id, transfer_id
from fondaco.messages import BalanceQuery, Expectation, Message, ReportRequest, admi_004, camt_004, camt_052_balances
from fondaco.reporting import Position, positions
from fondaco.rulebook import Participant
from fondaco.settlement import Cycle

_DONE = frozenset({0, int(Status.EXISTS)})
# The event code of an admi.004 is the scheme's own; ISO's set of system events has none for this.
LOW_LIQUIDITY = "LOWL"


class Raises(Protocol):
    def raised(self, member: Participant) -> int: ...


class PositionsHub(Protocol):
    """What positions need of the hub."""

    books: Engine

    @property
    def collateral(self) -> Raises: ...

    def book_now(self, transfers: list[Transfer]) -> list[int]: ...


class Positions:
    """Answers about money, for a desk. An answer is read from the books as they stand, and decides nothing."""

    def __init__(self, desk: Desk, hub: PositionsHub) -> None:
        self._desk = desk
        self._hub = hub

    def of(self, wanted: Iterable[tuple[int, str, str]]) -> list[Position]:
        """Positions of (number, BIC, currency) in the open cycle."""
        desk = self._desk
        cycle = desk.cycles.get(desk.counters.open_cycle)
        limits = {(currency, number): minor for currency, number, minor in cycle.caps} if cycle else {}
        return positions(self._hub.books, desk.ledgers, wanted, cycle.number if cycle else 0, limits)

    def queried(self, batch: Batch, sender: str, message: Message, body: BalanceQuery) -> Refusal | None:
        """A camt.003 is answered with a camt.004 of the sender's own accounts, whoever's it asked for."""
        wanted = self._own(sender, body.currencies)
        if isinstance(wanted, Refusal):
            return wanted
        rows = [
            (
                f"{one.bic[:8]}{one.currency}",
                one.bic,
                one.currency,
                one.limit if self._desk.counters.open_cycle else -1,
                {"BOOK": one.booked, "PDNG": -one.reserved, "AVLB": one.available, "PIPO": one.net},
            )
            for one in self.of(wanted)
        ]
        content = camt_004(self._desk.message_id(), batch.at_text, message.message_id, rows)
        self._desk.send(batch, self._desk.in_force().participants[sender].bic, "camt.004.001.10", "balances", content)
        return None

    def reported(self, batch: Batch, sender: str, message: Message, body: ReportRequest) -> Refusal | None:
        """A camt.060 is answered with a camt.052 of balances for each account asked about."""
        if message.faults:
            return message.faults[0]
        wanted = self._own(sender, [] if "" in body.currencies else body.currencies)
        if isinstance(wanted, Refusal):
            return wanted
        desk = self._desk
        for one in self.of(wanted):
            content = camt_052_balances(
                desk.message_id(), batch.at_text, desk.counters.day, (f"{one.bic[:8]}{one.currency}", one.bic, one.currency),
                one.booked, one.available,
            )  # fmt: skip
            desk.send(batch, one.bic, "camt.052.001.08", "balances", content)
        return None

    def expected(self, batch: Batch, sender: str, message: Message, body: Expectation) -> Refusal | None:
        """A camt.057: what a member expects counts in its forecast, for this business day."""
        if message.faults:
            return message.faults[0]
        wanted = self._own(sender, {item.currency for item in body.items})
        if isinstance(wanted, Refusal):
            return wanted
        desk = self._desk
        number = desk.in_force().participants[sender].number
        for item in body.items:
            desk.expected[f"{number} {message.message_id} {item.item}"] = (desk.counters.day, item.currency, item.minor)
        batch.expected_changed = True
        desk.note(batch, f"expectation {message.message_id}", "NOTED", "7.7", f"{number} {len(body.items)} items")
        return None

    def _own(self, sender: str, currencies: Iterable[str]) -> list[tuple[int, str, str]] | Refusal:
        member = self._desk.in_force().participants[sender]
        named = sorted(set(currencies)) or sorted(member.currencies)
        for currency in named:
            if currency not in member.currencies or "settlement_agent" in member.roles:
                return Refusal(Reason.CURRENCY_NOT_HELD, "Ccy", currency, "7.7")
        return [(member.number, member.bic, currency) for currency in named]

    # Limits

    def set_limit(self, batch: Batch, command: SetLimit) -> Refusal | str | None:
        """A member binds itself below the scheme's cap, or lets go again: from now on, in the open cycle and in those that follow.

        Refused above the scheme's cap, and below what the open cycle already holds of it: the ledger itself says so.
        """
        desk, rules = self._desk, self._desk.in_force()
        member = rules.participants.get(bic8(command.member))
        if member is None or command.currency not in member.currencies:
            return Refusal(Reason.CURRENCY_NOT_HELD, "limit", f"{command.member} {command.currency}", "7.8")
        raised = self._hub.collateral.raised(member) if command.currency == member.currency else 0
        most = rules.most(member.bic[:8], command.currency)
        bound, asked = member.caps.get(command.currency, 0) + raised, amount_text(command.minor, command.currency)
        bound = bound if most is None else min(bound, most)
        if not 0 <= command.minor <= bound:
            allowed = f"the scheme allows 0 to {amount_text(bound, command.currency)}"
            return Refusal(Reason.ABOVE_CAP, "limit", f"{asked}: {allowed}", "7.8")
        cycle = desk.cycles.get(desk.counters.open_cycle)
        if cycle is not None and not self.bind(batch, cycle, command.currency, member.number, command.minor):
            return Refusal(Reason.ABOVE_CAP, "limit", f"{asked} is below what the open cycle holds of it already", "7.8")
        desk.limits[member.number, command.currency] = command.minor
        batch.limits_changed = True
        desk.note(batch, f"limit {member.number} {command.currency}", "SET", "7.8", str(command.minor))
        return None

    def bind(self, batch: Batch, cycle: Cycle, currency: str, number: int, cap_minor: int) -> bool:
        """Make `cap_minor` the cap of a participant in an open cycle. False, and nothing done, where it is below what the cycle already holds of
        it: the ledger itself says so."""
        desk = self._desk
        place = next(i for i, (c, n, _) in enumerate(cycle.caps) if (c, n) == (currency, number))
        change = cap_minor - cycle.caps[place][2]
        if not change:
            return True
        ledger = desk.ledgers[currency]
        control = account_id(Role.CAP_CONTROL, ledger, HUB, cycle.number)
        own = account_id(Role.CLEARING, ledger, number, cycle.number)
        debit, credit = (control, own) if change > 0 else (own, control)
        code = TransferCode.CAP_EXTENSION if change > 0 else TransferCode.CAP_RELEASE
        transfer = Transfer(transfer_id(desk.next_intent(), 1), debit, credit, abs(change), ledger, int(code), 0)
        if self._hub.book_now([transfer])[0] not in _DONE:
            return False
        cycle.caps[place] = (currency, number, cap_minor)
        batch.cycles.add(cycle.number)
        desk.counters.freed = True
        return True

    # Warnings

    def warn(self, batch: Batch) -> None:
        """Tell who would not be able to pay in if the open cycle closed now: once for each cycle and currency (admi.004)."""
        desk, rules = self._desk, self._desk.rules
        cycle = desk.counters.open_cycle
        if rules is None or not cycle:
            return
        touched: set[tuple[int, str, str]] = set()
        for payment in batch.payments.values():
            if payment.cycle == cycle and payment.sender in rules.participants:
                payer = rules.participants[payment.sender]
                touched.add((payer.number, payer.bic, payment.source_currency))
        wanted = sorted(one for one in touched if (cycle, one[0], one[2]) not in desk.warned)
        for one in self.of(wanted):
            if not one.shortfall:
                continue
            exponent = CURRENCIES[one.currency].exponent
            text = (
                f"cycle {cycle}: pay-in {minor_text(one.pay_in, exponent)} {one.currency}, available "
                f"{minor_text(max(0, one.available), exponent)}: {minor_text(one.shortfall, exponent)} more is needed before the cut-off"
            )
            sponsor = rules.participants[one.bic[:8]].sponsor
            for reader, said in ((one.bic, text), (sponsor, f"{one.bic}: {text}")):
                if reader:
                    desk.send(batch, reader, "admi.004.001.02", "liquidity", admi_004(LOW_LIQUIDITY, said, batch.at_text))
            desk.warned = {known for known in desk.warned if known[0] == cycle} | {(cycle, one.number, one.currency)}
            batch.warned_changed = True
            desk.note(batch, f"liquidity {one.number} {one.currency}", "LOW", "7.9", f"cycle {cycle} {one.shortfall}")
