"""How far each webhook has come: `webhooks.db` in the hub's folder. What is to be delivered stands in the journal; here is only a place in it.

One process has it, the one that serves the hub. Lost, deliveries go on from the newest message; what was missed stands in the mailbox.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from fondaco.core import Instant, Migration, bring_up

FILE = "webhooks.db"
# So many dead letters of a hook are kept: the oldest go, the mailbox has them all.
DEAD_MAX = 1_000
MIGRATIONS = (
    Migration(
        1,
        "places and dead letters",
        (
            """CREATE TABLE hook (institution TEXT PRIMARY KEY, after INTEGER NOT NULL, tries INTEGER NOT NULL, next_at INTEGER NOT NULL)
               WITHOUT ROWID""",
            """CREATE TABLE dead (institution TEXT, seq INTEGER, why TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (institution, seq))
               WITHOUT ROWID""",
        ),
    ),
)


class HookPlace(msgspec.Struct, frozen=True):
    """Messages up to `after` were taken or given up; the next was tried `tries` times in vain, and is tried again at `next_at`, 0 for at once."""

    after: int
    tries: int = 0
    next_at: Instant = Instant(0)


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that was given up, by its number, and why at last."""

    seq: int
    why: str
    at: Instant


class WebhookStore:
    """The open file. Used on one event loop; a write is on the disk when it returns."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        bring_up(self._connection, path, MIGRATIONS)

    def place(self, institution: str) -> HookPlace | None:
        row = self._connection.execute("SELECT after, tries, next_at FROM hook WHERE institution=?", (institution,)).fetchone()
        return None if row is None else HookPlace(row[0], row[1], Instant(row[2]))

    def keep(self, institution: str, place: HookPlace, dead: DeadLetter | None = None) -> None:
        """Keep the place, and the letter that is given up with it, both or neither. A power failure may lose the last places: what was taken comes again."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.execute(
                "INSERT OR REPLACE INTO hook VALUES (?,?,?,?)", (institution, place.after, place.tries, place.next_at)
            )
            if dead is not None:
                self._connection.execute(
                    "INSERT OR REPLACE INTO dead VALUES (?,?,?,?)", (institution, dead.seq, dead.why, dead.at)
                )
                self._connection.execute(
                    "DELETE FROM dead WHERE institution=?1 AND seq IN"
                    " (SELECT seq FROM dead WHERE institution=?1 ORDER BY seq DESC LIMIT -1 OFFSET ?2)",
                    (institution, DEAD_MAX),
                )
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def dead(self, institution: str) -> list[DeadLetter]:
        """What was given up, oldest first."""
        rows = self._connection.execute("SELECT seq, why, at FROM dead WHERE institution=? ORDER BY seq", (institution,))
        return [DeadLetter(seq, why, Instant(at)) for seq, why, at in rows]

    def close(self) -> None:
        self._connection.close()
