"""Officers of compliance, and the two forms in which one of them signs: an Ed25519 key, or a passkey that the rulebook names as the officer's."""

from __future__ import annotations

import msgspec

from fondaco.core import PasskeyKey, word_fault


class Officer(msgspec.Struct, frozen=True):
    """A person whom the rulebook names; `public_key` is the raw Ed25519 key of 32 bytes. What any of `passkeys` signs is the officer's, too."""

    officer_id: str
    name: str
    roles: frozenset[str]
    public_key: bytes
    passkeys: tuple[PasskeyKey, ...] = ()

    @property
    def keys(self) -> frozenset[bytes]:
        """Every public key that signs for this officer: who shares one with another is one person."""
        return frozenset({self.public_key, *(one.public_key for one in self.passkeys)})


def signature_fault(officer: Officer, signature: bytes, material: bytes) -> str:
    """Why this is no signature of the officer's upon `material`, "" when it is. Pure."""
    return word_fault(officer.public_key, officer.passkeys, signature, material)
