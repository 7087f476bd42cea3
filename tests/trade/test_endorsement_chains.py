"""Chains of an earlier prototype of endorsement, read as evidence for decision 0037: what an id must cover, and who must have signed.

The chains are DCSA's (EndorsementChain, Apache-2.0); they are not ours to ship, so this is skipped where they are not at hand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

SHARED = Path(os.environ.get("FONDACO_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CHAINS = SHARED / "data" / "trade" / "dcsa" / "endorsement-chains"
pytestmark = pytest.mark.skipif(not CHAINS.exists(), reason="the chains are not at hand")


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_of(jwk: dict[str, str]) -> RSAPublicKey:
    return RSAPublicNumbers(*(int.from_bytes(plain(jwk[one]), "big") for one in ("e", "n"))).public_key()


def blocks() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Each block by its id: as it is kept, and what its payload says."""
    kept = {path.name[5:]: json.loads(path.read_text())["transferBlock"] for path in sorted(CHAINS.iterdir())}
    return {name: (block, json.loads(plain(block["payload"]))) for name, block in kept.items()}


def digest(block: dict[str, Any], signatures: int | None = None) -> str:
    covered = {**block, "signatures": block["signatures"][:signatures]}
    return hashlib.sha256(json.dumps(covered, separators=(",", ":")).encode()).hexdigest()


def signed_by(block: dict[str, Any], number: int, key: RSAPublicKey) -> bool:
    word = block["signatures"][number]
    try:
        key.verify(plain(word["signature"]), f"{word['protected']}.{block['payload']}".encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def test_an_id_that_a_later_signature_is_not_part_of_says_nothing_of_it() -> None:
    found = blocks()
    assert len(found) == 11
    whole = {name for name, (block, _) in found.items() if digest(block) == name}
    assert len(whole) == 10
    ((name, (block, _)),) = [one for one in found.items() if one[0] not in whole]
    assert len(block["signatures"]) == 2
    assert digest(block, 1) == name


def test_whoever_had_it_before_signed_that_it_goes_on() -> None:
    found = blocks()
    checked = 0
    for block, said in found.values():
        before = said["previousBlockHash"]
        if before is None:
            continue
        former_block, former = found[before]
        registry = former["blockPayload"].get("nextRegistryJWK")
        # Where it came from another platform, that platform's registry named the next one's key, and the next registry signed.
        giver = key_of(registry["keys"][0] if registry else former["transferee"])
        assert signed_by(block, 0, giver), said
        assert len(former_block["signatures"]) == (2 if registry else 1)
        checked += 1
    assert checked == 7


def test_a_changed_block_is_another_block_and_nobody_signed_it() -> None:
    found = blocks()
    for name, (block, said) in found.items():
        raw = bytearray(plain(block["payload"]))
        raw[len(raw) // 2] ^= 1
        changed = {**block, "payload": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}
        assert digest(changed, 1) != name
        former = found.get(said["previousBlockHash"] or "")
        if former is not None and "nextRegistryJWK" not in former[1]["blockPayload"]:
            assert not signed_by(changed, 0, key_of(former[1]["transferee"]))
