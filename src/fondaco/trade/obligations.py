"""Accepted invoices of the hub as what `clearing` sets off in circles."""

from __future__ import annotations

from collections.abc import Iterable

from fondaco.clearing import Claim
from fondaco.trade.invoice import TradeInvoice, excluded


def obligations_for_set_off(invoices: Iterable[TradeInvoice]) -> list[Claim]:
    """The claims that take part, in the order given: owed, opted in by both sides, with no right of somebody else, in no dispute and under no
    letter of credit. The reference is the invoice's id, the amount what is still open."""
    return [
        Claim(
            one.id,
            one.buyer,
            one.seller,
            one.currency,
            one.open_minor,
            one.due,
            accepted=True,
            debtor_opted_in=True,
            creditor_opted_in=True,
        )
        for one in invoices
        if not excluded(one)
    ]
