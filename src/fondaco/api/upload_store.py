"""Uploaded files on the disk: their bytes in the folder `uploads` of the hub's folder (0700, files 0600), how far each came in `uploads.db` beside it.

One process has them, the one that serves the hub. What is not yet taken in is lost with the folder, and is uploaded again: its messages are known by their names.
The bytes go as soon as the messages are taken in, or the upload ends in another way; what became of them, which may say what was wrong in a message, goes with its time.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fondaco.api.upload_life import State, Taken, Upload
from fondaco.core import Instant, Migration, bring_up

FILE, FOLDER = "uploads.db", "uploads"
_BLOCK = 1024 * 1024
MIGRATIONS = (
    Migration(
        1,
        "uploads and what became of their messages",
        (
            """CREATE TABLE upload (name TEXT PRIMARY KEY, institution TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL, record BLOB NOT NULL)
               WITHOUT ROWID""",
            "CREATE TABLE taken (upload TEXT, place INTEGER, record BLOB NOT NULL, PRIMARY KEY (upload, place)) WITHOUT ROWID",
        ),
    ),
)
_UPLOAD = msgspec.msgpack.Decoder(Upload)
_TAKEN = msgspec.msgpack.Decoder(Taken)


class UploadStore:
    """The open store. Rows are read on one event loop, and written in any thread; so are files, one at a time for each. A write is on the disk when it returns."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        self._folder = folder / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        # Two connections, so that who reads on the loop does not wait for the disk of who writes beside it.
        self._writing = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._writing.execute("PRAGMA journal_mode=WAL")
        self._writing.execute("PRAGMA synchronous=FULL")
        bring_up(self._writing, path, MIGRATIONS)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._remove_strays()

    # Rows

    def find(self, name: str) -> Upload | None:
        row = self._connection.execute("SELECT record FROM upload WHERE name=?", (name,)).fetchone()
        return None if row is None else _UPLOAD.decode(row[0])

    def of_state(self, state: State, institution: str = "") -> list[Upload]:
        """Uploads in a state, the one that changed longest ago first; of one institution where it is named."""
        found = self._connection.execute(
            "SELECT record FROM upload WHERE state=?1 AND (?2='' OR institution=?2) ORDER BY at, name", (state.value, institution)
        )
        return [_UPLOAD.decode(raw) for (raw,) in found]

    def keep(self, upload: Upload, taken: list[Taken] | None = None) -> None:
        """Keep how an upload stands, and what became of messages of it, both or neither."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO upload VALUES (?,?,?,?,?)",
                (upload.name, upload.institution, upload.state.value, upload.at, msgspec.msgpack.encode(upload)),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO taken VALUES (?,?,?)",
                [(upload.name, one.place, msgspec.msgpack.encode(one)) for one in taken or ()],
            )

    def taken(self, name: str, after: int, limit: int) -> list[Taken]:
        """What became of messages from the place `after` on, in their order."""
        found = self._connection.execute(
            "SELECT record FROM taken WHERE upload=? AND place>=? ORDER BY place LIMIT ?", (name, after, limit)
        )
        return [_TAKEN.decode(raw) for (raw,) in found]

    def forget(self, before: Instant) -> None:
        """Forget uploads that ended before an instant."""
        live = (State.RECEIVING.value, State.WHOLE.value)
        ended = "SELECT name FROM upload WHERE at<? AND state NOT IN (?,?)"
        with self._transaction() as connection:
            connection.execute(f"DELETE FROM taken WHERE upload IN ({ended})", (before, *live))  # noqa: S608 - a constant
            connection.execute("DELETE FROM upload WHERE at<? AND state NOT IN (?,?)", (before, *live))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._writing.execute("BEGIN IMMEDIATE")
            try:
                yield self._writing
                self._writing.execute("COMMIT")
            except BaseException:
                self._writing.execute("ROLLBACK")
                raise

    # Files

    def path(self, name: str) -> Path:
        """The file of an upload; its name is one that we drew."""
        return self._folder / name

    def append(self, name: str, offset: int, part: bytes) -> None:
        """Write a part behind the first `offset` bytes; what an interrupted attempt left there is written over. On the disk when it returns. Raises `OSError`."""
        descriptor = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.ftruncate(descriptor, offset)
            rest = memoryview(part)
            while rest:  # ends with the part, or raises
                done = os.pwrite(descriptor, rest, offset)
                rest, offset = rest[done:], offset + done
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def digest(self, name: str, algorithm: str) -> bytes:
        """The digest of the file: `sha256` or `sha512`."""
        made = hashlib.new(algorithm)
        if self.path(name).exists():
            with self.path(name).open("rb") as file:
                while block := file.read(_BLOCK):  # ends with the file
                    made.update(block)
        return made.digest()

    def remove(self, name: str) -> None:
        """Remove the bytes of an upload; without any there is nothing to do."""
        self.path(name).unlink(missing_ok=True)

    def _remove_strays(self) -> None:
        """Bytes that no upload needs: a crash lies between the end of an upload and the end of its file."""
        needed = {one.name for state in (State.RECEIVING, State.WHOLE) for one in self.of_state(state)}
        for path in self._folder.iterdir():
            if path.name not in needed:
                path.unlink()

    def close(self) -> None:
        self._connection.close()
        self._writing.close()
