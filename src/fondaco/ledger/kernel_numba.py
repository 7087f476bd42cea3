"""The compiled twin of the reference kernel: the same answers, by numba over records as they stand in memory.

A record of 128 bytes is read as a row of sixteen numbers of 64 bits. What is seldom (an id that came before, a post of what is no
longer open, accounts) leaves the loop and is answered by the reference's own functions; then the loop goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
from fondaco.ledger.kernel import Recall, State, nothing_imported, open_in_chains, resolution_form_fault, sums_of
from fondaco.ledger.sealed import EXPIRED, NOT_FOUND, OPEN, Columns, Segments, sorted_columns

Rows = NDArray[np.uint64]

# Columns of a transfer's row, and of an account's.
_ID, _DEBIT, _CREDIT, _AMOUNT, _PENDING_ID, _DATA_128, _DATA_64, _DATA_32_TIMEOUT, _LEDGER_CODE_FLAGS, _AT = (
    0, 2, 4, 6, 8, 10, 12, 13, 14, 15,
)  # fmt: skip
_DP, _DPO, _CP, _CPO = 2, 4, 6, 8
# A pending transfer's row goes on: when it expires, its accounts' places, its position, the next free row.
_EXPIRES, _PLACES, _POSITION, _FREE, _PENDING_WIDTH = 16, 17, 18, 19, 20

# Scalars of a kernel that the loop reads and writes.
(
    _ACCOUNTS,
    _RECENT,
    _PENDINGS,
    _FREE_HEAD,
    _COUNT,
    _LAST_TRANSFER,
    _BALANCED_COUNT,
    _CHAIN,
    _BROKEN,
    _UNDO,
    _CHAIN_LAST,
    _CHAIN_BALANCED,
) = range(12)
_SCALARS = 12

# Kinds of a row of the undo log.
_WAS_ACCOUNT, _NEW_ID, _NEW_PENDING, _GONE_PENDING, _WAS_ENTRY = range(5)
_UNDO_WIDTH = 22

# Answers of the loop above every status: the event leaves it.
_AGAIN, _NOT_OPEN, _DONE = 1000, 1001, 1002

_U = np.uint64
_ZERO, _ONE, _ALL = _U(0), _U(1), _U(2**64 - 1)
_MAX = _U(2**63 - 1)
_NS = _U(1_000_000_000)
_SHIFT_CODE, _SHIFT_FLAGS, _SHIFT_32, _THREE, _SEVEN = _U(32), _U(48), _U(32), _U(3), _U(7)
_MASK_32, _MASK_16 = _U(2**32 - 1), _U(2**16 - 1)
_CLOSED_BIT = _U(32 << 48)
_EXPIRED_U, _OPEN_U = _U(EXPIRED), _U(OPEN)


@njit(cache=True, nogil=True, inline="always")
def _slot_of(high: Any, low: Any, mask: Any) -> Any:
    mixed = (high * _U(0x9E3779B97F4A7C15)) ^ (low * _U(0xC2B2AE3D27D4EB4F))
    mixed ^= mixed >> _U(29)
    mixed *= _U(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> _U(32)
    return np.int64(mixed & _U(mask))


@njit(cache=True, nogil=True)
def _find(slots: Any, rows: Any, low: Any, high: Any) -> Any:
    """The place of an id in `rows`, -1 where it is not there."""
    mask = len(slots) - 1
    at = _slot_of(high, low, mask)
    while slots[at] != 0:  # ends at an empty slot: at most half are taken
        place = slots[at] - 1
        if rows[place, 0] == low and rows[place, 1] == high:
            return place
        at = (at + 1) & mask
    return -1


@njit(cache=True, nogil=True)
def _insert(slots: Any, low: Any, high: Any, place: Any) -> None:
    mask = len(slots) - 1
    at = _slot_of(high, low, mask)
    while slots[at] != 0:
        at = (at + 1) & mask
    slots[at] = place + 1


@njit(cache=True, nogil=True)
def _remove(slots: Any, rows: Any, low: Any, high: Any) -> None:
    """Take an id out and close the gap, so that no search ends too early."""
    mask = len(slots) - 1
    at = _slot_of(high, low, mask)
    while rows[slots[at] - 1, 0] != low or rows[slots[at] - 1, 1] != high:
        at = (at + 1) & mask
    hole = at
    at = (at + 1) & mask
    while slots[at] != 0:
        home = _slot_of(rows[slots[at] - 1, 1], rows[slots[at] - 1, 0], mask)
        if ((at - home) & mask) >= ((at - hole) & mask):
            slots[hole] = slots[at]
            hole = at
        at = (at + 1) & mask
    slots[hole] = 0


@njit(cache=True, nogil=True)
def _fill_slots(slots: Any, rows: Any, count: Any) -> None:
    slots[:] = 0
    for place in range(count):
        _insert(slots, rows[place, 0], rows[place, 1], place)


@njit(cache=True, nogil=True)
def _note_id(recent: Any, recent_slots: Any, scalars: Any, low: Any, high: Any, entry: Any) -> None:
    place = scalars[_RECENT]
    recent[place, 0] = low
    recent[place, 1] = high
    recent[place, 2] = entry
    scalars[_RECENT] = place + 1
    _insert(recent_slots, low, high, place)


@njit(cache=True, nogil=True)
def _note_ids(recent: Any, recent_slots: Any, scalars: Any, lows: Any, highs: Any, entries: Any) -> None:
    """Note those ids that are not known yet."""
    for at in range(len(lows)):
        if _find(recent_slots, recent, lows[at], highs[at]) < 0:
            _note_id(recent, recent_slots, scalars, lows[at], highs[at], entries[at])


@njit(cache=True, nogil=True)
def _drop_pending(pendings: Any, pending_slots: Any, scalars: Any, place: Any) -> None:
    _remove(pending_slots, pendings, pendings[place, 0], pendings[place, 1])
    pendings[place, _FREE] = _U(scalars[_FREE_HEAD])
    scalars[_FREE_HEAD] = place + 1


@njit(cache=True, nogil=True)
def _new_pending_place(pendings: Any, scalars: Any) -> Any:
    place = scalars[_FREE_HEAD] - 1
    if place >= 0:
        scalars[_FREE_HEAD] = np.int64(pendings[place, _FREE])
        return place
    place = scalars[_PENDINGS]
    scalars[_PENDINGS] = place + 1
    return place


@njit(cache=True, nogil=True)
def _remember(undo: Any, scalars: Any, kind: Any, place: Any, row: Any) -> None:
    at = scalars[_UNDO]
    undo[at, 0] = _U(kind)
    undo[at, 1] = _U(place)
    for column in range(len(row)):
        undo[at, 2 + column] = row[column]
    scalars[_UNDO] = at + 1


@njit(cache=True, nogil=True)
def _take_chain_back(
    accounts: Any, recent: Any, recent_slots: Any, pendings: Any, pending_slots: Any, undo: Any, scalars: Any
) -> None:
    for at in range(scalars[_UNDO] - 1, -1, -1):
        kind = undo[at, 0]
        place = np.int64(undo[at, 1])
        if kind == _WAS_ACCOUNT:
            for column in range(16):
                accounts[place, column] = undo[at, 2 + column]
        elif kind == _NEW_ID:
            _remove(recent_slots, recent, recent[place, 0], recent[place, 1])
            scalars[_RECENT] -= 1  # ids are taken back in the reverse order of their coming
        elif kind == _NEW_PENDING:
            _drop_pending(pendings, pending_slots, scalars, place)
        elif kind == _GONE_PENDING:
            fresh = _new_pending_place(pendings, scalars)
            for column in range(_PENDING_WIDTH):
                pendings[fresh, column] = undo[at, 2 + column]
            _insert(pending_slots, pendings[fresh, 0], pendings[fresh, 1], fresh)
        else:
            recent[place, 2] = undo[at, 2]
    scalars[_UNDO] = 0
    scalars[_LAST_TRANSFER] = scalars[_CHAIN_LAST]
    scalars[_BALANCED_COUNT] = scalars[_CHAIN_BALANCED]


@njit(cache=True, nogil=True)
def _import_fault(accounts: Any, scalars: Any, now: Any, debit: Any, credit: Any, timeout: Any) -> Any:
    if np.int64(now) <= scalars[_LAST_TRANSFER]:
        return 60
    first, last = 0, scalars[_ACCOUNTS]
    while first < last:
        middle = (first + last) // 2
        if accounts[middle, _AT] < now:
            first = middle + 1
        else:
            last = middle
    if first < scalars[_ACCOUNTS] and accounts[first, _AT] == now:
        return 60
    if now <= accounts[debit, _AT]:
        return 61
    if now <= accounts[credit, _AT]:
        return 62
    return 63 if timeout != _ZERO else 0


@njit(cache=True, nogil=True)
def _record(out: Any, at: Any, row: Any, amount: Any, now: Any) -> None:
    for column in range(16):
        out[at, column] = row[column]
    out[at, _AMOUNT] = amount
    out[at, _AMOUNT + 1] = _ZERO
    out[at, _AT] = now


@njit(cache=True, nogil=True)
def _resolve(
    e: Any, flags: Any, now: Any, accounts: Any, recent: Any, recent_slots: Any, pendings: Any, pending_slots: Any, undo: Any,
    scalars: Any, out: Any, at: Any,
) -> Any:  # fmt: skip
    if flags & _U(12) == _U(12) or flags & _U(2 | 16 | 32 | 64 | 128) != _ZERO:
        return 7
    if e[_PENDING_ID] == _ZERO and e[_PENDING_ID + 1] == _ZERO:
        return 14
    if e[_PENDING_ID] == _ALL and e[_PENDING_ID + 1] == _ALL:
        return 15
    if e[_PENDING_ID] == e[_ID] and e[_PENDING_ID + 1] == e[_ID + 1]:
        return 16
    if e[_DATA_32_TIMEOUT] >> _SHIFT_32 != _ZERO:
        return 17
    place = _find(pending_slots, pendings, e[_PENDING_ID], e[_PENDING_ID + 1])
    if place < 0:
        return _NOT_OPEN
    p = pendings[place]
    if (e[2] != _ZERO or e[3] != _ZERO) and (e[2] != p[2] or e[3] != p[3]):
        return 27
    if (e[4] != _ZERO or e[5] != _ZERO) and (e[4] != p[4] or e[5] != p[5]):
        return 28
    ledger = e[_LEDGER_CODE_FLAGS] & _MASK_32
    if ledger != _ZERO and ledger != p[_LEDGER_CODE_FLAGS] & _MASK_32:
        return 29
    code = (e[_LEDGER_CODE_FLAGS] >> _SHIFT_CODE) & _MASK_16
    if code != _ZERO and code != (p[_LEDGER_CODE_FLAGS] >> _SHIFT_CODE) & _MASK_16:
        return 30
    held = p[_AMOUNT]
    posts = flags & _U(4) != _ZERO
    amount = e[_AMOUNT]
    if posts:
        if amount == _ALL and e[_AMOUNT + 1] == _ALL:
            amount = held
        elif e[_AMOUNT + 1] != _ZERO or amount > held:
            return 31
    elif amount == _ZERO and e[_AMOUNT + 1] == _ZERO:
        amount = held
    elif e[_AMOUNT + 1] != _ZERO or amount > held:
        return 31
    elif amount < held:
        return 32
    if p[_EXPIRES] != _ZERO and p[_EXPIRES] <= now:
        return 35
    debit = np.int64(p[_PLACES] >> _SHIFT_32)
    credit = np.int64(p[_PLACES] & _MASK_32)
    if flags & _U(256) != _ZERO:
        fault = _import_fault(accounts, scalars, now, debit, credit, _ZERO)
        if fault:
            return fault
    if posts:
        if accounts[debit, _LEDGER_CODE_FLAGS] & _CLOSED_BIT != _ZERO:
            return 65
        if accounts[credit, _LEDGER_CODE_FLAGS] & _CLOSED_BIT != _ZERO:
            return 66
    # From here on nothing can fail.
    chained = scalars[_CHAIN] != 0
    if chained:
        _remember(undo, scalars, _WAS_ACCOUNT, debit, accounts[debit])
        _remember(undo, scalars, _WAS_ACCOUNT, credit, accounts[credit])
    accounts[debit, _DP] -= held
    accounts[credit, _CP] -= held
    closes = p[_LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    if closes & _U(64) != _ZERO:
        accounts[debit, _LEDGER_CODE_FLAGS] &= ~_CLOSED_BIT
    if closes & _U(128) != _ZERO:
        accounts[credit, _LEDGER_CODE_FLAGS] &= ~_CLOSED_BIT
    if posts:
        accounts[debit, _DPO] += amount
        accounts[credit, _CPO] += amount
    if len(out) > 0:
        _record(out, at, e, amount, now)
        for column in range(2, 6):
            out[at, column] = p[column]
        if e[10] == _ZERO and e[11] == _ZERO:
            out[at, 10] = p[10]
            out[at, 11] = p[11]
        if e[_DATA_64] == _ZERO:
            out[at, _DATA_64] = p[_DATA_64]
        if e[_DATA_32_TIMEOUT] == _ZERO:
            out[at, _DATA_32_TIMEOUT] = p[_DATA_32_TIMEOUT] & _MASK_32
        out[at, _LEDGER_CODE_FLAGS] = (p[_LEDGER_CODE_FLAGS] & _U(2**48 - 1)) | (flags << _SHIFT_FLAGS)
    entry = (p[_POSITION] << _THREE) | (_U(2) if posts else _U(3))
    known = _find(recent_slots, recent, p[0], p[1])
    if known >= 0:
        if chained:
            _remember(undo, scalars, _WAS_ENTRY, known, recent[known, 2:3])
        recent[known, 2] = entry
    else:
        # Its id was sealed: the newer word stands here.
        if chained:
            _remember(undo, scalars, _NEW_ID, scalars[_RECENT], recent[0, 0:0])
        _note_id(recent, recent_slots, scalars, p[0], p[1], entry)
    if chained:
        _remember(undo, scalars, _GONE_PENDING, place, p)
        _remember(undo, scalars, _NEW_ID, scalars[_RECENT], recent[0, 0:0])
    _note_id(recent, recent_slots, scalars, e[0], e[1], _U(scalars[_COUNT]) << _THREE)
    _drop_pending(pendings, pending_slots, scalars, place)
    scalars[_LAST_TRANSFER] = np.int64(now)
    return 0


@njit(cache=True, nogil=True)
def _one(
    e: Any, now: Any, accounts: Any, account_slots: Any, recent: Any, recent_slots: Any, pendings: Any, pending_slots: Any, undo: Any,
    balanced: Any, scalars: Any, out: Any, at: Any,
) -> Any:  # fmt: skip
    flags = e[_LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    if flags > _U(511):
        return 4
    if e[0] == _ZERO and e[1] == _ZERO:
        return 5
    if e[0] == _ALL and e[1] == _ALL:
        return 6
    if _find(recent_slots, recent, e[0], e[1]) >= 0:
        return _AGAIN
    if flags & _U(12) != _ZERO:
        return _resolve(e, flags, now, accounts, recent, recent_slots, pendings, pending_slots, undo, scalars, out, at)
    if e[2] == _ZERO and e[3] == _ZERO:
        return 8
    if e[2] == _ALL and e[3] == _ALL:
        return 9
    if e[4] == _ZERO and e[5] == _ZERO:
        return 10
    if e[4] == _ALL and e[5] == _ALL:
        return 11
    if e[2] == e[4] and e[3] == e[5]:
        return 12
    if e[8] != _ZERO or e[9] != _ZERO:
        return 13
    pending = flags & _U(2) != _ZERO
    timeout = e[_DATA_32_TIMEOUT] >> _SHIFT_32
    if not pending:
        if timeout != _ZERO:
            return 17
        if flags & _U(192) != _ZERO:
            return 64
    ledger = e[_LEDGER_CODE_FLAGS] & _MASK_32
    if ledger == _ZERO:
        return 19
    if (e[_LEDGER_CODE_FLAGS] >> _SHIFT_CODE) & _MASK_16 == _ZERO:
        return 20
    debit = _find(account_slots, accounts, e[2], e[3])
    if debit < 0:
        return 21
    credit = _find(account_slots, accounts, e[4], e[5])
    if credit < 0:
        return 22
    d, c = accounts[debit], accounts[credit]
    if d[_LEDGER_CODE_FLAGS] & _MASK_32 != c[_LEDGER_CODE_FLAGS] & _MASK_32:
        return 23
    if d[_LEDGER_CODE_FLAGS] & _MASK_32 != ledger:
        return 24
    if flags & _U(256) != _ZERO:
        fault = _import_fault(accounts, scalars, now, debit, credit, timeout)
        if fault:
            return fault
    debit_flags = d[_LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    credit_flags = c[_LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    if debit_flags & _U(32) != _ZERO:
        return 65
    if credit_flags & _U(32) != _ZERO:
        return 66
    amount = e[_AMOUNT]
    huge = e[_AMOUNT + 1] != _ZERO or amount > _MAX
    if flags & _U(48) != _ZERO:
        if huge:
            amount = _MAX
            huge = False
            # Neither side leaves more than this, so nothing is lost by naming it.
        if flags & _U(16) != _ZERO:
            owing = d[_DP] + d[_DPO]
            amount = min(amount, d[_CPO] - owing if d[_CPO] > owing else _ZERO)
        if flags & _U(32) != _ZERO:
            having = c[_CP] + c[_CPO]
            amount = min(amount, c[_DPO] - having if c[_DPO] > having else _ZERO)
    if huge:
        return 47 if pending else 49
    if pending:
        if d[_DP] + amount > _MAX:
            return 47
        if c[_CP] + amount > _MAX:
            return 48
    if d[_DPO] + amount > _MAX:
        return 49
    if c[_CPO] + amount > _MAX:
        return 50
    owed = d[_DP] + d[_DPO] + amount
    if owed > _MAX:
        return 51
    due = c[_CP] + c[_CPO] + amount
    if due > _MAX:
        return 52
    if timeout != _ZERO and now + timeout * _NS > _MAX:
        return 53
    if debit_flags & _U(2) != _ZERO and owed > d[_CPO]:
        return 54
    if credit_flags & _U(4) != _ZERO and due > c[_DPO]:
        return 55
    # From here on nothing can fail.
    chained = scalars[_CHAIN] != 0
    if chained:
        _remember(undo, scalars, _WAS_ACCOUNT, debit, d)
        _remember(undo, scalars, _WAS_ACCOUNT, credit, c)
        _remember(undo, scalars, _NEW_ID, scalars[_RECENT], recent[0, 0:0])
    position = _U(scalars[_COUNT])
    if flags & _U(48) != _ZERO:
        balanced[scalars[_BALANCED_COUNT], 0] = position
        balanced[scalars[_BALANCED_COUNT], 1] = amount
        scalars[_BALANCED_COUNT] += 1
    if pending:
        d[_DP] += amount
        c[_CP] += amount
        if flags & _U(64) != _ZERO:
            d[_LEDGER_CODE_FLAGS] |= _CLOSED_BIT
        if flags & _U(128) != _ZERO:
            c[_LEDGER_CODE_FLAGS] |= _CLOSED_BIT
        place = _new_pending_place(pendings, scalars)
        _record(pendings, place, e, amount, now)
        pendings[place, _EXPIRES] = now + timeout * _NS if timeout != _ZERO else _ZERO
        pendings[place, _PLACES] = (_U(debit) << _SHIFT_32) | _U(credit)
        pendings[place, _POSITION] = position
        _insert(pending_slots, e[0], e[1], place)
        if chained:
            _remember(undo, scalars, _NEW_PENDING, place, recent[0, 0:0])
        _note_id(recent, recent_slots, scalars, e[0], e[1], (position << _THREE) | _ONE)
    else:
        d[_DPO] += amount
        c[_CPO] += amount
        _note_id(recent, recent_slots, scalars, e[0], e[1], position << _THREE)
    if len(out) > 0:
        _record(out, at, e, amount, now)
    scalars[_LAST_TRANSFER] = np.int64(now)
    return 0


@njit(cache=True, nogil=True)
def _run(
    events: Any, start: Any, given: Any, at_ns: Any, statuses: Any, out: Any, accounts: Any, account_slots: Any, recent: Any,
    recent_slots: Any, pendings: Any, pending_slots: Any, undo: Any, balanced: Any, scalars: Any,
) -> Any:  # fmt: skip
    """Apply events from `start` on; (place, `_DONE`) or the place of an event that must be answered outside, and why.

    `given` is the status that was found outside for the event at `start`, -1 for none.
    """
    last = len(events) - 1
    imported = (events[0, _LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS) & _U(256)
    for at in range(start, last + 1):
        e = events[at]
        flags = e[_LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
        linked = flags & _ONE != _ZERO
        if linked and scalars[_CHAIN] == 0:
            scalars[_CHAIN] = at + 1
            scalars[_BROKEN] = 0
            scalars[_UNDO] = 0
            scalars[_CHAIN_LAST] = scalars[_LAST_TRANSFER]
            scalars[_CHAIN_BALANCED] = scalars[_BALANCED_COUNT]
        status = 0
        if at == start and given >= 0:
            status = given
        elif linked and at == last:
            status = 2
        elif scalars[_BROKEN] != 0:
            status = 1
        elif flags & _U(256) != imported:
            status = 56 if imported != _ZERO else 57
        else:
            now = _U(at_ns + at)
            if imported != _ZERO:
                now = e[_AT]
                if now == _ZERO or now > _MAX:
                    status = 58
                elif np.int64(now) >= at_ns + last:
                    status = 59
            elif e[_AT] != _ZERO:
                status = 3
            if status == 0:
                status = _one(
                    e,
                    now,
                    accounts,
                    account_slots,
                    recent,
                    recent_slots,
                    pendings,
                    pending_slots,
                    undo,
                    balanced,
                    scalars,
                    out,
                    at,
                )
                if status >= _AGAIN:
                    return at, status
        scalars[_COUNT] += 1
        if status != 0:
            statuses[at] = status
            if scalars[_CHAIN] != 0 and scalars[_BROKEN] == 0:
                _take_chain_back(accounts, recent, recent_slots, pendings, pending_slots, undo, scalars)
                for index in range(scalars[_CHAIN] - 1, at):
                    statuses[index] = 1
                    if len(out) > 0:
                        out[index, :] = _ZERO
                scalars[_BROKEN] = 1
            if status == 21 or status == 22 or status == 25 or status == 54 or status == 55 or status == 65 or status == 66:
                # It may be different a moment later: the id is burnt.
                _note_id(recent, recent_slots, scalars, e[0], e[1], (_U(scalars[_COUNT] - 1) << _THREE) | _U(5))
        if scalars[_CHAIN] != 0 and (not linked or status == 2):
            scalars[_CHAIN] = 0
            scalars[_BROKEN] = 0
    return last + 1, _DONE


@njit(cache=True, nogil=True)
def _above(events: Any, last_high: Any, last_low: Any) -> Any:
    """Whether every id, and every pending id, of a message is above what was sealed."""
    for at in range(len(events)):
        e = events[at]
        if e[1] < last_high or (e[1] == last_high and e[0] <= last_low):
            return False
        named = e[8] != _ZERO or e[9] != _ZERO
        if named and (e[9] < last_high or (e[9] == last_high and e[8] <= last_low)):
            return False
    return True


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
        self._pendings: Rows = np.zeros((256, _PENDING_WIDTH), np.uint64)
        self._pending_slots = _slots(256)
        self._balanced: Rows = np.zeros((64, 2), np.uint64)
        self._undo: Rows = np.zeros((64, _UNDO_WIDTH), np.uint64)
        self._scalars = np.zeros(_SCALARS, np.int64)
        self._segments = Segments()
        self._nothing = np.zeros((0, 16), np.uint64)
        self._taken = taken
        self._recall = Recall(fetch, self.entry_of, self._moved_at)

    @property
    def position(self) -> int:
        return int(self._scalars[_COUNT])

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
        count = self._scalars[_ACCOUNTS]
        return not (count and at_ns <= int(self._accounts[count - 1, _AT])) and not self._taken(at_ns)

    def _open(self, account: Account) -> None:
        place = int(self._scalars[_ACCOUNTS])
        self._accounts[place] = account_records([account]).view(np.uint64)
        _insert(self._account_slots, self._accounts[place, 0], self._accounts[place, 1], place)
        self._scalars[_ACCOUNTS] += 1

    def _take_back(self, count: int) -> None:
        for _ in range(count):
            self._scalars[_ACCOUNTS] -= 1
            row = self._accounts[self._scalars[_ACCOUNTS]]
            _remove(self._account_slots, self._accounts, row[0], row[1])

    def _make_room_for_accounts(self, more: int) -> None:
        count = int(self._scalars[_ACCOUNTS])
        self._accounts, self._account_slots = _grown(self._accounts, self._account_slots, count, count + more)

    def _place(self, key: int) -> int:
        return int(_find(self._account_slots, self._accounts, _U(key & (2**64 - 1)), _U(key >> 64)))

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
            start, why = _run(
                events, start, given, at_ns, statuses, out_rows, self._accounts, self._account_slots, self._recent, self._recent_slots,
                self._pendings, self._pending_slots, self._undo, self._balanced, self._scalars,
            )  # fmt: skip
            if why == _DONE:
                break
            given = self._answer(decode(events[start].tobytes())[0], why)
        if self._scalars[_RECENT] >= self.RECENT_MAX:
            self._seal()
        return statuses

    def _answer(self, event: Transfer, why: int) -> int:
        if why == _AGAIN:
            entry = self.entry_of(event.id)
            assert entry is not None
            return int(self._recall.again(event, entry))
        assert resolution_form_fault(event) == 0
        return int(self._recall.unresolvable(event))

    def _make_room(self, more: int) -> None:
        """No loop may run out of room: each event notes at most two ids, one pending transfer, one balanced amount, six undo rows.

        Ids that were sealed come forward besides: at most two for each event.
        """
        scalars = self._scalars
        recent = int(scalars[_RECENT])
        self._recent, self._recent_slots = _grown(self._recent, self._recent_slots, recent, recent + 4 * more)
        pendings = int(scalars[_PENDINGS])
        if pendings + more > len(self._pendings):
            self._pendings = _longer(self._pendings, pendings + more)
        if 2 * (pendings + more) > len(self._pending_slots):
            self._pending_slots = _slots(2 * (pendings + more))
            for place in self._open_places():
                _insert(self._pending_slots, self._pendings[place, 0], self._pendings[place, 1], place)
        if scalars[_BALANCED_COUNT] + more > len(self._balanced):
            self._balanced = _longer(self._balanced, int(scalars[_BALANCED_COUNT]) + more)
        if 6 * more > len(self._undo):
            self._undo = np.zeros((6 * more, _UNDO_WIDTH), np.uint64)

    def _bring_forward(self, events: Rows) -> None:
        """What was sealed of the ids of a message is known again before it is applied."""
        last = self._segments.last
        if _above(events, _U(last >> 64), _U(last & (2**64 - 1))):
            return
        lows, highs = np.concatenate([events[:, 0], events[:, 8]]), np.concatenate([events[:, 1], events[:, 9]])
        entries = self._segments.find(highs, lows)
        found = entries != NOT_FOUND
        _note_ids(self._recent, self._recent_slots, self._scalars, lows[found], highs[found], entries[found])

    def _seal(self) -> None:
        """Ids that came long ago go into a segment; open pending transfers stay known by their own table."""
        self._segments.seal(self._recent_columns())
        self._scalars[_RECENT] = 0
        self._recent_slots[:] = 0

    def _recent_columns(self) -> Columns:
        rows = self._recent[: self._scalars[_RECENT]]
        return sorted_columns(rows[:, 1].copy(), rows[:, 0].copy(), rows[:, 2].copy())

    def entry_of(self, key: int) -> int | None:
        place = _find(self._recent_slots, self._recent, _U(key & (2**64 - 1)), _U(key >> 64))
        return int(self._recent[place, 2]) if place >= 0 else self._segments.find_one(key)

    def _moved_at(self, position: int) -> int | None:
        known = self._balanced[: self._scalars[_BALANCED_COUNT]]
        at = int(np.searchsorted(known[:, 0], _U(position)))
        return int(known[at, 1]) if at < len(known) and int(known[at, 0]) == position else None

    def _open_places(self) -> NDArray[np.intp]:
        taken = self._pending_slots[self._pending_slots != 0]
        return np.sort(taken - 1).astype(np.intp)

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """As `Kernel.expire`."""
        places = self._open_places()
        expires = self._pendings[places, _EXPIRES]
        due = places[(expires != 0) & (expires <= _U(at_ns))]
        due = due[np.lexsort((self._pendings[due, _POSITION], self._pendings[due, _EXPIRES]))]
        self._make_room(len(due))
        released = []
        for place in due.tolist():
            row = self._pendings[place].copy()
            debit, credit = int(row[_PLACES]) >> 32, int(row[_PLACES]) & (2**32 - 1)
            self._accounts[debit, _DP] -= row[_AMOUNT]
            self._accounts[credit, _CP] -= row[_AMOUNT]
            flags = int(row[_LEDGER_CODE_FLAGS]) >> 48
            if flags & 64:
                self._accounts[debit, _LEDGER_CODE_FLAGS] &= ~_CLOSED_BIT
            if flags & 128:
                self._accounts[credit, _LEDGER_CODE_FLAGS] &= ~_CLOSED_BIT
            entry = (row[_POSITION] << _THREE) | _EXPIRED_U
            known = _find(self._recent_slots, self._recent, row[0], row[1])
            if known >= 0:
                self._recent[known, 2] = entry
            else:
                _note_id(self._recent, self._recent_slots, self._scalars, row[0], row[1], entry)
            _drop_pending(self._pendings, self._pending_slots, self._scalars, place)
            released.append((int(row[0]) | int(row[1]) << 64, int(row[_AMOUNT])))
        self.last_ns = max(self.last_ns, at_ns)
        return released

    # What people and snapshots read

    def balance(self, key: int) -> Balance | None:
        place = self._place(key)
        return None if place < 0 else Balance(*self._accounts[place, _DP : _CPO + 1 : 2].tolist())

    def room(self, key: int) -> int:
        """As `Kernel.room`."""
        held = self.balance(key)
        return 0 if held is None else held.room

    def lookup(self, ids: Sequence[int]) -> Accounts:
        places = [place for place in map(self._place, ids) if place >= 0]
        return self._accounts[places].view(ACCOUNT).reshape(-1)

    def accounts(self) -> Accounts:
        return self._accounts[: self._scalars[_ACCOUNTS]].copy().view(ACCOUNT).reshape(-1)

    def sums(self) -> Iterator[tuple[int, int, int]]:
        """As `Kernel.sums`."""
        return sums_of(self.accounts())

    def state(self) -> State:
        pendings = self._pendings[self._open_places()]
        pendings = pendings[np.argsort(pendings[:, _POSITION])]
        balanced = self._balanced[: self._scalars[_BALANCED_COUNT]]
        return State(
            self.position,
            self.last_ns,
            int(self._scalars[_LAST_TRANSFER]),
            self.accounts(),
            np.ascontiguousarray(pendings[:, :16]).view(TRANSFER).reshape(-1),
            self._recent_columns(),
            tuple(self._segments.sealed),
            (balanced[:, 0].copy(), balanced[:, 1].copy()),
        )

    def restore(self, state: State) -> None:
        self.last_ns = state.last_ns
        scalars = self._scalars
        scalars[_COUNT], scalars[_LAST_TRANSFER] = state.position, state.last_transfer_ns
        count = len(state.accounts)
        self._make_room_for_accounts(count)
        self._accounts[:count] = state.accounts.view(np.uint64).reshape(-1, 16)
        scalars[_ACCOUNTS] = count
        _fill_slots(self._account_slots, self._accounts, count)
        self._segments = Segments(state.sealed)
        self._make_room(len(state.recent.highs) + len(state.pendings) + len(state.balanced[0]))
        for at, column in enumerate((state.recent.lows, state.recent.highs, state.recent.entries)):
            self._recent[: len(column), at] = column
        scalars[_RECENT] = len(state.recent.highs)
        _fill_slots(self._recent_slots, self._recent, scalars[_RECENT])
        for at, column in enumerate(state.balanced):
            self._balanced[: len(column), at] = column
        scalars[_BALANCED_COUNT] = len(state.balanced[0])
        self._restore_pendings(state.pendings)

    def _restore_pendings(self, pendings: Transfers) -> None:
        rows = pendings.view(np.uint64).reshape(-1, 16)
        for place, recorded in enumerate(decode(pendings.tobytes())):
            entry = self.entry_of(recorded.id)
            assert entry is not None and entry & 7 == OPEN, "an open pending transfer has an open id"
            self._pendings[place, :16] = rows[place]
            self._pendings[place, _EXPIRES] = recorded.timestamp + recorded.timeout * 10**9 if recorded.timeout else 0
            self._pendings[place, _PLACES] = self._place(recorded.debit) << 32 | self._place(recorded.credit)
            self._pendings[place, _POSITION] = entry >> 3
            _insert(self._pending_slots, rows[place, 0], rows[place, 1], place)
        self._scalars[_PENDINGS] = len(rows)


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
        _fill_slots(slots, rows, count)
    return rows, slots
