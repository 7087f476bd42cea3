"""The embedded engine's log, read beside whoever writes it: which rows hold, where the first damage is, copies, and a clean cut.

A row holds when its digest follows from its content and the digest that the row before it states (`log.py`). Nothing here applies
a transfer. What is read is opened read-only; only `cut_log` and `copy_rows` write, and never to the file of a running engine.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import apsw
import msgspec
import numpy as np

from fondaco.ledger import snapshot as snapshots
from fondaco.ledger.engine import TRANSFER
from fondaco.ledger.log import ACCOUNTS, EXPIRY, IMPORTS, TRANSFERS, digest

_KINDS = (ACCOUNTS, TRANSFERS, EXPIRY, IMPORTS)
_COLUMNS = "seq, first, instant, kind, CAST(digest AS BLOB), CAST(events AS BLOB)"
# Damage that is told place by place.
DAMAGE_MAX = 20
_PROGRESS_EVERY = 1_000


class UnreadableLog(Exception):
    """The file cannot be read as a log at all; says why."""


class LogRow(NamedTuple):
    """One row: `first` is the count of transfer events before it, `instant` the timestamp (ns) of its first event."""

    seq: int
    first: int
    instant: int
    kind: int
    digest: bytes
    events: bytes

    @property
    def transfers(self) -> int:
        """How many transfer events it holds."""
        return len(self.events) // TRANSFER.itemsize if self.kind in (TRANSFERS, IMPORTS) else 0

    @property
    def last_instant(self) -> int:
        """The timestamp of its last event; that of a row without events is its own."""
        return self.instant + max(1, len(self.events) // TRANSFER.itemsize) - 1

    def intents(self) -> tuple[int, int]:
        """The lowest and highest intent of its transfers, the high halves of their ids; (0, 0) for other rows."""
        if not self.transfers:
            return 0, 0
        highs = np.frombuffer(self.events, TRANSFER)["id"][:, 1]
        return int(highs.min()), int(highs.max())


class Damage(msgspec.Struct, frozen=True):
    """One place that does not hold: rows `first` to `last`, why, and between which intents what they held must have been."""

    first: int
    last: int
    why: str
    after_intent: int
    before_intent: int


class LogFound(msgspec.Struct, frozen=True):
    """What a log holds. `rows`, `events`, `instant` (of the last event, ns), `digest` and `intent` (highest) are of the rows that hold from the
    first on; `beyond` counts rows that hold after the first damage, each by the one before it."""

    rows: int
    events: int
    instant: int
    digest: bytes
    intent: int
    beyond: int
    last_row: int
    damage: tuple[Damage, ...]


class LogReader:
    """A log, read-only. `still` says that nobody writes it: then no file is made beside it, and its write-ahead log is not read.

    Raises `UnreadableLog` when the file is none of SQLite's, or holds no log.
    """

    def __init__(self, path: Path, *, still: bool = False) -> None:
        self.path = path
        if not path.exists():
            raise UnreadableLog(f"{path} does not exist")
        how = "immutable=1" if still else "mode=ro"
        try:
            self._connection = apsw.Connection(
                f"file:{quote(str(path.absolute()))}?{how}", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
            )
            self._connection.set_busy_timeout(10_000)
            self._connection.execute(f"SELECT {_COLUMNS} FROM log WHERE seq=0").fetchall()  # noqa: S608
        except apsw.Error as fault:
            raise UnreadableLog(f"{path}: {fault}") from fault

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, after: int = 0) -> Iterator[LogRow]:
        """Every row after a number, as it stands. Raises `UnreadableLog` where the file cannot be read on."""
        last = after
        try:
            for row in self._connection.execute(f"SELECT {_COLUMNS} FROM log WHERE seq>? ORDER BY seq", (after,)):  # noqa: S608
                one = _typed(row)
                if one is None:
                    raise UnreadableLog(f"{self.path}: what follows row {last} is no row of a log")
                last = one.seq
                yield one
        except (apsw.Error, ValueError) as fault:
            raise UnreadableLog(f"{self.path}: after row {last}: {fault}") from fault

    def row(self, seq: int) -> LogRow | None:
        """One row, None when it is not there. Raises `UnreadableLog`."""
        try:
            found = self._connection.execute(f"SELECT {_COLUMNS} FROM log WHERE seq=?", (seq,)).fetchone()  # noqa: S608
        except (apsw.Error, ValueError) as fault:
            raise UnreadableLog(f"{self.path}: row {seq}: {fault}") from fault
        return None if found is None else _typed(found)

    def last_row(self) -> int:
        """The highest row number, 0 when it cannot be read or there is none."""
        try:
            found = self._connection.execute("SELECT coalesce(max(seq), 0) FROM log").get
        except (apsw.Error, ValueError):
            return 0
        return found if isinstance(found, int) else 0

    def copy_to(self, target: Path) -> None:
        """Copy the file as it stands at one instant, however much is written meanwhile. The copy is one file, with no log beside it."""
        copy = apsw.Connection(str(target))
        try:
            with copy.backup("main", self._connection, "main") as work:
                while not work.done:  # ends: the source is read in one transaction, so it does not grow under the copy
                    work.step(-1)
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()
        except apsw.Error as fault:
            raise UnreadableLog(f"{self.path}: {fault}") from fault
        finally:
            copy.close()


def _typed(row: tuple[object, ...]) -> LogRow | None:
    """A row whose fields are what they should be; a damaged page may give anything."""
    seq, first, instant, kind, digest, events = row
    numbers = all(isinstance(one, int) and 0 <= one < 1 << 63 for one in (seq, first, instant))
    if not numbers or kind not in _KINDS or not isinstance(digest, bytes) or not isinstance(events, bytes):
        return None
    return LogRow(seq, first, instant, kind, digest, events)  # type: ignore[arg-type]


class _Walk:
    """Goes through a log row by row and keeps what holds."""

    def __init__(self) -> None:
        self.rows = self.events = self.instant = self.intent = self.beyond = self.last_row = 0
        self.digest = self._stated = bytes(16)
        self._expected_events = 0
        self._highest_intent = 0
        self.damage: list[Damage] = []

    def take(self, row: LogRow) -> None:
        why = self._fault(row)
        low, high = row.intents()
        if why:
            self.harm(row.seq, row.seq, why)
        elif self.damage:
            self.beyond += 1
            self._close_gap(low)
        else:
            self.rows, self.digest, self.instant = row.seq, row.digest, row.last_instant
            self.events += row.transfers
            self.intent = max(self.intent, high)
        if not why:
            self._highest_intent = max(self._highest_intent, high)
        self.last_row = max(self.last_row, row.seq)
        self._stated, self._expected_events = row.digest, row.first + row.transfers

    def harm(self, first: int, last: int, why: str) -> None:
        """Rows that do not hold. Neighbours of one reason become one place."""
        self.last_row = max(self.last_row, last)
        before = self.damage[-1] if self.damage else None
        if before is not None and before.last == first - 1 and (before.why == why or len(self.damage) >= DAMAGE_MAX):
            self.damage[-1] = msgspec.structs.replace(before, last=last)
        elif before is None or len(self.damage) < DAMAGE_MAX:
            self.damage.append(Damage(first, last, why, self._highest_intent, 0))

    def _fault(self, row: LogRow) -> str:
        if row.seq != self.last_row + 1:
            self.harm(self.last_row + 1, row.seq - 1, "is missing")
        if row.digest != digest(self._stated, row.seq, row.instant, row.kind, row.events):
            return "does not have the digest that it states"
        if len(row.events) % TRANSFER.itemsize:
            return "does not end with a whole event"
        if row.first != self._expected_events:
            return f"says that {row.first} events stand before it, and there are {self._expected_events}"
        return ""

    def _close_gap(self, low: int) -> None:
        if low and not self.damage[-1].before_intent:
            self.damage = [
                msgspec.structs.replace(one, before_intent=low) if not one.before_intent else one for one in self.damage
            ]

    def found(self) -> LogFound:
        return LogFound(
            self.rows, self.events, self.instant, self.digest, self.intent, self.beyond, self.last_row, tuple(self.damage)
        )


def walk_log(reader: LogReader, progress: Callable[[int], None] | None = None) -> LogFound:
    """Check every row of a log, past any damage as far as the file can be read; `progress` is told row numbers. Never raises for damage."""
    walk = _Walk()
    after = 0
    while True:  # ends: every round begins after a higher row
        try:
            for row in reader.rows(after):
                walk.take(row)
                if progress is not None and row.seq % _PROGRESS_EVERY == 0:
                    progress(row.seq)
            return walk.found()
        except UnreadableLog as fault:
            unreadable = walk.last_row + 1
            after = _next_readable(reader, unreadable)
            walk.harm(unreadable, max(unreadable, after - 1), f"cannot be read ({_reason(fault)})")
            if not after:
                return walk.found()
            after -= 1


def _reason(fault: UnreadableLog) -> str:
    return str(fault).rpartition(": ")[2]


def _next_readable(reader: LogReader, unreadable: int) -> int:
    """The next row after `unreadable` that can be read, 0 for none."""
    for seq in range(unreadable + 1, reader.last_row() + 1):
        try:
            if reader.row(seq) is not None:
                return seq
        except UnreadableLog:
            continue
    return 0


def rows_before(reader: LogReader, next_intent: int, instant: int) -> int:
    """How many rows of a log were written by batches up to the one of `instant` (ns), which left `next_intent` as the next intent.

    A row of transfers is beyond it when it names that intent or a later one: intents increase from batch to batch, and a row is of
    one batch. A row of accounts names none: it is beyond when its own batch's instant is later, which shows unless the row follows
    the one before it without a gap; then it stays with that one, where an account too many harms nothing.

    Raises `UnreadableLog` for damage, and when a row of before stands behind one of after.
    """
    kept, last, beyond = 0, 0, False
    for row in reader.rows():
        low, high = row.intents()
        if row.transfers:
            later = low >= next_intent
            if not later and high >= next_intent:
                raise UnreadableLog(f"{reader.path}: row {row.seq} holds intents of two batches")
        else:
            later = beyond or (row.instant > instant and row.instant != last + 1)
        if beyond and not later:
            raise UnreadableLog(f"{reader.path}: row {row.seq} is of an earlier batch than the rows before it")
        beyond = later
        kept = kept if beyond else row.seq
        last = row.last_instant
    return kept


def cut_log(path: Path, rows: int) -> int:
    """Take every row after the first `rows` out of a log that nobody has open; returns how many went. Doing it again does nothing.

    A snapshot that stands for more rows is none of this log any more, and the engine finds that out by its digest.
    """
    connection = apsw.Connection(str(path))
    try:
        count = connection.execute("SELECT count(*) FROM log WHERE seq>?", (rows,)).get
        connection.execute("DELETE FROM log WHERE seq>?", (rows,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    assert isinstance(count, int)
    return count


def copy_rows(reader: LogReader, target: Path, rows: int) -> None:
    """Write a new log of the first `rows` rows, which must hold, in the form of the log that is read."""
    version = reader._connection.pragma("user_version")
    page_size = reader._connection.pragma("page_size")
    copy = apsw.Connection(str(target))
    try:
        copy.execute(f"PRAGMA page_size={page_size}")
        for (sql,) in reader._connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
            copy.execute(sql)
        with copy:
            for row in reader.rows():
                if row.seq > rows:
                    break
                copy.execute("INSERT INTO log VALUES (?,?,?,?,?,?)", row)
        copy.execute(f"PRAGMA user_version={version}")
    finally:
        copy.close()


def snapshot_row(folder: Path) -> int:
    """The row of the log after which a snapshot was taken, 0 when there is none that is whole."""
    found = snapshots.read(folder)
    return found.seq if found is not None else 0


# The write-ahead log of SQLite (its file format document, section 4)

_WAL_HEADER = struct.Struct(">8I")
_WAL_FRAME = struct.Struct(">6I")
_MAGIC = 0x377F0682


class WalFound(msgspec.Struct, frozen=True):
    """What a write-ahead log holds: whole frames, and frames of the same writing after the first that is not whole.

    SQLite passes over those without a word. After a loss of power they are what nobody was told; otherwise they were lost to damage.
    """

    frames: int
    torn: int


def read_wal(path: Path) -> WalFound:
    """Check the frames of the write-ahead log of the store at `path`, read-only; (0, 0) when there is none."""
    file = path.with_name(path.name + "-wal")
    raw = file.read_bytes() if file.exists() else b""
    if len(raw) < _WAL_HEADER.size:
        return WalFound(0, 0)
    magic, _, page, _, salt1, salt2, sum1, sum2 = _WAL_HEADER.unpack_from(raw)
    step = _WAL_FRAME.size + page
    whole = 512 <= page <= 65_536
    places = range(_WAL_HEADER.size, len(raw) - step + 1, step) if whole else range(0)
    big = magic & 1
    if magic & ~1 != _MAGIC or not whole or _checksum(raw[:24], 0, 0, big) != (sum1, sum2):
        return WalFound(0, max(1, (len(raw) - _WAL_HEADER.size) // 4_096))
    frames, sums = 0, (sum1, sum2)
    for place in places:
        _, _, one, two, stated1, stated2 = _WAL_FRAME.unpack_from(raw, place)
        sums = _checksum(raw[place : place + 8], *sums, big)
        sums = _checksum(raw[place + _WAL_FRAME.size : place + step], *sums, big)
        if (one, two) != (salt1, salt2) or sums != (stated1, stated2):
            break
        frames += 1
    rest = places[frames:]
    # Frames of an earlier writing have other salts, and are no damage. Of the first one that is not whole its own salt may be what was hit.
    of_this = [place for place in rest if _WAL_FRAME.unpack_from(raw, place)[2:4] == (salt1, salt2)]
    return WalFound(frames, len(of_this))


def _checksum(raw: bytes, one: int, two: int, big: int) -> tuple[int, int]:
    words = np.frombuffer(raw, ">u4" if big else "<u4").tolist()
    for at in range(0, len(words), 2):
        one = (one + words[at] + two) & 0xFFFFFFFF
        two = (two + words[at + 1] + one) & 0xFFFFFFFF
    return one, two
