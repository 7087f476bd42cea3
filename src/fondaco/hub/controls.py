"""What a customer may send for one purpose within one period: limits of the central banks' articles and of the union's retail purposes,
counted as payments are admitted; and how many payments a member makes, where a tariff depends on it."""

from __future__ import annotations

import hashlib
from datetime import date

from fondaco.core import CURRENCIES, Reason, Refusal, minor_text
from fondaco.hub.state import Batch, Desk
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Payment, State
from fondaco.rulebook import CustomerLimit


class Controls:
    """Counts for a desk. A customer is known by a digest of its bank and account, and where its LEI is told by that as well, whatever
    bank it pays from: no name and no account stands in a key."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def admitted(self, batch: Batch, payment: Payment, transfer: Instruction) -> Refusal | None:
        """Count a payment against every limit that covers it; a refusal counts nothing."""
        rules = self._desk.in_force()
        origin, target = (rules.participants[bic].country for bic in (payment.sender, payment.creditor_agent))
        corridor = rules.scheme.corridors.get((origin, target))
        retail = rules.scheme.purposes.get(transfer.purpose)
        limits = [(f"{origin}{target}", limit) for limit in corridor.limits] if corridor is not None else []
        if retail is not None:
            limits += [(f"purpose-{retail.name}", limit) for limit in retail.limits]
        counted = []
        for place, limit in limits:
            if limit.currency != payment.source_currency or (limit.purposes and transfer.purpose not in limit.purposes):
                continue
            keys = [f"{period_of(limit, rules.day)} {place} {limit.name} {one}" for one in _customers(payment, transfer)]
            used = max(self._desk.used.get(key, 0) for key in keys)
            if used + payment.source_minor > limit.minor:
                exponent = CURRENCIES[limit.currency].exponent
                left = minor_text(max(0, limit.minor - used), exponent)
                found = f"{limit.name}: {left} {limit.currency} left this {limit.period}"
                return Refusal(Reason.CUSTOMER_LIMIT, "CdtTrfTxInf/IntrBkSttlmAmt", found, limit.article)
            counted += keys
        for key in counted:
            self._desk.used[key] = self._desk.used.get(key, 0) + payment.source_minor
            batch.used.add(key)
        payment.counted = counted
        return None

    def volume(self, batch: Batch, payment: Payment) -> int:
        """How many payments its sender made in this currency this month before this one; this one is counted. 0 where no tariff asks."""
        rules = self._desk.in_force()
        if not rules.counts_volume(payment.source_currency):
            return 0
        key = volume_key(rules.day, payment.sender, payment.source_currency)
        before = self._desk.used.get(key, 0)
        self._desk.used[key] = before + 1
        batch.used.add(key)
        return before

    def ended(self, batch: Batch, payment: Payment) -> None:
        """Give back what a payment counted when it ends without settling."""
        if payment.state is State.SETTLED:
            return
        for key in payment.counted:
            if key in self._desk.used:
                self._desk.used[key] -= payment.source_minor
                batch.used.add(key)
        payment.counted = []

    def forget(self) -> None:
        """Forget the counts of periods that are over; the journal keeps them. A limit that a rulebook drops and another brings back
        within its period is counted on."""
        day = self._desk.in_force().day.isoformat()
        self._desk.used = {key: minor for key, minor in self._desk.used.items() if day.startswith(key.split(" ", 1)[0])}


def volume_key(day: date, sender: str, currency: str) -> str:
    """Under which the payments of a sender (BIC of eight) in a currency are counted in the month of a business day."""
    return f"{day.isoformat()[:7]} volume {sender} {currency}"


def period_of(limit: CustomerLimit, day: date) -> str:
    """The day, month or year that a business day counts in."""
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[limit.period]]


def _customers(payment: Payment, transfer: Instruction) -> list[str]:
    """As whom the debtor is known: its account, and the legal entity that it says to be. A person has no such number that the whole
    union knows, and a digest of a name and a birthday could be guessed back."""
    told = [f"{payment.sender}\0{transfer.debtor.account}"]
    if transfer.debtor.lei:
        told.append(f"LEI\0{transfer.debtor.lei}")
    return [hashlib.blake2b(one.encode(), digest_size=12).hexdigest() for one in told]
