"""The machine of one simulated life: the production hub on a disk that breaks, stopped anywhere and opened again by its own recovery."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw

from engines.faulty_disk import CHANGES, Broken, Crash, Disk, Does, Fault
from faults.little_union import LittleUnion
from fondaco.core import Instant, Refusal
from fondaco.hub import Command, Hub
from fondaco.journal import JournalFile, JournalUnavailable, Mail, Seen, WrongStore
from fondaco.journal import sqlite as journals
from fondaco.ledger import BrokenBooks, EngineUnavailable, SqliteEngine

# What a disk that failed makes of an opening or a deed. Anything else that is raised is a mistake of ours.
_FAILED = (JournalUnavailable, EngineUnavailable, Broken)
# Of a read that ends early nobody can tell whether the file does.
_CUT = (*_FAILED, WrongStore, BrokenBooks, sqlite3.Error)
# After how many keys the hub writes what it has seen into a sealed file; 65,536 outside of tests.
_SEALED_AFTER = 5
# How many commits the journal makes between two checkpoints; 64 outside of tests.
_CHECKPOINT_EVERY = 20
_FAULTS = (
    (Fault(Does.STOP, 1), 14),
    (Fault(Does.EIO, 1), 3),
    (Fault(Does.EIO, 1, frozenset({"sync"})), 3),
    (Fault(Does.EIO, 1, lasting=True), 1),
    (Fault(Does.ENOSPC, 1, frozenset({"write", "create"})), 2),
    # No read ends early: SQLite's layer below our disk reads on until it has all, and a file that really ends is damage (tests/engines/test_faults.py).
    (Fault(Does.EIO, 1, frozenset({"read"})), 3),
)
_CALLS_MAX_LOG2 = 11.5


class Down(Exception):
    """The hub stopped; what it had not kept is lost."""


class Machine:
    """One hub, its disk, and the faults that are still to come. Every number is drawn from `chance`, none from the world."""

    def __init__(self, home: Path, union: LittleUnion, chance: random.Random, faults: int) -> None:
        self._home, self._union, self._chance, self.faults_left = home, union, chance, faults
        self._disk = self._disk_on(home / "0")
        self.hub: Hub | None = None
        self.told: list[str] = []

    def open(self) -> Hub:
        """Open the hub, which recovers what was interrupted. Raises `Down`."""
        assert self.hub is None
        self._expect()
        with self._may_fail("opening"):
            journal = books = None
            try:
                journal = FaultyJournal(self._disk)
                books = _Books(self._disk)
                folder = self._disk.folder / "seen"
                seen = [Seen(folder / name, _SEALED_AFTER) for name in ("uetr", "message")]
                self.hub = Hub(
                    self._union.rulebooks, self._union.version, journal, books, *seen, self._union.screener, _salt_for
                )  # fmt: skip
            except BaseException:
                self._let_go(journal, books)
                raise
        assert self.hub is not None
        return self.hub

    def process(self, commands: Sequence[Command], at: Instant) -> list[Refusal | str | None]:
        """As `Hub.process`. Raises `Down`."""
        with self._may_fail("deciding"):
            return self._open_hub().process(commands, at)

    def flush(self) -> None:
        """As `Hub.flush`. Raises `Down`."""
        with self._may_fail("keeping"):
            self._open_hub().flush()

    def take_mail(self) -> list[Mail]:
        return self._open_hub().take_mail()

    def mail_after(self, seq: int) -> list[Mail]:
        """What whoever delivers asks for when it has lost the hub: all mail behind a number. Raises `Down`."""
        with self._may_fail("reading mail"):
            return list(self._open_hub().journal.mail(seq))

    def heal(self) -> None:
        """No fault comes any more. Raises `Down` where the power has ended already and nobody has met it yet."""
        stopped = self._disk.stopped and self.hub is not None
        if stopped:
            self._crashed("meeting nothing")
        self.faults_left = 0
        self._disk.expect(None)
        if stopped:
            raise Down("the power had ended")

    def close(self) -> None:
        """Let go of the folder, however the life ended."""
        if self.hub is not None:
            self._let_go(self.hub.journal, self.hub.books)
            self.hub = None
        self._uninstall()

    def _open_hub(self) -> Hub:
        assert self.hub is not None, "nobody asks a hub that is down"
        return self.hub

    @contextmanager
    def _may_fail(self, doing: str) -> Iterator[None]:
        try:
            yield
        except _CUT as fault:
            broken = self._disk.fault
            if not self._disk.struck or (broken is not None and not isinstance(fault, _FAILED)):
                raise
            self._crashed(f"{doing}: {type(fault).__name__}")
            raise Down(doing) from fault

    def _expect(self) -> None:
        """Where the disk breaks next: soon as often as late, in the order of magnitude."""
        if not self.faults_left:
            self._disk.expect(None)
            return
        kinds, weights = zip(*_FAULTS, strict=True)
        fault: Fault = self._chance.choices(kinds, weights)[0]
        calls = int(2 ** self._chance.uniform(0, _CALLS_MAX_LOG2))
        self._disk.expect(fault._replace(at=max(1, calls // 4) if fault.on != CHANGES else calls))

    def _crashed(self, doing: str) -> None:
        """The process is gone. A power that ended takes with it what was not safe; a refusal ends the process alone, or the power after it."""
        self.faults_left -= 1
        fault = self._disk.fault
        assert fault is not None
        kind = self._chance.choice(list(Crash)) if fault.does is Does.STOP or self._chance.random() < 0.5 else Crash.KEPT
        killed = fault.does is Does.STOP or self._chance.random() < 0.5
        self.told.append(f"{doing} at call {fault.at} of {'/'.join(sorted(fault.on))}: {fault.does.name}, left {kind.name}")
        if killed:
            self._disk.expect(Fault(Does.GONE, 1, lasting=True))
        if self.hub is not None:
            self._let_go(self.hub.journal, self.hub.books)
            self.hub = None
        if kind is Crash.KEPT:
            self._disk.goes_on()
            return
        before = Path(str(self._disk.folder))
        into = self._home / str(int(before.name) + 1)
        self._disk.crash(kind, into)
        self._uninstall()
        shutil.rmtree(before)
        self._disk = self._disk_on(into)

    def _disk_on(self, folder: Path) -> Disk:
        folder.mkdir(exist_ok=True)
        disk = Disk(folder, self._chance.getrandbits(32))
        installed = disk.installed()
        installed.__enter__()
        self._uninstall: Callable[[], Any] = lambda: installed.__exit__(None, None, None)
        return disk

    def _let_go(self, journal: Any, books: Any) -> None:
        for one in (books, journal):
            if one is not None:
                with suppress(*_CUT, OSError):
                    one.close()


class FaultyJournal(JournalFile):
    """The journal on a disk that breaks; its log is folded in by the writer, so that a life has one order of calls."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(disk.folder)

    def _connected(self) -> sqlite3.Connection:
        with _told_as_sqlite3:
            return _Connection(apsw.Connection(str(self.path), vfs=self._disk.name))  # type: ignore[return-value]

    def _checkpointing(self) -> journals.Checkpointing:
        return _AtOnce()


