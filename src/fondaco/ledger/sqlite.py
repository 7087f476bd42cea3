"""The embedded engine: logs the message as it came, applies it once it is durable, answers.

The log alone is the record; balances follow from it by the kernel. A snapshot saves replaying it from the start. A torn or flipped
byte is found at opening by the rows' digests, and named with its place.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import apsw
from numpy.typing import NDArray

from fondaco.core import UnfitStore, bring_up, write_again
from fondaco.ledger import snapshot as snapshots
from fondaco.ledger.engine import Accounts, EngineUnavailable, Statuses, Transfers
from fondaco.ledger.log import ACCOUNTS, IMPORTS, TRANSFERS, MemoryEngine, Row, digest
from fondaco.ledger.migrations import MIGRATIONS
from fondaco.ledger.read_ahead import read_ahead
from fondaco.ledger.snapshot import Snapshot

_COLUMNS = "seq, first, instant, kind, digest, events"
# How long the write-ahead log grows before it is folded in, and events between two snapshots: at a million a second a restart replays
# at most twenty seconds.
_CHECKPOINT_BYTES = 64 << 20
_SNAPSHOT_EVENTS = 20_000_000
# What of the log is read before it is applied, in parcels: to hand a row over costs as much as to apply a small one. A message has a
# megabyte at most, so this is memory for a moment.
_PARCELS_AHEAD, _PARCEL_BYTES = 4, 1 << 18
# Rows of few large values: larger pages spare most of the overflow chains.
_PAGE_BYTES = 16384


class BooksLocked(Exception):
    """Another process has these books open."""


class BrokenBooks(Exception):
    """The log is damaged, or is none of ours; the message names the row."""


class SqliteEngine(MemoryEngine):
    """Books in one SQLite file of one process, durable before answered.

    `kernel` is `auto`, `compiled` or `reference`; `vfs` names another file system of SQLite's, for tests that break it. Raises
    `BooksLocked`, `BrokenBooks`, `EngineUnavailable` at opening. After `EngineUnavailable` the object refuses everything: opened again, it reads what
    is true.
    """

    def __init__(self, folder: Path, kernel: str = "auto", vfs: str | None = None) -> None:
        super().__init__(kernel)
        _make(folder)
        self.path = folder / "books.sqlite"
        self._snapshots = folder / "snapshot"
        self._vfs = vfs
        self._failed = False
        # Within `together`, and whether anything was logged in it that is not durable yet.
        self._gathering = self._uncommitted = False
        self._lock = _take_lock(folder / "books.lock")
        try:
            self._connection = self._open()
            try:
                self._load()
            except BaseException:
                _let_go(self._connection)
                raise
        except BaseException:
            os.close(self._lock)
            raise
        self._since_snapshot = 0
        self._snapshot_begun = self._snapshot_found
        self._snapshot_thread: threading.Thread | None = None
        self._folding = _Folding(self.path, vfs, self._connection)
        (folder / "books.snapshot").unlink(missing_ok=True)  # an earlier release's: the log says the same

    def _open(self) -> apsw.Connection:
        wal = self.path.with_name(f"{self.path.name}-wal")
        try:
            write_again(wal)
        except OSError as fault:
            raise EngineUnavailable(f"{wal}: {fault}") from fault
        connection = self._connected()
        try:
            connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
            bring_up(connection, self.path, MIGRATIONS)
        except BaseException as fault:
            _let_go(connection)
            if isinstance(fault, UnfitStore):
                raise BrokenBooks(str(fault)) from fault
            if isinstance(fault, apsw.Error):
                raise _failure(self.path, fault) from fault
            raise
        return connection

    def _connected(self) -> apsw.Connection:
        try:
            return _connect(self.path, self._vfs)
        except apsw.Error as fault:
            raise _failure(self.path, fault) from fault

    def _load(self) -> None:
        found = self._usable_snapshot()
        self._snapshot_found = 0 if found is None else found.seq
        if found is not None:
            self._last, self._digest = found.seq, found.digest
            self._kernel.restore(found.state)
        # By a connection of its own: while rows are read and held against their digests, the kernel applies those before, and may ask for more.
        reading = self._connected()
        try:
            chained = self._chained(self._last, self._digest, on=reading)
            with closing(read_ahead(_parcels(chained), _PARCELS_AHEAD)) as parcels:
                for row in chain.from_iterable(parcels):
                    if row.kind != ACCOUNTS and row.first != self._kernel.position:
                        raise BrokenBooks(f"{self.path}: row {row.seq} begins at {row.first}, not {self._kernel.position}")
                    # Before it is applied: the kernel may ask for an event of this very row, whose id comes twice in it.
                    self._last, self._digest = row.seq, row.digest
                    self._apply(row)
        finally:
            _let_go(reading)

    def _usable_snapshot(self) -> Snapshot | None:
        """The snapshot if it is of this log."""
        found = snapshots.read(self._snapshots)
        if found is None:
            return None
        rows = list(self._read("SELECT digest FROM log WHERE seq=?", found.seq))
        return found if rows and rows[0][0] == found.digest else None

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """As `Engine.open_accounts`."""
        with self._logged_and_applied():
            return super().open_accounts(records, at_ns)

    def book_all(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]:
        """As `MemoryEngine.book_all`, durable before it is answered."""
        with self._logged_and_applied():
            answers = super().book_all(messages, at_ns)
        self._since_snapshot += sum(map(len, messages))
        self._snapshot_due()
        return answers

    def _snapshot_due(self) -> None:
        """A snapshot says nothing that the log does not: within `together` none begins."""
        if self._since_snapshot >= _SNAPSHOT_EVENTS and not self._gathering:
            self.keep_snapshot()

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """As `Engine.expire`."""
        with self._logged_and_applied():
            return super().expire(at_ns)

    @contextmanager
    def together(self) -> Iterator[None]:
        """As `Engine.together`: all of them by one commit. Where the block is left by an exception, what was done before it is kept as well."""
        self._usable()
        assert not self._gathering, "deeds are gathered once at a time"
        self._gathering = True
        try:
            yield
        finally:
            self._gathering = False
            self._end()
        self._snapshot_due()

    def _end(self) -> None:
        """Commit what was gathered; after a deed that failed nothing more is kept, and the connection takes back what it holds when it closes."""
        if not self._uncommitted or self._failed:
            return
        self._uncommitted, self._failed = False, True
        try:
            self._connection.execute("COMMIT")
        except apsw.Error as fault:
            raise EngineUnavailable(f"{self.path}: {_told(fault)}") from fault
        self._failed = False
        self._folding.written(self._connection)

    def recorded(self) -> Iterator[Transfers]:
        """As `MemoryEngine.recorded`; every row is held against its digest. Raises `BrokenBooks` at the first that is damaged."""
        self._usable()
        return super().recorded()

    def keep_snapshot(self, *, wait: bool = False) -> None:
        """Begin a snapshot of what the books say now; it is written by another thread. One at a time: while one is written, none begins,
        and none where nothing was logged since the last.

        With `wait` returns when it is on the disk. Raises `EngineUnavailable` after a write that failed: what the kernel says is then not
        what the log says. A snapshot that cannot be written is no reason to stop: the log has everything.
        """
        self._usable()
        if self._snapshot_thread is not None and self._snapshot_thread.is_alive():
            if not wait:
                return
            self._snapshot_thread.join()
        if self._snapshot_begun == self._last:
            return
        self._since_snapshot, self._snapshot_begun = 0, self._last
        made = Snapshot(self._last, self._digest, self._kernel.state())
        self._snapshot_thread = threading.Thread(target=self._write_snapshot, args=(made,), name="books-snapshot")
        self._snapshot_thread.start()
        if wait:
            self._snapshot_thread.join()

    def _write_snapshot(self, made: Snapshot) -> None:
        try:
            snapshots.write(self._snapshots, made)
        except OSError:
            self._snapshot_begun = 0

    def close(self) -> None:
        """Write a snapshot and let go; closing twice does nothing."""
        if self._lock < 0:
            return
        try:
            if not self._failed:
                self.keep_snapshot(wait=True)
            elif self._snapshot_thread is not None:
                self._snapshot_thread.join()
            self._folding.close()
            _let_go(self._connection)
        finally:
            os.close(self._lock)
            self._lock = -1

    def _usable(self) -> None:
        if self._failed:
            raise EngineUnavailable(f"{self.path}: an earlier write failed; open the books again")

    @contextmanager
    def _logged_and_applied(self) -> Iterator[None]:
        """Whatever ends a deed between log and kernel, be it an interruption, leaves a kernel that is behind its log: nobody may ask it,
        and no snapshot may be made of it."""
        self._usable()
        yield
        self._failed = False

    def _log(self, messages: Sequence[tuple[int, int, NDArray[Any]]]) -> None:
        self._failed = True
        super()._log(messages)

    def _keep(self, rows: list[Row]) -> None:
        execute = self._connection.execute
        try:
            if not self._uncommitted:
                execute("BEGIN IMMEDIATE")
            self._uncommitted = self._gathering
            self._connection.executemany(
                f"INSERT INTO log ({_COLUMNS}) VALUES (?,?,?,?,?,?)",  # noqa: S608
                [(r.seq, r.first, r.instant, r.kind, r.digest, r.events) for r in rows],
            )
            if self._gathering:
                return
            execute("COMMIT")
        except apsw.Error as fault:
            raise EngineUnavailable(f"{self.path}: {_told(fault)}") from fault
        self._folding.written(self._connection)

    # How it is read

    def _read(self, statement: str, *values: int, on: apsw.Connection | None = None) -> Iterator[tuple[Any, ...]]:
        try:
            yield from (on or self._connection).execute(statement, values)
        except apsw.Error as fault:
            raise _failure(self.path, fault) from fault

    def _chained(self, after: int, before: bytes, last: int | None = None, on: apsw.Connection | None = None) -> Iterator[Row]:
        """The rows after one whose digest is `before`, to the end or to `last`, read by the connection `on` (or the writer's own). Raises
        `BrokenBooks` at the first that is none of them."""
        end = (1 << 63) - 1 if last is None else last
        for found in self._read(f"SELECT {_COLUMNS} FROM log WHERE seq>? AND seq<=? ORDER BY seq", after, end, on=on):  # noqa: S608
            row = Row(*found)
            if row.seq != after + 1 or row.digest != digest(before, row.seq, row.instant, row.kind, row.events):
                break
            yield row
            after, before = row.seq, row.digest
        else:
            if last is None or after == last:
                return
        raise BrokenBooks(f"{self.path}: row {after + 1} of the log is damaged or missing; the rows before it hold")

    def _all_rows(self) -> Iterator[Row]:
        return self._chained(0, bytes(16), self._last)

    def _row(self, seq: int) -> Row:
        """One row, held against its digest."""
        before = bytes(16)
        for (found,) in self._read("SELECT digest FROM log WHERE seq=?", seq - 1):
            before = found
        (row,) = self._chained(seq - 1, before, seq)
        return row

    def _last_row(self, column: str, most: int) -> Row | None:
        """The last row whose column, which never falls along the log, is not above `most`: found by halving."""
        low, high = 1, self._last  # ends when they meet: each step halves what is between
        while low <= high:
            middle = (low + high) // 2
            found = list(self._read(f"SELECT {column} FROM log WHERE seq=?", middle))  # noqa: S608
            if found and int(found[0][0]) <= most:
                low = middle + 1
            else:
                high = middle - 1
        return self._row(high) if high else None

    def _row_at(self, position: int) -> Row:
        row = self._last_row("first", position)
        assert row is not None and row.kind in (TRANSFERS, IMPORTS), "a position that is known has its row"
        return row

    def _row_of(self, instant: int) -> Row | None:
        return self._last_row("instant", instant)

    def _imports(self) -> Iterator[Row]:
        for (seq,) in list(self._read("SELECT seq FROM log WHERE kind=?", IMPORTS)):
            yield self._row(int(seq))


def _parcels(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows in their order, several small ones together."""
    parcel: list[Row] = []
    size = 0
    for row in rows:
        parcel.append(row)
        size += len(row.events)
        if size >= _PARCEL_BYTES:
            yield parcel
            parcel, size = [], 0
    yield parcel


class _Folding:
    """Folds the write-ahead log into the file from a connection and a thread of its own, off the writer's path.

    What the writer adds meanwhile keeps the log from starting anew, so the writer folds in that little rest itself, once. Counted is what the
    log has, not what was booked: a commit of few transfers writes several pages for them, and a log that never grows beyond what it had once
    is overwritten, which costs the disk less than one that grows.
    """

    def __init__(self, path: Path, vfs: str | None, writer: apsw.Connection) -> None:
        self._path, self._vfs = path, vfs
        self._pages_most = _CHECKPOINT_BYTES // int(writer.pragma("page_size"))
        self._pages = self._pages_asked = 0
        writer.set_wal_hook(self._grown)
        self._asked, self._done, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._idle.set()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="books-folding", daemon=True)
        self._thread.start()

    def _grown(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        """SQLite tells how many pages the log has after a commit; fewer than before when it began anew."""
        if pages < self._pages:
            self._pages_asked = 0
        self._pages = pages
        return apsw.SQLITE_OK

    def written(self, writer: apsw.Connection) -> None:
        if self._done.is_set():
            self._done.clear()
            _fold(writer)
        elif self._pages - self._pages_asked >= self._pages_most:
            self._pages_asked = self._pages
            self._idle.clear()
            self._asked.set()

    def settle(self) -> None:
        """Return once no pass is asked for or under way."""
        self._idle.wait()

    def close(self) -> None:
        self._stop = True
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        connection = None
        try:
            while True:  # ends with close()
                self._asked.wait()
                self._asked.clear()
                if self._stop:
                    return
                with suppress(apsw.Error):
                    connection = connection or _connect(self._path, self._vfs)
                    _fold(connection)
                self._done.set()
                self._idle.set()
        finally:
            if connection is not None:
                _let_go(connection)


def _fold(connection: apsw.Connection) -> None:
    """One pass. If it fails the log stays longer, nothing worse: the writer meets a full or broken disk itself."""
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except apsw.Error:
        return


def _connect(path: Path, vfs: str | None) -> apsw.Connection:
    connection = apsw.Connection(str(path)) if vfs is None else apsw.Connection(str(path), vfs=vfs)
    connection.set_busy_timeout(5000)
    return connection


def _let_go(connection: apsw.Connection) -> None:
    """The last connection folds the log in once more. What it cannot stays in the log."""
    with suppress(apsw.Error):
        connection.close()


_MAY_PASS = (
    apsw.IOError, apsw.BusyError, apsw.LockedError, apsw.CantOpenError, apsw.FullError, apsw.NoMemError, apsw.PermissionsError,
    apsw.ReadOnlyError, apsw.InterruptError, apsw.AuthError,
)  # fmt: skip


def _failure(path: Path, fault: apsw.Error) -> BrokenBooks | EngineUnavailable:
    """What an error in reading means: a file that is no longer one, or a disk that did not answer and may another time."""
    # A page that lies behind the end of the file is read as an error of the disk, and will be every time. What is none of the disk's errors
    # is the file's: our statements are always the same, so one that is refused met a table that is no longer there.
    cut = getattr(fault, "extendedresult", 0) in (apsw.SQLITE_IOERR_SHORT_READ, apsw.SQLITE_IOERR_CORRUPTFS)
    kind = EngineUnavailable if isinstance(fault, _MAY_PASS) and not cut else BrokenBooks
    return kind(f"{path}: {_told(fault)}")


def _told(fault: apsw.Error) -> str:
    return str(fault) or type(fault).__name__


def _make(folder: Path) -> None:
    """Make a folder that outlives a loss of power: its name stands in the one above, which is synced. Raises `EngineUnavailable`."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in missing:
            descriptor = os.open(one.parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as fault:
        raise EngineUnavailable(f"{folder}: {fault}") from fault


def _take_lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(descriptor)
        raise BooksLocked(f"another process has the books in {path.parent} open") from fault
    return descriptor


__all__ = ["BooksLocked", "BrokenBooks", "SqliteEngine"]
