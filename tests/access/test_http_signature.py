"""Signed requests, by RFC 9421 and by a detached JWS: nothing that was signed can be bent to another request, body, key or time."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from access_world import NOW, World, bank, later
from fondaco.access import (
    CONNECT,
    SIGN,
    Grant,
    Request,
    read_certificate,
    request_of,
    sign_detached,
    sign_request,
    verify_detached,
    verify_request,
)
from fondaco.core import Instant, Reason, Refusal

URL = "https://hub.example/v1/quotes?pair=SGDTHB"
BODY = b'{"rate": "26.35", "amount": "100.00"}'


def reason(answer: object) -> Reason:
    assert isinstance(answer, Refusal), answer
    return answer.reason


class Bank:
    """One that signs, with a key of its own."""

    def __init__(
        self, world: World, name: str = "bank-a.signer", institution: str = "ZZBASG01", purpose: str = SIGN, edwards: bool = False
    ) -> None:
        self.world = world
        der = world.machine(name, grant=bank(name, institution), purpose=purpose, at=later(-1000), edwards=edwards)
        self.thumbprint = read_certificate(der).thumbprint
        self.key: Any = load_pem_private_key((world.folder / "ca" / f"{name}.key").read_bytes(), None)

    def request(self, method: str = "POST", url: str = URL, body: bytes = BODY, at: Instant = NOW, seconds: int = 60) -> Request:
        made = Request(method, url, {})
        sign_request(made, body, self.key, self.thumbprint, at, seconds)
        return made

    def jws(self, method: str = "POST", url: str = URL, body: bytes = BODY, at: Instant = NOW, seconds: int = 60) -> str:
        return sign_detached(body, self.key, self.thumbprint, method, url, at, seconds)


@pytest.fixture
def signing(world: World) -> Bank:
    return Bank(world)


def http(world: World, request: Request, body: bytes = BODY, at: Instant = NOW) -> Grant | Refusal:
    return verify_request(request, body, world.register, world.seen, at)


def jws(
    world: World, signature: str, body: bytes = BODY, method: str = "POST", url: str = URL, at: Instant = NOW
) -> Grant | Refusal:
    return verify_detached(signature, body, method, url, world.register, world.seen, at)


# RFC 9421


def test_a_signed_request_is_its_banks_once(world: World, signing: Bank) -> None:
    request = signing.request()
    assert request.headers.keys() >= {"Content-Digest", "Signature", "Signature-Input"}
    asgi = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    read = request_of("POST", "https://hub.example", "/v1/quotes?pair=SGDTHB", asgi)
    assert isinstance(read, Request)
    answer = http(world, read)
    assert isinstance(answer, Grant)
    assert answer.institution == "ZZBASG01"
    assert reason(http(world, read)) is Reason.SIGNATURE_STALE, "the nonce counts once"
    world.store.close()
    world.open()
    assert reason(http(world, read)) is Reason.SIGNATURE_STALE, "also after a restart"


def lowered(request: Request) -> Request:
    request.headers = {name.lower(): value for name, value in request.headers.items()}
    return request


def changed(request: Request, **changes: str) -> Request:
    return Request(changes.get("method", request.method), changes.get("url", request.url), lowered(request).headers)


def test_another_method_target_or_body_is_refused(world: World, signing: Bank) -> None:
    request = lowered(signing.request())
    assert reason(http(world, changed(request, method="DELETE"))) is Reason.SIGNATURE_WRONG
    for url in (
        "https://hub.example/v1/quotes?pair=SGDIDR",
        "https://hub.example/v1/payments",
        "https://else.example/v1/quotes?pair=SGDTHB",
    ):
        assert reason(http(world, changed(request, url=url))) is Reason.SIGNATURE_WRONG
    for body in (BODY.replace(b"100.00", b"900.00"), b"", BODY + b" "):
        assert reason(http(world, request, body)) is Reason.SIGNATURE_WRONG
    assert isinstance(http(world, request), Grant), "none of the attempts used the nonce up"


def test_a_digest_or_coverage_that_is_missing_is_refused(world: World, signing: Bank) -> None:
    request = lowered(signing.request())
    without = Request(request.method, request.url, {k: v for k, v in request.headers.items() if k != "content-digest"})
    assert reason(http(world, without)) is Reason.SIGNATURE_WRONG
    for part in ('"@method" ', '"@target-uri" ', ' "content-digest"'):
        headers = request.headers | {"signature-input": request.headers["signature-input"].replace(part, "")}
        assert reason(http(world, Request(request.method, request.url, headers))) is Reason.SIGNATURE_WRONG
    assert reason(http(world, Request("POST", URL, {}))) is Reason.SIGNATURE_MISSING
    assert reason(http(world, Request("POST", URL, {"signature": "x", "signature-input": "y"}))) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize(
    ("old", "new"),
    [('tag="fondaco"', 'tag="other"'), ("created=", "created=1"), ("expires=", "expires=9"), ('nonce="', 'nonce="x'), ('alg="', 'alg="hmac-'), ('keyid="', 'keyid="x')],
)  # fmt: skip
def test_a_changed_parameter_is_refused(world: World, signing: Bank, old: str, new: str) -> None:
    request = lowered(signing.request())
    assert old in request.headers["signature-input"]
    headers = request.headers | {"signature-input": request.headers["signature-input"].replace(old, new)}
    assert reason(http(world, Request(request.method, request.url, headers))) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize(
    ("seconds", "at", "counts"),
    [(60, 64, True), (60, 65, False), (60, -5, True), (60, -6, False), (300, 0, True), (301, 0, False)],
)
def test_a_signature_has_its_time(world: World, signing: Bank, seconds: int, at: int, counts: bool) -> None:
    answer = http(world, lowered(signing.request(seconds=seconds)), at=later(at))
    assert isinstance(answer, Grant) is counts
    assert isinstance(jws(world, signing.jws(seconds=seconds), at=later(at)), Grant) is counts


def test_only_a_certificate_registered_to_sign_and_in_force_signs(world: World, signing: Bank) -> None:
    connects = Bank(world, "bank-a", purpose=CONNECT)
    assert reason(http(world, lowered(connects.request()))) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, connects.jws())) is Reason.SIGNATURE_WRONG
    other = Bank(world, "bank-b.signer", "ZZBBSG02")
    other.thumbprint = signing.thumbprint  # says it is the first bank
    assert reason(http(world, lowered(other.request()))) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, other.jws())) is Reason.SIGNATURE_WRONG
    signing.key = Ed25519PrivateKey.generate()
    assert reason(http(world, lowered(signing.request()))) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, signing.jws())) is Reason.SIGNATURE_WRONG
    assert isinstance(http(world, lowered(Bank(world, "bank-c.signer").request())), Grant)
    signing = Bank(world, "bank-d.signer")
    world.register.revoke(signing.thumbprint, "operator-1", "lost", NOW)
    assert reason(http(world, lowered(signing.request()))) is Reason.NOT_RECOGNISED
    assert reason(jws(world, signing.jws())) is Reason.NOT_RECOGNISED


def test_a_header_twice_is_refused_before_anything_is_read() -> None:
    twice = [(b"signature", b"a"), (b"Signature", b"b")]
    assert reason(request_of("POST", "https://hub.example", "/", twice)) is Reason.SIGNATURE_WRONG
    assert reason(request_of("POST", "https://hub.example", "/", [(b"signature", b"a" * 20_000)])) is Reason.SIGNATURE_WRONG


def test_a_bodiless_request_is_signed_too(world: World, signing: Bank) -> None:
    request = lowered(signing.request("GET", body=b""))
    assert isinstance(http(world, request, b""), Grant)
    assert reason(http(world, lowered(signing.request("GET", body=b"")), b"x")) is Reason.SIGNATURE_WRONG


def test_an_ed25519_key_signs_requests_and_json(world: World) -> None:
    edwards = Bank(world, "bank-e.signer", edwards=True)
    assert isinstance(http(world, lowered(edwards.request())), Grant)
    assert isinstance(jws(world, edwards.jws()), Grant)
    assert reason(jws(world, rewritten(edwards.jws(), lambda said: said | {"alg": "ES256"}))) is Reason.SIGNATURE_WRONG


# Detached JWS


def test_a_detached_signature_is_its_banks_once(world: World, signing: Bank) -> None:
    signature = signing.jws()
    assert signature.split(".")[1] == "", "the body is not in it"
    answer = jws(world, signature)
    assert isinstance(answer, Grant)
    assert answer.institution == "ZZBASG01"
    assert reason(jws(world, signature)) is Reason.SIGNATURE_STALE


def test_another_body_method_or_target_is_refused_for_json_too(world: World, signing: Bank) -> None:
    signature = signing.jws()
    assert reason(jws(world, signature, BODY.replace(b"100.00", b"900.00"))) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, signature, b"")) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, signature, method="PUT")) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, signature, url=URL + "&x=1")) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, "")) is Reason.SIGNATURE_MISSING
    assert isinstance(jws(world, signature), Grant)


def rewritten(signature: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    head, _, tail = signature.split(".")
    said = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return f"{urlsafe_b64encode(json.dumps(change(said)).encode()).rstrip(b'=').decode()}..{tail}"


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA"}, {"alg": "Ed25519"}, {"b64": True}, {"crit": []}, {"crit": ["b64", "x"]}, {"kid": "x"}, {"kid": 7},
        {"htu": "https://hub.example/else"}, {"htm": "GET"}, {"iat": "now"}, {"exp": True}, {"jti": ""}, {"jti": None}, {"jku": "https://else.example"},
        {"jwk": {}}, {"x5c": []}, {"exp": 9_999_999_999},
    ],
    ids=str,
)  # fmt: skip
def test_a_changed_header_is_refused(world: World, signing: Bank, change: dict[str, Any]) -> None:
    assert reason(jws(world, rewritten(signing.jws(), lambda said: said | change))) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize("broken", ["x", "..", "a..b", "a.b.c", "a..", "..b", "a..b.c", "a" * 5000, "ä..ü", "a...b"])
def test_what_is_no_signature_is_refused(world: World, broken: str) -> None:
    assert reason(jws(world, broken)) is Reason.SIGNATURE_WRONG


def test_a_signature_with_a_body_inside_or_none_at_all_is_refused(world: World, signing: Bank) -> None:
    head, _, tail = signing.jws().split(".")
    inside = urlsafe_b64encode(BODY).rstrip(b"=").decode()
    assert reason(jws(world, f"{head}.{inside}.{tail}")) is Reason.SIGNATURE_WRONG
    assert reason(jws(world, f"{head}..")) is Reason.SIGNATURE_WRONG
