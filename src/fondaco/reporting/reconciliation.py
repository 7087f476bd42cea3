"""Three records of one truth: the journal's payments, the books, the settlement agents' accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fondaco.ledger import Engine, Role, Transfer, TransferCode, account_id, place_of
from fondaco.payments import Event, Payment, State, reserve
from fondaco.rulebook import Rules

_PENDING, _POST, _VOID = 2, 4, 8
_OF_PAYMENTS = frozenset(
    {TransferCode.SOURCE_LEG, TransferCode.TARGET_LEG, TransferCode.FEE, TransferCode.RESIDUE, TransferCode.CONTROL}
)


def differences(books: Engine, rules: Rules, ledgers: Mapping[str, int], held: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Where the books' prefunded balances differ from what the settlement agents say they hold (by currency and BIC)."""
    ours: dict[tuple[int, str], int] = {}
    # What is set aside for an instrument is the same money at the agent.
    margins: dict[tuple[int, int], int] = {}
    for account, balance in books.accounts():
        if account.code == Role.MARGIN:
            place = place_of(account.id)
            margins[place.participant, place.ledger] = margins.get((place.participant, place.ledger), 0) + balance.net
    for member in rules.members():
        for currency in sorted(member.currencies):
            money = books.balance(account_id(Role.PREFUNDED, ledgers[currency], member.number))
            line = books.balance(account_id(Role.CREDIT_LINE, ledgers[currency], member.number))
            # What is granted counts on the books as money; at the agent it is what the balance may fall below zero by.
            own = (money.net if money else 0) + (line.net if line else 0) + margins.get((member.number, ledgers[currency]), 0)
            # A sponsor's account at the agent holds what those have for whom it settles.
            key = rules.settling(member.number), currency
            ours[key] = ours.get(key, 0) + own
    found = []
    for (number, currency), minor in ours.items():
        bic = rules.by_number[number].bic
        theirs = held.get(currency, {}).get(bic[:8], 0)
        if minor != theirs:
            found.append(f"{bic} {currency}: the books say {minor}, the agent {theirs}")
    return found


def contradictions(books: Engine, payments: Iterable[Payment], rules: Rules, ledgers: Mapping[str, int]) -> list[str]:
    """Where the journal's payments and the books say different things: legs that are missing, of another amount or between
    other accounts, open where they should be posted or void, or open for no payment. Memory grows with the transfers of
    payments. `rules` must know every participant of these payments.
    """
    legs: dict[int, Transfer] = {}
    ended: dict[int, str] = {}
    for _, event, _ in books.history():
        if event.flags & (_POST | _VOID):
            ended[event.pending_id] = "posted" if event.flags & _POST else "void"
        elif event.flags & _PENDING and event.code in _OF_PAYMENTS:
            legs[event.id] = event
    found = []
    for payment in payments:
        if not payment.intent:
            continue
        wanted = _wanted(payment)
        for leg in reserve(payment, payment.intent, rules, ledgers):
            stands = legs.pop(leg.id, None)
            if stands is None:
                found.append(f"payment {payment.number}: leg {leg.id & 0xFF} is not in the books")
            elif (stands.debit, stands.credit, stands.amount, stands.ledger) != (leg.debit, leg.credit, leg.amount, leg.ledger):
                found.append(f"payment {payment.number}: leg {leg.id & 0xFF} is booked otherwise")
            elif ended.get(leg.id, "open") != wanted:
                found.append(
                    f"payment {payment.number} is {payment.state.name}: its leg {leg.id & 0xFF} is "
                    f"{ended.get(leg.id, 'open')}, not {wanted}"
                )
    found += [f"transfer {key >> 64}-{key & 0xFF} is open for no payment" for key in legs if key not in ended]
    return found


def _wanted(payment: Payment) -> str:
    """What must have become of the last reservation of a payment."""
    if payment.state in (State.RESERVED, State.OFFERED):
        return "open"
    if payment.state in (State.ACCEPTED, State.SETTLED) or payment.taken[-1].event == Event.PAYER_FAILED.name:
        return "posted"
    return "void"
