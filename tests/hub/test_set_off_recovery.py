"""A crash at any call of the books or the journal leaves every debt of a round as it was, or all of them less by what cleared."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from fondaco.core import Instant, Refusal
from fondaco.hub import SetOffDebts, Tick, prove_hub
from hub.test_delivery_recovery import CALLS, Clockwork, Died, fall
from hub.test_invoice_recovery import opened
from stories.test_invoices import InvoiceDesk
from stories.test_set_off_rounds import circle, found, opens, positions
from trades import TradeDesk
from union import agree


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
def test_a_round_that_dies_at_any_call_is_whole_or_has_not_been(tmp_path: Path, done: bool) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "first")
    three = circle(desk)
    (one,) = found(desk)
    net = positions(desk)
    desk.close()
    for call in range(1, CALLS):
        copy = tmp_path / str(call)
        shutil.copytree(desk.folder, copy)
        other = opened(copy, desk.now)
        clockwork = Clockwork(other.hub, call, done=done)
        with suppress(Died):
            other.do(SetOffDebts(one))
        if not clockwork.dead:
            assert call > 3, "it asks the books and the journal several times"
            other.close()
            return
        later = Instant(other.now + 1_000_000_000)
        fall(other)
        other = opened(copy, later)
        assert opens(other, *three) in ([900_00, 400_00, 650_00], [500_00, 0, 250_00])
        again = other.do(SetOffDebts(one))
        assert isinstance(again, Refusal) or again == "SOF-000001: 1200.00 SGD of 3 invoices"
        other.do(Tick())
        assert opens(other, *three) == [500_00, 0, 250_00] and positions(other) == net
        assert prove_hub(other.hub).faults == []
        agree(other)
        other.close()
        shutil.rmtree(copy)
    raise AssertionError("a round ends")
