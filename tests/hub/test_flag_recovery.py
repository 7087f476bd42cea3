"""A crash at any call leaves reference data, an acceptance and what was noticed of it where they were, or all where they belong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from fondaco.core import Instant, Refusal
from fondaco.hub import Tick, prove_hub
from fondaco.trade.invoice import State as Life
from hub.test_delivery_recovery import CALLS, Clockwork, Died, fall
from hub.test_invoice_recovery import opened
from stories.test_flags import LINE, NUTS, OTHERS, PRICES, RATES, cases, load, rules
from stories.test_invoices import InvoiceDesk, act, invoice, issue, owed
from trades import IMPORTER, TradeDesk
from union import agree

ONE = "INV-000001"
STEPS: dict[str, Callable[[TradeDesk], Refusal | str | None]] = {
    "loaded": lambda desk: load(desk, "prices", PRICES + NUTS + OTHERS),
    "accepted": lambda desk: act(desk, IMPORTER, "APPROVED", ONE),
}


def whole(desk: TradeDesk) -> bool:
    """Whether the debt is accepted; then its case stands beside it, with the edition that it was held against."""
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    done = invoice(desk, ONE).state is Life.ACCEPTED
    assert any(owed(desk, ONE)) == done and len(cases(desk)) == done
    if done:
        assert "PRICE_HIGH" in rules(cases(desk)[0]) and len(cases(desk)[0].editions) == 2
    return done


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_dies_at_any_call_is_whole_or_has_not_been(tmp_path: Path, step: str, done: bool) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "first")
    issue(desk, goods=[LINE | {"quantity": "100", "price": ""}], destination="SG")
    load(desk, "rates", RATES)
    if step == "accepted":
        STEPS["loaded"](desk)
    desk.close()
    for call in range(1, CALLS):
        copy = tmp_path / str(call)
        shutil.copytree(desk.folder, copy)
        other = opened(copy, desk.now)
        clockwork = Clockwork(other.hub, call, done=done)
        with suppress(Died):
            STEPS[step](other)
        if not clockwork.dead:
            assert call > 2 and len(other.hub.trading.references.editions) == 2
            other.close()
            return
        later = Instant(other.now + 1_000_000_000)
        fall(other)
        other = opened(copy, later)
        if len(other.hub.trading.references.editions) == 1:
            assert isinstance(STEPS["loaded"](other), str)
        if not whole(other):
            assert isinstance(STEPS["accepted"](other), str)
        other.do(Tick())
        assert whole(other)
        other.close()
        shutil.rmtree(copy)
    raise AssertionError("a step ends")
