"""Reads every transfer again and proves every balance from them; writes the books for programs that are not ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TextIO

import msgspec

from fondaco.ledger.chart import RESIDUE_DIGITS, place_of
from fondaco.ledger.engine import AccountFlag, Balance, Engine, Transfer

_PENDING, _POST, _VOID = 2, 4, 8
_RESIDUE_LEDGERS = 1_000_000


class Proof(msgspec.Struct, frozen=True):
    """What a proof found. The books hold when `faults` is empty."""

    accounts: int
    transfers: int
    ledgers: int
    faults: tuple[str, ...]


def prove(engine: Engine) -> Proof:
    """Recompute every balance from all transfers, one by one, and check what must hold.

    Four counters of every account as the engine states them; posted and pending sums zero for each ledger; no account
    beyond its limit. Streaming: memory grows with accounts and open pending transfers, not with history. The sums are
    made here, apart from the kernel's.
    """
    counters: dict[int, list[int]] = {}
    open_pendings: dict[int, tuple[int, int, int]] = {}
    transfers = 0
    faults: list[str] = []
    for _, event, moved in engine.history():
        transfers += 1
        if event.flags & (_POST | _VOID):
            debit, credit, held = open_pendings.pop(event.pending_id)
            _entry(counters, debit)[0] -= held
            _entry(counters, credit)[2] -= held
            if event.flags & _POST:
                _entry(counters, debit)[1] += moved
                _entry(counters, credit)[3] += moved
        elif event.flags & _PENDING:
            open_pendings[event.id] = (event.debit, event.credit, moved)
            _entry(counters, event.debit)[0] += moved
            _entry(counters, event.credit)[2] += moved
        else:
            _entry(counters, event.debit)[1] += moved
            _entry(counters, event.credit)[3] += moved
    sums: dict[int, list[int]] = {}
    accounts = 0
    for account, stated in engine.accounts():
        accounts += 1
        found = Balance(*counters.pop(account.id, [0, 0, 0, 0]))
        if found != stated:
            faults.append(f"account {describe(account.id)}: transfers give {tuple(found)}, the books state {tuple(stated)}")
        if account.flags & AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS and found.room < 0:
            faults.append(f"account {describe(account.id)} is {-found.room} beyond its limit")
        total = sums.setdefault(account.ledger, [0, 0])
        total[0] += found.credits_posted - found.debits_posted
        total[1] += found.credits_pending - found.debits_pending
    faults.extend(
        f"ledger {ledger}: posted entries add up to {a}, pending to {b}, not to zero" for ledger, (a, b) in sums.items() if a or b
    )
    faults.extend(f"transfers name account {describe(key)}, which does not exist" for key in counters)
    return Proof(accounts, transfers, len(sums), tuple(faults))


def _entry(counters: dict[int, list[int]], key: int) -> list[int]:
    found = counters.get(key)
    if found is None:
        found = counters[key] = [0, 0, 0, 0]
    return found


def describe(account: int) -> str:
    """An account number for a person: role, ledger, participant, cycle."""
    place = place_of(account)
    text = f"{place.role.name}/{place.ledger}"
    if place.participant:
        text += f"/participant {place.participant}"
    return f"{text}/cycle {place.cycle}" if place.cycle else text


def export_hledger(
    engine: Engine,
    out: TextIO,
    currency_of: Callable[[int], tuple[str, int]],
    name_of: Callable[[int], str],
    date_of: Callable[[int], str],
) -> int:
    """Write the posted books as a plain-text journal that `hledger check --strict` accepts; returns the transactions.

    `currency_of` gives a ledger's currency code and exponent, `name_of` a participant's name by number, `date_of` the
    business day (ISO) of a timestamp. Accounts and commodities are declared and every final balance is asserted, so
    that a program nobody here wrote re-adds the books. A debit of ours lowers, a credit raises what the holder has.
    """

    def commodity(ledger: int) -> tuple[str, int]:
        if ledger >= _RESIDUE_LEDGERS:
            code, exponent = currency_of(ledger - _RESIDUE_LEDGERS)
            return f"{code}residue", exponent + RESIDUE_DIGITS
        return currency_of(ledger)

    def amount(minor: int, ledger: int) -> str:
        code, exponent = commodity(ledger)
        sign, digits = ("-", str(-minor)) if minor < 0 else ("", str(minor))
        if exponent:
            digits = digits.rjust(exponent + 1, "0")
            digits = f"{digits[:-exponent]}.{digits[-exponent:]}"
        return f"{sign}{digits} {code}"

    def name(key: int) -> str:
        place = place_of(key)
        kind = "assets" if place.role.name == "AGENT" else "liabilities"
        parts = [kind, place.role.name.lower(), commodity(place.ledger)[0]]
        if place.participant:
            parts.append(name_of(place.participant))
        if place.cycle:
            parts.append(f"cycle {place.cycle}")
        return ":".join(parts)

    names = {account.id: name(account.id) for account, _ in engine.accounts()}
    for ledger in sorted({account.ledger for account, _ in engine.accounts()}):
        code, exponent = commodity(ledger)
        out.write(f"commodity {'1.' + '0' * exponent if exponent else '1.'} {code}\n")
    for title in sorted(names.values()):
        out.write(f"account {title}\n")
    count = 0
    last_day = ""
    pendings: dict[int, Transfer] = {}
    for timestamp, event, moved in engine.history():
        if event.flags & _PENDING:
            pendings[event.id] = event
            continue
        original = pendings.pop(event.pending_id) if event.flags & (_POST | _VOID) else event
        if event.flags & _VOID or not moved:
            continue
        last_day = date_of(timestamp)
        count += 1
        out.write(
            f"\n{last_day} {original.id >> 64}-{original.id & 0xFFFFFFFFFFFFFFFF}\n"
            f"    {names[original.debit]}  {amount(-moved, original.ledger)}\n"
            f"    {names[original.credit]}  {amount(moved, original.ledger)}\n"
        )
    if last_day:
        out.write(f"\n{last_day} balances as the hub states them\n")
        for account, balance in engine.accounts():
            out.write(f"    {names[account.id]}  {amount(0, account.ledger)} = {amount(balance.net, account.ledger)}\n")
    return count


def zero_sum_faults(sums: Iterable[tuple[int, int, int]]) -> list[str]:
    """Which ledgers do not add up to zero, from an engine's own sums."""
    return [f"ledger {ledger}: posted {posted}, pending {pending}" for ledger, posted, pending in sums if posted or pending]
