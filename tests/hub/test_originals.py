"""Signed originals: folded beside what was made of them, unfolded to the byte, and bound to the command that they are of."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from fondaco.access import JWS_HEADER, Request, sign_detached, sign_request, thumbprint_of
from fondaco.core import Instant, Refusal
from fondaco.hub import Arrive, Once, Original, Revoke, Second, Tick, folded, originals_of, write_bundle
from fondaco.hub.originals import unfolded
from union import SG1, TH1, Desk, pacs_008

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
URL = "https://hub.example/v1/payments/x/revocation?why=none"


@given(st.binary(max_size=400), st.binary(max_size=80_000), st.sampled_from(["xml", "request"]))
def test_what_was_folded_comes_out_to_the_byte(content: bytes, message: bytes, form: str) -> None:
    kept = Original(form, "m", folded(content + message, message if form == "xml" else b""))
    assert unfolded(kept, message) == content + message


def test_an_original_is_of_the_command_behind_it_and_of_no_other() -> None:
    one, two = Original("request", "a", folded(b"1")), Original("request", "b", folded(b"2"))
    commands = [
        Tick(),
        one,
        Once("c", "k", b""),
        Second(1, "x", ""),
        Revoke("A", "u"),
        Arrive("A", b"<a/>"),
        two,
        Arrive("B", b"<b/>"),
        one,
    ]
    found = [(kept.place, kept.original.signer, kept.content) for kept in originals_of(7, commands)]
    assert found == [(4, "a", b"1"), (7, "b", b"2")]


def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "late")])
    begins = datetime(2026, 11, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(1)
    return made.not_valid_before(begins).not_valid_after(begins + timedelta(days=30)).sign(KEY, None)


@pytest.mark.skipif(
    any(shutil.which(one) is None for one in ("openssl", "sqlite3", "xmlsec1", "hledger")),
    reason="needs the programs of a verifier",
)
def test_ed25519_and_a_deed_under_a_key_are_verified_by_openssl(tmp_path: Path) -> None:
    """A desk at which nobody verifies: the second original was bent, and the bundle says so."""
    desk = Desk(tmp_path / "hub")
    der = certificate().public_bytes(Encoding.DER)
    at, thumbprint = Instant(int(desk.now)), thumbprint_of(der)
    made = Request("POST", URL, {"host": "hub.example"})
    sign_request(made, b"{}", KEY, thumbprint, at)
    headers = tuple((name.lower(), value) for name, value in made.headers.items() if name.lower() != "host")
    jws = ((JWS_HEADER, sign_detached(b"{}", KEY, thumbprint, "POST", URL, at)),)
    deed = Revoke(SG1, "8a562c67-ca16-48ba-b074-65581be6f001")
    desk.do(Original("request", "late", folded(b"{}"), der, "POST", URL, headers), Once("c", "k", b"1"), deed)
    desk.do(Original("request", "late", folded(b"{}"), der, "POST", URL, jws), deed)
    desk.do(Arrive(SG1, pacs_008(SG1, TH1, "1.00", "SGD")))
    key = ec.derive_private_key(0xF07DAC0, ec.SECP256R1())

    def said(name: str) -> tuple[int, str]:
        assert not isinstance(write_bundle(desk.hub, desk.day.isoformat(), tmp_path / name, key, None, lambda _: None), Refusal)
        done = subprocess.run(["sh", "verify.sh"], cwd=tmp_path / name, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, told = said("good")
    assert code == 0 and f"holds  2 originals signed under {thumbprint}" in told, told
    desk.do(Original("request", "late", folded(b'{"more":1}'), der, "POST", URL, headers), deed)
    code, told = said("bent")
    assert code == 1 and told.count("FAULT") == 1 and "FAULT  signature of originals/" in told, told
    desk.close()
