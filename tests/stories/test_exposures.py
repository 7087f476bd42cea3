"""What the union would be short of: counted from the books, with affiliates together, and changed by nothing."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.hub import CloseCycle, exposure_report
from fondaco.ledger import prove
from fondaco.simulation import DEMO_DAY
from union import ID1, SG1, SG2, TH1, Desk, agree, at_rest


def owes(desk: Desk, sender: str, amount: str) -> None:
    """A payment inside the country that stands as an obligation of the open cycle."""
    other = SG2 if sender == SG1 else SG1
    desk.answer(desk.pay(sender, other, amount, "SGD"))


def sgd(desk: Desk) -> tuple[int, int, int]:
    """What cover 1 and cover 2 come to in SGD now, and cover 1 at the most."""
    found = exposure_report(desk.hub.desk, desk.hub.books, desk.hub.collateral)
    (own,) = (one for one in found.liquid if one.currency == "SGD")
    return own.now.first, own.now.both, own.at_most.first


def test_a_net_debit_that_is_not_prefunded_is_the_exposure(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", prefund="100.00")
    assert sgd(desk)[:2] == (0, 0), "nobody owes anything yet"
    owes(desk, SG1, "60.00")
    assert sgd(desk)[0] == 0, "prefunded money stands for it"
    owes(desk, SG1, "70.00")
    # 130.00 and two fees of 0.25 against 100.00.
    assert sgd(desk)[0] == 3_050
    owes(desk, SG2, "30.00")
    assert sgd(desk)[0] == 50, "what it is owed in the cycle counts"
    before = desk.books(), desk.hub.journal.head()
    found = exposure_report(desk.hub.desk, desk.hub.books, desk.hub.collateral)
    assert (desk.books(), desk.hub.journal.head()) == before, "a report changes nothing"
    assert found.home == "SGD" and found.now is not None and found.now.largest == ((SG1, 50),)
    desk.close()


def test_at_the_most_is_what_the_cap_lets_it_come_to(tmp_path: Path) -> None:
    def lower(home: Path) -> None:
        path = home / "participants.toml"
        text = path.read_text().replace('SGD = "2000000"', 'SGD = "0.00"')  # of the one whose sponsor is SG1
        path.write_text(re.sub(r'SGD = "[0-9]+"', 'SGD = "150.00"', text))

    desk = Desk(tmp_path / "hub", prefund="100.00", amend=lower)
    assert sgd(desk) == (0, 0, 5_000), "a cap of 150.00 against 100.00 prefunded"
    owes(desk, SG1, "120.00")
    assert sgd(desk) == (2_025, 2_025, 5_000)
    held = desk.pay(SG1, SG2, "20.00", "SGD")
    assert desk.do(CloseCycle()) is not None
    # Two cycles now: 120.25 and at most 20.25 more in the one that closes, and the whole cap in the one that opened.
    assert sgd(desk) == (2_025, 2_025, 12_025 + 2_025 + 15_000 - 10_000)
    desk.fund(SG1, "1000.00", "SGD")
    desk.answer(held)
    desk.let_agents_answer()
    assert sgd(desk)[:2] == (0, 0), "what is reserved and settled is no exposure"
    at_rest(desk)
    desk.close()


def test_affiliates_are_taken_to_fail_together(tmp_path: Path) -> None:
    def group(home: Path) -> None:
        path = home / "participants.toml"
        text = path.read_text()
        for bic in (SG1, ID1):
            text = text.replace(f'bic = "{bic}"\n', f'bic = "{bic}"\ngroup = "merbau"\n')
        path.write_text(text)

    desk = Desk(tmp_path / "hub", prefund="100.00", amend=group)
    owes(desk, SG1, "150.00")
    desk.answer(desk.pay(ID1, "ZZBBID02", "5000000.00", "IDR"))
    found = exposure_report(desk.hub.desk, desk.hub.books, desk.hub.collateral)
    assert found.now is not None and [name for name, _ in found.now.largest] == ["merbau"]
    (whole,) = (one for one in found.exposures if one.family == "merbau")
    assert whole.members == (1, 10, 27), "both of its banks, and the one that it settles for"
    assert whole.uncovered > 5_025, "in one figure"
    agree(desk)
    desk.close()


@pytest.mark.parametrize("missing", ["article", "rate"])
def test_what_cannot_be_told_over_all_currencies_is_said_to_be_unknown(tmp_path: Path, missing: str) -> None:
    def amend(home: Path) -> None:
        path = home / "union.toml"
        text = path.read_text()
        if missing == "article":
            head, _, tail = text.partition('[[articles]]\nnumber = "15.1"')
            text = head + tail[tail.index("[[articles]]") :]
        path.write_text(text)

    # Rates are pinned; that of a day too long ago is none.
    desk = Desk(tmp_path / "hub", amend=amend, day=date(2027, 1, 11) if missing == "rate" else DEMO_DAY)
    found = exposure_report(desk.hub.desk, desk.hub.books, desk.hub.collateral)
    assert found.now is None and found.at_most is None and len(found.liquid) == 6
    assert ("exposure_currency" if missing == "article" else "NO_PRICE") in found.unknown
    assert prove(desk.hub.books).faults == ()
    desk.close()


def test_the_command_line_tells_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", prefund="100.00")
    owes(desk, SG1, "150.00")
    desk.answer(desk.pay(TH1, "ZZBBTH02", "300.00", "THB"))
    desk.close()
    found = json.loads(fondaco("exposures", "--hub", tmp_path / "hub", "--json"))
    (own,) = (one for one in found["liquidity"] if one["currency"] == "SGD")
    assert own["now"]["largest"] == [{"who": SG1, "missing": "50.25"}] and own["now"]["lacking_1"] == "50.25"
    assert found["currency"] == "SGD" and [one["who"] for one in found["now"]["largest"]] == [SG1, TH1]
    said = fondaco("exposures", "--hub", tmp_path / "hub")
    assert "SGD now      cover 1: 50.25 SGD" in said and "all at most" in said
    assert "IDR now      nobody is short; there is 0.00 IDR" in said
