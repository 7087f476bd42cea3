"""The legs of a payment: which accounts its two currencies, its fee and its residue move between.

All legs of a payment are one linked chain: both currencies move or neither does (PFMI principle 12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fondaco.clearing import Obligation
from fondaco.ledger import AMOUNT_MAX, HUB, Role, Transfer, TransferCode, TransferFlag, account_id, residue_ledger_of, transfer_id
from fondaco.payments.payment import Payment, Title
from fondaco.rulebook import Rules

_PENDING, _LINKED = int(TransferFlag.PENDING), int(TransferFlag.LINKED)
_POST, _VOID = int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)


def reserve(payment: Payment, intent: int, rules: Rules, ledgers: Mapping[str, int]) -> list[Transfer]:
    """The pending chain that reserves `payment`: on prefunded money when its cycle is 0, else on that cycle's accounts."""
    role, cycle = (Role.CLEARING, payment.cycle) if payment.cycle else (Role.PREFUNDED, 0)
    payer = rules.participants[payment.sender].number
    payee = rules.participants[payment.creditor_agent].number
    source = ledgers[payment.source_currency]
    from_account = account_id(role, source, payer, cycle)
    legs: list[tuple[int, int, int, int, int]] = []
    if payment.locked is None:
        legs.append((from_account, account_id(role, source, payee, cycle), payment.source_minor, source, TransferCode.SOURCE_LEG))
    else:
        provider = rules.participants[payment.locked.provider].number
        target = ledgers[payment.target_currency]
        # A provider that pays or is paid by itself has no leg to book.
        if provider != payer:
            legs.append(
                (from_account, account_id(role, source, provider, cycle), payment.source_minor, source, TransferCode.SOURCE_LEG)
            )
        if provider != payee:
            legs.append(
                (
                    account_id(role, target, provider, cycle),
                    account_id(role, target, payee, cycle),
                    payment.target_minor,
                    target,
                    TransferCode.TARGET_LEG,
                )
            )
        legs += [(one.debit, one.credit, one.minor, one.ledger, TransferCode.RESIDUE) for one in _residue(payment, rules)]
    if payment.fee_minor:
        legs.append((from_account, account_id(role, source, HUB, cycle), payment.fee_minor, source, TransferCode.FEE))
    if payment.delivery is not None:
        legs += [_title(each) for each in payment.delivery.passing]
    last = len(legs) - 1
    return [
        Transfer(transfer_id(intent, at + 1), debit, credit, amount, ledger, int(code), _PENDING | (_LINKED if at < last else 0))
        for at, (debit, credit, amount, ledger, code) in enumerate(legs)
    ]


class _Residue(NamedTuple):
    """What rounding leaves over of one conversion, on the residue ledger: 10^-9 minor units from one account to another."""

    debit: int
    credit: int
    minor: int
    ledger: int


def _residue(payment: Payment, rules: Rules) -> tuple[_Residue, ...]:
    if payment.locked is None or not payment.locked.residue_nano:
        return ()
    provider, nano = rules.participants[payment.locked.provider].number, payment.locked.residue_nano
    currency = rules.currencies[payment.target_currency].currency
    ledger = residue_ledger_of(currency.numeric, currency.exponent)
    due, pool = account_id(Role.RESIDUE_DUE, ledger, provider), account_id(Role.RESIDUE, ledger)
    debit, credit = (due, pool) if nano > 0 else (pool, due)
    return (_Residue(debit, credit, abs(nano), ledger),)


def residue_back(payments: Iterable[Payment], intent: int, rules: Rules) -> list[Transfer]:
    """Transfers that give back what was posted as residue of accepted payments that do not settle after all: nothing was converted. None of
    them can be refused."""
    back = [one for payment in payments for one in _residue(payment, rules)]
    return [
        Transfer(transfer_id(intent, at + 1), one.credit, one.debit, one.minor, one.ledger, int(TransferCode.RESIDUE), 0)
        for at, one in enumerate(back)
    ]


def _title(title: Title) -> tuple[int, int, int, int, TransferCode]:
    """Control of a record that is paid for: in the chain of the money, so that it passes if and only if the payment is final."""
    role = Role.CONTROL if title.taker else Role.REGISTER
    giver, taker = account_id(Role.CONTROL, title.ledger, title.giver), account_id(role, title.ledger, title.taker)
    return giver, taker, 1, title.ledger, TransferCode.CONTROL


def resolve(payment: Payment, intent: int, *, post: bool) -> list[Transfer]:
    """The chain that posts or voids what `reserve` booked."""
    flag = _POST if post else _VOID
    amount = AMOUNT_MAX if post else 0
    last = payment.legs - 1
    return [
        Transfer(
            transfer_id(intent, at + 1),
            0,
            0,
            amount,
            0,
            0,
            flag | (_LINKED if at < last else 0),
            transfer_id(payment.intent, at + 1),
        )
        for at in range(payment.legs)
    ]


def obligations(payment: Payment, rules: Rules) -> tuple[Obligation, ...]:
    """What an accepted payment makes its participants owe each other; the hub's fee is owed to number 0."""
    payer = rules.participants[payment.sender].number
    payee = rules.participants[payment.creditor_agent].number
    provider = 0 if payment.locked is None else rules.participants[payment.locked.provider].number
    found = owed(
        payer, payee, provider, (payment.source_currency, payment.source_minor), (payment.target_currency, payment.target_minor)
    )
    if payment.fee_minor:
        found += (Obligation(payment.source_currency, payer, HUB, payment.fee_minor),)
    return found


def owed(payer: int, payee: int, provider: int, source: tuple[str, int], target: tuple[str, int]) -> tuple[Obligation, ...]:
    """The same of participants' numbers and (currency, minor units), without a fee; `provider` is 0 where nothing is converted. A provider that
    pays or is paid by itself owes itself nothing."""
    if not provider:
        return (Obligation(source[0], payer, payee, source[1]),)
    paid = (Obligation(source[0], payer, provider, source[1]),) if provider != payer else ()
    return (*paid, Obligation(target[0], provider, payee, target[1])) if provider != payee else paid
