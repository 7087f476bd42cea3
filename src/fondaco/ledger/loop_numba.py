"""The loop of the compiled kernel: what happens to each event of a message, over rows of sixteen numbers of 64 bits.

The order of every check is the reference's (`kernel.py`); what is seldom leaves the loop with `AGAIN` or `NOT_OPEN`, is answered by the
reference's own functions, and the loop goes on. All arithmetic is unsigned: numba makes a float of a signed and an unsigned number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from fondaco.ledger.sealed import EXPIRED

# Columns of a transfer's row, and of an account's.
_ID, _DEBIT, _CREDIT, AMOUNT, _PENDING_ID, _DATA_128, _DATA_64, _DATA_32_TIMEOUT, LEDGER_CODE_FLAGS, AT = (
    0, 2, 4, 6, 8, 10, 12, 13, 14, 15,
)  # fmt: skip
DP, _DPO, CP, CPO = 2, 4, 6, 8
# A pending transfer's row goes on: when it expires, its accounts' places, its position, the next free row.
EXPIRES, PLACES, POSITION, _FREE, PENDING_WIDTH = 16, 17, 18, 19, 20

# Scalars of a kernel that the loop reads and writes.
(
    ACCOUNTS,
    RECENT,
    PENDINGS,
    _FREE_HEAD,
    COUNT,
    LAST_TRANSFER,
    BALANCED_COUNT,
    _CHAIN,
    _BROKEN,
    _UNDO,
    _CHAIN_LAST,
    _CHAIN_BALANCED,
) = range(12)
SCALARS = 12

# Kinds of a row of the undo log.
_WAS_ACCOUNT, _NEW_ID, _NEW_PENDING, _GONE_PENDING, _WAS_ENTRY = range(5)
UNDO_WIDTH = 22

# Answers of the loop above every status: the event leaves it.
AGAIN, _NOT_OPEN, DONE = 1000, 1001, 1002

U = np.uint64
_ZERO, _ONE, _ALL = U(0), U(1), U(2**64 - 1)
_MAX = U(2**63 - 1)
_NS = U(1_000_000_000)
_SHIFT_CODE, _SHIFT_FLAGS, _SHIFT_32, THREE = U(32), U(48), U(32), U(3)
_MASK_32, _MASK_16 = U(2**32 - 1), U(2**16 - 1)
CLOSED_BIT = U(32 << 48)
EXPIRED_U = U(EXPIRED)


@njit(cache=True, nogil=True, inline="always")
def _slot_of(high: Any, low: Any, mask: Any) -> Any:
    mixed = (high * U(0x9E3779B97F4A7C15)) ^ (low * U(0xC2B2AE3D27D4EB4F))
    mixed ^= mixed >> U(29)
    mixed *= U(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> U(32)
    return np.int64(mixed & U(mask))


@njit(cache=True, nogil=True)
def find(slots: Any, rows: Any, low: Any, high: Any) -> Any:
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
def places_named(slots: Any, rows: Any, events: Any, places: Any) -> None:
    """The places of the accounts that recorded transfers name."""
    for at in range(len(events)):
        places[2 * at] = find(slots, rows, events[at, _DEBIT], events[at, _DEBIT + 1])
        places[2 * at + 1] = find(slots, rows, events[at, _CREDIT], events[at, _CREDIT + 1])


@njit(cache=True, nogil=True)
def insert(slots: Any, low: Any, high: Any, place: Any) -> None:
    mask = len(slots) - 1
    at = _slot_of(high, low, mask)
    while slots[at] != 0:
        at = (at + 1) & mask
    slots[at] = place + 1


@njit(cache=True, nogil=True)
def remove(slots: Any, rows: Any, low: Any, high: Any) -> None:
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
def fill_slots(slots: Any, rows: Any, count: Any) -> None:
    slots[:] = 0
    for place in range(count):
        insert(slots, rows[place, 0], rows[place, 1], place)


@njit(cache=True, nogil=True)
def note_id(recent: Any, recent_slots: Any, scalars: Any, low: Any, high: Any, entry: Any) -> None:
    place = scalars[RECENT]
    recent[place, 0] = low
    recent[place, 1] = high
    recent[place, 2] = entry
    scalars[RECENT] = place + 1
    insert(recent_slots, low, high, place)


@njit(cache=True, nogil=True)
def note_ids(recent: Any, recent_slots: Any, scalars: Any, lows: Any, highs: Any, entries: Any) -> None:
    """Note those ids that are not known yet."""
    for at in range(len(lows)):
        if find(recent_slots, recent, lows[at], highs[at]) < 0:
            note_id(recent, recent_slots, scalars, lows[at], highs[at], entries[at])


@njit(cache=True, nogil=True)
def drop_pending(pendings: Any, pending_slots: Any, scalars: Any, place: Any) -> None:
    remove(pending_slots, pendings, pendings[place, 0], pendings[place, 1])
    pendings[place, _FREE] = U(scalars[_FREE_HEAD])
    scalars[_FREE_HEAD] = place + 1


@njit(cache=True, nogil=True)
def _new_pending_place(pendings: Any, scalars: Any) -> Any:
    place = scalars[_FREE_HEAD] - 1
    if place >= 0:
        scalars[_FREE_HEAD] = np.int64(pendings[place, _FREE])
        return place
    place = scalars[PENDINGS]
    scalars[PENDINGS] = place + 1
    return place


@njit(cache=True, nogil=True)
def _remember(undo: Any, scalars: Any, kind: Any, place: Any, row: Any) -> None:
    at = scalars[_UNDO]
    undo[at, 0] = U(kind)
    undo[at, 1] = U(place)
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
            remove(recent_slots, recent, recent[place, 0], recent[place, 1])
            scalars[RECENT] -= 1  # ids are taken back in the reverse order of their coming
        elif kind == _NEW_PENDING:
            drop_pending(pendings, pending_slots, scalars, place)
        elif kind == _GONE_PENDING:
            fresh = _new_pending_place(pendings, scalars)
            for column in range(PENDING_WIDTH):
                pendings[fresh, column] = undo[at, 2 + column]
            insert(pending_slots, pendings[fresh, 0], pendings[fresh, 1], fresh)
        else:
            recent[place, 2] = undo[at, 2]
    scalars[_UNDO] = 0
    scalars[LAST_TRANSFER] = scalars[_CHAIN_LAST]
    scalars[BALANCED_COUNT] = scalars[_CHAIN_BALANCED]


@njit(cache=True, nogil=True)
def _import_fault(accounts: Any, scalars: Any, now: Any, debit: Any, credit: Any, timeout: Any) -> Any:
    if np.int64(now) <= scalars[LAST_TRANSFER]:
        return 60
    first, last = 0, scalars[ACCOUNTS]
    while first < last:
        middle = (first + last) // 2
        if accounts[middle, AT] < now:
            first = middle + 1
        else:
            last = middle
    if first < scalars[ACCOUNTS] and accounts[first, AT] == now:
        return 60
    if now <= accounts[debit, AT]:
        return 61
    if now <= accounts[credit, AT]:
        return 62
    return 63 if timeout != _ZERO else 0


@njit(cache=True, nogil=True)
def _record(out: Any, at: Any, row: Any, amount: Any, now: Any) -> None:
    for column in range(16):
        out[at, column] = row[column]
    out[at, AMOUNT] = amount
    out[at, AMOUNT + 1] = _ZERO
    out[at, AT] = now


@njit(cache=True, nogil=True)
def _resolve(
    e: Any, flags: Any, now: Any, accounts: Any, recent: Any, recent_slots: Any, pendings: Any, pending_slots: Any, undo: Any,
    scalars: Any, out: Any, at: Any,
) -> Any:  # fmt: skip
    if flags & U(12) == U(12) or flags & U(2 | 16 | 32 | 64 | 128) != _ZERO:
        return 7
    if e[_PENDING_ID] == _ZERO and e[_PENDING_ID + 1] == _ZERO:
        return 14
    if e[_PENDING_ID] == _ALL and e[_PENDING_ID + 1] == _ALL:
        return 15
    if e[_PENDING_ID] == e[_ID] and e[_PENDING_ID + 1] == e[_ID + 1]:
        return 16
    if e[_DATA_32_TIMEOUT] >> _SHIFT_32 != _ZERO:
        return 17
    place = find(pending_slots, pendings, e[_PENDING_ID], e[_PENDING_ID + 1])
    if place < 0:
        return _NOT_OPEN
    p = pendings[place]
    if (e[2] != _ZERO or e[3] != _ZERO) and (e[2] != p[2] or e[3] != p[3]):
        return 27
    if (e[4] != _ZERO or e[5] != _ZERO) and (e[4] != p[4] or e[5] != p[5]):
        return 28
    ledger = e[LEDGER_CODE_FLAGS] & _MASK_32
    if ledger != _ZERO and ledger != p[LEDGER_CODE_FLAGS] & _MASK_32:
        return 29
    code = (e[LEDGER_CODE_FLAGS] >> _SHIFT_CODE) & _MASK_16
    if code != _ZERO and code != (p[LEDGER_CODE_FLAGS] >> _SHIFT_CODE) & _MASK_16:
        return 30
    held = p[AMOUNT]
    posts = flags & U(4) != _ZERO
    amount = e[AMOUNT]
    if posts:
        if amount == _ALL and e[AMOUNT + 1] == _ALL:
            amount = held
        elif e[AMOUNT + 1] != _ZERO or amount > held:
            return 31
    elif amount == _ZERO and e[AMOUNT + 1] == _ZERO:
        amount = held
    elif e[AMOUNT + 1] != _ZERO or amount > held:
        return 31
    elif amount < held:
        return 32
    if p[EXPIRES] != _ZERO and p[EXPIRES] <= now:
        return 35
    debit = np.int64(p[PLACES] >> _SHIFT_32)
    credit = np.int64(p[PLACES] & _MASK_32)
    if flags & U(256) != _ZERO:
        fault = _import_fault(accounts, scalars, now, debit, credit, _ZERO)
        if fault:
            return fault
    if posts:
        if accounts[debit, LEDGER_CODE_FLAGS] & CLOSED_BIT != _ZERO:
            return 65
        if accounts[credit, LEDGER_CODE_FLAGS] & CLOSED_BIT != _ZERO:
            return 66
    # From here on nothing can fail.
    chained = scalars[_CHAIN] != 0
    if chained:
        _remember(undo, scalars, _WAS_ACCOUNT, debit, accounts[debit])
        _remember(undo, scalars, _WAS_ACCOUNT, credit, accounts[credit])
    accounts[debit, DP] -= held
    accounts[credit, CP] -= held
    closes = p[LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    if closes & U(64) != _ZERO:
        accounts[debit, LEDGER_CODE_FLAGS] &= ~CLOSED_BIT
    if closes & U(128) != _ZERO:
        accounts[credit, LEDGER_CODE_FLAGS] &= ~CLOSED_BIT
    if posts:
        accounts[debit, _DPO] += amount
        accounts[credit, CPO] += amount
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
        out[at, LEDGER_CODE_FLAGS] = (p[LEDGER_CODE_FLAGS] & U(2**48 - 1)) | (flags << _SHIFT_FLAGS)
    entry = (p[POSITION] << THREE) | (U(2) if posts else U(3))
    known = find(recent_slots, recent, p[0], p[1])
    if known >= 0:
        if chained:
            _remember(undo, scalars, _WAS_ENTRY, known, recent[known, 2:3])
        recent[known, 2] = entry
    else:
        # Its id was sealed: the newer word stands here.
        if chained:
            _remember(undo, scalars, _NEW_ID, scalars[RECENT], recent[0, 0:0])
        note_id(recent, recent_slots, scalars, p[0], p[1], entry)
    if chained:
        _remember(undo, scalars, _GONE_PENDING, place, p)
        _remember(undo, scalars, _NEW_ID, scalars[RECENT], recent[0, 0:0])
    note_id(recent, recent_slots, scalars, e[0], e[1], U(scalars[COUNT]) << THREE)
    drop_pending(pendings, pending_slots, scalars, place)
    scalars[LAST_TRANSFER] = np.int64(now)
    return 0


@njit(cache=True, nogil=True)
def _one(
    e: Any, now: Any, accounts: Any, account_slots: Any, recent: Any, recent_slots: Any, pendings: Any, pending_slots: Any, undo: Any,
    balanced: Any, scalars: Any, out: Any, at: Any,
) -> Any:  # fmt: skip
    flags = e[LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    if flags > U(511):
        return 4
    if e[0] == _ZERO and e[1] == _ZERO:
        return 5
    if e[0] == _ALL and e[1] == _ALL:
        return 6
    if find(recent_slots, recent, e[0], e[1]) >= 0:
        return AGAIN
    if flags & U(12) != _ZERO:
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
    pending = flags & U(2) != _ZERO
    timeout = e[_DATA_32_TIMEOUT] >> _SHIFT_32
    if not pending:
        if timeout != _ZERO:
            return 17
        if flags & U(192) != _ZERO:
            return 64
    ledger = e[LEDGER_CODE_FLAGS] & _MASK_32
    if ledger == _ZERO:
        return 19
    if (e[LEDGER_CODE_FLAGS] >> _SHIFT_CODE) & _MASK_16 == _ZERO:
        return 20
    debit = find(account_slots, accounts, e[2], e[3])
    if debit < 0:
        return 21
    credit = find(account_slots, accounts, e[4], e[5])
    if credit < 0:
        return 22
    d, c = accounts[debit], accounts[credit]
    if d[LEDGER_CODE_FLAGS] & _MASK_32 != c[LEDGER_CODE_FLAGS] & _MASK_32:
        return 23
    if d[LEDGER_CODE_FLAGS] & _MASK_32 != ledger:
        return 24
    if flags & U(256) != _ZERO:
        fault = _import_fault(accounts, scalars, now, debit, credit, timeout)
        if fault:
            return fault
    debit_flags = d[LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    credit_flags = c[LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
    if debit_flags & U(32) != _ZERO:
        return 65
    if credit_flags & U(32) != _ZERO:
        return 66
    amount = e[AMOUNT]
    huge = e[AMOUNT + 1] != _ZERO or amount > _MAX
    if flags & U(48) != _ZERO:
        if huge:
            amount = _MAX
            huge = False
            # Neither side leaves more than this, so nothing is lost by naming it.
        if flags & U(16) != _ZERO:
            owing = d[DP] + d[_DPO]
            amount = min(amount, d[CPO] - owing if d[CPO] > owing else _ZERO)
        if flags & U(32) != _ZERO:
            having = c[CP] + c[CPO]
            amount = min(amount, c[_DPO] - having if c[_DPO] > having else _ZERO)
    if huge:
        return 47 if pending else 49
    if pending:
        if d[DP] + amount > _MAX:
            return 47
        if c[CP] + amount > _MAX:
            return 48
    if d[_DPO] + amount > _MAX:
        return 49
    if c[CPO] + amount > _MAX:
        return 50
    owed = d[DP] + d[_DPO] + amount
    if owed > _MAX:
        return 51
    due = c[CP] + c[CPO] + amount
    if due > _MAX:
        return 52
    if timeout != _ZERO and now + timeout * _NS > _MAX:
        return 53
    if debit_flags & U(2) != _ZERO and owed > d[CPO]:
        return 54
    if credit_flags & U(4) != _ZERO and due > c[_DPO]:
        return 55
    # From here on nothing can fail.
    chained = scalars[_CHAIN] != 0
    if chained:
        _remember(undo, scalars, _WAS_ACCOUNT, debit, d)
        _remember(undo, scalars, _WAS_ACCOUNT, credit, c)
        _remember(undo, scalars, _NEW_ID, scalars[RECENT], recent[0, 0:0])
    position = U(scalars[COUNT])
    if flags & U(48) != _ZERO:
        balanced[scalars[BALANCED_COUNT], 0] = position
        balanced[scalars[BALANCED_COUNT], 1] = amount
        scalars[BALANCED_COUNT] += 1
    if pending:
        d[DP] += amount
        c[CP] += amount
        if flags & U(64) != _ZERO:
            d[LEDGER_CODE_FLAGS] |= CLOSED_BIT
        if flags & U(128) != _ZERO:
            c[LEDGER_CODE_FLAGS] |= CLOSED_BIT
        place = _new_pending_place(pendings, scalars)
        _record(pendings, place, e, amount, now)
        pendings[place, EXPIRES] = now + timeout * _NS if timeout != _ZERO else _ZERO
        pendings[place, PLACES] = (U(debit) << _SHIFT_32) | U(credit)
        pendings[place, POSITION] = position
        insert(pending_slots, e[0], e[1], place)
        if chained:
            _remember(undo, scalars, _NEW_PENDING, place, recent[0, 0:0])
        note_id(recent, recent_slots, scalars, e[0], e[1], (position << THREE) | _ONE)
    else:
        d[_DPO] += amount
        c[CPO] += amount
        note_id(recent, recent_slots, scalars, e[0], e[1], position << THREE)
    if len(out) > 0:
        _record(out, at, e, amount, now)
    scalars[LAST_TRANSFER] = np.int64(now)
    return 0


@njit(cache=True, nogil=True)
def run(
    events: Any, start: Any, given: Any, at_ns: Any, statuses: Any, out: Any, accounts: Any, account_slots: Any, recent: Any,
    recent_slots: Any, pendings: Any, pending_slots: Any, undo: Any, balanced: Any, scalars: Any,
) -> Any:  # fmt: skip
    """Apply events from `start` on; (place, `DONE`) or the place of an event that must be answered outside, and why.

    `given` is the status that was found outside for the event at `start`, -1 for none.
    """
    last = len(events) - 1
    imported = (events[0, LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS) & U(256)
    for at in range(start, last + 1):
        e = events[at]
        flags = e[LEDGER_CODE_FLAGS] >> _SHIFT_FLAGS
        linked = flags & _ONE != _ZERO
        if linked and scalars[_CHAIN] == 0:
            scalars[_CHAIN] = at + 1
            scalars[_BROKEN] = 0
            scalars[_UNDO] = 0
            scalars[_CHAIN_LAST] = scalars[LAST_TRANSFER]
            scalars[_CHAIN_BALANCED] = scalars[BALANCED_COUNT]
        status = 0
        if at == start and given >= 0:
            status = given
        elif linked and at == last:
            status = 2
        elif scalars[_BROKEN] != 0:
            status = 1
        elif flags & U(256) != imported:
            status = 56 if imported != _ZERO else 57
        else:
            now = U(at_ns + at)
            if imported != _ZERO:
                now = e[AT]
                if now == _ZERO or now > _MAX:
                    status = 58
                elif np.int64(now) >= at_ns + last:
                    status = 59
            elif e[AT] != _ZERO:
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
                if status >= AGAIN:
                    return at, status
        scalars[COUNT] += 1
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
                note_id(recent, recent_slots, scalars, e[0], e[1], (U(scalars[COUNT] - 1) << THREE) | U(5))
        if scalars[_CHAIN] != 0 and (not linked or status == 2):
            scalars[_CHAIN] = 0
            scalars[_BROKEN] = 0
    return last + 1, DONE


@njit(cache=True, nogil=True)
def above(events: Any, last_high: Any, last_low: Any) -> Any:
    """Whether every id, and every pending id, of a message is above what was sealed."""
    for at in range(len(events)):
        e = events[at]
        if e[1] < last_high or (e[1] == last_high and e[0] <= last_low):
            return False
        named = e[8] != _ZERO or e[9] != _ZERO
        if named and (e[9] < last_high or (e[9] == last_high and e[8] <= last_low)):
            return False
    return True
