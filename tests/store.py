"""A folder of an earlier release, built again from the text that was kept of it (`tests/golden/store-1`)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden" / "store-1"


def rebuild(folder: Path) -> Path:
    """The folder of a hub as the first release left it when it was closed."""
    for part in ("union", "lists"):
        shutil.copytree(GOLDEN / part, folder / part)
    (folder / "books").mkdir()
    for name, path in (("journal", folder / "journal.sqlite"), ("books", folder / "books" / "books.sqlite")):
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript((GOLDEN / f"{name}.sql").read_text())
    return folder


def content(path: Path) -> tuple[int, list[str]]:
    """Version and dump of a store, read by SQLite alone."""
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return version, list(connection.iterdump())
