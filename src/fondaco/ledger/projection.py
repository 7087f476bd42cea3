"""Rows for people: the transfers and accounts of the embedded books in one SQLite file that any program can ask.

It is made from the log and nothing is made from it: thrown away, it is built again. Beside the rows stands the state of a kernel after
the last row of the log that was read, so that only what is new is applied again. No decision of the hub ever reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import apsw
import numpy as np

from fondaco.ledger import snapshot as snapshots
from fondaco.ledger.engine import (
    ACCOUNT,
    COUNTERS,
    TRANSFER,
    AccountFlag,
    Transfer,
    TransferFlag,
    Transfers,
    decode,
    decode_accounts,
)
from fondaco.ledger.kernel import AnyKernel
from fondaco.ledger.log import ACCOUNTS, EXPIRY, kernel_maker, released_as_voids
from fondaco.ledger.log_reading import LogReader, LogRow
from fondaco.ledger.snapshot import Snapshot

_FORM = 1
_HISTORY = int(AccountFlag.HISTORY)
_PENDING, _POST = int(TransferFlag.PENDING), int(TransferFlag.POST_PENDING)
_RESOLVES = _POST | int(TransferFlag.VOID_PENDING)
_COMMIT_EVENTS = 200_000
# Ids are text of 32 hexadecimal digits: they sort as the numbers do, and every tool shows them alike.
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE account (
    id TEXT PRIMARY KEY, ledger INTEGER, code INTEGER, flags INTEGER, opened_ns INTEGER,
    debits_pending INTEGER, debits_posted INTEGER, credits_pending INTEGER, credits_posted INTEGER
) WITHOUT ROWID;
CREATE TABLE transfer (
    seq INTEGER PRIMARY KEY, at_ns INTEGER, id TEXT, debit TEXT, credit TEXT, amount INTEGER, ledger INTEGER, code INTEGER, flags INTEGER,
    pending_id TEXT, timeout_s INTEGER, user_data_64 INTEGER, user_data_128 TEXT, user_data_32 INTEGER
);
CREATE TABLE balance (
    account TEXT, seq INTEGER, debits_pending INTEGER, debits_posted INTEGER, credits_pending INTEGER, credits_posted INTEGER,
    PRIMARY KEY (account, seq)
) WITHOUT ROWID;
CREATE INDEX transfer_id ON transfer (id);
CREATE INDEX transfer_debit ON transfer (debit, seq);
CREATE INDEX transfer_credit ON transfer (credit, seq);
"""


class Projected(NamedTuple):
    """What a projection holds: rows of the log it stands for, transfers, accounts; and how many transfers were added now."""

    log_rows: int
    transfers: int
    accounts: int
    added: int


def project(books: Path, *, rebuild: bool = False, progress: Callable[[int], None] | None = None) -> Projected:
    """Bring `rows.sqlite` in the folder of embedded books up to what the log says now; beside a running hub too.

    `rebuild` throws it away first; so does a file of another form, or one that stands for another log. Raises `UnreadableLog`, and
    `apsw.Error` when the disk fails: then what was kept is whole, and the next call goes on from there.
    """
    with LogReader(books / "books.sqlite") as log:
        projection = _Projection(books, log)
        try:
            if rebuild or not projection.fits():
                projection.begin()
            return projection.follow(progress)
        finally:
            projection.close()


