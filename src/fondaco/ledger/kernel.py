"""The law of a batch over balances in memory: plain Python, no I/O, no clock.

It reads in the order of TigerBeetle's documented precedence: what is wrong with the event itself, then with what it
names, then with its id, then with the balances. Everything it knows follows from the events and instants it was given.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fondaco.ledger.engine import (
    AMOUNT_MAX,
    BALANCE_MAX,
    ID_MAX,
    TRANSIENT,
    Account,
    AccountFlag,
    AccountStatus,
    Balance,
    Status,
    Transfer,
    TransferFlag,
)

# Plain integers: an IntFlag costs ten times as much in the loop.
_LINKED, _PENDING, _POST, _VOID = 1, 2, 4, 8
_BALANCING_DEBIT, _BALANCING_CREDIT, _CLOSING_DEBIT, _CLOSING_CREDIT = 16, 32, 64, 128
_KNOWN_FLAGS = 255
_RESOLVES = _POST | _VOID
_BALANCING = _BALANCING_DEBIT | _BALANCING_CREDIT
_CLOSING = _CLOSING_DEBIT | _CLOSING_CREDIT
_SPECIAL = _RESOLVES | _BALANCING | _CLOSING
_NO_OVERDRAFT, _NO_SURPLUS, _CLOSED = 2, 4, 32
_TRANSIENT = frozenset(int(status) for status in TRANSIENT)
_NS = 1_000_000_000
_U64 = (1 << 64) - 1

# What became of an id. The low three bits of its entry; the rest is the position of its event in the log.
APPLIED, OPEN, POSTED, VOIDED, EXPIRED, BURNT = range(6)


class Holding:
    """One account's counters. Slots, since the loop reads nothing else."""

    __slots__ = ("code", "cp", "cpo", "dp", "dpo", "flags", "id", "ledger", "user_data")

    def __init__(self, account: Account) -> None:
        self.id, self.ledger, self.code, self.flags, self.user_data = account
        self.dp = self.dpo = self.cp = self.cpo = 0

    def balance(self) -> Balance:
        return Balance(self.dp, self.dpo, self.cp, self.cpo)

    def account(self) -> Account:
        return Account(self.id, self.ledger, self.code, self.flags, self.user_data)


