"""Reads every transfer again and proves every balance from them, apart from whoever keeps the balances."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from fondaco.ledger.chart import OF_INSTRUMENTS, Role, instrument_of, place_of
from fondaco.ledger.engine import AMOUNT_MAX, BALANCE_MAX, AccountFlag, Balance, Engine, Transfer, TransferFlag

# Plain integers: an IntFlag costs ten times as much in the loop.
_PENDING, _POST, _VOID = int(TransferFlag.PENDING), int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)
_BALANCING = int(TransferFlag.BALANCING_DEBIT | TransferFlag.BALANCING_CREDIT)
_CLOSING_DEBIT, _CLOSING_CREDIT = int(TransferFlag.CLOSING_DEBIT), int(TransferFlag.CLOSING_CREDIT)
_NO_OVERDRAFT = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
_NO_SURPLUS = int(AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS)
_CLOSED = int(AccountFlag.CLOSED)
_ROLES = frozenset(int(role) for role in Role)
_NS = 1_000_000_000
# Faults that are told one by one; books that are wrong throughout would tell of each transfer.
FAULTS_MAX = 100
_PROGRESS_EVERY = 50_000


class Proof(msgspec.Struct, frozen=True):
    """What a proof found. The books hold when `faults` is empty; faults beyond the first `FAULTS_MAX` are counted in its last line."""

    accounts: int
    transfers: int
    ledgers: int
    open_pendings: int
    faults: tuple[str, ...]


class _Tally:
    """One account as the transfers make it."""

    __slots__ = ("closed", "cp", "cpo", "dp", "dpo", "flags", "ledger")

    def __init__(self, ledger: int, flags: int) -> None:
        self.ledger, self.flags = ledger, flags
        self.dp = self.dpo = self.cp = self.cpo = 0
        # None as long as no transfer moved it: then it is as it was opened, which may be closed, and no transfer tells.
        self.closed: bool | None = None


class _Held(NamedTuple):
    """An open pending transfer: what is released when it ends, and when it may no longer be posted (ns, 0 for never)."""

    debit: int
    credit: int
    amount: int
    flags: int
    expires: int


class _Faults:
    """The first faults in words, and how many more there were."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.count = 0

    def add(self, fault: str) -> None:
        self.count += 1
        if self.count <= FAULTS_MAX:
            self.told.append(fault)

    def all(self) -> tuple[str, ...]:
        more = self.count - len(self.told)
        return (*self.told, f"and {more} more faults") if more else tuple(self.told)


class _Books:
    """The books that the transfers alone give, and every law that a transfer breaks on the way."""

    def __init__(self, tallies: dict[int, _Tally], faults: _Faults) -> None:
        self.tallies = tallies
        self.held: dict[int, _Held] = {}
        self.faults = faults
        self._last_ns = 0

    def take(self, at_ns: int, event: Transfer, moved: int) -> None:
        """One applied event; `moved` as the engine states it, in minor units of the event's ledger."""
        if event.id:
            # A released expiry has no timestamp of its own, and an imported transfer after it may be dated before it.
            if at_ns <= self._last_ns:
                self.faults.add(f"transfer {name_of(event)} is not dated after the one that it follows")
            self._last_ns = at_ns
        if event.flags & (_POST | _VOID):
            self._resolve(at_ns, event, moved)
        else:
            self._enter(at_ns, event, moved)

    def _enter(self, at_ns: int, event: Transfer, moved: int) -> None:
        debit, credit = self.tallies.get(event.debit), self.tallies.get(event.credit)
        if debit is None or credit is None:
            missing = event.debit if debit is None else event.credit
            self.faults.add(f"transfer {name_of(event)} names account {describe(missing)}, which does not exist")
            return
        if not debit.ledger == credit.ledger == event.ledger or debit is credit:
            self.faults.add(f"transfer {name_of(event)} is not between two accounts of its ledger {event.ledger}")
        if debit.closed or credit.closed:
            self.faults.add(f"transfer {name_of(event)} moves an account that is closed")
        # Whoever was moved was open before it, however it was opened.
        debit.closed, credit.closed = bool(debit.closed), bool(credit.closed)
        if moved != event.amount and not (event.flags & _BALANCING and moved < event.amount):
            self.faults.add(f"transfer {name_of(event)} says {event.amount} and moved {moved}")
        if event.flags & _PENDING:
            if event.id in self.held:
                self.faults.add(f"transfer {name_of(event)} is pending twice")
            expires = at_ns + event.timeout * _NS if event.timeout else 0
            self.held[event.id] = _Held(event.debit, event.credit, moved, event.flags, expires)
            debit.dp += moved
            credit.cp += moved
            debit.closed = debit.closed or bool(event.flags & _CLOSING_DEBIT)
            credit.closed = credit.closed or bool(event.flags & _CLOSING_CREDIT)
        else:
            debit.dpo += moved
            credit.cpo += moved
        if debit.flags & _NO_OVERDRAFT and debit.dp + debit.dpo > debit.cpo:
            self.faults.add(f"transfer {name_of(event)} takes account {describe(event.debit)} beyond its limit")
        if credit.flags & _NO_SURPLUS and credit.cp + credit.cpo > credit.dpo:
            self.faults.add(f"transfer {name_of(event)} takes account {describe(event.credit)} beyond its limit")

    def _resolve(self, at_ns: int, event: Transfer, moved: int) -> None:
        held = self.held.pop(event.pending_id, None)
        if held is None:
            self.faults.add(f"transfer {name_of(event)} ends {number_of(event.pending_id)}, which is not open")
            return
        debit, credit = self.tallies.get(held.debit), self.tallies.get(held.credit)
        if debit is None or credit is None:
            return  # told when it was entered
        if (event.debit or held.debit, event.credit or held.credit, event.ledger or debit.ledger) != (
            held.debit, held.credit, debit.ledger,
        ):  # fmt: skip
            self.faults.add(f"transfer {name_of(event)} names other accounts than {number_of(event.pending_id)}, which it ends")
        debit.dp -= held.amount
        credit.cp -= held.amount
        if event.flags & _VOID:
            debit.closed = debit.closed and not held.flags & _CLOSING_DEBIT
            credit.closed = credit.closed and not held.flags & _CLOSING_CREDIT
            return
        if debit.closed or credit.closed:
            self.faults.add(f"transfer {name_of(event)} moves an account that is closed")
        if held.expires and at_ns >= held.expires:
            self.faults.add(f"transfer {name_of(event)} posts {number_of(event.pending_id)} after its time")
        if moved != (held.amount if event.amount == AMOUNT_MAX else event.amount) or moved > held.amount:
            self.faults.add(f"transfer {name_of(event)} says {event.amount}, moved {moved}, and {held.amount} was pending")
        debit.dpo += moved
        credit.cpo += moved


