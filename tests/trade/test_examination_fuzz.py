"""Whatever can be read can be examined: broken data are refused at the door, with their place, and never stop an examination half way."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import MalformedMessage
from fondaco.trade.examination import BankingDays, examine_on, lint, precheck, read_presentation, read_terms
from trade.presented import CLEAN, CREDIT

POOL = st.one_of(
    st.none(), st.booleans(), st.text(max_size=12), st.integers(-3, 10**12), st.just([]), st.just({}),
    st.sampled_from([
        "", "0", "-1", "1E+17", "0.000000001", "999999999999999999", "NaN", "2026-03-16", "1949-12-31", "2999-12-31", "9999-12-31", "0001-01-01",
        "KGM", "XXX", "THLCH", "TRANSPORT", "to order of shipper, notify applicant", "text", "goods[0].hs", "notify[9].name", "a..b", "CONTAINS", "GTE",
        "AIR_WAYBILL", "ABOUT", "EUCP", "SHIPPER", "all documents must show the credit number", "5% broken 10 per cent", "grade grade", "é́", "\u202e", "'",
    ]),
)  # fmt: skip


def paths(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += paths(value, (*path, key))
    return found


def mutated(data: st.DataObject, tree: dict[str, Any]) -> bytes:
    tree = copy.deepcopy(tree)
    for _ in range(data.draw(st.integers(0, 3))):
        *steps, last = data.draw(st.sampled_from(paths(tree)))
        place = tree
        for step in steps:
            place = place[step]
        place[last] = data.draw(POOL)
    return json.dumps(tree).encode()


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_whatever_can_be_read_can_be_examined(data: st.DataObject) -> None:
    try:
        terms, made = read_terms(mutated(data, CREDIT)), read_presentation(mutated(data, CLEAN))
    except MalformedMessage as fault:
        assert fault.refusal.found
        return
    report = examine_on(terms, made, BankingDays())
    assert report == examine_on(terms, made, BankingDays())
    assert precheck(terms, made, BankingDays()).report == report
    assert isinstance(lint(terms), tuple)
    assert all(one.sentence() for one in report.findings)
