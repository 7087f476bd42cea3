"""A backup is whole or not there; what is restored from it is the same hub, proved before it opens."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.core import Instant, utc_text
from fondaco.hub import Arrive, BrokenBackup, Hub, NotReady, Until, close_hub, examine, open_hub, restore_backup, take_backup
from fondaco.hub import backup as backups
from fondaco.journal import GENESIS, JournalCopy, JournalFile, Seen, copy_journal
from fondaco.ledger import LogReader, SqliteEngine, cut_log, prove, walk_log
from kept import NOW, busy, fingerprint, fingerprint_of
from union import SG1, TH1, Desk, agree, pacs_008

KILLS = int(os.environ.get("FONDACO_KILLS", "3"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, object]:
    """A closed hub, a backup of it, and its fingerprint. Nobody changes them."""
    home = tmp_path_factory.mktemp("kept")
    busy(Desk(home / "hub")).close()
    take_backup(home / "hub", home / "backup", "test", NOW)
    return home / "hub", home / "backup", fingerprint_of(home / "hub")


def test_a_restored_hub_is_the_same_hub_and_goes_on(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    _, backup, whole = kept
    made = restore_backup(backup, tmp_path / "again")
    assert made.proof.faults == [] and made.rows_cut == 0 and made.decided_again == 0
    assert fingerprint_of(tmp_path / "again") == whole
    desk = Desk(tmp_path / "again", fresh=False)
    desk.now = Instant(desk.hub.desk.counters.last_instant)
    (offered,) = [p for p in desk.hub.desk.live.values() if p.state.name == "OFFERED"]
    desk.answer(offered)
    assert desk.see(offered).state.name == "SETTLED"
    agree(desk)
    desk.close()


def test_a_backup_changes_nothing_and_is_one_file_a_store(kept: tuple[Path, Path, object]) -> None:
    hub, backup, whole = kept
    assert fingerprint_of(hub) == whole
    names = {str(path.relative_to(backup)) for path in backup.rglob("*") if path.is_file()}
    assert not [name for name in names if name.endswith(("-wal", "-shm", "lock"))]
    assert {"manifest.json", "hub/journal.sqlite", "hub/books/books.sqlite", "hub/union/union.toml"} <= names
    assert all(path.stat().st_mode & 0o077 == 0 for path in backup.rglob("*") if path.is_file() and path.name != "manifest.json")


@pytest.mark.parametrize("until", [None, Until(batch=1)])
def test_what_the_doors_are_told_is_kept_too_and_no_private_key(tmp_path: Path, until: Until | None) -> None:
    """A hub that required signatures would take what is not signed, were its `api.toml` not restored with it."""
    hub = tmp_path / "hub"
    busy(Desk(hub)).close()
    told = {"api.toml": 'signatures = "required"\n', "webhooks.toml": "", "bank-ca.pem": "-----BEGIN CERTIFICATE-----\n"}
    for name, text in told.items():
        (hub / name).write_text(text)
    (hub / "both.pem").write_text("-----BEGIN " + "PRIVATE KEY-----\n")
    (hub / "access.key").write_bytes(b"k" * 32)
    take_backup(hub, tmp_path / "backup", "test", NOW)
    made = restore_backup(tmp_path / "backup", tmp_path / "again", until=until)
    assert made.proof.faults == []
    found = {path.name: path.read_text() for path in (tmp_path / "again").iterdir() if path.suffix in (".toml", ".pem", ".key")}
    assert found.pop("hub.toml", "") == ((hub / "hub.toml").read_text() if (hub / "hub.toml").exists() else "")
    assert found == told


@pytest.mark.parametrize("moment", ["after the inputs", "after the books"])
def test_what_the_journal_does_not_know_is_cut_from_the_books_and_decided_again(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = busy(Desk(tmp_path / "hub"))
    raw = pacs_008(SG1, TH1, "10.00", "SGD", uetr="8a562c67-ca16-48ba-b074-65581be6f001")
    if moment == "after the inputs":

        def die(*_: object) -> object:
            raise KeyboardInterrupt

        monkeypatch.setattr(Hub, "_decide", die)
        with pytest.raises(KeyboardInterrupt):
            desk.hub.process([Arrive(SG1, raw)], Instant(desk.now + 10**9))
        monkeypatch.undo()
    else:
        desk.hub.process([Arrive(SG1, raw)], Instant(desk.now + 10**9))
    manifest = take_backup(tmp_path / "hub", tmp_path / "backup", "test", NOW)
    assert (manifest.rows_held > manifest.rows_known) is (moment == "after the books")
    made = restore_backup(tmp_path / "backup", tmp_path / "again")
    assert made.rows_cut == manifest.rows_held - manifest.rows_known and made.batch == manifest.journal.batch + 1
    desk.hub._unkept = None
    desk.close()
    assert fingerprint_of(tmp_path / "again") == fingerprint_of(tmp_path / "hub"), "the crashed hub comes to the same end"


_DAY = """
import sys
from pathlib import Path
from fondaco.simulation import DemoDay
if __name__ == "__main__":
    day = DemoDay(Path(sys.argv[1]), int(sys.argv[2]), own_process=False)
    print("ready", flush=True)
    day.run()
    day.close()