def prove(engine: Engine, progress: Callable[[int], None] | None = None) -> Proof:
    """Recompute every balance from all transfers, one by one, and check what must hold.

    The four counters of every account and whether it is closed, as the engine states them; at every transfer: accounts that
    exist, of its ledger and not closed, limits kept, the amount that the event says, a pending transfer ended once, in time
    and by no more than was pending; posted and pending sums zero for each ledger (TigerBeetle's law, from its public
    documentation). Proving again finds the same. `progress` is told the transfers read so far, now and then.

    Memory grows with accounts and open pending transfers, not with history; what `engine.history` needs is the engine's.
    All sums are made here, apart from the kernel's. A fault is an answer, never raised; what the engine raises passes.
    """
    faults = _Faults()
    tallies = {one.id: _Tally(one.ledger, one.flags & ~_CLOSED) for one, _ in engine.accounts()}
    books = _Books(tallies, faults)
    transfers = 0
    for at_ns, event, moved in engine.history():
        transfers += 1
        books.take(at_ns, event, moved)
        if progress is not None and transfers % _PROGRESS_EVERY == 0:
            progress(transfers)
    sums: dict[int, list[int]] = {}
    for account, stated in engine.accounts():
        _compare(account.id, bool(account.flags & _CLOSED), stated, tallies.get(account.id), faults)
        total = sums.setdefault(account.ledger, [0, 0])
        total[0] += stated.credits_posted - stated.debits_posted
        total[1] += stated.credits_pending - stated.debits_pending
    for ledger, (posted, pending) in sums.items():
        if posted or pending:
            faults.add(f"ledger {ledger}: posted entries add up to {posted}, pending to {pending}, not to zero")
    return Proof(len(tallies), transfers, len(sums), len(books.held), faults.all())


def _compare(key: int, closed: bool, stated: Balance, tally: _Tally | None, faults: _Faults) -> None:
    if tally is None:
        faults.add(f"account {describe(key)} was opened while its books were proved")
        return
    found = Balance(tally.dp, tally.dpo, tally.cp, tally.cpo)
    if found != stated:
        faults.add(f"account {describe(key)}: transfers give {tuple(found)}, the books state {tuple(stated)}")
    if tally.closed is not None and closed != tally.closed:
        faults.add(f"account {describe(key)} is {_state(tally.closed)} by its transfers, and the books state {_state(closed)}")
    if not all(0 <= counter <= BALANCE_MAX for counter in found):
        faults.add(f"account {describe(key)}: a counter of {tuple(found)} is outside 0 to {BALANCE_MAX}")


def _state(closed: bool) -> str:
    return "closed" if closed else "open"


def number_of(transfer: int) -> str:
    """A transfer's id for a person: intent and leg."""
    return f"{transfer >> 64}-{transfer & 0xFFFFFFFFFFFFFFFF}"


def name_of(event: Transfer) -> str:
    """A transfer for a person; a released expiry has no id of its own and is named by what it released."""
    return number_of(event.id) if event.id else f"(expiry of {number_of(event.pending_id)})"


def describe(account: int) -> str:
    """An account number for a person: role, ledger, holder, cycle or instrument; one that is not of the chart as it is."""
    if account >> 96 not in _ROLES:
        return str(account)
    place = place_of(account)
    text = f"{place.role.name}/{place.ledger}"
    if place.participant:
        text += f"/participant {place.participant}"
    if place.role in OF_INSTRUMENTS and instrument_of(place.cycle):
        return f"{text}/{instrument_of(place.cycle)}"
    return f"{text}/cycle {place.cycle}" if place.cycle else text


def zero_sum_faults(sums: Iterable[tuple[int, int, int]]) -> list[str]:
    """Which ledgers do not add up to zero, from an engine's own sums."""
    return [f"ledger {ledger}: posted {posted}, pending {pending}" for ledger, posted, pending in sums if posted or pending]
