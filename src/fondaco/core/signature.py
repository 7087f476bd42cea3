"""Whether a person or a bank signed these bytes: Ed25519 (RFC 8032)."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def signature_holds(public_key: bytes, signature: bytes, material: bytes) -> bool:
    """False for a key or a signature that is none, too."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, material)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public_key: bytes) -> str:
    """SHA-256 of a public key in 64 hexadecimal digits: what two people compare by voice."""
    return hashlib.sha256(public_key).hexdigest()
