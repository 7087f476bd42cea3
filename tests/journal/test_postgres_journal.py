"""What is PostgreSQL's own about the journal."""

from __future__ import annotations

import psycopg
import pytest

from fondaco.core import Instant
from fondaco.journal import (
    GENESIS,
    Entry,
    Erasure,
    Inputs,
    JournalUnavailable,
    Mail,
    Outcomes,
    PostgresJournal,
    WrongStore,
    glance_postgres,
    link,
)

FIRST = link(1, Instant(10), GENESIS, [Entry("payment 1", "ADMITTED", "3.1")])
KEPT = Outcomes(FIRST, [(1, b"p")], [("cycle", "1", b"c")], [Mail(1, "ALFA", "pacs.002", "payment 1", b"<x/>")])


def test_a_journal_that_was_overtaken_keeps_nothing_more(postgres: str) -> None:
    journal = PostgresJournal(postgres)
    journal.commit(inputs=Inputs(1, 10, 1, "set", b"commands"))
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("UPDATE fondaco_journal.fence SET epoch = epoch + 1")
    with pytest.raises(JournalUnavailable, match="another hub has taken it over"):
        journal.commit(KEPT)
    for refused in (lambda: journal.set_meta("k", b"v"), journal.head, lambda: list(journal.mail())):
        with pytest.raises(JournalUnavailable, match="open it again"):
            refused()
    journal.close()
    with PostgresJournal(postgres) as journal:
        assert journal.head() == (0, GENESIS) and journal.payment(1) is None


def test_a_session_that_ends_stops_the_journal_and_what_was_committed_stays(postgres: str) -> None:
    journal = PostgresJournal(postgres)
    journal.commit(KEPT)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    second = link(2, Instant(20), FIRST.hash, [])
    with pytest.raises(JournalUnavailable):
        journal.commit(Outcomes(second, [], [], []))
    with pytest.raises(JournalUnavailable, match="open it again"):
        journal.head()
    journal.close()
    with PostgresJournal(postgres) as journal:
        assert journal.head() == (1, FIRST.hash)
        journal.commit(Outcomes(second, [], [], []))


def test_a_schema_of_a_later_release_is_refused_also_beside_the_hub(postgres: str) -> None:
    PostgresJournal(postgres).close()
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("INSERT INTO fondaco_journal.version (number, does) VALUES (99, 'what is to come')")
    with pytest.raises(WrongStore, match="99"):
        PostgresJournal(postgres)
    with pytest.raises(WrongStore, match="99"):
        glance_postgres(postgres, "hub", "counters")
    with pytest.raises(JournalUnavailable):
        PostgresJournal("host=/nonexistent dbname=none")


def test_an_erasure_that_could_not_rewrite_is_mended_at_the_next_opening(postgres: str) -> None:
    journal = PostgresJournal(postgres)
    journal.commit(KEPT, Inputs(2, 20, 2, "set", b"commands", b"salt"))
    second = link(2, Instant(20), FIRST.hash, [])
    with psycopg.connect(postgres) as reader:
        reader.execute("SELECT count(*) FROM fondaco_journal.mail")
        journal.commit(Outcomes(second, [], [], [], Erasure([1, 2], "2026")))
        assert journal.erased_bytes_are_left() and journal.inputs_erased(2), "gone for every question, not yet from the files"
    assert list(journal.mail()) == [] and [one.raw for one in journal.mail_of(1)] == [b""]
    journal.close()
    with PostgresJournal(postgres) as journal:
        assert not journal.erased_bytes_are_left() and journal.inputs_erased(2)
        assert journal.payment(1) == b"p" and journal.head() == (2, second.hash)
