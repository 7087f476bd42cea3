"""Hubs so small that everything that can happen to them is tried: the real hub, on an image of its stores.

A state is what would be on the disks between two batches, and the time. A deed is a batch handed to a hub that was opened from there, so
every state was also recovered. The stores keep their own code, and lie in memory: SQLite's file for the journal, the log for the books.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from fondaco.core import Instant
from fondaco.hub import Command, Hub, Rulebooks
from fondaco.hub.build import Screeners
from fondaco.journal import Inputs, JournalFile, Mail, Outcomes, Seen
from fondaco.ledger import Account, MemoryEngine, SqliteEngine, Transfer
from fondaco.ledger.kernel import State
from fondaco.ledger.log import Row
from union import Desk

# Two currencies, a bank in each, one that changes them, and the two settlement agents.
KEPT = ("ZZBASG01", "ZZBATH01", "ZZFXSG01", "ZZCBSG00", "ZZCBTH00")
FX, CBSG, CBTH = KEPT[2:]
# Where SQLite's header says that a file has a write-ahead log, which none in memory can have.
_HAS_LOG, _NO_LOG = slice(18, 20), b"\x01\x01"


def small(home: Path, more: tuple[str, ...] = ()) -> None:
    """Cut `straits` down to what `KEPT` and `more` name, with one cycle that is cut off at 01:15 and no fees that differ."""
    bics = (*KEPT, *more)
    path = home / "participants.toml"
    head, *blocks = path.read_text().split("[[participants]]")
    text = head + "".join("[[participants]]" + block for block in blocks if any(f'bic = "{bic}"' in block for bic in bics))
    text = re.sub(r"currencies = \[.*\]", 'currencies = ["SGD", "THB"]', text)
    path.write_text(re.sub(r"caps = \{ IDR.*\}", 'caps = { SGD = "1000", THB = "30000" }', text))
    path = home / "currencies.toml"
    head, *blocks = path.read_text().split("[currencies.")
    path.write_text(head + "".join("[currencies." + block for block in blocks if block[:3] in ("SGD", "THB")))
    for path in sorted((home / "calendars").iterdir()):
        parts = re.split(r"^(?=\[[A-Z])", path.read_text(), flags=re.M)
        path.write_text("".join(part for part in parts if part[:4] in ("[SGD", "[THB")))
    path = home / "union.toml"
    parts = [
        part for part in re.split(r"^(?=\[)", path.read_text(), flags=re.M) if not part.startswith(("[[purposes", "[[cycles"))
    ]
    fees = [
        part
        for part in parts
        if part.startswith("[[tariffs") and (part.count('"SGD"') + part.count('"THB"')) * part.count("flat")
    ]
    kept = [part for part in parts if not part.startswith("[[tariffs") or (part in fees and "purpose" not in part)]
    path.write_text("".join(kept) + "\n[[cycles]]\nnumber = 1\ncut_off = 01:15:00\n")


class _NothingToFold:
    """What is in memory has no write-ahead log."""

    def written(self, writer: sqlite3.Connection) -> None:
        """A commit is all there is."""

    def close(self) -> None:
        """Nothing waits."""


class JournalInMemory(JournalFile):
    """The journal of a file, whose file is an image in memory. `begun` is the image when a batch's inputs were kept last, while it is `watched`."""

    watched = True

    def __init__(self, image: bytes) -> None:
        self.path = Path("in memory")
        self.begun = image
        self._failed, self._checkpointer = False, _NothingToFold()
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.deserialize(image)

    def commit(self, outcomes: Outcomes | None = None, inputs: Inputs | None = None) -> None:
        super().commit(outcomes, inputs)
        if inputs is not None and self.watched:
            self.begun = self.image()

    def image(self) -> bytes:
        return self._connection.serialize()

    def content(self) -> bytes:
        """A digest of everything that it keeps, row by row."""
        tables = ("link", "payment", "record", "mail", "inputs")
        rows = [self._connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]
        return hashlib.sha256(repr(rows).encode()).digest()

    def close(self) -> None:
        self._connection.close()


