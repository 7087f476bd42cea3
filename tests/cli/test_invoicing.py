"""Invoices at the command line: checked, read, written, compared; nothing of it needs a hub."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from command_line import fondaco
from fondaco.trade.documents import Totals, read_document, write_document
from sale_papers import BUYER, EN16931, despatch, european, invoice, order, receipt


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    for name, paper in (
        ("order", order()),
        ("despatch", despatch()),
        ("receipt", receipt(1)),
        ("invoice", invoice()),
        ("european", european()),
    ):
        (tmp_path / f"{name}.xml").write_bytes(write_document(paper, "ubl"))
    return tmp_path


def test_a_trade_invoice_is_checked_and_one_minor_unit_refuses_it(papers: Path) -> None:
    assert "valid by the rules trade" in fondaco("trade", "invoice", "check", papers / "invoice.xml")
    wrong = papers / "wrong.xml"
    wrong.write_bytes(write_document(invoice(totals=Totals(528_001, 528_000, 528_000, 528_000)), "ubl"))
    found = json.loads(fondaco("trade", "invoice", "check", wrong, "--json", code=1))
    assert not found["valid"] and [one["rule"] for one in found["findings"]] == ["BR-CO-16"]
    assert found["findings"][0]["found"] == "5280.01" and found["findings"][0]["wanted"] == "5280.00"
    assert "TI-15" in fondaco("trade", "invoice", "check", papers / "invoice.xml", "--letter-of-credit", "LC-1", code=1)


def test_a_peppol_invoice_is_checked_by_its_official_rules(papers: Path) -> None:
    pytest.importorskip("saxonche")
    assert "valid by the rules peppol" in fondaco("trade", "invoice", "check", papers / "european.xml")
    assert "BR-" in fondaco("trade", "invoice", "check", papers / "invoice.xml", "--rules", "en16931", code=1)


def test_what_is_read_as_json_is_written_in_every_form(papers: Path) -> None:
    raw = fondaco("trade", "invoice", "read", papers / "invoice.xml", "--json")
    (papers / "invoice.json").write_text(raw)
    assert "invoice.json" not in raw and '"payable_amount": "5280.00"' in raw
    assert (
        read_document(fondaco("trade", "invoice", "write", papers / "invoice.json", "--format", "ubl").encode()).document
        == invoice()
    )
    assert "does not carry all of: lines" in fondaco(
        "trade", "invoice", "write", papers / "invoice.json", "--format", "cii", "-o", papers / "cii.xml"
    )
    shown = fondaco("trade", "invoice", "read", papers / "cii.xml")
    assert "payable: 5280.00 SGD, due 2026-12-20" in shown and "Rempah Nusantara PT, ID" in shown


def test_a_factur_x_file_is_a_pdf_with_its_invoice(papers: Path) -> None:
    pytest.importorskip("facturx")
    (papers / "sale.xml").write_bytes(write_document(european(EN16931), "ubl"))
    assert "--output" in fondaco("trade", "invoice", "write", papers / "sale.xml", "--format", "factur-x", code=2)
    fondaco("trade", "invoice", "write", papers / "sale.xml", "--format", "factur-x", "-o", papers / "sale.pdf")
    assert read_document((papers / "sale.pdf").read_bytes()).document == european(EN16931)
    (papers / "empty.pdf").write_bytes(b"%PDF-1.4\nnothing")
    assert "MALFORMED" in fondaco("trade", "invoice", "read", papers / "empty.pdf", code=1)


def test_three_papers_are_compared(papers: Path) -> None:
    assert "they match" in fondaco("trade", "match", papers / "order.xml", papers / "despatch.xml", papers / "invoice.xml")
    shown = fondaco("trade", "match", papers / "order.xml", papers / "receipt.xml", papers / "invoice.xml", code=1)
    assert "they differ" in shown and "1000 KGM; receipt R-1, line 1: 999 KGM" in shown
    assert "these are Order, Order, Invoice" in fondaco(
        "trade", "match", papers / "order.xml", papers / "order.xml", papers / "invoice.xml", code=2
    )
    assert "percent" in fondaco(
        "trade", "match", *(papers / f"{one}.xml" for one in ("order", "despatch", "invoice")), "--price", "-1", code=2
    )


def test_words_and_files_that_mean_nothing_are_told(papers: Path) -> None:
    (papers / "broken.xml").write_text("<Invoice>")
    assert "MALFORMED" in fondaco("trade", "invoice", "check", papers / "broken.xml", code=1)
    assert "an invoice or a credit note" in fondaco("trade", "invoice", "check", papers / "order.xml", code=1)
    assert "no.xml" in fondaco("trade", "invoice", "read", papers / "no.xml", code=3)
    assert "no order" in fondaco("trade", "invoice", "write", papers / "order.xml", "--format", "cii", code=1)
    bare = msgspec.structs.replace(invoice(), payment=())
    (papers / "bare.xml").write_bytes(write_document(bare, "ubl"))
    pay = ("trade", "invoice", "pay", papers / "bare.xml", "ZZBASG01", "ZZBBSG02", "--account", "1", "--hub", papers)
    assert "--creditor-account" in fondaco(*pay, code=2)
    nowhere = msgspec.structs.replace(invoice(), buyer=msgspec.structs.replace(BUYER, address=None))
    (papers / "nowhere.xml").write_bytes(write_document(nowhere, "ubl"))
    assert "--town" in fondaco("trade", "invoice", "pay", papers / "nowhere.xml", *pay[4:], code=2)
    assert "cannot be paid" in fondaco(*pay, "--creditor-account", "2", "--amount", "5280.01", code=1)


def test_without_the_extra_the_command_says_what_to_install(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fondaco.trade.validation import artefacts

    monkeypatch.setattr(artefacts.importlib.util, "find_spec", lambda name: None)
    artefacts.folder_of.cache_clear()
    artefacts.schema_of.cache_clear()
    shown = fondaco("trade", "invoice", "check", papers / "european.xml", code=3)
    assert "not installed: the extra `trade` has them" in shown and "Traceback" not in shown
    artefacts.folder_of.cache_clear()
    assert "valid" in fondaco("trade", "invoice", "check", papers / "invoice.xml"), "a trade invoice needs none of it"