class Sealed:
    """Ids in order, with what is known of each: halves and entries as distances, in the fewest bytes that hold them.

    Ids that follow each other, as ours do, take 9 bytes each; any others are held as well, in up to 24.
    """

    def __init__(self, highs: NDArray[np.uint64], lows: NDArray[np.uint64], entries: NDArray[np.uint64]) -> None:
        """Columns of equal length above zero, by (high, low); an entry is `position << 3 | outcome`."""
        self.first, self.last = int(highs[0]), int(highs[-1])
        self._base = int(entries.min()) & ~7
        self._highs = _narrow(highs - np.uint64(self.first), self.last - self.first)
        self._lows = _narrow(lows, int(lows.max()))
        # An outcome can still change: all its bits must fit.
        self._entries = _narrow(entries - np.uint64(self._base), (int(entries.max()) - self._base) | 7)

    def columns(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
        wide = [column.astype(np.uint64) for column in (self._highs, self._lows, self._entries)]
        return wide[0] + np.uint64(self.first), wide[1], wide[2] + np.uint64(self._base)

    def find(self, high: int, low: int) -> int | None:
        """The place of an id, None where it is not here."""
        if not self.first <= high <= self.last:
            return None
        wanted = self._highs.dtype.type(high - self.first)
        first = int(np.searchsorted(self._highs, wanted, "left"))
        last = int(np.searchsorted(self._highs, wanted, "right"))
        at = first + bisect_left(self._lows[first:last].tolist(), low)
        return at if at < last and int(self._lows[at]) == low else None

    def entry(self, at: int) -> int:
        return self._base + int(self._entries[at])

    def resolve(self, at: int, outcome: int) -> None:
        self._entries[at] = (int(self._entries[at]) & ~7) | outcome


def _narrow(column: NDArray[np.uint64], largest: int) -> NDArray[np.unsignedinteger]:
    return column.astype(np.min_scalar_type(largest))


class Ids:
    """Which transfer ids came before and what became of them: a dict of recent ones, sorted arrays of the rest.

    Ids that increase (house plan, section 5 item 2) make sealing an append.
    """

    RECENT_MAX = 1 << 18

    def __init__(self) -> None:
        self.recent: dict[int, int] = {}
        self.sealed: list[Sealed] = []

    def get(self, key: int) -> int | None:
        entry = self.recent.get(key)
        if entry is not None or not self.sealed:
            return entry
        place = self._find(key)
        return None if place is None else place[0].entry(place[1])

    def resolve(self, key: int, outcome: int) -> None:
        """Note what became of an open pending transfer."""
        entry = self.recent.get(key)
        if entry is not None:
            self.recent[key] = (entry & ~7) | outcome
            return
        place = self._find(key)
        assert place is not None, "an open pending transfer has an id that was seen"
        place[0].resolve(place[1], outcome)

    def seal(self) -> None:
        if len(self.recent) >= self.RECENT_MAX:
            self.sealed.append(Sealed(*self._recent_columns()))
            self.recent = {}

    def columns(self) -> list[NDArray[np.uint64]]:
        """Highs, lows and entries of every id, in the order of the ids."""
        parts = [*(one.columns() for one in self.sealed), self._recent_columns()]
        joined = [np.concatenate([part[at] for part in parts]) for at in range(3)]
        order = np.lexsort((joined[1], joined[0]))
        return [column[order] for column in joined]

    def _recent_columns(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
        ordered = sorted(self.recent.items())
        return (
            np.array([key >> 64 for key, _ in ordered], np.uint64),
            np.array([key & _U64 for key, _ in ordered], np.uint64),
            np.array([entry for _, entry in ordered], np.uint64),
        )

    def _find(self, key: int) -> tuple[Sealed, int] | None:
        high, low = key >> 64, key & _U64
        for segment in reversed(self.sealed):
            at = segment.find(high, low)
            if at is not None:
                return segment, at
        return None


class Kernel:
    """Balances and open pending transfers, and the one function that changes them.

    `fetch` reads the event at a position of the log again: an id that comes twice is compared with what it was.
    """

    def __init__(self, fetch: Callable[[int], Transfer]) -> None:
        self.holdings: dict[int, Holding] = {}
        self.pendings: dict[int, tuple[Holding, Holding, int, Transfer, int]] = {}
        self.ids = Ids()
        self.position = 0
        self._fetch = fetch

    # Accounts

    def create_accounts(self, accounts: Sequence[Account]) -> list[int]:
        statuses: list[int] = []
        start = 0
        while start < len(accounts):
            end = start
            while end < len(accounts) and accounts[end].flags & 1:
                end += 1
            chain = accounts[start : end + 1]
            statuses.extend(self._open_chain(chain, open_end=end == len(accounts)))
            start = end + 1
        return statuses

    def _open_chain(self, chain: Sequence[Account], open_end: bool) -> list[int]:
        made: list[int] = []
        for at, account in enumerate(chain):
            status = self._account_fault(account)
            if open_end and at == len(chain) - 1 and status in (0, int(AccountStatus.EXISTS)):
                status = int(AccountStatus.LINKED_EVENT_CHAIN_OPEN)
            if status == 0:
                self.holdings[account.id] = Holding(account._replace(flags=account.flags & ~1))
                made.append(account.id)
                continue
            if len(chain) == 1:
                return [status]
            for key in made:
                del self.holdings[key]
            answer = [int(AccountStatus.LINKED_EVENT_FAILED)] * len(chain)
            answer[at] = status
            if open_end:
                answer[-1] = int(AccountStatus.LINKED_EVENT_CHAIN_OPEN)
            return answer
        return [0] * len(chain)

    def _account_fault(self, account: Account) -> int:
        if account.flags & ~(63 & ~AccountFlag.IMPORTED):
            return AccountStatus.RESERVED_FLAG
        if account.id == 0:
            return AccountStatus.ID_MUST_NOT_BE_ZERO
        if account.id == ID_MAX:
            return AccountStatus.ID_MUST_NOT_BE_INT_MAX
        known = self.holdings.get(account.id)
        if known is not None:
            if known.flags & ~_CLOSED != account.flags & ~1 & ~_CLOSED:
                return AccountStatus.EXISTS_WITH_DIFFERENT_FLAGS
            if known.user_data != account.user_data:
                return AccountStatus.EXISTS_WITH_DIFFERENT_USER_DATA_64
            if known.ledger != account.ledger:
                return AccountStatus.EXISTS_WITH_DIFFERENT_LEDGER
            if known.code != account.code:
                return AccountStatus.EXISTS_WITH_DIFFERENT_CODE
            return AccountStatus.EXISTS
        if account.flags & _NO_OVERDRAFT and account.flags & _NO_SURPLUS:
            return AccountStatus.FLAGS_ARE_MUTUALLY_EXCLUSIVE
        if account.ledger == 0:
            return AccountStatus.LEDGER_MUST_NOT_BE_ZERO
        if account.code == 0:
            return AccountStatus.CODE_MUST_NOT_BE_ZERO
        return AccountStatus.OK

    # Transfers

    def apply(self, events: Sequence[Transfer], at_ns: int, moved: list[int] | None = None) -> list[int]:
        """Apply one message; returns one status each. `moved` receives the amount that each applied event moved.

        Timestamps are `at_ns` plus the place in the message: unique and increasing as long as messages are.
        """
        statuses = [0] * len(events)
        amounts = [0] * len(events) if moved is None else moved
        if moved is not None:
            moved.extend([0] * len(events))
        one = self._one
        chain_start = -1
        broken = False
        undo: list[tuple[Holding, int, int, int, int, int]] | None = None
        made: list[int] = []
        resolved: list[tuple[int, tuple[Holding, Holding, int, Transfer, int]]] = []
        for at, event in enumerate(events):
            linked = event[6] & _LINKED
            if chain_start < 0 and linked:
                chain_start, broken, undo, made, resolved = at, False, [], [], []
            if linked and at == len(events) - 1:
                # A chain may not be left open at the end of a message.
                self._undo(undo or [], made, resolved)
                for index in range(chain_start, at):
                    if not broken:
                        statuses[index] = 1
                statuses[at] = 2
                self.position += 1
                return statuses
            if broken:
                status = 1
            elif chain_start < 0:
                status = one(event, at_ns + at, at, amounts, None, None, None)
            else:
                status = one(event, at_ns + at, at, amounts, undo, made, resolved)
            statuses[at] = status
            self.position += 1
            if chain_start >= 0:
                if status and not broken:
                    self._undo(undo or [], made, resolved)
                    if status in _TRANSIENT:
                        self.ids.recent[event[0]] = ((self.position - 1) << 3) | BURNT
                    for index in range(chain_start, at):
                        statuses[index] = 1
                        amounts[index] = 0
                    broken = True
                if not linked:
                    chain_start, broken = -1, False
            elif status in _TRANSIENT:
                self.ids.recent[event[0]] = ((self.position - 1) << 3) | BURNT
        self.ids.seal()
        return statuses

    def _undo(
        self,
        undo: list[tuple[Holding, int, int, int, int, int]],
        made: list[int],
        resolved: list[tuple[int, tuple[Holding, Holding, int, Transfer, int]]],
    ) -> None:
        for holding, dp, dpo, cp, cpo, flags in reversed(undo):
            holding.dp, holding.dpo, holding.cp, holding.cpo, holding.flags = dp, dpo, cp, cpo, flags
        for key, pending in reversed(resolved):
            self.pendings[key] = pending
            self.ids.resolve(key, OPEN)
        for key in made:
            del self.ids.recent[key]
            self.pendings.pop(key, None)

    def _one(
        self,
        event: Transfer,
        now: int,
        at: int,
        amounts: list[int],
        undo: list[tuple[Holding, int, int, int, int, int]] | None,
        made: list[int] | None,
        resolved: list[tuple[int, tuple[Holding, Holding, int, Transfer, int]]] | None,
    ) -> int:
        key, debit_id, credit_id, amount, ledger, code, flags, pending_id, timeout, _ = event
        if flags & ~_KNOWN_FLAGS:
            return 4
        if key == 0:
            return 5
        if key == ID_MAX:
            return 6
        known = self.ids.recent.get(key) if not self.ids.sealed else self.ids.get(key)
        if known is not None:
            return self._exists(event, known)
        if flags & _RESOLVES:
            return self._resolve(event, now, at, amounts, undo, made, resolved)
        if flags & _SPECIAL and flags & _CLOSING and not flags & _PENDING:
            return 64
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
        if timeout and not flags & _PENDING:
            return 17
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
        if debit.flags & _CLOSED:
            return 65
        if credit.flags & _CLOSED:
            return 66
        if flags & _BALANCING:
            amount = self._balanced(amount, flags, debit, credit)
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
        if timeout and now + timeout * _NS > BALANCE_MAX:
            return 53
        if debit.flags & _NO_OVERDRAFT and owed > debit.cpo:
            return 54
        if credit.flags & _NO_SURPLUS and due > credit.dpo:
            return 55
        if undo is not None:
            undo.append((debit, debit.dp, debit.dpo, debit.cp, debit.cpo, debit.flags))
            undo.append((credit, credit.dp, credit.dpo, credit.cp, credit.cpo, credit.flags))
            made.append(key)  # type: ignore[union-attr]
        if flags & _PENDING:
            debit.dp += amount
            credit.cp += amount
            if flags & _CLOSING_DEBIT:
                debit.flags |= _CLOSED
            if flags & _CLOSING_CREDIT:
                credit.flags |= _CLOSED
            expires = now + timeout * _NS if timeout else 0
            self.pendings[key] = (debit, credit, amount, event, expires)
            self.ids.recent[key] = (self.position << 3) | OPEN
        else:
            debit.dpo += amount
            credit.cpo += amount
            self.ids.recent[key] = self.position << 3
        amounts[at] = amount
        return 0

    def _balanced(self, amount: int, flags: int, debit: Holding, credit: Holding) -> int:
        """As much of `amount` as fits under what the other side leaves; AMOUNT_MAX means no bound of its own."""
        if flags & _BALANCING_DEBIT:
            amount = min(amount, max(0, debit.cpo - debit.dpo - debit.dp))
        if flags & _BALANCING_CREDIT:
            amount = min(amount, max(0, credit.dpo - credit.cpo - credit.cp))
        return amount

    def _resolve(
        self,
        event: Transfer,
        now: int,
        at: int,
        amounts: list[int],
        undo: list[tuple[Holding, int, int, int, int, int]] | None,
        made: list[int] | None,
        resolved: list[tuple[int, tuple[Holding, Holding, int, Transfer, int]]] | None,
    ) -> int:
        """Post or void a pending transfer. Neither can break a limit: the amount was reserved under it."""
        key, debit_id, credit_id, amount, ledger, code, flags, pending_id, timeout, _ = event
        if flags & _RESOLVES == _RESOLVES or flags & (_PENDING | _BALANCING | _CLOSING):
            return 7
        if pending_id == 0:
            return 14
        if pending_id == ID_MAX:
            return 15
        if pending_id == key:
            return 16
        if timeout:
            return 17
        pending = self.pendings.get(pending_id)
        if pending is None:
            entry = self.ids.get(pending_id)
            if entry is None or entry & 7 == BURNT:
                return 25
            if entry & 7 == APPLIED:
                return 26
            original = self._fetch(entry >> 3)
            held = original.amount
        else:
            original, held = pending[3], pending[2]
        if debit_id and debit_id != original.debit:
            return 27
        if credit_id and credit_id != original.credit:
            return 28
        if ledger and ledger != original.ledger:
            return 29
        if code and code != original.code:
            return 30
        if flags & _POST:
            if amount != AMOUNT_MAX and amount > held:
                return 31
            amount = held if amount == AMOUNT_MAX else amount
        elif amount not in (0, AMOUNT_MAX, held):
            return 32
        if pending is None:
            entry = self.ids.get(pending_id)
            assert entry is not None
            return {POSTED: 33, VOIDED: 34, EXPIRED: 35}[entry & 7]
        debit, credit, held, _, expires = pending
        if expires and expires <= now:
            return 35
        # A closed account accepts voids alone.
        if flags & _POST and not original.flags & _CLOSING:
            if debit.flags & _CLOSED:
                return 65
            if credit.flags & _CLOSED:
                return 66
        if undo is not None:
            undo.append((debit, debit.dp, debit.dpo, debit.cp, debit.cpo, debit.flags))
            undo.append((credit, credit.dp, credit.dpo, credit.cp, credit.cpo, credit.flags))
            made.append(key)  # type: ignore[union-attr]
            resolved.append((pending_id, pending))  # type: ignore[union-attr]
        debit.dp -= held
        credit.cp -= held
        if flags & _POST:
            debit.dpo += amount
            credit.cpo += amount
            amounts[at] = amount
        else:
            if original.flags & _CLOSING_DEBIT:
                debit.flags &= ~_CLOSED
            if original.flags & _CLOSING_CREDIT:
                credit.flags &= ~_CLOSED
            amounts[at] = held
        del self.pendings[pending_id]
        self.ids.resolve(pending_id, POSTED if flags & _POST else VOIDED)
        self.ids.recent[key] = self.position << 3
        return 0

    def _exists(self, event: Transfer, entry: int) -> int:
        """The same id again: EXISTS with the same content, else the first field that differs."""
        if entry & 7 == BURNT:
            return 68
        old = self._fetch(entry >> 3)
        if old.flags != event.flags:
            return 36
        if event.flags & _RESOLVES:
            return self._resolution_exists(event, old)
        if old.debit != event.debit:
            return 37
        if old.credit != event.credit:
            return 38
        if old.amount != event.amount:
            return 39
        if old.user_data != event.user_data:
            return 42
        if old.timeout != event.timeout:
            return 44
        if old.code != event.code:
            return 45
        if old.ledger != event.ledger:
            return 67
        return 46

    def _resolution_exists(self, event: Transfer, old: Transfer) -> int:
        if old.pending_id != event.pending_id:
            return 40
        if event.debit and old.debit and old.debit != event.debit:
            return 37
        if event.credit and old.credit and old.credit != event.credit:
            return 38
        if old.amount != event.amount:
            return 39
        if old.user_data != event.user_data:
            return 42
        return 46

    def expire(self, now: int) -> list[tuple[int, int]]:
        """Release every pending transfer whose time has run out; returns (id, amount) in the order of expiry.

        Balances are released not before their time; the engine logs this as an event, so that a replay agrees.
        """
        due = sorted((p[4], key) for key, p in self.pendings.items() if p[4] and p[4] <= now)
        released = []
        for _, key in due:
            debit, credit, held, event, _ = self.pendings.pop(key)
            debit.dp -= held
            credit.cp -= held
            if event.flags & _CLOSING_DEBIT:
                debit.flags &= ~_CLOSED
            if event.flags & _CLOSING_CREDIT:
                credit.flags &= ~_CLOSED
            self.ids.resolve(key, EXPIRED)
            released.append((key, held))
        return released

    def sums(self) -> Iterator[tuple[int, int, int]]:
        """(ledger, credits less debits posted, the same pending): zero for every ledger, or the books are wrong."""
        posted: dict[int, int] = {}
        pending: dict[int, int] = {}
        for holding in self.holdings.values():
            posted[holding.ledger] = posted.get(holding.ledger, 0) + holding.cpo - holding.dpo
            pending[holding.ledger] = pending.get(holding.ledger, 0) + holding.cp - holding.dp
        for ledger in sorted(posted):
            yield ledger, posted[ledger], pending[ledger]


assert (int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)) == (_POST, _VOID)
assert int(Status.ID_ALREADY_FAILED) == 68
