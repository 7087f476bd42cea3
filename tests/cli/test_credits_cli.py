"""A credit at the command line, from its application to a bank's undertaking, and what is shown of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import fondaco
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