class _Projection:
    def __init__(self, books: Path, log: LogReader) -> None:
        self._path, self._states = books / "rows.sqlite", books / "rows.state"
        self._log = log
        self._connection = self._open()
        self._cached: LogRow | None = None

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path))
        connection.set_busy_timeout(10_000)
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        return connection

    def close(self) -> None:
        self._connection.close()

    def _about(self) -> dict[str, object]:
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name='about'").get:
            return {}
        return {str(name): value for name, value in self._connection.execute("SELECT name, value FROM about")}

    def fits(self) -> bool:
        """Whether what is there is of this form and of this log."""
        about = self._about()
        seq = about.get("log_rows", 0)
        if about.get("form") != _FORM or not isinstance(seq, int):
            return False
        row = self._log.row(seq) if seq else None
        return seq == 0 or (row is not None and row.digest == about.get("log_digest"))

    def begin(self) -> None:
        """Empty rows, in a file made anew."""
        self._connection.close()
        for name in (self._path, self._path.with_name("rows.sqlite-wal"), self._path.with_name("rows.sqlite-shm")):
            name.unlink(missing_ok=True)
        self._connection = self._open()
        with self._connection:
            self._connection.execute(_TABLES)
            self._connection.executemany("INSERT INTO about VALUES (?,?)", [("form", _FORM), ("log_rows", 0), ("transfers", 0)])

    def follow(self, progress: Callable[[int], None] | None) -> Projected:
        """Apply what the log has beyond the rows, a few hundred thousand events to a commit."""
        about = self._about()
        kept, before = _number(about["log_rows"]), _number(about["transfers"])
        kernel, seq = self._kernel(kept)
        for row in self._log.rows(seq):
            if row.seq > kept:
                break
            _applied(kernel, row)
        histories = _Histories(kernel)
        transfers, last = before, None
        waiting: list[Transfers] = []
        for row in self._log.rows(kept):
            waiting.append(_applied(kernel, row))
            if row.kind == ACCOUNTS:
                histories.look(kernel)
            last = row
            if sum(map(len, waiting)) >= _COMMIT_EVENTS:
                transfers = self._keep(waiting, transfers, row, kernel, histories)
                waiting = []
                if progress is not None:
                    progress(transfers)
        if last is not None:
            transfers = self._keep(waiting, transfers, last, kernel, histories)
            kept = last.seq
            snapshots.write(self._states, Snapshot(last.seq, last.digest, kernel.state()))
        accounts = _number(self._connection.execute("SELECT count(*) FROM account").get)
        return Projected(kept, transfers, accounts, transfers - before)

    def _kernel(self, kept_rows: int) -> tuple[AnyKernel, int]:
        """A kernel as it stood after some row of the log, not later than what was kept; a new one where no state is usable."""
        kernel = kernel_maker()(self._fetch, self._taken)
        found = snapshots.read(self._states) if kept_rows else None
        row = self._log.row(found.seq) if found is not None else None
        if found is None or row is None or row.digest != found.digest or found.seq > kept_rows:
            return kernel, 0
        kernel.restore(found.state)
        return kernel, found.seq

    def _keep(self, parts: list[Transfers], transfers: int, row: LogRow, kernel: AnyKernel, histories: _Histories) -> int:
        with self._connection:
            for event in (event for records in parts for event in decode(records.tobytes())):
                transfers += 1
                self._connection.execute("INSERT INTO transfer VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", _row(transfers, event))
                self._connection.executemany(
                    "INSERT INTO balance VALUES (?,?,?,?,?,?)",
                    [(f"{account:032x}", transfers, *counters) for account, counters in histories.after(event)],
                )
            accounts = kernel.accounts()
            counters = [accounts[name][:, 0].tolist() for name in COUNTERS]
            self._connection.executemany(
                "INSERT OR REPLACE INTO account VALUES (?,?,?,?,?,?,?,?,?)",
                (
                    (f"{one.id:032x}", one.ledger, one.code, one.flags, one.timestamp, *(counter[at] for counter in counters))
                    for at, one in enumerate(decode_accounts(accounts.tobytes()))
                ),
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO about VALUES (?,?)",
                [("log_rows", row.seq), ("log_digest", row.digest), ("transfers", transfers)],
            )
        return transfers

    # What a kernel asks of the record

    def _fetch(self, position: int) -> Transfer:
        row = self._cached
        if row is None or not row.first <= position < row.first + row.transfers:
            row = self._cached = self._row_at(position)
        size = TRANSFER.itemsize
        return decode(row.events[(position - row.first) * size : (position - row.first + 1) * size])[0]

    def _row_at(self, position: int) -> LogRow:
        low, high = 1, self._log.last_row()  # ends when they meet
        while low < high:
            middle = (low + high + 1) // 2
            row = self._log.row(middle)
            if row is not None and row.first <= position:
                low = middle
            else:
                high = middle - 1
        found = self._log.row(low)
        assert found is not None and found.transfers, "a position that is known has its row"
        return found

    def _taken(self, instant: int) -> bool:
        """Whether a transfer that stands has this timestamp: what was projected answers."""
        return bool(self._connection.execute("SELECT 1 FROM transfer WHERE at_ns=? LIMIT 1", (instant,)).get)


