"""The chart of accounts: which account stands for what, and how its number is made.

An account id is computed, never looked up: role, ledger, holder's number and the number of a cycle or an instrument in one integer.
Debits are what an account gives, credits what it receives; a holder's balance is credits less debits.

Four kinds of ledgers never meet: a currency's, below a million; its residues, from one million; its memoranda of trade, from two; and
from 2^31 on one for each transferable record, whose single unit is control of it.
"""

from __future__ import annotations

import re
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
    CONTROL = 12  # control of one transferable record: one unit on the record's own ledger, with whoever holds it
    REGISTER = 13  # where that unit comes from at the issue and goes back to at the end
    MARGIN = 14  # a participant's money set aside for one instrument
    OBLIGATION_CLAIM = 15  # from here on memoranda of trade, in pairs on a currency's memo ledger
    OBLIGATION_LIABILITY = 16
    COLLECTION_CLAIM = 17
    COLLECTION_LIABILITY = 18
    CONTINGENT_CLAIM = 19
    CONTINGENT_LIABILITY = 20
    ACCEPTED_CLAIM = 21
    ACCEPTED_LIABILITY = 22
    NEGOTIATED_CLAIM = 23
    NEGOTIATED_ADVANCE = 24
    NEGOTIATED_DISCOUNT = 25
    RECOURSE_CLAIM = 26
    RECOURSE_LIABILITY = 27


CLAIMS = frozenset(
    {
        Role.OBLIGATION_CLAIM,
        Role.COLLECTION_CLAIM,
        Role.CONTINGENT_CLAIM,
        Role.ACCEPTED_CLAIM,
        Role.NEGOTIATED_CLAIM,
        Role.RECOURSE_CLAIM,
    }
)
LIABILITIES = frozenset(
    {
        Role.OBLIGATION_LIABILITY, Role.COLLECTION_LIABILITY, Role.CONTINGENT_LIABILITY, Role.ACCEPTED_LIABILITY,
        Role.NEGOTIATED_ADVANCE, Role.NEGOTIATED_DISCOUNT, Role.RECOURSE_LIABILITY,
    }
)  # fmt: skip
# Roles that may not go below zero, and roles that may not go above: the ledger itself refuses. A claim is what an account gave.
_LIMITED = frozenset({Role.PREFUNDED, Role.CLEARING, Role.BLOCKED, Role.CONTROL, Role.MARGIN}) | LIABILITIES
# Roles whose accounts are for one instrument each, or for none.
OF_INSTRUMENTS = frozenset({Role.MARGIN}) | CLAIMS | LIABILITIES


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
    CONTROL = 16
    TRADE_MONEY = 17
    TRADE_MARGIN = 18
    TRADE_MEMO = 19
    DEFAULT_COVER = 20


# One unit of a residue ledger is 10^-9 of the currency's minor unit.
RESIDUE_DIGITS = 9
_RESIDUES, _MEMOS, _RECORDS = 1_000_000, 2_000_000, 1 << 31
# Parties of trade that are no participants have numbers from here on; an account number has room for 24 bits.
FIRST_PARTY, LAST_PARTY = 1_000_000, (1 << 24) - 1
_INSTRUMENT = re.compile(r"([A-Z]{1,3})-([0-9]{6,8})")
_NUMBERS = 1 << 25


def ledger_of(numeric: int, exponent: int) -> int:
    """The ledger number of a currency: its ISO 4217 number and exponent; a redenomination is another ledger."""
    return numeric * 100 + exponent


def residue_ledger_of(numeric: int, exponent: int) -> int:
    """The ledger on which parts of a minor unit of that currency are booked."""
    return _RESIDUES + ledger_of(numeric, exponent)


def memo_ledger_of(numeric: int, exponent: int) -> int:
    """The ledger of that currency's memoranda: what is claimed and owed, and is no money yet."""
    return _MEMOS + ledger_of(numeric, exponent)


def record_ledger_of(number: int) -> int:
    """The ledger of one transferable record, by its number in the hub (from 1): control of it is its single unit."""
    assert 0 < number < _RECORDS, "a ledger number has 32 bits"
    return _RECORDS + number


class Counted(IntEnum):
    """What a ledger counts."""

    MONEY = 1
    RESIDUE = 2
    MEMO = 3
    CONTROL = 4


def counted_on(ledger: int) -> tuple[Counted, int]:
    """What a ledger counts, and of what: the currency's own ledger, or the record's number."""
    if ledger >= _RECORDS:
        return Counted.CONTROL, ledger - _RECORDS
    if ledger >= _MEMOS:
        return Counted.MEMO, ledger - _MEMOS
    if ledger >= _RESIDUES:
        return Counted.RESIDUE, ledger - _RESIDUES
    return Counted.MONEY, ledger


def instrument_number(instrument: str) -> int:
    """The number under which an instrument (`LC-000001`) stands in account numbers, 0 for "". Raises `ValueError` for a text that is none."""
    if not instrument:
        return 0
    found = _INSTRUMENT.fullmatch(instrument)
    if found is None or not 0 < int(found[2]) < _NUMBERS or found[2] != f"{int(found[2]):06d}":
        raise ValueError(f"{instrument!r} is no instrument: up to three capital letters, a hyphen, six digits or more")
    prefix = 0
    for letter in found[1]:
        prefix = prefix * 27 + ord(letter) - 64
    return prefix * _NUMBERS + int(found[2])


def instrument_of(number: int) -> str:
    """The instrument that `instrument_number` made this of, "" for a number that is none's."""
    prefix, own = divmod(number, _NUMBERS)
    letters = ""
    while prefix:  # ends: a digit less each time
        prefix, letter = divmod(prefix, 27)
        letters = chr(letter + 64) + letters
    return f"{letters}-{own:06d}" if letters and own and "@" not in letters and len(letters) < 4 else ""


def account_id(role: Role, ledger: int, participant: int = HUB, cycle: int = 0) -> int:
    """The account's number. `participant` is the rulebook's number (0 the hub) or a party's, `cycle` the net cycle's or an instrument's (0 none)."""
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
    flags = AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS if role in CLAIMS else flags
    return Account(account_id(role, ledger, participant, cycle), ledger, int(role), int(flags))


def transfer_id(intent: int, leg: int) -> int:
    """The id of a transfer: its intent's number in the high half, its leg (from 1) in the low."""
    return (intent << 64) | leg
