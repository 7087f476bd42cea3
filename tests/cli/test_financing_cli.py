"""Two banks at the command line: fingerprints from papers, a deed as a file, and whom to call."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from command_line import fondaco
from fondaco.trade.documents import write_document
from sale_papers import invoice
from stories.test_invoices import SELLER, InvoiceDesk, accepted
from titles import lading
from trades import hands_of, key_of
from union import MY1, TH1


def test_two_banks_are_shown_one_paper(tmp_path: Path) -> None:
    desk = InvoiceDesk(tmp_path / "hub")
    claim = accepted(desk)
    desk.close()
    for who in (SELLER, *hands_of(MY1), *hands_of(TH1)):
        (tmp_path / f"{who}.key").write_text(key_of(who).private_bytes_raw().hex())
    at = ("--hub", tmp_path / "hub")

    def of(bank: str) -> tuple[str | Path, ...]:
        return "--as", bank, *(word for hand in hands_of(bank) for word in ("--key", tmp_path / f"{hand}.key")), *at

    paper, again, bill, key = (tmp_path / name for name in ("invoice.xml", "again.xml", "lading.json", "group.json"))
    paper.write_bytes(write_document(invoice(), "ubl"))
    again.write_bytes(write_document(msgspec.structs.replace(invoice(), number=invoice().number.lower() + "."), "ubl"))
    bill.write_text(json.dumps(lading("SLT0001")))
    words = ("trade", "financing")
    assert "nothing is registered" in fondaco(*words, "list", *at)
    assert "numbered from 1" in fondaco(*words, "group-key", key, "--number", "0", code=2)
    fondaco(*words, "group-key", key)
    assert key.stat().st_mode & 0o077 == 0
    assert "exists" in fondaco(*words, "group-key", key, code=3)
    assert "register a SUBJECT" in fondaco(*words, "register", *of(MY1), code=2)
    assert "--group-key" in fondaco(*words, "register", "--invoice", paper, *of(MY1), code=2)
    assert "no transport document" in fondaco(*words, "register", "--bill", paper, "--group-key", key, *of(MY1), code=1)
    shown = ("--invoice", paper, "--bill", bill, "--group-key", key)
    assert "FIN-000001 1" in fondaco(*words, "register", *shown, *of(MY1))
    assert "FIN-000001 2" in fondaco(*words, "act", "PAY_OUT", "FIN-000001", *of(MY1))
    # The other bank writes its deed where its papers are; what is given to the hub holds digests alone.
    deed = tmp_path / "deed.json"
    fondaco(*words, "register", claim, "--invoice", again, "--group-key", key, "--output", deed, *of(TH1))
    assert invoice().number.lower() not in deed.read_text().lower()
    assert "signatures" in fondaco("trade", "give", deed, *at, code=1), "whose claim it is has not signed"
    fondaco("trade", "sign", deed, "--key", tmp_path / f"{SELLER}.key")
    assert "FIN-000002 1" in fondaco("trade", "give", deed, *at)
    told = json.loads(fondaco(*words, "show", "FIN-000002", *at, "--json"))
    assert told["alike"] == [{"likeness": "EXACT", "call": MY1}] and told["subject"] == claim
    assert f"EXACT, call {MY1}" in fondaco(*words, "act", "PAY_OUT", "FIN-000002", "--seen", "a copy", *of(TH1), code=1)
    refused = fondaco(
        "trade", "invoice", "act", "ENCUMBER", claim, "--particulars", json.dumps({"kind": "financed", "to": TH1}),
        "--as", SELLER, "--key", tmp_path / f"{SELLER}.key", *at, code=1,
    )  # fmt: skip
    assert "17.1" in refused and MY1 not in refused
    assert len(json.loads(fondaco(*words, "list", "--bank", MY1, *at, "--json"))) == 1
    assert "there is no such financing" in fondaco(*words, "show", "FIN-000009", *at, code=1)
