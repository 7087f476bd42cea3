"""A contract at the command line: offered, read and signed by the other side, ordered under, and held against the papers."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import fondaco
from fondaco.trade.documents import write_document
from sale_papers import despatch, invoice, order
from stories.test_invoices import SELLER, InvoiceDesk
from trades import IMPORTER, key_of


def test_both_sides_sign_one_text(tmp_path: Path) -> None:
    desk = InvoiceDesk(tmp_path / "hub")
    day, last = desk.day.isoformat(), "2099-12-31"  # the command line goes by the clock of this machine
    desk.close()
    at = ("--hub", tmp_path / "hub")
    for who in (SELLER, IMPORTER):
        (tmp_path / f"{who}.key").write_text(key_of(who).private_bytes_raw().hex())
    seller = ("--as", SELLER, "--key", tmp_path / f"{SELLER}.key", *at)
    buyer = ("--as", IMPORTER, "--key", tmp_path / f"{IMPORTER}.key", *at)
    text, other = tmp_path / "contract.txt", tmp_path / "other.txt"
    text.write_text("ten tons of pepper a month")
    other.write_text("twelve tons of pepper a month")
    words = ("trade", "contract")
    assert "no contracts" in fondaco(*words, "list", *at)
    terms = ("--currency", "SGD", "--incoterm", "CIF", "--place", "Singapore", "--tolerance", "2.5")
    days = ("--from", day, "--until", last, "--open-until", last)
    assert "CON-000001 1" in fondaco(*words, "offer", text, IMPORTER, *terms, *days, *seller)
    assert "is not what was offered" in fondaco(*words, "agree", "CON-000001", other, *buyer, code=1)
    assert "no such contract" in fondaco(*words, "agree", "CON-000009", text, *buyer, code=1)
    assert "the other side answers" in fondaco(*words, "agree", "CON-000001", text, *seller, code=1)
    assert "CON-000001 " in fondaco(*words, "agree", "CON-000001", text, *buyer)
    assert "nothing waits to be signed" in fondaco(*words, "agree", "CON-000001", text, *buyer, code=1)
    for name, paper in (("order", order()), ("despatch", despatch()), ("invoice", invoice())):
        (tmp_path / f"{name}.xml").write_bytes(write_document(paper, "ubl"))
    assert "ORD-000001 1" in fondaco("trade", "order", "send", tmp_path / "order.xml", SELLER, "--contract", "CON-000001", *buyer)
    assert "CON-000002 is not between" in fondaco(
        "trade", "order", "send", tmp_path / "order.xml", SELLER, "--contract", "CON-000002", *buyer, code=1
    )
    shown = json.loads(fondaco(*words, "show", "CON-000001", *at, "--json"))
    assert (shown["state"], shown["orders"], shown["terms"]["tolerance_percent"]) == ("IN_FORCE", ["ORD-000001"], "2.5")
    assert "orders: ORD-000001" in fondaco(*words, "show", "CON-000001", *at)
    assert "CON-000001 4" in fondaco(*words, "change", "CON-000001", other, *terms, *seller)
    assert f"proposed by {SELLER}" in fondaco(*words, "show", "CON-000001", *at)
    assert "CON-000001 5" in fondaco(*words, "agree", "CON-000001", other, *buyer)
    assert "CON-000001 6" in fondaco(*words, "act", "DISPUTE_RAISED", "CON-000001", "--reason", "short weight", *buyer)
    assert "DISPUTED" in fondaco(*words, "list", "--party", SELLER, *at)
    papers = [tmp_path / f"{name}.xml" for name in ("order", "despatch", "invoice")]
    assert "they match" in fondaco("trade", "match", *papers)
    # The hub knows the two under other names than the papers do, and the order is older than the contract.
    found = json.loads(fondaco("trade", "match", *papers, "--contract", "CON-000001", *at, "--json", code=1))
    assert {one["rule"] for one in found["findings"]} == {"3W-11", "3W-13"}
    assert "no such contract" in fondaco("trade", "match", *papers, "--contract", "CON-000009", *at, code=1)
