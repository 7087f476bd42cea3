"""Says of a damaged hub what holds, where the first damage is, what covers what is lost, and what to do; saves what holds elsewhere.

Everything is examined on a scratch copy of the folder: the hub's own files are read and nothing more. Three things can cover what a log
has lost: the journal's inputs, from which every batch can be decided again; a backup; and for balances alone a snapshot.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from fondaco.compliance import ScreeningUnfit
from fondaco.core import Instant, utc_text
from fondaco.hub.backup import (
    BOOKS,
    HELD,
    JOURNAL,
    BrokenBackup,
    Manifest,
    Progress,
    Stand,
    check_backup,
    must_be_embedded,
    seal,
    silent,
    unfinished,
)
from fondaco.hub.build import NotReady, Rulebooks, close_hub, open_hub
from fondaco.hub.proving import prove_hub
from fondaco.journal import (
    BrokenChain,
    BrokenSegment,
    Inputs,
    JournalCopy,
    JournalFile,
    JournalUnavailable,
    Link,
    Mail,
    Outcomes,
    WrongStore,
    copy_journal,
    verify,
    verify_contents,
)
from fondaco.ledger import BrokenBooks, LogFound, LogReader, UnreadableLog, WalFound, copy_rows, read_wal, snapshot_row, walk_log

# What reading damaged rows may stumble over, beside what it is meant to raise: another type, another length, another encoding.
_STUMBLES = (
    sqlite3.Error, BrokenChain, msgspec.MsgspecError, TypeError, ValueError, OverflowError, AttributeError, JournalUnavailable,
)  # fmt: skip
_REFUSALS = (NotReady, BrokenBooks, WrongStore, JournalUnavailable, BrokenSegment, ScreeningUnfit, *_STUMBLES)
_ALREADY_TOLD = 5


class JournalFound(msgspec.Struct, frozen=True):
    """What a journal holds: its last link, and the last batch up to which chain, inputs and mail all hold; what is wrong after."""

    batches: int
    holds: int
    erased: int
    faults: tuple[str, ...]


class Examination(msgspec.Struct, frozen=True):
    """What the doctor found. `books` is None when the file cannot be read as a log at all. `faults` is empty for a sound hub."""

    books: LogFound | None
    books_wal: WalFound
    journal: JournalFound | None
    journal_wal: WalFound
    snapshot_row: int
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    advice: tuple[str, ...]


def examine(folder: Path, scratch: Path, backup: Path | None = None, progress: Progress | None = None) -> Examination:
    """Examine the hub of a folder that nobody has open; `scratch` is an empty folder with room for a copy of it, left filled.

    `backup` is asked whether it covers what is lost. Examining again finds the same. Raises `NotReady` when the hub is running or
    the folder holds none; whatever is damaged is an answer, never raised.
    """
    told = progress or silent
    if not (folder / JOURNAL).exists() and not (folder / BOOKS).exists():
        raise NotReady(f"{folder} holds neither a journal nor books of a hub")
    must_be_embedded(folder)  # a copy of the folder would be opened on the server of the hub itself
    _must_be_closed(folder)
    told("copying", 0)
    shutil.copytree(folder, scratch, dirs_exist_ok=True, ignore=shutil.ignore_patterns("lock", "*.lock"))
    books, book_faults = _books(scratch, told)
    journal, journal_faults = _journal(scratch, told)
    wals = read_wal(folder / BOOKS), read_wal(folder / JOURNAL)
    faults = [*book_faults, *journal_faults, *_seen(folder), *_settings(scratch)]
    notes = [_torn(name, wal) for name, wal in zip(("the books", "the journal"), wals, strict=True) if wal.torn]
    at_row = snapshot_row(scratch / "books" / "snapshot")
    if (scratch / "books" / "snapshot").exists() and at_row == 0:
        notes.append(
            "the snapshot is damaged or of another release: it is thrown away at the next opening, the log says the same"
        )
    if not faults:
        faults += _opened(scratch, told)
    advice = _advice(folder, books, journal, at_row, faults, _covering(backup, told))
    return Examination(books, wals[0], journal, wals[1], at_row, tuple(faults), tuple(notes), tuple(advice))


def _must_be_closed(folder: Path) -> None:
    for path in (folder / "lock", folder / "books" / "books.lock"):
        if not path.exists():
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as fault:
            raise NotReady(
                f"the hub in {folder} is running: close it first, or take a backup, which checks what it copies"
            ) from fault
        finally:
            os.close(descriptor)


def _torn(name: str, wal: WalFound) -> str:
    return (
        f"the write-ahead log of {name} holds {wal.frames} whole frames and {wal.torn} after them that cannot be read; SQLite passes over "
        "them. After a loss of power nobody was told what they held; else whether something is missing is told by the proof"
    )


def _books(scratch: Path, progress: Progress) -> tuple[LogFound | None, list[str]]:
    try:
        with LogReader(scratch / BOOKS) as reader:
            found = walk_log(reader, lambda row: progress("books", row))
    except UnreadableLog as fault:
        return None, [f"books: the log cannot be read: {_place(fault)}"]
    return found, [f"books: rows {one.first} to {one.last} of the log: {one.why}" for one in found.damage]


def _place(fault: Exception) -> str:
    """A fault without the path of the scratch copy."""
    return re.sub(r"^\S*/(?=[\w.-]+: )", "", str(fault))


def _journal(scratch: Path, progress: Progress) -> tuple[JournalFound | None, list[str]]:
    whole = scratch / "journal.whole"
    try:
        copy_journal(scratch / JOURNAL, whole)
        with JournalCopy(whole) as journal:
            found = _walk(journal, progress)
    except (WrongStore, OSError) as fault:
        return None, [f"journal: it cannot be read: {_place(fault)}"]
    return found, [f"journal: {fault}" for fault in found.faults]


class _UpTo:
    """A journal as if it ended with a batch."""

    def __init__(self, journal: JournalCopy, last: int) -> None:
        self._journal, self._last = journal, last

    def links(self, first: int = 1) -> Iterator[Link]:
        return (one for one in self._journal.links(first) if one.number <= self._last)

    def inputs_of(self, batch: int) -> Inputs | None:
        return self._journal.inputs_of(batch)

    def mail_of(self, batch: int) -> Iterator[Mail]:
        return self._journal.mail_of(batch)


def _walk(journal: JournalCopy, progress: Progress) -> JournalFound:
    """Chain, then contents, then the records beside them; each is followed as far as it holds."""
    faults: list[str] = []
    last, previous = 0, bytes(32)
    try:
        for link in journal.links():
            last_tried = last + 1
            if link.number != last_tried:
                raise BrokenChain(f"batch {last_tried} is missing")
            verify(iter([link]), previous)
            last, previous = link.number, link.hash
            progress("journal", last)
    except _STUMBLES as fault:
        faults.append(f"the chain holds up to batch {last}: {fault}")
    batches = max(last, _highest(journal))
    holds, erased = last, 0
    try:
        erased = verify_contents(_UpTo(journal, last)).erased
    except _STUMBLES as fault:
        holds = _last_true(journal, last, fault)
        faults.append(f"inputs and mail hold up to batch {holds}: {fault}")
    faults += _structure(journal)
    return JournalFound(batches, holds, erased, tuple(faults))


def _highest(journal: JournalCopy) -> int:
    try:
        return max(0, *journal.numbers())
    except _STUMBLES:
        return 0


def _last_true(journal: JournalCopy, last: int, fault: Exception) -> int:
    """The last batch before the first whose contents do not hold: found by halving, since they hold for every batch before it."""
    low, high = 0, last - 1  # ends when they meet
    while low < high:
        middle = (low + high + 1) // 2
        try:
            verify_contents(_UpTo(journal, middle))
            low = middle
        except _STUMBLES:
            high = middle - 1
    return low


def _structure(journal: JournalCopy) -> Iterable[str]:
    """What SQLite itself finds wrong with the file's pages, and records that are none."""
    try:
        for line in journal.integrity(_ALREADY_TOLD):
            yield f"SQLite finds: {line}"
        for kind, key in journal.undecodable():
            yield f"{kind} {key} is no record"
    except _STUMBLES as fault:
        yield f"its records cannot be read: {fault}"


