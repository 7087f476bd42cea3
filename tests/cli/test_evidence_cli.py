"""A day's evidence and its tables at the command line: what is refused, and with what advice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from command_line import fondaco
from union import SG1, SG2, Desk


def pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    desk = Desk(tmp_path / "hub")
    desk.answer(desk.pay(SG1, SG2, "1000.00", "SGD", urgent=True))
    desk.close()
    (tmp_path / "day").write_text(desk.day.isoformat())
    (tmp_path / "hub.key").write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    (tmp_path / "other.key").write_bytes(pem(Ed25519PrivateKey.generate()))
    return tmp_path


def test_a_bundle_is_written_once_and_continued(home: Path) -> None:
    day, at = (home / "day").read_text(), ("--hub", home / "hub")
    told = fondaco("evidence", day, home / "one", "--key", home / "hub.key", *at)
    assert "verify with: sh" in told and (home / "one" / "verify.sh").exists()
    assert "is not empty" in fondaco("evidence", day, home / "one", "--key", home / "hub.key", *at, code=2)
    since = ("--since", home / "one" / "head.json")
    made = json.loads(fondaco("evidence", day, home / "two", "--key", home / "hub.key", *since, *at, "--json"))
    assert made["root"] == json.loads((home / "one" / "head.json").read_text())["root"]
    (home / "one" / "head.json").write_text("{}")
    assert "not the head of a journal" in fondaco("evidence", day, home / "three", "--key", home / "hub.key", *since, *at, code=3)
    assert "not ECDSA on P-256" in fondaco("evidence", day, home / "three", "--key", home / "other.key", *at, code=3)
    assert "NOT_FOUND" in fondaco("evidence", "2020-01-01", home / "three", "--key", home / "hub.key", *at, code=1)
    assert not (home / "three").exists()


def test_tables_are_shown_named_and_written_for_a_spreadsheet(home: Path) -> None:
    day, at = (home / "day").read_text(), ("--hub", home / "hub")
    assert json.loads(fondaco("disclose", day, *at, "--json"))["volumes"] == [
        {"currency": "SGD", "mode": "gross", "legs": 1, "value_minor": 100_000, "exponent": 2}
    ]
    assert fondaco("disclose", day, "volumes", "--as-csv", *at).splitlines()[-1] == "SGD,gross,1,100000,2"
    assert "which table?" in fondaco("disclose", day, "--as-csv", *at, code=2)
    assert "no table 'volume'" in fondaco("disclose", day, "volume", *at, code=2)
    assert "nothing on" in fondaco("disclose", day, "netting", *at)
    assert "NOT_FOUND" in fondaco("disclose", "2020-01-01", *at, code=1)
