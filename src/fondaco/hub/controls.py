"""What a customer may send for one purpose within one period: limits of the central banks' articles, counted as payments are admitted."""

from __future__ import annotations

import hashlib
from datetime import date

from fondaco.core import CURRENCIES, Reason, Refusal, minor_text
from fondaco.hub.state import Batch, Desk
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Payment, State
from fondaco.rulebook import CustomerLimit


class Controls:
    """Counts for a desk. A customer is known by a digest of its bank and account: no name and no account stands in a key."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def admitted(self, batch: Batch, payment: Payment, transfer: Instruction) -> Refusal | None:
        """Count a payment against every limit that covers it; a refusal counts nothing."""
        rules = self._desk.in_force()
        origin, target = (rules.participants[bic].country for bic in (payment.sender, payment.creditor_agent))
        corridor = rules.scheme.corridors.get((origin, target))
        if corridor is None or not corridor.limits:
            return None
        counted = []
        for limit in corridor.limits:
            if limit.currency != payment.source_currency or (limit.purposes and transfer.purpose not in limit.purposes):
                continue
            key = f"{period_of(limit, rules.day)} {origin}{target} {limit.name} {_customer(payment, transfer)}"
            used = self._desk.used.get(key, 0)
            if used + payment.source_minor > limit.minor:
                exponent = CURRENCIES[limit.currency].exponent
                left = minor_text(max(0, limit.minor - used), exponent)
                found = f"{limit.name}: {left} {limit.currency} left this {limit.period}"
                return Refusal(Reason.CUSTOMER_LIMIT, "CdtTrfTxInf/IntrBkSttlmAmt", found, limit.article)
            counted.append(key)
        for key in counted:
            self._desk.used[key] = self._desk.used.get(key, 0) + payment.source_minor
            batch.used.add(key)
        payment.counted = counted
        return None

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


def period_of(limit: CustomerLimit, day: date) -> str:
    """The day, month or year that a business day counts in."""
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[limit.period]]


def _customer(payment: Payment, transfer: Instruction) -> str:
    return hashlib.blake2b(f"{payment.sender}\0{transfer.debtor.account}".encode(), digest_size=12).hexdigest()
