"""Accounts, transfers, results, and the face that every engine keeps.

The semantics are TigerBeetle's, from its public documentation: 128-byte records, one status for each event, linked
chains, two-phase transfers, limit flags, idempotent ids. Amounts and balances are narrower here: at most 2^63-1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

# One message to an engine; a linked chain never spans two (TigerBeetle's batch limit).
BATCH_MAX = 8189
# As an amount: all there is (of a pending transfer), or as much as fits (balancing).
AMOUNT_MAX = 2**128 - 1
BALANCE_MAX = 2**63 - 1
ID_MAX = 2**128 - 1
TIMESTAMP_MAX = 2**63 - 1

# TigerBeetle's layouts; a u128 is two little-endian halves, the low one first.
TRANSFER = np.dtype(
    [
        ("id", "<u8", 2),
        ("debit_account_id", "<u8", 2),
        ("credit_account_id", "<u8", 2),
        ("amount", "<u8", 2),
        ("pending_id", "<u8", 2),
        ("user_data_128", "<u8", 2),
        ("user_data_64", "<u8"),
        ("user_data_32", "<u4"),
        ("timeout", "<u4"),
        ("ledger", "<u4"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("timestamp", "<u8"),
    ]
)
ACCOUNT = np.dtype(
    [
        ("id", "<u8", 2),
        ("debits_pending", "<u8", 2),
        ("debits_posted", "<u8", 2),
        ("credits_pending", "<u8", 2),
        ("credits_posted", "<u8", 2),
        ("user_data_128", "<u8", 2),
        ("user_data_64", "<u8"),
        ("user_data_32", "<u4"),
        ("reserved", "<u4"),
        ("ledger", "<u4"),
        ("code", "<u2"),
        ("flags", "<u2"),
        ("timestamp", "<u8"),
    ]
)
assert TRANSFER.itemsize == 128
assert ACCOUNT.itemsize == 128

# The fields of an account that transfers change, in this order.
COUNTERS = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")

# Arrays of these records: what is in memory is what is in the log and on the wire.
Transfers = NDArray[Any]
Accounts = NDArray[Any]
Statuses = NDArray[np.uint32]


class AccountFlag(IntFlag):
    """TigerBeetle's account flags; a limit flag makes the ledger itself refuse."""

    LINKED = 1
    DEBITS_MUST_NOT_EXCEED_CREDITS = 2
    CREDITS_MUST_NOT_EXCEED_DEBITS = 4
    HISTORY = 8
    IMPORTED = 16
    CLOSED = 32


class TransferFlag(IntFlag):
    """TigerBeetle's transfer flags."""

    LINKED = 1
    PENDING = 2
    POST_PENDING = 4
    VOID_PENDING = 8
    BALANCING_DEBIT = 16
    BALANCING_CREDIT = 32
    CLOSING_DEBIT = 64
    CLOSING_CREDIT = 128
    IMPORTED = 256


class AccountStatus(IntEnum):
    """TigerBeetle's CreateAccountStatus codes (its client 0.17); 0 for created. Their precedence is the order of its client's list."""

    OK = 0
    LINKED_EVENT_FAILED = 1
    LINKED_EVENT_CHAIN_OPEN = 2
    TIMESTAMP_MUST_BE_ZERO = 3
    RESERVED_FIELD = 4
    RESERVED_FLAG = 5
    ID_MUST_NOT_BE_ZERO = 6
    ID_MUST_NOT_BE_INT_MAX = 7
    FLAGS_ARE_MUTUALLY_EXCLUSIVE = 8
    DEBITS_PENDING_MUST_BE_ZERO = 9
    DEBITS_POSTED_MUST_BE_ZERO = 10
    CREDITS_PENDING_MUST_BE_ZERO = 11
    CREDITS_POSTED_MUST_BE_ZERO = 12
    LEDGER_MUST_NOT_BE_ZERO = 13
    CODE_MUST_NOT_BE_ZERO = 14
    EXISTS_WITH_DIFFERENT_FLAGS = 15
    EXISTS_WITH_DIFFERENT_USER_DATA_128 = 16
    EXISTS_WITH_DIFFERENT_USER_DATA_64 = 17
    EXISTS_WITH_DIFFERENT_USER_DATA_32 = 18
    EXISTS_WITH_DIFFERENT_LEDGER = 19
    EXISTS_WITH_DIFFERENT_CODE = 20
    EXISTS = 21
    IMPORTED_EVENT_EXPECTED = 22
    IMPORTED_EVENT_NOT_EXPECTED = 23
    IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE = 24
    IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE = 25
    IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS = 26


