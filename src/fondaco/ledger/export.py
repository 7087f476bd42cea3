"""Writes the books as plain text for three programs that nobody here wrote, so that they add everything up again.

hledger, Ledger (ledger-cli) and Beancount read nearly the same words, each with its own laws for names: every name written here is legal
in the strictest of them. Signs are theirs: a debit is positive, a credit negative, so that assets and liabilities show as accountants
expect. What is pending is no entry of theirs: the posted books alone are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TextIO

from fondaco.ledger.chart import (
    CLAIMS,
    OF_INSTRUMENTS,
    RESIDUE_DIGITS,
    Counted,
    Role,
    TransferCode,
    counted_on,
    instrument_of,
    place_of,
)
from fondaco.ledger.engine import Engine, Transfer, TransferFlag
from fondaco.ledger.proof import number_of

_PENDING, _POST, _VOID = int(TransferFlag.PENDING), int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)
_CODES = {int(code): code.name.lower().replace("_", " ") for code in TransferCode}
_ROOTS = {
    Role.AGENT: "Assets",
    Role.CREDIT_LINE: "Assets",
    Role.CAP_CONTROL: "Equity",
    Role.CYCLE: "Equity",
    Role.OBLIGATION_CLOSE: "Equity",
    Role.PASS: "Equity",
    Role.REGISTER: "Equity",
} | dict.fromkeys(CLAIMS, "Assets")
# Every other role is what the union owes a holder.
_OWED = "Liabilities"


class PlainText(StrEnum):
    """For which program the books are written."""

    HLEDGER = "hledger"
    LEDGER = "ledger"
    BEANCOUNT = "beancount"


class Commodity(NamedTuple):
    """What a ledger counts: a code of at most 24 capital letters, and how many of its digits stand after the point."""

    code: str
    digits: int


class Naming(NamedTuple):
    """Whose words the books are written in.

    `currency_of` gives a currency ledger's ISO 4217 code and exponent, `participant_of` a participant's name by its number in the
    rulebook, `day_of` the business day (ISO) of a timestamp in ns; it never goes back while timestamps increase.
    """

    currency_of: Callable[[int], tuple[str, int]]
    participant_of: Callable[[int], str]
    day_of: Callable[[int], str]


class Written(NamedTuple):
    """What was written: transactions, and accounts whose final balance is asserted."""

    transactions: int
    asserted: int


def commodity_of(ledger: int, naming: Naming) -> Commodity:
    """The commodity of a ledger. A residue ledger counts 10^-9 of its currency's minor unit, a memo ledger minor units that are no money;
    a record is a commodity of its own, with a single unit."""
    counted, of = counted_on(ledger)
    if counted is Counted.CONTROL:
        return Commodity(f"TITLE{_letters(of)}", 0)
    code, exponent = naming.currency_of(of)
    if counted is Counted.RESIDUE:
        return Commodity(f"{code}RESIDUE", exponent + RESIDUE_DIGITS)
    return Commodity(f"{code}MEMO" if counted is Counted.MEMO else code, exponent)


def _letters(number: int) -> str:
    """A number in letters, A for 0: hledger and Ledger read a digit in a commodity as an amount."""
    found = ""
    while number:  # ends: a digit less each time
        number, letter = divmod(number, 26)
        found = chr(letter + 65) + found
    return found


def amount_text(minor: int, commodity: Commodity) -> str:
    """An amount of minor units in units of the commodity, every digit written, no grouping: `-12.05 SGD`."""
    sign, figures = ("-", str(-minor)) if minor < 0 else ("", str(minor))
    if commodity.digits:
        figures = figures.rjust(commodity.digits + 1, "0")
        figures = f"{figures[: -commodity.digits]}.{figures[-commodity.digits :]}"
    return f"{sign}{figures} {commodity.code}"


def account_name(account: int, naming: Naming) -> str:
    """The account's name: each part begins with a capital or a digit and holds letters, digits and hyphens (Beancount's law).

    The holder stands last, and the hub is one: Beancount's assertions count what lies below a name as well, so no account may lie
    below another.
    """
    place = place_of(account)
    parts = [_ROOTS.get(place.role, _OWED), place.role.name.replace("_", "-").title(), commodity_of(place.ledger, naming).code]
    if place.cycle:
        instrument = instrument_of(place.cycle) if place.role in OF_INSTRUMENTS else ""
        parts.append(instrument or f"Cycle-{place.cycle}")
    parts.append(_part(naming.participant_of(place.participant)) if place.participant else "Hub")
    return ":".join(parts)


def _part(name: str) -> str:
    legal = re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")
    return legal[:1].upper() + legal[1:] if legal else "Unnamed"


def export_books(engine: Engine, out: TextIO, form: PlainText, naming: Naming) -> Written:
    """Write the posted books: commodities and accounts declared, a transaction for each transfer, every final balance asserted.

    In the order of application, dated by business day; the timestamp in UTC nanoseconds stands with each. Writing again writes the
    same. Memory grows with accounts and open pending transfers. Raises `ValueError` when two accounts come to one name, and
    what `naming` raises for a ledger that it does not know.
    """
    names = {account.id: account_name(account.id, naming) for account, _ in engine.accounts()}
    if len(set(names.values())) != len(names):
        raise ValueError("two accounts come to one name; give participants names that differ")
    commodities = {account.ledger: commodity_of(account.ledger, naming) for account, _ in engine.accounts()}
    pen = _PENS[form](out, names, commodities)
    held: dict[int, Transfer] = {}
    count, day = 0, ""
    for at_ns, event, moved in engine.history():
        if event.flags & _PENDING:
            held[event.id] = event
            continue
        entered = held.pop(event.pending_id) if event.flags & (_POST | _VOID) else event
        if event.flags & _VOID or not moved:
            continue
        now = naming.day_of(at_ns)
        assert now >= day, "business days do not go back"
        if not day:
            pen.declare(now)
        day = now
        count += 1
        pen.transaction(day, at_ns, entered, moved)
    if not day:
        day = naming.day_of(0)
        pen.declare(day)
    pen.end(day, [(names[one.id], -balance.net, commodities[one.ledger]) for one, balance in engine.accounts()])
    return Written(count, len(names))


class _Pen:
    """What hledger and Ledger share: one grammar of transactions, with an assertion beside a posting of nothing."""

    def __init__(self, out: TextIO, names: dict[int, str], commodities: dict[int, Commodity]) -> None:
        self._write, self._names, self._commodities = out.write, names, commodities

    def declare(self, day: str) -> None:
        for commodity in sorted(self._commodities.values()):
            self._write(self._commodity(commodity))
        for name in sorted(self._names.values()):
            self._write(f"account {name}\n")

    def _commodity(self, commodity: Commodity) -> str:
        # hledger wants the decimal mark to be seen even where no digit follows it.
        return f"commodity {'1.' + '0' * commodity.digits} {commodity.code}\n"

    def transaction(self, day: str, at_ns: int, event: Transfer, moved: int) -> None:
        commodity = self._commodities[event.ledger]
        self._write(
            f"\n{day} * ({number_of(event.id)}) {_CODES.get(event.code, event.code)}\n    ; at: {at_ns}\n"
            f"    {self._names[event.debit]}  {amount_text(moved, commodity)}\n"
            f"    {self._names[event.credit]}  {amount_text(-moved, commodity)}\n"
        )

    def end(self, day: str, balances: list[tuple[str, int, Commodity]]) -> None:
        self._write(f"\n{day} * balances as the hub states them\n")
        for name, minor, commodity in balances:
            self._write(f"    {name}  {amount_text(0, commodity)} = {amount_text(minor, commodity)}\n")


class _LedgerPen(_Pen):
    """Ledger declares how a commodity is written on a line below it, and its tags too."""

    def declare(self, day: str) -> None:
        self._write("tag at\n")
        super().declare(day)

    def _commodity(self, commodity: Commodity) -> str:
        return f"commodity {commodity.code}\n    format {amount_text(10**commodity.digits, commodity)}\n"


class _BeancountPen(_Pen):
    """Beancount opens an account on a day, for a currency, and asserts what it holds when a day begins."""

    def declare(self, day: str) -> None:
        self._write('option "title" "Posted books of a Fondaco hub"\n')
        for commodity in sorted(self._commodities.values()):
            self._write(f"{day} commodity {commodity.code}\n")
        codes = {self._names[key]: self._commodities[place_of(key).ledger].code for key in self._names}
        for name in sorted(codes):
            self._write(f"{day} open {name} {codes[name]}\n")

    def transaction(self, day: str, at_ns: int, event: Transfer, moved: int) -> None:
        commodity = self._commodities[event.ledger]
        self._write(
            f'\n{day} * "{_CODES.get(event.code, event.code)}" "{number_of(event.id)}"\n  at: "{at_ns}"\n'
            f"  {self._names[event.debit]}  {amount_text(moved, commodity)}\n"
            f"  {self._names[event.credit]}  {amount_text(-moved, commodity)}\n"
        )

    def end(self, day: str, balances: list[tuple[str, int, Commodity]]) -> None:
        self._write("\n")
        morrow = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        for name, minor, commodity in balances:
            # Without `~ 0` Beancount lets an assertion pass that is one minor unit off.
            figure, code = amount_text(minor, commodity).split(" ")
            self._write(f"{morrow} balance {name}  {figure} ~ 0 {code}\n")


_PENS: dict[PlainText, type[_Pen]] = {PlainText.HLEDGER: _Pen, PlainText.LEDGER: _LedgerPen, PlainText.BEANCOUNT: _BeancountPen}
