"""A crash at any call of the books or the journal leaves money and debt where they were, or both where they belong."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from fondaco.core import Instant
from fondaco.hub import Tick, prove_hub
from fondaco.payments import State
from fondaco.trade.invoice import State as Life
from hub.test_delivery_recovery import CALLS, UETR, Clockwork, Died, fall
from stories.test_invoices import InvoiceDesk, accepted, invoice, owed
from trades import TradeDesk, named
from union import SG1, SG2, Desk, agree

PRICE = 1250_00


def opened(folder: Path, now: Instant) -> TradeDesk:
    desk = InvoiceDesk.__new__(InvoiceDesk)
    Desk.__init__(desk, folder, fresh=False)
    desk.now = now
    return desk


def both_or_neither(desk: TradeDesk, one: str, before: int) -> bool:
    """Whether it is paid; money, invoice and memoranda say the same, and all proofs hold."""
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    payment = desk.hub.by_uetr(UETR)
    assert payment is not None
    paid = payment.state is State.SETTLED
    assert desk.balance(SG2, "SGD") - before == (PRICE if paid else 0)
    assert invoice(desk, one).state is (Life.PAID if paid else Life.ACCEPTED)
    assert sorted(owed(desk, one)) == ([0, 0] if paid else [-PRICE, PRICE])
    return paid


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
def test_a_paying_batch_that_dies_at_any_call_is_whole_or_has_not_been(tmp_path: Path, done: bool) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "first")
    one = accepted(desk)
    before = desk.balance(SG2, "SGD")
    offered = desk.pay(SG1, SG2, "1250.00", "SGD", urgent=True, uetr=UETR, creditor="Orchid Foods", extra=named(one, code="CINV"))
    desk.close()
    for call in range(1, CALLS):
        copy = tmp_path / str(call)
        shutil.copytree(desk.folder, copy)
        other = opened(copy, desk.now)
        clockwork = Clockwork(other.hub, call, done=done)
        with suppress(Died):
            other.answer(offered)
        if not clockwork.dead:
            assert call > 3, "it asks the books and the journal several times"
            assert both_or_neither(other, one, before)
            other.close()
            return
        later = Instant(other.now + 1_000_000_000)
        fall(other)
        other = opened(copy, later)
        if not both_or_neither(other, one, before):
            other.answer(offered)
        other.do(Tick())
        assert both_or_neither(other, one, before)
        other.close()
        shutil.rmtree(copy)
    raise AssertionError("a payment ends")
