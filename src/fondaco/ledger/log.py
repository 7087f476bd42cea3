"""The log of the books: each message as it came, before it is applied; and the engine that keeps it in memory.

A row of the log holds one message, the instant it was given and a digest over its content and the digest before it. Balances follow
from the rows by the kernel, so that whoever has the log has the books.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fondaco.ledger.engine import (
    ACCOUNT,
    BATCH_MAX,
    COUNTERS,
    TRANSFER,
    Account,
    Accounts,
    Balance,
    ByRecord,
    Statuses,
    Transfer,
    TransferFlag,
    Transfers,
    decode,
    decode_accounts,
)
from fondaco.ledger.kernel import AnyKernel, Kernel
from fondaco.ledger.sealed import BURNT

ACCOUNTS, TRANSFERS, EXPIRY, IMPORTS = 1, 2, 3, 4
_RECORD_BYTES = TRANSFER.itemsize
_LINKED, _IMPORTED = np.uint16(TransferFlag.LINKED), np.uint16(TransferFlag.IMPORTED)


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One message. `first` is the position of its first transfer in the count of all; `digest` binds it to the row before."""

    seq: int
    first: int
    instant: int
    kind: int
    digest: bytes
    events: bytes | memoryview


def digest(previous: bytes, seq: int, instant: int, kind: int, events: bytes | memoryview) -> bytes:
    """BLAKE2b (16 bytes) over the digest before, the row's number, instant and kind, and its records."""
    made = hashlib.blake2b(previous + seq.to_bytes(8, "big") + instant.to_bytes(8, "big") + bytes([kind]), digest_size=16)
    made.update(events)
    return made.digest()


KernelMaker = Callable[[Callable[[int], Transfer], Callable[[int], bool]], AnyKernel]


def kernel_maker(choice: str = "auto") -> KernelMaker:
    """The kernel by name: `reference`, `compiled` (the extra `fast`), or `auto`: compiled where numba is installed.

    Raises `ImportError` when `compiled` is asked for and numba is not there.
    """
    if choice == "reference":
        return Kernel
    try:
        from fondaco.ledger.kernel_numba import CompiledKernel
    except ImportError:
        if choice == "compiled":
            raise
        return Kernel
    return CompiledKernel


class KernelEngine(ByRecord):
    """An engine whose balances are a kernel's: what every one of them answers from memory."""

    _kernel: AnyKernel

    def book(self, records: Transfers, at_ns: int) -> Statuses:
        """As `Engine.book`. Raises `ValueError` for more than a message holds; nothing was logged then."""
        return self.book_all([records], at_ns)[0]

    def book_all(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]:
        raise AssertionError("an engine books")

    def recorded(self) -> Iterator[Transfers]:
        """`history` by records: arrays of transfers as recorded, in the order of application."""
        raise AssertionError("an engine has a record")

    def _usable(self) -> None:
        """Raises `EngineUnavailable` after a write that failed, in engines whose writes can fail: the record may say more than the kernel."""

    def balance(self, account_id: int) -> Balance | None:
        """As `Engine.balance`."""
        self._usable()
        return self._kernel.balance(account_id)

    def room(self, account_id: int) -> int:
        """As `Engine.room`."""
        self._usable()
        return self._kernel.room(account_id)

    def accounts(self) -> Iterator[tuple[Account, Balance]]:
        """As `Engine.accounts`."""
        self._usable()
        records = self._kernel.accounts()
        accounts = decode_accounts(records.tobytes())
        counters = [records[name][:, 0].tolist() for name in COUNTERS]
        order = sorted(range(len(accounts)), key=lambda place: accounts[place].id)
        return ((accounts[at], Balance(*(counter[at] for counter in counters))) for at in order)

    def sums(self) -> Iterator[tuple[int, int, int]]:
        """As `Engine.sums`."""
        self._usable()
        return self._kernel.sums()

    def history(self) -> Iterator[tuple[int, Transfer, int]]:
        """As `Engine.history`."""
        for records in self.recorded():
            for event in decode(records.tobytes()):
                yield event.timestamp, event, event.amount

    def _instant(self, at_ns: int) -> int:
        """Timestamps increase whatever the clock says."""
        return max(at_ns, self._kernel.last_ns + 1)


