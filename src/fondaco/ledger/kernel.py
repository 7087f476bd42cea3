"""The law of a message over balances in memory: plain Python, no I/O, no clock. The reference of every engine.

The semantics are TigerBeetle's, in the order of its documented precedence: what is wrong with the event in its message, then with the
event itself, whether its id came before, then what it names, then what the balances allow. Everything known here follows from the
events and instants that were handed in. `kernel_numba` gives the same answers faster.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fondaco.ledger.engine import (
    BALANCE_MAX,
    COUNTERS,
    ID_MAX,
    TIMESTAMP_MAX,
    TRANSIENT,
    Account,
    Accounts,
    Balance,
    Fields,
    Status,
    Statuses,
    Transfer,
    TransferFlag,
    Transfers,
    account_records,
    decode,
    decode_accounts,
    fields_of,
    transfer_records,
)
from fondaco.ledger.opening import open_in_chains
from fondaco.ledger.recall import Recall, filled, resolution_fault, resolution_form_fault
from fondaco.ledger.sealed import BURNT, EXPIRED, OPEN, POSTED, VOIDED, Columns, Sealed, Segments, columns_of

# Plain integers: an IntFlag costs ten times as much in the loop.
_LINKED, _PENDING, _POST, _VOID = 1, 2, 4, 8
_BALANCING_DEBIT, _BALANCING_CREDIT, _CLOSING_DEBIT, _CLOSING_CREDIT, _IMPORTED = 16, 32, 64, 128, 256
_KNOWN_FLAGS = 511
_RESOLVES = _POST | _VOID
_BALANCING = _BALANCING_DEBIT | _BALANCING_CREDIT
_CLOSING = _CLOSING_DEBIT | _CLOSING_CREDIT
_NO_OVERDRAFT, _NO_SURPLUS, _CLOSED = 2, 4, 32
_TRANSIENT = frozenset(int(status) for status in TRANSIENT)
_NS = 1_000_000_000


class State(NamedTuple):
    """All that a kernel knows, for a snapshot: what it is handed back it goes on from, to the same answers."""

    position: int  # how many transfer events were ever handed in
    last_ns: int  # the last timestamp given
    last_transfer_ns: int  # the last timestamp of a transfer that stands
    accounts: Accounts  # in the order of their timestamps, with counters and flags
    pendings: Transfers  # open ones as recorded, with their timestamps
    recent: Columns  # ids that were not sealed yet
    sealed: Sequence[Sealed]  # oldest first
    balanced: tuple[NDArray[np.uint64], NDArray[np.uint64]]  # positions of balancing transfers and what they moved


class AnyKernel(Protocol):
    """What an engine asks of a kernel. `Kernel` is the reference; `kernel_numba.CompiledKernel` its twin."""

    last_ns: int

    @property
    def position(self) -> int:
        """How many transfer events were ever handed in."""
        ...

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """Open accounts, in order; the first gets the timestamp `at_ns`, each further one more."""
        ...

    def book(self, records: Transfers, at_ns: int, out: Transfers | None = None) -> Statuses:
        """Apply one message. `out`, zeros of the same length, receives each applied transfer as recorded.

        As recorded: the amount that moved, accounts, ledger, code and user data taken from the pending transfer where a post or void
        left them 0, and the timestamp.
        """
        ...

    def expire(self, at_ns: int) -> list[tuple[int, int]]: ...

    def balance(self, key: int) -> Balance | None: ...

    def room(self, key: int) -> int: ...

    def lookup(self, ids: Sequence[int]) -> Accounts:
        """Records of these accounts, counters included; those that are not there are left out."""
        ...

    def touched(self, recorded: Transfers) -> Accounts:
        """Records of the accounts that recorded transfers name, counters included, each once."""
        ...

    def accounts(self) -> Accounts:
        """Records of all accounts, in the order of their timestamps."""
        ...

    def sums(self) -> Iterator[tuple[int, int, int]]: ...

    def entry_of(self, key: int) -> int | None:
        """What is known of a transfer id (`sealed.py`), None for one that never came."""
        ...

    def state(self) -> State: ...

    def restore(self, state: State) -> None:
        """Go on from a state; of a new kernel alone."""
        ...


def nothing_imported(_: int) -> bool:
    """For a kernel whose transfers never bring a timestamp of their own."""
    return False


class Holding:
    """One account's counters. Slots, since the loop reads nothing else."""

    __slots__ = ("account", "cp", "cpo", "dp", "dpo", "flags", "id", "ledger", "timestamp")

    def __init__(self, account: Account) -> None:
        self.id, self.ledger, self.flags, self.timestamp = account.id, account.ledger, account.flags, account.timestamp
        self.account = account
        self.dp = self.dpo = self.cp = self.cpo = 0


