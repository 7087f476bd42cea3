"""Puts a hub up again from a backup, whole or as it was after an earlier batch; it opens only after its books were proved.

A restore to the end copies what the backup holds, cuts from the books what the journal does not know of, and lets the hub decide once
more what was begun. A restore to an earlier batch decides everything again from the inputs that the journal kept, from the beginning
or from an earlier backup (`base`): each batch must come to the link that it had, which commits to inputs and mail.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from fondaco.core import Instant, utc_text
from fondaco.hub.backup import (
    ACCESS,
    BOOKS,
    HELD,
    JOURNAL,
    BrokenBackup,
    Manifest,
    Progress,
    check_backup,
    settings_of,
    silent,
    sync_folder,
    unfinished,
)
from fondaco.hub.build import UNPROVED, NotReady, close_hub, open_hub
from fondaco.hub.hub import Hub
from fondaco.hub.proving import HubProof, prove_hub
from fondaco.journal import Inputs, JournalCopy, Link
from fondaco.ledger import LogReader, SqliteEngine, copy_rows, cut_log, rows_before


class Until(msgspec.Struct, frozen=True):
    """Where a restore ends: with a batch by its number, or with the last one decided at or before an instant (ns). One of the two is 0."""

    batch: int = 0
    instant: int = 0


class Restored(msgspec.Struct, frozen=True):
    """What a restore came to: the last batch and its link, rows cut from the books, batches decided again, and the proof."""

    batch: int
    hash: str
    instant: str
    rows_cut: int
    decided_again: int
    proof: HubProof


def restore_backup(
    source: Path, folder: Path, *, until: Until | None = None, base: Path | None = None, progress: Progress | None = None
) -> Restored:
    """Put the hub of a backup up in `folder`, which is absent or empty; it gets that name when its books are proved.

    `until` says which batch is the last; None is all. Restoring the same backup again, elsewhere, gives the same journal and the same
    balances. A kill leaves `folder` as it was.

    Raises `NotReady` when `folder` holds something, when `until` or `base` do not fit, or when inputs were erased; `BrokenBackup` when the
    backup is damaged, a batch does not come to its link, or the restored hub does not hold.
    """
    told: Progress = progress or silent
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotReady(f"{folder} is not empty; a hub is restored to a folder of its own")
    manifest = check_backup(source, told)
    with JournalCopy(source / HELD / JOURNAL) as journal:
        last = _last_link(journal, manifest, until)
    if last is None and base is not None:
        raise NotReady("--base serves a restore to an earlier batch; a restore to the end needs the backup alone")
    with unfinished(folder) as draft:
        (draft / UNPROVED).write_text("This hub is being restored; it is removed and restored again if this file stays.\n")
        if last is None:
            cut = _copy(source, draft, manifest)
            again = 0
        else:
            cut = 0
            again = _decide_again(source, draft, last, base, told)
        restored = _prove(draft, source, manifest, last, cut, again, told)
        (draft / UNPROVED).unlink()
        for path in [draft, *(one for one in draft.rglob("*") if one.is_dir())]:
            sync_folder(path)
    return restored


def _last_link(journal: JournalCopy, manifest: Manifest, until: Until | None) -> Link | None:
    """The link at which a restore to an earlier batch ends; None for the end of an undamaged backup."""
    if until is None:
        return next(journal.links(manifest.journal.batch), None) if manifest.salvaged else None
    found = None
    for link in journal.links():
        if (link.number > until.batch) if until.batch else (link.instant > until.instant):
            break
        found = link
    if found is None or (until.batch and found.number != until.batch):
        raise NotReady(f"the backup's journal holds batches 1 to {manifest.journal.batch}, and none of them is asked for")
    return found


def _copy(source: Path, draft: Path, manifest: Manifest) -> int:
    """Copy a backup's files to where a hub has them, cut to what its journal knows; returns the rows cut."""
    shutil.copytree(source / HELD, draft, dirs_exist_ok=True)
    return cut_stores(draft, manifest.journal.payments, manifest.rows_known)


def cut_stores(folder: Path, payments: int, rows: int) -> int:
    """Cut stores that were copied from a hub in its work to what their journal knows: `payments` numbers, `rows` of the books' log. Returns the rows cut."""
    for path in (folder / "seen").glob("*/*.segment"):
        # A sealed file may reach beyond the journal; what it held is read from the journal again.
        if int(path.stem.split("-")[2]) > payments:
            path.unlink()
    return cut_log(folder / BOOKS, rows)


