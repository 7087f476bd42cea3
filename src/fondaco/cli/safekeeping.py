"""What keeps a hub from being lost: backup, restore, and the doctor who says what of a damaged one can be saved."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from cyclopts import Parameter

from fondaco import __version__
from fondaco.cli.terminal import HERE, Folder, Json, Misused, app, console, errors, show
from fondaco.core import Instant, instant_of
from fondaco.hub import Examination, NotReady, Until, examine, restore_backup, save_what_holds, take_backup


@contextmanager
def _watched(doing: str) -> Iterator[Any]:
    """Where a person watches, a line on standard error that says what is done just now."""
    with errors.status(f"{doing} ...") as status:
        try:
            yield lambda what, done: status.update(f"{doing}: {what} {done:,}" if done else f"{doing}: {what}")
        except OSError as fault:
            raise NotReady(f"{doing}: {fault}; nothing was put into place") from fault


@app.command
def backup(target: Path, *, hub: Folder = HERE, json: Json = False) -> None:
    """Copy a hub, running or not, to the new folder TARGET: one consistent cut, checked before it gets its name.

    What it holds is as confidential as the hub itself: names, messages, the salts of the journal, hub.toml. No private key is in it.
    """
    with _watched("backup") as told:
        made = take_backup(hub, target, __version__, Instant(time.time_ns()), told)
    facts = {
        "backup": str(target),
        "batch": made.journal.batch,
        "hash": made.journal.hash,
        "transfers_from_rows": made.rows_known,
        "rows_cut_at_restore": made.rows_held - made.rows_known,
        "files": len(made.files),
        "bytes": sum(one.size for one in made.files.values()),
    }
    show(
        json,
        facts,
        lambda: console.print(
            f"batch {made.journal.batch} ({made.journal.hash[:16]}), {made.rows_known:,} rows of the books' log, "
            f"{facts['bytes']:,} bytes in {facts['files']} files: {target}\nkeep it as confidential as the hub",
            soft_wrap=True,
        ),
    )


@app.command
def restore(source: Path, folder: Path, *, until: str | None = None, base: Path | None = None, json: Json = False) -> None:
    """Put a hub up in the new folder FOLDER from the backup SOURCE. It gets that name once its books were proved.

    `--until BATCH` or `--until 2026-11-24T03:00:00Z` ends with an earlier batch: everything is decided again up to there, from the
    beginning or from the earlier backup `--base`, and must come to the same journal. Members and agents still know what came after.
    """
    with _watched("restore") as told:
        made = restore_backup(source, folder, until=_until(until), base=base, progress=told)
    again = f", {made.decided_again:,} batches decided again" if made.decided_again else ""
    cut = f", {made.rows_cut} rows cut that its journal does not know" if made.rows_cut else ""
    show(
        json,
        made,
        lambda: console.print(
            f"{folder}: batch {made.batch} ({made.hash[:16]}) of {made.instant}{again}{cut}\n"
            f"proved: {made.proof.transfers:,} transfers give the balances of all {made.proof.accounts} accounts",
            soft_wrap=True,
        ),
    )


def _until(text: str | None) -> Until | None:
    if text is None:
        return None
    try:
        found = Until(batch=int(text)) if text.isdigit() else Until(instant=int(instant_of(text)))
    except ValueError:
        raise Misused(f"--until is a batch's number or an ISO 8601 instant, not {text!r}") from None
    if not (found.batch or found.instant):
        raise Misused("--until is a batch from 1 on")
    return found


@app.command
def doctor(
    folder: Annotated[Path, Parameter(name=["--folder", "--hub", "-C"], help="The hub's folder.", env_var="FONDACO_HUB")] = HERE,
    *,
    backup: Path | None = None,
    save_to: Path | None = None,
    json: Json = False,
) -> None:
    """Say of the hub in FOLDER, which must be closed, what holds, where the first damage is, and what to do. Exit code 1 for damage.

    Works on a scratch copy (in TMPDIR, as large as the hub) and changes nothing. `--backup` is asked whether it covers what is lost.
    `--save-to DIR` writes what holds to a new folder, from which `restore` decides everything again.
    """
    with TemporaryDirectory(prefix="fondaco-doctor-") as scratch, _watched("doctor") as told:
        found = examine(folder, Path(scratch), backup, told)
        if save_to is not None:
            save_what_holds(folder, Path(scratch), found, save_to, __version__, Instant(time.time_ns()), told)
    show(json, found, lambda: _tell(found, save_to))
    if found.faults:
        sys.exit(1)


def _tell(found: Examination, saved: Path | None) -> None:
    if found.books is not None:
        console.print(
            f"books: {found.books.rows:,} rows of the log hold, {found.books.events:,} transfer events, {found.books.last_row:,} rows in all"
        )
    if found.journal is not None:
        console.print(f"journal: batches 1 to {found.journal.holds:,} hold, {found.journal.batches:,} in all")
    for fault in found.faults:
        console.print(f"  [red]damage[/red]  {fault}", highlight=False, soft_wrap=True)
    for note in found.notes:
        console.print(f"  note    {note}", highlight=False, soft_wrap=True)
    if saved is not None:
        console.print(f"what holds was saved to {saved}", highlight=False, soft_wrap=True)
    for line in found.advice:
        console.print(f"  do      {line}", highlight=False, soft_wrap=True)
