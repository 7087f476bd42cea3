"""The embedded engine: logs the message as it came, applies it once it is durable, answers.

The log alone is the record; balances follow from it by the kernel. A snapshot saves replaying it from the start. A torn or flipped
byte is found at opening by the rows' digests, and named with its place.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw

from fondaco.core import UnfitStore, bring_up
from fondaco.ledger import snapshot as snapshots
from fondaco.ledger.engine import Accounts, EngineUnavailable, Statuses, Transfers
from fondaco.ledger.log import ACCOUNTS, IMPORTS, TRANSFERS, MemoryEngine, Row, digest
from fondaco.ledger.migrations import MIGRATIONS
from fondaco.ledger.snapshot import Snapshot

_COLUMNS = "seq, first, instant, kind, digest, events"
# Bytes of the log between two times that the write-ahead log is folded in, and events between two snapshots: at a million a second
# a restart replays at most twenty seconds.
_CHECKPOINT_BYTES = 64 << 20
_SNAPSHOT_EVENTS = 20_000_000
# Rows of few large values: larger pages spare most of the overflow chains.
_PAGE_BYTES = 16384


class BooksLocked(Exception):
    """Another process has these books open."""


class BrokenBooks(Exception):
    """The log is damaged, or is none of ours; the message names the row."""


class SqliteEngine(MemoryEngine):
    """Books in one SQLite file of one process, durable before answered.

    `kernel` is `auto`, `compiled` or `reference`; `vfs` names another file system of SQLite's, for tests that break it. Raises
    `BooksLocked`, `BrokenBooks` at opening. After `EngineUnavailable` the object refuses everything: opened again, it reads what
    is true.
    """

    def __init__(self, folder: Path, kernel: str = "auto", vfs: str | None = None) -> None:
        super().__init__(kernel)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "books.sqlite"
        self._snapshots = folder / "snapshot"
        self._vfs = vfs
        self._failed = False
        self._lock = _take_lock(folder / "books.lock")
        try:
            self._connection = self._open()
            try:
                self._load()
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            os.close(self._lock)
            raise
        self._since_snapshot = 0
        self._snapshot_thread: threading.Thread | None = None
        self._folding = _Folding(self.path, vfs)
        (folder / "books.snapshot").unlink(missing_ok=True)  # an earlier release's: the log says the same

    def _open(self) -> apsw.Connection:
        try:
            connection = _connect(self.path, self._vfs)
            connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
            bring_up(connection, self.path, MIGRATIONS)
        except UnfitStore as fault:
            raise BrokenBooks(str(fault)) from fault
        except apsw.Error as fault:
            raise BrokenBooks(f"{self.path}: {fault}") from fault
        return connection

    def _load(self) -> None:
        found = self._usable_snapshot()
        if found is not None:
            self._last, self._digest = found.seq, found.digest
            self._kernel.restore(found.state)
        for row in self._rows_after(self._last):
            if row.seq != self._last + 1 or row.digest != digest(self._digest, row.seq, row.instant, row.kind, row.events):
                raise BrokenBooks(f"{self.path}: row {self._last + 1} of the log is damaged or missing; the rows before it hold")
            if row.kind != ACCOUNTS and row.first != self._kernel.position:
                raise BrokenBooks(f"{self.path}: row {row.seq} begins at {row.first}, not {self._kernel.position}")
            self._apply(row)
            self._last, self._digest = row.seq, row.digest

    def _usable_snapshot(self) -> Snapshot | None:
        """The snapshot if it is of this log."""
        found = snapshots.read(self._snapshots)
        if found is None:
            return None
        row = self._connection.execute("SELECT digest FROM log WHERE seq=?", (found.seq,)).fetchone()
        return found if row is not None and row[0] == found.digest else None

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """As `Engine.open_accounts`."""
        self._usable()
        return super().open_accounts(records, at_ns)

    def book_all(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]:
        """As `MemoryEngine.book_all`, durable before it is answered."""
        self._usable()
        answers = super().book_all(messages, at_ns)
        self._since_snapshot += sum(map(len, messages))
        if self._since_snapshot >= _SNAPSHOT_EVENTS:
            self.keep_snapshot()
        return answers

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """As `Engine.expire`."""
        self._usable()
        return super().expire(at_ns)

    def keep_snapshot(self, *, wait: bool = False) -> None:
        """Begin a snapshot of what the books say now; it is written by another thread. One at a time: while one is written, none begins.

        With `wait` returns when it is on the disk. A snapshot that cannot be written is no reason to stop: the log has everything.
        """
        if self._snapshot_thread is not None and self._snapshot_thread.is_alive():
            if not wait:
                return
            self._snapshot_thread.join()
        self._since_snapshot = 0
        made = Snapshot(self._last, self._digest, self._kernel.state())
        self._snapshot_thread = threading.Thread(target=self._write_snapshot, args=(made,), name="books-snapshot")
        self._snapshot_thread.start()
        if wait:
            self._snapshot_thread.join()

    def _write_snapshot(self, made: Snapshot) -> None:
        try:
            snapshots.write(self._snapshots, made)
        except OSError:
            return

    def close(self) -> None:
        """Write a snapshot and let go; closing twice does nothing."""
        if self._lock < 0:
            return
        if not self._failed:
            self.keep_snapshot(wait=True)
        elif self._snapshot_thread is not None:
            self._snapshot_thread.join()
        self._folding.close()
        self._connection.close()
        os.close(self._lock)
        self._lock = -1

    def _usable(self) -> None:
        if self._failed:
            raise EngineUnavailable(f"{self.path}: an earlier write failed; open the books again")

    def _keep(self, rows: list[Row]) -> None:
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                f"INSERT INTO log ({_COLUMNS}) VALUES (?,?,?,?,?,?)",  # noqa: S608
                [(r.seq, r.first, r.instant, r.kind, r.digest, r.events) for r in rows],
            )
            execute("COMMIT")
        except (apsw.Error, OSError) as fault:
            self._failed = True
            raise EngineUnavailable(f"{self.path}: {fault}") from fault
        self._folding.written(sum(len(row.events) for row in rows), self._connection)

    def _rows_after(self, seq: int) -> Iterator[Row]:
        try:
            for row in self._connection.execute(f"SELECT {_COLUMNS} FROM log WHERE seq>? ORDER BY seq", (seq,)):  # noqa: S608
                yield Row(*row)
        except apsw.Error as fault:
            raise BrokenBooks(f"{self.path}: {fault}") from fault

    def _all_rows(self) -> Iterator[Row]:
        return self._rows_after(0)

    def _last_row(self, column: str, most: int) -> Row | None:
        """The last row whose column, which never falls along the log, is not above `most`: found by halving."""
        low, high = 1, self._last  # ends when they meet: each step halves what is between
        while low <= high:
            middle = (low + high) // 2
            found = self._connection.execute(f"SELECT {column} FROM log WHERE seq=?", (middle,)).fetchone()  # noqa: S608
            if found is not None and int(str(found[0])) <= most:
                low = middle + 1
            else:
                high = middle - 1
        return next(iter(self._rows_after(high - 1)), None) if high else None

    def _row_at(self, position: int) -> Row:
        row = self._last_row("first", position)
        assert row is not None and row.kind in (TRANSFERS, IMPORTS), "a position that is known has its row"
        return row

    def _row_of(self, instant: int) -> Row | None:
        return self._last_row("instant", instant)

    def _imports(self) -> Iterator[Row]:
        for (seq,) in self._connection.execute("SELECT seq FROM log WHERE kind=?", (IMPORTS,)).fetchall():
            yield next(iter(self._rows_after(int(str(seq)) - 1)))


class _Folding:
    """Folds the write-ahead log into the file from a connection and a thread of its own, off the writer's path.

    What the writer adds meanwhile keeps the log from starting anew, so the writer folds in that little rest itself, once.
    """

    def __init__(self, path: Path, vfs: str | None) -> None:
        self._path, self._vfs = path, vfs
        self._bytes = 0
        self._asked, self._done = threading.Event(), threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="books-folding", daemon=True)
        self._thread.start()

    def written(self, size: int, writer: apsw.Connection) -> None:
        self._bytes += size
        if self._done.is_set():
            self._done.clear()
            _fold(writer)
            self._bytes = 0
        elif self._bytes >= _CHECKPOINT_BYTES:
            self._bytes = 0
            self._asked.set()

    def close(self) -> None:
        self._stop = True
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        connection = _connect(self._path, self._vfs)
        try:
            while not self._stop:  # ends with close()
                self._asked.wait()
                self._asked.clear()
                if not self._stop:
                    _fold(connection)
                    self._done.set()
        finally:
            connection.close()


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


def _take_lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(descriptor)
        raise BooksLocked(f"another process has the books in {path.parent} open") from fault
    return descriptor


__all__ = ["BooksLocked", "BrokenBooks", "SqliteEngine"]