class MemoryEngine(KernelEngine):
    """A kernel with its log in memory: for simulation and tests. Nothing is durable."""

    def __init__(self, kernel: str = "reference") -> None:
        self._make_kernel = kernel_maker(kernel)
        self._rows: list[Row] = []
        self._digest = bytes(16)
        self._last = 0
        self._cached: Row | None = None
        self._kernel = self._make_kernel(self._fetch, self._taken)

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """As `Engine.open_accounts`."""
        if not len(records):
            return np.zeros(0, np.uint32)
        at = self._instant(at_ns)
        self._log([(ACCOUNTS, at, records)])
        return self._kernel.open_accounts(records, at)

    def book_all(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]:
        """Apply messages in order, durable by one commit: what a group of callers asked while the last commit ran.

        Each keeps its own end: a chain that one leaves open never goes on in the next. Messages that can share a row of the log
        do. One answer for each message. Raises as `book`.
        """
        if any(len(message) > BATCH_MAX for message in messages):
            raise ValueError(f"a message holds at most {BATCH_MAX} events")
        messages_joined = list(joined(messages))
        at = self._instant(at_ns)
        rows = []
        for records in messages_joined:
            kind = IMPORTS if int(records["flags"][0]) & TransferFlag.IMPORTED else TRANSFERS
            rows.append((kind, at, records))
            at += len(records)
        self._log(rows)
        answers = [self._kernel.book(records, instant) for _, instant, records in rows]
        return parted(answers, [len(message) for message in messages])

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """As `Engine.expire`; logged, so that a replay releases the same."""
        at = self._instant(at_ns)
        self._log([(EXPIRY, at, np.zeros(0, TRANSFER))])
        return self._kernel.expire(at)

    def recorded(self) -> Iterator[Transfers]:
        """As `KernelEngine.recorded`, by applying the whole log again to empty books: memory grows with ids as the kernel's does."""
        kernel = self._make_kernel(self._fetch, self._taken)
        for row in self._all_rows():
            if row.kind == ACCOUNTS:
                kernel.open_accounts(np.frombuffer(row.events, ACCOUNT), row.instant)
            elif row.kind == EXPIRY:
                yield released_as_voids(kernel.expire(row.instant), row.instant)
            else:
                out = np.zeros(len(row.events) // _RECORD_BYTES, TRANSFER)
                statuses = kernel.book(np.frombuffer(row.events, TRANSFER), row.instant, out)
                yield out[statuses == 0]

    def close(self) -> None:
        """Nothing to keep."""

    # The log

    def _log(self, messages: Sequence[tuple[int, int, NDArray[Any]]]) -> None:
        """Keep messages before they are applied; their records are read where they are, not copied."""
        rows = []
        position = self._kernel.position
        for kind, instant, records in messages:
            events = np.ascontiguousarray(records).view(np.uint8).data if len(records) else b""
            self._last += 1
            self._digest = digest(self._digest, self._last, instant, kind, events)
            rows.append(Row(self._last, position, instant, kind, self._digest, events))
            position += len(records) if kind != ACCOUNTS else 0
        self._keep(rows)

    def _apply(self, row: Row) -> None:
        """Apply a row that was read back."""
        if row.kind == ACCOUNTS:
            self._kernel.open_accounts(np.frombuffer(row.events, ACCOUNT), row.instant)
        elif row.kind == EXPIRY:
            self._kernel.expire(row.instant)
        else:
            self._kernel.book(np.frombuffer(row.events, TRANSFER), row.instant)

    def _keep(self, rows: list[Row]) -> None:
        # Copies: whoever asked may use the array again.
        self._rows.extend(msgspec.structs.replace(row, events=bytes(row.events)) for row in rows)

    def _all_rows(self) -> Iterator[Row]:
        yield from self._rows

    def _row_at(self, position: int) -> Row:
        """The row of transfers that holds a position: the last one that does not begin after it."""
        return self._rows[bisect_right(self._rows, position, key=lambda row: row.first) - 1]

    def _row_of(self, instant: int) -> Row | None:
        """The last row that was given an instant not after this one."""
        at = bisect_right(self._rows, instant, key=lambda row: row.instant) - 1
        return self._rows[at] if at >= 0 else None

    def _imports(self) -> Iterator[Row]:
        return (row for row in self._rows if row.kind == IMPORTS)

    def _fetch(self, position: int) -> Transfer:
        row = self._cached
        if row is None or not row.first <= position < row.first + len(row.events) // _RECORD_BYTES:
            row = self._cached = self._row_at(position)
        start = (position - row.first) * _RECORD_BYTES
        return decode(memoryview(row.events)[start : start + _RECORD_BYTES])[0]

    def _taken(self, instant: int) -> bool:
        """Whether a transfer that stands has this timestamp."""
        row = self._row_of(instant)
        if row is not None and row.kind == TRANSFERS and instant < row.instant + len(row.events) // _RECORD_BYTES:
            return self._stands(row, instant - row.instant)
        for row in self._imports():
            stamps = np.frombuffer(row.events, TRANSFER)["timestamp"]
            if any(self._stands(row, int(at)) for at in np.nonzero(stamps == np.uint64(instant))[0]):
                return True
        return False

    def _stands(self, row: Row, at: int) -> bool:
        event = decode(memoryview(row.events)[at * _RECORD_BYTES : (at + 1) * _RECORD_BYTES])[0]
        entry = self._kernel.entry_of(event.id)
        return entry is not None and entry >> 3 == row.first + at and entry & 7 != BURNT


def joined(messages: Sequence[Transfers]) -> Iterator[Transfers]:
    """Messages side by side in as few rows as they fit: nothing follows one that ends inside a chain, imports stay apart."""
    whole = _whole(messages)
    if whole is not None:
        yield whole
        return
    group: list[Transfers] = []
    size = 0
    for message in messages:
        if not len(message):
            continue
        if group and (
            size + len(message) > BATCH_MAX
            or int(group[-1]["flags"][-1]) & TransferFlag.LINKED
            or (int(group[-1]["flags"][0]) ^ int(message["flags"][0])) & TransferFlag.IMPORTED
        ):
            yield _side_by_side(group)
            group, size = [], 0
        group.append(message)
        size += len(message)
    if group:
        yield _side_by_side(group)


def _whole(messages: Sequence[Transfers]) -> Transfers | None:
    """All of them side by side, where none stands in the way of another: a gateway's many small ones are not looked at one by one."""
    sizes = [len(message) for message in messages]
    if len(sizes) < 2 or not 0 < sum(sizes) <= BATCH_MAX:
        return None
    whole = _side_by_side(messages)
    flags = whole["flags"]
    ends = flags[np.cumsum(sizes) - 1] if 0 not in sizes else flags
    return None if (ends & _LINKED).any() or (flags & _IMPORTED).any() else whole


def _side_by_side(messages: Sequence[Transfers]) -> Transfers:
    """One message of several, copied as bytes: numpy asks each record's type again, which costs three hundred times as much."""
    return messages[0] if len(messages) == 1 else np.frombuffer(b"".join([message.tobytes() for message in messages]), TRANSFER)


def parted(answers: list[Statuses], sizes: list[int]) -> list[Statuses]:
    """The statuses of all rows, cut at the messages' ends."""
    if len(answers) == len(sizes) and all(len(answer) == size for answer, size in zip(answers, sizes, strict=True)):
        return answers
    flat = np.concatenate(answers) if answers else np.zeros(0, np.uint32)
    ends = list(accumulate(sizes))
    return [flat[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def released_as_voids(released: Sequence[tuple[int, int]], instant: int) -> Transfers:
    """Expiries as voids without an id."""
    records = np.zeros(len(released), TRANSFER)
    for at, (key, amount) in enumerate(released):
        records["pending_id"][at] = key & (1 << 64) - 1, key >> 64
        records["amount"][at] = amount, 0
    records["flags"], records["timestamp"] = TransferFlag.VOID_PENDING, instant
    return records
