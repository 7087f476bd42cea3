"""`access.db`: who may enter, what was seen of them, what they looked at. One SQLite file in the hub's folder, beside the journal.

It is no part of the journal: what stands here decides who is let in, never what becomes of a payment. Several processes may have it
open (the server and a command line); each transaction is durable when it ends.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fondaco.access.migrations import MIGRATIONS
from fondaco.core import bring_up, write_again

FILE = "access.db"
_BUSY_S = 10


class AccessUnavailable(Exception):
    """The disk refused, or the file is not what it should be; nobody is let in until it was opened again."""


class AccessStore:
    """The open file. Raises `AccessUnavailable` from any deed when the disk fails, after which it refuses everything; `UnfitStore` when opened."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._mutex = threading.RLock()
        # Reading has a connection of its own: who is recognised while another thread's write waits for the disk does not wait for it.
        self._reading = threading.Lock()
        self._writer = 0
        self._failed = False
        # How often the register was changed, and by which version of the file that is known.
        self._changes, self._counted_at = -1, -1
        try:
            self._connection = self._open()
            self._reader = self._connected()
        except (OSError, sqlite3.Error) as fault:
            raise AccessUnavailable(f"{self.path}: {fault}") from fault

    def _open(self) -> sqlite3.Connection:
        # A process that is alone with the file mends what one that died left behind, and brings it up; others wait for that.
        descriptor = os.open(self.path.with_name(f"{FILE}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        self._lock = descriptor
        try:
            alone = self._alone(descriptor)
            if alone:
                write_again(self.path.with_name(f"{FILE}-wal"))
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = self._connected()
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA secure_delete=ON")
                if alone:
                    bring_up(connection, self.path, MIGRATIONS)
                elif connection.execute("PRAGMA user_version").fetchone()[0] != len(MIGRATIONS):
                    raise AccessUnavailable(f"{self.path} is of another release, and another process has it open")
            except BaseException:
                connection.close()
                raise
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except BaseException:
            os.close(descriptor)
            raise
        return connection

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S)

    @staticmethod
    def _alone(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            return False
        return True

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and on the disk when it ends. Nothing that waits belongs inside."""
        with self._mutex:
            self._usable()
            try:
                if self._connection.in_transaction:  # within another: one transaction
                    yield self._connection
                    return
                self._connection.execute("BEGIN IMMEDIATE")
                self._writer = threading.get_ident()
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
                finally:
                    self._writer = 0
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as fault:
                self._failed = True
                raise AccessUnavailable(f"{self.path}: {fault}") from fault

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What is kept; within a transaction of this thread also what it has written so far."""
        within = self._writer == threading.get_ident()
        with self._mutex if within else self._reading:
            self._usable()
            try:
                return (self._connection if within else self._reader).execute(query, values).fetchall()
            except sqlite3.Error as fault:
                self._failed = True
                raise AccessUnavailable(f"{self.path}: {fault}") from fault

    def register_version(self) -> int:
        """A number that is another one once anybody, in any process, has changed what the register answers from: what was read of it before may be remembered as long as
        it is the same. -1 in a transaction of this thread, where nothing may. Where messages are signed, each writes to the file and changes nothing of that."""
        if self._writer == threading.get_ident():
            return -1
        with self._reading:
            self._usable()
            try:
                version = self._reader.execute("PRAGMA data_version").fetchone()[0]
                if version != self._counted_at:
                    # In this order: what is written between the two is looked at once more, never passed over.
                    self._changes = self._reader.execute("SELECT count FROM register_changes").fetchone()[0]
                    self._counted_at = version
                return int(self._changes)
            except sqlite3.Error as fault:
                self._failed = True
                raise AccessUnavailable(f"{self.path}: {fault}") from fault

    def row(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        found = self.rows(query, values)
        return found[0] if found else None

    def close(self) -> None:
        """Closing twice does nothing."""
        with self._mutex, self._reading:
            if self._lock < 0:
                return
            self._reader.close()
            self._connection.close()
            os.close(self._lock)
            self._lock = -1
            self._failed = True

    def __enter__(self) -> AccessStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _usable(self) -> None:
        if self._failed:
            raise AccessUnavailable(f"{self.path}: closed, or the disk refused something before; open it again")
