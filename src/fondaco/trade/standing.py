"""What an instrument keeps on the books and in the register, told from how it stands: memoranda, margin, control of records, and locks.

A machine says what must stand, before and after a deed; what moves is the difference. So nothing is reversed by less or more than was
booked, and an instrument that is at its end has nothing left anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

from fondaco.trade.deed import ControlStep, Entry, Holding, Kind


class Pair(NamedTuple):
    """Two accounts that stand against each other, in one currency: what is on the first is due, what is on the second is owed."""

    due: Holding
    owed: Holding
    currency: str


Books = Mapping[Pair, int]
Control = Mapping[str, str]


class Against(Enum):
    """What the holder of a record lets it go for; MANDATE is a bank's acceptance of it for its principal, who stays its owner."""

    MANDATE = "MANDATE"
    PAYMENT = "PAYMENT"
    ACCEPTANCE = "ACCEPTANCE"
    UNDERTAKING = "UNDERTAKING"


class Lock(msgspec.Struct, frozen=True, array_like=True, order=True):
    """`record` is offered by its holder to `taker` against one thing only, which is done under `purpose` (an instrument's id, or a part of it)."""

    record: str
    giver: str
    taker: str
    against: str
    purpose: str


class Payable(NamedTuple):
    """What is due to be paid now: for `purpose` (as a lock's), by `payer` to `payee` (parties), `minor` whole minor units of `currency`."""

    purpose: str
    payer: str
    payee: str
    currency: str
    minor: int


def pair(due: Kind, due_to: str, owed: Kind, owed_by: str, instrument: str, currency: str) -> Pair:
    return Pair(Holding(due, due_to, instrument), Holding(owed, owed_by, instrument), currency)


def margin_of(bank: str, instrument: str, currency: str) -> Pair:
    """A bank's own money that is set aside for one instrument."""
    return Pair(Holding(Kind.MARGIN, bank, instrument), Holding(Kind.MONEY, bank), currency)


def entries(before: Books, after: Books) -> tuple[Entry, ...]:
    """What must be booked so that `after` stands where `before` stood; in the order of the accounts."""
    found = []
    for each in sorted({*before, *after}):
        moved = after.get(each, 0) - before.get(each, 0)
        # Margin is a participant's money: it comes from where the memoranda's other side would be.
        debit, credit = (each.owed, each.due) if each.due.kind is Kind.MARGIN else (each.due, each.owed)
        if moved < 0:
            debit, credit = credit, debit
        if moved:
            found.append(Entry(debit, credit, each.currency, abs(moved)))
    return tuple(found)


def steps(before: Control, after: Control) -> tuple[ControlStep, ...]:
    """The records whose holder changes, in the order of their ids; one that comes in with this deed stays where it is."""
    assert before.keys() <= after.keys(), "a record that came under an instrument does not vanish from it"
    return tuple(ControlStep(each, before[each], after[each]) for each in sorted(before) if before[each] != after[each])
