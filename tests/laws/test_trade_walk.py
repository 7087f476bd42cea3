"""Whatever is done to whatever instruments, in any order and with crashes: one holder, no money made or lost, title exactly against payment.

The walks and their auditor are in `tests/trade_walk`; `./run walk trade --steps 1000000` walks on by hand. `FONDACO_WALK` sets the steps here.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import fondaco.hub.delivering as delivering
import fondaco.hub.trading as trading
from fondaco.hub.delivering import Delivering
from fondaco.hub.trade_clock import TradeClock
from fondaco.trade import control_rules
from trade_walk.ground import TradeGround
from trade_walk.walk import Walk

STEPS, EACH = int(os.environ.get("FONDACO_WALK", "6000")), 400


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> TradeGround:
    return TradeGround(tmp_path_factory.mktemp("ground") / "hub")


def test_one_holder_no_money_made_and_title_against_payment_alone(ground: TradeGround) -> None:
    done: Counter[str] = Counter()
    steps, seed = 0, 0
    while steps < STEPS:
        seed += 1
        walk = Walk(ground, seed)
        walk.walk(EACH)
        steps += walk.steps
        done.update(walk.done)
    everything = ("settled ETR", "settled COL", "settled LC", "settled INV", "refused", "payments refused", "died", "days passed")
    assert all(done[what] for what in everything), done
    taken = {name.removesuffix(" taken") for name in done if name.endswith(" taken")}
    assert len(taken) > 60, f"walks go everywhere: {sorted(taken)}"


def test_the_same_seed_walks_the_same_way(ground: TradeGround) -> None:
    walks = [Walk(ground, 7) for _ in range(2)]
    for walk in walks:
        walk.walk(150)
    one, other = (walk.world.opened.content() for walk in walks)
    assert one == other


def _pays_any_amount(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Delivering, "_amount_fault", lambda *_: None)


def _title_without_its_money(patch: pytest.MonkeyPatch) -> None:
    """Who is offered a record against money may simply take it."""
    patch.setitem(control_rules.RULES, "ACCEPT", lambda ask: None)


def _unlinked(patch: pytest.MonkeyPatch) -> None:
    """Control that a deed passes is not booked."""
    booked = trading.legs_of
    patch.setattr(trading, "legs_of", lambda entries, control, *more: booked(entries, (), *more))


def _forgotten(patch: pytest.MonkeyPatch) -> None:
    """What is owed to the clock is forgotten at a start."""
    patch.setattr(TradeClock, "restore", lambda self: None)
    patch.setattr(delivering.Delivering, "restore", lambda self: None)


@pytest.mark.parametrize("mistake", [_pays_any_amount, _title_without_its_money, _unlinked, _forgotten])
def test_a_hub_with_a_mistake_does_not_get_far(
    ground: TradeGround, monkeypatch: pytest.MonkeyPatch, mistake: Callable[[pytest.MonkeyPatch], Any]
) -> None:
    mistake(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):
        for seed in range(1, 40):
            Walk(ground, seed, dying=0.1).walk(EACH)
