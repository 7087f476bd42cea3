"""The embedded engine on a disk that breaks: what was answered is there, nothing is doubled, and a failure is told.

`FONDACO_FAULTS` says how many random lives each law is tried with.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from books import four_accounts, t
from deeds import Deed, Twin, ask, deeds_of, said
from engines.faulty_disk import CHANGES, Crash, Disk, Does, Fault
from fondaco.ledger import BrokenBooks, EngineUnavailable, MemoryEngine, SqliteEngine, prove, transfer_records
from fondaco.ledger import kernel as law
from fondaco.ledger import snapshot as snapshots
from fondaco.ledger import sqlite as embedded
from fondaco.ledger.sealed import merged

LIVES = int(os.environ.get("FONDACO_FAULTS", "6"))
DEEDS = deeds_of(484, 60)  # thirteen small deeds of every kind


@pytest.fixture(autouse=True)
def small_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The write-ahead log is folded in after a few messages, and ids are sealed soon, as they are after many otherwise."""
    monkeypatch.setattr(embedded, "_CHECKPOINT_BYTES", 2 << 10)
    monkeypatch.setattr(law.Ids, "RECENT_MAX", 40)


def live(disk: Disk, deeds: list[Deed], answered: int = 0, snapshot_at: int = -1, killed: bool = False) -> int:
    """Open the books, do what was not answered yet, with a snapshot on the way; close. How much was answered before the disk failed.

    With `killed` the process ends when it is told of a failure, and what it had open is not closed in order.
    """
    engine = None
    try:
        engine = SqliteEngine(disk.folder, "reference", vfs=disk.name)
        for number, deed in list(enumerate(deeds))[answered:]:
            ask(engine, deed)
            answered += 1
            engine._folding.settle()
            if number == (len(deeds) // 2 if snapshot_at < 0 else snapshot_at):
                engine.keep_snapshot(wait=True)
    except EngineUnavailable:
        if engine is not None:
            refuses_everything(engine)
        if killed:
            disk.expect(Fault(Does.GONE, 1, lasting=True))
    if engine is not None:
        engine.close()
    if killed:
        disk.expect(None)
    return answered


# The thread that folds the log in makes a call more or fewer by its timing, so that a life may end before its fault.
SPARED_MAX = 4


def refuses_everything(engine: SqliteEngine) -> None:
    asked: list[Callable[[], Any]] = [
        lambda: engine.book(transfer_records([t(2**99)]), 1),
        lambda: engine.create_accounts(four_accounts(), 1),
        lambda: engine.expire(1),
        lambda: engine.balance(1),
        lambda: engine.room(1),
        engine.keep_snapshot,
        lambda: list(engine.accounts()),
        lambda: list(engine.sums()),
        lambda: list(engine.history()),
    ]
    for one in asked:
        with pytest.raises(EngineUnavailable):
            one()


def check(folder: Path, twin: Twin, answered: int) -> int:
    """Books opened on an honest disk are what they must be; how many deeds they hold."""
    engine = SqliteEngine(folder, "reference")
    held = twin.held(engine, answered)
    assert prove(engine).faults == ()
    twin.asked_again(engine, held)
    engine.close()
    return held


def calls_of(folder: Path, deeds: list[Deed], kinds: frozenset[str]) -> int:
    """How many calls of these kinds a life on a whole disk makes."""
    disk = Disk(folder)
    with disk.installed():
        assert live(disk, deeds) == len(deeds)
    return sum(disk.calls[kind] for kind in kinds)


def test_wherever_the_power_ends_the_books_hold_what_was_answered(tmp_path: Path) -> None:
    twin, under_way, spared = Twin(DEEDS), 0, 0
    for at in range(1, calls_of(tmp_path / "whole", DEEDS, CHANGES) + 1):
        disk = Disk(tmp_path / f"{at}", at, Fault(Does.STOP, at))
        with disk.installed():
            answered = live(disk, DEEDS)
        spared += not disk.struck
        for kind in Crash:
            disk.crash(kind, tmp_path / f"{at}-{kind.name}")
            under_way += check(tmp_path / f"{at}-{kind.name}", twin, answered) - answered
            shutil.rmtree(tmp_path / f"{at}-{kind.name}")
    assert spared <= SPARED_MAX
    assert under_way, "some deed came through of which nobody had heard"


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("does, on", [(Does.EIO, CHANGES), (Does.ENOSPC, frozenset({"write", "create"}))], ids=["EIO", "ENOSPC"])
def test_wherever_the_disk_refuses_the_books_hold_what_was_answered(
    tmp_path: Path, does: Does, on: frozenset[str], lasting: bool
) -> None:
    twin, spared = Twin(DEEDS), 0
    for at in range(1, calls_of(tmp_path / "whole", DEEDS, on) + 1):
        disk = Disk(tmp_path / f"{at}", at, Fault(does, at, on, lasting))
        with disk.installed():
            answered = live(disk, DEEDS)
        spared += not disk.struck
        check(tmp_path / f"{at}", twin, answered)
        shutil.rmtree(tmp_path / f"{at}")
    assert spared <= SPARED_MAX


def live_in_groups(disk: Disk, groups: list[list[Deed]]) -> int:
    """How many groups of deeds were durable when the disk failed."""
    engine, done = None, 0
    try:
        engine = SqliteEngine(disk.folder, "reference", vfs=disk.name)
        for group in groups:
            with engine.together():
                for deed in group:
                    ask(engine, deed)
            done += 1
            engine._folding.settle()
    except EngineUnavailable:
        if engine is not None:
            refuses_everything(engine)
    if engine is not None:
        engine.close()
    return done


@pytest.mark.parametrize("does", [Does.STOP, Does.EIO])
def test_wherever_the_disk_fails_what_is_done_together_is_kept_whole_or_not_at_all(tmp_path: Path, does: Does) -> None:
    twin, spared = Twin(DEEDS), 0
    groups = [DEEDS[start : start + 3] for start in range(0, len(DEEDS), 3)]
    whole = Disk(tmp_path / "whole")
    with whole.installed():
        assert live_in_groups(whole, groups) == len(groups)
    for at in range(1, sum(whole.calls[kind] for kind in CHANGES) + 1):
        disk = Disk(tmp_path / f"{at}", at, Fault(does, at, CHANGES))
        with disk.installed():
            done = live_in_groups(disk, groups)
        spared += not disk.struck
        for kind in Crash:
            disk.crash(kind, tmp_path / f"{at}-{kind.name}")
            engine = SqliteEngine(tmp_path / f"{at}-{kind.name}", "reference")
            assert said(engine) in [twin.after(min(3 * more, len(DEEDS))) for more in (done, done + 1)]
            assert prove(engine).faults == ()
            engine.close()
            shutil.rmtree(tmp_path / f"{at}-{kind.name}")
    assert spared <= SPARED_MAX


@pytest.mark.parametrize("does", [Does.EIO, Does.SHORT])
def test_wherever_a_read_fails_nothing_is_lost(tmp_path: Path, does: Does) -> None:
    on = frozenset({"read"})
    # Ids that a snapshot knows come again: their events are read from the disk.
    deeds = DEEDS + [deed._replace(at_ns=10**16) for deed in DEEDS[1:4]]
    base = Disk(tmp_path / "base")
    with base.installed():
        live(base, DEEDS[: len(DEEDS) // 2])
    # A killed process leaves a write-ahead log that the next one reads.
    killed = Disk(tmp_path / "base", 0, Fault(Does.STOP, 12))
    with killed.installed():
        answered = live(killed, DEEDS, len(DEEDS) // 2)
    twin, told = Twin(deeds), 0
    for at in range(1, 1_000):
        shutil.copytree(tmp_path / "base", tmp_path / f"{at}")
        disk = Disk(tmp_path / f"{at}", at, Fault(does, at, on))
        held = answered
        with disk.installed():
            try:
                held = live(disk, deeds, answered)
            except BrokenBooks:
                assert does is Does.SHORT, "a read that fails is not damage"
        check(tmp_path / f"{at}", twin, held)
        told += held < len(deeds)
        if not disk.struck:
            break
    assert told, "a read failed where it mattered"


@pytest.mark.parametrize("seed", range(LIVES))
def test_random_lives_on_a_disk_that_breaks_again_and_again(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    deeds = deeds_of(seed, 400)
    twin = Twin(deeds)
    folder, answered = tmp_path / "0", 0
    for number in range(1, 7):
        does = draw.choice([Does.STOP, Does.STOP, Does.EIO, Does.ENOSPC])
        disk = Disk(folder, seed * 10 + number, Fault(does, draw.randint(1, 160), lasting=draw.random() < 0.5))
        with disk.installed():
            answered = live(disk, deeds, answered, snapshot_at=draw.randrange(len(deeds)))
        folder = tmp_path / f"{number}"
        disk.crash(draw.choice(list(Crash)) if does is Does.STOP else Crash.KEPT, folder)
        engine = SqliteEngine(folder, "reference")
        answered = twin.held(engine, answered)
        assert prove(engine).faults == ()
        if draw.random() < 0.5:
            engine.close()
        else:
            _let_go(engine)
    check(folder, twin, answered)


def _let_go(engine: SqliteEngine) -> None:
    """End as a process does that is killed: no snapshot."""
    engine._folding.close()
    engine._connection.close()
    os.close(engine._lock)


@pytest.mark.parametrize("crash", [Crash.LOST, Crash.TORN, Crash.SCATTERED])
def test_what_is_answered_after_a_refused_fsync_is_safe_as_well(tmp_path: Path, crash: Crash) -> None:
    """A system that failed to write a page tells one fsync, takes the page for written, and never writes it: SQLite reads it back from
    memory, and what is written behind it on the disk stands behind a hole."""
    twin = Twin(DEEDS)
    for at in range(1, calls_of(tmp_path / "whole", DEEDS, frozenset({"sync"})) + 1):
        disk = Disk(tmp_path / f"{at}", at, Fault(Does.EIO, at, frozenset({"sync"})))
        with disk.installed():
            answered = live(disk, DEEDS, killed=True)
            held = answered
            if answered < len(DEEDS):
                engine = SqliteEngine(disk.folder, "reference", vfs=disk.name)
                held = twin.held(engine, answered)
                # Few, so that they are not folded in: what they wrote stands behind what was refused.
                for deed in DEEDS[held : held + 2]:
                    ask(engine, deed)
                held = min(held + 2, len(DEEDS))
                disk.expect(Fault(Does.STOP, 1))
                engine.close()
        disk.crash(crash, tmp_path / f"{at}-crashed")
        check(tmp_path / f"{at}-crashed", twin, held)


@pytest.mark.parametrize("seed", range(LIVES))
def test_what_a_lying_disk_leaves_is_a_beginning_or_is_refused(tmp_path: Path, seed: int) -> None:
    """No program can keep what its disk says it kept and did not. What can be told is a hole."""
    draw = random.Random(seed)
    deeds = deeds_of(seed, 200)
    twin = Twin(deeds)
    disk = Disk(tmp_path / "lying", seed, Fault(Does.LIE, draw.randint(1, 25), frozenset({"sync"}), lasting=draw.random() < 0.7))
    with disk.installed():
        answered = live(disk, deeds)
    assert answered == len(deeds), "nobody is told"
    for number, kind in enumerate([Crash.LOST, Crash.TORN, Crash.TORN, Crash.SCATTERED, Crash.SCATTERED]):
        folder = tmp_path / f"{number}"
        disk.crash(kind, folder)
        try:
            engine = SqliteEngine(folder, "reference")
        except BrokenBooks:
            continue
        try:
            found = said(engine)
        except (BrokenBooks, EngineUnavailable):
            engine.close()
            continue
        assert any(found == twin.after(deeds) for deeds in range(answered + 1))
        engine.close()


# Between the log and the kernel


class Stumbles:
    """A kernel that is interrupted once, after the message was logged."""

    def __init__(self, kernel: Any) -> None:
        self._kernel, self.stumbled = kernel, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)

    def book(self, *given: Any) -> Any:
        if not self.stumbled:
            self.stumbled = True
            raise KeyboardInterrupt
        return self._kernel.book(*given)


def test_an_interruption_between_log_and_kernel_leaves_no_snapshot_without_the_message(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path, "reference")
    engine.create_accounts(four_accounts(), 1)
    engine._kernel = Stumbles(engine._kernel)  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        engine.create_transfers([t(1)], 10)
    refuses_everything(engine)
    engine.close()
    again = SqliteEngine(tmp_path, "reference")
    assert again.balance(2) == (0, 0, 0, 10)
    assert again.create_transfers([t(2)], 20) == [0] and prove(again).faults == ()
    again.close()


def test_a_message_that_is_refused_for_its_size_changes_nothing(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path, "reference")
    engine.create_accounts(four_accounts(), 1)
    with pytest.raises(ValueError, match="at most"):
        engine.book(np.zeros(9000, transfer_records([t(1)]).dtype), 10)
    assert engine.create_transfers([t(1)], 10) == [0]
    engine.close()


# Snapshots


def kept(folder: Path) -> SqliteEngine:
    """Books with a snapshot of several segments and some messages after it."""
    engine = SqliteEngine(folder, "reference")
    for number, deed in enumerate(deeds_of(9, 300)):
        ask(engine, deed)
        if number == 5:
            engine.keep_snapshot(wait=True)
    return engine


def told(snapshot: snapshots.Snapshot) -> list[Any]:
    """All that a snapshot says, comparable."""
    state = snapshot.state
    ids = merged([*(one.columns() for one in state.sealed), state.recent])
    arrays = [state.accounts, state.pendings, *ids, *state.balanced]
    return [
        snapshot.seq,
        snapshot.digest,
        state.position,
        state.last_ns,
        state.last_transfer_ns,
        *(one.tobytes() for one in arrays),
    ]


def test_no_flipped_bit_and_no_cut_of_a_snapshot_is_believed(tmp_path: Path) -> None:
    engine = kept(tmp_path / "books")
    engine.close()
    home = tmp_path / "books" / "snapshot"
    whole = snapshots.read(home)
    assert whole is not None and len(whole.state.sealed) > 0
    truth = told(whole)
    draw = random.Random(7)
    for file in sorted(home.iterdir()):
        content = file.read_bytes()
        # Every byte of what says how the rest is to be read, and some of the rest.
        places = sorted({*range(min(600, len(content))), *(draw.randrange(len(content)) for _ in range(200))})
        broken = [content[:at] + bytes([content[at] ^ 1 << draw.randrange(8)]) + content[at + 1 :] for at in places]
        broken += [content[: draw.randrange(len(content))] for _ in range(50)] + [b"", content + b"\0", content + content]
        for other in broken:
            file.unlink()  # what was mapped from it stays as it was
            file.write_bytes(other)
            found = snapshots.read(home)
            assert found is None or told(found) == truth
        again = SqliteEngine(tmp_path / "books", "reference")
        assert said(again) == said(done_in_memory())
        _let_go(again)
        file.write_bytes(content)


def done_in_memory() -> MemoryEngine:
    """The deeds of `kept`, done without a disk."""
    twin = MemoryEngine("reference")
    for deed in deeds_of(9, 300):
        ask(twin, deed)
    return twin


def test_a_snapshot_of_other_books_is_not_believed(tmp_path: Path) -> None:
    kept(tmp_path / "a").close()
    other = SqliteEngine(tmp_path / "b", "reference")
    for deed in deeds_of(10, 300):
        ask(other, deed)
    truth = said(other)
    other.close()
    shutil.rmtree(tmp_path / "b" / "snapshot")
    shutil.copytree(tmp_path / "a" / "snapshot", tmp_path / "b" / "snapshot")
    again = SqliteEngine(tmp_path / "b", "reference")
    assert said(again) == truth
    again.close()


def test_a_row_that_a_snapshot_spares_reading_is_found_damaged_when_an_id_in_it_comes_again(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path, "reference")
    engine.create_accounts(four_accounts(), 1)
    engine.create_transfers([t(1), t(2)], 10)
    engine.close()
    database = sqlite3.connect(tmp_path / "books.sqlite")
    (raw,) = database.execute("SELECT events FROM log WHERE seq=2").fetchone()
    database.execute("UPDATE log SET events=? WHERE seq=2", (bytes([*raw[:48], raw[48] ^ 1, *raw[49:]]),))
    database.commit()
    database.close()
    again = SqliteEngine(tmp_path, "reference")
    with pytest.raises(BrokenBooks, match="row 2 "):
        again.create_transfers([t(1)], 20)
    refuses_everything(again)
    again.close()


def test_a_row_that_a_snapshot_spares_reading_is_found_damaged_by_the_proof(tmp_path: Path) -> None:
    kept(tmp_path).close()
    database = sqlite3.connect(tmp_path / "books.sqlite")
    (raw,) = database.execute("SELECT events FROM log WHERE seq=4").fetchone()
    at = 128 + 100  # the user data of an event: no balance follows from it
    database.execute("UPDATE log SET events=? WHERE seq=4", (raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :],))
    database.commit()
    database.close()
    engine = SqliteEngine(tmp_path, "reference")
    with pytest.raises(BrokenBooks, match="row 4 "):
        prove(engine)
    engine.close()
