"""One schema of a PostgreSQL database that one process writes: opened under a lock, brought up, fenced by an epoch.

Two guards, since each has a hole. The advisory lock ends with its session, so a second writer is refused as long as the first one lives;
but a server that took over in a failover knows nothing of it. The epoch stands in a row: who opens the store counts it up, and every
commit of a writer touches that row under the condition that the epoch is still its own. Who was overtaken commits nothing more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple

try:
    import psycopg
    from psycopg import sql
    from psycopg.conninfo import conninfo_to_dict
except ImportError as fault:
    raise ImportError("stores on PostgreSQL need the extra `postgres` of fondaco, which brings the driver psycopg") from fault

from fondaco.core.migration import UnfitStore

# SQLSTATE of our own, which `hold_fence` raises: the epoch of a commit is not the store's any more.
EPOCH_LOST = "FD001"
# How long a server may stay silent before the session counts as lost; the system's own patience is a quarter of an hour and more.
_SILENCE_S = 30


class StoreTaken(Exception):
    """Another process has the store open."""


class SchemaMigration(NamedTuple):
    """From version `number` - 1 to `number` of a schema: statements of SQL, with the schema first in the search path."""

    number: int
    does: str
    steps: tuple[str, ...]


# The first steps of every schema: the row whose epoch says who may write, and the check that every commit makes.
FENCE = (
    "CREATE TABLE fence (single boolean PRIMARY KEY DEFAULT true CHECK (single), epoch bigint NOT NULL, commits bigint NOT NULL)",
    "INSERT INTO fence VALUES (true, 0, 0)",
    """
    CREATE FUNCTION hold_fence(mine bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE fence SET commits = commits + 1 WHERE epoch = mine;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another writer opened this store after epoch %', mine USING ERRCODE = 'FD001';
        END IF;
    END $$
    """,
)


class PostgresStore:
    """The writing session of one schema, in autocommit mode.

    `dsn` is libpq's: several hosts may stand in it, and a session is taken with the one that accepts writes. Raises `StoreTaken`
    when another process has the store open and does not end within `patience_s`; `UnfitStore` for a schema that is not ours,
    of a later release, or on a server that would lose what it acknowledged; `psycopg.Error` when there is no server.
    """

    def __init__(self, dsn: str, schema: str, migrations: Sequence[SchemaMigration], patience_s: int = 5) -> None:
        self.name = f"schema {schema} of {_described(dsn)}"
        self.connection = session(dsn, schema)
        try:
            _check_durable(self.connection, self.name)
            self._lock(schema, patience_s)
            bring_up_schema(self.connection, schema, migrations, self.name)
            taken = self.connection.execute("UPDATE fence SET epoch = epoch + 1 RETURNING epoch").fetchone()
            assert taken is not None, "the fence has one row"
            self.epoch: int = taken[0]
        except BaseException:
            self.connection.close()
            raise

    def _lock(self, schema: str, patience_s: int) -> None:
        # A writer that was killed holds its lock until its server process has ended what it was at.
        execute = self.connection.execute
        execute(sql.SQL("SET lock_timeout = {}").format(max(1, patience_s * 1000)))
        try:
            execute("SELECT pg_advisory_lock(%s)", (_lock_key(schema),))
        except psycopg.errors.LockNotAvailable as fault:
            raise StoreTaken(f"another process has {self.name} open") from fault
        execute("SET lock_timeout = 0")

    def close(self) -> None:
        """End the session, and with it the lock; closing twice does nothing."""
        self.connection.close()

    def __enter__(self) -> PostgresStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def session(dsn: str, schema: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A session in autocommit mode with `schema` first in its search path, on the one host that accepts writes."""
    wanted: dict[str, Any] = {
        "target_session_attrs": "read-write",
        "fallback_application_name": "fondaco",
        "connect_timeout": _SILENCE_S,
        "keepalives_idle": _SILENCE_S,
        "tcp_user_timeout": _SILENCE_S * 1000,
        **conninfo_to_dict(dsn),
    }
    connection = psycopg.connect(autocommit=True, **wanted)
    try:
        connection.execute(sql.SQL("SET search_path TO {}, pg_catalog").format(sql.Identifier(schema)))
        # Custom plans would be made anew for every commit, and cost more than they find.
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute("SET client_encoding = 'UTF8'")
        # Whatever the server's default: answered means flushed here and, where there are synchronous standbys, there.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'"
        )
    except BaseException:
        connection.close()
        raise
    return connection


def bring_up_schema(
    connection: psycopg.Connection[tuple[Any, ...]], schema: str, migrations: Sequence[SchemaMigration], name: str
) -> None:
    """Take every migration that the schema has not had, each whole or not at all; a schema that is not there gets them all at once.

    Nobody else may write. No copy is made: a server is backed up by its own means. Raises `UnfitStore`, which leaves everything as it was.
    """
    assert [one.number for one in migrations] == list(range(1, len(migrations) + 1)), (
        "migrations are numbered from 1 without gaps"
    )
    version = schema_version(connection, schema)
    if version is None:
        if connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s", (schema,)).fetchone():
            raise UnfitStore(f"{name} holds tables that are not Fondaco's; name another schema")
        with connection.transaction():
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
            connection.execute(
                "CREATE TABLE version (number integer PRIMARY KEY, does text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now())"
            )
            _take(connection, migrations)
        return
    if version > len(migrations):
        raise UnfitStore(
            f"{name} is of version {version}, and this release of Fondaco knows {len(migrations)}: a later release wrote it; "
            "open it with that one"
        )
    for one in migrations[version:]:
        with connection.transaction():
            _take(connection, [one])


def schema_version(connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> int | None:
    """The version of a schema of ours; None when there is none."""
    place = sql.Identifier(schema, "version")
    if connection.execute("SELECT to_regclass(%s)", (place.as_string(connection),)).fetchone() == (None,):
        return None
    found = connection.execute(sql.SQL("SELECT coalesce(max(number), 0) FROM {}").format(place)).fetchone()
    return found[0] if found else 0


def _take(connection: psycopg.Connection[tuple[Any, ...]], migrations: Sequence[SchemaMigration]) -> None:
    for one in migrations:
        for step in one.steps:
            connection.execute(step.encode())
        connection.execute("INSERT INTO version (number, does) VALUES (%s, %s)", (one.number, one.does))


def _check_durable(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> None:
    for setting, wanted, why in (
        ("fsync", "on", "what it acknowledges may be lost"),
        ("full_page_writes", "on", "a page that was half written cannot be mended"),
        ("server_encoding", "UTF8", "not every name can be written"),
    ):
        found = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
        if found is not None and found[0] != wanted:
            raise UnfitStore(f"{name}: the server runs with {setting} {found[0]}, so that {why}; set it to {wanted}")


def _lock_key(schema: str) -> int:
    """Advisory locks are numbers of one database: ours are drawn from a name that nobody else takes by chance."""
    digest = hashlib.sha256(f"fondaco writer of {schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _described(dsn: str) -> str:
    """Where a store is, without the password."""
    parts = conninfo_to_dict(dsn)
    if "service" in parts:
        return f"service {parts['service']}"
    return f"database {parts.get('dbname', 'by default')} on {parts.get('host', 'the local server')}"
