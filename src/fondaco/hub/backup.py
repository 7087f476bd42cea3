"""A copy of a hub from which it can be put up again: taken beside the running hub, whole or not there, checked before it is trusted.

DIR/manifest.json   what the backup holds: size and SHA-256 of every file, where journal and books stood
DIR/hub/...         the files: journal, the books' log, sealed identifiers, lists, rulebooks, the draft in `union/`, settings (`*.toml`, `*.pem`), access.db

The order makes the cut consistent. Sealed identifiers first: each of theirs stands in the journal that is copied after them. Then the
journal; then the books, which can only hold more than that journal knows, and what is more goes at the restore: intents are kept
before they are booked. Lists and rulebooks last: whatever the journal names was there before it was named.

What a backup holds is as confidential as the hub: names, accounts, messages, the salts of the chain, and what hub.toml says. No private
key is in it: `access.key`, the one that stands in a hub's folder, is left out. Snapshots and locks are left out: the log says what a snapshot says.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from fondaco.core import Instant, utc_text
from fondaco.hub.build import NotReady, configuration_of
from fondaco.hub.state import Counters
from fondaco.journal import BrokenChain, JournalCopy, WrongStore, copy_journal, verify, verify_contents
from fondaco.ledger import LogFound, LogReader, UnreadableLog, rows_before, walk_log

FORM = 1
MANIFEST = "manifest.json"
HELD = "hub"
JOURNAL = "journal.sqlite"
BOOKS = "books/books.sqlite"
_TREES = ("lists", "rulebooks", "union")
# Who may enter: a store of the doors, which this floor does not read, only copies.
ACCESS = "access.db"
_UNFINISHED = ".unfinished"
# Not the name of a hub's own lock: a hub is restored in such a folder.
WRITING = "unfinished.lock"
_SEEN_TRIES = 20

# Told what is done, and how far it is.
Progress = Callable[[str, int], None]


class BrokenBackup(Exception):
    """A backup that is not what its manifest says; names the place."""


class HeldFile(msgspec.Struct, frozen=True):
    """One file of a backup: bytes, and SHA-256 in hexadecimal."""

    size: int
    sha256: str


class Stand(msgspec.Struct, frozen=True):
    """Where a journal stands: its last link, the next intent that its last kept outcomes leave, the highest payment number."""

    batch: int
    hash: str
    instant: int
    next_intent: int
    payments: int


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `rows_held` counts the log's rows as copied, `rows_known` those that its journal knows of.

    `salvaged` says that it was made of a damaged hub by `fondaco doctor`: then the books may lack what the journal knows.
    `seal` is SHA-256 over all the rest.
    """

    form: int
    release: str
    taken_at: str
    salvaged: bool
    journal: Stand
    rows_held: int
    rows_known: int
    rows_digest: str
    files: dict[str, HeldFile]
    seal: str = ""


def take_backup(folder: Path, target: Path, release: str, now: Instant, progress: Progress | None = None) -> Manifest:
    """Copy a hub, which may be running, to the new folder `target`; the copy is checked row by row before it gets its name.

    A kill leaves `target` absent; taking it again begins anew. `now` is written down, no more. Raises `NotReady` when `folder` holds no
    embedded hub, when `target` holds something or lies in `folder`, or while another backup is written to it; `WrongStore`,
    `BrokenChain` and `UnreadableLog` when what was copied is damaged: then ask `fondaco doctor`; `OSError` when the disk fails.
    """
    told = progress or silent
    _must_hold_a_hub(folder)
    if target.resolve().is_relative_to(folder.resolve()):
        raise NotReady(f"{target} lies inside the hub's own folder and would be lost with it; choose another place")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotReady(f"{target} is not empty; a backup goes to a folder of its own")
    with unfinished(target) as draft:
        held = draft / HELD
        held.mkdir()
        copy_stores(folder, held, told)
        stand = check_journal(held / JOURNAL)
        found, known = check_books(held / BOOKS, stand, told)
        return seal(draft, release, now, stand, found, known, told)


