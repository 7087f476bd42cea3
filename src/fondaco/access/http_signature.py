"""Signatures of HTTP requests: RFC 9421 with Content-Digest (RFC 9530), for JSON and whatever else is no ISO message.

A signature covers method, whole target and body, has `created`, `expires` at most five minutes later, a nonce that counts once, and names a
registered certificate by its thumbprint (`keyid`). The target is made of the hub's own address, never of what a Host header says.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)

from fondaco.access.caller import Grant
from fondaco.access.register import SIGN, Register, standing_fault
from fondaco.access.seen import SeenBefore, Sight
from fondaco.core import Instant, Reason, Refusal

TAG = "fondaco"
COVERED = ("@method", "@target-uri", "content-digest")
LIFE_S_MAX, SKEW_S = 300, 5
_S = 1_000_000_000
_KEY_ID = re.compile(r';keyid="([\w-]{43})"')
_HEADERS_BYTES_MAX = 16 * 1024


class Request:
    """A request as the library reads it: `url` absolute, as the hub itself is addressed."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        self.method = method
        self.url = url
        self.headers = dict(headers)


def request_of(method: str, base: str, target: str, headers: Sequence[tuple[bytes, bytes]]) -> Request | Refusal:
    """The request of an ASGI scope. `base` is the hub's own address without a path, `target` the raw path with its query."""
    names = ("signature", "signature-input", "content-digest")
    found: dict[str, str] = {}
    for name, value in headers:
        text = name.decode("latin-1").lower()
        if text in names:
            if text in found or len(value) > _HEADERS_BYTES_MAX:
                return Refusal(Reason.SIGNATURE_WRONG, text, "more than once, or too long")
            found[text] = value.decode("latin-1")
    return Request(method, base + target, found)


def key_id_of(signature_input: str) -> str:
    """The thumbprint that a request names as its key, "" for none or several: to look it up, not to believe it."""
    named: list[str] = _KEY_ID.findall(signature_input)
    return named[0] if len(named) == 1 else ""


def verify_request(request: Request, body: bytes, register: Register, seen: SeenBefore, at: Instant) -> Grant | Refusal:
    """Who signed this request, now, and for the first time; or why nobody did."""
    if not {"signature", "signature-input"} <= request.headers.keys():
        return Refusal(Reason.SIGNATURE_MISSING, "signature", "none")
    # Looked up by what the request says, believed when the library has verified that very parameter under the key that was found.
    named = key_id_of(request.headers["signature-input"])
    known = register.find(named) if named else None
    if known is None or known.purpose != SIGN:
        return Refusal(Reason.SIGNATURE_WRONG, "keyid", "its certificate is not registered to sign")
    late = standing_fault(known, at) or register.crl_fault(known.facts, at)
    if late is not None:
        return late
    key = known.facts.loaded().public_key()
    algorithm = algorithms.ECDSA_P256_SHA256 if isinstance(key, EllipticCurvePublicKey) else algorithms.ED25519
    verifier = _Verifier(signature_algorithm=algorithm, key_resolver=_Registered(named, key))
    verifier.at = at
    try:
        (result,) = verifier.verify(request, expect_tag=TAG, require_components=COVERED, body=body, max_age=None)
    except (InvalidSignature, HTTPMessageSignaturesException, ValueError) as fault:
        return Refusal(Reason.SIGNATURE_WRONG, "signature", str(fault)[:200])
    if result.body != body or not result.nonce:
        return Refusal(Reason.SIGNATURE_WRONG, "signature", "the body is not signed, or there is no nonce")
    until = Instant((int(result.parameters["expires"]) + SKEW_S) * _S)
    again = seen.note([Sight(f"http {known.grant.name}", result.nonce, body, until)], at)[0]
    return again if again is not None else known.grant


def sign_request(
    request: Request,
    body: bytes,
    key: EllipticCurvePrivateKey | Ed25519PrivateKey,
    thumbprint: str,
    at: Instant,
    seconds: int = 60,
) -> None:
    """Add `Content-Digest`, `Signature-Input` and `Signature` to the request's headers."""
    algorithm = algorithms.ECDSA_P256_SHA256 if isinstance(key, EllipticCurvePrivateKey) else algorithms.ED25519
    signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=_Own(key))
    created = datetime.fromtimestamp(int(at) // _S, UTC)
    signer.sign(
        request, key_id=thumbprint, created=created, expires=datetime.fromtimestamp(int(at) // _S + seconds, UTC),
        nonce=secrets.token_urlsafe(16), label="sig", tag=TAG, covered_component_ids=COVERED[:2], body=body,
    )  # fmt: skip


class _Verifier(HTTPMessageVerifier):
    """The library's, with the instant handed in instead of its clock."""

    at: Instant = Instant(0)

    def validate_created_and_expires(self, sig_input: Any, max_age: object = None) -> None:
        created, expires, now = sig_input.params.get("created"), sig_input.params.get("expires"), int(self.at) // _S
        if type(created) is not int or type(expires) is not int:
            raise InvalidSignature("created and expires are whole seconds")
        if created > now + SKEW_S or now >= expires + SKEW_S or expires - created > LIFE_S_MAX:
            raise InvalidSignature("of the future, over, or longer than five minutes")


class _Registered(HTTPSignatureKeyResolver):
    """The one key that was looked up."""

    def __init__(self, key_id: str, key: Any) -> None:
        self._key_id = key_id
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:
        return self._key if key_id == self._key_id else None

    def resolve_private_key(self, key_id: str) -> Any:
        raise LookupError("nothing is signed here")


class _Own(HTTPSignatureKeyResolver):
    def __init__(self, key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
        self._pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def resolve_private_key(self, key_id: str) -> bytes:
        return self._pem

    def resolve_public_key(self, key_id: str) -> Any:
        raise LookupError("nothing is verified here")
