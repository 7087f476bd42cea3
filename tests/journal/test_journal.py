from __future__ import annotations

import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.core import Instant
from fondaco.journal import (
    GENESIS,
    BrokenChain,
    Entry,
    Inputs,
    Journal,
    JournalFile,
    JournalLocked,
    JournalUnavailable,
    Link,
    Mail,
    Outcomes,
    PostgresJournal,
    WrongStore,
    glance,
    glance_meta,
    glance_meta_postgres,
    glance_postgres,
    link,
    verify,
)


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    previous = GENESIS
    for number in range(1, length + 1):
        links.append(link(number, Instant(number * 10), previous, [Entry(f"payment {number}", "ADMITTED", "3.1")]))
        previous = links[-1].hash
    return links


def outcomes(one: Link) -> Outcomes:
    n = one.number
    return Outcomes(one, [(n, b"p%d" % n)], [("cycle", str(n), b"c")], [Mail(n, "ALFA", "pacs.002", f"payment {n}", b"<x/>")])


def test_a_chain_that_nobody_touched_verifies() -> None:
    assert verify(iter(chain(20))) == 20


@pytest.mark.parametrize("field", ["number", "instant", "previous", "hash", "encoded"])
def test_a_change_of_any_field_of_any_link_breaks_the_chain(field: str) -> None:
    links = chain(3)
    values = {name: getattr(links[1], name) for name in Link.__struct_fields__}
    values[field] = values[field] + 1 if isinstance(values[field], int) else b"\x93" + values[field][1:] + b"\x00"
    links[1] = Link(**values)
    with pytest.raises(BrokenChain, match=r"batch \d"):
        verify(iter(links))


def test_a_link_left_out_breaks_the_chain() -> None:
    links = chain(4)
    with pytest.raises(BrokenChain):
        verify(iter(links[:1] + links[2:]))


class Place(NamedTuple):
    """One store of a journal: how to open it, as code too, and how to read it beside whoever has it open."""

    opened: Callable[[], Journal]
    code: str
    record: Callable[[str, str], bytes | None]
    meta: Callable[[str], bytes | None]


@pytest.fixture(params=["a file", "a server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "a file":
        code = f"from pathlib import Path; from fondaco.journal import JournalFile; JournalFile(Path({str(tmp_path)!r}))"
        return Place(lambda: JournalFile(tmp_path), code, partial(glance, tmp_path), partial(glance_meta, tmp_path))
    dsn = request.getfixturevalue("postgres")
    code = f"from fondaco.journal import PostgresJournal; PostgresJournal({dsn!r}, patience_s=0)"
    return Place(
        lambda: PostgresJournal(dsn, patience_s=0), code, partial(glance_postgres, dsn), partial(glance_meta_postgres, dsn)
    )


def test_what_was_committed_is_read_again_after_reopening(place: Place) -> None:
    links = chain(3)
    with place.opened() as journal:
        for one in links:
            journal.commit(inputs=Inputs(one.number, one.instant, one.number, "set", b"commands"))
            journal.commit(outcomes=outcomes(one))
    with place.opened() as journal:
        assert verify(journal.links()) == 3
        assert journal.head() == (3, links[-1].hash)
        assert dict(journal.payments(first=2)) == {2: b"p2", 3: b"p3"}
        assert list(journal.payments_before(3)) == [(2, b"p2"), (1, b"p1")] and list(journal.payments_before(1)) == []
        assert [mail.seq for mail in journal.mail(after=1)] == [2, 3]
        assert [mail.seq for mail in journal.mail(limit=2)] == [1, 2]
        assert list(journal.mail_of(2)) == list(journal.mail_by_seq([2, 99])) == list(outcomes(links[1]).mail)
        assert list(journal.batches_of_mail([3, 99, 1])) == [3, 1] and journal.last_mail() == 3
        assert list(journal.batches(30)) == [(1, 10, True), (2, 20, True)]
        assert list(journal.records("cycle")) == [("1", b"c"), ("2", b"c"), ("3", b"c")]
        assert journal.record("cycle", "2") == b"c" and journal.record("cycle", "4") is None
        assert journal.payment(2) == b"p2" and journal.payment(4) is None
        last = journal.last_inputs()
        assert last is not None and last.batch == 3 and journal.inputs_of(3) == last
        assert journal.inputs_of(4) is None and not journal.inputs_erased(3) and not journal.inputs_erased(4)


def test_an_empty_journal_has_the_head_before_the_first(place: Place) -> None:
    assert place.record("hub", "counters") is None and place.meta("rulebook") is None
    with place.opened() as journal:
        assert journal.head() == (0, GENESIS) and journal.last_inputs() is None and journal.last_mail() == 0
        assert list(journal.links()) == list(journal.payments()) == list(journal.mail()) == []
        journal.set_meta("rulebook", b"one")
        journal.set_meta("rulebook", b"two")
        assert place.meta("rulebook") == journal.meta("rulebook") == b"two", "also beside the hub that has it open"
        assert place.record("hub", "counters") is None
        journal.commit(Outcomes(chain(1)[0], [], [("hub", "counters", b"c")], []))
        assert place.record("hub", "counters") == b"c"


def test_both_halves_of_a_commit_are_kept_or_neither(place: Place) -> None:
    first, second = chain(2)
    with place.opened() as journal:
        journal.commit(inputs=Inputs(1, 10, 1, "set", b"commands"))
        journal.commit(outcomes(first), Inputs(2, 20, 2, "set", b"commands"))
        with pytest.raises(JournalUnavailable):
            journal.commit(outcomes(second), Inputs(2, 20, 2, "set", b"the same batch again"))
        with pytest.raises(JournalUnavailable, match="open it again"):
            journal.commit(outcomes(second))
    with place.opened() as journal:
        assert journal.head() == (1, first.hash) and journal.payment(2) is None and journal.last_mail() == 1


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(1, 9), st.binary(max_size=9)), max_size=5),
            st.lists(
                st.tuples(
                    st.sampled_from(["a", "b"]),
                    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3),
                    st.binary(max_size=9),
                ),
                max_size=5,
            ),
            st.lists(st.binary(min_size=1, max_size=9), max_size=3),
        ),
        max_size=6,
    )
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_and_a_server_keep_the_same(
    tmp_path_factory: pytest.TempPathFactory, postgres: str, batches: list[tuple[Any, ...]]
) -> None:
    schema = f"s{secrets.token_hex(6)}"
    with JournalFile(tmp_path_factory.mktemp("same")) as file, PostgresJournal(postgres, schema) as server:
        previous, seq = GENESIS, 0
        for number, (payments, records, raws) in enumerate(batches, start=1):
            one = link(number, Instant(number), previous, [])
            previous = one.hash
            mail = [Mail(seq + n, "ALFA", "pacs.002", "", raw) for n, raw in enumerate(raws, start=1)]
            seq += len(raws)
            for journal in (file, server):
                journal.commit(Outcomes(one, payments, records, mail), Inputs(number, number, number, "set", b"commands"))
        for read in (
            lambda j: list(j.payments()),
            lambda j: [*j.records("a"), *j.records("b")],
            lambda j: list(j.mail()),
            lambda j: list(j.links()),
            lambda j: list(j.batches(99)),
        ):
            assert read(file) == read(server)


