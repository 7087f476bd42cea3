"""The journal and what stands beside it (inputs, current records, mail) in one SQLite file of one hub."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import quote

from fondaco.core import UnfitStore, bring_up, write_again
from fondaco.journal.entry import Inputs
from fondaco.journal.face import JournalLocked, JournalUnavailable, Outcomes, WrongStore
from fondaco.journal.migrations import MIGRATIONS
from fondaco.journal.reading import UNREADABLE, JournalReading, Rows

# The key under which it stands that erased bytes may still be in the file.
_TO_BE_PURGED = "erased bytes to be purged"
# Commits between two requests to fold the write-ahead log in.
CHECKPOINT_EVERY = 64


class JournalFile(JournalReading):
    """One hub's journal. Opening it takes an exclusive lock for the life of the process, and brings an earlier release's store up.

    Raises `JournalLocked`, `WrongStore`; and `JournalUnavailable` from any deed when the disk fails, after which the
    object refuses everything.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "journal.sqlite"
        self._lock = _take_lock(folder / "lock")
        self._failed = False
        try:
            write_again(self.path.with_name(f"{self.path.name}-wal"))
            self._connection = self._open()
        except OSError as fault:
            os.close(self._lock)
            raise JournalUnavailable(f"{self.path}: {fault}") from fault
        except UnfitStore as fault:
            os.close(self._lock)
            raise WrongStore(str(fault)) from fault
        except UNREADABLE as fault:
            os.close(self._lock)
            kind = JournalUnavailable if _refused_by_the_disk(fault) else WrongStore
            raise kind(f"{self.path}: {fault}") from fault
        self._checkpointer = self._checkpointing()

    def _connected(self) -> sqlite3.Connection:
        """A connection to the file; tests put a disk that breaks below it."""
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)

    def _checkpointing(self) -> Checkpointing:
        return _Checkpointer(self._connected)

    def _open(self) -> sqlite3.Connection:
        connection = self._connected()
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("PRAGMA cache_size=-65536")
            bring_up(connection, self.path, MIGRATIONS)
            if connection.execute("SELECT 1 FROM meta WHERE key=?", (_TO_BE_PURGED,)).fetchone():
                _purge(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def commit(self, outcomes: Outcomes | None = None, inputs: Inputs | None = None) -> None:
        """Keep the outcomes of the batch that ended and the inputs of the one that begins, both or neither."""
        self._usable()
        execute, many = self._connection.execute, self._connection.executemany
        try:
            execute("BEGIN IMMEDIATE")
            if outcomes is not None:
                one = outcomes.link
                execute(
                    "INSERT INTO link VALUES (?,?,?,?,?,?,?,?)",
                    (one.number, one.instant, one.previous, one.hash, one.encoded, one.form, one.inputs, one.mail),
                )
                many("INSERT OR REPLACE INTO payment VALUES (?,?)", outcomes.payments)
                many("INSERT OR REPLACE INTO record VALUES (?,?,?)", outcomes.records)
                many(
                    "INSERT INTO mail VALUES (?,?,?,?,?,?)",
                    [(m.seq, one.number, m.recipient, m.kind, m.subject, m.raw) for m in outcomes.mail],
                )
                if outcomes.erasure is not None:
                    rows = [(batch,) for batch in outcomes.erasure.batches]
                    many("UPDATE inputs SET commands=x'', salt=x'' WHERE batch=?", rows)
                    many("UPDATE mail SET raw=x'' WHERE batch=?", rows)
                    execute("DELETE FROM record WHERE kind='used' AND key < ?", (outcomes.erasure.counts_before,))
                    execute("INSERT OR REPLACE INTO meta VALUES (?, x'01')", (_TO_BE_PURGED,))
            if inputs is not None:
                execute(
                    "INSERT INTO inputs VALUES (?,?,?,?,?,?)",
                    (inputs.batch, inputs.instant, inputs.first_intent, inputs.list_set, inputs.commands, inputs.salt),
                )
            execute("COMMIT")
            if outcomes is not None and outcomes.erasure is not None:
                _purge(self._connection)
        except sqlite3.Error as fault:
            self._failed = True
            raise JournalUnavailable(f"{self.path}: {fault}") from fault
        self._checkpointer.written(self._connection)

    def set_meta(self, key: str, value: bytes) -> None:
        self._usable()
        try:
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, value))
        except sqlite3.Error as fault:
            self._failed = True
            raise JournalUnavailable(f"{self.path}: {fault}") from fault

    def erased_bytes_are_left(self) -> bool:
        """Whether what was erased may still be found in the file or its write-ahead log; the next opening tries to mend that."""
        return self.meta(_TO_BE_PURGED) is not None

    def close(self) -> None:
        """Fold the write-ahead log in and let the lock go; closing twice does nothing."""
        if self._lock < 0:
            return
        self._checkpointer.close()
        self._connection.close()
        os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> JournalFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _usable(self) -> None:
        if self._failed:
            raise JournalUnavailable(f"{self.path}: the disk refused something before; open it again")

    def _read(self, query: str, values: Sequence[object] = ()) -> _Rows:
        with self._reading():
            return _Rows(super()._read(query, values), self._reading)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What was read before a refusal was decided on; nothing is decided any more."""
        try:
            yield
        except sqlite3.Error as fault:
            if not _refused_by_the_disk(fault):
                raise
            self._failed = True
            raise JournalUnavailable(f"{self.path}: {fault}") from fault


class _Rows:
    """The rows of one question, read as they are asked for."""

    def __init__(self, cursor: Rows, reading: Callable[[], AbstractContextManager[None]]) -> None:
        self._cursor, self._reading = cursor, reading

    def fetchone(self) -> Any:
        with self._reading():
            return self._cursor.fetchone()

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:  # ends with the rows
            yield row


# Primary result codes of SQLite's that speak of the disk, of room or of rights, and not of what the file says.
_DISK = frozenset({
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY,
})  # fmt: skip
# A page behind the end of the file is read as an error of the disk, and will be every time.
_CUT = frozenset({sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS})


def _refused_by_the_disk(fault: Exception) -> bool:
    """Whether the disk did not answer and may another time; else the file is none of ours, or damaged."""
    code = getattr(fault, "sqlite_errorcode", 0)
    return code & 0xFF in _DISK and code not in _CUT


def glance(folder: Path, kind: str, key: str) -> bytes | None:
    """One record of a journal, read beside the hub that may hold it open; None when there is no journal or no such record.

    Raises `WrongStore`, also for the journal of a later release.
    """
    return _glance(folder, "SELECT record FROM record WHERE kind=? AND key=?", (kind, key))


def glance_meta(folder: Path, key: str) -> bytes | None:
    """What `JournalFile.meta` would say, read in the same way."""
    return _glance(folder, "SELECT value FROM meta WHERE key=?", (key,))


def _glance(folder: Path, query: str, values: tuple[str, ...]) -> bytes | None:
    path = folder / "journal.sqlite"
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise WrongStore(f"{path} is of version {version}: a later release wrote it; open it with that one")
            row = connection.execute(query, values).fetchone() if version else None
    except UNREADABLE as fault:
        raise WrongStore(f"{path}: {fault}") from fault
    return row[0] if row else None


def _purge(connection: sqlite3.Connection) -> None:
    """Take erased bytes out of the file and of its write-ahead log: the file is written anew, the log is cut to nothing.

    `PRAGMA secure_delete` would not do: pages that were split keep stale copies of rows beside the live ones. While another process
    reads the log cannot be cut, and without room the file cannot be written; then the note stays, and the next opening tries again: that
    is no reason to stop a hub.
    """
    try:
        connection.execute("VACUUM")
        if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
            connection.execute("DELETE FROM meta WHERE key=?", (_TO_BE_PURGED,))
    except sqlite3.OperationalError:
        return


class Checkpointing(Protocol):
    """What folds the write-ahead log into the file. `written` is called by the writer behind each commit."""

    def written(self, writer: sqlite3.Connection) -> None: ...

    def close(self) -> None: ...


class _Checkpointer:
    """Folds the write-ahead log into the file from a connection and a thread of its own, off the writer's path.

    What the writer adds meanwhile keeps the log from starting anew, so the writer folds in that little rest itself, once.
    """

    def __init__(self, connected: Callable[[], sqlite3.Connection]) -> None:
        self._connected = connected
        self._commits = 0
        self._asked, self._done = threading.Event(), threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="journal-checkpoint", daemon=True)
        self._thread.start()

    def written(self, writer: sqlite3.Connection) -> None:
        self._commits += 1
        if self._done.is_set():
            self._done.clear()
            _fold(writer)
        elif self._commits >= CHECKPOINT_EVERY:
            self._commits = 0
            self._asked.set()

    def close(self) -> None:
        self._stop = True
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        connection = self._connected()
        try:
            while not self._stop:  # ends with close()
                self._asked.wait()
                self._asked.clear()
                _fold(connection)
                self._done.set()
        finally:
            connection.close()


def _fold(connection: sqlite3.Connection) -> None:
    """One pass. If it fails the log stays longer, nothing worse: the writer meets a full disk itself."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _take_lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(descriptor)
        raise JournalLocked(f"another hub has {path.parent} open") from fault
    return descriptor
