"""The stores of one hub, opened as `hub.toml` says: journal and books in its folder, on a PostgreSQL server, on a TigerBeetle cluster."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from fondaco.hub.configuration import FILE, Configuration, read_configuration
from fondaco.journal import Journal, JournalFile, glance, glance_meta
from fondaco.ledger import Engine, SqliteEngine, TigerbeetleEngine

_STAYS = "no folder changes from one store to another, there is no migration; lay out a new hub for the other one"


class NotReady(Exception):
    """The folder does not hold what a hub needs; the text says what, where, and what to do."""


class Stores(msgspec.Struct, frozen=True):
    """Where the journal and the books of one folder are, and how they are opened."""

    folder: Path
    configuration: Configuration

    def open_journal(self) -> Journal:
        """Raises `JournalLocked`, `WrongStore`, `JournalUnavailable`."""
        if self.configuration.journal == "sqlite":
            return JournalFile(self.folder)
        opened: Journal = _postgres("fondaco.journal.postgres").PostgresJournal(self.configuration.dsn)
        return opened

    def open_books(self, journal: Journal) -> Engine:
        """Open the books that the folder belongs to, and note at the first time in its journal which they are.

        Raises `NotReady` for others; `BooksLocked`, `BrokenBooks`, `EngineUnavailable`.
        """
        configuration = self.configuration
        kept = journal.meta("books")
        # Releases before this note knew embedded books alone.
        belongs = kept.decode() if kept is not None else "sqlite" if (self.folder / "books").exists() else None
        if belongs not in (None, configuration.books):
            raise NotReady(f"the books of {self.folder} are on {belongs}, and {FILE} says {configuration.books}: {_STAYS}")
        books = self._engine()
        try:
            if belongs is None and next(books.accounts(), None) is not None:
                # Every hub counts its transfers from one: two on the same books would take each other's ids.
                raise NotReady(
                    f"{self.folder} is a new hub, and the books on {configuration.books} hold accounts already: they are another hub's"
                )
            if kept is None:
                journal.set_meta("books", configuration.books.encode())
        except BaseException:
            books.close()
            raise
        return books

    def _engine(self) -> Engine:
        configuration = self.configuration
        try:
            if configuration.ledger == "tigerbeetle":
                return TigerbeetleEngine(configuration.addresses, configuration.cluster_id, configuration.deadline_s)
            if configuration.ledger == "postgres":
                made: Any = _postgres("fondaco.ledger.postgres").PostgresEngine
                opened: Engine = made(configuration.dsn, kernel=configuration.kernel)
                return opened
            return SqliteEngine(self.folder / "books", kernel=configuration.kernel)
        except ImportError as fault:
            raise NotReady(f"{FILE} asks for an extra that is not installed: {fault}") from fault

    def glance(self, kind: str, key: str) -> bytes | None:
        """One record of the journal, read beside the hub that may hold it open; None where there is none."""
        if self.configuration.journal == "sqlite":
            return glance(self.folder, kind, key)
        found: bytes | None = _postgres("fondaco.journal.postgres").glance_postgres(self.configuration.dsn, kind, key)
        return found

    def glance_meta(self, key: str) -> bytes | None:
        """What the journal's `meta` would say, read in the same way."""
        if self.configuration.journal == "sqlite":
            return glance_meta(self.folder, key)
        found: bytes | None = _postgres("fondaco.journal.postgres").glance_meta_postgres(self.configuration.dsn, key)
        return found


def configuration_of(folder: Path) -> Configuration:
    """What the folder's `hub.toml` says. Raises `NotReady` with every mistake in it."""
    found = read_configuration(folder)
    if isinstance(found, Configuration):
        return found
    raise NotReady(f"{folder / FILE} has mistakes:\n" + "\n".join(f"  {mistake}" for mistake in found))


def stores_of(folder: Path) -> Stores:
    """What the folder is opened with. Raises `NotReady` with every mistake in it, and where the folder's journal is kept elsewhere."""
    configuration = configuration_of(folder)
    embedded = (folder / "journal.sqlite").exists()
    if configuration.journal == "sqlite" and not embedded and (folder / "seen").exists():
        raise NotReady(
            f"{folder} was opened before and holds no journal.sqlite. If its journal is in PostgreSQL, {FILE} has to say so: {_STAYS}"
        )
    if configuration.journal != "sqlite" and embedded:
        raise NotReady(f"{folder} keeps its journal in journal.sqlite, and {FILE} says {configuration.journal}: {_STAYS}")
    return Stores(folder, configuration)


def _postgres(module: str) -> ModuleType:
    """A part that needs the extra `postgres`, which a hub on embedded stores is not asked to install."""
    try:
        return import_module(module)
    except ImportError as fault:
        raise NotReady(
            f"{FILE} says postgres, which needs the extra of that name: pip install 'fondaco[postgres]' ({fault})"
        ) from fault