"""


def test_backups_of_a_day_in_its_work_are_moments_of_that_day(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    process = subprocess.Popen([sys.executable, "-c", _DAY, str(folder), "150"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    taken: list[backups.Manifest] = []
    while process.poll() is None:  # ends with the day
        taken.append(take_backup(folder, tmp_path / f"backup-{len(taken)}", "test", NOW))
    assert process.returncode == 0
    while_running = [one for one in taken if one.journal.batch < _head(folder)[0]]
    assert len({one.journal.batch for one in while_running}) >= 2, "the day went on beside its backups"
    whole = fingerprint_of(folder)
    for place in (0, len(while_running) // 2, len(while_running) - 1):
        again = tmp_path / f"again-{place}"
        made = restore_backup(tmp_path / f"backup-{place}", again)
        assert made.proof.faults == [] and made.batch in (taken[place].journal.batch, taken[place].journal.batch + 1)
        assert bytes.fromhex(made.hash) == _hash_of(folder, made.batch), "a moment of that day's journal"
        # What was proposed later that day is kept by its version beside the journal.
        shutil.copytree(folder / "rulebooks", again / "rulebooks", dirs_exist_ok=True)
        hub = open_hub(again)
        with JournalFile(folder) as journal:
            for batch in range(made.batch + 1, journal.head()[0] + 1):
                inputs = journal.inputs_of(batch)
                assert inputs is not None
                hub.decide_again(inputs)
                assert hub.journal.head()[1] == next(journal.links(batch)).hash
        assert fingerprint(hub) == whole, "with the rest of the day it comes to that day's end"
        close_hub(hub)


def _head(folder: Path) -> tuple[int, bytes]:
    with JournalFile(folder) as journal:
        return journal.head()


def _hash_of(folder: Path, batch: int) -> bytes:
    with JournalFile(folder) as journal:
        return next(journal.links(batch)).hash if batch else GENESIS


# Earlier batches


def test_a_hub_is_restored_as_it_was_after_any_batch(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    hub, backup, whole = kept
    number, _ = _head(hub)
    for batch in (1, number // 2, number):
        made = restore_backup(backup, tmp_path / str(batch), until=Until(batch=batch))
        assert (made.batch, bytes.fromhex(made.hash)) == (batch, _hash_of(hub, batch)) and made.decided_again == batch
        assert made.proof.faults == []
    assert fingerprint_of(tmp_path / str(number)) == whole
    with JournalFile(hub) as journal:
        third = next(journal.links(3)).instant
    made = restore_backup(backup, tmp_path / "by the clock", until=Until(instant=third + 1))
    assert made.batch == 3 and made.instant == utc_text(Instant(third))


def test_an_earlier_backup_spares_what_it_holds(tmp_path: Path) -> None:
    desk = busy(Desk(tmp_path / "hub"))
    base = take_backup(tmp_path / "hub", tmp_path / "base", "test", NOW)
    busy(desk)
    desk.close()
    later = take_backup(tmp_path / "hub", tmp_path / "later", "test", NOW)
    until = Until(batch=later.journal.batch - 1)
    made = restore_backup(tmp_path / "later", tmp_path / "again", until=until, base=tmp_path / "base")
    assert made.decided_again == until.batch - base.journal.batch
    alone = restore_backup(tmp_path / "later", tmp_path / "alone", until=until)
    assert made.hash == alone.hash and fingerprint_of(tmp_path / "again") == fingerprint_of(tmp_path / "alone")
    with pytest.raises(NotReady, match="earlier"):
        restore_backup(tmp_path / "later", tmp_path / "x", until=Until(batch=2), base=tmp_path / "base")
    with pytest.raises(NotReady, match="to an earlier batch"):
        restore_backup(tmp_path / "later", tmp_path / "x", base=tmp_path / "base")
    busy(Desk(tmp_path / "other", prefund="5")).close()
    take_backup(tmp_path / "other", tmp_path / "foreign", "test", NOW)
    with pytest.raises(BrokenBackup, match="another"):
        restore_backup(tmp_path / "later", tmp_path / "x", until=until, base=tmp_path / "foreign")
    assert not (tmp_path / "x").exists()


def test_inputs_that_were_erased_cannot_be_decided_again_without_a_backup_that_is_younger(tmp_path: Path) -> None:
    desk = busy(Desk(tmp_path / "hub"))
    take_backup(tmp_path / "hub", tmp_path / "base", "test", NOW)
    busy(desk)
    desk.close()
    later = take_backup(tmp_path / "hub", tmp_path / "later", "test", NOW)
    path = tmp_path / "later" / "hub" / "journal.sqlite"
    with JournalCopy(path) as journal:
        inputs = journal.inputs_of(2)
    assert inputs is not None
    with pytest.raises(NotReady, match="batch 2 were erased"):
        backups_may_decide(msgspec.structs.replace(inputs, commands=b"", salt=b""))
    assert later.journal.batch > 2


def backups_may_decide(inputs: object) -> None:
    from fondaco.hub.restoring import _may_be_decided

    _may_be_decided(inputs, 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("until", [Until(batch=10_000), Until(instant=5)])
def test_a_batch_that_is_not_there_is_refused(kept: tuple[Path, Path, object], tmp_path: Path, until: Until) -> None:
    with pytest.raises(NotReady, match="holds batches 1 to"):
        restore_backup(kept[1], tmp_path / "x", until=until)
    assert not (tmp_path / "x").exists()


# Refusals


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_altered_bit_of_a_backup_is_refused_with_its_place(
    kept: tuple[Path, Path, object], tmp_path: Path, data: st.DataObject
) -> None:
    backup = kept[1]
    files = sorted(path for path in backup.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from([*files, backup / "hub/books/books.sqlite", backup / "hub/journal.sqlite"]))
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    altered = bytearray(content)
    altered[place] ^= bit
    try:
        path.write_bytes(altered)
        with pytest.raises(BrokenBackup, match="manifest.json" if path.name == "manifest.json" else path.name):
            restore_backup(backup, tmp_path / "x")
        assert not (tmp_path / "x").exists()
    finally:
        path.write_bytes(content)


def test_a_damaged_log_in_a_backup_is_named_with_its_row(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    shutil.copytree(kept[1], tmp_path / "backup")
    path = tmp_path / "backup" / "hub" / "books" / "books.sqlite"
    content = bytearray(path.read_bytes())
    with LogReader(path, still=True) as reader:
        row = next(one for one in reader.rows() if one.seq == 5)
    content[content.index(row.events) + 20] ^= 1
    path.write_bytes(content)
    with pytest.raises(BrokenBackup, match="row 5 of the books' log does not have the digest"):
        restore_backup(tmp_path / "backup", tmp_path / "x")


def test_files_that_are_missing_or_too_many_are_refused(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    shutil.copytree(kept[1], tmp_path / "backup")
    (tmp_path / "backup" / "hub" / "union" / "extra.toml").write_text("")
    with pytest.raises(BrokenBackup, match=r"extra\.toml is not of this backup"):
        restore_backup(tmp_path / "backup", tmp_path / "x")
    (tmp_path / "backup" / "hub" / "union" / "extra.toml").unlink()
    (tmp_path / "backup" / "hub" / "union" / "union.toml").unlink()
    with pytest.raises(BrokenBackup, match=r"union\.toml is missing"):
        restore_backup(tmp_path / "backup", tmp_path / "x")
    (tmp_path / "backup" / "manifest.json").unlink()
    with pytest.raises(NotReady, match="no backup"):
        restore_backup(tmp_path / "backup", tmp_path / "x")


def test_neither_backup_nor_restore_writes_over_anything(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    hub, backup, _ = kept
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("dear")
    with pytest.raises(NotReady, match="not empty"):
        take_backup(hub, tmp_path / "full", "test", NOW)
    with pytest.raises(NotReady, match="not empty"):
        restore_backup(backup, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter"]
    with pytest.raises(NotReady, match="inside the hub"):
        take_backup(hub, hub / "backup", "test", NOW)
    with pytest.raises(NotReady, match=r"no journal\.sqlite"):
        take_backup(tmp_path / "none", tmp_path / "x", "test", NOW)
    (tmp_path / "empty").mkdir()
    assert restore_backup(backup, tmp_path / "empty").proof.faults == []


def test_books_that_a_server_keeps_are_not_backed_up_here_and_it_says_what_to_do(
    kept: tuple[Path, Path, object], tmp_path: Path
) -> None:
    shutil.copytree(kept[0], tmp_path / "hub")
    (tmp_path / "hub" / "hub.toml").write_text('ledger = "postgres"\ndsn = "service=fondaco"\n')
    for deed in (
        lambda: take_backup(tmp_path / "hub", tmp_path / "x", "test", NOW),
        lambda: examine(tmp_path / "hub", tmp_path / "y"),
    ):
        with pytest.raises(NotReady, match=r"pg_basebackup.*tigerbeetle recover"):
            deed()
    assert [path.name for path in tmp_path.iterdir()] == ["hub"]


def test_a_damaged_hub_gives_no_backup(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    shutil.copytree(kept[0], tmp_path / "hub")
    path = tmp_path / "hub" / "books" / "books.sqlite"
    content = bytearray(path.read_bytes())
    with LogReader(path) as reader:
        row = next(one for one in reader.rows() if one.seq == 5)
    content[content.index(row.events) + 20] ^= 1
    path.write_bytes(content)
    with pytest.raises(Exception, match="row 5 of the books' log"):
        take_backup(tmp_path / "hub", tmp_path / "x", "test", NOW)
    assert not (tmp_path / "x").exists()


def test_a_restored_hub_whose_books_lack_something_is_not_put_up(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    shutil.copytree(kept[1], tmp_path / "backup")
    held = tmp_path / "backup" / "hub"
    with LogReader(held / "books" / "books.sqlite", still=True) as reader:
        rows = walk_log(reader).rows
    cut_log(held / "books" / "books.sqlite", rows - 2)
    manifest = msgspec.json.decode((tmp_path / "backup" / "manifest.json").read_bytes(), type=backups.Manifest)
    backups.seal(  # somebody who makes it look right
        tmp_path / "backup", "test", NOW, manifest.journal,
        backups.check_books(held / "books" / "books.sqlite", manifest.journal, backups.silent)[0], rows - 2, backups.silent,
    )  # fmt: skip
    with pytest.raises(BrokenBackup, match="does not hold and was not put up"):
        restore_backup(tmp_path / "backup", tmp_path / "x")
    assert not (tmp_path / "x").exists()
    with pytest.raises(NotReady, match="not proved"):
        open_hub(tmp_path / "x.unfinished")


def test_a_sealed_identifier_of_a_payment_that_was_cut_is_not_known_any_more(tmp_path: Path) -> None:
    desk = busy(Desk(tmp_path / "hub"))
    desk.close()
    seen = Seen(tmp_path / "hub" / "seen" / "uetr", recent_max=1)
    last = max(number for number, _ in _payments(tmp_path / "hub"))
    for number in (last, last + 7):  # the second was never in the journal that is copied
        seen.add(bytes([number]) * 16, number)
        seen.seal(number)
    take_backup(tmp_path / "hub", tmp_path / "backup", "test", NOW)
    restore_backup(tmp_path / "backup", tmp_path / "again")
    left = Seen(tmp_path / "again" / "seen" / "uetr")
    assert left.sealed_up_to <= last and left.get(bytes([last + 7]) * 16) == 0


def _payments(folder: Path) -> Iterator[tuple[int, bytes]]:
    with JournalFile(folder) as journal:
        yield from list(journal.payments())


# Kills

_DEED = """
import sys
from pathlib import Path
from fondaco.core import Instant
from fondaco.hub import restore_backup, take_backup
source, target = Path(sys.argv[2]), Path(sys.argv[3])
print("ready", flush=True)
if sys.argv[1] == "backup":
    take_backup(source, target, "test", Instant(1_795_000_000_000_000_000))
