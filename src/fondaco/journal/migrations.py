"""What a journal's store went through, release by release. A row is never changed once it was released: the next one mends it."""

from __future__ import annotations

import sqlite3

import msgspec

from fondaco.core import Migration, UnfitStore


def _every_batch_is_decided(connection: sqlite3.Connection) -> None:
    """What an earlier release began it must end: decided here, by other code, the books could come to another end than they have."""
    begun = connection.execute("SELECT coalesce(max(batch), 0) FROM inputs").fetchone()[0]
    decided = connection.execute("SELECT coalesce(max(batch), 0) FROM link").fetchone()[0]
    if begun > decided:
        raise UnfitStore(
            f"batch {begun} was begun and not ended before this release was installed; open the hub once with the release before "
            "(any word does, such as `fondaco prove`), then again with this one"
        )


def _say_whether_the_day_ended(connection: sqlite3.Connection) -> None:
    """Before, a day was ended by what was not there any more; now the counters say it. The chain knows: it noted `day X ENDED`."""
    row = connection.execute("SELECT record FROM record WHERE kind='hub' AND key='counters'").fetchone()
    if row is None:
        return
    counters = msgspec.msgpack.decode(row[0], type=dict[str, object])
    if "day_ended" in counters:
        return
    counters["day_ended"] = _last_of_the_day(connection, f"day {counters['day']}") == "ENDED"
    connection.execute("UPDATE record SET record=? WHERE kind='hub' AND key='counters'", (msgspec.msgpack.encode(counters),))


def _last_of_the_day(connection: sqlite3.Connection, subject: str) -> str:
    """The last event that the chain noted of a day, "" for none: read backwards, so that a long journal costs no more."""
    for (encoded,) in connection.execute("SELECT entries FROM link ORDER BY batch DESC"):
        for about, event, *_ in reversed(msgspec.msgpack.decode(encoded, type=list[list[str]])):
            if about == subject:
                return event
    return ""


MIGRATIONS = (
    Migration(
        1,
        "the first form",
        (
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
            "CREATE TABLE inputs (batch INTEGER PRIMARY KEY, instant INTEGER NOT NULL, first_intent INTEGER NOT NULL, "
            "list_set TEXT NOT NULL, commands BLOB NOT NULL)",
            "CREATE TABLE link (batch INTEGER PRIMARY KEY, instant INTEGER NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL, "
            "entries BLOB NOT NULL)",
            "CREATE TABLE payment (id INTEGER PRIMARY KEY, record BLOB NOT NULL)",
            "CREATE TABLE record (kind TEXT NOT NULL, key TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID",
            "CREATE TABLE mail (seq INTEGER PRIMARY KEY, batch INTEGER NOT NULL, recipient TEXT NOT NULL, kind TEXT NOT NULL, "
            "subject TEXT NOT NULL, raw BLOB NOT NULL)",
            "CREATE TABLE fetched (recipient TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",
        ),
    ),
    Migration(2, "the counters say whether the day was ended", (_every_batch_is_decided, _say_whether_the_day_ended)),
    Migration(
        3,
        "links say of which form they are and commit to inputs and mail by salted hashes; mail is found by its batch",
        (
            "ALTER TABLE link ADD COLUMN form INTEGER NOT NULL DEFAULT 1",
            "ALTER TABLE link ADD COLUMN inputs BLOB NOT NULL DEFAULT x''",
            "ALTER TABLE link ADD COLUMN mail BLOB NOT NULL DEFAULT x''",
            "ALTER TABLE inputs ADD COLUMN salt BLOB NOT NULL DEFAULT x''",
            "CREATE INDEX mail_of_batch ON mail (batch)",
        ),
    ),
)
