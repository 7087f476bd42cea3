"""The tables of disclosure of a day in a process of its own, from a copy of the journal's file, so that a hub that is at work is not kept waiting.

python -m fondaco.hub.disclosing JOURNAL DAY [lineage]     # the tables as JSON, with the last link that they rest on
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import msgspec

from fondaco.journal import JournalCopy, WrongStore, copy_journal
from fondaco.reporting import log_of, tables_of, write_evidence

NICE = 10
LINEAGE = "lineage"


class Disclosed(msgspec.Struct, frozen=True):
    """The tables of a business day, each row by column, and the journal's last link when they were made. `tables` is empty for a day that never opened. `lineage`, where
    it was asked for, leads from each row to the entries that it rests on."""

    day: str
    size: int
    tables: dict[str, list[dict[str, str | int | None]]]


def disclosing_command(journal: Path, day: str, *, lineage: bool = False) -> list[str]:
    """The process that makes them."""
    return [sys.executable, "-m", "fondaco.hub.disclosing", str(journal), day, *([LINEAGE] if lineage else [])]


def disclosed(journal: Path, day: str, lineage: bool = False) -> Disclosed:
    """Raises `WrongStore`, `OSError`."""
    with tempfile.TemporaryDirectory(prefix="fondaco-disclosing-") as scratch:
        copy, store = Path(scratch) / "journal.sqlite", Path(scratch) / "evidence.sqlite"
        copy_journal(journal, copy)
        with JournalCopy(copy) as read:
            days, tree = log_of(read, day)
            if days is None:
                return Disclosed(day, tree.size, {})
            write_evidence(store, read, tree, days)
        return Disclosed(day, tree.size, {name: rows for name, rows in tables_of(store).items() if lineage or name != LINEAGE})


def main() -> int:
    os.nice(NICE)
    try:
        found = disclosed(Path(sys.argv[1]), sys.argv[2], LINEAGE in sys.argv[3:])
    except (WrongStore, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