class Pending(NamedTuple):
    """A transfer that is reserved and neither posted, voided nor expired. `expires` is 0 for one without a timeout."""

    debit: Holding
    credit: Holding
    recorded: Transfer
    expires: int
    position: int


class Ids:
    """Which transfer ids came before and what became of them: a dict of recent ones, sealed segments of the rest."""

    RECENT_MAX = 1 << 18

    def __init__(self) -> None:
        self.recent: dict[int, int] = {}
        self.segments = Segments()

    def get(self, key: int) -> int | None:
        entry = self.recent.get(key)
        return self.segments.find_one(key) if entry is None else entry

    def resolve(self, key: int, outcome: int) -> None:
        """Note what became of a pending transfer."""
        entry = self.get(key)
        assert entry is not None, "a pending transfer has an id that was seen"
        self.recent[key] = (entry & ~7) | outcome

    def seal(self) -> None:
        if len(self.recent) >= self.RECENT_MAX:
            self.segments.seal(columns_of(self.recent))
            self.recent = {}


class _Chain:
    """What a chain did, to be taken back if one of its events fails."""

    __slots__ = ("balanced", "last_transfer_ns", "made", "resolved", "start", "undo")

    def __init__(self, start: int, last_transfer_ns: int) -> None:
        self.start, self.last_transfer_ns = start, last_transfer_ns
        self.undo: list[tuple[Holding, int, int, int, int, int]] = []
        self.made: list[int] = []
        self.resolved: list[tuple[int, Pending]] = []
        self.balanced: list[int] = []


