"""An index beside the journal: what changed, found by subject, person and time, and what payments of a business day came to.

It says nothing that the journal does not say, follows it link by link, and is made anew where it is lost or belongs to another journal. Losing it loses nothing: it is
written without waiting for the disk, and is in no backup.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fondaco.hub import Count, Line, Stretch

FILE = "trail.db"
# Another form of the tables below, or of what stands in them, is another number: then the index is made anew.
_FORM = 2
_TABLES = """
    CREATE TABLE state (form INTEGER NOT NULL, last INTEGER NOT NULL, hash TEXT NOT NULL, day TEXT NOT NULL);
    CREATE TABLE line (id INTEGER PRIMARY KEY, link INTEGER NOT NULL, at INTEGER NOT NULL, said BLOB NOT NULL);
    CREATE INDEX line_link ON line (link);
    CREATE INDEX line_at ON line (at, id);
    CREATE TABLE term (term TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (term, id)) WITHOUT ROWID;
    CREATE TABLE sum (day TEXT, slot INTEGER, payer TEXT, payee TEXT, currency TEXT, what TEXT, payments INTEGER NOT NULL, minor TEXT NOT NULL,
        PRIMARY KEY (day, slot, payer, payee, currency, what)) WITHOUT ROWID;
    CREATE TABLE paid (day TEXT, bic TEXT, currency TEXT, payments INTEGER NOT NULL, minor TEXT NOT NULL, PRIMARY KEY (day, bic, currency)) WITHOUT ROWID;
    CREATE TABLE opened (day TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
"""


class Followed(NamedTuple):
    """How far the index follows: the last link, its hash in hexadecimal, and the business day that was open there."""

    last: int
    hash: str
    day: str


class Paid(NamedTuple):
    """What a member paid in a currency on a business day, in whole minor units."""

    bic: str
    currency: str
    payments: int
    minor: int


class Trail:
    """The open index of a folder. Used by several threads of one server."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._mutex = threading.Lock()
        self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._tried()
        except sqlite3.DatabaseError:  # damaged, or of another form: nothing is lost with it
            for end in ("", "-wal", "-shm"):
                self._path.with_name(FILE + end).unlink(missing_ok=True)
            return self._tried()

    def _tried(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            self._path.chmod(0o600)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name='state'").fetchone() is None:
                connection.executescript(f"BEGIN; {_TABLES} COMMIT")
            if connection.execute("SELECT 1 FROM state").fetchone() is None:
                connection.execute("INSERT INTO state VALUES (?, 0, '', '')", (_FORM,))
            if connection.execute("SELECT form FROM state").fetchone() != (_FORM,):
                raise sqlite3.DatabaseError("an index of another form")
        except BaseException:
            connection.close()
            raise
        return connection

    def followed(self) -> Followed:
        with self._mutex:
            return Followed(*self._connection.execute("SELECT last, hash, day FROM state").fetchone())

    def add(self, found: Stretch) -> bool:
        """Take the next links in, all or none. False, and nothing is known any more, where they do not follow the last one: it is another journal, and is to be read
        from its first link."""
        with self._mutex:
            last, known, _ = self._connection.execute("SELECT last, hash, day FROM state").fetchone()
            if last != found.after:
                return True  # somebody else has read them
            other = found.follows or found.last_hash
            if last and (last > found.head or (other and other != known)):
                self._begin_anew()
                return False
            if found.last == found.after:
                return True
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._take(found)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            return True

    def _begin_anew(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for table in ("line", "term", "sum", "paid", "opened"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        self._connection.execute("UPDATE state SET last=0, hash='', day=''")
        self._connection.execute("COMMIT")

    def _take(self, found: Stretch) -> None:
        ask = self._connection.execute
        for line in found.lines:
            row = ask(
                "INSERT INTO line (link, at, said) VALUES (?,?,?)", (line.link, line.at, msgspec.msgpack.encode(line))
            ).lastrowid
            self._connection.executemany("INSERT OR IGNORE INTO term VALUES (?,?)", [(term, row) for term in line.terms])
        for first, last in found.erased:
            self._forget(first, last)
        for key, (count, minor) in found.sums.items():
            self._sum("sum", "day=? AND slot=? AND payer=? AND payee=? AND currency=? AND what=?", key, count, minor)
        for of, (count, minor) in found.paid.items():
            self._sum("paid", "day=? AND bic=? AND currency=?", of, count, minor)
        self._connection.executemany("INSERT OR IGNORE INTO opened VALUES (?,?)", sorted(found.opened.items()))
        ask("UPDATE state SET last=?, hash=?, day=?", (found.last, found.last_hash, found.day))

    def _sum(self, table: str, where: str, key: Sequence[object], count: int, minor: int) -> None:
        # Sums of money pass sixty-three bits some day: they are kept as text.
        known = self._connection.execute(f"SELECT payments, minor FROM {table} WHERE {where}", tuple(key)).fetchone()  # noqa: S608 - names of ours
        before = (known[0], int(known[1])) if known is not None else (0, 0)
        values = (*key, before[0] + count, str(before[1] + minor))
        self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(values))})", values)  # noqa: S608 - names of ours

    def _forget(self, first: int, last: int) -> None:
        """Who asked stood in what came in, which was erased: then it is not remembered here either. What the chain says stays."""
        for row, raw in self._connection.execute(
            "SELECT id, said FROM line WHERE link BETWEEN ? AND ?", (first, last)
        ).fetchall():
            line = msgspec.msgpack.decode(raw, type=Line)
            if not line.event:
                self._connection.executemany("DELETE FROM term WHERE term=? AND id=?", [(term, row) for term in line.terms])
                self._connection.execute("DELETE FROM line WHERE id=?", (row,))
                continue
            people = [term for term in line.terms if term.startswith("person ")]
            kept = line._replace(
                who="", second="", caller="", key="", terms=tuple(term for term in line.terms if term not in people)
            )
            self._connection.execute("UPDATE line SET said=? WHERE id=?", (msgspec.msgpack.encode(kept), row))
            self._connection.executemany("DELETE FROM term WHERE term=? AND id=?", [(term, row) for term in people])

    # Questions

    def lines(self, terms: Sequence[str], since: int, until: int, before: int, most: int) -> list[tuple[int, Line]]:
        """Lines with all of these terms from instant `since` to before `until`, newest first, with their numbers, which are below `before` (0: any)."""
        where, values = ["at>=?", "at<?"], [since, until]
        if before:
            where.append("id<?")
            values.append(before)
        source = "line"
        asked: list[Any] = []
        for place, term in enumerate(terms):
            name = f"t{place}"
            source += f" JOIN term {name} ON {name}.id=line.id AND {name}.term=?"
            asked.append(term)
        # Numbers grow with instants, and whoever names a subject finds it by the terms' own order.
        order = "t0.id" if terms else "line.id"
        query = f"SELECT line.id, said FROM {source} WHERE {' AND '.join(where).replace('id<?', f'{order}<?')} ORDER BY {order} DESC LIMIT ?"  # noqa: S608 - names of ours
        return [(row, msgspec.msgpack.decode(raw, type=Line)) for row, raw in self._rows(query, (*asked, *values, most))]

    def sums(self, day: str) -> dict[Count, tuple[int, int]]:
        """What payments of a business day came to: payments and whole minor units."""
        rows = self._rows("SELECT day, slot, payer, payee, currency, what, payments, minor FROM sum WHERE day=?", (day,))
        return {Count(*row[:6]): (row[6], int(row[7])) for row in rows}

    def paid(self, day: str) -> list[Paid]:
        return [
            Paid(bic, code, count, int(minor))
            for bic, code, count, minor in self._rows("SELECT bic, currency, payments, minor FROM paid WHERE day=?", (day,))
        ]

    def days(self) -> list[tuple[str, int]]:
        """Business days and the instants at which they opened, the last first."""
        return [(day, at) for day, at in self._rows("SELECT day, at FROM opened ORDER BY at DESC LIMIT 60", ())]

    def _rows(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._mutex:
            return self._connection.execute(query, tuple(values)).fetchall()

    def close(self) -> None:
        with self._mutex:
            self._connection.close()
