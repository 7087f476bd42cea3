"""Laws of the register over acts drawn by lot, over every path of every table, and over every act in every state."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import Table
from fondaco.trade import BILL, FREEZE, LOCK, PLEDGE, RECORD, TITLE, verify_title
from fondaco.trade.control_body import BODIES, HUB_ACTIONS
from fondaco.trade.control_rules import RULES
from random_titles import ACTIONS, Lots
from titles import CARRIER, OPERATOR, SHIPPER, SUPERVISOR, Desk

TABLES = (RECORD, TITLE, LOCK, PLEDGE, FREEZE, BILL)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_is_tried_one_party_holds_and_history_says_the_same(lots: random.Random) -> None:
    walk = Lots(lots)
    for _ in range(60):
        walk.step()
    walk.desk.check()
    instrument = lots.choice([*walk.desk.book.records])
    found, record = verify_title.verify(walk.desk.proof(instrument, ()), [])[0], walk.desk.record(instrument)
    assert (found["state"], found["holder"], found["lock"]) == (record.state.name, record.holder, record.lock_id())
    assert (bool(found["pledgee"]), bool(found["frozen"])) == (record.pledged, record.freeze.name == "FROZEN")


def test_lots_reach_every_act_and_every_refusal() -> None:
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(12):
        walk = Lots(random.Random(seed))
        for _ in range(400):
            walk.step()
        walk.desk.check()
        done += walk.done
        refused += walk.refused
    assert {act for act in (*BODIES, *HUB_ACTIONS) if not done[act]} == set()
    assert {*ACTIONS} - {*refused} == set()


def test_every_act_has_a_rule_and_no_rule_is_of_no_act() -> None:
    assert {*RULES} == {*BODIES} - {"ISSUE", "CONVERT_IN"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_step_names_its_law(table: Table) -> None:  # type: ignore[type-arg]
    for row in table.rows:
        assert row.article.split()[0].split(".")[0] in ("MLETR", "ULB", "PINT", "T"), row


def test_control_is_created_once_and_ended_once_on_every_path() -> None:
    for path in RECORD.paths():
        moves = [row.books.name for row in path]
        assert moves[0] == "CREATED"
        assert moves[-1] == "ENDED"
        assert set(moves[1:-1]) <= {"PASSED"}


def test_a_lock_ends_settled_only_by_acceptance_or_with_its_payment() -> None:
    for path in LOCK.paths():
        free = path[0].on.name == "TRANSFER"
        if path[-1].after.name == "SETTLED":
            assert path[-1].on.name == ("ACCEPT" if free else "SETTLE")


@pytest.mark.parametrize("action", ACTIONS)
def test_what_has_ended_stays_as_it_is(action: str) -> None:
    desk = Desk()
    instrument = desk.live()
    desk.done(SHIPPER, "SURRENDER_FOR_DELIVERY", instrument)
    desk.done(CARRIER, "SACC", instrument)
    walk = Lots(random.Random(1))
    body = walk._body(desk.record(instrument), action)
    for actor in (SHIPPER, CARRIER):
        assert desk.refused(actor, action, instrument, **body) == ("instrument", "T.2")
    signed = (OPERATOR, SUPERVISOR)
    assert desk.refused(OPERATOR, action, instrument, signed=signed, **body) == ("instrument", "T.2")
