"""A credit at the command line, from its application to a bank's undertaking, and what is shown of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.hub import close_hub, open_hub
from letters import AMOUNT, DISCREPANCIES, LetterDesk, terms
from trades import EXPORTER, IMPORTER, hands_of, key_of
from union import SG1, TH1

LC = "LC-000001"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    desk = LetterDesk(tmp_path / "hub")
    desk.issue()
    desk.close()
    for who in (EXPORTER, IMPORTER, *hands_of(SG1), *hands_of(TH1)):
        (tmp_path / f"{who}.key").write_text(key_of(who).private_bytes_raw().hex())
    more = {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": 7}}
    (tmp_path / "terms.json").write_text(json.dumps(terms(**more)))
    (tmp_path / "found.json").write_text(json.dumps(DISCREPANCIES))
    return tmp_path


def do(home: Path, who: str, *words: object, code: int = 0) -> str:
    keys = [word for hand in hands_of(who) for word in ("--key", str(home / f"{hand}.key"))]
    return fondaco("trade", "credit", *words, "--as", who, *keys, "--hub", home / "hub", code=code)


def test_a_credit_is_applied_for_drawn_under_and_shown(home: Path) -> None:
    at = ("--hub", home / "hub")
    assert "no credits" in fondaco("trade", "credit", "list", *at)
    assert f"{LC} 1" in do(home, IMPORTER, "apply", home / "terms.json")
    assert f"{LC} 2" in do(home, SG1, "approve", LC)
    assert f"{LC} 3" in do(home, SG1, "issue", LC)
    assert f"{LC} 4" in do(home, TH1, "advise", LC)
    assert "not offered" in do(home, EXPORTER, "present", LC, SG1, AMOUNT, "--record", "ETR-000001", code=1)
    assert "ETR-000001" in do(home, EXPORTER, "offer", LC, "ETR-000001", SG1)
    assert f"{LC} 5" in do(home, EXPORTER, "present", LC, SG1, AMOUNT, "--record", "ETR-000001")
    assert f"{LC} 6" in do(home, SG1, "find", LC, 1, home / "found.json")
    assert f"{LC} 7" in do(home, SG1, "waive", LC, 1, "--ask")
    assert f"{LC} 8" in do(home, IMPORTER, "waive", LC, 1)
    assert f"{LC} 9" in do(home, SG1, "undertake", LC, 1)
    shown = json.loads(fondaco("trade", "credit", "show", LC, *at, "--json"))
    assert shown["presentations"][0]["records"] == ["ETR-000001"] and shown["presentations"][0]["state"] == "HONOURED"
    assert shown["amount"] == AMOUNT and shown["available"] == "0.00" and shown["payable"] == []
    assert "UCP600.7c" in fondaco("trade", "credit", "show", LC, *at)
    rows = json.loads(fondaco("trade", "credit", "list", "--party", EXPORTER, *at, "--json"))
    assert [row["credit"] for row in rows] == [LC]
    assert "is no such credit" in do(home, SG1, "issue", "LC-000009", code=1)


def test_documents_are_refused_by_one_notice(home: Path) -> None:
    do(home, IMPORTER, "apply", home / "terms.json")
    do(home, SG1, "approve", LC)
    do(home, SG1, "issue", LC)
    do(home, TH1, "advise", LC)
    do(home, EXPORTER, "present", LC, SG1, AMOUNT)
    do(home, SG1, "find", LC, 1, home / "found.json")
    assert f"{LC} 7" in do(home, SG1, "notice", LC, 1, home / "found.json", "HOLD")
    (home / "one.json").write_text('{"presentation": 1}')
    assert f"{LC} 8" in do(home, SG1, "act", "sent_back", LC, home / "one.json")
    assert "P1  RETURNED" in fondaco("trade", "credit", "show", LC, "--hub", home / "hub")


@pytest.fixture
def found_complying(home: Path) -> Path:
    """Documents that the advising bank may buy, found to comply by it, and the records registered with it."""
    available = {"available_with": {"name": "Bank A", "id": TH1}, "available_by": "NEGOTIATION"}
    (home / "bought.json").write_text(json.dumps(terms(**available)))
    do(home, IMPORTER, "apply", home / "bought.json")
    do(home, SG1, "approve", LC)
    do(home, SG1, "issue", LC)
    do(home, TH1, "advise", LC)
    do(home, EXPORTER, "present", LC, TH1, AMOUNT)
    do(home, TH1, "find", LC, 1)
    return home


def registered(home: Path) -> None:
    """A bank says to the register of financing what it is about to buy (article 17.1)."""
    keys = [word for hand in hands_of(TH1) for word in ("--key", str(home / f"{hand}.key"))]
    fondaco("trade", "financing", "register", f"{LC}/P1", "--as", TH1, *keys, "--hub", home / "hub")


def bought(home: Path) -> str:
    """The presentation as it stands, and what its bank advanced, kept off and may have back, in minor units."""
    hub = open_hub(home / "hub")
    try:
        credit = hub.trading.credits.credit(LC)
        assert credit is not None
        (one,) = credit.presentations
        sums = one.negotiation
        return one.state.name if sums is None else f"{one.state.name} {sums.advance} {sums.discount} {sums.recourse}"
    finally:
        close_hub(hub)


def test_a_bank_buys_documents_that_it_registered_for_a_rate_over_days(found_complying: Path) -> None:
    home, words = found_complying, ("negotiate", LC, 1, "--rate", "4.5", "--days", 60, "--recourse")
    assert "has not registered" in do(home, TH1, *words, code=1) and bought(home) == "COMPLYING"
    registered(home)
    assert f"{LC} 7" in do(home, TH1, *words)
    # 39529.95 at 4.5 % for 60 of 360 days is 296.474625: rounded down, in the presenter's favour.
    assert bought(home) == f"NEGOTIATED {39_529_95 - 296_47} {296_47} True"
    shown = fondaco("trade", "credit", "show", LC, "--hub", home / "hub")
    assert "P1  NEGOTIATED" in shown
    assert do(home, TH1, *words, code=1), "documents are bought once"


def test_a_year_of_365_days_a_sum_and_nothing_are_kept_off_as_they_are_said(found_complying: Path) -> None:
    home = found_complying
    registered(home)
    for wrong in (
        ("--rate", "4.5"), ("--days", 60), ("--rate", "101", "--days", 60), ("--rate", "x", "--days", 60), ("--discount", AMOUNT),
        ("--discount", "1.00", "--rate", "4.5", "--days", 60), ("--discount", "1.001"),
    ):  # fmt: skip
        assert do(home, TH1, "negotiate", LC, 1, *wrong, code=1), wrong
    assert do(home, TH1, "negotiate", LC, 1, "--rate", "1", "--days", 1, "--basis", 364, code=2)
    assert do(home, SG1, "negotiate", LC, 1, code=1), "the issuing bank does not buy what it owes"
    assert bought(home) == "COMPLYING"
    (home / "again").mkdir()
    for name, words, kept, recourse in (
        ("year", ("--rate", "4.5", "--days", 60, "--basis", 365), 292_41, False), ("sum", ("--discount", "125.50"), 125_50, False),
        ("none", ("--recourse",), 0, True),
    ):  # fmt: skip
        copy = home / "again" / name
        copy.mkdir()
        shutil.copytree(home / "hub", copy / "hub")
        for file in home.glob("*.key"):
            shutil.copy(file, copy)
        do(copy, TH1, "negotiate", LC, 1, *words)
        assert bought(copy) == f"NEGOTIATED {39_529_95 - kept} {kept} {recourse}", name
