"""The board of exchange: best prices each way out of firm quotes, what an amount would come to, and nothing is locked by looking."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console_door import Consoles
from fondaco.access import Caller, Proof, Reach, Role
from fondaco.console.fx import answer, board, published, residues, used
from fondaco.console.language import words_of
from fondaco.console.rates import POINTS_MAX, curve_of, price_of, text_of
from fondaco.core import Instant
from fondaco.hub import Hub, close_hub, open_hub
from union import KR1, SG1

RATES = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal("30000"), places=6).filter(bool)
WORDS = words_of()["en"]


@pytest.fixture
def hub(ready: tuple[Path, int], tmp_path: Path) -> Iterator[Hub]:
    shutil.copytree(ready[0], tmp_path / "hub")
    opened = open_hub(tmp_path / "hub")
    yield opened
    close_hub(opened)


def test_bid_and_ask_are_what_one_side_gets_and_the_other_pays() -> None:
    price = price_of(Decimal("25.5"), Decimal("0.039"))
    assert (price.bid, price.ask, price.mid, price.spread_bps) == ("25.5", "25.64102564", "25.57051282", "55.2")
    assert price_of(Decimal("25.5"), None).ask == price_of(Decimal("25.5"), None).mid == ""
    assert price_of(None, Decimal("0.5")) == price_of(None, Decimal("0.50")) and price_of(None, Decimal("0.5")).ask == "2"
    crossed = price_of(Decimal("26"), Decimal("0.039"))
    assert crossed.spread_bps.startswith("-"), "two makers that cross are told so"
    assert text_of(Decimal("0.000039120000")) == "0.00003912" and text_of(Decimal("1300")) == "1300"


@given(there=RATES, back=RATES)
def test_the_middle_lies_between_bid_and_ask(there: Decimal, back: Decimal) -> None:
    price = price_of(there, back)
    bid, ask, mid = Decimal(price.bid), Decimal(price.ask), Decimal(price.mid)
    assert min(bid, ask) <= mid <= max(bid, ask)
    assert Decimal(price.spread_bps) * (ask - bid) >= 0


def test_a_curve_keeps_its_field_and_its_last_point() -> None:
    uses = [(at * 10**9, Decimal(at % 7) + 1) for at in range(1, 1_000)]
    curve = curve_of("SGD/THB", uses)
    places = [tuple(map(Decimal, one.split(","))) for one in curve.points.split()]
    assert len(places) <= POINTS_MAX and curve.uses == 999 and (curve.low, curve.high, curve.last) == ("1", "7", "6")
    assert all(0 <= x <= curve.width and 0 <= y <= curve.height for x, y in places)
    assert places == sorted(places, key=lambda one: one[0]) and places[-1][0] == curve.width - 4
    once = curve_of("SGD/THB", uses[:1])
    assert once.points == f"{once.end_x},{once.end_y}", "a rate that was used once is a dot"


def test_the_board_shows_what_is_in_force_and_looking_locks_nothing(hub: Hub) -> None:
    now = Instant(hub.desk.counters.last_instant)
    before = hub.desk.quotes.state()
    seen = board(hub, int(now))
    assert seen.quotes == len([one for one in before if one.valid_from <= now < one.valid_until]) > 0
    firsts = {(one.source, one.target): one for one in reversed(seen.offers)}
    assert all(one.best for one in firsts.values()), "the best stands first"
    assert {(one.first, one.second) for one in seen.pairs} >= {("SGD", "THB"), ("MYR", "SGD")}
    found = answer(hub, "SGD", "THB", "1,000.00", now, WORDS)
    assert found is not None and found.source_minor == 100_000 and found.fault == ""
    assert (
        found.rate
        == max((one for one in before if (one.source, one.target) == ("SGD", "THB")), key=lambda one: one.rate)
        .rate_for(100_000)
        .__str__()
    )
    assert hub.desk.quotes.state() == before
    last = max(one.valid_until for one in before)
    assert board(hub, last).offers == [] and board(hub, last - 1).offers != []
    for amount, word in (("1.001", "1.001"), ("x", "x"), ("999999999999.00", "price")):
        refused = answer(hub, "SGD", "THB", amount, now, WORDS)
        assert refused is not None and refused.fault and refused.target_minor == 0, (amount, word)
    german = answer(hub, "SGD", "THB", "1.000,00", now, words_of()["de"])
    assert german is not None and german.source_minor == 100_000
    comma = answer(hub, "SGD", "THB", "250,50", now, WORDS)
    assert comma is not None and comma.fault, "250,50 is never 25,050"
    assert answer(hub, "SGD", "THB", "", now, WORDS) is None and answer(hub, "XXX", "THB", "1", now, WORDS) is None


def test_rates_that_were_used_are_those_of_payments_that_are_seen(hub: Hub) -> None:
    def pairs(role: Role, institution: str = "") -> set[str]:
        caller = Caller("someone", institution, frozenset({role}), Proof.SESSION)
        return {one.pair for one in used(hub, Reach(caller, hub.desk.scheme)).curves}

    everything = pairs(Role.OPERATOR_MAKER)
    assert used(hub, Reach(Caller("a", "", frozenset({Role.AUDITOR}), Proof.SESSION), hub.desk.scheme)).whole
    assert {"SGD/THB", "THB/IDR", "KRW/PHP"} <= everything
    assert pairs(Role.MEMBER_MAKER, KR1) == {"KRW/PHP"}
    assert {one.currency for one in residues(hub)} and all("E" not in one.text and Decimal(one.text) for one in residues(hub))
    hub.desk.counters.day = "2026-11-25"
    assert pairs(Role.OPERATOR_MAKER) == set(), "those of another day are not this day's"


def test_reference_rates_say_of_which_day_and_source_they_are() -> None:
    rates = published(("SGD", "THB", "KHR"), date(2026, 11, 24), 60)
    known = next(one for one in rates if (one.first, one.second) == ("SGD", "THB"))
    assert known.rate and known.day <= "2026-11-24" and "ECB" in known.source
    assert next(one for one in rates if one.second == "KHR").fault
    assert all(one.fault and not one.rate for one in published(("SGD", "THB"), date(2036, 1, 1), 7)), (
        "one that is too old is none"
    )


@pytest.mark.server
def test_the_page_is_for_who_may_see_quotes_and_tells_the_operator_the_residue(door: Consoles) -> None:
    page = door.ask("/console/fx?source=SGD&target=THB&amount=100.00", session=door.session("operator-1"))
    assert page.status == 200 and "SGD/THB" in page.text and "What rounding left on the books" in page.text
    member = door.ask("/console/fx", session=door.session(f"{SG1.lower()}-maker"))
    assert member.status == 200 and "What rounding left on the books" not in member.text
    for who in ("officer-1", "supervisor-sg"):
        assert door.ask("/console/fx", session=door.session(who)).status == 403
        assert door.ask("/console/fx/live", session=door.session(who)).status == 403
    odd = door.ask("/console/fx?source=SGD&target=THB&amount=%3Cscript%3E", session=door.session("auditor"))
    assert odd.status == 200 and "<script>" not in odd.text
