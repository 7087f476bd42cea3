"""A bill of lading from its issue to its sale at the command line: deeds are written, signed key by key, given, and shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.trade import verify_title
from titles import lading
from trades import CARRIER, EXPORTER, IMPORTER, hands_of, key_of, public, representatives
from union import MY1, SG1, SG2, TH1, Desk


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Desk(tmp_path / "hub", amend=representatives).close()
    for who in (CARRIER, EXPORTER, IMPORTER, *hands_of(MY1), *hands_of(TH1), *hands_of(SG1)):
        (tmp_path / f"{who}.key").write_text(key_of(who).private_bytes_raw().hex())
    (tmp_path / "lading.json").write_text(json.dumps(lading("SLT0001"), indent=2))
    return tmp_path


def keys(home: Path, *hands: str) -> list[str]:
    return [word for hand in hands for word in ("--key", str(home / f"{hand}.key"))]


def register(home: Path, party: str, bank: str, name: str, country: str, role: str) -> str:
    return fondaco(
        "trade", "party", "register", party, name, country, "--bank", bank, "--role", role, "--public-key", public(party).hex(),
        *(("--carrier-code", "SMDG:SLT") if role == "carrier" else ()), *keys(home, *hands_of(bank)), "--hub", home / "hub",
    )  # fmt: skip


def test_a_bill_is_issued_offered_and_shown(home: Path) -> None:
    at = ("--hub", home / "hub")
    assert "nobody is registered" in fondaco("trade", "party", "list", *at)
    assert "ACTIVE" in register(home, CARRIER, MY1, "Selat Lines", "MY", "carrier")
    assert "ACTIVE" in register(home, EXPORTER, TH1, "Somchai Foods", "TH", "trader")
    # A bank's maker writes and signs, its checker adds his signature, and only then does the hub take it.
    deed = home / "register.json"
    words = ("trade", "party", "register", IMPORTER, "Tan Wei Trading", "SG", "--bank", SG1, "--role", "trader")
    told = fondaco(*words, "--public-key", home / f"{IMPORTER}.key", *keys(home, f"{SG1} maker"), "--output", deed, *at, "--json")
    assert json.loads(told)["signatures"] == 1
    assert "maker and checker" in fondaco("trade", "give", deed, *at, code=1)
    assert "signed 2 times" in fondaco("trade", "sign", deed, *keys(home, f"{SG1} checker"))
    assert "ACTIVE" in fondaco("trade", "give", deed, *at)
    assert "registered" in fondaco("trade", "give", deed, *at, code=1), "a deed counts once"
    rows = json.loads(fondaco("trade", "party", "list", *at, "--json"))
    assert next(row for row in rows if row["party"] == CARRIER)["carrier_codes"] == ["SMDG:SLT"]
    assert [(row["party"], row["state"]) for row in rows] == [(one, "ACTIVE") for one in sorted((CARRIER, EXPORTER, IMPORTER))]

    issue = ("trade", "record", "issue", home / "lading.json", "SLT0001", EXPORTER, "--as", CARRIER, "--law", "SG")
    assert "ETR-000001 1" in fondaco(*issue, *keys(home, CARRIER), *at)
    assert "issued before" in fondaco(*issue, *keys(home, CARRIER), *at, code=1)
    assert "ETR-000001 2" in fondaco("trade", "record", "accept", "ETR-000001", "--as", EXPORTER, *keys(home, EXPORTER), *at)
    offer = ("trade", "record", "offer", "ETR-000001", IMPORTER, "--as", EXPORTER, "--against")
    assert "is written" in fondaco(*offer, f"SGD 1250 {SG2}", *keys(home, EXPORTER), *at, code=1)
    assert "ETR-000001 3" in fondaco(*offer, f"SGD 1250.00 {SG2}", "--endorse", "ENDORSE_TO_ORDER", *keys(home, EXPORTER), *at)
    shown = fondaco("trade", "record", "list", *at)
    assert f"with {EXPORTER}" in shown and f"offered to {IMPORTER} as ETR-000001/3 against PAYMENT SGD 1250.00 {SG2}" in shown
    assert "lock" in fondaco(
        "trade", "record", "endorse", "ETR-000001", IMPORTER, "--as", EXPORTER, *keys(home, EXPORTER), *at, code=1
    )
    assert "ETR-000001 4" in fondaco("trade", "record", "withdraw", "ETR-000001", "--as", EXPORTER, *keys(home, EXPORTER), *at)
    found = json.loads(fondaco("trade", "record", "show", "ETR-000001", *at, "--json"))
    assert [one["action"] for one in found["events"]] == ["ISSUE", "ACCEPT", "OFFER_AGAINST", "WITHDRAW"]
    assert found["holder"] == EXPORTER and found["offer"] == ""
    assert "ETR-000001 5" in fondaco("trade", "record", "surrender", "ETR-000001", "--as", EXPORTER, *keys(home, EXPORTER), *at)
    assert f"with {CARRIER}" in fondaco("trade", "record", "show", "ETR-000001", *at)
    assert "ETR-000001 6" in fondaco("trade", "record", "act", "SACC", "ETR-000001", "--as", CARRIER, *keys(home, CARRIER), *at)
    assert "ended" in fondaco("trade", "record", "list", *at)
    proof = home / "proof.json"
    told = json.loads(
        fondaco("trade", "record", "prove", "ETR-000001", "--hub-key", home / f"{CARRIER}.key", "--output", proof, *at, "--json")
    )
    assert told["events"] == told["log"] == 6
    # Who checks it has the verifier alone: no hub, and nothing of ours beside it.
    words = [sys.executable, str(Path(verify_title.__file__)), str(proof)]
    done = subprocess.run([*words, told["fingerprint"]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    proof.write_text(proof.read_text().replace(EXPORTER, IMPORTER, 1))
    assert subprocess.run(words, capture_output=True, check=False).returncode == 1
    assert "faults" not in fondaco("prove", *at)


def test_what_is_wrong_is_told_with_what_to_do_next(home: Path) -> None:
    at = ("--hub", home / "hub")
    assert "trade record list" in fondaco("trade", "record", "show", "ETR-000009", *at, code=1)
    assert "no records" in fondaco("trade", "record", "list", *at)
    assert "no deed can be read" in fondaco("trade", "give", home / "none.json", *at, code=3)
    nobody = ("trade", "party", "register", "SOME-TRADER", "Some Trader", "SG", "--bank", SG1, "--role", "trader")
    assert "nobody signs" in fondaco(*nobody, "--public-key", public("x").hex(), *at, code=2)
    hit = ("trade", "party", "register", "SOME-TRADER", "Sorvemir Brulomarov", "SG", "--bank", SG1, "--role", "trader")
    assert "HELD" in fondaco(*hit, "--public-key", public("x").hex(), *keys(home, *hands_of(SG1)), *at)
    assert "KT-SOME-TRADER" in fondaco("case", "list", *at)
    deed = home / "deed.json"
    fondaco(*nobody, "--public-key", public("y").hex(), *keys(home, *hands_of(SG1)), "--output", deed, *at)
    deed.write_text(deed.read_text().replace("Some Trader", "Any Trader"))
    assert "does not hold" in fondaco("trade", "sign", deed, *keys(home, f"{SG1} checker"), code=1)
    assert "ROLE_NOT_HELD" in fondaco("trade", "give", deed, *at, code=1)
