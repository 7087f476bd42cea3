"""The embedded engine and its disk: what was answered is there, and what was damaged is found."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from books import PENDING, POST, t
from fondaco.ledger import AMOUNT_MAX, Account, BooksLocked, BrokenBooks, EngineUnavailable, SqliteEngine, Status, prove


def filled(folder: Path, batches: int = 30) -> SqliteEngine:
    engine = SqliteEngine(folder)
    engine.create_accounts([Account(n, 7, 1) for n in range(1, 6)], 1)
    source = random.Random(1)
    for batch in range(batches):
        events = []
        for n in range(20):
            key = (batch * 20 + n + 1) << 64 | 1
            debit, credit = source.sample(range(1, 6), 2)
            events.append(t(key, debit, credit, source.randrange(100), PENDING if n % 4 == 0 else 0))
        engine.create_transfers(events, 1_000 * (batch + 1))
    return engine


def test_what_was_answered_is_there_after_reopening_with_and_without_the_snapshot(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    before = list(engine.accounts())
    engine.close()
    with_snapshot = SqliteEngine(tmp_path)
    assert list(with_snapshot.accounts()) == before
    key = 1 << 64 | 1
    assert with_snapshot.create_transfers([t(2**100, amount=AMOUNT_MAX, flags=POST, pending=key)], 10**9) == [0]
    after = list(with_snapshot.accounts())
    with_snapshot.close()
    (tmp_path / "snapshot" / "current").write_bytes(b"broken")
    replayed = SqliteEngine(tmp_path)
    assert list(replayed.accounts()) == after and prove(replayed).faults == ()
    replayed.close()


@pytest.mark.parametrize("column", ["events", "digest"])
def test_a_flipped_byte_in_the_log_is_refused_with_its_place(tmp_path: Path, column: str) -> None:
    filled(tmp_path).close()
    shutil.rmtree(tmp_path / "snapshot")
    database = sqlite3.connect(tmp_path / "books.sqlite")
    (raw,) = database.execute(f"SELECT {column} FROM log WHERE seq=7").fetchone()
    database.execute(f"UPDATE log SET {column}=? WHERE seq=7", (bytes([raw[0] ^ 1]) + raw[1:],))
    database.commit()
    database.close()
    with pytest.raises(BrokenBooks, match="row 7 "):
        SqliteEngine(tmp_path)


def test_a_file_cut_at_any_page_is_damaged_and_not_only_out_of_reach(tmp_path: Path) -> None:
    """Pages of a long row that are gone are a short read to SQLite, not a malformed file."""
    engine = filled(tmp_path / "whole", 3)
    for batch in range(12):
        engine.create_transfers([t((batch + 1) << 80 | n, amount=1) for n in range(1, 600)], 10**6 + batch)
    engine.close()
    engine = SqliteEngine(tmp_path / "whole")
    engine.create_transfers([t(1 << 120, amount=1)], 10**7)
    shutil.copytree(tmp_path / "whole", tmp_path / "left")
    engine.close()
    shutil.rmtree(tmp_path / "left" / "snapshot")
    pages = (tmp_path / "left" / "books.sqlite").stat().st_size // 16384
    for kept in range(pages - 8, pages - 1):  # the last one stands in the write-ahead log too
        shutil.copytree(tmp_path / "left", tmp_path / f"{kept}")
        os.truncate(tmp_path / f"{kept}" / "books.sqlite", kept * 16384)
        with pytest.raises(BrokenBooks):
            SqliteEngine(tmp_path / f"{kept}")


def test_a_flipped_bit_of_the_files_head_is_damage_or_changes_nothing(tmp_path: Path) -> None:
    """The head of the file and of its table of tables: SQLite's words for what it meets there are many."""
    engine = filled(tmp_path, 2)
    before = list(engine.accounts())
    engine.close()
    shutil.rmtree(tmp_path / "snapshot")
    file = tmp_path / "books.sqlite"
    whole = file.read_bytes()
    refused = 0
    for at in range(116):
        for bit in (0, 3, 7):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            try:
                opened = SqliteEngine(tmp_path)
            except BrokenBooks:
                refused += 1
                continue
            assert list(opened.accounts()) == before, (at, bit)
            opened.close()
            for left in tmp_path.glob("books.sqlite-*"):
                left.unlink()
            shutil.rmtree(tmp_path / "snapshot", ignore_errors=True)
    assert refused > 100


