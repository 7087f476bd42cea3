"""The hub's own secrets for access: one file beside the store, never in a backup; everything else is derived from it.

Lost with its machine, tokens end within minutes anyway, and people who use codes are reset by two others.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import OKPKey

FILE = "access.key"
_BYTES = 32
_NONCE_BYTES = 12


class Keys:
    """The secrets of a folder; made at the first time. Every process of the hub reads the same."""

    def __init__(self, folder: Path) -> None:
        self._master = _read_or_make(folder / FILE)
        self._seal = AESGCM(self._derived(b"fondaco totp 1"))

    def token_key(self) -> OKPKey:
        """What tokens are signed with: Ed25519."""
        key = Ed25519PrivateKey.from_private_bytes(self._derived(b"fondaco token 1"))
        return OKPKey.import_key(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def sealed(self, secret: bytes, about: str) -> bytes:
        """A secret that the store keeps for somebody; it opens for the same somebody alone."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, secret, about.encode())

    def opened(self, sealed: bytes, about: str) -> bytes | None:
        """None for what was sealed under another key, for another, or not at all."""
        try:
            return self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError):
            return None

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(hashes.SHA256(), _BYTES, None, purpose).derive(self._master)


def _read_or_make(path: Path) -> bytes:
    """Whole or not there: two processes that start together end with one."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, os.urandom(_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with contextlib.suppress(FileExistsError):  # another process was first
            path.hardlink_to(draft)
        draft.unlink()
    master = path.read_bytes()
    assert len(master) == _BYTES, f"{path} is not as it was made"
    return master
