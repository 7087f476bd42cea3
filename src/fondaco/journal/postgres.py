"""The journal and what stands beside it in one schema of a PostgreSQL server, behind the face of the one in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from fondaco.core import EPOCH_LOST, FENCE, PostgresStore, SchemaMigration, StoreTaken, UnfitStore, schema_version, session
from fondaco.journal.entry import GENESIS, Inputs, Link, Mail
from fondaco.journal.face import JournalLocked, JournalUnavailable, Outcomes, WrongStore

SCHEMA = "fondaco_journal"
# Rows that one question brings into memory, where an answer may be as long as the journal.
_PAGE = 500
# The key under which it stands that erased bytes may still be in the tables' files.
_TO_BE_PURGED = "erased bytes to be purged"
# How long rewriting a table waits for its readers before it is left to the next opening.
_PURGE_PATIENCE_MS = 2000
# What an erasure touches, and the column that is written anew.
_HOLD_PEOPLE = (("inputs", "commands"), ("mail", "raw"), ("record", "record"), ("payment", "record"))

# Keys are compared by their bytes, as in a file: what order a server's language has decides nothing here.
MIGRATIONS = (
    SchemaMigration(
        1,
        "the first form",
        (
            *FENCE,
            'CREATE TABLE meta (key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL)',
            "CREATE TABLE inputs (batch bigint PRIMARY KEY, instant bigint NOT NULL, first_intent bigint NOT NULL, "
            "list_set text NOT NULL, commands bytea NOT NULL, salt bytea NOT NULL)",
            "CREATE TABLE link (batch bigint PRIMARY KEY, instant bigint NOT NULL, previous bytea NOT NULL, hash bytea NOT NULL, "
            "entries bytea NOT NULL, form integer NOT NULL, inputs bytea NOT NULL, mail bytea NOT NULL)",
            "CREATE TABLE payment (id bigint PRIMARY KEY, record bytea NOT NULL) WITH (fillfactor = 70)",
            'CREATE TABLE record (kind text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, record bytea NOT NULL, '
            "PRIMARY KEY (kind, key)) WITH (fillfactor = 70)",
            "CREATE TABLE mail (seq bigint PRIMARY KEY, batch bigint NOT NULL, recipient text NOT NULL, kind text NOT NULL, "
            "subject text NOT NULL, raw bytea NOT NULL)",
            "CREATE INDEX mail_of_batch ON mail (batch)",
        ),
    ),
)


class PostgresJournal:
    """One hub's journal on a server. Opening it locks out every other writer and brings an earlier release's schema up.

    Raises `JournalLocked`, `WrongStore`; and `JournalUnavailable` when the server fails or another writer has taken over, after which
    the object refuses everything.
    """

    def __init__(self, dsn: str, schema: str = SCHEMA, patience_s: int = 5) -> None:
        try:
            self._store = PostgresStore(dsn, schema, MIGRATIONS, patience_s)
        except StoreTaken as fault:
            raise JournalLocked(str(fault)) from fault
        except UnfitStore as fault:
            raise WrongStore(str(fault)) from fault
        except psycopg.Error as fault:
            raise JournalUnavailable(f"schema {schema}: {fault}") from fault
        self.name = self._store.name
        self._connection = self._store.connection
        self._failed = False
        if self.erased_bytes_are_left():
            self._purge()

    def commit(self, outcomes: Outcomes | None = None, inputs: Inputs | None = None) -> None:
        """As `Journal.commit`: one transaction, sent in one go."""
        self._usable()
        try:
            with self._connection.pipeline(), self._connection.transaction():
                self._hold()
                if outcomes is not None:
                    self._keep_outcomes(outcomes)
                if inputs is not None:
                    self._connection.execute(
                        "INSERT INTO inputs VALUES (%s,%s,%s,%s,%b,%b)",
                        (inputs.batch, inputs.instant, inputs.first_intent, inputs.list_set, inputs.commands, inputs.salt),
                        prepare=True,
                    )
        except psycopg.Error as fault:
            raise self._failure(fault) from fault
        if outcomes is not None and outcomes.erasure is not None:
            self._purge()

    def _hold(self) -> None:
        self._connection.execute("SELECT hold_fence(%s)", (self._store.epoch,), prepare=True)

    def _keep_outcomes(self, outcomes: Outcomes) -> None:
        execute, one = self._connection.execute, outcomes.link
        execute(
            "INSERT INTO link VALUES (%s,%s,%b,%b,%b,%s,%b,%b)",
            (one.number, one.instant, one.previous, one.hash, one.encoded, one.form, one.inputs, one.mail),
            prepare=True,
        )
        # A statement may not meet a row twice: of two records under one key the later one counts.
        payments = dict(outcomes.payments)
        if payments:
            execute(
                "INSERT INTO payment SELECT * FROM unnest(%s::bigint[], %s::bytea[]) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
                (list(payments), list(payments.values())),
                prepare=True,
            )
        records = {(kind, key): record for kind, key, record in outcomes.records}
        if records:
            execute(
                "INSERT INTO record SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[]) "
                "ON CONFLICT (kind, key) DO UPDATE SET record = excluded.record",
                ([kind for kind, _ in records], [key for _, key in records], list(records.values())),
                prepare=True,
            )
        if outcomes.mail:
            execute(
                "INSERT INTO mail SELECT seq, %s, recipient, kind, subject, raw FROM "
                "unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[]) AS sent (seq, recipient, kind, subject, raw)",
                (
                    one.number,
                    [m.seq for m in outcomes.mail],
                    [m.recipient for m in outcomes.mail],
                    [m.kind for m in outcomes.mail],
                    [m.subject for m in outcomes.mail],
                    [m.raw for m in outcomes.mail],
                ),
                prepare=True,
            )
        if outcomes.erasure is not None:
            batches = list(outcomes.erasure.batches)
            execute("UPDATE inputs SET commands = '', salt = '' WHERE batch = ANY(%s::bigint[])", (batches,))
            execute("UPDATE mail SET raw = '' WHERE batch = ANY(%s::bigint[])", (batches,))
            execute("DELETE FROM record WHERE kind = 'used' AND key < %s", (outcomes.erasure.counts_before,))
            execute("INSERT INTO meta VALUES (%s, %s) ON CONFLICT (key) DO NOTHING", (_TO_BE_PURGED, b"\x01"))

    def _purge(self) -> None:
        """Take erased bytes out of the tables' files: the tables are written anew, and the note that bytes are left goes with that.

        `VACUUM FULL` would not do: it carries over every row version that some old snapshot could still ask for. Changing a column's type
        copies what is true now and nothing else. While somebody reads a table it cannot be had, and without room it cannot be
        written; then the note stays, and the next opening tries again: that is no reason to stop a hub. The server's write-ahead log,
        its archive and its backups are out of reach from here.
        """
        try:
            with self._connection.transaction():
                self._hold()
                self._connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(_PURGE_PATIENCE_MS))
                for table, column in _HOLD_PEOPLE:
                    rewritten = sql.SQL("ALTER TABLE {table} ALTER COLUMN {column} TYPE bytea USING {column} || ''::bytea")
                    self._connection.execute(rewritten.format(table=sql.Identifier(table), column=sql.Identifier(column)))
                self._connection.execute("DELETE FROM meta WHERE key = %s", (_TO_BE_PURGED,))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DiskFull):
            return
        except psycopg.Error as fault:
            raise self._failure(fault) from fault

    # What recovery and people read

    def last_inputs(self) -> Inputs | None:
        row = self._one("SELECT batch, instant, first_intent, list_set, commands, salt FROM inputs ORDER BY batch DESC LIMIT 1")
        return Inputs(*row) if row else None

    def head(self) -> tuple[int, bytes]:
        row = self._one("SELECT batch, hash FROM link ORDER BY batch DESC LIMIT 1")
        return (row[0], row[1]) if row else (0, GENESIS)

    def inputs_of(self, batch: int) -> Inputs | None:
        row = self._one("SELECT batch, instant, first_intent, list_set, commands, salt FROM inputs WHERE batch = %s", (batch,))
        return Inputs(*row) if row else None

    def inputs_erased(self, batch: int) -> bool:
        row = self._one("SELECT octet_length(commands) FROM inputs WHERE batch = %s", (batch,))
        return row is not None and not row[0]

    def links(self, first: int = 1) -> Iterator[Link]:
        query = "SELECT batch, instant, previous, hash, entries, form, inputs, mail FROM link WHERE batch >= %s ORDER BY batch LIMIT %s"
        for row in self._by_number(query, first):
            yield Link(*row)

    def payment(self, number: int) -> bytes | None:
        row = self._one("SELECT record FROM payment WHERE id = %s", (number,))
        return row[0] if row else None

    def payments(self, first: int = 1) -> Iterator[tuple[int, bytes]]:
        for row in self._by_number("SELECT id, record FROM payment WHERE id >= %s ORDER BY id LIMIT %s", first):
            yield row[0], row[1]

    def payments_before(self, number: int) -> Iterator[tuple[int, bytes]]:
        query = "SELECT id, record FROM payment WHERE id < %s ORDER BY id DESC LIMIT %s"
        while rows := self._all(query, (number, _PAGE)):  # ends before the first payment
            for row in rows:
                yield row[0], row[1]
            number = rows[-1][0]

    def records(self, kind: str) -> Iterator[tuple[str, bytes]]:
        key = ""
        # The first key may be the empty one; after that each page begins behind the last key of the one before.
        query = "SELECT key, record FROM record WHERE kind = %s AND key >= %s ORDER BY key LIMIT %s"
        while rows := self._all(query, (kind, key, _PAGE)):  # ends with the keys
            for row in rows:
                yield row[0], row[1]
            key = rows[-1][0]
            query = "SELECT key, record FROM record WHERE kind = %s AND key > %s ORDER BY key LIMIT %s"

    def record(self, kind: str, key: str) -> bytes | None:
        row = self._one("SELECT record FROM record WHERE kind = %s AND key = %s", (kind, key))
        return row[0] if row else None

    def mail(self, after: int = 0, limit: int = 1_000_000) -> Iterator[Mail]:
        query = "SELECT seq, recipient, kind, subject, raw FROM mail WHERE seq >= %s AND raw <> '' ORDER BY seq LIMIT %s"
        for row in islice(self._by_number(query, after + 1), limit):
            yield Mail(*row)

    def mail_of(self, batch: int) -> Iterator[Mail]:
        for row in self._all("SELECT seq, recipient, kind, subject, raw FROM mail WHERE batch = %s ORDER BY seq", (batch,)):
            yield Mail(*row)

    def mail_by_seq(self, sequence: Iterable[int]) -> Iterator[Mail]:
        for seq in sequence:
            row = self._one("SELECT seq, recipient, kind, subject, raw FROM mail WHERE seq = %s", (seq,))
            if row:
                yield Mail(*row)

    def last_mail(self) -> int:
        row = self._one("SELECT coalesce(max(seq), 0) FROM mail")
        return row[0] if row else 0

    def batches(self, before: int) -> Iterator[tuple[int, int, bool]]:
        query = (
            "SELECT link.batch, link.instant, inputs.commands <> '' FROM link JOIN inputs USING (batch) "
            "WHERE link.batch >= %s AND link.instant < %s ORDER BY link.batch LIMIT %s"
        )
        for row in self._by_number(query, 0, before):
            yield row[0], row[1], row[2]

    def batches_of_mail(self, sequence: Iterable[int]) -> Iterator[int]:
        for seq in sequence:
            row = self._one("SELECT batch FROM mail WHERE seq = %s", (seq,))
            if row:
                yield row[0]

    def meta(self, key: str) -> bytes | None:
        row = self._one("SELECT value FROM meta WHERE key = %s", (key,))
        return row[0] if row else None

    def set_meta(self, key: str, value: bytes) -> None:
        self._usable()
        try:
            with self._connection.transaction():
                self._hold()
                self._connection.execute(
                    "INSERT INTO meta VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
                )
        except psycopg.Error as fault:
            raise self._failure(fault) from fault

    def erased_bytes_are_left(self) -> bool:
        """Whether what was erased may still be found in the tables' files; the next opening tries to mend that."""
        return self.meta(_TO_BE_PURGED) is not None

    def close(self) -> None:
        """End the session, and with it the lock; closing twice does nothing."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        self._usable()
        try:
            with self._connection.cursor(binary=True) as cursor:
                return cursor.execute(query.encode(), values, prepare=True).fetchall()
        except psycopg.Error as fault:
            raise self._failure(fault) from fault

    def _by_number(self, query: str, first: int, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of a query whose first column is a number that increases, page by page."""
        while rows := self._all(query, (first, *values, _PAGE)):  # ends with the rows
            yield from rows
            first = rows[-1][0] + 1

    def _usable(self) -> None:
        if self._failed:
            raise JournalUnavailable(f"{self.name}: an earlier commit failed; open it again")

    def _failure(self, fault: psycopg.Error) -> JournalUnavailable:
        self._failed = True
        said = "another hub has taken it over" if fault.sqlstate == EPOCH_LOST else str(fault)
        return JournalUnavailable(f"{self.name}: {said}")


def glance_postgres(dsn: str, kind: str, key: str, schema: str = SCHEMA) -> bytes | None:
    """One record of a journal on a server, read beside the hub that may hold it open; None where there is no journal or no such record.

    Raises `WrongStore`, also for the journal of a later release, and `JournalUnavailable` when there is no server.
    """
    return _glance(dsn, schema, "SELECT record FROM record WHERE kind = %s AND key = %s", (kind, key))


def glance_meta_postgres(dsn: str, key: str, schema: str = SCHEMA) -> bytes | None:
    """What `PostgresJournal.meta` would say, read in the same way."""
    return _glance(dsn, schema, "SELECT value FROM meta WHERE key = %s", (key,))


def _glance(dsn: str, schema: str, query: str, values: tuple[str, ...]) -> bytes | None:
    try:
        with session(dsn, schema) as connection:
            version = schema_version(connection, schema)
            if version is None:
                return None
            if version > len(MIGRATIONS):
                raise WrongStore(f"schema {schema} is of version {version}: a later release wrote it; open it with that one")
            row = connection.execute(query.encode(), values).fetchone()
    except psycopg.Error as fault:
        raise JournalUnavailable(f"schema {schema}: {fault}") from fault
    return row[0] if row else None