def copy_stores(folder: Path, held: Path, progress: Progress) -> None:
    """Copy a hub, which may be running, to the empty folder `held`, in the order that makes the cut consistent. Nothing of it is checked yet."""
    _copy_seen(folder / "seen", held / "seen")
    progress("journal", 0)
    copy_journal(folder / JOURNAL, held / JOURNAL)
    progress("books", 0)
    (held / "books").mkdir()
    with LogReader(folder / BOOKS) as reader:
        reader.copy_to(held / BOOKS)
    _copy_settings(folder, held)


def must_be_embedded(folder: Path) -> None:
    """Raises `NotReady` for a hub with a store on a server, and says what to use instead; also with every mistake in its hub.toml."""
    found = configuration_of(folder)
    if (found.ledger, found.journal) == ("sqlite", "sqlite"):
        return
    raise NotReady(
        f"{folder} keeps its books on {found.ledger} and its journal on {found.journal}; this copies embedded stores alone. "
        "PostgreSQL: pg_basebackup and an archive of its WAL, restored to one instant, never journal and books to two. TigerBeetle: its replicas "
        "are its copies; a lost one is made again by `tigerbeetle recover`, and a point in time does not exist. Copy the folder itself "
        "(lists, rulebooks, seen, hub.toml) while the hub is closed"
    )


