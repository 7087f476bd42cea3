"""An authenticator of passkeys in software: what a browser and a security key would answer, and every wrong answer that a test wants."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fondaco.core import Assertion, challenge_of

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_of(told: str) -> bytes:
    return urlsafe_b64decode(told + "=" * (-len(told) % 4))


class Authenticator:
    """One key pair of P-256, with the account that it was made for."""

    def __init__(self, origin: str, site: str) -> None:
        self.origin, self.site = origin, site
        self.key = generate_private_key(SECP256R1())
        # Drawn, not made of the object's id: that is another object's once this one is gone.
        self.credential = secrets.token_bytes(32)
        self.handle = b""
        self.count = 0
        self.flags = PRESENT | VERIFIED

    def public_key(self) -> bytes:
        """The point of P-256, uncompressed."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def create(self, options: str, **changes: Any) -> str:
        """The answer to `navigator.credentials.create`, with attestation `none`."""
        asked = json.loads(options)
        self.handle = raw_of(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cose
        data = self._data(self.flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], changes)
        return self._told({"clientDataJSON": text(client), "attestationObject": text(attestation)})

    def get(self, options: str, **changes: Any) -> str:
        """The answer to `navigator.credentials.get`."""
        self.count += changes.pop("counted", 1)
        client = self._client("webauthn.get", json.loads(options)["challenge"], changes)
        data = self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(hashes.SHA256()))
        handle = changes.get("handle", self.handle)
        return self._told(
            {
                "clientDataJSON": text(client),
                "authenticatorData": text(data),
                "signature": text(signature),
                "userHandle": text(handle),
            }
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | {name: value for name, value in changes.items() if name in told}).encode()

    def _told(self, response: dict[str, str]) -> str:
        told = {"id": text(self.credential), "rawId": text(self.credential), "type": "public-key", "response": response}
        return json.dumps(told | {"clientExtensionResults": {}})


def asserted(one: Authenticator, material: bytes, **changes: Any) -> Assertion:
    """What the authenticator answers to the digest of some bytes, as the hub keeps it."""
    told = json.loads(one.get(json.dumps({"challenge": text(challenge_of(material))}), **changes))["response"]
    parts = [raw_of(told[name]) for name in ("authenticatorData", "clientDataJSON", "signature")]
    return Assertion(one.credential, one.public_key(), *parts)
