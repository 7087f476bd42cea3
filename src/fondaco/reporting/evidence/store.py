"""Writes a day's evidence: links, entries, what came in and went out, and the payments that the day touched.

Everything stands in one SQLite file with the views of `tables.sql`; the tables of disclosure are views over the entries, so that each row leads back
to the entries that it rests on (`lineage`). Nothing is reckoned in Python that the file could not reckon again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, Protocol

from fondaco.core import CURRENCIES
from fondaco.journal import Inputs, Link, Mail, Tree, sided
from fondaco.payments import DECODER, Payment

# In the order in which a reader wants them; `lineage` last.
TABLES = ("volumes", "netting", "concentration", "queue", "operation", "outcomes", "speed", "cost", "lineage")
_NANO = 1_000_000_000


class Read(Protocol):
    """What is read of a journal: the hub's own, or a copy of one."""

    def links(self, first: int = 1) -> Iterator[Link]: ...

    def inputs_of(self, batch: int) -> Inputs | None: ...

    def mail_of(self, batch: int) -> Iterator[Mail]: ...

    def payment(self, number: int) -> bytes | None: ...


class DayRange(NamedTuple):
    """The links of a business day, from the one that opened it to the last before the next day opened; `size` links are there in all."""

    day: str
    first: int
    last: int
    size: int


def log_of(journal: Read, day: str) -> tuple[DayRange | None, Tree]:
    """The log of all links, and where a business day (YYYY-MM-DD) stands in it: None for a day that never opened. One walk over the journal."""
    tree = Tree()
    first = last = size = 0
    for one in journal.links():
        tree.append(one.hash)
        size = one.number
        if b"OPENED" not in one.encoded:
            continue
        opens = [entry.subject for entry in one.entries() if entry.event == "OPENED" and entry.subject.startswith("day ")]
        if f"day {day}" in opens:
            first = first or one.number
        elif opens and first and not last:
            last = one.number - 1
    return (DayRange(day, first, last or size, size) if first else None), tree


def write_evidence(path: Path, journal: Read, tree: Tree, days: DayRange) -> None:
    """Write the store of a day to the new file `path`. `tree` is the log of all links of the journal."""
    views = files("fondaco.reporting.evidence").joinpath("tables.sql").read_text()
    with closing(sqlite3.connect(path)) as store, store:
        store.executescript(views)
        store.execute("INSERT INTO head VALUES (?,?,?)", (days.size, tree.root(days.size), days.day))
        store.executemany("INSERT INTO currency VALUES (?,?)", [(code, one.exponent) for code, one in sorted(CURRENCIES.items())])
        touched: set[int] = set()
        for one in _links(journal, days):
            store.execute(
                "INSERT INTO link VALUES (?,?,?,?,?,?,?,?)",
                (one.number, one.instant, one.previous, one.hash, one.form, one.inputs, one.mail, one.encoded),
            )
            touched |= _entries(store, one)
            inputs = journal.inputs_of(one.number)
            if inputs is not None:
                row = (one.number, inputs.first_intent, inputs.list_set, inputs.commands, inputs.salt)
                store.execute("INSERT INTO input VALUES (?,?,?,?,?)", row)
            mail = [(m.seq, one.number, m.recipient, m.kind, m.subject, m.raw) for m in journal.mail_of(one.number)]
            store.executemany("INSERT INTO mail VALUES (?,?,?,?,?,?)", mail)
        for number in {days.first, days.last}:
            path_up = sided(number - 1, days.size, tree.inclusion(number - 1, days.size))
            store.executemany("INSERT INTO path VALUES (?,?,?,?)", [(number, at, *step) for at, step in enumerate(path_up)])
        for number in sorted(touched):
            raw = journal.payment(number)
            assert raw is not None, "a payment of the journal is kept"
            store.execute(f"INSERT INTO payment VALUES ({','.join('?' * 15)})", _payment(DECODER.decode(raw)))  # noqa: S608


def _links(journal: Read, days: DayRange) -> Iterator[Link]:
    for one in journal.links(days.first):
        if one.number > days.last:
            return
        yield one


def _entries(store: sqlite3.Connection, link: Link) -> set[int]:
    """The entries of a link and the steps that they say; the numbers of the payments among them."""
    touched = set()
    for place, entry in enumerate(link.entries()):
        row = (link.number, place, entry.subject, entry.event, entry.article, entry.facts)
        store.execute("INSERT INTO entry VALUES (?,?,?,?,?,?)", row)
        kind, _, name = entry.subject.partition(" ")
        if kind == "payment":
            touched.add(int(name))
            steps = zip(entry.event.split(" "), entry.article.split(" "), strict=False)
            rows = [(link.number, place, at, int(name), event, article) for at, (event, article) in enumerate(steps)]
            store.executemany("INSERT INTO step VALUES (?,?,?,?,?,?)", rows)
        elif (entry.subject, entry.event) == ("reference rates", "POSTED"):
            store.executemany(
                "INSERT OR REPLACE INTO reference VALUES (?,?,?,?,?)",
                [(link.number, place, *pair.split("/"), _nano(rate)) for pair, rate in _rates(entry.facts)],
            )
    return touched


def _rates(facts: str) -> Iterator[tuple[str, str]]:
    """`BRL/INR 17.47 of 2026-10-30 INR/BRL ...`: pairs with their rates."""
    words = facts.split(" ")
    return ((words[at], words[at + 1]) for at, word in enumerate(words) if "/" in word and at + 1 < len(words))


def _nano(rate: str) -> int:
    """A rate in thousand millionths, cut off."""
    return int(Decimal(rate) * _NANO)


def _payment(one: Payment) -> tuple[object, ...]:
    locked = one.locked
    changes = locked is not None and one.source_currency != one.target_currency
    return (
        one.number, one.uetr, one.sender[:8], one.creditor_agent[:8], int(one.urgent), one.received_at,
        one.source_currency, one.source_minor, one.target_currency, one.target_minor, one.fee_minor, one.cycle,
        locked.provider[:8] if changes and locked else "", _nano(str(locked.rate)) if changes and locked else 0, one.intent,
    )  # fmt: skip


def tables_of(path: Path) -> dict[str, list[dict[str, str | int | None]]]:
    """Every table of disclosure of the store at `path`: its rows, by column."""
    found = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        for name in TABLES:
            rows = store.execute(f"SELECT * FROM {name if name == 'lineage' else f'table_{name}'}")  # noqa: S608
            columns = [one[0] for one in rows.description]
            found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found