class Status(IntEnum):
    """TigerBeetle's CreateTransferStatus codes (its client 0.17); 0 for created. Their precedence is the order of its client's list."""

    OK = 0
    LINKED_EVENT_FAILED = 1
    LINKED_EVENT_CHAIN_OPEN = 2
    TIMESTAMP_MUST_BE_ZERO = 3
    RESERVED_FLAG = 4
    ID_MUST_NOT_BE_ZERO = 5
    ID_MUST_NOT_BE_INT_MAX = 6
    FLAGS_ARE_MUTUALLY_EXCLUSIVE = 7
    DEBIT_ACCOUNT_ID_MUST_NOT_BE_ZERO = 8
    DEBIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX = 9
    CREDIT_ACCOUNT_ID_MUST_NOT_BE_ZERO = 10
    CREDIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX = 11
    ACCOUNTS_MUST_BE_DIFFERENT = 12
    PENDING_ID_MUST_BE_ZERO = 13
    PENDING_ID_MUST_NOT_BE_ZERO = 14
    PENDING_ID_MUST_NOT_BE_INT_MAX = 15
    PENDING_ID_MUST_BE_DIFFERENT = 16
    TIMEOUT_RESERVED_FOR_PENDING_TRANSFER = 17
    LEDGER_MUST_NOT_BE_ZERO = 19
    CODE_MUST_NOT_BE_ZERO = 20
    DEBIT_ACCOUNT_NOT_FOUND = 21
    CREDIT_ACCOUNT_NOT_FOUND = 22
    ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER = 23
    TRANSFER_MUST_HAVE_THE_SAME_LEDGER_AS_ACCOUNTS = 24
    PENDING_TRANSFER_NOT_FOUND = 25
    PENDING_TRANSFER_NOT_PENDING = 26
    PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT_ID = 27
    PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT_ID = 28
    PENDING_TRANSFER_HAS_DIFFERENT_LEDGER = 29
    PENDING_TRANSFER_HAS_DIFFERENT_CODE = 30
    EXCEEDS_PENDING_TRANSFER_AMOUNT = 31
    PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT = 32
    PENDING_TRANSFER_ALREADY_POSTED = 33
    PENDING_TRANSFER_ALREADY_VOIDED = 34
    PENDING_TRANSFER_EXPIRED = 35
    EXISTS_WITH_DIFFERENT_FLAGS = 36
    EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID = 37
    EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID = 38
    EXISTS_WITH_DIFFERENT_AMOUNT = 39
    EXISTS_WITH_DIFFERENT_PENDING_ID = 40
    EXISTS_WITH_DIFFERENT_USER_DATA_128 = 41
    EXISTS_WITH_DIFFERENT_USER_DATA_64 = 42
    EXISTS_WITH_DIFFERENT_USER_DATA_32 = 43
    EXISTS_WITH_DIFFERENT_TIMEOUT = 44
    EXISTS_WITH_DIFFERENT_CODE = 45
    EXISTS = 46
    OVERFLOWS_DEBITS_PENDING = 47
    OVERFLOWS_CREDITS_PENDING = 48
    OVERFLOWS_DEBITS_POSTED = 49
    OVERFLOWS_CREDITS_POSTED = 50
    OVERFLOWS_DEBITS = 51
    OVERFLOWS_CREDITS = 52
    OVERFLOWS_TIMEOUT = 53
    EXCEEDS_CREDITS = 54
    EXCEEDS_DEBITS = 55
    IMPORTED_EVENT_EXPECTED = 56
    IMPORTED_EVENT_NOT_EXPECTED = 57
    IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE = 58
    IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE = 59
    IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS = 60
    IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_DEBIT_ACCOUNT = 61
    IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_CREDIT_ACCOUNT = 62
    IMPORTED_EVENT_TIMEOUT_MUST_BE_ZERO = 63
    CLOSING_TRANSFER_MUST_BE_PENDING = 64
    DEBIT_ACCOUNT_ALREADY_CLOSED = 65
    CREDIT_ACCOUNT_ALREADY_CLOSED = 66
    EXISTS_WITH_DIFFERENT_LEDGER = 67
    ID_ALREADY_FAILED = 68


# Refusals that may be different a moment later. They burn the id: a new attempt takes a new one.
TRANSIENT = frozenset(
    {
        Status.DEBIT_ACCOUNT_NOT_FOUND,
        Status.CREDIT_ACCOUNT_NOT_FOUND,
        Status.PENDING_TRANSFER_NOT_FOUND,
        Status.EXCEEDS_CREDITS,
        Status.EXCEEDS_DEBITS,
        Status.DEBIT_ACCOUNT_ALREADY_CLOSED,
        Status.CREDIT_ACCOUNT_ALREADY_CLOSED,
    }
)


