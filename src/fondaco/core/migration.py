"""Stores that outlive a release: numbered migrations, each taken whole or not at all, of one SQLite file.

The number stands in the file itself (`PRAGMA user_version`) and changes in the transaction that changes the tables, so that a kill at
any moment leaves the store as it was before a migration or as it is after it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class UnfitStore(Exception):
    """The file is none of ours, of a later release, or not ready to be brought up; says what to do. Nothing was changed."""


class Connection(Protocol):
    """What a migration asks of a connection in autocommit mode: Python's own to SQLite has it, and apsw's."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, statement: str, values: Any = ..., /) -> Any: ...


class Migration(NamedTuple):
    """From version `number` - 1 to `number`. A step is one statement of SQL, or a function that reads and writes by the connection.

    A function speaks of the bytes as they were then, never through the structs of today: those will be others tomorrow. It may raise
    `UnfitStore` to leave everything as it was.
    """

    number: int
    does: str
    steps: tuple[str | Callable[[Any], None], ...]


def bring_up(connection: Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Take every migration that the store at `path` has not had, in order; an empty file gets them all at once.

    `connection` is in autocommit mode and nobody else writes. A store that holds something is copied first, to a file beside it with the
    version in its name. Raises `UnfitStore`, and the connection's own error when the disk fails; either leaves a version whole.
    """
    assert [one.number for one in migrations] == list(range(1, len(migrations) + 1)), (
        "migrations are numbered from 1 without gaps"
    )
    newest = len(migrations)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > newest:
        raise UnfitStore(
            f"{path} is of version {version}, and this release of Fondaco knows {newest}: a later release wrote it; open it with that one"
        )
    if version == newest:
        return
    if version == 0:
        if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise UnfitStore(f"{path} holds tables that are not Fondaco's; move it away")
        _take(connection, migrations)
        return
    keep_copy(connection, path, version)
    for one in migrations[version:]:
        _take(connection, [one])


def copy_path(path: Path, version: int) -> Path:
    """Where the store at `path` is copied to before it leaves `version`."""
    return path.with_name(f"{path.name}.version-{version}")


def keep_copy(connection: Connection, path: Path, version: int) -> None:
    """Copy the store beside itself; a copy of the same version, from an attempt that was cut off, is replaced."""
    target = copy_path(path, version)
    draft = target.with_name(target.name + ".draft")
    draft.unlink(missing_ok=True)
    # Made before it is written to: a copy of who may enter is read by nobody who may not read the store itself.
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, path.stat().st_mode & 0o777))
    connection.execute("VACUUM INTO ?", (str(draft),))
    for place in (draft, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if place is draft:
            draft.replace(target)


def _take(connection: Connection, migrations: Sequence[Migration]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for one in migrations:
            for step in one.steps:
                if isinstance(step, str):
                    connection.execute(step)
                else:
                    step(connection)
        connection.execute(f"PRAGMA user_version={migrations[-1].number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
