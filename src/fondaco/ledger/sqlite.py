"""The embedded engine: logs the batch as it came, applies it once it is durable, answers.

The log alone is the record; balances follow from it by the kernel. A snapshot saves replaying it from the start.
Each row of the log carries a digest over its content and the digest before it, so that a torn or flipped byte is
found at opening and named with its place.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from fondaco.core import UnfitStore, bring_up
from fondaco.ledger.engine import (
    Account,
    Balance,
    EngineUnavailable,
    Transfer,
    decode,
    decode_accounts,
    encode,
    encode_accounts,
    messages_of,
)
from fondaco.ledger.kernel import Holding, Kernel, Sealed
from fondaco.ledger.migrations import MIGRATIONS

_ACCOUNTS, _TRANSFERS, _EXPIRY = 1, 2, 3


class BooksLocked(Exception):
    """Another process has these books open."""


class BrokenBooks(Exception):
    """The log is damaged, or is none of ours; the message names the row."""


class _Row(msgspec.Struct, frozen=True, array_like=True):
    seq: int
    first: int
    instant: int
    kind: int
    digest: bytes
    events: bytes


class _Snapshot(msgspec.Struct, array_like=True):
    seq: int
    position: int
    digest: bytes
    holdings: list[tuple[bytes, int, int, int, int, int, int, int, int]]
    pendings: list[tuple[int, int, int]]
    highs: bytes
    lows: bytes
    entries: bytes


class MemoryEngine:
    """The kernel with its log in memory: for simulation and tests. Nothing is durable."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []
        # Where each message of transfers begins in the count of all events, and its row in the log.
        self._firsts: list[int] = []
        self._seqs: list[int] = []
        self._digest = bytes(16)
        self._last = 0
        self._cached: tuple[int, list[Transfer]] = (0, [])
        self._kernel = Kernel(self._fetch)

    def create_accounts(self, accounts: Sequence[Account], at_ns: int) -> list[int]:
        if not accounts:
            return []
        self._log(_ACCOUNTS, at_ns, encode_accounts(accounts))
        return self._kernel.create_accounts(accounts)

    def create_transfers(self, transfers: Sequence[Transfer], at_ns: int) -> list[int]:
        if not transfers:
            return []
        messages = list(messages_of(transfers))
        self._log_all([(_TRANSFERS, at_ns, encode(message)) for message in messages], [len(m) for m in messages])
        statuses: list[int] = []
        for message in messages:
            statuses.extend(self._kernel.apply(message, at_ns + len(statuses)))
        return statuses

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """Release pending transfers whose timeout has passed; logged, so that a replay does the same."""
        self._log(_EXPIRY, at_ns, b"")
        return self._kernel.expire(at_ns)

    def balance(self, account_id: int) -> Balance | None:
        holding = self._kernel.holdings.get(account_id)
        return None if holding is None else holding.balance()

    def room(self, account_id: int) -> int:
        """What may still be debited from an account under its own credits; 0 for one that is not there."""
        holding = self._kernel.holdings.get(account_id)
        return 0 if holding is None else holding.cpo - holding.dpo - holding.dp

    def accounts(self) -> Iterator[tuple[Account, Balance]]:
        for key in sorted(self._kernel.holdings):
            holding = self._kernel.holdings[key]
            yield holding.account(), holding.balance()

    def sums(self) -> Iterator[tuple[int, int, int]]:
        return self._kernel.sums()

    def history(self) -> Iterator[tuple[int, Transfer, int]]:
        """Every applied event with the amount it moved, by applying the whole log again to empty books.

        A released expiry stands as a void (flag VOID_PENDING, id 0).
        """
        kernel = Kernel(self._fetch)
        for row in self._all_rows():
            if row.kind == _ACCOUNTS:
                kernel.create_accounts(decode_accounts(row.events))
            elif row.kind == _EXPIRY:
                for key, amount in kernel.expire(row.instant):
                    yield row.instant, Transfer(0, 0, 0, amount, 0, 0, 8, key), amount
            else:
                moved: list[int] = []
                events = decode(row.events)
                base = row.first
                kernel.position = base
                for at, (event, status) in enumerate(zip(events, kernel.apply(events, row.instant, moved), strict=True)):
                    if status == 0:
                        yield row.instant + at, event, moved[at]

    def close(self) -> None:
        """Nothing to keep."""

    # The log

    def _log(self, kind: int, at_ns: int, events: bytes) -> None:
        self._log_all([(kind, at_ns, events)], [0])

    def _log_all(self, batches: Sequence[tuple[int, int, bytes]], counts: Sequence[int]) -> None:
        rows = []
        position, offset = self._kernel.position, 0
        for (kind, at_ns, events), count in zip(batches, counts, strict=True):
            self._last += 1
            self._digest = _digest(self._digest, self._last, at_ns + offset, kind, events)
            rows.append(_Row(self._last, position, at_ns + offset, kind, self._digest, events))
            position += count
            offset += count
        self._keep(rows)
        self._firsts.extend(row.first for row in rows if row.kind == _TRANSFERS)
        self._seqs.extend(row.seq for row in rows if row.kind == _TRANSFERS)

    def _keep(self, rows: list[_Row]) -> None:
        self._rows.extend(rows)

    def _all_rows(self) -> Iterator[_Row]:
        yield from self._rows

    def _row(self, seq: int) -> _Row:
        return self._rows[seq - 1]

    def _fetch(self, position: int) -> Transfer:
        at = bisect_right(self._firsts, position) - 1
        seq = self._seqs[at]
        if self._cached[0] != seq:
            self._cached = (seq, decode(self._row(seq).events))
        return self._cached[1][position - self._firsts[at]]


