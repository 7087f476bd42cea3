"""Signatures of requests (RFC 9421), in the one form that a hub takes: method, address and body, by the key of a registered certificate."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from fondaco.core import Clock, SystemClock

# How long a signature holds, in seconds; a hub takes none that holds for more than five minutes.
LIFE_S = 60
_TAG = "fondaco"
_S = 1_000_000_000


class RequestSigner:
    """Signs each attempt anew, since a hub takes a signature once. `clock` is the machine's unless another is handed in."""

    def __init__(self, key: EllipticCurvePrivateKey | Ed25519PrivateKey, thumbprint: str, clock: Clock | None = None) -> None:
        elliptic = isinstance(key, EllipticCurvePrivateKey)
        algorithm = algorithms.ECDSA_P256_SHA256 if elliptic else algorithms.ED25519
        self._signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=_Own(key))
        self._thumbprint = thumbprint
        self._clock = clock or SystemClock()

    @classmethod
    def of(cls, certificate: Path, key: Path, password: str | None = None, clock: Clock | None = None) -> RequestSigner:
        """From files in PEM: the certificate that the hub has registered to sign, and its key. Raises `ValueError` for another kind of key."""
        found = load_pem_private_key(key.read_bytes(), password.encode() if password is not None else None)
        if not isinstance(found, EllipticCurvePrivateKey | Ed25519PrivateKey):
            raise ValueError(f"{key.name} is neither a P-256 nor an Ed25519 key")
        der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)
        # RFC 8705 section 3.1: base64url of SHA-256 over the DER, without padding.
        return cls(found, urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode(), clock)

    def sign(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """`Content-Digest`, `Signature-Input` and `Signature` of this request."""
        request = _Request(method, url)
        created = int(self._clock.now()) // _S
        self._signer.sign(
            request, key_id=self._thumbprint, created=datetime.fromtimestamp(created, UTC),
            expires=datetime.fromtimestamp(created + LIFE_S, UTC), nonce=secrets.token_urlsafe(16), label="sig", tag=_TAG,
            covered_component_ids=("@method", "@target-uri"), body=body,
        )  # fmt: skip
        return request.headers


class _Request:
    """A request as the library reads it."""

    def __init__(self, method: str, url: str) -> None:
        self.method = method
        self.url = url
        self.headers: dict[str, str] = {}


class _Own(HTTPSignatureKeyResolver):
    def __init__(self, key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
        self._pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def resolve_private_key(self, key_id: str) -> bytes:
        return self._pem

    def resolve_public_key(self, key_id: str) -> Any:
        raise LookupError("nothing is verified here")