def chain_stands(statuses: Sequence[int]) -> bool:
    """Whether a chain (or a single event) is on the books: applied now, or found there already.

    A chain that is asked again answers EXISTS for its first event and LINKED_EVENT_FAILED for the others.
    """
    if all(status == 0 for status in statuses):
        return True
    return statuses[0] == Status.EXISTS and all(s == Status.LINKED_EVENT_FAILED for s in statuses[1:])


class Transfer(NamedTuple):
    """One event, in plain integers: two entries in the ledger and nothing else.

    A `post` or `void` may leave accounts, ledger and code 0: the pending transfer's are taken, and of the user data what is 0.
    `timeout` is in whole seconds, 0 for none. `user_data_*` are the booker's, kept and never read. `timestamp` (ns) is 0 but for
    an imported event, which brings its own.
    """

    id: int
    debit: int
    credit: int
    amount: int
    ledger: int
    code: int
    flags: int = 0
    pending_id: int = 0
    timeout: int = 0
    user_data_64: int = 0
    user_data_128: int = 0
    user_data_32: int = 0
    timestamp: int = 0


class Account(NamedTuple):
    """One account to be opened; `user_data_*` are the opener's, kept and never read. `timestamp` as of a transfer."""

    id: int
    ledger: int
    code: int
    flags: int = 0
    user_data_64: int = 0
    user_data_128: int = 0
    user_data_32: int = 0
    timestamp: int = 0


class Balance(NamedTuple):
    """Four counters of one account, in whole minor units, changed by transfers alone."""

    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int

    @property
    def net(self) -> int:
        """Posted credits less posted debits: what the account's holder has."""
        return self.credits_posted - self.debits_posted

    @property
    def room(self) -> int:
        """What may still be debited where debits must not exceed credits; pending credits do not count."""
        return self.credits_posted - self.debits_posted - self.debits_pending


class EngineUnavailable(Exception):
    """It cannot be known whether the events were applied. Ask again later with the same ids."""


class Engine(Protocol):
    """Double entry. Every deed is durable before it is answered; within `together` at the latest where that ends.

    Each event gets a timestamp of its own: the later of `at_ns` and one after the last, and one more for each further event of the
    same message. So a clock that stands still or goes back disturbs nothing.
    """

    def create_accounts(self, accounts: Sequence[Account], at_ns: int) -> list[int]:
        """Open accounts, in order; one `AccountStatus` each. The same again answers EXISTS."""
        ...

    def create_transfers(self, transfers: Sequence[Transfer], at_ns: int) -> list[int]:
        """Apply `transfers` in order; a linked chain is applied whole or not at all.

        Any number of events: they are cut into messages at chain boundaries. Returns one `Status` each. The same
        id with the same content answers EXISTS, so that a caller who is not sure may ask again; a transfer that
        failed for a reason that may pass answers ID_ALREADY_FAILED for ever.

        Raises `EngineUnavailable` when it cannot be known whether they were applied.
        """
        ...

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """`create_accounts` by records of `ACCOUNT`: one message, at most `BATCH_MAX`."""
        ...

    def book(self, records: Transfers, at_ns: int) -> Statuses:
        """`create_transfers` by records of `TRANSFER`: one message, at most `BATCH_MAX`; a chain left open at its end is refused."""
        ...

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """Release the pending transfers whose timeout has passed at that instant; (id, amount) of each in the order of expiry."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Deeds of which nobody is told before the last: an engine may make them durable by one commit where the block ends.

        A crash before leaves the first of them, however many, or none. Raises `EngineUnavailable` at the end when it cannot be known whether
        they are durable.
        """
        ...

    def balance(self, account_id: int) -> Balance | None: ...

    def room(self, account_id: int) -> int:
        """What may still be debited from an account under its own credits; 0 for one that is not there."""
        ...

    def accounts(self) -> Iterator[tuple[Account, Balance]]:
        """Every account with its balance, in the order of ids."""
        ...

    def sums(self) -> Iterator[tuple[int, int, int]]:
        """(ledger, credits less debits posted, the same pending): zero for every ledger, or the books are wrong."""
        ...

    def history(self) -> Iterator[tuple[int, Transfer, int]]:
        """Every applied event as (timestamp ns, transfer as recorded, amount moved), in the order of application.

        As recorded: what a post or void left 0 is taken from its pending transfer, and a balancing one names what it moved.

        A released expiry stands as a void (flag VOID_PENDING, id 0).
        """
        ...

    def keep_snapshot(self, *, wait: bool = False) -> None:
        """Begin to keep what spares the next opening most of its reading, where an engine has that; returns before it is kept unless `wait`."""
        ...

    def close(self) -> None:
        """Let go of the books; closing twice does nothing."""
        ...


