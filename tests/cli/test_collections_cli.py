"""A collection at the command line, from its instruction to its presentation, and what is shown of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collections_desk import COL, REM, CollectionDesk
from command_line import fondaco
from trades import EXPORTER, IMPORTER, hands_of, key_of


@pytest.fixture
def home(tmp_path: Path) -> Path:
    desk = CollectionDesk(tmp_path / "hub")
    desk.blank_bill()
    desk.close()
    for who in (EXPORTER, IMPORTER, *hands_of(REM), *hands_of(COL)):
        (tmp_path / f"{who}.key").write_text(key_of(who).private_bytes_raw().hex())
    return tmp_path


def do(home: Path, who: str, *words: object, code: int = 0) -> str:
    keys = [word for hand in hands_of(who) for word in ("--key", str(home / f"{hand}.key"))]
    return fondaco("trade", *words, "--as", who, *keys, "--hub", home / "hub", code=code)


def passed(home: Path, giver: str, taker: str) -> None:
    do(home, giver, "record", "offer", "ETR-000001", taker)
    do(home, taker, "record", "accept", "ETR-000001")


def test_documents_go_out_are_accepted_and_are_shown(home: Path) -> None:
    at = ("--hub", home / "hub")
    assert "no collections" in fondaco("trade", "collection", "list", *at)
    words = ("collection", "instruct", IMPORTER, "1250.00", "THB", "--bank", REM, "--collecting-bank", COL, "--terms", "DA")
    assert "tenor" in do(home, EXPORTER, *words, code=1)
    assert "COL-000001 1" in do(home, EXPORTER, *words, "--days-after-sight", 30, "--record", "ETR-000001")
    passed(home, EXPORTER, REM)
    assert "COL-000001 2" in do(home, REM, "collection", "send", "COL-000001")
    passed(home, REM, COL)
    assert "COL-000001 3" in do(home, COL, "collection", "receive", "COL-000001", "--missing", "INVOICE")
    assert "not to be offered" in do(home, COL, "collection", "offer", "COL-000001", "ETR-000001", code=1)
    assert "COL-000001 4" in do(home, COL, "collection", "present", "COL-000001")
    assert "ETR-000001" in do(home, COL, "collection", "offer", "COL-000001", "ETR-000001")
    shown = json.loads(fondaco("trade", "collection", "show", "COL-000001", *at, "--json"))
    assert shown["records"] == {"ETR-000001": COL} and shown["state"] == "PRESENTED" and shown["amount"] == "1250.00"
    assert shown["offers"] == [{"record": "ETR-000001", "to": IMPORTER, "against": "ACCEPTANCE"}]
    assert "COL-000001 5" in do(home, IMPORTER, "collection", "accept", "COL-000001")
    text = fondaco("trade", "collection", "show", "COL-000001", *at)
    assert f"ETR-000001  with {IMPORTER}" in text and "URC522.6" in text and "ACCEPTED" in text
    assert "is no such collection" in do(home, COL, "collection", "present", "COL-000009", code=1)
    rows = json.loads(fondaco("trade", "collection", "list", "--party", IMPORTER, *at, "--json"))
    assert [(row["collection"], row["state"]) for row in rows] == [("COL-000001", "ACCEPTED")]


def test_what_is_refused_is_directed_and_returned(home: Path) -> None:
    words = ("collection", "instruct", IMPORTER, "1250.00", "THB", "--bank", REM, "--collecting-bank", COL)
    do(home, EXPORTER, *words)
    do(home, REM, "collection", "send", "COL-000001")
    do(home, COL, "collection", "receive", "COL-000001")
    do(home, COL, "collection", "present", "COL-000001")
    assert "COL-000001 5" in do(home, COL, "collection", "act", "fate_advised", "COL-000001", "the drawee is away")
    assert "COL-000001 6" in do(home, IMPORTER, "collection", "refuse", "COL-000001", "the goods are late")
    protest = ("collection", "protest", "COL-000001", "--notary", "Tan and Lim", "--place", "SINGAPORE", "--reference", "NP 7")
    assert "not instructed" in do(home, COL, *protest, code=1)
    assert "COL-000001 7" in do(home, REM, "collection", "direct", "COL-000001", "PROTEST")
    assert "COL-000001 8" in do(home, COL, *protest)
    shown = json.loads(fondaco("trade", "collection", "show", "COL-000001", "--hub", home / "hub", "--json"))
    (made,) = shown["dishonours"]
    assert (made["kind"], made["by"], made["text"], made["protest"]["notary"]) == (
        "NPAY",
        IMPORTER,
        "the goods are late",
        "Tan and Lim",
    )
    text = fondaco("trade", "collection", "show", "COL-000001", "--hub", home / "hub")
    assert f"NPAY on {made['on']}, says {IMPORTER}: the goods are late, protested {made['protest']['on']}" in text
    assert "COL-000001 9" in do(home, REM, "collection", "direct", "COL-000001", "RETURN")
    assert "COL-000001 10" in do(home, COL, "collection", "return", "COL-000001")
    assert "COL-000001 11" in do(home, REM, "collection", "close", "COL-000001")