class SqliteEngine(MemoryEngine):
    """Books in one SQLite file of one process, durable before answered.

    Raises `BooksLocked`, `BrokenBooks` at opening. After `EngineUnavailable` the object refuses everything: opened
    again, it reads what is true.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "books.sqlite"
        self._snapshot_path = folder / "books.snapshot"
        self._failed = False
        self._lock = _take_lock(folder / "books.lock")
        try:
            self._connection = self._open()
            self._load()
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            bring_up(connection, self.path, MIGRATIONS)
        except UnfitStore as fault:
            raise BrokenBooks(str(fault)) from fault
        except sqlite3.Error as fault:
            raise BrokenBooks(f"{self.path}: {fault}") from fault
        return connection

    def _load(self) -> None:
        snapshot = self._read_snapshot()
        for row in self._rows_from(0, with_events=False):
            if row.kind == _TRANSFERS:
                self._firsts.append(row.first)
                self._seqs.append(row.seq)
            self._last, self._digest = row.seq, row.digest
        after, digest = 0, bytes(16)
        if snapshot is not None:
            after, digest = snapshot.seq, snapshot.digest
            self._restore(snapshot)
        expected = after
        for row in self._rows_from(after, with_events=True):
            expected += 1
            if row.seq != expected or row.digest != _digest(digest, row.seq, row.instant, row.kind, row.events):
                raise BrokenBooks(f"{self.path}: row {expected} of the log is damaged or missing; the rows before it hold")
            digest = row.digest
            if row.kind == _ACCOUNTS:
                self._kernel.create_accounts(decode_accounts(row.events))
            elif row.kind == _EXPIRY:
                self._kernel.expire(row.instant)
            else:
                if self._kernel.position != row.first:
                    raise BrokenBooks(f"{self.path}: row {row.seq} begins at {row.first}, not {self._kernel.position}")
                self._kernel.apply(decode(row.events), row.instant)

    def create_transfers(self, transfers: Sequence[Transfer], at_ns: int) -> list[int]:
        self._usable()
        return super().create_transfers(transfers, at_ns)

    def create_accounts(self, accounts: Sequence[Account], at_ns: int) -> list[int]:
        self._usable()
        return super().create_accounts(accounts, at_ns)

    def close(self) -> None:
        """Write a snapshot and let go; closing twice does nothing."""
        if self._lock < 0:
            return
        if not self._failed:
            self._write_snapshot()
        self._connection.close()
        os.close(self._lock)
        self._lock = -1

    def _usable(self) -> None:
        if self._failed:
            raise EngineUnavailable(f"{self.path}: an earlier write failed; open the books again")

    def _keep(self, rows: list[_Row]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT INTO log VALUES (?,?,?,?,?,?)", [(r.seq, r.first, r.instant, r.kind, r.digest, r.events) for r in rows]
            )
            self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            self._failed = True
            raise EngineUnavailable(f"{self.path}: {fault}") from fault

    def _rows_from(self, after: int, *, with_events: bool) -> Iterator[_Row]:
        events = "events" if with_events else "x''"
        try:
            cursor = self._connection.execute(
                f"SELECT seq, first, instant, kind, digest, {events} FROM log WHERE seq>? ORDER BY seq",  # noqa: S608
                (after,),
            )
            for row in cursor:
                yield _Row(*row)
        except sqlite3.DatabaseError as fault:
            raise BrokenBooks(f"{self.path}: {fault}") from fault

    def _all_rows(self) -> Iterator[_Row]:
        return self._rows_from(0, with_events=True)

    def _row(self, seq: int) -> _Row:
        row = self._connection.execute("SELECT seq, first, instant, kind, digest, events FROM log WHERE seq=?", (seq,)).fetchone()
        return _Row(*row)

    # Snapshots: a shortcut that can be thrown away at any time

    def _write_snapshot(self) -> None:
        kernel = self._kernel
        snapshot = _Snapshot(
            self._last,
            kernel.position,
            self._digest,
            [
                (h.id.to_bytes(16, "big"), h.ledger, h.code, h.flags, h.user_data, h.dp, h.dpo, h.cp, h.cpo)
                for h in kernel.holdings.values()
            ],
            [(self._kernel.ids.get(key) or 0, amount, expires) for key, (_, _, amount, _, expires) in kernel.pendings.items()],
            *(column.tobytes() for column in kernel.ids.columns()),
        )
        body = msgspec.msgpack.encode(snapshot)
        draft = self._snapshot_path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(hashlib.blake2b(body, digest_size=16).digest() + body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._snapshot_path)

    def _read_snapshot(self) -> _Snapshot | None:
        """The snapshot, when it is whole and of this log; else none, and the log is applied from its start."""
        try:
            content = self._snapshot_path.read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.blake2b(content[16:], digest_size=16).digest() != content[:16]:
            return None
        snapshot = msgspec.msgpack.decode(content[16:], type=_Snapshot)
        row = self._connection.execute("SELECT digest FROM log WHERE seq=?", (snapshot.seq,)).fetchone()
        return snapshot if row and row[0] == snapshot.digest else None

    def _restore(self, snapshot: _Snapshot) -> None:
        kernel = self._kernel
        for raw, ledger, code, flags, user_data, dp, dpo, cp, cpo in snapshot.holdings:
            holding = Holding(Account(int.from_bytes(raw, "big"), ledger, code, flags, user_data))
            holding.dp, holding.dpo, holding.cp, holding.cpo = dp, dpo, cp, cpo
            kernel.holdings[holding.id] = holding
        columns = [np.frombuffer(part, np.uint64) for part in (snapshot.highs, snapshot.lows, snapshot.entries)]
        if len(columns[0]):
            kernel.ids.sealed = [Sealed(columns[0], columns[1], columns[2])]
        kernel.position = snapshot.position
        for entry, amount, expires in snapshot.pendings:
            event = self._fetch(entry >> 3)
            kernel.pendings[event.id] = (
                kernel.holdings[event.debit], kernel.holdings[event.credit], amount, event, expires,
            )  # fmt: skip


def _digest(previous: bytes, seq: int, instant: int, kind: int, events: bytes) -> bytes:
    head = previous + seq.to_bytes(8, "big") + instant.to_bytes(8, "big") + bytes([kind])
    return hashlib.blake2b(head + events, digest_size=16).digest()


def _take_lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(descriptor)
        raise BooksLocked(f"another process has the books in {path.parent} open") from fault
    return descriptor
