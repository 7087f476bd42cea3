"""The legs of a payment: which accounts its two currencies, its fee and its residue move between.

All legs of a payment are one linked chain: both currencies move or neither does (PFMI principle 12).
"""

from __future__ import annotations

from collections.abc import Mapping

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
        residue = payment.locked.residue_nano
        if residue:
            currency = rules.currencies[payment.target_currency].currency
            ledger = residue_ledger_of(currency.numeric, currency.exponent)
            due, pool = account_id(Role.RESIDUE_DUE, ledger, provider), account_id(Role.RESIDUE, ledger)
            debit, credit = (due, pool) if residue > 0 else (pool, due)
            legs.append((debit, credit, abs(residue), ledger, TransferCode.RESIDUE))
    if payment.fee_minor:
        legs.append((from_account, account_id(role, source, HUB, cycle), payment.fee_minor, source, TransferCode.FEE))
    if payment.delivery is not None:
        legs += [_title(each) for each in payment.delivery.passing]
    last = len(legs) - 1
    return [
        Transfer(transfer_id(intent, at + 1), debit, credit, amount, ledger, int(code), _PENDING | (_LINKED if at < last else 0))
        for at, (debit, credit, amount, ledger, code) in enumerate(legs)
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
    found: list[Obligation] = []
    if payment.locked is None:
        found.append(Obligation(payment.source_currency, payer, payee, payment.source_minor))
    else:
        provider = rules.participants[payment.locked.provider].number
        if provider != payer:
            found.append(Obligation(payment.source_currency, payer, provider, payment.source_minor))
        if provider != payee:
            found.append(Obligation(payment.target_currency, provider, payee, payment.target_minor))
    if payment.fee_minor:
        found.append(Obligation(payment.source_currency, payer, HUB, payment.fee_minor))
    return tuple(found)