class Kernel:
    """Balances and open pending transfers, and the one function that changes them.

    `fetch` reads the event at a position of the record again: an id that comes twice is compared with what it was. `taken` says
    whether a transfer that stands has a timestamp: an imported account may not take it too.
    """

    def __init__(self, fetch: Callable[[int], Transfer], taken: Callable[[int], bool] = nothing_imported) -> None:
        self.holdings: dict[int, Holding] = {}
        self.pendings: dict[int, Pending] = {}
        self.ids = Ids()
        self._position = self.last_ns = self.last_transfer_ns = 0
        self._order: list[Holding] = []  # by timestamp
        self._balanced: dict[int, int] = {}
        self._taken = taken
        self._recall = Recall(fetch, self.ids.get, self._balanced.get)

    @property
    def position(self) -> int:
        return self._position

    def entry_of(self, key: int) -> int | None:
        return self.ids.get(key)

    # Accounts

    def open_accounts(self, records: Accounts, at_ns: int) -> Statuses:
        """As `AnyKernel.open_accounts`."""
        accounts = decode_accounts(records.tobytes())
        self.last_ns = at_ns + len(accounts) - 1
        return open_in_chains(accounts, records, at_ns, self._known, self._may_be_imported, self._open, self._take_back)

    def _known(self, key: int) -> Account | None:
        holding = self.holdings.get(key)
        return None if holding is None else holding.account._replace(flags=holding.flags)

    def _may_be_imported(self, at_ns: int) -> bool:
        return not (self._order and at_ns <= self._order[-1].timestamp) and not self._taken(at_ns)

    def _open(self, account: Account) -> None:
        holding = self.holdings[account.id] = Holding(account)
        self._order.append(holding)

    def _take_back(self, count: int) -> None:
        for _ in range(count):
            del self.holdings[self._order.pop().id]

    # Transfers

    def book(self, records: Transfers, at_ns: int, out: Transfers | None = None) -> Statuses:
        """As `AnyKernel.book`."""
        events = fields_of(records.tobytes())
        last = len(events) - 1
        self.last_ns = at_ns + last
        statuses = [0] * len(events)
        applied: dict[int, Transfer] | None = None if out is None else {}
        imported = bool(events) and events[0][6] & _IMPORTED
        chain: _Chain | None = None
        broken = False
        for at, event in enumerate(events):
            flags = event[6]
            linked = flags & _LINKED
            if linked and chain is None:
                chain, broken = _Chain(at, self.last_transfer_ns), False
            if linked and at == last:
                status = 2  # a chain may not be left open at the end of a message
            elif broken:
                status = 1
            elif flags & _IMPORTED != imported:
                status = 57 if flags & _IMPORTED else 56
            elif imported:
                status = _import_time_fault(event[12], at_ns + last) or self._one(event, event[12], chain, at, applied)
            elif event[12]:
                status = 3
            else:
                status = self._one(event, at_ns + at, chain, at, applied)
            self._position += 1
            if status:
                statuses[at] = status
                if chain is not None and not broken:
                    self._take_chain_back(chain)
                    for index in range(chain.start, at):
                        statuses[index] = 1
                        if applied is not None:
                            applied.pop(index, None)
                    broken = True
                if status in _TRANSIENT:
                    self.ids.recent[event[0]] = (self._position - 1) << 3 | BURNT
            if chain is not None and (not linked or status == 2):
                chain, broken = None, False
        self.ids.seal()
        if out is not None and applied:
            out[list(applied)] = transfer_records(applied.values())
        return np.array(statuses, np.uint32)

    def _take_chain_back(self, chain: _Chain) -> None:
        for holding, dp, dpo, cp, cpo, flags in reversed(chain.undo):
            holding.dp, holding.dpo, holding.cp, holding.cpo, holding.flags = dp, dpo, cp, cpo, flags
        for key, pending in reversed(chain.resolved):
            self.pendings[key] = pending
            self.ids.recent[key] = pending.position << 3 | OPEN
        for key in chain.made:
            del self.ids.recent[key]
            self.pendings.pop(key, None)
        for position in chain.balanced:
            del self._balanced[position]
        self.last_transfer_ns = chain.last_transfer_ns

    def _one(self, event: Fields, now: int, chain: _Chain | None, at: int, applied: dict[int, Transfer] | None) -> int:
        key, debit_id, credit_id, amount, ledger, code, flags, pending_id, timeout, _, _, _, _ = event
        if flags & ~_KNOWN_FLAGS:
            return 4
        if key == 0:
            return 5
        if key == ID_MAX:
            return 6
        known = self.ids.recent.get(key)
        if known is None and key <= self.ids.segments.last:
            known = self.ids.segments.find_one(key)
        if known is not None:
            return self._recall.again(Transfer._make(event), known)
        if flags & _RESOLVES:
            return self._resolve(Transfer._make(event), now, chain, at, applied)
        if debit_id == 0:
            return 8
        if debit_id == ID_MAX:
            return 9
        if credit_id == 0:
            return 10
        if credit_id == ID_MAX:
            return 11
        if debit_id == credit_id:
            return 12
        if pending_id:
            return 13
        if not flags & _PENDING:
            if timeout:
                return 17
            if flags & _CLOSING:
                return 64
        if ledger == 0:
            return 19
        if code == 0:
            return 20
        debit = self.holdings.get(debit_id)
        if debit is None:
            return 21
        credit = self.holdings.get(credit_id)
        if credit is None:
            return 22
        if debit.ledger != credit.ledger:
            return 23
        if debit.ledger != ledger:
            return 24
        if flags & _IMPORTED:
            fault = self._import_fault(now, debit, credit, timeout)
            if fault:
                return fault
        if debit.flags & _CLOSED:
            return 65
        if credit.flags & _CLOSED:
            return 66
        if flags & _BALANCING:
            amount = _balanced(amount, flags, debit, credit)
        if flags & _PENDING:
            if debit.dp + amount > BALANCE_MAX:
                return 47
            if credit.cp + amount > BALANCE_MAX:
                return 48
        if debit.dpo + amount > BALANCE_MAX:
            return 49
        if credit.cpo + amount > BALANCE_MAX:
            return 50
        owed = debit.dp + debit.dpo + amount
        if owed > BALANCE_MAX:
            return 51
        due = credit.cp + credit.cpo + amount
        if due > BALANCE_MAX:
            return 52
        if timeout and now + timeout * _NS > TIMESTAMP_MAX:
            return 53
        if debit.flags & _NO_OVERDRAFT and owed > debit.cpo:
            return 54
        if credit.flags & _NO_SURPLUS and due > credit.dpo:
            return 55
        # From here on nothing can fail.
        if chain is not None:
            chain.undo.append((debit, debit.dp, debit.dpo, debit.cp, debit.cpo, debit.flags))
            chain.undo.append((credit, credit.dp, credit.dpo, credit.cp, credit.cpo, credit.flags))
            chain.made.append(key)
        if flags & _BALANCING:
            self._balanced[self._position] = amount
            if chain is not None:
                chain.balanced.append(self._position)
        if flags & _PENDING:
            debit.dp += amount
            credit.cp += amount
            if flags & _CLOSING_DEBIT:
                debit.flags |= _CLOSED
            if flags & _CLOSING_CREDIT:
                credit.flags |= _CLOSED
            recorded = Transfer._make(event)._replace(amount=amount, timestamp=now)
            self.pendings[key] = Pending(debit, credit, recorded, now + timeout * _NS if timeout else 0, self._position)
            self.ids.recent[key] = self._position << 3 | OPEN
        else:
            debit.dpo += amount
            credit.cpo += amount
            self.ids.recent[key] = self._position << 3
        if applied is not None:
            applied[at] = Transfer._make(event)._replace(amount=amount, timestamp=now)
        self.last_transfer_ns = now
        return 0

    def _import_fault(self, now: int, debit: Holding, credit: Holding, timeout: int) -> int:
        at = bisect_left(self._order, now, key=lambda holding: holding.timestamp)
        if now <= self.last_transfer_ns or (at < len(self._order) and self._order[at].timestamp == now):
            return 60
        if now <= debit.timestamp:
            return 61
        if now <= credit.timestamp:
            return 62
        return 63 if timeout else 0

    def _resolve(self, event: Transfer, now: int, chain: _Chain | None, at: int, applied: dict[int, Transfer] | None) -> int:
        """Post or void a pending transfer. Neither can break a limit: the amount was reserved under it."""
        fault = resolution_form_fault(event)
        if fault:
            return fault
        pending = self.pendings.get(event.pending_id)
        if pending is None:
            return self._recall.unresolvable(event)
        debit, credit, original, expires, position = pending
        fault = resolution_fault(event, original)
        if fault:
            return fault
        if expires and expires <= now:
            return 35
        flags = event.flags
        if flags & _IMPORTED:
            fault = self._import_fault(now, debit, credit, 0)
            if fault:
                return fault
        if flags & _POST:  # a closed account accepts voids alone
            if debit.flags & _CLOSED:
                return 65
            if credit.flags & _CLOSED:
                return 66
        if chain is not None:
            chain.undo.append((debit, debit.dp, debit.dpo, debit.cp, debit.cpo, debit.flags))
            chain.undo.append((credit, credit.dp, credit.dpo, credit.cp, credit.cpo, credit.flags))
            chain.made.append(event.id)
            chain.resolved.append((event.pending_id, pending))
        recorded = filled(event, original)
        self._release(pending)
        if flags & _POST:
            debit.dpo += recorded.amount
            credit.cpo += recorded.amount
        self.ids.recent[event.pending_id] = position << 3 | (POSTED if flags & _POST else VOIDED)
        self.ids.recent[event.id] = self._position << 3
        if applied is not None:
            applied[at] = recorded._replace(timestamp=now)
        self.last_transfer_ns = now
        return 0

    def _release(self, pending: Pending) -> None:
        """Take a pending transfer off the counters; what it closed opens again."""
        debit, credit, original, _, _ = pending
        debit.dp -= original.amount
        credit.cp -= original.amount
        if original.flags & _CLOSING_DEBIT:
            debit.flags &= ~_CLOSED
        if original.flags & _CLOSING_CREDIT:
            credit.flags &= ~_CLOSED
        del self.pendings[original.id]

    def expire(self, at_ns: int) -> list[tuple[int, int]]:
        """Release every pending transfer whose time has run out; returns (id, amount) in the order of expiry, then of creation.

        Balances are released not before their time; the engine logs this as an event, so that a replay agrees.
        """
        due = sorted((p.expires, p.position, key) for key, p in self.pendings.items() if p.expires and p.expires <= at_ns)
        released = []
        for _, position, key in due:
            pending = self.pendings[key]
            self._release(pending)
            self.ids.recent[key] = position << 3 | EXPIRED
            released.append((key, pending.recorded.amount))
        self.last_ns = max(self.last_ns, at_ns)
        return released

    # What people and snapshots read

    def balance(self, key: int) -> Balance | None:
        holding = self.holdings.get(key)
        return None if holding is None else Balance(holding.dp, holding.dpo, holding.cp, holding.cpo)

    def room(self, key: int) -> int:
        """What may still be debited from an account under its own credits; 0 for one that is not there."""
        holding = self.holdings.get(key)
        return 0 if holding is None else holding.cpo - holding.dpo - holding.dp

    def lookup(self, ids: Sequence[int]) -> Accounts:
        return _records([self.holdings[key] for key in ids if key in self.holdings])

    def touched(self, recorded: Transfers) -> Accounts:
        """As `AnyKernel.touched`."""
        named = (recorded["debit_account_id"].tolist(), recorded["credit_account_id"].tolist())
        return self.lookup(list({high << 64 | low: None for halves in named for low, high in halves}))

    def accounts(self) -> Accounts:
        return _records(self._order)

    def sums(self) -> Iterator[tuple[int, int, int]]:
        """(ledger, credits less debits posted, the same pending): zero for every ledger, or the books are wrong."""
        return sums_of(self.accounts())

    def state(self) -> State:
        return State(
            self._position,
            self.last_ns,
            self.last_transfer_ns,
            self.accounts(),
            transfer_records(pending.recorded for pending in self.pendings.values()),
            columns_of(self.ids.recent),
            tuple(self.ids.segments.sealed),
            (np.array(list(self._balanced), np.uint64), np.array(list(self._balanced.values()), np.uint64)),
        )

    def restore(self, state: State) -> None:
        self._position, self.last_ns, self.last_transfer_ns = state.position, state.last_ns, state.last_transfer_ns
        for record, account in zip(state.accounts, decode_accounts(state.accounts.tobytes()), strict=True):
            self._open(account)
            holding = self._order[-1]
            holding.dp, holding.dpo, holding.cp, holding.cpo = (int(record[name][0]) for name in COUNTERS)
        self.ids.segments = Segments(state.sealed)
        highs, lows, entries = (column.tolist() for column in state.recent)
        self.ids.recent = {high << 64 | low: entry for high, low, entry in zip(highs, lows, entries, strict=True)}
        self._balanced.update(zip(*(column.tolist() for column in state.balanced), strict=True))
        for recorded in decode(state.pendings.tobytes()):
            entry = self.ids.get(recorded.id)
            assert entry is not None and entry & 7 == OPEN, "an open pending transfer has an open id"
            expires = recorded.timestamp + recorded.timeout * _NS if recorded.timeout else 0
            self.pendings[recorded.id] = Pending(
                self.holdings[recorded.debit], self.holdings[recorded.credit], recorded, expires, entry >> 3
            )