def _decide_again(source: Path, draft: Path, last: Link, base: Path | None, progress: Progress) -> int:
    """Decide batches again up to `last`, on the hub of an earlier backup or on an empty one; returns how many."""
    if base is not None:
        earlier = check_backup(base, progress)
        if earlier.salvaged or earlier.journal.batch > last.number:
            raise NotReady(f"{base} ends with batch {earlier.journal.batch}, after {last.number}; give an earlier backup")
        _copy(base, draft, earlier)
    _lay_lists_and_rulebooks(source, draft, begin=base is None)
    hub = open_hub(draft, unproved=True)
    try:
        with JournalCopy(source / HELD / JOURNAL) as journal:
            count = _replay(hub, journal, last, progress)
    finally:
        close_hub(hub)
    shutil.rmtree(draft / "union")
    shutil.copytree(source / HELD / "union", draft / "union")
    return count


def _lay_lists_and_rulebooks(source: Path, draft: Path, *, begin: bool) -> None:
    for name in ("lists", "rulebooks"):
        shutil.copytree(source / HELD / name, draft / name, dirs_exist_ok=True)
    # Who may enter, and what the doors are told, is that of the backup, whatever batch is asked for.
    for path in [*settings_of(source / HELD), source / HELD / ACCESS]:
        if path.exists():
            shutil.copyfile(path, draft / path.name)
    if begin:
        with JournalCopy(source / HELD / JOURNAL) as journal:
            first = journal.meta("rulebook")
        if first is None:
            raise NotReady("the backup's journal does not say with which rulebook the hub began")
        shutil.copytree(source / HELD / "rulebooks" / first.decode(), draft / "union")


def _replay(hub: Hub, journal: JournalCopy, last: Link, progress: Progress) -> int:
    count = 0
    head, digest = hub.journal.head()
    if head and next(journal.links(head)).hash != digest:
        raise BrokenBackup("the base is of another hub, or of another course of this one: its last link is not in the journal")
    for link in journal.links(head + 1):
        if link.number > last.number:
            break
        inputs = journal.inputs_of(link.number)
        _may_be_decided(inputs, link.number)
        assert inputs is not None
        hub.decide_again(inputs)
        hub.take_mail()
        if hub.journal.head() != (link.number, link.hash):
            raise BrokenBackup(
                f"batch {link.number} came to another end than it had: was it decided by another release? Nothing after batch "
                f"{link.number - 1} can be decided again by this one"
            )
        count += 1
        progress("deciding again", link.number)
    assert hub.journal.head() == (last.number, last.hash), "every batch up to the last was decided"
    return count


def _may_be_decided(inputs: Inputs | None, batch: int) -> None:
    if inputs is None or not inputs.commands:
        raise NotReady(
            f"the inputs of batch {batch} were erased after their retention: give with --base a backup that was taken after that batch"
        )


def _prove(
    draft: Path, source: Path, manifest: Manifest, last: Link | None, cut: int, again: int, progress: Progress
) -> Restored:
    hub = open_hub(draft, unproved=True)
    try:
        proof = prove_hub(hub, lambda done: progress("proving", done))
        faults = list(proof.faults)
        number, digest = hub.journal.head()
        if last is None:
            # What was begun and not ended at the time of the backup has been decided now: one batch more than it says.
            link = next(hub.journal.links(manifest.journal.batch), None) if manifest.journal.batch else None
            if (link.hash.hex() if link is not None else bytes(32).hex()) != manifest.journal.hash:
                faults.append(f"the link of batch {manifest.journal.batch} is not the one that the backup states")
        elif not manifest.salvaged:
            faults += _other_balances(hub, source, last)
        instant = utc_text(Instant(hub.desk.counters.last_instant))
    finally:
        close_hub(hub)
    if faults:
        raise BrokenBackup("the restored hub does not hold and was not put up: " + "; ".join(faults[:5]))
    return Restored(number, digest.hex(), instant, cut, again, proof)


def _other_balances(hub: Hub, source: Path, last: Link) -> list[str]:
    """Where the books that were made again differ from those that the backup's log gives for the same batch."""
    with LogReader(source / HELD / BOOKS, still=True) as reader, TemporaryDirectory(prefix="fondaco-") as scratch:
        rows = rows_before(reader, hub.desk.counters.intent, last.instant)
        copy_rows(reader, Path(scratch) / "books.sqlite", rows)
        kept = SqliteEngine(Path(scratch))
        try:
            then = {account.id: balance for account, balance in kept.accounts() if any(balance)}
        finally:
            kept.close()
    now = {account.id: balance for account, balance in hub.books.accounts() if any(balance)}
    return [
        f"account {key}: the log gives {then.get(key)}, deciding again {now.get(key)}"
        for key in sorted(then.keys() | now.keys())
        if then.get(key) != now.get(key)
    ]