class _AtOnce:
    def __init__(self) -> None:
        self._commits = 0

    def written(self, writer: sqlite3.Connection) -> None:
        self._commits += 1
        if self._commits % journals.CHECKPOINT_EVERY == 0:
            with suppress(sqlite3.Error):
                writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def close(self) -> None:
        """Nothing waits."""


class _Connection:
    """As much of `sqlite3.Connection` as a journal uses, by apsw, which lets a file system be put below it."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        connection.set_busy_timeout(5_000)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, values: Sequence[Any] = ()) -> _Rows:
        with _told_as_sqlite3:
            return _Rows(self._connection.execute(statement, values))

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        with _told_as_sqlite3:
            self._connection.executemany(statement, rows)

    def close(self) -> None:
        with suppress(apsw.Error):  # Python's own lets go, whatever the disk says
            self._connection.close()


class _Rows:
    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def fetchone(self) -> Any:
        with _told_as_sqlite3:
            return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        with _told_as_sqlite3:
            return self._cursor.fetchall()

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:  # ends with the rows
            yield row


class _ToldAsSqlite3:
    """apsw's errors as those of Python's own driver, which a journal knows."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, apsw.Error):
            told = sqlite3.OperationalError(str(fault) or type(fault).__name__)
            told.sqlite_errorcode = getattr(fault, "extendedresult", 0)
            raise told from fault


_told_as_sqlite3 = _ToldAsSqlite3()


class _Books(SqliteEngine):
    """The books on a disk that breaks; a snapshot is written before anybody goes on, so that a life has one order of calls."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk.folder / "books", "reference", vfs=disk.name)

    def keep_snapshot(self, *, wait: bool = False) -> None:
        super().keep_snapshot(wait=True)


def _salt_for(batch: int) -> bytes:
    return hashlib.sha256(f"salt {batch}".encode()).digest()


def small_measures(patch: Callable[[object, str, object], None]) -> None:
    """What happens after thousands of batches otherwise happens in a life of a hundred."""
    patch(journals, "CHECKPOINT_EVERY", _CHECKPOINT_EVERY)
