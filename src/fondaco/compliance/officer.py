"""Officers of compliance, and the two forms in which one of them signs: an Ed25519 key, or a passkey that the rulebook names as the officer's."""

from __future__ import annotations

import msgspec

from fondaco.core import PasskeyKey, assertion_fault, assertion_of, is_assertion, signature_holds


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
    if not is_assertion(signature):
        return "" if signature_holds(officer.public_key, signature, material) else "the signature does not hold"
    said = assertion_of(signature)
    if said is None:
        return "it is no assertion"
    key = next((one for one in officer.passkeys if one.credential == said.credential), None)
    return assertion_fault(said, key, material) if key is not None else "it is no passkey of this officer's"
