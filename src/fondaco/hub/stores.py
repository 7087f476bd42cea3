"""Where a hub keeps its books and its journal: in its folder, or on a PostgreSQL server that FOLDER/stores.toml names.

    journal = "host=db1,db2 dbname=straits user=hub"
    books   = "host=db1,db2 dbname=straits user=hub"

A word that is not there stands for the folder. It is a file of the folder and no setting of the process: a hub that was opened once
without the setting would begin an empty journal beside the true one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from fondaco.journal import Journal, JournalFile, glance, glance_meta
from fondaco.ledger import Engine, SqliteEngine

FILE = "stores.toml"


class NotReady(Exception):
    """The folder does not hold what a hub needs; the text says what, where, and what to do."""


class Stores(msgspec.Struct, frozen=True):
    """The stores of one hub; "" for the folder, else the address of a database."""

    folder: Path
    journal: str = ""
    books: str = ""

    # The driver of PostgreSQL is an extra: its stores are imported when one is asked for.

    def open_journal(self) -> Journal:
        """Raises `JournalLocked`, `WrongStore`, `JournalUnavailable`."""
        if not self.journal:
            return JournalFile(self.folder)
        from fondaco.journal import PostgresJournal

        return PostgresJournal(self.journal)

    def open_books(self) -> Engine:
        """Raises `BooksLocked`, `BrokenBooks`, `EngineUnavailable`."""
        if not self.books:
            return SqliteEngine(self.folder / "books")
        from fondaco.ledger import PostgresEngine

        return PostgresEngine(self.books)

    def glance(self, kind: str, key: str) -> bytes | None:
        """One record of the journal, read beside the hub that may hold it open; None where there is none."""
        if not self.journal:
            return glance(self.folder, kind, key)
        from fondaco.journal import glance_postgres

        return glance_postgres(self.journal, kind, key)

    def glance_meta(self, key: str) -> bytes | None:
        """What the journal's `meta` would say, read in the same way."""
        if not self.journal:
            return glance_meta(self.folder, key)
        from fondaco.journal import glance_meta_postgres

        return glance_meta_postgres(self.journal, key)


def stores_of(folder: Path) -> Stores:
    """What `stores.toml` says. Raises `NotReady` for one with mistakes, and for a store that stands in the folder and is named on a server."""
    path = folder / FILE
    if not path.exists():
        return Stores(folder)
    try:
        words = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise NotReady(f"{path}: {fault}") from fault
    for word, value in words.items():
        if word not in ("journal", "books") or not isinstance(value, str) or not value.strip():
            raise NotReady(f'{path}: {word} is none of `journal = "address"` and `books = "address"`')
    found = Stores(folder, words.get("journal", ""), words.get("books", ""))
    for address, here in ((found.journal, folder / "journal.sqlite"), (found.books, folder / "books" / "books.sqlite")):
        if address and here.exists():
            raise NotReady(f"{path} names a server, and {here} is there: a store is not moved by naming another")
    return found
