"""Documents examined at the command line, with no hub in sight."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import fondaco

ROOT = Path(__file__).resolve().parents[2]
CREDIT, CLEAN, DISCREPANT = (ROOT / "examples" / "trade" / f"{name}.json" for name in ("credit", "clean", "discrepant"))


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_clean_presentation_complies() -> None:
    assert "COMPLYING; presented 2026-03-16, examined by 2026-03-23" in fondaco("trade", "examine", CREDIT, CLEAN)
    report = json.loads(fondaco("trade", "examine", CREDIT, CLEAN, "--json"))
    assert report == {
        "report": {
            "credit_number": "EXKL-2026-0117", "proposal": "COMPLYING", "presented": "2026-03-16", "examined_by": "2026-03-23", "findings": [],
        },
        "notice": None,
    }  # fmt: skip


def test_a_discrepant_one_is_refused_with_its_notice() -> None:
    said = fondaco("trade", "examine", CREDIT, DISCREPANT, "--refuse", "HOLD", code=1)
    assert "UCP600.28f.ii" in said
    assert "We hold the documents until you instruct us." in said
    told = json.loads(fondaco("trade", "examine", CREDIT, DISCREPANT, "--refuse", "RETURN", "--json", code=1))
    assert len(told["notice"]["discrepancies"]) == 5
    assert set(told["report"]["findings"][0]) >= {
        "rule",
        "article",
        "document",
        "where",
        "found",
        "other",
        "other_where",
        "expected",
    }


def test_closed_days_and_another_weekend_move_the_clock() -> None:
    assert "examined by 2026-03-24" in fondaco("trade", "examine", CREDIT, CLEAN, "--closed", "2026-03-18")
    assert "examined by 2026-03-24" in fondaco("trade", "examine", CREDIT, CLEAN, "--weekend", "4", "5", "--closed", "2026-03-17")


def test_an_exporter_learns_what_is_missing(tmp_path: Path) -> None:
    made = json.loads(CLEAN.read_text())
    made["documents"] = [one for one in made["documents"] if one["kind"] != "ORIGIN"]
    path = tmp_path / "made.json"
    path.write_text(json.dumps(made))
    assert "present by 2026-03-27; missing: ORIGIN" in fondaco("trade", "precheck", CREDIT, path, code=1)
    assert json.loads(fondaco("trade", "precheck", CREDIT, CLEAN, "--json"))["missing"] == []


def test_an_applicant_learns_what_cannot_be_issued(tmp_path: Path) -> None:
    assert "nothing to say" in fondaco("trade", "lint", CREDIT)
    terms = json.loads(CREDIT.read_text())
    terms["expiry"] = "2026-01-01"
    path = tmp_path / "terms.json"
    path.write_text(json.dumps(terms))
    found = json.loads(fondaco("trade", "lint", path, "--json", code=1))["findings"]
    assert {"UCP600.6d", "CREDIT.44C"} <= {one["rule"] for one in found}


def test_a_port_that_is_not_in_the_table_cannot_be_issued(tmp_path: Path) -> None:
    table = tmp_path / "locodes.csv"
    table.write_text(',"TH",,".THAILAND"\n,"TH","LCH","Laem Chabang"\n,"TH","BKK","Bangkok"\n,"MY","PKG","Port Klang"\n')
    assert "nothing to say" in fondaco("trade", "lint", CREDIT, "--locodes", table)
    table.write_text(',"TH","LCH","Laem Chabang"\n,"TH","BKK","Bangkok"\n')
    found = json.loads(fondaco("trade", "lint", CREDIT, "--locodes", table, "--json", code=1))["findings"]
    assert {one["where"] for one in found} == {"discharge.locode", "incoterm_place.locode"}
    table.write_text("nothing\n")
    assert "no row holds a code" in fondaco("trade", "lint", CREDIT, "--locodes", table, code=2)


def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"number": 1}')
    assert "$.number" in fondaco("trade", "lint", path, code=1)
    assert "No such file" in fondaco("trade", "examine", CREDIT, tmp_path / "none.json", code=3)
    assert "ISO date" in fondaco("trade", "examine", CREDIT, CLEAN, "--closed", "Monday", code=2)
    assert "weekday" in fondaco("trade", "examine", CREDIT, CLEAN, "--weekend", "7", code=2)
    assert "no banking day" in fondaco("trade", "examine", CREDIT, CLEAN, "--weekend", *"0123456", code=2)


def test_the_page_tells_the_rules_as_they_are() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "build_examination.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
