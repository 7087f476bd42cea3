"""Bytes are flipped everywhere: whatever was lost is found and told, nothing is changed, and what holds is saved."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.core import Instant
from fondaco.hub import NotReady, close_hub, doctor, examine, open_hub, restore_backup, save_what_holds, take_backup
from fondaco.journal import JournalFile, Seen
from fondaco.ledger import (
    Account,
    BrokenBooks,
    LogFound,
    LogReader,
    SqliteEngine,
    Transfer,
    UnreadableLog,
    prove,
    read_wal,
    transfer_id,
    walk_log,
)
from kept import NOW, busy, fingerprint_of
from union import Desk

SLOW = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed hub that nobody changes."""
    folder = tmp_path_factory.mktemp("sound") / "hub"
    busy(Desk(folder)).close()
    return folder


def altered(path: Path, place: int, bit: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= bit
    path.write_bytes(content)


def row_place(folder: Path, seq: int) -> int:
    """Where in the file the records of a row of the log stand."""
    path = folder / "books" / "books.sqlite"
    with LogReader(path) as reader:
        row = next(one for one in reader.rows() if one.seq == seq)
    return path.read_bytes().index(row.events)


def test_a_sound_hub_is_found_sound_and_left_as_it_is(sound: Path, tmp_path: Path) -> None:
    before = tree(sound)
    (tmp_path / "scratch").mkdir()
    found = examine(sound, tmp_path / "scratch")
    assert found.faults == () and found.advice == ("nothing to do",) and found.notes == ()
    assert found.books is not None and found.books.rows == found.books.last_row == found.snapshot_row
    assert found.journal is not None and found.journal.holds == found.journal.batches
    assert tree(sound) == before


def test_a_flipped_byte_in_the_log_is_placed_and_the_journal_covers_it(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    altered(tmp_path / "hub" / "books" / "books.sqlite", row_place(sound, 9) + 40)
    before = tree(tmp_path / "hub")
    found = examine(tmp_path / "hub", _scratch(tmp_path))
    assert found.books is not None and (found.books.rows, found.books.damage[0].first, found.books.damage[0].last) == (8, 9, 9)
    assert found.books.beyond == found.books.last_row - 9, "the rows after it hold"
    assert found.books.damage[0].after_intent < found.books.damage[0].before_intent
    assert any("the snapshot says every balance" in one for one in found.advice)
    assert any("--save-to" in one for one in found.advice)
    save_what_holds(tmp_path / "hub", tmp_path / "scratch", found, tmp_path / "saved", "test", NOW)
    assert tree(tmp_path / "hub") == before, "examined and saved, and not touched"
    made = restore_backup(tmp_path / "saved", tmp_path / "again")
    assert made.proof.faults == [] and fingerprint_of(tmp_path / "again") == fingerprint_of(sound)


def _scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_a_damaged_journal_is_saved_up_to_its_damage(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    path = tmp_path / "hub" / "journal.sqlite"
    with JournalFile(sound) as journal:
        number, _ = journal.head()
        last = next(journal.links(number - 2))
    altered(path, path.read_bytes().index(last.hash + last.encoded[:8]) + 3)
    found = examine(tmp_path / "hub", _scratch(tmp_path))
    assert found.journal is not None and (found.journal.batches, found.journal.holds) == (number, number - 3)
    assert any(f"what batches {number - 2} to {number} decided is lost" in one for one in found.advice)
    save_what_holds(tmp_path / "hub", tmp_path / "scratch", found, tmp_path / "saved", "test", NOW)
    assert restore_backup(tmp_path / "saved", tmp_path / "again").batch == number - 3


def test_altered_inputs_are_found_at_their_batch(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    with closing(sqlite3.connect(tmp_path / "hub" / "journal.sqlite")) as connection, connection:
        connection.execute("UPDATE inputs SET instant=instant+1 WHERE batch=7")
    found = examine(tmp_path / "hub", _scratch(tmp_path))
    assert found.journal is not None and found.journal.holds == 6
    assert any("batch 7" in fault for fault in found.faults)


def test_a_backup_that_covers_what_is_lost_is_named(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    take_backup(sound, tmp_path / "backup", "test", NOW)
    path = tmp_path / "hub" / "journal.sqlite"
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    found = examine(tmp_path / "hub", _scratch(tmp_path), tmp_path / "backup")
    assert found.journal is None and any("Restore the backup" in one for one in found.advice)
    with pytest.raises(NotReady, match="restore a backup"):
        save_what_holds(tmp_path / "hub", tmp_path / "scratch", found, tmp_path / "saved", "test", NOW)
    altered(tmp_path / "backup" / "hub" / "union" / "union.toml", 5)
    shutil.rmtree(tmp_path / "scratch")
    told = examine(tmp_path / "hub", _scratch(tmp_path), tmp_path / "backup").advice
    assert any("of no use" in one and "union.toml is damaged" in one for one in told)


def test_a_damaged_sealed_file_is_removed_and_made_again(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    seen = Seen(tmp_path / "hub" / "seen" / "uetr", recent_max=1)
    seen.add(b"\1" * 16, 1)
    seen.seal(1)
    (segment,) = (tmp_path / "hub" / "seen" / "uetr").glob("*.segment")
    altered(segment, 40)
    found = examine(tmp_path / "hub", _scratch(tmp_path))
    assert len(found.faults) == 1 and segment.name in found.faults[0] and "remove" in found.advice[0]
    segment.unlink()
    close_hub(open_hub(tmp_path / "hub"))


def test_a_running_hub_is_not_examined(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    desk = Desk(tmp_path / "hub", fresh=False)
    with pytest.raises(NotReady, match="is running"):
        examine(tmp_path / "hub", tmp_path)
    desk.close()
    with pytest.raises(NotReady, match="neither"):
        examine(tmp_path / "none", tmp_path)


def test_books_that_end_before_the_journal_are_found_though_every_row_holds(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    shutil.rmtree(tmp_path / "hub" / "books" / "snapshot")
    with closing(sqlite3.connect(tmp_path / "hub" / "books" / "books.sqlite")) as connection, connection:
        connection.execute("DELETE FROM log WHERE seq > (SELECT max(seq) - 2 FROM log)")
    found = examine(tmp_path / "hub", _scratch(tmp_path))
    assert found.books is not None and found.books.damage == () and found.faults != ()


# Every byte


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LogFound]:
    """Books of sixty rows in a closed file, and what their log holds."""
    folder = tmp_path_factory.mktemp("books")
    _fill(SqliteEngine(folder)).close()
    with LogReader(folder / "books.sqlite") as reader:
        return folder, walk_log(reader)


def _fill(engine: SqliteEngine) -> SqliteEngine:
    engine.create_accounts([Account(1, 7, 1), Account(2, 7, 1)], 1)
    for intent in range(1, 60):
        engine.create_transfers([Transfer(transfer_id(intent, leg), 1, 2, leg, 7, 1) for leg in (1, 2)], intent * 100)
    return engine


@SLOW
@given(data=st.data())
def test_a_flipped_bit_of_the_log_is_found_or_was_of_no_row(
    books: tuple[Path, LogFound], tmp_path: Path, data: st.DataObject
) -> None:
    folder, whole = books
    target = tmp_path / "books"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("snapshot"))
    path = target / "books.sqlite"
    altered(path, data.draw(st.integers(0, path.stat().st_size - 1)), 1 << data.draw(st.integers(0, 7)))
    try:
        with LogReader(path) as reader:
            found = walk_log(reader)
    except UnreadableLog:
        found = None
    try:
        engine = SqliteEngine(target)
    except BrokenBooks:
        assert found is None or found.damage or found == whole
        return
    # It opens: then the books are those of before, or of the rows that the walk says hold.
    rows = found.rows if found is not None else -1
    assert found == whole or (found is not None and found.damage == () and rows < whole.rows)
    assert prove(engine).faults == ()
    engine.close()


@SLOW
@given(data=st.data())
def test_a_flipped_bit_of_the_write_ahead_log_is_found_or_loses_nothing(
    unfolded: tuple[Path, LogFound], tmp_path: Path, data: st.DataObject
) -> None:
    folder, whole = unfolded
    target = tmp_path / "books"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    wal = target / "books.sqlite-wal"
    altered(wal, data.draw(st.integers(0, wal.stat().st_size - 1)), 1 << data.draw(st.integers(0, 7)))
    torn = read_wal(target / "books.sqlite")
    try:
        with LogReader(target / "books.sqlite") as reader:
            found = walk_log(reader)
    except UnreadableLog:
        assert torn.torn
        return
    if found != whole:
        assert found.damage == () and found.rows < whole.rows, "what is left are the first rows"
        assert torn.torn or torn.frames == WHOLE_FRAMES - 1, "of the last frame its mark of this writing may be what was hit"


WHOLE_FRAMES = 0


@pytest.fixture(scope="module")
def unfolded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, LogFound]]:
    """Books as a killed engine leaves them: everything stands in the write-ahead log."""
    global WHOLE_FRAMES
    home = tmp_path_factory.mktemp("unfolded")
    engine = _fill(SqliteEngine(home / "running"))
    (home / "killed").mkdir()
    for name in ("books.sqlite", "books.sqlite-wal"):
        shutil.copyfile(home / "running" / name, home / "killed" / name)
    engine.close()
    found = read_wal(home / "killed" / "books.sqlite")
    assert found.frames > 60 and found.torn == 0
    WHOLE_FRAMES = found.frames
    shutil.copytree(home / "killed", home / "walked")
    with LogReader(home / "walked" / "books.sqlite") as reader:
        yield home / "killed", walk_log(reader)


@SLOW
@given(data=st.data())
def test_a_flipped_bit_of_the_snapshot_costs_nothing(books: tuple[Path, LogFound], tmp_path: Path, data: st.DataObject) -> None:
    folder, whole = books
    target = tmp_path / "books"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    files = sorted(path for path in (target / "snapshot").iterdir() if path.stat().st_size)
    path = data.draw(st.sampled_from(files))
    altered(path, data.draw(st.integers(0, path.stat().st_size - 1)), 1 << data.draw(st.integers(0, 7)))
    engine = SqliteEngine(target)
    balance = engine.balance(2)
    assert balance is not None and balance.credits_posted == 59 * 3 and prove(engine).transfers == whole.events
    engine.close()


@SLOW
@given(data=st.data())
def test_a_flipped_bit_of_the_journal_is_found_where_the_chain_commits_to_it(
    sound: Path, tmp_path: Path, data: st.DataObject
) -> None:
    target = tmp_path / "hub"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    path = target / "journal.sqlite"
    shutil.copyfile(sound / "journal.sqlite", path)
    altered(path, data.draw(st.integers(0, path.stat().st_size - 1)), 1 << data.draw(st.integers(0, 7)))
    found, faults = doctor._journal(target, lambda _what, _done: None)
    if not faults:
        assert found is not None and _committed(target / "journal.whole") == _committed(sound / "journal.sqlite")


def _committed(path: Path) -> list[object]:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return [
            connection.execute("SELECT * FROM link ORDER BY batch").fetchall(),
            connection.execute("SELECT * FROM inputs ORDER BY batch").fetchall(),
            connection.execute("SELECT batch, seq, recipient, kind, subject, raw FROM mail ORDER BY seq").fetchall(),
        ]


@pytest.mark.parametrize("size", [0, 1, 50, 99, 100, 4_096, 20_000])
@pytest.mark.parametrize("name", ["journal.sqlite", "books/books.sqlite"])
def test_a_store_that_is_cut_off_is_told_and_not_stumbled_over(sound: Path, tmp_path: Path, name: str, size: int) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    content = (tmp_path / "hub" / name).read_bytes()
    (tmp_path / "hub" / name).write_bytes(content[:size])
    found = examine(tmp_path / "hub", _scratch(tmp_path))
    assert found.faults != () and found.advice != ("nothing to do",)


def test_an_instant_is_told_as_people_write_it(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / "hub")
    altered(tmp_path / "hub" / "books" / "books.sqlite", row_place(sound, 9) + 40)
    found = examine(tmp_path / "hub", _scratch(tmp_path))
    assert found.books is not None and Instant(found.books.instant) > 0
    assert any("2026-11-24T" in one for one in found.advice)