class ByRecord:
    """What the two faces of an engine have in common: people's tuples become records, answers become lists."""

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        raise AssertionError("an engine opens accounts")

    def book(self, records: Transfers, at_ns: int) -> Statuses:
        raise AssertionError("an engine books")

    def together(self) -> AbstractContextManager[None]:
        """As `Engine.together`, each deed by itself: an engine whose server answers for it, or that keeps nothing."""
        return nullcontext()

    def keep_snapshot(self, *, wait: bool = False) -> None:
        """Nothing: an engine whose server keeps balances, or that keeps nothing, opens without one."""

    def create_accounts(self, accounts: Sequence[Account], at_ns: int) -> list[int]:
        """As `Engine.create_accounts`."""
        records = account_records(accounts)
        return [s for cut in messages_of(records) for s in self.open_accounts(cut, at_ns).tolist()]

    def create_transfers(self, transfers: Sequence[Transfer], at_ns: int) -> list[int]:
        """As `Engine.create_transfers`."""
        records = transfer_records(transfers)
        return [s for cut in messages_of(records) for s in self.book(cut, at_ns).tolist()]


def messages_of(records: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cut into messages of at most `BATCH_MAX` at chain boundaries.

    Raises `ValueError` for a chain that is longer than a message, before any was cut off.
    """
    cuts, start = [], 0
    while start < len(records):
        end = min(start + BATCH_MAX, len(records))
        if end < len(records):
            while end > start and int(records["flags"][end - 1]) & TransferFlag.LINKED:
                end -= 1
            if end == start:
                raise ValueError(f"a chain of more than {BATCH_MAX} events fits no message")
        cuts.append(records[start:end])
        start = end
    yield from cuts


_RECORD = struct.Struct("<12QQIIIHHQ")
_LOW = (1 << 64) - 1
assert _RECORD.size == TRANSFER.itemsize


def encode(transfers: Iterable[Transfer]) -> bytes:
    """The 128-byte records of `transfers`, as they stand in the log and on the wire."""
    pack = _RECORD.pack
    return b"".join(
        pack(
            key & _LOW, key >> 64, debit & _LOW, debit >> 64, credit & _LOW, credit >> 64, amount & _LOW, amount >> 64,
            pending & _LOW, pending >> 64, wide & _LOW, wide >> 64, middle, narrow, timeout, ledger, code, flags, at,
        )
        for key, debit, credit, amount, ledger, code, flags, pending, timeout, middle, wide, narrow, at in transfers
    )  # fmt: skip


Fields = tuple[int, int, int, int, int, int, int, int, int, int, int, int, int]


def fields_of(raw: bytes | memoryview) -> list[Fields]:
    """The fields of 128-byte records in the order of `Transfer`, without its names: half the cost, for the loop that reads all."""
    return [
        (
            r[0] | r[1] << 64, r[2] | r[3] << 64, r[4] | r[5] << 64, r[6] | r[7] << 64, r[15], r[16], r[17],
            r[8] | r[9] << 64, r[14], r[12], r[10] | r[11] << 64, r[13], r[18],
        )
        for r in _RECORD.iter_unpack(raw)
    ]  # fmt: skip


def decode(raw: bytes | memoryview) -> list[Transfer]:
    """The transfers of 128-byte records."""
    new = tuple.__new__  # what the names' own constructor does, without its arguments' names
    return [new(Transfer, fields) for fields in fields_of(raw)]


def encode_accounts(accounts: Iterable[Account]) -> bytes:
    """The 128-byte records of `accounts`, counters at zero."""
    pack = _RECORD.pack
    return b"".join(
        pack(
            key & _LOW, key >> 64, 0, 0, 0, 0, 0, 0, 0, 0, wide & _LOW, wide >> 64, middle, narrow, 0, ledger, code, flags, at
        )
        for key, ledger, code, flags, middle, wide, narrow, at in accounts
    )  # fmt: skip


def decode_accounts(raw: bytes | memoryview) -> list[Account]:
    """The accounts of 128-byte records, without their counters."""
    return [
        Account(r[0] | r[1] << 64, r[15], r[16], r[17], r[12], r[10] | r[11] << 64, r[13], r[18])
        for r in _RECORD.iter_unpack(raw)
    ]


def transfer_records(transfers: Iterable[Transfer]) -> Transfers:
    """Records of `TRANSFER` that hold these transfers."""
    return np.frombuffer(encode(transfers), TRANSFER)


def account_records(accounts: Iterable[Account]) -> Accounts:
    """Records of `ACCOUNT` that hold these accounts, counters at zero."""
    return np.frombuffer(encode_accounts(accounts), ACCOUNT)
