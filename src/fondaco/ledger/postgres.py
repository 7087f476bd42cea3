"""The server engine: a kernel in one process decides, PostgreSQL keeps transfers and balances, one transaction for each commit.

Transfers are kept as recorded and never changed: what a post or void left open is filled in. So a program that is not ours reads
the books with a plain SELECT. The kernel is ahead of the server only while a commit runs; when it is not known how one ended, this
object refuses everything, and opened again it reads what is true.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

from fondaco.core import EPOCH_LOST, PostgresStore, StoreTaken, UnfitStore
from fondaco.ledger.copy_format import Column, array_value, halves_of, into_records, rows_copied, rows_to_copy, uuids
from fondaco.ledger.engine import (
    ACCOUNT,
    BATCH_MAX,
    TRANSFER,
    TRANSIENT,
    Accounts,
    EngineUnavailable,
    Statuses,
    Transfer,
    TransferFlag,
    Transfers,
    decode,
)
from fondaco.ledger.kernel import State
from fondaco.ledger.log import KernelEngine, joined, kernel_maker, parted, released_as_voids
from fondaco.ledger.postgres_schema import (
    ACCOUNT_COLUMNS,
    BALANCE_COLUMNS,
    COPY_TRANSFERS,
    ID,
    MIGRATIONS,
    NO_ID,
    PARTS,
    RELEASE_COLUMNS,
    SCHEMA,
    TRANSFER_COLUMNS,
    names,
    statement,
)
from fondaco.ledger.sealed import BURNT, EXPIRED, NOT_FOUND, OPEN, POSTED, U64, VOIDED, Columns, Sealed, merged, sorted_columns
from fondaco.ledger.sqlite import BooksLocked, BrokenBooks

# From so many transfers in one commit on they go by COPY: it costs three more trips to the server, and less for each row.
_COPY_FROM = 256
# Ids that a kernel is given to begin with, the newest ones, and how many it may gather before it is given so few again: the server finds
# the others. A recent id costs the kernel 9 to 24 bytes.
_IDS_KEPT = 1 << 18
_IDS_MAX = 1 << 20
# Positions of one page when the record is read from its start.
_PAGE = 1 << 16
_PENDING = int(TransferFlag.PENDING)
_POST = int(TransferFlag.POST_PENDING)
_RESOLVES = _POST | int(TransferFlag.VOID_PENDING)
_BURNS = np.array(sorted(int(status) for status in TRANSIENT), np.uint32)
_ENTRY_COLUMNS = (Column("entry", "bigint"), ID)
# What became of an id, as the kernel notes it (`sealed.py`): a pending transfer is open as long as it is reserved; else what posted or
# voided it says which, and where nothing did, it ran out of time.
_ENTRIES = f"""
    SELECT t.position << 3 | CASE
        WHEN t.flags & {_PENDING} = 0 THEN 0
        WHEN EXISTS (SELECT FROM reserved AS r WHERE r.id = t.id) THEN {OPEN}
        ELSE coalesce((SELECT CASE WHEN p.flags & {_POST} <> 0 THEN {POSTED} ELSE {VOIDED} END
                       FROM transfer AS p WHERE p.pending_id = t.id AND p.pending_id <> {NO_ID}), {EXPIRED}) END AS entry, t.id
    FROM transfer AS t WHERE {{which}}
    UNION ALL SELECT t.position << 3 | {BURNT}, t.id FROM burnt AS t WHERE {{which}}
