"""A crash at any call of the books or the journal leaves claim and financing register where they were, or both where they belong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from fondaco.core import Instant, Refusal
from fondaco.hub import Tick, prove_hub
from fondaco.trade import financing
from hub.test_delivery_recovery import CALLS, Clockwork, Died, fall
from hub.test_invoice_recovery import opened
from stories.test_financing import encumber, of, registered, registering
from stories.test_invoices import SELLER, InvoiceDesk, accepted, act, invoice
from trades import TradeDesk
from union import MY1, TH1, agree

ONE, COPY, FIRST = "INV-000001", "INV-000002", "FIN-000001"
# What happens to the claim, step by step: what is asked, and whether it is done.
STEPS: dict[str, tuple[Callable[[TradeDesk], object], Callable[[TradeDesk], bool]]] = {
    "registered": (
        lambda desk: desk.perform(registering(MY1, ONE, SELLER)),
        lambda desk: desk.hub.trading.financings.found(FIRST) is not None,
    ),
    "encumbered": (lambda desk: encumber(desk, ONE, MY1), lambda desk: invoice(desk, ONE).encumbered_to == MY1),
    "released": (lambda desk: act(desk, MY1, "RELEASE", ONE), lambda desk: of(desk, FIRST).state is financing.State.RELEASED),
}


def whole(desk: TradeDesk) -> None:
    """The register says of the claim what the claim says of itself, in memory as in the journal."""
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    register = desk.hub.trading.financings
    one = register.found(FIRST)
    assert (one is not None and one.bound and one.live) == bool(invoice(desk, ONE).encumbrance)
    assert {each.id for each in register.all() if each.live} == {key for key in ("FIN-000001",) if register.book.get(key)}


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_a_financing_that_dies_at_any_call_is_whole_or_has_not_been(tmp_path: Path, step: str, done: bool) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "first")
    accepted(desk)
    accepted(desk, number="f/7")
    for name, (ask, _) in STEPS.items():
        if name == step:
            break
        assert not isinstance(ask(desk), Refusal)
    desk.close()
    ask, is_done = STEPS[step]
    for call in range(1, CALLS):
        copy = tmp_path / str(call)
        shutil.copytree(desk.folder, copy)
        other = opened(copy, desk.now)
        clockwork = Clockwork(other.hub, call, done=done)
        with suppress(Died):
            ask(other)
        if not clockwork.dead:
            assert call > 2 and is_done(other)
            other.close()
            return
        later = Instant(other.now + 1_000_000_000)
        fall(other)
        other = opened(copy, later)
        whole(other)
        if not is_done(other):
            assert not isinstance(ask(other), Refusal)
        other.do(Tick())
        whole(other)
        assert is_done(other)
        if step == "encumbered":
            registered(other, TH1, COPY, SELLER)
            assert isinstance(encumber(other, COPY, TH1), Refusal) and invoice(other, COPY).encumbrance == ""
        other.close()
        shutil.rmtree(copy)
    raise AssertionError("a step ends")
