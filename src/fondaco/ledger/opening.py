"""How accounts are opened, the same for every kernel: it is seldom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fondaco.ledger.engine import COUNTERS, ID_MAX, TIMESTAMP_MAX, Account, Accounts, AccountStatus, Statuses

_LINKED, _NO_OVERDRAFT, _NO_SURPLUS, _ACCOUNT_IMPORTED = 1, 2, 4, 16
_KNOWN_ACCOUNT_FLAGS = 63


def open_in_chains(
    accounts: Sequence[Account],
    records: Accounts,
    at_ns: int,
    known: Callable[[int], Account | None],
    may_be_imported: Callable[[int], bool],
    open_one: Callable[[Account], None],
    take_back: Callable[[int], None],
) -> Statuses:
    """Open accounts in order; a linked chain is opened whole or not at all. What every kernel does with them, which is seldom.

    `take_back(n)` closes the last n that were opened.
    """
    counters = [records[name] for name in COUNTERS]
    statuses = [0] * len(accounts)
    last_ns = at_ns + len(accounts) - 1
    imported = bool(accounts) and accounts[0].flags & _ACCOUNT_IMPORTED
    chain, broken, made = -1, False, 0
    for at, account in enumerate(accounts):
        linked = account.flags & _LINKED
        if linked and chain < 0:
            chain, broken, made = at, False, 0
        if linked and at == len(accounts) - 1:
            status: int = AccountStatus.LINKED_EVENT_CHAIN_OPEN
        elif broken:
            status = AccountStatus.LINKED_EVENT_FAILED
        else:
            status = _account_timing(account, imported, last_ns) or account_fault(
                account, known(account.id), [int(counter[at].any()) for counter in counters], int(records["reserved"][at])
            )
            if not status and imported and not may_be_imported(account.timestamp):
                status = AccountStatus.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS
        if status == 0:
            open_one(account if imported else account._replace(timestamp=at_ns + at))
            made += 1
        else:
            statuses[at] = status
            if chain >= 0 and not broken:
                take_back(made)
                statuses[chain:at] = [int(AccountStatus.LINKED_EVENT_FAILED)] * (at - chain)
                broken = True
        if chain >= 0 and (not linked or status == AccountStatus.LINKED_EVENT_CHAIN_OPEN):
            chain, broken = -1, False
    return np.array(statuses, np.uint32)


def _account_timing(account: Account, imported: int, message_ns: int) -> int:
    if account.flags & _ACCOUNT_IMPORTED != imported:
        return AccountStatus.IMPORTED_EVENT_NOT_EXPECTED if not imported else AccountStatus.IMPORTED_EVENT_EXPECTED
    if not imported:
        return AccountStatus.TIMESTAMP_MUST_BE_ZERO if account.timestamp else 0
    if not 1 <= account.timestamp <= TIMESTAMP_MAX:
        return AccountStatus.IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE
    return AccountStatus.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE if account.timestamp >= message_ns else 0


def account_fault(account: Account, known: Account | None, counters: Sequence[int], reserved: int) -> int:
    """What is wrong with an account as such, or with it coming again; 0 for nothing."""
    if reserved:
        return AccountStatus.RESERVED_FIELD
    if account.flags & ~_KNOWN_ACCOUNT_FLAGS:
        return AccountStatus.RESERVED_FLAG
    if account.id == 0:
        return AccountStatus.ID_MUST_NOT_BE_ZERO
    if account.id == ID_MAX:
        return AccountStatus.ID_MUST_NOT_BE_INT_MAX
    if known is not None:
        return account_again(account, known)
    if account.flags & _NO_OVERDRAFT and account.flags & _NO_SURPLUS:
        return AccountStatus.FLAGS_ARE_MUTUALLY_EXCLUSIVE
    for counter, status in zip(counters, range(AccountStatus.DEBITS_PENDING_MUST_BE_ZERO, 13), strict=True):
        if counter:
            return status
    if account.ledger == 0:
        return AccountStatus.LEDGER_MUST_NOT_BE_ZERO
    if account.code == 0:
        return AccountStatus.CODE_MUST_NOT_BE_ZERO
    return AccountStatus.OK


def account_again(account: Account, known: Account) -> int:
    """The same account id again: EXISTS with the same content, else the first field that differs."""
    if account.flags != known.flags:
        return AccountStatus.EXISTS_WITH_DIFFERENT_FLAGS
    if account.user_data_128 != known.user_data_128:
        return AccountStatus.EXISTS_WITH_DIFFERENT_USER_DATA_128
    if account.user_data_64 != known.user_data_64:
        return AccountStatus.EXISTS_WITH_DIFFERENT_USER_DATA_64
    if account.user_data_32 != known.user_data_32:
        return AccountStatus.EXISTS_WITH_DIFFERENT_USER_DATA_32
    if account.ledger != known.ledger:
        return AccountStatus.EXISTS_WITH_DIFFERENT_LEDGER
    if account.code != known.code:
        return AccountStatus.EXISTS_WITH_DIFFERENT_CODE
    return AccountStatus.EXISTS
