"""The compiled twin of the reference kernel: the same answers, by numba over records as they stand in memory.

A record of 128 bytes is read as a row of sixteen numbers of 64 bits. What is seldom (an id that came before, a post of what is no
longer open, accounts) leaves the loop and is answered by the reference's own functions; then the loop goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fondaco.ledger import loop_numba as loop
from fondaco.ledger.engine import (
    ACCOUNT,
    TRANSFER,
    Account,
    Accounts,
    Balance,
    Statuses,
    Transfer,
    Transfers,
    account_records,
    decode,
    decode_accounts,
)
from fondaco.ledger.kernel import State, nothing_imported, sums_of
from fondaco.ledger.opening import open_in_chains
from fondaco.ledger.recall import Recall, resolution_form_fault
from fondaco.ledger.sealed import NOT_FOUND, OPEN, Columns, Segments, sorted_columns

Rows = NDArray[np.uint64]


def _slots(count: int) -> NDArray[np.int32]:
    return np.zeros(1 << max(8, (2 * count - 1).bit_length()), np.int32)


class CompiledKernel:
    """As `kernel.Kernel`, compiled."""

    RECENT_MAX = 1 << 19

    def __init__(self, fetch: Callable[[int], Transfer], taken: Callable[[int], bool] = nothing_imported) -> None:
        self.last_ns = 0
        self._accounts: Rows = np.zeros((128, 16), np.uint64)
        self._account_slots = _slots(128)
        self._recent: Rows = np.zeros((1024, 3), np.uint64)
        self._recent_slots = _slots(1024)
        self._pendings: Rows = np.zeros((256, loop.PENDING_WIDTH), np.uint64)
        self._pending_slots = _slots(256)
        self._balanced: Rows = np.zeros((64, 2), np.uint64)
        self._undo: Rows = np.zeros((64, loop.UNDO_WIDTH), np.uint64)
        self._scalars = np.zeros(loop.SCALARS, np.int64)
        self._segments = Segments()
        self._nothing = np.zeros((0, 16), np.uint64)
        self._taken = taken
        self._recall = Recall(fetch, self.entry_of, self._moved_at)

    @property
    def position(self) -> int:
        return int(self._scalars[loop.COUNT])

    # Accounts

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """As `AnyKernel.open_accounts`."""
        self._make_room_for_accounts(len(records))
        self.last_ns = at_ns + len(records) - 1
        return open_in_chains(
            decode_accounts(records.tobytes()), records, at_ns, self._known, self._may_be_imported, self._open, self._take_back
        )

    def _known(self, key: int) -> Account | None:
        place = self._place(key)
        return None if place < 0 else decode_accounts(self._accounts[place].tobytes())[0]

    def _may_be_imported(self, at_ns: int) -> bool:
        count = self._scalars[loop.ACCOUNTS]
        return not (count and at_ns <= int(self._accounts[count - 1, loop.AT])) and not self._taken(at_ns)

    def _open(self, account: Account) -> None:
        place = int(self._scalars[loop.ACCOUNTS])
        self._accounts[place] = account_records([account]).view(np.uint64)
        loop.insert(self._account_slots, self._accounts[place, 0], self._accounts[place, 1], place)
        self._scalars[loop.ACCOUNTS] += 1

    def _take_back(self, count: int) -> None:
        for _ in range(count):
            self._scalars[loop.ACCOUNTS] -= 1
            row = self._accounts[self._scalars[loop.ACCOUNTS]]
            loop.remove(self._account_slots, self._accounts, row[0], row[1])

    def _make_room_for_accounts(self, more: int) -> None:
        count = int(self._scalars[loop.ACCOUNTS])
        self._accounts, self._account_slots = _grown(self._accounts, self._account_slots, count, count + more)

    def _place(self, key: int) -> int:
        return int(loop.find(self._account_slots, self._accounts, loop.U(key & (2**64 - 1)), loop.U(key >> 64)))

    # Transfers

    def book(self, records: Transfers, at_ns: int, out: Transfers | None = None) -> Statuses:
        """As `AnyKernel.book`."""
        count = len(records)
        statuses = np.zeros(count, np.uint32)
        if not count:
            return statuses
        events = _rows(records)
        out_rows = self._nothing if out is None else out.view(np.uint64).reshape(-1, 16)
        self.last_ns = at_ns + count - 1
        self._make_room(count)
        if self._segments.sealed:
            self._bring_forward(events)
        start, given = 0, -1
        while True:  # ends with the message: each round answers at least one event
            start, why = loop.run(
                events, start, given, at_ns, statuses, out_rows, self._accounts, self._account_slots, self._recent, self._recent_slots,
                self._pendings, self._pending_slots, self._undo, self._balanced, self._scalars,
            )  # fmt: skip
            if why == loop.DONE:
                break
            given = self._answer(decode(events[start].tobytes())[0], why)
        if self._scalars[loop.RECENT] >= self.RECENT_MAX:
            self._seal()
        return statuses

    def _answer(self, event: Transfer, why: int) -> int:
        if why == loop.AGAIN:
            entry = self.entry_of(event.id)
            assert entry is not None
            return int(self._recall.again(event, entry))
        assert resolution_form_fault(event) == 0
        return int(self._recall.unresolvable(event))

    def _make_room(self, more: int) -> None:
        """No loop may loop.run out of room: each event notes at most two ids, one pending transfer, one balanced amount, six undo rows.

        Ids that were sealed come forward besides: at most two for each event.
        """
        scalars = self._scalars
        recent = int(scalars[loop.RECENT])
        self._recent, self._recent_slots = _grown(self._recent, self._recent_slots, recent, recent + 4 * more)
        pendings = int(scalars[loop.PENDINGS])
        if pendings + more > len(self._pendings):
            self._pendings = _longer(self._pendings, pendings + more)
        if 2 * (pendings + more) > len(self._pending_slots):
            open_places = self._open_places()
            self._pending_slots = _slots(2 * (pendings + more))
            for place in open_places:
                loop.insert(self._pending_slots, self._pendings[place, 0], self._pendings[place, 1], place)
        if scalars[loop.BALANCED_COUNT] + more > len(self._balanced):
            self._balanced = _longer(self._balanced, int(scalars[loop.BALANCED_COUNT]) + more)
        if 6 * more > len(self._undo):
            self._undo = np.zeros((6 * more, loop.UNDO_WIDTH), np.uint64)

    def _bring_forward(self, events: Rows) -> None:
        """What was sealed of the ids of a message is known again before it is applied."""
        last = self._segments.last
        if loop.above(events, loop.U(last >> 64), loop.U(last & (2**64 - 1))):
            return
        lows, highs = np.concatenate([events[:, 0], events[:, 8]]), np.concatenate([events[:, 1], events[:, 9]])
        entries = self._segments.find(highs, lows)
        found = entries != NOT_FOUND
        loop.note_ids(self._recent, self._recent_slots, self._scalars, lows[found], highs[found], entries[found])

    def _seal(self) -> None:
        """Ids that came long ago go into a segment; open pending transfers stay known by their own table."""
        self._segments.seal(self._recent_columns())
        self._scalars[loop.RECENT] = 0
        self._recent_slots[:] = 0

    def _recent_columns(self) -> Columns:
        rows = self._recent[: self._scalars[loop.RECENT]]
        return sorted_columns(rows[:, 1].copy(), rows[:, 0].copy(), rows[:, 2].copy())

    def entry_of(self, key: int) -> int | None:
        place = loop.find(self._recent_slots, self._recent, loop.U(key & (2**64 - 1)), loop.U(key >> 64))
        return int(self._recent[place, 2]) if place >= 0 else self._segments.find_one(key)

    def _moved_at(self, position: int) -> int | None:
        known = self._balanced[: self._scalars[loop.BALANCED_COUNT]]
        at = int(np.searchsorted(known[:, 0], loop.U(position)))
        return int(known[at, 1]) if at < len(known) and int(known[at, 0]) == position else None

    def _open_places(self) -> NDArray[np.intp]:
        taken = self._pending_slots[self._pending_slots != 0]
        return np.sort(taken - 1).astype(np.intp)

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """As `Kernel.expire`."""
        places = self._open_places()
        expires = self._pendings[places, loop.EXPIRES]
        due = places[(expires != 0) & (expires <= loop.U(at_ns))]
        due = due[np.lexsort((self._pendings[due, loop.POSITION], self._pendings[due, loop.EXPIRES]))]
        self._make_room(len(due))
        released = []
        for place in due.tolist():
            row = self._pendings[place].copy()
            debit, credit = int(row[loop.PLACES]) >> 32, int(row[loop.PLACES]) & (2**32 - 1)
            self._accounts[debit, loop.DP] -= row[loop.AMOUNT]
            self._accounts[credit, loop.CP] -= row[loop.AMOUNT]
            flags = int(row[loop.LEDGER_CODE_FLAGS]) >> 48
            if flags & 64:
                self._accounts[debit, loop.LEDGER_CODE_FLAGS] &= ~loop.CLOSED_BIT
            if flags & 128:
                self._accounts[credit, loop.LEDGER_CODE_FLAGS] &= ~loop.CLOSED_BIT
            entry = (row[loop.POSITION] << loop.THREE) | loop.EXPIRED_U
            known = loop.find(self._recent_slots, self._recent, row[0], row[1])
            if known >= 0:
                self._recent[known, 2] = entry
            else:
                loop.note_id(self._recent, self._recent_slots, self._scalars, row[0], row[1], entry)
            loop.drop_pending(self._pendings, self._pending_slots, self._scalars, place)
            released.append((int(row[0]) | int(row[1]) << 64, int(row[loop.AMOUNT])))
        self.last_ns = max(self.last_ns, at_ns)
        return released

    # What people and snapshots read

    def balance(self, key: int) -> Balance | None:
        place = self._place(key)
        return None if place < 0 else Balance(*self._accounts[place, loop.DP : loop.CPO + 1 : 2].tolist())

    def room(self, key: int) -> int:
        """As `Kernel.room`."""
        held = self.balance(key)
        return 0 if held is None else held.room

    def lookup(self, ids: Sequence[int]) -> Accounts:
        places = [place for place in map(self._place, ids) if place >= 0]
        return self._accounts[places].view(ACCOUNT).reshape(-1)

    def touched(self, recorded: Transfers) -> Accounts:
        """As `AnyKernel.touched`."""
        places = np.zeros(2 * len(recorded), np.int64)
        loop.places_named(self._account_slots, self._accounts, _rows(recorded), places)
        named = np.zeros(int(self._scalars[loop.ACCOUNTS]), np.bool_)
        named[places] = True
        return self._accounts[: len(named)][named].view(ACCOUNT).reshape(-1)

    def accounts(self) -> Accounts:
        return self._accounts[: self._scalars[loop.ACCOUNTS]].copy().view(ACCOUNT).reshape(-1)

    def sums(self) -> Iterator[tuple[int, int, int]]:
        """As `Kernel.sums`."""
        return sums_of(self.accounts())

    def state(self) -> State:
        pendings = self._pendings[self._open_places()]
        pendings = pendings[np.argsort(pendings[:, loop.POSITION])]
        balanced = self._balanced[: self._scalars[loop.BALANCED_COUNT]]
        return State(
            self.position,
            self.last_ns,
            int(self._scalars[loop.LAST_TRANSFER]),
            self.accounts(),
            np.ascontiguousarray(pendings[:, :16]).view(TRANSFER).reshape(-1),
            self._recent_columns(),
            tuple(self._segments.sealed),
            (balanced[:, 0].copy(), balanced[:, 1].copy()),
        )

    def restore(self, state: State) -> None:
        self.last_ns = state.last_ns
        scalars = self._scalars
        scalars[loop.COUNT], scalars[loop.LAST_TRANSFER] = state.position, state.last_transfer_ns
        count = len(state.accounts)
        self._make_room_for_accounts(count)
        self._accounts[:count] = state.accounts.view(np.uint64).reshape(-1, 16)
        scalars[loop.ACCOUNTS] = count
        loop.fill_slots(self._account_slots, self._accounts, count)
        self._segments = Segments(state.sealed)
        self._make_room(len(state.recent.highs) + len(state.pendings) + len(state.balanced[0]))
        for at, column in enumerate((state.recent.lows, state.recent.highs, state.recent.entries)):
            self._recent[: len(column), at] = column
        scalars[loop.RECENT] = len(state.recent.highs)
        loop.fill_slots(self._recent_slots, self._recent, scalars[loop.RECENT])
        for at, column in enumerate(state.balanced):
            self._balanced[: len(column), at] = column
        scalars[loop.BALANCED_COUNT] = len(state.balanced[0])
        self._restore_pendings(state.pendings)

    def _restore_pendings(self, pendings: Transfers) -> None:
        rows = pendings.view(np.uint64).reshape(-1, 16)
        for place, recorded in enumerate(decode(pendings.tobytes())):
            entry = self.entry_of(recorded.id)
            assert entry is not None and entry & 7 == OPEN, "an open pending transfer has an open id"
            self._pendings[place, :16] = rows[place]
            self._pendings[place, loop.EXPIRES] = recorded.timestamp + recorded.timeout * 10**9 if recorded.timeout else 0
            self._pendings[place, loop.PLACES] = self._place(recorded.debit) << 32 | self._place(recorded.credit)
            self._pendings[place, loop.POSITION] = entry >> 3
            loop.insert(self._pending_slots, rows[place, 0], rows[place, 1], place)
        self._scalars[loop.PENDINGS] = len(rows)


def _rows(records: Transfers) -> Rows:
    if not records.flags.c_contiguous:
        records = np.ascontiguousarray(records)
    return records.view(np.uint64).reshape(-1, 16)


def _longer(rows: Rows, needed: int) -> Rows:
    longer = np.zeros((max(needed, 2 * len(rows)), rows.shape[1]), np.uint64)
    longer[: len(rows)] = rows
    return longer


def _grown(rows: Rows, slots: NDArray[np.int32], count: int, needed: int) -> tuple[Rows, NDArray[np.int32]]:
    """Room for `needed` rows, and slots of which at most half are taken."""
    if needed > len(rows):
        rows = _longer(rows, needed)
    if 2 * needed > len(slots):
        slots = _slots(len(rows))
        loop.fill_slots(slots, rows, count)
    return rows, slots