class _Histories:
    """The counters of accounts that keep a history (flag HISTORY), one transfer after the other."""

    def __init__(self, kernel: AnyKernel) -> None:
        self._counters: dict[int, list[int]] = {}
        self.look(kernel)
        pendings = kernel.state().pendings if self._counters else np.zeros(0, TRANSFER)
        self._held = {one.id: one for one in decode(pendings.tobytes()) if {one.debit, one.credit} & self._counters.keys()}

    def look(self, kernel: AnyKernel) -> None:
        """Take up the accounts that were opened since: nothing moved on them yet."""
        records = kernel.accounts()
        records = records[(records["flags"] & _HISTORY) != 0]
        for record, one in zip(records, decode_accounts(records.tobytes()), strict=True):
            self._counters.setdefault(one.id, [int(record[name][0]) for name in COUNTERS])

    def after(self, event: Transfer) -> list[tuple[int, list[int]]]:
        """The accounts with a history that a recorded transfer changed, with their counters after it."""
        if not self._counters:
            return []
        debit, credit, amount = event.debit, event.credit, event.amount
        if event.flags & _RESOLVES:
            held = self._held.pop(event.pending_id, None)
            if held is None:
                return []
            debit, credit = held.debit, held.credit
            self._add(debit, 0, -held.amount)
            self._add(credit, 2, -held.amount)
            amount = amount if event.flags & _POST else 0
        column = 0 if event.flags & _PENDING else 1
        self._add(debit, column, amount)
        self._add(credit, column + 2, amount)
        if event.flags & _PENDING and {debit, credit} & self._counters.keys():
            self._held[event.id] = event
        return [(one, list(self._counters[one])) for one in (debit, credit) if one in self._counters]

    def _add(self, account: int, column: int, amount: int) -> None:
        if account in self._counters:
            self._counters[account][column] += amount


def _applied(kernel: AnyKernel, row: LogRow) -> Transfers:
    """Apply a row of the log; returns its transfers that stand, as recorded."""
    if row.kind == ACCOUNTS:
        kernel.open_accounts(np.frombuffer(row.events, ACCOUNT), row.instant)
        return np.zeros(0, TRANSFER)
    if row.kind == EXPIRY:
        return released_as_voids(kernel.expire(row.instant), row.instant)
    out: Transfers = np.zeros(row.transfers, TRANSFER)
    statuses = kernel.book(np.frombuffer(row.events, TRANSFER), row.instant, out)
    standing: Transfers = out[statuses == 0]
    return standing


def _row(seq: int, event: Transfer) -> tuple[int | str, ...]:
    return (
        seq, event.timestamp, f"{event.id:032x}", f"{event.debit:032x}", f"{event.credit:032x}", event.amount, event.ledger, event.code,
        event.flags, f"{event.pending_id:032x}", event.timeout, _signed(event.user_data_64), f"{event.user_data_128:032x}",
        event.user_data_32,
    )  # fmt: skip


def _signed(number: int) -> int:
    """SQLite's integers have a sign: the upper half of 64 bits stands as negative numbers."""
    return number - (1 << 64) if number >> 63 else number


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
