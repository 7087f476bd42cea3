"""Makes the tables of disclosure of a day from a copy of the journal, so that the hub does not wait for them."""

from __future__ import annotations

import asyncio
import tempfile
from collections import OrderedDict
from pathlib import Path

import msgspec

from fondaco.journal import JournalCopy, copy_journal
from fondaco.reporting import TABLES, log_of, tables_of, write_evidence

# So many days are remembered.
_REMEMBERED_MAX = 8


class Table(msgspec.Struct, frozen=True):
    """One table: its columns, and the rows in their order, all as texts. Amounts are whole minor units, shares millionths."""

    table: str
    columns: list[str]
    rows: list[list[str]]


class Disclosure(msgspec.Struct, frozen=True):
    """The tables of disclosure of a day: volumes, netting, concentration, queue, operation, outcomes, speed, cost; `lineage` leads from each row to the entries (link and place) that
    it rests on."""

    day: str
    batch: int
    tables: list[Table]


class Disclosures:
    """Makes tables one day at a time, and remembers the last ones."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._made: OrderedDict[tuple[str, int], Disclosure | None] = OrderedDict()

    async def of(self, journal: Path, day: str, batch: int) -> Disclosure | None:
        """The tables of a day by the journal up to `batch`; None for a day that never opened."""
        async with self._lock:
            if (day, batch) not in self._made:
                self._made[day, batch] = await asyncio.to_thread(_made, journal, day, batch)
            if len(self._made) > _REMEMBERED_MAX:
                self._made.popitem(last=False)
            return self._made[day, batch]


def _made(journal: Path, day: str, batch: int) -> Disclosure | None:
    with tempfile.TemporaryDirectory(prefix="fondaco-disclosure-") as scratch:
        copy_journal(journal, Path(scratch) / "journal.sqlite")
        copy = JournalCopy(Path(scratch) / "journal.sqlite")
        try:
            days, tree = log_of(copy, day)
            if days is None:
                return None
            write_evidence(Path(scratch) / "evidence.sqlite", copy, tree, days)
        finally:
            copy.close()
        found = tables_of(Path(scratch) / "evidence.sqlite")
    tables = []
    for name in TABLES:
        columns = list(found[name][0]) if found[name] else []
        tables.append(
            Table(name, columns, [["" if row[one] is None else str(row[one]) for one in columns] for row in found[name]])
        )
    return Disclosure(day, batch, tables)
