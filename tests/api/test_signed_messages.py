"""Signed messages and requests through a real connection: nothing that was signed can be bent, said again as something else, or said for another."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography import x509
from lxml import etree
from signxml.verifier import XMLVerifier

from access_world import DAY, bank
from doors import Answer
from fondaco.access import JWS_HEADER, SIGN, Grant, Role, sign_detached
from fondaco.core import Instant, utc_text
from fondaco.messages import read, view
from tls_doors import TlsDoor
from union import SG1, SG2, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server
DS = "http://www.w3.org/2000/09/xmldsig#"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDoor]:
    opened = TlsDoor(tmp_path_factory.mktemp("signed"), 'signatures = "required"\n')
    yield opened
    opened.stop()


def payment(door: TlsDoor, amount: str = "5.00", sender: str = SG1, at: Instant | None = None, **more: Any) -> bytes:
    raw = pacs_008(sender, TH1, amount, "SGD", day=door.today.isoformat(), **more)
    return raw.replace(b"2026-11-24T01:00:00.000Z", utc_text(at or door.now()).encode())


def sent(door: TlsDoor, raw: bytes, who: str = "sg1") -> Answer:
    return door.ask(who, "POST", "/v1/messages", raw)


def refused(door: TlsDoor, raw: bytes, who: str = "sg1") -> str:
    found = sent(door, raw, who)
    assert (found.status, found.json["type"]) == (403, "/docs#problem-signature"), found
    return str(found.json["reason"])


def count(door: TlsDoor) -> int:
    return len(door.ask("sg1", "GET", "/v1/payments?limit=500").json["payments"])


def test_what_is_signed_is_taken_answered_signed_and_the_same_again_is_answered_again(door: TlsDoor) -> None:
    raw = door.signed(payment(door))
    first = sent(door, raw)
    assert first.status in (200, 202) and read(first.raw).kind.startswith("pacs.002")
    published = door.ask("", "GET", "/.well-known/signing-certificate.pem").raw
    assert published == (door.tls / "hub-sign.pem").read_bytes()
    shown = XMLVerifier().verify(
        etree.fromstring(first.raw), x509_cert=x509.load_pem_x509_certificate(published), validate_schema=False
    )
    assert shown.signed_xml.tag == etree.fromstring(first.raw).tag  # type: ignore[union-attr]
    before = count(door)
    again = sent(door, raw)
    assert again.status == first.status and count(door) == before, "done once"


def test_unsigned_is_refused_where_signatures_are_required(door: TlsDoor) -> None:
    before = count(door)
    raw = door.signed(payment(door))
    stripped = re.sub(rb"<([a-z0-9]*:?)Sgntr>.*?</\1Sgntr>", b"", raw, flags=re.DOTALL)
    assert b"SignatureValue" not in stripped and stripped != raw
    empty = re.sub(rb"(<[a-z0-9]*:?Sgntr>).*?(</[a-z0-9]*:?Sgntr>)", rb"\1\2", raw, flags=re.DOTALL)
    assert {refused(door, one) for one in (payment(door), stripped, empty)} == {"SIGNATURE_MISSING"}
    as_json = json.dumps(view(payment(door))).encode()
    found = door.ask("sg1", "POST", "/v1/messages", as_json, "application/json")
    assert (found.status, found.json["reason"]) == (403, "SIGNATURE_MISSING")
    assert count(door) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">5.00<", b">5000.00<"),
        (b'Ccy="SGD"', b'Ccy="MYR"'),
        (b"Somchai Foods", b"Mallory Foods"),
        (TH1.encode(), SG2.encode()),
        (b"<ChrgBr>", b" <ChrgBr>"),
    ],
)
def test_a_changed_amount_name_or_byte_is_found(door: TlsDoor, old: bytes, new: bytes) -> None:
    before = count(door)
    raw = door.signed(payment(door))
    assert old in raw
    assert refused(door, raw.replace(old, new)) == "SIGNATURE_WRONG"
    assert count(door) == before


def test_nothing_can_be_wrapped_around_a_signature(door: TlsDoor) -> None:
    before = count(door)
    good = etree.fromstring(door.signed(payment(door)))
    evil = etree.fromstring(payment(door, "9000.00"))
    signature = next(good.iter(f"{{{DS}}}Signature"))
    # The signature moved into another message's header, and the signed envelope carried along somewhere inside.
    head = next(one for one in evil.iter() if etree.QName(one).localname == "AppHdr")
    holder = etree.SubElement(head, f"{{{etree.QName(head).namespace}}}Sgntr")
    holder.append(etree.fromstring(etree.tostring(signature)))
    moved = etree.tostring(evil)
    held = etree.SubElement(next(holder.iter(f"{{{DS}}}Signature")), f"{{{DS}}}Object")
    held.append(etree.fromstring(etree.tostring(good)))
    inside = etree.tostring(evil)
    around = etree.Element("Both")
    around.append(etree.fromstring(etree.tostring(good)))
    around.append(etree.fromstring(payment(door, "9000.00")))
    for raw in (moved, inside, etree.tostring(around)):
        assert refused(door, raw) in ("SIGNATURE_WRONG", "SIGNATURE_MISSING")
    assert count(door) == before


def test_the_same_name_with_another_content_is_a_replay_and_refused(door: TlsDoor) -> None:
    name = f"M{calm_uetr()[:8]}"
    assert sent(door, door.signed(payment(door, message_id=name))).status in (200, 202)
    assert refused(door, door.signed(payment(door, "6.00", message_id=name))) == "SIGNATURE_STALE"


def test_what_is_older_than_a_day_or_of_the_future_is_refused(door: TlsDoor) -> None:
    now = int(door.now())
    for at in (now - DAY - 10**9, now + 3600 * 10**9):
        assert refused(door, door.signed(payment(door, at=Instant(at)))) == "SIGNATURE_STALE"


def test_nobody_sends_what_another_signed(door: TlsDoor) -> None:
    """Neither by another's connection nor with another's signature, whatever the header says."""
    raw = door.signed(payment(door))
    assert refused(door, raw, "sg2") == "SIGNATURE_WRONG"
    assert refused(door, door.signed(payment(door), "sg2.sender")) == "SIGNATURE_WRONG"
    assert refused(door, door.signed(payment(door), "sg1")) == "SIGNATURE_WRONG", "a key of connections signs nothing"
    door.machine("sg1.checker", Grant("sg1.checker", SG1, (Role.MEMBER_CHECKER,)), SIGN)
    assert refused(door, door.signed(payment(door), "sg1.checker")) == "SIGNATURE_WRONG", "its role sends nothing"
    assert sent(door, raw, "watch-sg").status == 403
    assert sent(door, raw).status in (200, 202), "and what was tried by others is not spent"


def test_expired_and_revoked_certificates_sign_nothing(door: TlsDoor) -> None:
    door.machine("sg1.old", bank("sg1.old", SG1), SIGN, begins_days=-20, days=10)
    assert refused(door, door.signed(payment(door), "sg1.old")) == "NOT_RECOGNISED"
    thumbprint = door.machine("sg1.lost", bank("sg1.lost", SG1), SIGN)
    raw = door.signed(payment(door), "sg1.lost")
    assert sent(door, raw).status in (200, 202)
    assert door.world.register.revoke(thumbprint, "operator-1", "key lost", door.now()) is None
    assert refused(door, door.signed(payment(door), "sg1.lost")) == "NOT_RECOGNISED"
    assert refused(door, raw) == "NOT_RECOGNISED", "nor what it signed before"


def test_many_at_once_are_remembered_together_and_each_is_done_once(door: TlsDoor) -> None:
    before = count(door)
    raws = [door.signed(payment(door)) for _ in range(12)]
    barrier = threading.Barrier(12)

    def send(raw: bytes) -> int:
        barrier.wait(timeout=60)
        return sent(door, raw).status

    with ThreadPoolExecutor(12) as pool:
        # Each comes twice, at the same time as all others.
        assert set(pool.map(send, raws[:6] * 2)) <= {200, 202}
    assert count(door) == before + 6


def test_the_mailbox_is_signed_where_it_is_asked_for(door: TlsDoor) -> None:
    sent(door, door.signed(payment(door)))
    plain = door.ask("sg1", "GET", "/v1/messages?limit=1").json["messages"][0]
    assert "Sgntr" not in plain["xml"]
    (signed,) = door.ask("sg1", "GET", "/v1/messages?limit=1&signed=true").json["messages"]
    one = door.ask("sg1", "GET", f"/v1/messages/{plain['seq']}?signed=true")
    for raw in (signed["xml"].encode(), one.raw):
        shown = XMLVerifier().verify(etree.fromstring(raw), x509_cert=door.certificate("hub-sign"), validate_schema=False)
        assert shown.signed_xml is not None  # type: ignore[union-attr]
        with pytest.raises(Exception, match="Digest mismatch"):
            XMLVerifier().verify(
                etree.fromstring(raw.replace(b"<TxSts>", b"<TxSts> ")),
                x509_cert=door.certificate("hub-sign"),
                validate_schema=False,
            )
    assert door.ask("sg1", "GET", "/v1/messages?signed=true&view=json").status == 400


def test_json_by_its_request(door: TlsDoor) -> None:
    """A deed, and a message in its JSON view, under RFC 9421 and under a detached JWS: right once, and wrong in every other way."""
    path = "/v1/messages"
    for make in (_rfc_9421, _jws):
        body = json.dumps(view(payment(door))).encode()
        headers = make(door, "sg1.sender", path, body)

        def ask(sent_body: bytes, given: dict[str, str], who: str = "sg1") -> Answer:
            return door.ask(who, "POST", path, sent_body, "application/json", **given)

        other = json.dumps(view(payment(door, "700.00"))).encode()
        assert ask(other, headers).json["reason"] == "SIGNATURE_WRONG"
        assert ask(body, headers, "sg2").status == 403
        good = ask(body, make(door, "sg1.sender", path, body))
        assert good.status in (200, 202), good
        used = make(door, "sg1.sender", path, body)
        assert ask(body, used).status in (200, 202)
        assert ask(body, used).json["reason"] == "SIGNATURE_STALE", "a nonce counts once"
        assert ask(body, make(door, "sg1.sender", "/v1/payments", body)).json["reason"] == "SIGNATURE_WRONG"
        assert ask(body, make(door, "sg2.sender", path, body)).json["reason"] == "SIGNATURE_WRONG"
        assert ask(body, make(door, "sg1.sender", path, body, -400)).json["reason"] in ("SIGNATURE_WRONG", "SIGNATURE_STALE")


def test_a_deed_of_a_machine_is_signed_and_a_look_need_not_be(door: TlsDoor) -> None:
    path = f"/v1/payments/{calm_uetr()}/revocation"
    assert door.ask("sg1", "POST", path).json["reason"] == "SIGNATURE_MISSING"
    signed = door.ask("sg1", "POST", path, **_rfc_9421(door, "sg1.sender", path, b""))
    assert signed.status == 404, "signed, and there is no such payment"
    assert door.ask("sg1", "POST", path, **_jws(door, "sg1.sender", path, b"")).status == 404
    assert door.ask("sg1", "GET", "/v1/queue").status == 200
    wrong = door.ask("sg1", "GET", "/v1/queue", **{JWS_HEADER: "a..b"})
    assert (wrong.status, wrong.json["reason"]) == (403, "SIGNATURE_WRONG"), "what is shown is verified"
    headers = _rfc_9421(door, "sg1.sender", path, b"")
    del headers["Signature"]
    assert door.ask("sg1", "POST", path, **headers).json["reason"] == "SIGNATURE_MISSING"


def _rfc_9421(door: TlsDoor, name: str, path: str, body: bytes, seconds: int = 0) -> dict[str, str]:
    return door.signing(name, "POST", path, body, Instant(int(door.now()) + seconds * 10**9))


def _jws(door: TlsDoor, name: str, path: str, body: bytes, seconds: int = 0) -> dict[str, str]:
    at = Instant(int(door.now()) + seconds * 10**9)
    return {JWS_HEADER: sign_detached(body, door.key(name), door.thumbprint(name), "POST", door.base + path, at)}