def test_a_row_that_is_missing_is_noticed(tmp_path: Path) -> None:
    filled(tmp_path).close()
    shutil.rmtree(tmp_path / "snapshot")
    database = sqlite3.connect(tmp_path / "books.sqlite")
    database.execute("DELETE FROM log WHERE seq=9")
    database.commit()
    database.close()
    with pytest.raises(BrokenBooks, match="row 9 "):
        SqliteEngine(tmp_path)


def test_two_writers_and_foreign_files_are_refused(tmp_path: Path) -> None:
    engine = filled(tmp_path, 1)
    with pytest.raises(BooksLocked):
        SqliteEngine(tmp_path)
    engine.close()
    database = sqlite3.connect(tmp_path / "books.sqlite")
    database.execute("PRAGMA user_version=9")
    database.close()
    with pytest.raises(BrokenBooks, match="version 9"):
        SqliteEngine(tmp_path)


def test_a_full_disk_stops_the_engine_and_keeps_what_was_answered(tmp_path: Path) -> None:
    engine = filled(tmp_path, 5)
    before = list(engine.accounts())
    pages = engine._connection.execute("PRAGMA page_count").fetchone()[0]
    engine._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(EngineUnavailable):
        engine.create_transfers([t(2**90 + n) for n in range(5_000)], 10**9)
    with pytest.raises(EngineUnavailable, match="open the books again"):
        engine.create_transfers([t(2**91)], 10**9)
    engine.close()
    again = SqliteEngine(tmp_path)
    assert list(again.accounts()) == before
    again.close()


def test_an_id_that_comes_twice_in_one_message_is_read_back_after_a_kill(tmp_path: Path) -> None:
    engine = filled(tmp_path / "books", 1)
    assert engine.create_transfers([t(2**80), t(2**80), t(2**80, amount=11)], 10**9) == [0, 46, 39]
    shutil.copytree(tmp_path / "books", tmp_path / "killed")
    engine.close()
    again = SqliteEngine(tmp_path / "killed")
    assert prove(again).faults == ()
    again.close()


def test_what_is_done_together_is_durable_at_its_end_and_not_before(tmp_path: Path) -> None:
    engine = filled(tmp_path / "books", 2)
    before = list(engine.accounts())
    with engine.together():
        assert engine.create_transfers([t(1 << 100, amount=5)], 10**6) == [0]
        assert engine.create_accounts([Account(9, 7, 1)], 10**6) == [0]
        assert engine.create_transfers([t(1 << 100, amount=5)], 10**6) == [int(Status.EXISTS)]
        shutil.copytree(tmp_path / "books", tmp_path / "killed")
        assert engine.balance(9) is not None
    after = list(engine.accounts())
    shutil.copytree(tmp_path / "books", tmp_path / "kept")
    engine.close()
    for name, told in (("killed", before), ("kept", after)):
        opened = SqliteEngine(tmp_path / name)
        assert list(opened.accounts()) == told
        opened.close()


def test_what_was_done_before_an_exception_is_kept_as_each_deed_by_itself_is(tmp_path: Path) -> None:
    engine = filled(tmp_path, 2)
    with pytest.raises(KeyError), engine.together():
        engine.create_transfers([t(1 << 100, amount=5)], 10**6)
        raise KeyError
    after = list(engine.accounts())
    assert engine.create_transfers([t(1 << 101, amount=5)], 10**7) == [0]
    engine.close()
    opened = SqliteEngine(tmp_path)
    assert list(opened.accounts()) != after and opened.create_transfers([t(1 << 100, amount=5)], 10**8) == [int(Status.EXISTS)]
    opened.close()


def test_the_name_of_a_new_folder_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    SqliteEngine(tmp_path / "hub" / "books").close()
    assert {str(tmp_path), str(tmp_path / "hub")} <= set(synced)
