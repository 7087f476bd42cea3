"""What a process that died left in a write-ahead log is written and synced again before it is believed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.core import write_again
from fondaco.journal import JournalFile, JournalUnavailable
from fondaco.ledger import Account, SqliteEngine


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were synced."""
    names: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        names.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return names


def test_a_log_is_the_same_after_it_was_written_again_and_nothing_is_made_where_there_is_none(
    tmp_path: Path, synced: list[str]
) -> None:
    log = tmp_path / "x-wal"
    write_again(log)
    assert not log.exists() and synced == []
    log.write_bytes(bytes(range(256)) * 40)
    write_again(log)
    assert log.read_bytes() == bytes(range(256)) * 40 and synced == ["x-wal"]


def opened_journal(folder: Path) -> JournalFile:
    made = JournalFile(folder)
    made.set_meta("what", b"is kept")
    return made


def opened_books(folder: Path) -> SqliteEngine:
    made = SqliteEngine(folder)
    made.create_accounts([Account(1, 7, 1)], 1)
    return made


@pytest.mark.parametrize("opened", [opened_journal, opened_books])
def test_both_stores_do_so_when_they_are_opened_after_a_kill(
    tmp_path: Path, synced: list[str], opened: Callable[[Path], JournalFile | SqliteEngine]
) -> None:
    running = opened(tmp_path / "running")
    shutil.copytree(tmp_path / "running", tmp_path / "killed")  # as a kill leaves it: with its write-ahead log
    running.close()
    (log,) = (tmp_path / "killed").glob("*-wal")
    assert log.stat().st_size
    synced.clear()
    opened(tmp_path / "killed").close()
    assert log.name in synced


def test_a_disk_that_refuses_it_keeps_the_journal_shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = opened_journal(tmp_path / "running")
    shutil.copytree(tmp_path / "running", tmp_path / "killed")
    running.close()

    def refuse(_: int) -> None:
        raise OSError(5, "input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(JournalUnavailable, match="input/output"):
            JournalFile(tmp_path / "killed")
    again = JournalFile(tmp_path / "killed")
    assert again.meta("what") == b"is kept"
    again.close()
