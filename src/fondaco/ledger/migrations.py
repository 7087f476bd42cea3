"""What the store of the books went through, release by release. A row is never changed once it was released: the next one mends it."""

from __future__ import annotations

from fondaco.core import Migration

MIGRATIONS = (
    Migration(
        1,
        "the first form",
        (
            "CREATE TABLE log (seq INTEGER PRIMARY KEY, first INTEGER NOT NULL, instant INTEGER NOT NULL, kind INTEGER NOT NULL, "
            "digest BLOB NOT NULL, events BLOB NOT NULL)",
        ),
    ),
)
