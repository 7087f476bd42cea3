"""The chart of accounts: which account stands for what, and how its number is made.

An account id is computed, never looked up: role, currency ledger, participant number and cycle number in one integer.
Debits are what an account gives, credits what it receives; a holder's balance is credits less debits.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from fondaco.ledger.engine import Account, AccountFlag

HUB = 0


class Role(IntEnum):
    """What an account stands for. The number is the account's `code` on every engine; never reuse one."""

    AGENT = 1  # money that the settlement agent holds for the union; its counterpart is all that is prefunded
    PREFUNDED = 2  # a participant's money at the settlement agent, at the hub's disposal
    CLEARING = 3  # a participant's obligations in one net cycle, opened with its cap
    CAP_CONTROL = 4  # grants the caps of one cycle and takes them back; then zero
    CYCLE = 5  # through it the nets of one cycle pass; zero once the cycle is settled
    OBLIGATION_CLOSE = 6  # brings the clearing accounts of a settled cycle back to zero; then zero itself
    RESIDUE = 7  # what rounding left over, on the residue ledger
    RESIDUE_DUE = 8  # a provider's side of it
    PASS = 9  # payments that free each other pass through it inside one chain; zero after every chain
    BLOCKED = 10  # money frozen by order
    CREDIT_LINE = 11  # what a settlement agent lets a participant owe it; what is granted stands on the holder's PREFUNDED


# Roles whose holder may not go below zero: the ledger itself refuses.
_LIMITED = frozenset({Role.PREFUNDED, Role.CLEARING, Role.BLOCKED})


class TransferCode(IntEnum):
    """Why a transfer was made; never reuse a number."""

    FUNDING = 1
    WITHDRAWAL = 2
    CAP_GRANT = 3
    CAP_RELEASE = 4
    SOURCE_LEG = 5
    TARGET_LEG = 6
    FEE = 7
    RESIDUE = 8
    NET_PAY = 9
    NET_RECEIVE = 10
    CLEARING_CLOSE = 11
    CAP_EXTENSION = 12
    CREDIT_LINE = 13
    SPONSORED = 14
    UNION_NET = 15


# One unit of a residue ledger is 10^-9 of the currency's minor unit.
RESIDUE_DIGITS = 9


def ledger_of(numeric: int, exponent: int) -> int:
    """The ledger number of a currency: its ISO 4217 number and exponent; a redenomination is another ledger."""
    return numeric * 100 + exponent


def residue_ledger_of(numeric: int, exponent: int) -> int:
    """The ledger on which parts of a minor unit of that currency are booked."""
    return 1_000_000 + ledger_of(numeric, exponent)


def account_id(role: Role, ledger: int, participant: int = HUB, cycle: int = 0) -> int:
    """The account's number. `participant` is the rulebook's number (0 the hub), `cycle` the net cycle's (0 none)."""
    return (role << 96) | (cycle << 56) | (participant << 32) | ledger


class Place(NamedTuple):
    """What an account number says."""

    role: Role
    ledger: int
    participant: int
    cycle: int


def place_of(account: int) -> Place:
    return Place(Role(account >> 96), account & 0xFFFFFFFF, (account >> 32) & 0xFFFFFF, (account >> 56) & (1 << 40) - 1)


def account(role: Role, ledger: int, participant: int = HUB, cycle: int = 0) -> Account:
    """The account to open, with the limit flag that its role demands."""
    flags = AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS if role in _LIMITED else 0
    return Account(account_id(role, ledger, participant, cycle), ledger, int(role), int(flags))


def transfer_id(intent: int, leg: int) -> int:
    """The id of a transfer: its intent's number in the high half, its leg (from 1) in the low."""
    return (intent << 64) | leg
