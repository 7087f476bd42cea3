"""Reference data and flags at the command line."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import fondaco
from stories.test_flags import LINE, NUTS, OTHERS, PRICES
from stories.test_invoices import InvoiceDesk, issue
from trades import COMPLIANCE, IMPORTER, key_of


def test_prices_are_loaded_and_a_case_is_closed(tmp_path: Path) -> None:
    desk = InvoiceDesk(tmp_path / "hub")
    one = issue(desk, goods=[LINE | {"hs": "770100"}], destination="SG")
    desk.close()
    at = ("--hub", tmp_path / "hub")
    prices, torn = tmp_path / "prices.csv", tmp_path / "torn.csv"
    prices.write_text(PRICES + NUTS + OTHERS)
    torn.write_text(PRICES + NUTS)
    words = ("trade", "reference")
    assert "nothing is loaded" in fondaco(*words, "list", *at)
    assert "prices 1: 5 rows" in fondaco(*words, "load", "prices", prices, *at)
    assert "quarantined" in fondaco(*words, "load", "prices", torn, *at, code=1)
    assert "prices 2: 1 rows" in fondaco(*words, "load", "prices", torn, "--from", "2027-01-04", "--accept", "a new source", *at)
    assert "No such file" in fondaco(*words, "load", "prices", tmp_path / "none.csv", *at, code=3)
    assert "first_day" in fondaco(*words, "load", "prices", prices, "--from", "2020-01-01", *at, code=1)
    rows = json.loads(fondaco(*words, "list", *at, "--json"))
    assert [(row["from"], row["in_force"], row["accepted"]) for row in rows] == [
        (desk.day.isoformat(), True, ""),
        ("2027-01-04", False, "a new source"),
    ]
    assert "5 rows" in fondaco(*words, "list", *at)
    assert "nothing waits" in fondaco("trade", "flag", "list", *at)
    (tmp_path / "buyer.key").write_text(key_of(IMPORTER).private_bytes_raw().hex())
    for number, hand in enumerate(COMPLIANCE):
        (tmp_path / f"{number}.key").write_text(key_of(hand).private_bytes_raw().hex())
    assert f"{one} 2" in fondaco("trade", "invoice", "accept", one, "--as", IMPORTER, "--key", tmp_path / "buyer.key", *at)
    assert "FLG-000001  OPEN" in fondaco("trade", "flag", "list", *at)
    shown = json.loads(fondaco("trade", "flag", "show", "FLG-000001", *at, "--json"))
    assert (shown["instrument"], shown["worst"], shown["references"][0]["number"]) == (one, "REVIEW", 1)
    assert "held against prices 1" in fondaco("trade", "flag", "show", "FLG-000001", *at)
    assert "no such case" in fondaco("trade", "flag", "show", "FLG-000009", *at, code=1)
    act_ = ("trade", "flag", "act", "EXPLAINED", "FLG-000001", "--reason", "a slip of the seller", "--key", tmp_path / "0.key")
    assert "needs 2" in fondaco(*act_, *at, code=1)
    assert "FLG-000001 2" in fondaco(*act_, "--key", tmp_path / "1.key", *at)
    assert "nothing waits" in fondaco("trade", "flag", "list", *at)
    assert "EXPLAINED" in fondaco("trade", "flag", "list", "--every", *at)
