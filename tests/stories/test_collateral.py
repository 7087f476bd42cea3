"""Collateral: two operators lodge it, prices revalue it, a cap may stand on it, and it is not let go while one does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.clearing import AssetPrice
from fondaco.core import MINOR_MAX, Reason, Refusal
from fondaco.hub import CloseCycle, Move, PostPrices, SetLimit, exposure_report
from fondaco.ledger import Role, account_id
from fondaco.messages import read
from fondaco.payments import State
from fondaco.rulebook import LODGE, RELEASE, Deed, Vote, sign_vote
from fondaco.simulation.day import demo_key
from stories.test_hard_moments import killed
from union import HUB, SG1, SG2, TH1, Desk, agree, at_rest

RAISES = '[[articles]]\nnumber = "15.5"\nkey = "collateral_raises_caps_percent"\nvalue = 50\nvalid_from = 2026-01-01\nsource = "a test"\n\n'
SHARES = '\n[[fund_shares]]\nmember = "ZZBASG01"\ncurrency = "SGD"\namount = "100.00"\narticle = "15.3"\n'


def rulebook(raises: bool = True, cap: str = "1000") -> Callable[[Path], None]:
    """The union with a fund, with collateral that raises caps by half of its worth, and with small caps in Singapore dollars."""

    def amend(home: Path) -> None:
        path = home / "union.toml"
        text = path.read_text() + SHARES
        path.write_text(text.replace("[[cycles]]", RAISES + "[[cycles]]", 1) if raises else text)
        path = home / "participants.toml"
        path.write_text(path.read_text().replace('"210000000"', f'"{cap}"').replace('SGD = "2000000"', 'SGD = "0"'))

    return amend


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub", amend=rulebook())
    yield made
    agree(made)
    made.close()


def vote(desk: Desk, deed: Deed, who: str) -> Refusal | str | None:
    return desk.do(Move(sign_vote(Vote(deed, who, "statement of the custodian", "2026-11-24", int(desk.now)), demo_key(who))))


def carry(desk: Desk, kind: str, subject: str, quantity: int) -> Refusal | str | None:
    proposed = vote(desk, Deed(kind, subject, str(quantity)), "operator-1")
    return proposed if isinstance(proposed, Refusal) else vote(desk, Deed(kind, subject, str(quantity)), "operator-2")


def priced(
    desk: Desk, price: str = "100", kind: str = "government_bond", issuer: str = "SG", asset: str = "SG30"
) -> Refusal | None:
    found = desk.do(PostPrices((AssetPrice(asset, kind, issuer, "SGD", price, "2026-11-24"),), ()))
    assert not isinstance(found, str)
    return found


def no(found: Refusal | str | None) -> str:
    assert isinstance(found, Refusal), found
    assert found.reason is Reason.OUT_OF_TURN and found.article == "15.3"
    return found.found


def cap(desk: Desk) -> int:
    """The cap of SG1 in the open cycle, as the books have it."""
    cycle = desk.hub.desk.cycles[desk.hub.desk.counters.open_cycle]
    own = desk.hub.books.balance(account_id(Role.CLEARING, desk.hub.desk.ledgers["SGD"], 10, cycle.number))
    assert own is not None
    (granted,) = (minor for c, n, minor in cycle.caps if (c, n) == ("SGD", 10))
    return granted


def worth(desk: Desk, who: str = SG1) -> int:
    return desk.hub.collateral.value(who, "SGD", desk.hub.collateral.posted_rates()).counted


def lodged(desk: Desk, units: int = 1_000) -> None:
    """A thousand bonds of 100.00, and money so that no limit cuts much of them."""
    assert priced(desk) is None
    assert str(carry(desk, LODGE, f"{SG1} collateral SG30", units)).endswith("CARRIED")


def test_one_operator_lodges_nothing_and_two_do(desk: Desk) -> None:
    priced(desk)
    assert str(vote(desk, Deed(LODGE, f"{SG1} collateral SG30", "10"), "operator-1")).endswith("PROPOSED")
    assert desk.hub.desk.collateral == {}
    assert isinstance(vote(desk, Deed(LODGE, f"{SG1} collateral SG30", "10"), "operator-1"), Refusal)
    books = desk.books()
    assert str(vote(desk, Deed(LODGE, f"{SG1} collateral SG30", "10"), "operator-2")).endswith("CARRIED")
    assert desk.hub.desk.collateral == {f"{SG1} collateral SG30": 10} and desk.books() == books
    # 1,000.00 less four per cent; of it one issuer's bonds count to 60 per cent, all bonds to 80.
    assert worth(desk) == 57_600
    assert str(carry(desk, LODGE, f"{SG1} collateral SGD", 64_000)).endswith("CARRIED")
    assert worth(desk) == 96_000 + 64_000, "beside as much money as that, no limit cuts the bonds"
    assert str(carry(desk, RELEASE, f"{SG1} collateral SG30", 10)).endswith("CARRIED")
    assert desk.hub.desk.collateral == {f"{SG1} collateral SGD": 64_000}


@pytest.mark.parametrize(
    ("subject", "units", "why"),
    [
        (f"{SG1} collateral XX99", 1, "no price"), (f"{SG1} pocket SG30", 1, "what a participant brings"),
        ("ZZZZZZ99 collateral SG30", 1, "what a participant brings"), (f"{HUB} collateral SG30", 1, "what a participant brings"),
        (f"{SG1} collateral USD", 1, "does not settle in it"), (f"{SG1} fund SG30", 1, "money of the union's currencies"),
        (f"{SG1} collateral SG30 more", 1, "SG30 more"), (f"{SG1} collateral SG30", 0, " 0"), ("ZZCBSG00 collateral SG30", 1, "brings"),
    ],
)  # fmt: skip
def test_what_cannot_be_lodged_is_refused_at_the_first_vote(desk: Desk, subject: str, units: int, why: str) -> None:
    priced(desk)
    assert why in no(carry(desk, LODGE, subject, units))
    assert desk.hub.desk.motions == {} and desk.hub.desk.collateral == {}


def test_nobody_lodges_its_own_paper_or_that_of_its_family(desk: Desk) -> None:
    priced(desk, issuer=SG1, asset="OWN1")
    assert "its own or its affiliates'" in no(carry(desk, LODGE, f"{SG1} collateral OWN1", 5))
    small = "ZZTPSG05"  # SG1 settles for it
    assert "its own or its affiliates'" in no(carry(desk, LODGE, f"{small} collateral OWN1", 5))
    assert str(carry(desk, LODGE, f"{SG2} collateral OWN1", 5)).endswith("CARRIED")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (AssetPrice("A1", "government_bond", "SG", "SGD", "0", "2026-11-24"), "no price above zero"),
        (AssetPrice("A1", "share", "SG", "SGD", "1", "2026-11-24"), "no article takes"),
        (AssetPrice("SGD", "cash", "SG", "SGD", "1", "2026-11-24"), "money needs no price"),
        (AssetPrice("A1", "government_bond", "SG", "SGD", "1", "2026-11-25"), "no day that was"),
        (AssetPrice("A1", "government_bond", "SG", "SGD", "1", "20261124"), "no day that was"),
    ],
)
def test_prices_are_taken_whole_or_not_at_all(desk: Desk, row: AssetPrice, why: str) -> None:
    good = AssetPrice("B1", "government_bond", "SG", "SGD", "1", "2026-11-24")
    found = desk.do(PostPrices((good, row), ()))
    assert isinstance(found, Refusal) and why in found.found and desk.hub.desk.prices == {}
    found = desk.do(PostPrices((good,), (("USD", 1, 1),)))
    assert isinstance(found, Refusal) and found.reason is Reason.NO_PRICE and desk.hub.desk.prices == {}


def test_an_old_price_is_none(desk: Desk) -> None:
    lodged(desk)
    assert worth(desk) > 0
    desk.do(PostPrices((AssetPrice("SG30", "government_bond", "SG", "SGD", "100", "2026-11-20"),), ()))
    assert worth(desk) == 0, "the article lets a price be one day old"


def test_a_cap_stands_on_collateral_from_the_next_cycle_on_and_it_is_not_let_go(desk: Desk) -> None:
    assert cap(desk) == 100_000
    waits = desk.pay(SG1, SG2, "20000.00", "SGD")
    assert waits.state is State.QUEUED
    lodged(desk)
    assert worth(desk) == 5_760_000 and cap(desk) == 100_000, "the open cycle was opened without it"
    desk.do(CloseCycle())
    assert cap(desk) == 100_000 + 2_880_000, "half of what counts"
    assert desk.see(waits).state is State.OFFERED
    assert "a cap stands on 28800.00 SGD of it" in no(carry(desk, RELEASE, f"{SG1} collateral SG30", 1))
    assert desk.do(SetLimit(SG1, "SGD", 2_200_000)) is None, "who binds itself needs less of it"
    assert str(carry(desk, RELEASE, f"{SG1} collateral SG30", 250)).endswith("CARRIED")
    assert isinstance(carry(desk, RELEASE, f"{SG1} collateral SG30", 100), Refusal)
    above = desk.do(SetLimit(SG1, "SGD", 3_000_000))
    assert isinstance(above, Refusal) and above.reason is Reason.ABOVE_CAP
    desk.let_world_answer()
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    at_rest(desk)
    assert desk.hub.desk.counters.open_cycle == 0
    assert str(carry(desk, RELEASE, f"{SG1} collateral SG30", 750)).endswith("CARRIED"), "all cycles are settled"


def test_a_cap_does_not_stand_on_collateral_where_no_article_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=rulebook(raises=False))
    lodged(desk)
    desk.do(CloseCycle())
    assert cap(desk) == 100_000
    assert str(carry(desk, RELEASE, f"{SG1} collateral SG30", 1_000)).endswith("CARRIED")
    desk.close()


def test_a_fall_of_prices_takes_the_unused_room_back_and_calls_who_used_it(desk: Desk) -> None:
    lodged(desk)
    desk.do(CloseCycle())
    priced(desk, "50")
    assert cap(desk) == 100_000 + 1_440_000, "nobody had used it"
    desk.answer(desk.pay(SG1, SG2, "15000.00", "SGD"))
    desk.inbox.clear()
    priced(desk, "10")
    assert cap(desk) == 100_000 + 1_440_000, "what is owed stays owed"
    (told,) = [mail for mail in desk.inbox if mail.kind.startswith("admi.004")]
    assert told.recipient == SG1 and "11520.00 SGD of collateral that is not there" in getattr(read(told.raw).body, "text", "")
    desk.do(CloseCycle())
    assert cap(desk) == 100_000 + 288_000, "the next cycle opens under the new price"


def test_no_quantity_and_no_price_raises_a_cap_beyond_what_the_books_hold(desk: Desk) -> None:
    priced(desk, "999999999999")
    for _ in range(9):
        assert str(carry(desk, LODGE, f"{SG1} collateral SG30", 10**18 - 1)).endswith("CARRIED")
    assert "more than a record can hold" in no(carry(desk, LODGE, f"{SG1} collateral SG30", 10**18 - 1))
    desk.do(CloseCycle())
    assert cap(desk) == 100_000 + MINOR_MAX // 4
    desk.hub = desk.again().hub
    assert desk.pay(SG1, SG2, "20000.00", "SGD").state is State.OFFERED


def test_a_release_is_asked_about_again_at_the_second_vote(desk: Desk) -> None:
    lodged(desk, 10)
    deeds = [Deed(RELEASE, f"{SG1} collateral SG30", units) for units in ("7", "8")]
    assert all(str(vote(desk, deed, "operator-1")).endswith("PROPOSED") for deed in deeds)
    assert str(vote(desk, deeds[0], "operator-2")).endswith("CARRIED")
    assert "3 units are lodged" in no(vote(desk, deeds[1], "operator-2"))
    assert desk.hub.desk.collateral == {f"{SG1} collateral SG30": 3}


@pytest.mark.parametrize("crash", [False, True])
def test_what_is_lodged_outlives_a_restart_and_is_decided_again_to_the_same(desk: Desk, crash: bool) -> None:
    lodged(desk)
    deed = Deed(LODGE, f"{SG1} collateral SGD", "5000")
    vote(desk, deed, "operator-1")
    second = Move(sign_vote(Vote(deed, "operator-2", "why", "2026-11-24", int(desk.now)), demo_key("operator-2")))
    prices = PostPrices((AssetPrice("SG30", "government_bond", "SG", "SGD", "90", "2026-11-24"),), (("THB", 4, 100),))
    if crash:
        killed(desk, second, prices, CloseCycle())
    else:
        desk.do(second, prices, CloseCycle())
        desk.hub = desk.again().hub
    whole = 1_000 * 9_000 * 96 // 100 + 5_000
    counted = whole * 60 // 100 + 5_000
    assert (worth(desk), cap(desk)) == (counted, 100_000 + counted // 2)
    assert desk.hub.desk.collateral == {f"{SG1} collateral SG30": 1_000, f"{SG1} collateral SGD": 5_000}
    assert desk.hub.desk.rates == {"THB": (4, 100, "2026-11-24")}


def test_who_leaves_takes_its_collateral_first(desk: Desk) -> None:
    carry(desk, LODGE, f"{TH1} fund THB", 500)
    desk.do(Move(sign_vote(Vote(Deed("standing", TH1, "leaving"), "operator-1", "x", "2026-11-24", 1), demo_key("operator-1"))))
    desk.do(Move(sign_vote(Vote(Deed("standing", TH1, "leaving"), "operator-2", "x", "2026-11-24", 2), demo_key("operator-2"))))
    number = desk.rules.participants[TH1].number
    assert desk.balance(TH1, "THB") > 0
    member = desk.hub.desk.in_force().participants[TH1]
    assert member.standing == "leaving" and desk.hub.governing.gone(desk.hub.books) == [] and number
    assert str(carry(desk, RELEASE, f"{TH1} fund THB", 500)).endswith("CARRIED")


def test_a_share_of_the_fund_stays_and_the_fund_stands_beside_exposures(desk: Desk) -> None:
    def report() -> tuple[int, int, int]:
        found = exposure_report(desk.hub.desk, desk.hub.books, desk.hub.collateral)
        (own,) = (one for one in found.liquid if one.currency == "SGD")
        assert found.at_most is not None
        return own.at_most.resources, found.at_most.resources, sum(one.uncovered for one in found.exposures)

    assert report()[:2] == (0, 0)
    carry(desk, LODGE, f"{SG1} fund SGD", 15_000)
    carry(desk, LODGE, f"{HUB} fund SGD", 20_000)
    carry(desk, LODGE, f"{TH1} fund THB", 100_000)
    in_currency, over_all, _ = report()
    assert in_currency == 35_000 and 35_000 < over_all < 35_000 + 5_000, "1,000.00 baht are some 38 dollars before the haircut"
    assert "the share of the fund is 100.00 SGD" in no(carry(desk, RELEASE, f"{SG1} fund SGD", 5_001))
    assert str(carry(desk, RELEASE, f"{SG1} fund SGD", 5_000)).endswith("CARRIED")


def test_collateral_stands_for_its_holders_exposure(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", prefund="100.00", amend=rulebook())
    desk.answer(desk.pay(SG1, SG2, "500.00", "SGD"))

    def uncovered() -> int:
        found = exposure_report(desk.hub.desk, desk.hub.books, desk.hub.collateral)
        return next(one.uncovered for one in found.exposures if one.family == SG1)

    assert uncovered() == 40_025
    carry(desk, LODGE, f"{SG1} collateral SGD", 30_000)
    assert uncovered() == 10_025
    carry(desk, LODGE, f"{SG2} collateral SGD", 30_000)
    assert uncovered() == 10_025, "another's stands for nothing of it"
    desk.close()


def test_collateral_at_the_command_line(tmp_path: Path) -> None:
    hub, prices, key = tmp_path / "hub", tmp_path / "prices.csv", {}
    Desk(hub, amend=rulebook()).close()
    for who in ("operator-1", "operator-2"):
        key[who] = tmp_path / f"{who}.key"
        key[who].write_text(demo_key(who).private_bytes_raw().hex())

    def by_two(*words: str) -> str:
        said = ""
        for who, path in key.items():
            said = fondaco("collateral", *words, "--officer", who, "--key", path, "--note", "statement 7", "--hub", hub)
        return said

    prices.write_text("asset,kind,issuer,currency,price,day\nSG30,government_bond,SG,SGD,99.50,2026-11-24\n")
    assert json.loads(fondaco("collateral", "price", prices, "--hub", hub, "--json")) == {"prices": 1, "rates": 5}
    assert "CARRIED" in by_two("lodge", SG1, "SG30", "100")
    assert "CARRIED" in by_two("lodge", SG1, "SGD", "6400.00")
    assert "CARRIED" in by_two("lodge", SG1, "SGD", "150.00", "--fund")
    found = json.loads(fondaco("collateral", "list", "--hub", hub, "--json"))
    assert found["totals"] == [{"holder": SG1, "counted": "15952.00", "currency": "SGD"}]
    assert {(one["purpose"], one["asset"], one["quantity"]) for one in found["lodged"]} == {
        ("collateral", "SG30", "100"), ("collateral", "SGD", "6400.00"), ("fund", "SGD", "150.00"),
    }  # fmt: skip
    assert f"{SG1}: 15952.00 SGD counts" in fondaco("collateral", "list", SG1, "--hub", hub)
    assert "CARRIED" in by_two("release", SG1, "SG30", "100")
    prices.write_text("asset,price\nSG30,1\n")
    assert "its first line is" in fondaco("collateral", "price", prices, "--hub", hub, code=1)
