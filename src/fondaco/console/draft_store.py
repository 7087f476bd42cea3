"""`drafts.db`: payments that were written by hand and wait for a second person. One SQLite file beside the accounts; it is no part of the journal,
since what nobody sent is not the hub's."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fondaco.console.draft import PAYMENT_DRAFT, Draft, Event, State, stepped
from fondaco.core import Instant, Migration, bring_up

FILE = "drafts.db"
# So many may wait of one institution, and so many that have ended are remembered.
OPEN_MAX, ENDED_MAX = 200, 2_000
_MIGRATIONS = (
    Migration(
        1,
        "drafts of payments",
        (
            """CREATE TABLE draft (uetr TEXT PRIMARY KEY, institution TEXT NOT NULL, form TEXT NOT NULL UNIQUE, open INTEGER NOT NULL,
               made_at INTEGER NOT NULL, until INTEGER NOT NULL, content BLOB NOT NULL) WITHOUT ROWID""",
            "CREATE INDEX draft_institution ON draft (institution, open, made_at)",
        ),
    ),
)


class Drafts:
    """The drafts of a folder. Each deed is durable when it returns; used on one event loop."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._mutex = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA secure_delete=ON")
        bring_up(self._connection, path, _MIGRATIONS)

    def close(self) -> None:
        self._connection.close()

    def put(self, one: Draft, form: str) -> Draft | None:
        """Keep a new draft. The same `form` again gives what it gave before; None where too many wait."""
        with self._transaction():
            row = self._connection.execute("SELECT content FROM draft WHERE form=?", (form,)).fetchone()
            if row is not None:
                return _read(row[0])
            (waiting,) = self._connection.execute(
                "SELECT count(*) FROM draft WHERE institution=? AND open=1", (one.institution,)
            ).fetchone()
            if waiting >= OPEN_MAX:
                return None
            self._connection.execute(
                "INSERT INTO draft VALUES (?,?,?,1,?,?,?)", (one.uetr, one.institution, form, one.made_at, one.until, _kept(one))
            )
            self._connection.execute(
                "DELETE FROM draft WHERE uetr IN (SELECT uetr FROM draft WHERE open=0 ORDER BY made_at DESC LIMIT -1 OFFSET ?)",
                (ENDED_MAX,),
            )
        return one

    def find(self, uetr: str, at: Instant) -> Draft | None:
        self.lapse(at)
        row = self._connection.execute("SELECT content FROM draft WHERE uetr=?", (uetr,)).fetchone()
        return None if row is None else _read(row[0])

    def of(self, institution: str, at: Instant, *, waiting: bool, most: int = 50) -> list[Draft]:
        """Those of a bank that wait, or that have ended; the newest first."""
        self.lapse(at)
        rows = self._connection.execute(
            "SELECT content FROM draft WHERE institution=? AND open=? ORDER BY made_at DESC LIMIT ?",
            (institution, int(waiting), most),
        )
        return [_read(content) for (content,) in rows]

    def step(self, uetr: str, before: State, event: Event, by: str, at: Instant) -> Draft | None:
        """Take a step from the state in which the caller saw it; None where it is not in that state any more."""
        with self._transaction():
            row = self._connection.execute("SELECT content FROM draft WHERE uetr=?", (uetr,)).fetchone()
            known = None if row is None else _read(row[0])
            if known is None or known.state is not before:
                return None
            found = stepped(known, event, by, at)
            self._put(found)
        return found

    def lapse(self, at: Instant) -> None:
        """What nobody sent in time lapses; what it said of people goes."""
        rows = self._connection.execute("SELECT content FROM draft WHERE open=1 AND until<=?", (at,)).fetchall()
        for (content,) in rows:
            known = _read(content)
            if known.state is State.DRAFTED:
                self.step(known.uetr, State.DRAFTED, Event.TIME_RAN_OUT, "", at)

    def _put(self, one: Draft) -> None:
        self._connection.execute(
            "UPDATE draft SET open=?, content=? WHERE uetr=?", (int(one.state not in PAYMENT_DRAFT.ends), _kept(one), one.uetr)
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._mutex:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _kept(one: Draft) -> bytes:
    return msgspec.msgpack.encode(one)


def _read(content: bytes) -> Draft:
    return msgspec.msgpack.decode(content, type=Draft)