def _seen(folder: Path) -> list[str]:
    found = []
    for path in sorted((folder / "seen").glob("*/*.segment")):
        content = path.read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            found.append(f"seen: {path.parent.name}/{path.name} is damaged; remove it, and it is made again from the journal")
    return found


def _settings(scratch: Path) -> list[str]:
    found = []
    rulebooks = Rulebooks(scratch)
    for home in sorted((scratch / "rulebooks").glob("*")):
        if home.is_dir() and len(home.name) == 64:
            try:
                rulebooks(home.name)
            except (NotReady, OSError, ValueError) as fault:
                found.append(f"rulebooks: {home.name[:16]}: {str(fault).splitlines()[0].replace(str(scratch), '')}")
    return found


def _opened(scratch: Path, progress: Progress) -> list[str]:
    """With nothing found so far: open the copy as a hub and prove it, which tells whether journal and books say the same."""
    try:
        hub = open_hub(scratch, unproved=True)
    except (*_REFUSALS, AssertionError) as fault:
        return [f"the hub does not open: {str(fault).replace(str(scratch) + '/', '')}"]
    try:
        return list(prove_hub(hub, lambda done: progress("proving", done)).faults)
    finally:
        close_hub(hub)


def _covering(backup: Path | None, progress: Progress) -> Manifest | str | None:
    """The backup when it is sound, what is wrong with it in words, or None when none was named."""
    if backup is None:
        return None
    try:
        return check_backup(backup, progress)
    except (BrokenBackup, NotReady) as fault:
        return str(fault)


