"""A sale on open account at the command line: ordered, invoiced, answered, paid under the hub's own number, shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.trade import Deed
from fondaco.trade.documents import write_document
from sale_papers import invoice, order
from stories.test_invoices import DUE, SELLER, SHA, InvoiceDesk, accepted, act
from trades import IMPORTER, key_of, signed
from union import HUB, SG1, SG2

BODY = {"buyer": IMPORTER, "number": "B-1", "currency": "SGD", "issued": "2026-11-20", "due": DUE, "sha256": SHA}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    InvoiceDesk(tmp_path / "hub").close()
    for who in (SELLER, IMPORTER):
        (tmp_path / f"{who}.key").write_text(key_of(who).private_bytes_raw().hex())
    return tmp_path


def test_an_invoice_is_issued_answered_and_shown(home: Path) -> None:
    at = ("--hub", home / "hub")
    seller = ("--as", SELLER, "--key", home / f"{SELLER}.key", *at)
    buyer = ("--as", IMPORTER, "--key", home / f"{IMPORTER}.key", *at)
    paper = home / "invoice.xml"
    paper.write_bytes(write_document(invoice(), "ubl"))
    (home / "order.xml").write_bytes(write_document(order(), "ubl"))
    words = ("trade", "invoice")
    assert "no invoices" in fondaco(*words, "list", *at) and "no orders" in fondaco("trade", "order", "list", *at)
    assert "INV-000001 1" in fondaco(*words, "issue", paper, IMPORTER, *seller)
    assert "number" in fondaco(*words, "issue", paper, IMPORTER, *seller, code=1), "a seller's number is good once"
    assert "ORD-000001 1" in fondaco("trade", "order", "send", home / "order.xml", SELLER, *buyer)
    assert "ORD-000001 2" in fondaco("trade", "order", "act", "ACCEPTED", "ORD-000001", *seller)
    assert json.loads(fondaco("trade", "order", "show", "ORD-000001", *at, "--json"))["state"] == "ACCEPTED"
    assert "INV-000001 2" in fondaco(*words, "respond", "INV-000001", "UQ", "--reason", "which order?", *buyer)
    assert "INV-000001 3" in fondaco(*words, "act", "ANSWERED", "INV-000001", *seller)
    assert "INV-000001 4" in fondaco(*words, "accept", "INV-000001", *buyer)
    told = fondaco(*words, "act", "PAID_IN_FULL", "INV-000001", *seller, code=1)
    assert "PAID_IN_FULL" in told
    shown = json.loads(fondaco(*words, "show", "INV-000001", *at, "--json"))
    assert (shown["state"], shown["seller"], shown["buyer"], shown["reason"]) == ("ACCEPTED", SELLER, IMPORTER, "which order?")
    assert shown["open"] == shown["amount"] and shown["moved"] == []
    assert "ACCEPTED" in fondaco(*words, "list", "--party", IMPORTER, *at)
    assert "no invoices" in fondaco(*words, "list", "--party", "SELAT-LINES", *at)
    drafted = fondaco(
        *words, "pay", paper, SG1, SG2, "--account", "1234567890", "--creditor-account", "9876543210", "--town", "Singapore", "--instrument", "INV-000001", *at
    )  # fmt: skip
    assert "<Nb>INV-000001</Nb>" in drafted
    assert "there is no such invoice" in fondaco(*words, "accept", "INV-000009", *buyer, code=1)


def test_what_the_hub_holds_is_set_off_in_circles(tmp_path: Path) -> None:
    desk = InvoiceDesk(tmp_path / "hub")
    there = accepted(desk, "900.00")
    back = desk.perform(
        signed(Deed(HUB, IMPORTER, "", 0, "ISSUE_INVOICE", json.dumps(BODY | {"buyer": SELLER, "payable": "400.00"}).encode()))
    )
    other = accepted(desk, "70.00", number="F-8")
    assert back == "INV-000002 1" and isinstance(act(desk, SELLER, "APPROVED", "INV-000002"), str)
    for one in (there, "INV-000002"):
        for party in (SELLER, IMPORTER):
            assert isinstance(act(desk, party, "OPT_IN", one), str)
    desk.close()
    found = json.loads(fondaco("set-off", "--from-hub", "--hub", tmp_path / "hub", "--json", code=1))
    assert found["excluded"] == {other: "its buyer has not opted in"}
    (row,) = found["set_off"]
    assert (row["currency"], row["claims"], row["owed"], row["cleared"]) == ("SGD", 2, "1300.00", "800.00")
    assert "--from-hub" in fondaco("set-off", "--hub", tmp_path / "hub", code=2)
    assert "--from-hub" in fondaco("set-off", "claims.csv", "--book", "--hub", tmp_path / "hub", code=2)
    assert "booked" not in found
    words = ("set-off", "--from-hub", "--book", "--output", tmp_path / "statements", "--hub", tmp_path / "hub", "--json")
    booked = json.loads(fondaco(*words, code=1))
    assert booked["booked"] == ["SOF-000001: 800.00 SGD of 2 invoices"] and len(list((tmp_path / "statements").iterdir())) == 2
    assert "exists" in fondaco(*words, code=3)
    shown = json.loads(fondaco("trade", "invoice", "show", there, "--hub", tmp_path / "hub", "--json"))
    assert (shown["open"], shown["moved"]) == ("500.00", [{"kind": "set-off", "reference": "SOF-000001", "amount": "400.00"}])
