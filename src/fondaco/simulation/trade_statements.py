"""What both banks read at the end of a day, and in the middle of it: their statements and balance reports, held against the books and the deals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fondaco.core import CURRENCIES, bic8, minor_text
from fondaco.hub import Hub
from fondaco.journal import Mail
from fondaco.ledger import Role, account_id
from fondaco.messages import Statement, read
from fondaco.payments import Payment

# A statement of the whole day with its entries, and a report of the balance so far.
STATEMENT, REPORT = "camt.053", "camt.052"


class Read(NamedTuple):
    """A statement as its bank (BIC of eight) read it on a day (ISO date). `held` is what the books held for it at that instant, in minor units."""

    day: str
    bank: str
    kind: str
    statement: Statement
    held: int


class Statements:
    """What these banks read. `faults` says what did not add up, or was another sum than the books had."""

    def __init__(self, banks: Iterable[str]) -> None:
        self._banks = frozenset(banks)
        self.read: list[Read] = []
        self.faults: list[str] = []

    def heard(self, hub: Hub, day: str, mail: Iterable[Mail]) -> None:
        """Read what of the mail is a statement or report to one of the banks, as soon as it went out."""
        for one in mail:
            if one.recipient not in self._banks or not one.kind.startswith((STATEMENT, REPORT)):
                continue
            body = read(one.raw, bulk=True).body
            if not isinstance(body, Statement):
                self.faults.append(f"{one.kind} to {one.recipient} is no statement")
                continue
            if bic8(body.owner) != one.recipient:
                continue  # what a sponsor is told of those for whom it settles
            self._checked(Read(day, one.recipient, one.kind[:8], body, _held(hub, one.recipient, body.currency)))

    def _checked(self, one: Read) -> None:
        said = one.statement
        where = f"{one.kind} of {one.day} to {one.bank} in {said.currency}"
        if one.kind == STATEMENT and said.opening_minor + sum(entry.minor for entry in said.entries) != said.closing_minor:
            self.faults.append(f"{where}: its entries do not lead from opening to closing")
        if said.closing_minor != one.held:
            self.faults.append(f"{where}: it says {_text(said.closing_minor, said)}, and the books hold {_text(one.held, said)}")
        before = self._of(one.bank, said.currency)
        if one.kind == STATEMENT and before and before[-1].statement.closing_minor != said.opening_minor:
            self.faults.append(f"{where}: it does not begin where the one before ended")
        self.read.append(one)

    def show(self, payment: Payment) -> list[str]:
        """What is wrong with how both banks were told of a settled payment: each by one statement, to the unit."""
        faults = []
        for bank, currency, minor in (
            (payment.sender, payment.source_currency, -payment.source_minor - payment.fee_minor),
            (payment.creditor_agent, payment.target_currency, payment.target_minor),
        ):
            told = [sum(e.minor for e in one.statement.entries if e.uetr == payment.uetr) for one in self._of(bank, currency)]
            if [one for one in told if one] != [minor]:
                faults.append(f"{STATEMENT} to {bank}: payment {payment.uetr} stands there with {told}, and {minor} moved")
        return faults

    def _of(self, bank: str, currency: str) -> list[Read]:
        return [one for one in self.read if (one.bank, one.kind, one.statement.currency) == (bank, STATEMENT, currency)]


def _held(hub: Hub, bank: str, currency: str) -> int:
    """What the books hold for a bank now."""
    number = hub.desk.in_force().participants[bank].number
    balance = hub.books.balance(account_id(Role.PREFUNDED, hub.desk.ledgers[currency], number))
    return balance.net if balance is not None else 0


def _text(minor: int, said: Statement) -> str:
    return minor_text(minor, CURRENCIES[said.currency].exponent)
