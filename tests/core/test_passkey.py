"""A passkey's answer as a signature: it holds for the bytes, the place, the key and a verified person, and for nothing else."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import Assertion, PasskeyKey, assertion_fault, assertion_of, is_assertion, passkey_key_fault
from software_authenticator import PRESENT, VERIFIED, Authenticator, asserted

ORIGIN = "https://hub.example"
BYTES = b"fondaco case decision 2\0 what was decided"


def made(origin: str = ORIGIN) -> tuple[Authenticator, PasskeyKey]:
    one = Authenticator(origin, "hub.example")
    return one, PasskeyKey(ORIGIN, one.credential, one.public_key())


def test_it_holds_for_what_was_signed_and_is_kept_whole() -> None:
    one, key = made()
    said = asserted(one, BYTES)
    kept = said.encoded()
    assert is_assertion(kept) and assertion_of(kept) == said
    assert assertion_fault(said, key, BYTES) == ""
    assert assertion_fault(said, key, BYTES + b"!") == "it was made for something else"


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"origin": "https://hub.example:8440"}, "it was made at another place"),
        ({"origin": "https://hub.example.evil.example"}, "it was made at another place"),
        ({"crossOrigin": True}, "it was made at another place"),
        ({"type": "webauthn.create"}, "it is no assertion"),
        ({"challenge": ""}, "it was made for something else"),
    ],
)
def test_what_the_browser_tells_otherwise_is_refused(changes: dict[str, Any], fault: str) -> None:
    one, key = made()
    assert assertion_fault(asserted(one, BYTES, **changes), key, BYTES) == fault


def test_presence_alone_another_site_and_a_changed_byte_are_refused() -> None:
    one, key = made()
    for flags in (PRESENT, VERIFIED, 0):
        one.flags = flags
        assert assertion_fault(asserted(one, BYTES), key, BYTES) == "the authenticator did not verify its user"
    one.flags = PRESENT | VERIFIED
    one.site = "hub.example.evil.example"
    assert assertion_fault(asserted(one, BYTES), key, BYTES) == "it was made for another site"
    one.site = "hub.example"
    said = asserted(one, BYTES)
    for name in ("authenticator_data", "client_data", "signature"):
        raw = getattr(said, name)
        for at in range(0, len(raw), 7):
            other = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            assert assertion_fault(msgspec.structs.replace(said, **{name: other}), key, BYTES) != "", (name, at)
    stranger, _ = made()
    theirs = asserted(stranger, BYTES)
    assert assertion_fault(theirs, key, BYTES) == "it is another passkey's"
    posing = msgspec.structs.replace(theirs, credential=key.credential, public_key=key.public_key)
    assert assertion_fault(posing, key, BYTES) == "the signature does not hold"


def test_one_assertion_has_one_spelling_and_a_plain_signature_is_none() -> None:
    one, _ = made()
    kept = asserted(one, BYTES).encoded()
    for wrong in (kept + b"\0", kept[:-1], kept[:20], b"", kept.replace(b"\x95", b"\xdc\x00\x05", 1), kept + bytes(5000)):
        assert assertion_of(wrong) is None
    plain = Ed25519PrivateKey.generate().sign(BYTES)
    assert not is_assertion(plain) and assertion_of(plain) is None


def test_a_client_data_that_is_no_text_is_refused() -> None:
    one, key = made()
    said = asserted(one, BYTES)
    for raw in (b"", b"\xff", b"[]", b"{}", json.dumps({"type": 1}).encode()):
        other = Assertion(said.credential, said.public_key, said.authenticator_data, raw, said.signature)
        assert assertion_fault(other, key, BYTES) == "the browser's account cannot be read"


def test_which_passkeys_may_be_registered() -> None:
    one, key = made()
    edwards = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    for fine in (key, PasskeyKey("https://hub.example:8440", b"x", edwards), PasskeyKey("http://localhost:8440", b"x", edwards)):
        assert passkey_key_fault(fine) == "", fine
    point = one.public_key()
    for origin, credential, public_key in (
        ("http://hub.example", b"x", point), ("https://hub.example/", b"x", point), ("https://a@hub.example", b"x", point),
        ("hub.example", b"x", point), ("https://[", b"x", point), ("", b"x", point), (ORIGIN, b"", point), (ORIGIN, bytes(1024), point),
        (ORIGIN, b"x", point[:-1]), (ORIGIN, b"x", point[:1] + bytes(64)), (ORIGIN, b"x", bytes([2]) + point[1:33]), (ORIGIN, b"x", b""),
    ):  # fmt: skip
        assert passkey_key_fault(PasskeyKey(origin, credential, public_key)) != "", (origin, credential[:3], public_key[:3])
