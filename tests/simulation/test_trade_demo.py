"""Six deals from order to statement, through the real hub: how each ends, who holds what, what both banks read, and that all of it is proved."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.console import Console

from command_line import fondaco
from fondaco.cli.evidence import print_proof, proof_of
from fondaco.cli.trade_stories import write_story
from fondaco.hub import NotReady, close_hub, open_hub
from fondaco.ledger import Role, place_of
from fondaco.ledger.chart import OF_INSTRUMENTS
from fondaco.simulation.trade_deals import Deals
from fondaco.simulation.trade_demo import run_trade_demo
from fondaco.simulation.trade_papers import DEALS, FIRMS, Deal

EXPORTER, IMPORTER = "LION-LANE-BISCUITS", "DOK-MAI-FOODS"


class Played(NamedTuple):
    folder: Path
    failed: bool
    told: str
    found: dict[str, Any]


def play(folder: Path, *, as_json: bool = False, force: bool = False) -> bool:
    return run_trade_demo(
        folder,
        as_json=as_json,
        force=force,
        console=Console(soft_wrap=True),
        proof=proof_of,
        print_proof=print_proof,
        write_story=write_story,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The deals, told for people; the facts stand in what a machine is told of the same acts."""
    folder = tmp_path_factory.mktemp("trade") / "hub"
    out, sys.stdout = sys.stdout, io.StringIO()
    try:
        failed = play(folder, as_json=True)
        found = json.loads(sys.stdout.getvalue())
    finally:
        sys.stdout = out
    yield Played(
        folder,
        failed,
        "\n".join(f"({one['deal']}) {one['who']} {one['what']} [{one['article']}]" for one in found["acts"]),
        found,
    )


def deal(played: Played, number: int) -> dict[str, Any]:
    found: dict[str, Any] = played.found["deals"][number - 1]
    return found


def acts(played: Played, number: int) -> list[dict[str, Any]]:
    return [one for one in played.found["acts"] if one["deal"] == number]


def test_nothing_fails_to_hold(played: Played) -> None:
    assert not played.failed and played.found["faults"] == [] and played.found["proof"]["faults"] == []
    assert not [one for one in played.found["read_by_others"].values() if one.startswith("failed")]


@pytest.mark.parametrize(
    ("number", "state", "invoice", "holder"),
    [
        (1, "CLOSED", "PAID", IMPORTER),
        (2, "CLOSED", "PAID", IMPORTER),
        (3, "CLOSED, P1 SETTLED", "PAID", IMPORTER),
        (4, "CLOSED, P1 SETTLED", "PAID", IMPORTER),
        (5, "CLOSED, P1 RETURNED", "REJECTED", EXPORTER),
        (6, "CLOSED, P1 SETTLED", "PAID", IMPORTER),
    ],
)
def test_each_deal_ends_as_its_name_says(played: Played, number: int, state: str, invoice: str, holder: str) -> None:
    found = deal(played, number)
    assert (found["state"], found["invoice_state"], found["holder"]) == (state, invoice, holder)
    assert found["arrived"] == ([] if number == 5 else [found["asked"]]), "what arrives is what was asked, to the unit"
    assert len(found["paid"]) == len(found["arrived"]) and all(one.startswith("THB ") for one in found["paid"])


def test_each_record_has_one_holder_and_a_proof_that_needs_no_hub(played: Played) -> None:
    assert (
        played.found["holders"] == {one["record"]: one["holder"] for one in played.found["deals"]}
        and len(played.found["holders"]) == 6
    )
    assert played.found["title_proofs"] == {record: f"holds: {holder}" for record, holder in played.found["holders"].items()}


def test_title_passes_with_the_money_in_one_act(played: Played) -> None:
    for number in (1, 3, 4, 6):
        (paid,) = [one for one in acts(played, number) if one["what"].startswith("pays for")]
        assert len(paid["title"]) == 1 and paid["title"][0]["giver"] in (EXPORTER, "ZZBATH01")
        assert {one["amount"][:3] for one in paid["books"] if one["kind"].endswith("_LEG")} == {"THB", "SGD"}
        assert any(one["kind"] == "TRADE_MEMO" for one in paid["books"]), "the memoranda go in the same batch"
    accepted = next(one for one in acts(played, 2) if one["what"].startswith("accepts"))
    assert accepted["title"] == [{"record": "ETR-000002", "giver": "ZZBATH01", "taker": IMPORTER}]


