"""What may come next is told before it comes: whatever anybody did lawfully had been announced, with its actor."""

from __future__ import annotations

import random
from typing import Any

import pytest

from credit_desk import ADVISER, EXPORTER, ISSUER, CreditDesk
from credit_walk import CreditWalk
from fondaco.core import Refusal
from fondaco.trade import By, Decided, Deed, lives_of
from fondaco.trade.crediting import elapse
from random_titles import Lots
from titles import BUYER, CARRIER, OPERATOR, SHIPPER, SUPERVISOR, Desk
from trade_world import PLACES


def announced(one: object) -> set[tuple[str, str]]:
    """Every deed that may come, with who may do it; "*" for anybody."""
    return {
        (step.action, who) for life in lives_of(one) for step in life.steps if step.by is By.DEED for who in step.who or ("*",)
    }


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_under_a_credit_was_announced(seed: int) -> None:
    lots, done = random.Random(seed), 0
    for _ in range(12):
        walk = CreditWalk(lots.choice)
        ask = walk.desk.ask

        def asked(actor: str, action: str, walk: CreditWalk = walk, ask: Any = ask, **body: Any) -> Any:
            nonlocal done
            # Time that ran out is reckoned before the deed is.
            late = elapse(walk.desk.lc, walk.desk.at, PLACES)
            before = walk.desk.lc if late is None else late.instrument
            answer = ask(actor, action, **body)
            if not isinstance(answer, Refusal) and action != "PAID":
                done += 1
                assert (action, actor) in announced(before), (action, actor, body)
            return answer

        walk.desk.ask = asked  # type: ignore[method-assign]
        for _ in range(60):
            lots.choice((*(walk.likely,) * 8, walk.anything, walk.time))(lots.choice)
    assert done > 100


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_to_a_record_was_announced(seed: int) -> None:
    lots = Lots(random.Random(seed))
    desk, done = lots.desk, 0
    act = desk.put

    def put(deed: Deed) -> Decided[Any] | Refusal:
        nonlocal done
        before = desk.book.record(deed.instrument) if deed.instrument else None
        answer = act(deed)
        if before is not None and not isinstance(answer, Refusal):
            done += 1
            actor = deed.actor if deed.actor != OPERATOR else "OPERATOR"
            assert {(deed.action, actor), (deed.action, "*")} & announced(before), (deed.action, deed.actor, before)
        return answer

    desk.put = put  # type: ignore[method-assign]
    for _ in range(300):
        lots.step()
    assert done > 50


def test_a_credit_says_whose_turn_it_is() -> None:
    desk = CreditDesk()
    assert announced(desk.lc) == {("APPROVED", ISSUER), ("DECLINED", ISSUER)}
    desk.issue().present(ISSUER)
    (shown,) = (life for life in lives_of(desk.lc) if life.part == "P1")
    assert (shown.table, shown.state, shown.over) == ("presentation", "UNDER_EXAMINATION", False)
    told = {step.action: (step.by, step.who, step.article) for step in shown.steps}
    assert told["FOUND_DISCREPANT"] == (By.DEED, (ISSUER,), "UCP600.16a")
    assert told["FIFTH_DAY_CLOSED"] == (By.CLOCK, (), "UCP600.16f")
    assert ("PRESENTED", EXPORTER) in announced(desk.lc) and not any(who == ADVISER for _, who in announced(desk.lc))


def test_a_record_that_is_frozen_waits_for_the_court_alone() -> None:
    desk = Desk()
    bill = desk.issue()
    assert {("ACCEPT", SHIPPER), ("WITHDRAW", CARRIER)} <= announced(desk.record(bill))
    desk.done(SHIPPER, "ACCEPT", bill)
    assert ("TRANSFER", SHIPPER) in announced(desk.record(bill)) and ("TRANSFER", BUYER) not in announced(desk.record(bill))
    desk.done(OPERATOR, "FREEZE", bill, signed=(OPERATOR, SUPERVISOR), order="C-1", court="High Court")
    assert announced(desk.record(bill)) == {("UNFREEZE", "OPERATOR"), ("UNFREEZE", "SUPERVISOR"), ("SIGN", SHIPPER)}