def _must_hold_a_hub(folder: Path) -> None:
    must_be_embedded(folder)
    for name in (JOURNAL, BOOKS):
        if not (folder / name).exists():
            raise NotReady(f"{folder} holds no {name} of a hub")


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """A folder beside `target` that becomes it when all went well. What an earlier, interrupted attempt left there is removed.

    Raises `NotReady` while another process writes there.
    """
    draft = target.with_name(target.name + _UNFINISHED)
    draft.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(draft / WRITING, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise NotReady(f"another process writes {draft}") from fault
        for path in draft.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != WRITING:
                path.unlink()
        yield draft
        (draft / WRITING).unlink()
        if target.exists():
            target.rmdir()
        draft.replace(target)
        sync_folder(target.parent)
    finally:
        os.close(lock)


def _copy_seen(source: Path, target: Path) -> None:
    """Copy the sealed files. While the hub merges some, what is copied is looked up again: it removes files as well as adding them."""
    for _ in range(_SEEN_TRIES):
        shutil.rmtree(target, ignore_errors=True)
        try:
            for path in sorted(source.glob("*/*.segment")):
                _copy_file(path, target / path.relative_to(source))
            return
        except FileNotFoundError:
            continue
    raise NotReady(f"{source} changes faster than it can be copied; try again")


def settings_of(folder: Path) -> list[Path]:
    """What a hub's folder says to its stores and its doors: `hub.toml`, `api.toml`, `webhooks.toml`, and the authorities' certificates beside them.

    A file with a private key in it is none of them.
    """
    told = [path for path in folder.iterdir() if path.suffix in (".toml", ".pem") and path.is_file()]
    return sorted(path for path in told if b"PRIVATE KEY" not in path.read_bytes())


def _copy_settings(folder: Path, held: Path) -> None:
    for name in _TREES:
        found = [path for path in (folder / name).rglob("*") if path.is_file() and not _is_draft(path.relative_to(folder))]
        # What names other files goes first: they were there before it.
        for path in sorted(found, key=lambda path: (path.suffix != ".json", path)):
            _copy_file(path, held / path.relative_to(folder))
    for path in settings_of(folder):
        _copy_file(path, held / path.name)
    if (folder / ACCESS).exists():
        with closing(sqlite3.connect(f"{(folder / ACCESS).absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(held / ACCESS),))


def _is_draft(path: Path) -> bool:
    return any(part.endswith(".draft") for part in path.parts)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def check_journal(path: Path) -> Stand:
    """Walk a journal's copy, chain and contents, and say where it stands. Raises `WrongStore`, `BrokenChain`."""
    with JournalCopy(path) as journal:
        verify(journal.links())
        verify_contents(journal)
        return stand_of(journal)


def stand_of(journal: JournalCopy) -> Stand:
    number, digest = journal.head()
    last = next(journal.links(number), None)
    stored = journal.record("hub", "counters")
    counters = msgspec.msgpack.decode(stored, type=Counters) if stored is not None else Counters()
    return Stand(number, digest.hex(), last.instant if last is not None else 0, counters.intent, counters.payment - 1)


def check_books(path: Path, stand: Stand, progress: Progress) -> tuple[LogFound, int]:
    """Walk a log's copy; what it holds, and how many of its rows a journal that stands there knows. Raises `UnreadableLog`."""
    with LogReader(path, still=True) as reader:
        found = walk_log(reader, lambda row: progress("books", row))
        if found.damage:
            one = found.damage[0]
            raise UnreadableLog(f"row {one.first} of the books' log {one.why}; the {found.rows} rows before it hold")
        return found, rows_before(reader, stand.next_intent, stand.instant)


def seal(
    draft: Path,
    release: str,
    now: Instant,
    stand: Stand,
    found: LogFound,
    known: int,
    progress: Progress,
    *,
    salvaged: bool = False,
) -> Manifest:
    """Write the manifest of what stands in `draft`, and bring all of it to the disk."""
    files: dict[str, HeldFile] = {}
    for path in sorted((draft / HELD).rglob("*")):
        if path.is_file():
            progress("files", len(files))
            path.chmod(0o600)
            files[str(path.relative_to(draft / HELD))] = _held_file(path)
    manifest = Manifest(FORM, release, utc_text(now), salvaged, stand, found.rows, known, found.digest.hex(), files)
    manifest = msgspec.structs.replace(manifest, seal=_seal_of(manifest))
    place = draft / MANIFEST
    place.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    for path in [place, *(draft / HELD / name for name in files)]:
        _sync_file(path)
    for folder in [draft, draft / HELD, *(path for path in (draft / HELD).rglob("*") if path.is_dir())]:
        sync_folder(folder)
    return manifest


def _held_file(path: Path) -> HeldFile:
    with path.open("rb") as file:
        return HeldFile(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _seal_of(manifest: Manifest) -> str:
    bare = msgspec.structs.replace(manifest, seal="")
    return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()


def check_backup(source: Path, progress: Progress | None = None) -> Manifest:
    """Check that a backup is what its manifest says, file by file. Changes nothing.

    Raises `NotReady` when there is no manifest, `BrokenBackup` with the place of whatever differs.
    """
    told = progress or silent
    path = source / MANIFEST
    if not path.exists():
        raise NotReady(f"{source} holds no {MANIFEST}: it is no backup, or one that was not finished")
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise BrokenBackup(f"{path}: {fault}") from fault
    if manifest.form != FORM:
        raise BrokenBackup(f"{path} is of form {manifest.form}, this release reads form {FORM}")
    if manifest.seal != _seal_of(manifest):
        raise BrokenBackup(f"{path} does not have the seal that it states")
    there = {str(one.relative_to(source / HELD)) for one in (source / HELD).rglob("*") if one.is_file()}
    for name in sorted(there - manifest.files.keys()):
        raise BrokenBackup(f"{source / HELD / name} is not of this backup")
    for number, (name, stated) in enumerate(manifest.files.items()):
        told("checking", number)
        if name not in there:
            raise BrokenBackup(f"{source / HELD / name} is missing")
        if _held_file(source / HELD / name) != stated:
            raise BrokenBackup(f"{source / HELD / name} is damaged{_place(source / HELD, name)}")
    return manifest


def _place(held: Path, name: str) -> str:
    """Where in a store the damage is, as far as can be told."""
    try:
        if name == BOOKS:
            check_books(held / BOOKS, Stand(0, "", 1 << 62, 1 << 62, 0), silent)
        elif name == JOURNAL:
            check_journal(held / JOURNAL)
    except (UnreadableLog, WrongStore, BrokenChain) as fault:
        return f": {fault}"
    except Exception as fault:
        # Whatever a damaged page makes the reading stumble over, the file is refused by its digest anyway: this only says where.
        return f": {type(fault).__name__}: {fault}"
    return ""


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


sync_folder = _sync_file


def silent(_what: str, _done: int) -> None:
    return
