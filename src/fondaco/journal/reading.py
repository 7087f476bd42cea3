"""What a journal's store says: to the hub that keeps it, and to whoever checks a copy of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from fondaco.journal.entry import GENESIS, Inputs, Link, Mail
from fondaco.journal.face import WrongStore
from fondaco.journal.migrations import MIGRATIONS

# A damaged schema may hold text that is none: the driver then fails in decoding its own message.
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
# Whoever altered the file may have left text where bytes were: what is read of it are bytes, and they are found to be others.
_INPUTS = "SELECT batch, instant, first_intent, list_set, CAST(commands AS BLOB), CAST(salt AS BLOB) FROM inputs"


class Rows(Protocol):
    """The answer to one question: row by row, each once."""

    def fetchone(self) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class JournalReading:
    """Every question to a journal's store. Whoever opens it says when it may be asked."""

    path: Path
    _connection: sqlite3.Connection

    def head(self) -> tuple[int, bytes]:
        """Number and hash of the last link; (0, GENESIS) of an empty journal."""
        row = self._read("SELECT batch, hash FROM link ORDER BY batch DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def last_inputs(self) -> Inputs | None:
        row = self._read(f"{_INPUTS} ORDER BY batch DESC LIMIT 1").fetchone()
        return Inputs(*row) if row else None

    def inputs_of(self, batch: int) -> Inputs | None:
        row = self._read(f"{_INPUTS} WHERE batch=?", (batch,)).fetchone()
        return Inputs(*row) if row else None

    def inputs_erased(self, batch: int) -> bool:
        """Whether what came in with a batch was erased. Reads a length and no content: a batch may hold megabytes."""
        row = self._read("SELECT length(commands) FROM inputs WHERE batch=?", (batch,)).fetchone()
        return row is not None and not row[0]

    def links(self, first: int = 1) -> Iterator[Link]:
        for row in self._read("SELECT * FROM link WHERE batch>=? ORDER BY batch", (first,)):
            yield Link(*row)

    def payment(self, number: int) -> bytes | None:
        row = self._read("SELECT record FROM payment WHERE id=?", (number,)).fetchone()
        return row[0] if row else None

    def payments(self, first: int = 1) -> Iterator[tuple[int, bytes]]:
        yield from self._read("SELECT id, record FROM payment WHERE id>=? ORDER BY id", (first,))

    def payments_before(self, number: int) -> Iterator[tuple[int, bytes]]:
        yield from self._read("SELECT id, record FROM payment WHERE id<? ORDER BY id DESC", (number,))

    def records(self, kind: str) -> Iterator[tuple[str, bytes]]:
        yield from self._read("SELECT key, record FROM record WHERE kind=? ORDER BY key", (kind,))

    def record(self, kind: str, key: str) -> bytes | None:
        row = self._read("SELECT record FROM record WHERE kind=? AND key=?", (kind, key)).fetchone()
        return row[0] if row else None

    def mail(self, after: int = 0, limit: int = 1_000_000) -> Iterator[Mail]:
        """What is to be delivered: erased messages are not."""
        query = "SELECT seq, recipient, kind, subject, raw FROM mail WHERE seq>? AND raw<>x'' ORDER BY seq LIMIT ?"
        for row in self._read(query, (after, limit)):
            yield Mail(*row)

    def mail_of(self, batch: int) -> Iterator[Mail]:
        """The mail of one batch, what was erased of it with an empty `raw`."""
        query = "SELECT seq, recipient, kind, subject, CAST(raw AS BLOB) FROM mail WHERE batch=? ORDER BY seq"
        for row in self._read(query, (batch,)):
            yield Mail(*row)

    def batches(self, before: int) -> Iterator[tuple[int, int, bool]]:
        """Of every batch before an instant: its number, its instant, and whether its inputs are there."""
        yield from self._read(
            "SELECT link.batch, link.instant, inputs.commands<>x'' FROM link JOIN inputs USING (batch) WHERE link.instant<? "
            "ORDER BY link.batch",
            (before,),
        )

    def batches_of_mail(self, sequence: Iterable[int]) -> Iterator[int]:
        for seq in sequence:
            row = self._read("SELECT batch FROM mail WHERE seq=?", (seq,)).fetchone()
            if row:
                yield row[0]

    def last_mail(self) -> int:
        return int(self._read("SELECT coalesce(max(seq), 0) FROM mail").fetchone()[0])

    def mail_by_seq(self, sequence: Iterable[int]) -> Iterator[Mail]:
        for seq in sequence:
            row = self._read("SELECT seq, recipient, kind, subject, raw FROM mail WHERE seq=?", (seq,)).fetchone()
            if row:
                yield Mail(*row)

    def meta(self, key: str) -> bytes | None:
        row = self._read("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return row[0] if row else None

    def _read(self, query: str, values: Sequence[object] = ()) -> Rows:
        self._usable()
        return self._connection.execute(query, tuple(values))

    def _usable(self) -> None:
        """Raises `JournalUnavailable` when the store cannot be asked any more."""


class JournalCopy(JournalReading):
    """A journal's file that nobody writes, as a backup holds it: nothing is locked, changed, or made beside it.

    Raises `WrongStore` for a file that is no journal of this release's version; one of `UNREADABLE` from any question where it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise WrongStore(f"{path} does not exist")
        try:
            self._connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?immutable=1", uri=True)
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        except UNREADABLE as fault:
            raise WrongStore(f"{path}: {fault}") from fault
        if version != len(MIGRATIONS):
            self._connection.close()
            raise WrongStore(f"{path} is of version {version}, this release's journals are of version {len(MIGRATIONS)}")

    def numbers(self) -> Iterator[int]:
        """The highest batch of which there are inputs, and of which there is a link."""
        yield int(self._read("SELECT coalesce(max(batch), 0) FROM inputs").fetchone()[0])
        yield int(self._read("SELECT coalesce(max(batch), 0) FROM link").fetchone()[0])

    def integrity(self, most: int) -> list[str]:
        """What SQLite finds wrong with the pages of the file, at most so many lines; empty for a sound one."""
        lines = [str(row[0]) for row in self._read(f"PRAGMA integrity_check({most:d})")]
        return [] if lines == ["ok"] else lines

    def undecodable(self) -> Iterator[tuple[str, str]]:
        """Payments and records whose bytes are no record: kind and key of each."""
        rows = "SELECT 'payment', id, record FROM payment UNION ALL SELECT kind, key, record FROM record"
        for kind, key, raw in self._read(rows):
            try:
                msgspec.msgpack.decode(raw)
            except (msgspec.MsgspecError, TypeError):
                yield str(kind), str(key)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> JournalCopy:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def copy_journal(source: Path, target: Path) -> None:
    """Copy a journal's file as it stands at one instant, read beside the hub that may be writing it. The copy is one file.

    Raises `WrongStore` when it cannot be read, `OSError` when it cannot be written.
    """
    if not source.exists():
        raise WrongStore(f"{source} does not exist")
    try:
        reader = sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True, timeout=10)
        writer = sqlite3.connect(target, isolation_level=None)
        try:
            reader.backup(writer)
            writer.execute("PRAGMA journal_mode=DELETE")
        finally:
            writer.close()
            reader.close()
    except sqlite3.OperationalError as fault:
        raise OSError(f"{target}: {fault}") from fault
    except UNREADABLE as fault:
        raise WrongStore(f"{source}: {fault}") from fault
