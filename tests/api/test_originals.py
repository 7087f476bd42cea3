"""What was signed is kept as it came, in whatever way it was signed and came in, and a third party verifies it with programs of its own."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from access_world import bank
from fondaco.access import JWS_HEADER, SIGN, sign_detached
from fondaco.core import Refusal, utc_text
from fondaco.hub import Kept, close_hub, kept_in, open_hub, write_bundle
from fondaco.hub.originals import proofs_of
from fondaco.messages import view
from tls_doors import TlsDoor
from union import SG1, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server
KEY = ec.derive_private_key(0xF07DAC0, ec.SECP256R1())
PROGRAMS = ("openssl", "sqlite3", "xmlsec1", "hledger", "sha256sum", "base64")


class Sent:
    """A door at which everything is signed, and what was sent there."""

    def __init__(self, home: Path) -> None:
        self.door = TlsDoor(home, 'signatures = "required"\n')
        self.another_machine()
        self.xml = [self.payment(name) for name in ("first", "second", "third")]
        self.bodies: list[bytes] = []

    def another_machine(self) -> None:
        self.door.machine("sg1.late", bank("sg1.late", SG1), SIGN)

    def plain(self, name: str) -> bytes:
        raw = pacs_008(SG1, TH1, "5.00", "SGD", day=self.door.today.isoformat(), message_id=name)
        return raw.replace(b"2026-11-24T01:00:00.000Z", utc_text(self.door.now()).encode())

    def payment(self, name: str) -> bytes:
        return self.door.signed(self.plain(name))

    def everything(self) -> None:
        door = self.door
        assert door.ask("sg1", "POST", "/v1/messages", self.xml[0]).status in (200, 202)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
            for n, raw in enumerate((*self.xml[1:], self.plain("unsigned"))):
                file.writestr(f"{n}.xml", raw)
        raw = made.getvalue()
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:"
        place = door.ask("sg1", "POST", "/v1/uploads", raw, "application/zip", Repr_Digest=digest).headers["location"]
        until = time.monotonic() + 60
        while (found := door.ask("sg1", "GET", place).json)["state"] == "WHOLE":
            assert time.monotonic() < until
            time.sleep(0.05)
        assert [one["taken"] for one in found["results"]] == [True, True, False], found
        assert found["results"][2]["reason"] == "SIGNATURE_MISSING"
        for n, sign in enumerate((self.rfc_9421, self.jws)):
            body = json.dumps(view(self.plain(f"json{n}"))).encode()
            assert door.ask("sg1", "POST", "/v1/messages", body, "application/json", **sign("/v1/messages", body)).status in (
                200,
                202,
            )
            self.bodies.append(body)
        path = f"/v1/payments/{calm_uetr()}/revocation"
        assert door.ask("sg1", "POST", path, Idempotency_Key="k1", **self.rfc_9421(path, b"")).status == 404

    def rfc_9421(self, path: str, body: bytes) -> dict[str, str]:
        return self.door.signing("sg1.late", "POST", path, body)

    def jws(self, path: str, body: bytes) -> dict[str, str]:
        door = self.door
        return {
            JWS_HEADER: sign_detached(
                body, door.key("sg1.late"), door.thumbprint("sg1.late"), "POST", door.base + path, door.now()
            )
        }


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sent, list[Kept], Path]]:
    home = tmp_path_factory.mktemp("originals")
    told = Sent(home)
    told.everything()
    told.door.stop()
    hub = open_hub(told.door.hub)
    try:
        head, _ = hub.journal.head()
        kept = list(kept_in(hub.journal, 1, head))
        bundle = write_bundle(hub, told.door.today.isoformat(), home / "bundle", KEY, None, lambda _: None)
        assert not isinstance(bundle, Refusal)
    finally:
        close_hub(hub)
    yield told, kept, home / "bundle"


def test_every_original_is_kept_to_the_byte_beside_what_was_made_of_it(sent: tuple[Sent, list[Kept], Path]) -> None:
    told, kept, _ = sent
    assert [one.content for one in kept if one.original.form == "xml"] == told.xml
    requests = [one for one in kept if one.original.form == "request"]
    assert [one.content for one in requests] == [*told.bodies, b""]
    assert {one.original.signer for one in kept} == {"sg1.sender", "sg1.late"}
    assert requests[2].original.target.endswith("/revocation") and requests[2].original.method == "POST"
    assert all(len(one.original.content) < len(one.content) / 2 for one in kept if one.original.form == "xml"), "folded"
    hub = open_hub(told.door.hub)
    try:
        for one in kept[:5]:
            assert b"Sgntr" not in hub.raw(one.batch, one.place) and b"FIToFICstmrCdtTrf" in hub.raw(one.batch, one.place)
    finally:
        close_hub(hub)


def verified(bundle: Path, key: Path) -> tuple[int, str]:
    done = subprocess.run(["sh", "verify.sh", str(key)], cwd=bundle, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


needs_programs = pytest.mark.skipif(any(shutil.which(one) is None for one in PROGRAMS), reason="needs " + ", ".join(PROGRAMS))


@needs_programs
def test_a_third_party_verifies_them(sent: tuple[Sent, list[Kept], Path]) -> None:
    _, _, bundle = sent
    code, said = verified(bundle, bundle / "hub.pem")
    assert code == 0, said
    assert "holds  3 originals signed under" in said, said
    index = (bundle / "originals" / "index.csv").read_text().splitlines()
    assert len(index) == 7 and sum(",rfc9421,sg1.late," in row for row in index) == 2


@needs_programs
@pytest.mark.parametrize(
    ("which", "old", "new"),
    [
        ("*.xml", b"5.00", b"9.00"),
        ("*.rfc9421.base", b"POST", b"GET "),
        ("*.body", b"5.00", b"9.00"),
        ("*.jws.base", b"5.00", b"9.00"),
    ],
)
def test_one_that_was_changed_is_found(
    sent: tuple[Sent, list[Kept], Path], tmp_path: Path, which: str, old: bytes, new: bytes
) -> None:
    """Whoever holds the hub's key could sign the list of files anew; what a member signed it cannot."""
    shutil.copytree(sent[2], tmp_path / "bundle")
    changed = 0
    for path in (tmp_path / "bundle" / "originals").glob(f"*/{which}"):
        raw = path.read_bytes()
        path.write_bytes(raw.replace(old, new))
        changed += raw != path.read_bytes()
    code, said = verified(tmp_path / "bundle", tmp_path / "bundle" / "hub.pem")
    assert changed and code == 1 and said.count("FAULT  signature of originals/") == changed, said


def test_a_request_that_is_signed_twice_is_refused(tmp_path: Path) -> None:
    told = Sent(tmp_path)
    try:
        body = json.dumps(view(told.plain("twice"))).encode()
        headers = told.rfc_9421("/v1/messages", body) | told.jws("/v1/messages", body)
        found = told.door.ask("sg1", "POST", "/v1/messages", body, "application/json", **headers)
        assert (found.status, found.json["reason"]) == (403, "SIGNATURE_WRONG")
    finally:
        told.door.stop()


def test_a_proof_names_what_was_signed(sent: tuple[Sent, list[Kept], Path]) -> None:
    _, kept, _ = sent
    (proof,) = proofs_of(next(one for one in kept if "signature-input" in dict(one.original.headers)))
    lines = proof.signed.decode().splitlines()
    assert lines[0] == '"@method": POST' and lines[1].endswith("/v1/messages") and lines[-1].startswith('"@signature-params": (')
