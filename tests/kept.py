"""Hubs to be kept: a day's worth of what can stand in one, and everything by which two of them are compared."""

from __future__ import annotations

from pathlib import Path

from fondaco.core import Instant
from fondaco.hub import Hub, close_hub, open_hub
from union import MY1, SG1, TH1, Desk

NOW = Instant(1_795_000_000_000_000_000)


def fingerprint(hub: Hub) -> tuple[tuple[int, bytes], list[tuple[int, tuple[int, ...]]], list[tuple[int, bytes]], list[bytes]]:
    """Journal head, balances, payments, mail: everything that must be the same however the hub got there."""
    books = [(account.id, tuple(balance)) for account, balance in hub.books.accounts()]
    return hub.journal.head(), books, list(hub.journal.payments()), [mail.raw for mail in hub.journal.mail()]


def fingerprint_of(folder: Path) -> object:
    hub = open_hub(folder)
    try:
        return fingerprint(hub)
    finally:
        close_hub(hub)


def busy(desk: Desk) -> Desk:
    """Settled, held, queued and offered payments: money posted, pending, and waiting."""
    desk.answer(desk.pay(SG1, TH1, "10.00", "SGD", urgent=True))
    desk.pay(SG1, TH1, "5.00", "SGD", creditor="Sorvemir Brulomarov")
    desk.pay(SG1, TH1, "11000000.00", "SGD", urgent=True)
    desk.pay(MY1, TH1, "10.00", "MYR", urgent=True)
    return desk