def test_a_holiday_moves_clocks_and_the_clock_decides(played: Played) -> None:
    told = [text for one in played.found["acts"] for text in one["clocks"]]
    assert any(
        re.search(r"29\(a\).*Tue 08 Dec 16:30 Asia/Bangkok \(Sat 05 Dec; passes over 05 Dec .* 07 Dec ", one) for one in told
    )
    assert any("URC 522 art. 6: Dok Mai Foods until Fri 11 Dec" in one and "10 Dec Constitution Day" in one for one in told)
    notice = next(one for one in acts(played, 5) if one["what"].startswith("refuses by one notice"))
    assert notice["at"][:10] == "2026-12-03" and any("16(d): ZZBATH01 acted in time" in one for one in notice["clocks"])
    silent = next(one for one in acts(played, 6) if one["article"] == "UCP 600 art. 16(f)")
    assert silent["who"] == "the clock" and silent["state"] == "EXPIRED, P1 PRECLUDED"
    late = next(one for one in acts(played, 6) if "too late" in one["what"])
    assert "OUT_OF_TURN" in late["what"] and late["books"] == [] and late["article"] == "UCP 600 art. 16(c)"


def test_the_examination_finds_what_is_wrong_and_nothing_else(played: Played) -> None:
    rules = {number: {one.split(":")[0] for one in deal(played, number)["findings"]} for number in range(3, 7)}
    assert rules == {3: set(), 4: {"CREDIT.46A", "UCP600.14d"}, 5: {"UCP600.18c", "UCP600.20a.iii"}, 6: {"UCP600.27"}}
    assert "BL freight 'COLLECT'" in played.told and "BL loading 'Port Klang' for 'Singapore'" in played.told


def test_both_banks_read_every_payment_and_their_balance_is_the_books(played: Played) -> None:
    assert played.found["statements"] == {
        "camt.052 to ZZBASG01": 5, "camt.052 to ZZBATH01": 5, "camt.053 to ZZBASG01": 9, "camt.053 to ZZBATH01": 9,
    }  # fmt: skip


def test_a_hub_that_is_opened_again_holds_nothing_under_instruments_that_ended(played: Played) -> None:
    hub = open_hub(played.folder)
    try:
        left = [
            (place_of(one.id), balance.net)
            for one, balance in hub.books.accounts()
            if place_of(one.id).role in OF_INSTRUMENTS and balance.net
        ]
        assert left == []
        control = [balance.net for one, balance in hub.books.accounts() if place_of(one.id).role is Role.CONTROL and balance.net]
        assert control == [1] * 6
    finally:
        close_hub(hub)


def test_each_deal_has_its_story_as_a_page(played: Played) -> None:
    for one in DEALS:
        page = (played.folder / f"deal-{one.number}.html").read_text()
        assert page.startswith("<!doctype html>") and "<script" not in page and deal(played, one.number)["instrument"] in page
        assert not re.search(r"(src|href)=\"(?!#)", page), "nothing is fetched"


def test_the_story_by_hand(played: Played, tmp_path: Path) -> None:
    page = tmp_path / "story.html"
    said = fondaco("trade", "story", "LC-000003", "--html", page, "--hub", played.folder)
    assert str(page) in said and page.read_text() == (played.folder / "deal-5.html").read_text()
    story = json.loads(fondaco("trade", "story", "INV-000001", "--json", "--hub", played.folder))
    assert story["title"] == "Invoice LL-7101" and [one["state"] for one in story["payments"]] == ["SETTLED"]
    assert "no such credit" in fondaco("trade", "story", "LC-000099", "--json", "--hub", played.folder, code=1)
    assert "say where to" in fondaco("trade", "story", "LC-000001", "--hub", played.folder, code=1)


def test_everybody_in_it_is_invented(played: Played) -> None:
    assert all(one.name.endswith("(invented)") and one.bank.startswith("ZZ") for one in FIRMS.values())


def test_an_earlier_demo_is_replaced_only_where_that_is_asked(played: Played, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="--force"):
        play(played.folder)
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(NotReady):
        play(tmp_path, force=True)
    assert (tmp_path / "mine").read_text() == "kept"


def test_what_does_not_come_as_planned_ends_the_demo_and_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deed that the hub refuses: the order of a buyer who sells to itself."""
    monkeypatch.setattr("fondaco.simulation.trade_deals.EXPORTER", IMPORTER)
    assert play(tmp_path / "hub")
    said = capsys.readouterr().out
    assert "does not hold: SEND_ORDER by DOK-MAI-FOODS" in said.replace("\x1b", "")


def test_the_days_of_the_deals_are_days_on_which_both_countries_work() -> None:
    days = [day for day, _ in Deals.days(Deals.__new__(Deals))]
    assert days == sorted(days) and all(day.weekday() < 5 and day not in (date(2026, 12, 7), date(2026, 12, 10)) for day in days)
    assert Deal(9, "x", 1, credit=False).minor == 48_00
