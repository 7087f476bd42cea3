"""A schema on a server is brought up whole or not at all, and one process writes it."""

from __future__ import annotations

import psycopg
import pytest

from fondaco.core import FENCE, PostgresStore, SchemaMigration, StoreTaken, UnfitStore, schema_version

SMALL = (
    SchemaMigration(1, "first", (*FENCE, "CREATE TABLE a (n integer)")),
    SchemaMigration(2, "more", ("CREATE TABLE b (n integer)", "INSERT INTO b SELECT n + 1 FROM a")),
    SchemaMigration(3, "less", ("DROP TABLE a", "UPDATE b SET n = n * 10")),
)


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, options="-c search_path=small") as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_schema_is_brought_up_in_order_and_once(postgres: str) -> None:
    with PostgresStore(postgres, "small", SMALL[:1]) as store:
        store.connection.execute("INSERT INTO a VALUES (4)")
    with PostgresStore(postgres, "small", SMALL) as store:
        assert schema_version(store.connection, "small") == 3 and schema_version(store.connection, "other") is None
        assert store.connection.execute("SELECT n FROM b").fetchall() == [(50,)]
    with PostgresStore(postgres, "small", SMALL) as store:
        assert store.connection.execute("SELECT n FROM b").fetchall() == [(50,)] and store.epoch == 3
    assert rows(postgres, "SELECT number, does FROM version ORDER BY number") == [(1, "first"), (2, "more"), (3, "less")]


def test_a_fault_in_a_step_leaves_the_version_before_it_whole(postgres: str) -> None:
    PostgresStore(postgres, "small", SMALL[:1]).close()
    wrong = (*SMALL[:2], SchemaMigration(3, "wrong", ("DROP TABLE b", "DROP TABLE nothing")))
    with pytest.raises(psycopg.errors.UndefinedTable):
        PostgresStore(postgres, "small", wrong)
    assert rows(postgres, "SELECT max(number) FROM version") == [(2,)] and rows(postgres, "SELECT * FROM b") == []
    PostgresStore(postgres, "small", SMALL).close()
    assert rows(postgres, "SELECT max(number) FROM version") == [(3,)]


def test_a_schema_of_a_later_release_or_of_somebody_else_is_refused_and_left_alone(postgres: str) -> None:
    PostgresStore(postgres, "small", SMALL).close()
    with pytest.raises(UnfitStore, match="of version 3, and this release of Fondaco knows 2"):
        PostgresStore(postgres, "small", SMALL[:2])
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA theirs; CREATE TABLE theirs.t (n integer)")
        with pytest.raises(UnfitStore, match="name another schema"):
            PostgresStore(postgres, "theirs", SMALL)
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'theirs'").fetchone() == (1,)


def test_one_writer_at_a_time_and_the_next_one_may_wait_for_it(postgres: str) -> None:
    first = PostgresStore(postgres, "small", SMALL)
    with pytest.raises(StoreTaken, match="another process has schema small"):
        PostgresStore(postgres, "small", SMALL, patience_s=0)
    other = PostgresStore(postgres, "other", SMALL)
    first.close()
    with PostgresStore(postgres, "small", SMALL, patience_s=30) as second:
        assert second.epoch == first.epoch + 1
    other.close()


def test_a_password_is_not_told(postgres: str) -> None:
    with PostgresStore(postgres + " password=hush", "small", SMALL) as store:
        assert "hush" not in store.name and "schema small" in store.name
