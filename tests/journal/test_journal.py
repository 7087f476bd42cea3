from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from fondaco.core import Instant
from fondaco.journal import (
    GENESIS,
    BrokenChain,
    Entry,
    Inputs,
    JournalFile,
    JournalLocked,
    JournalUnavailable,
    Link,
    Mail,
    Outcomes,
    WrongStore,
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


def test_what_was_committed_is_read_again_after_reopening(tmp_path: Path) -> None:
    links = chain(3)
    with JournalFile(tmp_path) as journal:
        for one in links:
            journal.commit(inputs=Inputs(one.number, one.instant, one.number, "set", b"commands"))
            journal.commit(outcomes=outcomes(one))
    with JournalFile(tmp_path) as journal:
        assert verify(journal.links()) == 3
        assert journal.head() == (3, links[-1].hash)
        assert dict(journal.payments(first=2)) == {2: b"p2", 3: b"p3"}
        assert [mail.seq for mail in journal.mail(after=1)] == [2, 3]
        assert list(journal.records("cycle")) == [("1", b"c"), ("2", b"c"), ("3", b"c")]
        last = journal.last_inputs()
        assert last is not None and last.batch == 3


def test_two_hubs_cannot_open_one_journal(tmp_path: Path) -> None:
    with JournalFile(tmp_path):
        with pytest.raises(JournalLocked):
            JournalFile(tmp_path)
        other = subprocess.run(
            [
                sys.executable,
                "-c",
                f"from pathlib import Path; from fondaco.journal import JournalFile; JournalFile(Path({str(tmp_path)!r}))",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert other.returncode != 0 and "JournalLocked" in other.stderr
    JournalFile(tmp_path).close()


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
