"""A journal on a disk that refuses: it is told as such, at the opening as in the midst of it, and nothing is lost."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from engines.faulty_disk import CHANGES, Disk, Does, Fault
from faults.machine import FaultyJournal
from fondaco.core import Instant
from fondaco.journal import GENESIS, Entry, Inputs, JournalFile, JournalUnavailable, Mail, Outcomes, link

# What apsw tells of refusals that it met while it let go.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def batch(number: int, previous: bytes) -> tuple[Inputs, Outcomes]:
    inputs = Inputs(number, number, 1, "", b"commands" * 600)
    one = link(number, Instant(number), previous, [Entry(f"payment {number}", "ADMITTED", "3.1")])
    return inputs, Outcomes(
        one, [(number, b"payment" * 700)], [("hub", "counters", b"x")], [Mail(number, "A", "pacs.002", "p", b"raw")]
    )


def fill(journal: JournalFile, batches: int) -> None:
    previous = GENESIS
    for number in range(1, batches + 1):
        inputs, outcomes = batch(number, previous)
        journal.commit(inputs=inputs)
        journal.commit(outcomes)
        previous = outcomes.link.hash


@pytest.mark.parametrize("does", [Does.EIO, Does.ENOSPC])
@pytest.mark.parametrize("on", [CHANGES, frozenset({"read"})], ids=["changes", "reads"])
def test_a_disk_that_refuses_at_the_opening_is_unavailable_and_not_another_store(
    tmp_path: Path, does: Does, on: frozenset[str]
) -> None:
    disk, at, refused = Disk(tmp_path / "hub"), 0, 0
    disk.folder.mkdir()
    with disk.installed():
        while True:  # ends with the first opening that has fewer calls
            at += 1
            disk.expect(Fault(does, at, on))
            with suppress(JournalUnavailable):
                FaultyJournal(disk).close()
            refused += disk.struck
            if not disk.struck:
                break
            disk.expect(None)
            with FaultyJournal(disk) as journal:
                assert journal.head() == (0, GENESIS)
            if on is CHANGES:  # a new one each time: an old one has little to change
                for path in disk.folder.glob("journal.sqlite*"):
                    disk.delete(str(path), folder=True, real=Path(str(path)).unlink)
    assert refused >= 3


def test_a_read_that_is_refused_stops_the_journal(tmp_path: Path) -> None:
    disk, refused = Disk(tmp_path / "hub"), 0
    disk.folder.mkdir()
    with disk.installed():
        with FaultyJournal(disk) as journal:
            fill(journal, 20)
        for at in range(1, 60):
            journal = FaultyJournal(disk)
            disk.expect(Fault(Does.EIO, at, frozenset({"read"})))
            try:
                assert len(list(journal.payments())) == len(list(journal.links())) == 20
            except JournalUnavailable:
                refused += 1
                with pytest.raises(JournalUnavailable):
                    journal.head()
                with pytest.raises(JournalUnavailable):
                    journal.commit(inputs=batch(21, GENESIS)[0])
            disk.expect(None)
            journal.close()
        with FaultyJournal(disk) as journal:
            assert journal.head()[0] == 20
    assert refused >= 10