else:
    restore_backup(source, target)
"""


@pytest.mark.parametrize("deed", ["backup", "restore"])
def test_a_kill_leaves_nothing_or_all_and_the_deed_is_done_again(
    kept: tuple[Path, Path, object], tmp_path: Path, deed: str
) -> None:
    hub, backup, whole = kept
    lots = random.Random(deed)
    for kill in range(KILLS):
        target = tmp_path / str(kill)
        process = subprocess.Popen(
            [sys.executable, "-c", _DEED, deed, str(hub if deed == "backup" else backup), str(target)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(lots.random() * (0.15 if deed == "backup" else 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if target.exists():  # it was done before the kill
            backups.check_backup(target) if deed == "backup" else None
        elif deed == "backup":
            take_backup(hub, target, "test", NOW)
        else:
            restore_backup(backup, target)
        if deed == "backup":
            backups.check_backup(target)
        else:
            assert fingerprint_of(target) == whole
        assert not target.with_name(target.name + ".unfinished").exists()


def test_two_backups_to_one_place_are_one_too_many(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    with backups.unfinished(tmp_path / "x"), pytest.raises(NotReady, match="another process"):
        take_backup(kept[0], tmp_path / "x", "test", NOW)


def test_a_copied_journal_is_one_file_that_says_the_same(kept: tuple[Path, Path, object], tmp_path: Path) -> None:
    copy_journal(kept[0] / "journal.sqlite", tmp_path / "copy")
    with JournalCopy(tmp_path / "copy") as copy:
        assert copy.head() == _head(kept[0])
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_books_cut_to_their_first_rows_are_books_and_cutting_again_does_nothing(
    kept: tuple[Path, Path, object], tmp_path: Path
) -> None:
    shutil.copytree(kept[0] / "books", tmp_path / "books")
    with LogReader(tmp_path / "books" / "books.sqlite") as reader:
        rows = walk_log(reader).rows
    assert cut_log(tmp_path / "books" / "books.sqlite", rows - 3) == 3
    assert cut_log(tmp_path / "books" / "books.sqlite", rows - 3) == 0
    engine = SqliteEngine(tmp_path / "books")
    assert prove(engine).faults == (), "its snapshot is of rows that are gone, and is passed over"
    engine.close()
