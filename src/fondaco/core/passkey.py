"""Whether somebody's passkey signed these bytes: an assertion of WebAuthn (level 3, section 7.2) whose challenge is their SHA-256.

What an authenticator signs is its own data and the browser's account of the ceremony, and that account holds the challenge. So an
assertion is a signature upon the bytes, made where the person is; it is kept whole, and anybody may check it again at any time. Pure.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from fondaco.core.signature import signature_holds

_LEAD = b"fondaco assertion 1\0"
# Of authenticator data (section 6.1): a digest, one byte of flags, a count; what extensions add stands behind.
_DATA_MIN, _FLAGS_AT = 37, 32
_PRESENT, _VERIFIED = 0x01, 0x04
ASSERTION_BYTES_MAX = 4096
_POINT, _EDWARDS = 65, 32


class PasskeyKey(msgspec.Struct, frozen=True, array_like=True):
    """The public half of a passkey: made at `origin`, known by its credential's id. `public_key` is an uncompressed point of P-256 (65 bytes)
    or an Ed25519 key (32 bytes)."""

    origin: str
    credential: bytes
    public_key: bytes

    @property
    def site(self) -> bytes:
        """SHA-256 of the relying party's id, which is the origin's host."""
        return hashlib.sha256((urlsplit(self.origin).hostname or "").encode()).digest()


class Assertion(msgspec.Struct, frozen=True, array_like=True):
    """All that an authenticator and its browser answered, and the key under which it is to hold."""

    credential: bytes
    public_key: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    def encoded(self) -> bytes:
        """As it stands where another signature would; `assertion_of` reads it. No Ed25519 signature is as long."""
        return _LEAD + msgspec.msgpack.encode(self)


class _ClientData(msgspec.Struct):
    """What of `clientDataJSON` is looked at; browsers may say more (section 5.8.1)."""

    type: str
    challenge: str
    origin: str
    crossOrigin: bool = False  # noqa: N815 - the standard's name
    topOrigin: str = ""  # noqa: N815


def is_assertion(signature: bytes) -> bool:
    return signature.startswith(_LEAD)


def assertion_of(signature: bytes) -> Assertion | None:
    """None for what is none, or is written in another way than `encoded` writes it: one assertion has one spelling."""
    if not is_assertion(signature) or len(signature) > ASSERTION_BYTES_MAX:
        return None
    try:
        found = msgspec.msgpack.decode(signature[len(_LEAD) :], type=Assertion)
    except msgspec.DecodeError:
        return None
    return found if found.encoded() == signature else None


def challenge_of(material: bytes) -> bytes:
    """What the authenticator is asked to answer, so that its answer is a signature upon `material`."""
    return hashlib.sha256(material).digest()


def assertion_fault(said: Assertion, key: PasskeyKey, material: bytes) -> str:
    """What does not hold of an assertion upon `material` under `key`, "" for nothing. Present and verified is asked of the user; an assertion
    made in a frame of another's page is none."""
    if (said.credential, said.public_key) != (key.credential, key.public_key):
        return "it is another passkey's"
    try:
        told = msgspec.json.decode(said.client_data, type=_ClientData)
    except msgspec.DecodeError:
        return "the browser's account cannot be read"
    wanted = urlsafe_b64encode(challenge_of(material)).rstrip(b"=").decode()
    if told.type != "webauthn.get":
        return "it is no assertion"
    if told.challenge != wanted:
        return "it was made for something else"
    if told.origin != key.origin or told.crossOrigin or told.topOrigin:
        return "it was made at another place"
    data = said.authenticator_data
    if len(data) < _DATA_MIN or data[:_FLAGS_AT] != key.site:
        return "it was made for another site"
    if not data[_FLAGS_AT] & _PRESENT or not data[_FLAGS_AT] & _VERIFIED:
        return "the authenticator did not verify its user"
    signed = data + hashlib.sha256(said.client_data).digest()
    return "" if _holds(key.public_key, said.signature, signed) else "the signature does not hold"


def word_fault(public_key: bytes, passkeys: Sequence[PasskeyKey], signature: bytes, material: bytes) -> str:
    """Why this is a signature upon `material` neither of the Ed25519 key nor of any of the passkeys, "" when it is. Pure."""
    if not is_assertion(signature):
        return "" if signature_holds(public_key, signature, material) else "the signature does not hold"
    said = assertion_of(signature)
    if said is None:
        return "it is no assertion"
    key = next((one for one in passkeys if one.credential == said.credential), None)
    return assertion_fault(said, key, material) if key is not None else "it is no passkey of this officer's"


def passkey_key_fault(key: PasskeyKey) -> str:
    """Why this is no passkey that may be registered, "" for nothing."""
    try:
        parts = urlsplit(key.origin)
    except ValueError:
        return "an origin is a scheme and a host"
    if f"{parts.scheme}://{parts.netloc}" != key.origin or not parts.hostname or parts.username is not None:
        return "an origin is a scheme and a host, with a port where it is not the scheme's own"
    if parts.scheme != "https" and parts.hostname != "localhost":
        return "an origin is https (http for localhost alone)"
    if not 1 <= len(key.credential) <= 1023:
        return "a credential's id has 1 to 1023 bytes"
    if len(key.public_key) == _EDWARDS:
        return ""
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key.public_key)
    except ValueError:
        return "a public key is a point of P-256 (65 bytes, uncompressed) or an Ed25519 key (32 bytes)"
    return "" if len(key.public_key) == _POINT else "a point stands uncompressed"


def _holds(public_key: bytes, signature: bytes, signed: bytes) -> bool:
    if len(public_key) == _EDWARDS:
        return signature_holds(public_key, signature, signed)
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key).verify(signature, signed, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
