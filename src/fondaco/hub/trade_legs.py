"""Entries and steps of control -> accounts and transfers: how the words of `trade.Decided` stand on the books."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fondaco.ledger import Account, Role, TransferCode, account, instrument_number, ledger_of, memo_ledger_of, record_ledger_of
from fondaco.rulebook import CurrencyRules
from fondaco.trade import ControlStep, Entry, Holding, Kind

_ROLES = {kind: Role[kind.name] for kind in Kind if kind is not Kind.MONEY} | {Kind.MONEY: Role.PREFUNDED}
_MONEY = frozenset({Kind.MONEY, Kind.MARGIN})


class Leg(NamedTuple):
    """One transfer of a chain: its accounts, as they are opened, amount in minor units (one of control), and why."""

    debit: Account
    credit: Account
    amount: int
    code: TransferCode


def legs_of(
    entries: Sequence[Entry],
    control: Sequence[ControlStep],
    number_of: Callable[[str], int],
    currencies: Mapping[str, CurrencyRules],
) -> list[Leg]:
    """The legs, money and memoranda first, in their order; control last."""
    return [_entry(one, number_of, currencies) for one in entries] + [control_leg(one, number_of) for one in control]


def record_number(record: str) -> int:
    """The number of a record in the hub: that of its ledger too."""
    return int(record.partition("-")[2])


def control_leg(step: ControlStep, number_of: Callable[[str], int]) -> Leg:
    """The record's single unit passes, from the register when it begins and back to it when it ends."""
    ledger = record_ledger_of(record_number(step.record))
    debit, credit = (
        account(Role.CONTROL, ledger, number_of(party)) if party else account(Role.REGISTER, ledger)
        for party in (step.giver, step.taker)
    )
    return Leg(debit, credit, 1, TransferCode.CONTROL)


def _entry(entry: Entry, number_of: Callable[[str], int], currencies: Mapping[str, CurrencyRules]) -> Leg:
    currency = currencies[entry.currency].currency
    kinds = {entry.debit.kind, entry.credit.kind}
    assert kinds <= _MONEY or not kinds & _MONEY, "money and memoranda never meet"
    make = ledger_of if kinds <= _MONEY else memo_ledger_of
    ledger = make(currency.numeric, currency.exponent)

    def opened(one: Holding) -> Account:
        return account(_ROLES[one.kind], ledger, number_of(one.holder), instrument_number(one.instrument))

    code = TransferCode.TRADE_MEMO if not kinds & _MONEY else TransferCode.TRADE_MONEY
    code = TransferCode.TRADE_MARGIN if Kind.MARGIN in kinds else code
    return Leg(opened(entry.debit), opened(entry.credit), entry.minor, code)


def needed_accounts(legs: Sequence[Leg]) -> list[Account]:
    """The accounts that may have to be opened: of records, memoranda and margins. Prefunded money has its account since its day."""
    both = [one for leg in legs for one in (leg.debit, leg.credit)]
    return list(dict.fromkeys(one for one in both if one.code != Role.PREFUNDED))


def moves_money(entries: Sequence[Entry]) -> bool:
    """Whether a chain can fail because somebody has not what it gives."""
    return any(one.debit.kind in _MONEY for one in entries)