class BooksInMemory(MemoryEngine):
    """Books from a snapshot after the first `known` rows of their log. `calls` are their images after each call of the batch in hand."""

    def __init__(self, rows: Sequence[Row], snapshot: State | None = None, known: int = 0) -> None:
        super().__init__()
        self.calls: list[tuple[Row, ...]] = []
        self._told: tuple[bytes, list[tuple[int, Transfer, int]]] = b"", []
        if snapshot is not None:
            self._kernel.restore(snapshot)
        self._rows.extend(rows[:known])
        for row in rows[known:]:
            self._rows.append(row)
            self._apply(row)
        self._last, self._digest = rows[-1].seq, rows[-1].digest

    def image(self) -> tuple[Row, ...]:
        return tuple(self._rows)

    def history(self) -> Iterator[tuple[int, Transfer, int]]:
        """As the engine's, made once for one log."""
        if self._told[0] != self._digest:
            self._told = self._digest, list(super().history())
        return iter(self._told[1])

    def snapshot(self) -> State:
        return self._kernel.state()

    def create_accounts(self, accounts: Sequence[Account], at_ns: int) -> list[int]:
        statuses = super().create_accounts(accounts, at_ns)
        self.calls.append(self.image())
        return statuses

    def create_transfers(self, transfers: Sequence[Transfer], at_ns: int) -> list[int]:
        statuses = super().create_transfers(transfers, at_ns)
        self.calls.append(self.image())
        return statuses


class Image(NamedTuple):
    """What would be on the disks between two batches, and the time; within a batch, what a process that died then would leave."""

    journal: bytes
    books: tuple[Row, ...]
    now: int


class Opened:
    """A hub that was opened from an image, and its stores."""

    def __init__(self, hub: Hub, journal: JournalInMemory, books: BooksInMemory, now: int) -> None:
        self.hub, self.journal, self.books, self.now = hub, journal, books, now

    def play(self, commands: Sequence[Command], now: int) -> list[Mail]:
        """Decide and keep one batch; returns its mail."""
        self.books.calls = [self.books.image()]
        self.now = now
        self.hub.process(commands, Instant(now))
        self.hub.flush()
        return self.hub.take_mail()

    def image(self) -> Image:
        return Image(self.journal.image(), self.books.image(), self.now)

    def deaths(self) -> list[Image]:
        """What the process would have left, had it died in its last batch: after the inputs were kept, and after each call of the books."""
        return [Image(self.journal.begun, books, self.now) for books in self.books.calls]

    def content(self) -> tuple[bytes, list[tuple[int, tuple[int, ...]]]]:
        """All that journal and books say, for a comparison."""
        return self.journal.content(), [(account.id, tuple(balance)) for account, balance in self.books.accounts()]


class Ground:
    """A small union's hub, laid out once by `prepare`: where every world begins."""

    def __init__(
        self, folder: Path, prepare: Callable[[Desk], None], *, prefund: str, amend: Callable[[Path], None] = small
    ) -> None:
        desk = Desk(folder, amend=amend, prefund=prefund)
        prepare(desk)
        self.rules, self.version, now = desk.rules, desk.hub.desk.counters.rulebook, desk.now
        self.mail = desk.inbox
        desk.close()
        journal = bytearray((folder / "journal.sqlite").read_bytes())
        journal[_HAS_LOG] = _NO_LOG
        books = SqliteEngine(folder / "books")
        rows = tuple(books._all_rows())
        books.close()
        self._snapshot, self._known = BooksInMemory(rows).snapshot(), len(rows)
        self.image = Image(bytes(journal), rows, now)
        self._rulebooks, self._screeners = Rulebooks(folder), Screeners(folder)

    def open(self, image: Image) -> Opened:
        """The hub on an image of its stores, repaired if it was interrupted."""
        journal, books = JournalInMemory(image.journal), BooksInMemory(image.books, self._snapshot, self._known)
        seen = Seen(None), Seen(None)
        hub = Hub(self._rulebooks, self.version, journal, books, *seen, self._screeners, lambda batch: batch.to_bytes(32, "big"))
        return Opened(hub, journal, books, image.now)
