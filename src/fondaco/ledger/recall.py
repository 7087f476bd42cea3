"""The seldom roads of the law, the same for every kernel: an id that comes again, and a post or void of what is no longer open."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.ledger.engine import AMOUNT_MAX, ID_MAX, Transfer
from fondaco.ledger.sealed import APPLIED, BURNT, EXPIRED, POSTED, VOIDED

_PENDING, _POST, _VOID = 2, 4, 8
_RESOLVES = _POST | _VOID
_BALANCING, _CLOSING = 16 | 32, 64 | 128
_RESOLVED = {POSTED: 33, VOIDED: 34, EXPIRED: 35}


def transfer_again(event: Transfer, old: Transfer, pending: Transfer | None) -> int:
    """A transfer id again: EXISTS with the same content, else the first field that differs.

    `old` is the transfer as recorded, `pending` the one that it posted or voided, as recorded. The flags come first, since they say
    how the rest is read; a field that a post or void leaves 0 stands for the pending transfer's.
    """
    if event.flags != old.flags:
        return 36
    if event.pending_id != old.pending_id:
        return 40
    if event.timeout != old.timeout:
        return 44
    if pending is not None:
        event = filled(event, pending)
    if event.debit != old.debit:
        return 37
    if event.credit != old.credit:
        return 38
    # A balancing transfer names the most that may move; what moved then is not more.
    if event.amount < old.amount if event.flags & _BALANCING else event.amount != old.amount:
        return 39
    if event.user_data_128 != old.user_data_128:
        return 41
    if event.user_data_64 != old.user_data_64:
        return 42
    if event.user_data_32 != old.user_data_32:
        return 43
    if event.ledger != old.ledger:
        return 67
    if event.code != old.code:
        return 45
    return 46


def filled(event: Transfer, pending: Transfer) -> Transfer:
    """A post or void with what it leaves out taken from the pending transfer."""
    return Transfer(
        event.id,
        event.debit or pending.debit,
        event.credit or pending.credit,
        _amount(event, pending),
        event.ledger or pending.ledger,
        event.code or pending.code,
        event.flags,
        event.pending_id,
        event.timeout,
        event.user_data_64 or pending.user_data_64,
        event.user_data_128 or pending.user_data_128,
        event.user_data_32 or pending.user_data_32,
        event.timestamp,
    )


def _amount(event: Transfer, pending: Transfer) -> int:
    """What a post or void moves."""
    amount = event.amount
    if event.flags & _POST:
        return pending.amount if amount == AMOUNT_MAX else amount
    return amount or pending.amount


def resolution_form_fault(event: Transfer) -> int:
    """What is wrong with a post or void as such; 0 for nothing."""
    flags = event.flags
    if flags & _RESOLVES == _RESOLVES or flags & (_PENDING | _BALANCING | _CLOSING):
        return 7
    if event.pending_id == 0:
        return 14
    if event.pending_id == ID_MAX:
        return 15
    if event.pending_id == event.id:
        return 16
    if event.timeout:
        return 17
    return 0


def resolution_fault(event: Transfer, pending: Transfer) -> int:
    """What a post or void says otherwise than its pending transfer, as recorded; 0 for nothing."""
    if event.debit and event.debit != pending.debit:
        return 27
    if event.credit and event.credit != pending.credit:
        return 28
    if event.ledger and event.ledger != pending.ledger:
        return 29
    if event.code and event.code != pending.code:
        return 30
    amount = _amount(event, pending)
    if amount > pending.amount:
        return 31
    if event.flags & _VOID and amount < pending.amount:
        return 32
    return 0


class Recall:
    """What stands in the record, read again when an id comes a second time."""

    def __init__(
        self, fetch: Callable[[int], Transfer], entry_of: Callable[[int], int | None], moved_at: Callable[[int], int | None]
    ):
        """`fetch(position)` gives the event there, as it came or as recorded; `moved_at(position)` what a balancing one moved."""
        self._fetch, self._entry_of, self._moved_at = fetch, entry_of, moved_at

    def recorded(self, position: int) -> Transfer:
        """The transfer at a position, as recorded."""
        event = self._fetch(position)
        if event.flags & _RESOLVES:
            return filled(event, self.pending_of(event))
        if event.flags & _BALANCING:
            moved = self._moved_at(position)
            return event if moved is None else event._replace(amount=moved)
        return event

    def pending_of(self, event: Transfer) -> Transfer:
        """The pending transfer that a recorded post or void names."""
        entry = self._entry_of(event.pending_id)
        assert entry is not None, "what was posted or voided had a pending transfer"
        return self.recorded(entry >> 3)

    def again(self, event: Transfer, entry: int) -> int:
        """The status of an event whose id came before."""
        if entry & 7 == BURNT:
            return 68
        old = self.recorded(entry >> 3)
        resolves = event.flags == old.flags and event.pending_id == old.pending_id and event.flags & _RESOLVES
        return transfer_again(event, old, self.pending_of(event) if resolves else None)

    def unresolvable(self, event: Transfer) -> int:
        """The status of a post or void, in form, whose pending transfer is not open."""
        entry = self._entry_of(event.pending_id)
        if entry is None or entry & 7 == BURNT:
            return 25
        if entry & 7 == APPLIED:
            return 26
        return resolution_fault(event, self.recorded(entry >> 3)) or _RESOLVED[entry & 7]