def _import_time_fault(timestamp: int, message_ns: int) -> int:
    """What is wrong with the time that an imported transfer brings, beside that of the message's last event; 0 for nothing."""
    if not 1 <= timestamp <= TIMESTAMP_MAX:
        return 58
    return 59 if timestamp >= message_ns else 0


def _balanced(amount: int, flags: int, debit: Holding, credit: Holding) -> int:
    """As much of `amount` as fits under what the other side leaves."""
    if flags & _BALANCING_DEBIT:
        amount = min(amount, max(0, debit.cpo - debit.dpo - debit.dp))
    if flags & _BALANCING_CREDIT:
        amount = min(amount, max(0, credit.dpo - credit.cpo - credit.cp))
    return amount


def _records(holdings: Sequence[Holding]) -> Accounts:
    records = account_records(holding.account._replace(flags=holding.flags) for holding in holdings).copy()
    for at, name in enumerate(("dp", "dpo", "cp", "cpo")):
        records[COUNTERS[at]][:, 0] = np.fromiter((getattr(h, name) for h in holdings), np.uint64, len(holdings))
    return records


def sums_of(accounts: Accounts) -> Iterator[tuple[int, int, int]]:
    """(ledger, credits less debits posted, the same pending) of account records, by ledger.

    A sum over accounts may pass 64 bits where no account does, so it is made of Python's integers.
    """
    for ledger in np.unique(accounts["ledger"]).tolist():
        ours = accounts[accounts["ledger"] == ledger]
        dp, dpo, cp, cpo = (sum(ours[name][:, 0].tolist()) for name in COUNTERS)
        yield ledger, cpo - dpo, cp - dp


assert (int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)) == (_POST, _VOID)
assert int(Status.ID_ALREADY_FAILED) == 68