"""


class BooksTaken(BooksLocked):
    """Another process has these books open on their server."""


class _ArrayValue(bytes):
    """An array parameter in its binary form; the statement says of which type it is."""


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> Buffer:
        return bytes(obj)


Parts = Mapping[str, Sequence[NDArray[Any]]]


class PostgresEngine(KernelEngine):
    """Books in one schema of a PostgreSQL database, written by one process, durable before answered.

    `dsn` is libpq's and may name several hosts; the one that accepts writes is taken. `kernel` is `auto`, `compiled` or `reference`.
    `ids_kept` bounds the ids in memory when the books are opened, `ids_max` while they are open.

    Raises `BooksTaken` when another process has them open and does not end within `patience_s`, `BrokenBooks` for a schema that is not
    ours or of a later release, `EngineUnavailable` when there is no server. After `EngineUnavailable` the object refuses everything:
    opened again, it reads what is true. A writer that was overtaken meets it at its next commit, and has kept nothing.
    """

    def __init__(
        self,
        dsn: str,
        *,
        kernel: str = "auto",
        schema: str = SCHEMA,
        patience_s: int = 5,
        ids_kept: int = _IDS_KEPT,
        ids_max: int = _IDS_MAX,
    ) -> None:
        self._make_kernel = kernel_maker(kernel)
        self._ids_kept, self._ids_max = ids_kept, ids_max
        self._failed = False
        # Messages that the kernel decided and that no commit has kept yet: position of the first event, and the events.
        self._undurable: list[tuple[int, Transfers]] = []
        self._read: dict[int, Transfer] = {}
        self._asked: NDArray[Any] | None = None
        try:
            self._store = PostgresStore(dsn, schema, MIGRATIONS, patience_s)
        except StoreTaken as fault:
            raise BooksTaken(str(fault)) from fault
        except UnfitStore as fault:
            raise BrokenBooks(str(fault)) from fault
        except psycopg.Error as fault:
            raise EngineUnavailable(f"schema {schema}: {fault}") from fault
        self.name = self._store.name
        self._connection = self._store.connection
        try:
            self._connection.adapters.register_dumper(_ArrayValue, _AsItIs)
            self._load()
        except psycopg.Error as fault:
            self._store.close()
            raise EngineUnavailable(f"{self.name}: {fault}") from fault
        except BaseException:
            self._store.close()
            raise

    def _load(self) -> None:
        found = self._connection.execute(
            "SELECT position, last_ns, last_transfer_ns, (SELECT coalesce(max(number), 0) FROM release) FROM fence"
        ).fetchone()
        assert found is not None, "the fence has one row"
        position, last_ns, self._last_transfer_ns, self._releases = found
        accounts = self._records(ACCOUNT_COLUMNS, "FROM account ORDER BY timestamp", ACCOUNT)
        pendings = self._records(
            TRANSFER_COLUMNS, "FROM transfer WHERE id IN (SELECT id FROM reserved) ORDER BY position", TRANSFER
        )
        floor = max(0, position - self._ids_kept)
        recent = self._entries(f"t.position >= {floor}")
        # Every open pending transfer is known to the kernel, however old it is.
        known = merged([self._entries("t.id IN (SELECT id FROM reserved)"), recent])
        self._forgotten = Forgotten(self._last_id_before(floor), self._entries_of)
        self._begin(position, last_ns, accounts, pendings, known)

    def _begin(self, position: int, last_ns: int, accounts: Accounts, pendings: Transfers, known: Columns) -> None:
        """Give a new kernel what stands and the ids that it shall know by itself."""
        sealed: list[Sealed] = [self._forgotten] if self._forgotten.last else []
        sealed += [Sealed.of(known)] if len(known.highs) else []
        none = np.zeros(0, np.uint64)
        # What a balancing transfer moved is not noted besides: it stands in its record.
        state = State(
            position, last_ns, self._last_transfer_ns, accounts, pendings, Columns(none, none, none), sealed, (none, none)
        )
        self._kernel = self._make_kernel(self._fetch, self._taken)
        self._kernel.restore(state)
        self._ids_in_memory = len(known.highs)

    def _forget(self) -> None:
        """Where the kernel has gathered too many ids, begin a new one with the newest."""
        if self._ids_in_memory < self._ids_max:
            return
        state = self._kernel.state()
        parts = [one.columns() for one in state.sealed if one is not self._forgotten]
        highs, lows, entries = merged([*parts, state.recent])
        stays = (entries >> np.uint64(3) >= max(0, state.position - self._ids_kept)) | (entries & np.uint64(7) == OPEN)
        if not stays.all():
            at = int(np.nonzero(~stays)[0][-1])
            self._forgotten = Forgotten(max(self._forgotten.last, int(highs[at]) << 64 | int(lows[at])), self._entries_of)
        known = Columns(highs[stays], lows[stays], entries[stays])
        self._begin(state.position, state.last_ns, state.accounts, state.pendings, known)

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """As `Engine.open_accounts`."""
        self._usable()
        if not len(records):
            return np.zeros(0, np.uint32)
        with self._kept_or_closed():
            statuses = self._kernel.open_accounts(records, self._instant(at_ns))
            opened = self._kernel.lookup(_numbers(records["id"][statuses == 0]))
            self._keep({"opened": _fields(ACCOUNT_COLUMNS, opened)} if len(opened) else {})
        return statuses

    def book_all(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]:
        """As `MemoryEngine.book_all`: all messages in one transaction, durable before any is answered.

        Raises `EngineUnavailable` when it cannot be known whether they were applied; `ValueError` for a message that is too long, and
        then none was.
        """
        self._usable()
        if any(len(message) > BATCH_MAX for message in messages):
            raise ValueError(f"a message holds at most {BATCH_MAX} events")
        booked = list(joined(messages))
        if not booked:
            return [np.zeros(0, np.uint32) for _ in messages]
        with self._kept_or_closed():
            answers = self._book(booked, at_ns)
            self._forget()
        return parted(answers, [len(message) for message in messages])

    def _book(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]:
        self._look_ahead(messages)
        answers, applied, applied_at, burnt, burnt_at = [], [], [], [], []
        for records in messages:
            first = self._kernel.position
            self._undurable.append((first, records))
            out = np.zeros(len(records), TRANSFER)
            statuses = self._kernel.book(records, self._instant(at_ns), out)
            stand, burn = np.nonzero(statuses == 0)[0], np.nonzero(np.isin(statuses, _BURNS))[0]
            answers.append(statuses)
            applied.append(out[stand])
            applied_at.append(stand + first)
            burnt.append(records["id"][burn])
            burnt_at.append(burn + first)
        parts = self._transfer_parts(np.concatenate(applied), np.concatenate(applied_at))
        if any(map(len, burnt)):
            parts["burnt"] = [np.concatenate(burnt_at), np.concatenate(burnt)]
        self._keep(parts)
        self._ids_in_memory += sum(map(len, applied)) + sum(map(len, burnt))
        return answers

    def _transfer_parts(self, applied: Transfers, positions: NDArray[Any]) -> dict[str, Sequence[NDArray[Any]]]:
        if not len(applied):
            return {}
        self._last_transfer_ns = int(applied["timestamp"][-1])
        parts: dict[str, Sequence[NDArray[Any]]] = {
            "made": [positions, *_fields(TRANSFER_COLUMNS[1:], applied)],
            "balances": _fields(BALANCE_COLUMNS, self._kernel.touched(applied)),
        }
        flags = applied["flags"]
        if not (flags & (_PENDING | _RESOLVES)).any():
            return parts
        reserved = _sortable(uuids(applied["id"][flags & _PENDING != 0]))
        resolved = _sortable(uuids(applied["pending_id"][flags & _RESOLVES != 0]))
        # What one commit both reserves and resolves nobody else ever sees reserved.
        for name, ids in (("reserved", np.setdiff1d(reserved, resolved)), ("resolved", np.setdiff1d(resolved, reserved))):
            if len(ids):
                parts[name] = [ids.view("V16")]
        return parts

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """As `Engine.expire`; kept, so that a proof finds what was released."""
        self._usable()
        at = self._instant(at_ns)
        with self._kept_or_closed():
            released = self._kernel.expire(at)
            self._keep(self._release_parts(released_as_voids(released, at)) if released else {})
            self._releases += len(released)
        return released

    def _release_parts(self, voids: Transfers) -> Parts:
        ids = uuids(voids["pending_id"])
        pendings = self._records(TRANSFER_COLUMNS, f"FROM transfer WHERE id = ANY ({_literal(ids)})", TRANSFER)
        numbers = self._releases + 1 + np.arange(len(ids))
        positions = np.full(len(ids), self._kernel.position)
        return {
            "released": [numbers, positions, voids["timestamp"], voids["amount"], ids],
            "resolved": [ids],
            "balances": _fields(BALANCE_COLUMNS, self._kernel.touched(pendings)),
        }

    def recorded(self) -> Iterator[Transfers]:
        """As `KernelEngine.recorded`, page by page: memory does not grow with the history. What is booked meanwhile is left out."""
        end, releases = self._kernel.position, self._releases
        for first in range(0, end + 1, _PAGE):
            page = f"position >= {first} AND position < {min(first + _PAGE, end + 1)}"
            made = self._rows(TRANSFER_COLUMNS, f"FROM transfer WHERE {page} AND position < {end} ORDER BY position")
            freed = self._rows(RELEASE_COLUMNS, f"FROM release WHERE {page} AND number <= {releases} ORDER BY number")
            records = into_records(TRANSFER_COLUMNS, made, TRANSFER)
            if len(freed):
                voids = into_records(RELEASE_COLUMNS, freed, TRANSFER)
                voids["flags"] = TransferFlag.VOID_PENDING
                # A release stands before the event that came next, whose position it has.
                places = np.searchsorted(made["position"].astype("i8"), freed["position"].astype("i8"))
                records = np.insert(records, places, voids)
            if len(records):
                yield records

    def close(self) -> None:
        """End the session, and with it the lock; closing twice does nothing."""
        self._store.close()

    # What a commit keeps

    @contextmanager
    def _kept_or_closed(self) -> Iterator[None]:
        """Whatever ends a deed between the kernel's word and the commit leaves a kernel that is ahead of the server: nobody may ask it."""
        try:
            yield
        except BaseException:
            self._failed = True
            raise

    def _keep(self, parts: Parts) -> None:
        """One transaction. Few rows are arrays of its one statement; many transfers go by COPY before it."""
        copied = "made" in parts and len(parts["made"][0]) >= _COPY_FROM
        named = [name for name in PARTS if name in parts and not (copied and name == "made")]
        values: list[object] = [self._store.epoch, self._kernel.position, self._kernel.last_ns, self._last_transfer_ns]
        for name in named:
            values += [_ArrayValue(array_value(column, one)) for column, one in zip(PARTS[name][1], parts[name], strict=True)]
        try:
            if copied:
                with self._connection.transaction():
                    with self._connection.cursor() as cursor, cursor.copy(COPY_TRANSFERS) as copy:
                        copy.write(rows_to_copy(TRANSFER_COLUMNS, parts["made"]))
                    self._connection.execute(statement(named).encode(), values, prepare=True)
            else:
                self._connection.execute(statement(named).encode(), values, prepare=True)
        except psycopg.Error as fault:
            raise self._failure(fault) from fault
        self._undurable.clear()

    # What the kernel asks

    def _look_ahead(self, messages: Sequence[Transfers]) -> None:
        """Ask the server at once for all ids of the messages that the kernel may have forgotten."""
        self._read.clear()
        self._asked = np.concatenate([part for records in messages for part in (records["id"], records["pending_id"])])
        self._forgotten.look_ahead(self._asked)

    def _fetch(self, position: int) -> Transfer:
        """The transfer at a position: as it came while its commit has not run, else as recorded."""
        for first, records in self._undurable:
            if first <= position < first + len(records):
                return decode(records[position - first : position - first + 1].tobytes())[0]
        if position not in self._read and self._asked is not None:
            # One id came again: more of the same messages may have.
            self._remember(f"id = ANY ({_literal(uuids(self._asked))})")
            self._asked = None
        if position not in self._read:
            self._remember(f"position = {position}")
        return self._read[position]

    def _remember(self, which: str) -> None:
        rows = self._rows(TRANSFER_COLUMNS, f"FROM transfer WHERE {which}")
        transfers = decode(into_records(TRANSFER_COLUMNS, rows, TRANSFER).tobytes())
        self._read.update(zip(rows["position"].tolist(), transfers, strict=True))

    def _taken(self, instant: int) -> bool:
        return len(self._rows((ID,), f"FROM transfer WHERE timestamp = {instant}")) > 0

    def _entries(self, which: str) -> Columns:
        rows = self._rows(_ENTRY_COLUMNS, f"FROM ({_ENTRIES.format(which=which)}) AS known")
        halves = halves_of(rows["id"])
        return sorted_columns(halves[:, 1].copy(), halves[:, 0].copy(), rows["entry"].astype("<i8").view("<u8"))

    def _entries_of(self, ids: NDArray[Any]) -> Columns:
        return self._entries(f"t.id = ANY ({_literal(ids)})")

    def _last_id_before(self, position: int) -> int:
        """The highest id of the events before a position, 0 for none."""
        if position == 0:
            return 0
        newest = " UNION ALL ".join(
            f"(SELECT id FROM {table} WHERE position < {position} ORDER BY id DESC LIMIT 1)" for table in ("transfer", "burnt")
        )
        return max(_numbers(halves_of(self._rows((ID,), f"FROM ({newest}) AS newest")["id"])), default=0)

    # How it is read

    def _records(self, columns: Sequence[Column], source: str, dtype: np.dtype[Any]) -> NDArray[Any]:
        return into_records(columns, self._rows(columns, source), dtype)

    def _rows(self, columns: Sequence[Column], source: str) -> NDArray[Any]:
        """`columns` of what a FROM clause names."""
        self._usable()
        try:
            asked = f"COPY (SELECT {names(columns)} {source}) TO STDOUT (FORMAT binary)"
            with self._connection.cursor() as cursor, cursor.copy(asked.encode()) as copy:
                return rows_copied(columns, b"".join(copy))
        except psycopg.Error as fault:
            raise self._failure(fault) from fault

    def _usable(self) -> None:
        if self._failed:
            raise EngineUnavailable(f"{self.name}: an earlier commit failed; open the books again")

    def _failure(self, fault: psycopg.Error) -> EngineUnavailable:
        self._failed = True
        said = "another process has taken the books over" if fault.sqlstate == EPOCH_LOST else str(fault)
        return EngineUnavailable(f"{self.name}: {said}")


