"""The evidence of a day as one archive, made beside a hub at work: a process of its own copies the hub, opens the copy, and writes from that.

python -m fondaco.hub.bundling HUB DAY ARCHIVE    # what else it needs comes on its standard input; ends with 0, 1 (refused) or 3 (not now)
"""

from __future__ import annotations

import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fondaco.core import Refusal
from fondaco.hub.backup import BOOKS, JOURNAL, copy_stores, must_be_embedded, silent, stand_of
from fondaco.hub.build import NotReady, close_hub, open_hub
from fondaco.hub.disclosing import NICE
from fondaco.hub.evidence import write_bundle
from fondaco.hub.hub import Hub
from fondaco.hub.restoring import cut_stores
from fondaco.journal import JournalCopy, WrongStore
from fondaco.ledger import LogReader, rows_before

REFUSED, NOT_NOW = 1, 3


class Bundling(msgspec.Struct, frozen=True):
    """What the process is told: the key that signs (PEM, P-256, no password), and the head of the log of looks where there is one. A key stands neither in an
    argument nor in the environment: those of a process are read by others."""

    key: str
    looks: tuple[int, str] | None = None


def bundling_command(folder: Path, day: str, archive: Path) -> list[str]:
    """The process that writes the archive of a day (YYYY-MM-DD) of the hub in `folder`."""
    return [sys.executable, "-m", "fondaco.hub.bundling", str(folder), day, str(archive)]


@contextmanager
def copied(folder: Path, place: Path) -> Iterator[Hub]:
    """A hub's copy, opened in the empty folder `place`; the hub itself may be at work, and is not kept waiting.

    What the hub had begun when it was copied is decided in the copy as it is decided there. Raises `NotReady` where a store is on a server, `WrongStore`, `OSError`,
    and whatever opening a hub raises.
    """
    must_be_embedded(folder)
    copy_stores(folder, place, silent)
    with JournalCopy(place / JOURNAL) as journal:
        stand = stand_of(journal)
    with LogReader(place / BOOKS, still=True) as reader:
        known = rows_before(reader, stand.next_intent, stand.instant)
    cut_stores(place, stand.payments, known)
    hub = open_hub(place)
    try:
        yield hub
    finally:
        close_hub(hub)


def write_archive(folder: Path, archive: Path) -> None:
    """Write a bundle's folder as one tar archive: the same files give the same bytes, whoever writes them and when.

    Names are in order, below the folder's own name; owners, permissions and times are not those of this machine. Every time is midnight (UTC) of the day that the
    folder's name ends with.
    """
    midnight = int(datetime.fromisoformat(folder.name[-10:]).replace(tzinfo=UTC).timestamp())

    def plain(one: tarfile.TarInfo) -> tarfile.TarInfo:
        one.uid = one.gid = 0
        one.uname = one.gname = ""
        one.mode, one.mtime = 0o755 if one.isdir() else 0o644, midnight
        return one

    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as made:
        for path in [folder, *sorted(folder.rglob("*"))]:
            made.add(path, path.relative_to(folder.parent).as_posix(), recursive=False, filter=plain)


def bundled(folder: Path, day: str, archive: Path, told: Bundling) -> Refusal | None:
    """Write the evidence of a day as an archive, beside the hub at work. Raises what `copied` raises."""
    key = load_pem_private_key(told.key.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "who asks has a key of P-256"
    with tempfile.TemporaryDirectory(prefix="fondaco-bundling-") as scratch:
        place, written = Path(scratch) / "hub", Path(scratch) / f"evidence-{day}"
        place.mkdir()
        with copied(folder, place) as hub:
            made = write_bundle(hub, day, written, key, None, lambda _: None, told.looks)
        if isinstance(made, Refusal):
            return made
        write_archive(written, archive)
    return None


def main() -> int:
    os.nice(NICE)
    folder, day, archive = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    told = msgspec.json.decode(sys.stdin.buffer.read(), type=Bundling)
    try:
        refusal = bundled(folder, day, archive, told)
    except (NotReady, WrongStore, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return NOT_NOW
    if refusal is not None:
        sys.stderr.write(f"{refusal.sentence()}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
