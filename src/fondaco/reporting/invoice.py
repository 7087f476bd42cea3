"""What the hub asks of a member for one month: its fees line by line, each with its payment and article."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fondaco.core import Instant, utc_text
from fondaco.payments import Payment, State


class InvoiceLine(NamedTuple):
    """One fee: when its payment was final, which payment, by which article, in whole minor units of `currency`."""

    settled_at: str
    uetr: str
    article: str
    kind: str
    currency: str
    amount_minor: int
    fee_minor: int


class Invoice(NamedTuple):
    """The lines in the order in which their payments settled, and sums by (currency, article). The fees were booked with their payments: an
    invoice states them, it asks for nothing more."""

    member: str
    month: str
    lines: tuple[InvoiceLine, ...]
    totals: tuple[tuple[str, str, int, int], ...]


def invoice(payments: Iterable[Payment], member: str, month: str) -> Invoice:
    """The invoice of `member` (BIC of eight characters) for `month` (such as 2026-11): payments that settled in it, in UTC."""
    lines = []
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for payment in payments:
        if payment.sender != member or payment.state is not State.SETTLED or not payment.fee_minor:
            continue
        settled_at = utc_text(Instant(payment.taken[-1].at))
        if not settled_at.startswith(month):
            continue
        kind = "urgent" if payment.urgent else "normal"
        currency, article = payment.source_currency, payment.fee_article
        lines.append(InvoiceLine(settled_at, payment.uetr, article, kind, currency, payment.source_minor, payment.fee_minor))
        count, total = sums.get((currency, article), (0, 0))
        sums[currency, article] = count + 1, total + payment.fee_minor
    totals = tuple((currency, article, count, total) for (currency, article), (count, total) in sorted(sums.items()))
    return Invoice(member, month, tuple(sorted(lines)), totals)