def test_two_hubs_cannot_open_one_journal(place: Place) -> None:
    with place.opened():
        with pytest.raises(JournalLocked):
            place.opened()
        other = subprocess.run([sys.executable, "-c", place.code], capture_output=True, text=True, check=False)
        assert other.returncode != 0 and "JournalLocked" in other.stderr
    place.opened().close()


def test_a_full_disk_stops_the_journal_and_keeps_what_was_committed(tmp_path: Path) -> None:
    links = chain(2)
    with JournalFile(tmp_path) as journal:
        journal.commit(outcomes=outcomes(links[0]))
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count={pages}")
        big = Outcomes(links[1], [(2, bytes(1 << 20))], [], [])
        with pytest.raises(JournalUnavailable, match="full"):
            journal.commit(outcomes=big)
        with pytest.raises(JournalUnavailable, match="open it again"):
            journal.commit(outcomes=outcomes(links[1]))
    with JournalFile(tmp_path) as journal:
        assert journal.head() == (1, links[0].hash)
        assert journal.payment(2) is None


def test_the_write_ahead_log_begins_anew_under_load_without_a_pause(tmp_path: Path) -> None:
    """A checkpoint beside a writer that never rests reaches the log's end only with its help: without it the log grows for ever."""
    with JournalFile(tmp_path) as journal:
        grown = 0
        for number in range(1, 2_001):
            journal.commit(inputs=Inputs(number, number, number, "set", bytes([number % 251]) * 100_000))
            grown = max(grown, (tmp_path / "journal.sqlite-wal").stat().st_size)
        assert grown < 120_000_000, f"{grown} bytes of 200 million that were written"


def test_a_file_of_another_schema_or_no_database_at_all_is_refused(tmp_path: Path) -> None:
    JournalFile(tmp_path / "a").close()
    database = sqlite3.connect(tmp_path / "a" / "journal.sqlite")
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(WrongStore, match="99"):
        JournalFile(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "journal.sqlite").write_bytes(b"this is no database, it is a text about one" * 100)
    with pytest.raises(WrongStore):
        JournalFile(tmp_path / "b")
