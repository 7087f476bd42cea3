"""The transfers of a net cycle: caps granted, nets reserved and posted, clearing accounts brought back to zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fondaco.ledger import HUB, Account, Role, Transfer, TransferCode, TransferFlag, account, account_id, transfer_id

_LINKED = int(TransferFlag.LINKED)


class Leg(NamedTuple):
    """One movement between two accounts, before it has an id: whole minor units of one ledger."""

    debit: int
    credit: int
    amount: int
    ledger: int
    code: int


def opening(cycle: int, holders: Iterable[tuple[str, int, int]], ledgers: Mapping[str, int]) -> tuple[list[Account], list[Leg]]:
    """Accounts and cap grants of a new cycle. `holders` are (currency, participant number, cap)."""
    accounts: list[Account] = []
    grants: list[Leg] = []
    for ledger in ledgers.values():
        # Of its own for each cycle: a counter that saw the caps of every cycle would pass 63 bits within months.
        accounts.append(account(Role.CAP_CONTROL, ledger, HUB, cycle))
        accounts.append(account(Role.CYCLE, ledger, HUB, cycle))
        accounts.append(account(Role.OBLIGATION_CLOSE, ledger, HUB, cycle))
        accounts.append(account(Role.CLEARING, ledger, HUB, cycle))
    for currency, number, cap in holders:
        ledger = ledgers[currency]
        accounts.append(account(Role.CLEARING, ledger, number, cycle))
        if cap:
            control = account_id(Role.CAP_CONTROL, ledger, HUB, cycle)
            grants.append(Leg(control, account_id(Role.CLEARING, ledger, number, cycle), cap, ledger, TransferCode.CAP_GRANT))
    return accounts, grants


def reservation(cycle: int, nets: Iterable[tuple[str, int, int]], ledgers: Mapping[str, int]) -> list[Leg]:
    """Payers to the cycle's account, the cycle's account to receivers; booked as pending, in the order of `nets`."""
    legs = []
    for currency, number, minor in nets:
        ledger = ledgers[currency]
        through = account_id(Role.CYCLE, ledger, HUB, cycle)
        own = account_id(Role.PREFUNDED, ledger, number)
        if minor < 0:
            legs.append(Leg(own, through, -minor, ledger, TransferCode.NET_PAY))
        else:
            legs.append(Leg(through, own, minor, ledger, TransferCode.NET_RECEIVE))
    return legs


def closing(
    cycle: int, positions: Iterable[tuple[str, int, int]], caps: Iterable[tuple[str, int, int]], ledgers: Mapping[str, int]
) -> list[Leg]:
    """Bring every clearing account of a settled cycle to zero and take the caps back.

    `positions` are what each clearing account received or paid over its cap, payments that were left out included: they
    leave the books by this. Credits come before debits, so that no limit can refuse.
    """
    given: list[Leg] = []
    taken: list[Leg] = []
    for currency, number, minor in positions:
        ledger = ledgers[currency]
        close = account_id(Role.OBLIGATION_CLOSE, ledger, HUB, cycle)
        own = account_id(Role.CLEARING, ledger, number, cycle)
        if minor < 0:
            given.append(Leg(close, own, -minor, ledger, TransferCode.CLEARING_CLOSE))
        elif minor:
            taken.append(Leg(own, close, minor, ledger, TransferCode.CLEARING_CLOSE))
    released = [
        Leg(
            account_id(Role.CLEARING, ledgers[currency], number, cycle),
            account_id(Role.CAP_CONTROL, ledgers[currency], HUB, cycle),
            cap,
            ledgers[currency],
            TransferCode.CAP_RELEASE,
        )
        for currency, number, cap in caps
        if cap
    ]
    return given + taken + released


def chained(intent: int, legs: Sequence[Leg], flags: int) -> list[Transfer]:
    """Transfers of an intent as one linked chain: whole, or not at all. `flags` are those of every one beside the link."""
    last = len(legs) - 1
    return [
        Transfer(
            transfer_id(intent, at + 1),
            leg.debit,
            leg.credit,
            leg.amount,
            leg.ledger,
            int(leg.code),
            flags | (_LINKED if at < last else 0),
        )
        for at, leg in enumerate(legs)
    ]


def chain_resolved(intent: int, reserved: int, legs: Sequence[Leg], flag: TransferFlag) -> list[Transfer]:
    """The linked chain that posts or voids (`flag`) what the chain of the intent `reserved` holds."""
    last, posts = len(legs) - 1, flag is TransferFlag.POST_PENDING
    return [
        Transfer(
            transfer_id(intent, at + 1), 0, 0, leg.amount if posts else 0, 0, 0, int(flag) | (_LINKED if at < last else 0),
            transfer_id(reserved, at + 1),
        )
        for at, leg in enumerate(legs)
    ]  # fmt: skip