def _advice(
    folder: Path,
    books: LogFound | None,
    journal: JournalFound | None,
    at_row: int,
    faults: list[str],
    backup: Manifest | str | None,
) -> Iterable[str]:
    if not faults:
        return ["nothing to do"]
    if all(fault.startswith("seen:") for fault in faults):
        return ["remove the damaged files under seen/ and open the hub: the journal says what they held"]
    told = []
    if isinstance(backup, str):
        told.append(f"the backup that was named is of no use: {backup}")
    if books is not None and books.damage:
        told.append(_of_the_log(books, at_row))
    sound = backup if isinstance(backup, Manifest) else None
    if sound is not None:
        told.append(f"the backup is sound and ends with batch {sound.journal.batch} and row {sound.rows_known} of the log")
    if journal is None or journal.holds == 0:
        told.append(
            "the journal cannot be decided from again. Restore the newest sound backup: fondaco restore BACKUP NEW"
            if sound is None
            else "the journal cannot be decided from again. Restore the backup: fondaco restore BACKUP NEW"
        )
        return told
    behind = f"; what batches {journal.holds + 1} to {journal.batches} decided is lost" if journal.holds < journal.batches else ""
    if journal.erased and sound is None:
        told.append(
            f"the inputs of {journal.erased} batches were erased after their retention: what came of them is in a backup alone. Name it: "
            "fondaco doctor HUB --backup BACKUP"
        )
    base = " --base BACKUP" if sound is not None and sound.journal.batch <= journal.holds else ""
    told.append(
        f"the journal's inputs cover batches 1 to {journal.holds}{behind}. Save what holds: fondaco doctor {folder.name} --save-to DIR, then decide "
        f"it again into a new hub: fondaco restore DIR NEW{base}"
    )
    if sound is not None and sound.journal.batch > journal.holds:
        told.append("the backup knows more than the journal that is left: restore the backup: fondaco restore BACKUP NEW")
    return told


def _of_the_log(books: LogFound, at_row: int) -> str:
    first = books.damage[0]
    text = f"rows 1 to {books.rows} of the books' log hold, up to {utc_text(Instant(books.instant))}"
    lost = f"; what is damaged held intents after {first.after_intent}"
    lost += f" and before {first.before_intent}" if first.before_intent else ""
    beyond = f"; {books.beyond} rows after it hold" if books.beyond else ""
    snapshot = f"; the snapshot says every balance as of row {at_row}, not how it came about" if at_row >= first.first else ""
    return text + lost + beyond + snapshot


def save_what_holds(
    folder: Path, scratch: Path, found: Examination, target: Path, release: str, now: Instant, progress: Progress | None = None
) -> Manifest:
    """Write what holds of an examined hub, from its `scratch` copy, to the new folder `target`, in the form of a backup.

    It holds the journal's links, inputs and mail up to the last batch that holds, the log's rows up to the first damage, lists and
    rulebooks. Records of payments are left out: they are decided again at the restore. The hub's own folder is not touched.

    Raises `NotReady` when `target` holds something or nothing of the journal holds, `OSError` when the disk fails.
    """
    if found.journal is None or found.journal.holds == 0:
        raise NotReady(f"nothing of the journal in {folder} holds, so nothing can be decided again; restore a backup")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotReady(f"{target} is not empty; what is saved goes to a folder of its own")
    with unfinished(target) as draft:
        held = draft / HELD
        (held / "books").mkdir(parents=True)
        with JournalCopy(scratch / "journal.whole") as journal:
            stand = _save_journal(journal, held, found.journal.holds)
        if found.books is not None and found.books.rows:
            with LogReader(scratch / BOOKS) as reader:
                copy_rows(reader, held / BOOKS, found.books.rows)
        for name in ("lists", "rulebooks", "union"):
            if (scratch / name).exists():
                shutil.copytree(scratch / name, held / name)
        if (scratch / "hub.toml").exists():
            shutil.copyfile(scratch / "hub.toml", held / "hub.toml")
        books = found.books or LogFound(0, 0, 0, bytes(16), 0, 0, 0, ())
        return seal(draft, release, now, stand, books, 0, progress or silent, salvaged=True)


def _save_journal(journal: JournalCopy, held: Path, last: int) -> Stand:
    """A new journal of the batches that hold: links, inputs and mail, and with which rulebook the hub began."""
    with JournalFile(held) as saved:
        first = journal.meta("rulebook")
        if first is not None:
            saved.set_meta("rulebook", first)
        for link in journal.links():
            if link.number > last:
                break
            inputs = journal.inputs_of(link.number)
            assert inputs is not None, "what holds has its inputs"
            saved.commit(Outcomes(link, (), (), list(journal.mail_of(link.number))), inputs)
        number, digest = saved.head()
        end = next(saved.links(number))
    (held / "lock").unlink()
    with sqlite3.connect(held / JOURNAL, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return Stand(number, digest.hex(), end.instant, 0, 0)