class Forgotten(Sealed):
    """Ids up to `last` of which some stand on the server alone: a segment that asks there, for a whole message at once."""

    def __init__(self, last: int, entries_of: Callable[[NDArray[Any]], Columns]) -> None:
        self.first, self.last, self.first_high, self.last_high = 0, last, 0, last >> 64
        self._entries_of = entries_of
        self._asked: set[tuple[int, int]] = set()
        self._answers: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        """More than any other segment, so that it is never merged with one."""
        return sys.maxsize

    def look_ahead(self, ids: NDArray[Any]) -> None:
        """Ask for those of `ids` (halves, the low one first) that may stand here, and forget what was asked before."""
        self._asked.clear()
        self._answers.clear()
        high, low = np.uint64(self.last >> 64), np.uint64(self.last & (1 << 64) - 1)
        here = (ids[:, 1] < high) | ((ids[:, 1] == high) & (ids[:, 0] <= low))
        here &= (ids[:, 0] | ids[:, 1]) != 0
        if here.any():
            self._ask(ids[here])

    def find(self, highs: U64, lows: U64) -> U64:
        """As `Sealed.find`."""
        keys = list(zip(highs.tolist(), lows.tolist(), strict=True))
        unasked = [
            at for at, key in enumerate(keys) if key not in self._asked and key <= (self.last >> 64, self.last & (1 << 64) - 1)
        ]
        if unasked:
            self._ask(np.stack([lows[unasked], highs[unasked]], axis=1))
        return np.array([self._answers.get(key, int(NOT_FOUND)) for key in keys], np.uint64)

    def _ask(self, ids: NDArray[Any]) -> None:
        found = self._entries_of(uuids(ids))
        self._asked.update(zip(ids[:, 1].tolist(), ids[:, 0].tolist(), strict=True))
        self._answers.update(
            zip(zip(found.highs.tolist(), found.lows.tolist(), strict=True), found.entries.tolist(), strict=True)
        )


def _fields(columns: Sequence[Column], records: NDArray[Any]) -> list[NDArray[Any]]:
    return [records[column.name] for column in columns]


def _numbers(halves: NDArray[Any]) -> list[int]:
    return [high << 64 | low for low, high in halves.tolist()]


def _sortable(ids: NDArray[Any]) -> NDArray[Any]:
    """Ids of 16 bytes as numpy sorts them: it knows no order of plain bytes, and one of texts that end in zeros."""
    return ids.view("S16")


def _literal(ids: NDArray[Any]) -> str:
    """Ids as the server reads them in a statement: hexadecimal digits and nothing else."""
    digits = ids.tobytes().hex()
    return "'{" + ",".join(digits[at : at + 32] for at in range(0, len(digits), 32)) + "}'::uuid[]"
