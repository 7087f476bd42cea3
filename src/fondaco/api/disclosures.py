"""Has the tables of disclosure of a day made by a process of their own, so that the hub does not wait for them."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections import OrderedDict
from pathlib import Path

import msgspec

from fondaco.api.problem import Problem
from fondaco.hub import Disclosed, disclosing_command
from fondaco.reporting import TABLES

# So many days are remembered; so long may it take to make them, in seconds.
_REMEMBERED_MAX, MADE_WITHIN_S = 8, 300


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
        """The tables of a day by the journal up to `batch`; None for a day that never opened. Raises `Problem` where they could not be made now, `TimeoutError` where that took
        too long."""
        async with self._lock:
            if (day, batch) not in self._made:
                self._made[day, batch] = await _made(journal, day, batch)
            if len(self._made) > _REMEMBERED_MAX:
                self._made.popitem(last=False)
            return self._made[day, batch]


async def _made(journal: Path, day: str, batch: int) -> Disclosure | None:
    process = await asyncio.create_subprocess_exec(
        *disclosing_command(journal, day, lineage=True), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), MADE_WITHIN_S)
    finally:
        if process.returncode is None:  # it took too long, or whoever asked is let go with the server
            process.kill()
    if process.returncode != 0:
        raise Problem("busy", "the journal could not be read now", headers={"Retry-After": "5"})
    found = msgspec.json.decode(out, type=Disclosed).tables
    if not found:
        return None
    tables = []
    for name in TABLES:
        columns = list(found[name][0]) if found[name] else []
        tables.append(
            Table(name, columns, [["" if row[one] is None else str(row[one]) for one in columns] for row in found[name]])
        )
    return Disclosure(day, batch, tables)
