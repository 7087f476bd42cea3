"""Tokens: bound to the certificate, short, and deaf to every known trick with algorithms and claims."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from access_world import ISSUER, NOW, World, bank, later, scope
from fondaco.access import Caller, Granted, Proof, SeenBefore, Sight, Tokens, read_certificate
from fondaco.core import Instant, Reason, Refusal

S = int(NOW) // 1_000_000_000


def key_of(world: World, name: str) -> ECKey:
    return ECKey.import_key((world.folder / "ca" / f"{name}.key").read_bytes())


def assertion(key: Any, header: dict[str, Any] | None = None, **claims: Any) -> str:
    told = {"iss": "bank-a", "sub": "bank-a", "aud": ISSUER, "iat": S, "exp": S + 60, "jti": "one"} | claims
    told = {name: value for name, value in told.items() if value is not None}
    made = {"alg": "ES256"} | (header or {})
    return jwt.encode(made, told, key, [made["alg"]])


def reason(answer: object) -> Reason:
    assert isinstance(answer, Refusal), answer
    return answer.reason


def granted(world: World, der: bytes, **words: str) -> str:
    answer = world.tokens.grant(der, NOW, **words)
    assert isinstance(answer, Granted), answer
    assert (answer.token_type, answer.expires_in) == ("Bearer", 300)
    return answer.access_token


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def encoded(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_is_bound_short_and_says_what_it_is(world: World) -> None:
    der = world.machine("bank-a")
    token = granted(world, der, client_id="bank-a")
    assert part(token, 0) == {"alg": "ES256", "typ": "at+jwt"}
    claims = part(token, 1)
    assert claims["cnf"] == {"x5t#S256": read_certificate(der).thumbprint}
    assert len(claims["cnf"]["x5t#S256"]) == 43, "base64url of SHA-256 without padding"
    assert (claims["iss"], claims["aud"], claims["sub"], claims["exp"] - claims["iat"]) == (ISSUER, ISSUER, "bank-a", 300)
    caller = world.tokens.recognise(token, der, NOW)
    assert isinstance(caller, Caller)
    assert (caller.name, caller.institution, caller.proof) == ("bank-a", "ZZBASG01", Proof.TOKEN)


def test_a_stolen_token_opens_nothing(world: World) -> None:
    der, other = world.machine("bank-a"), world.machine("bank-b", grant=bank("bank-b", "ZZBBSG02"))
    token = granted(world, der)
    assert reason(world.tokens.recognise(token, other, NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.tokens.recognise(token, b"", NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.tokens.recognise(token, b"no certificate", NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.gate.authenticate(scope(authorization=f"Bearer {token}"), NOW)) is Reason.NOT_RECOGNISED
    pem = (world.folder / "ca" / "bank-b.pem").read_text()
    assert reason(world.gate.authenticate(scope(certificate=pem, authorization=f"Bearer {token}"), NOW)) is Reason.NOT_RECOGNISED
    pem = (world.folder / "ca" / "bank-a.pem").read_text()
    assert isinstance(world.gate.authenticate(scope(certificate=pem, authorization=f"bearer {token}"), NOW), Caller)


def test_a_wrong_token_is_never_passed_over_for_the_certificate_beside_it(world: World) -> None:
    world.machine("bank-a")
    pem = (world.folder / "ca" / "bank-a.pem").read_text()
    for header in ("Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer"):
        answer = world.gate.authenticate(scope(certificate=pem, authorization=header), NOW)
        assert isinstance(answer, Refusal) or header == "Bearer", header
    both = scope(certificate=pem, authorization="Bearer x", cookie="__Host-fondaco=y")
    assert reason(world.gate.authenticate(both, NOW)) is Reason.NOT_RECOGNISED


def test_revoking_the_certificate_ends_its_tokens(world: World) -> None:
    der = world.machine("bank-a")
    token = granted(world, der)
    world.register.revoke(read_certificate(der).thumbprint, "operator-1", "lost", NOW)
    assert reason(world.tokens.recognise(token, der, NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.tokens.grant(der, NOW)) is Reason.NOT_RECOGNISED


def test_a_token_that_is_known_is_asked_everything_but_its_signature_again(world: World) -> None:
    der, other = world.machine("bank-a"), world.machine("bank-b", grant=bank("bank-b", "ZZBBSG02"))
    token = granted(world, der)
    assert isinstance(world.tokens.recognise(token, der, NOW), Caller)
    assert isinstance(world.tokens.recognise(token, der, NOW), Caller)
    assert reason(world.tokens.recognise(token, other, NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.tokens.recognise(token, der, later(400))) is Reason.SIGNATURE_STALE
    head, claims, _ = token.split(".")
    assert reason(world.tokens.recognise(f"{head}.{claims}.AAAA", der, NOW)) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize(("seconds", "counts"), [(-6, False), (-5, True), (304, True), (305, False)])
def test_a_token_has_its_time(world: World, seconds: int, counts: bool) -> None:
    der = world.machine("bank-a", at=later(-1000), days=90)
    token = granted(world, der)
    assert isinstance(world.tokens.recognise(token, der, later(seconds)), Caller) is counts


def confused(header: dict[str, Any], claims: dict[str, Any], public: bytes) -> str:
    """An HMAC whose secret is the public key, as text: what a library that believes the header would take."""
    body = f"{encoded(header)}.{encoded(claims)}"
    return f"{body}.{urlsafe_b64encode(hmac.digest(public, body.encode(), 'sha256')).rstrip(b'=').decode()}"


def forged(world: World, der: bytes, header: dict[str, Any], claims: dict[str, Any], key: Any, algorithms: list[str]) -> str:
    told = part(granted(world, der), 1) | claims
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"} | header, told, key, algorithms, default_type=None)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://else.example"},
        {"aud": "https://else.example"},
        {"aud": [ISSUER, "https://else.example"]},
        {"aud": None},
        {"exp": S - 10},
        {"exp": S + 100_000},
        {"exp": None},
        {"exp": "never"},
        {"exp": True},
        {"nbf": S + 100},
        {"iat": S + 100},
        {"cnf": None},
        {"cnf": {}},
        {"cnf": {"x5t#S256": "A" * 43}},
        {"cnf": "x5t#S256"},
        {"sub": "bank-b"},
    ],
)
def test_a_token_of_our_own_key_with_other_claims_is_refused(world: World, claims: dict[str, Any]) -> None:
    """As if the key had signed for another purpose: each claim counts by itself."""
    der = world.machine("bank-a")
    token = forged(world, der, {}, claims, world.tokens._key, ["ES256"])
    assert reason(world.tokens.recognise(token, der, NOW)) in (Reason.NOT_RECOGNISED, Reason.SIGNATURE_STALE)


def test_other_algorithms_keys_and_types_are_refused(world: World) -> None:
    der = world.machine("bank-a")
    own = world.tokens._key
    good = granted(world, der)
    header, claims, signature = good.split(".")
    public = own.as_pem(private=False)
    attempts = {
        "none": f"{encoded({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.",
        "none, signed": f"{encoded({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.{signature}",
        "None": f"{encoded({'alg': 'NoNe', 'typ': 'at+jwt'})}.{claims}.",
        "no alg": f"{encoded({'typ': 'at+jwt'})}.{claims}.{signature}",
        "confusion": confused({"alg": "HS256", "typ": "at+jwt"}, part(good, 1), public),
        "another key": forged(world, der, {}, {}, ECKey.generate_key("P-256"), ["ES256"]),
        "another curve": forged(world, der, {"alg": "Ed25519"}, {}, OKPKey.generate_key("Ed25519"), ["Ed25519"]),
        "embedded key": forged(world, der, {"jwk": ECKey.generate_key("P-256").as_dict(private=False)}, {}, ECKey.generate_key("P-256"), ["ES256"]),
        "another type": forged(world, der, {"typ": "JWT"}, {}, own, ["ES256"]),
        "no type": jwt.encode({"alg": "ES256"}, part(good, 1), own, ["ES256"], default_type=None),
        "crit": f"{encoded({'alg': 'ES256', 'typ': 'at+jwt', 'crit': ['b64'], 'b64': False})}.{claims}.{signature}",
        "altered": f"{header}.{encoded(part(good, 1) | {'sub': 'bank-b'})}.{signature}",
        "stripped": f"{header}.{claims}.",
        "short": f"{header}.{claims}",
        "zero signature": f"{header}.{claims}.{urlsafe_b64encode(bytes(64)).rstrip(b'=').decode()}",
        "long": good + "A" * 9000,
        "not ascii": good + "ü",
    }  # fmt: skip
    for name, token in attempts.items():
        assert reason(world.tokens.recognise(token, der, NOW)) in (Reason.SIGNATURE_WRONG, Reason.NOT_RECOGNISED), name


def test_an_assertion_is_taken_once_and_never_as_a_token(world: World) -> None:
    der = world.machine("bank-a")
    key = key_of(world, "bank-a")
    said = assertion(key)
    assert isinstance(world.tokens.grant(der, NOW, assertion=said), Granted)
    assert reason(world.tokens.grant(der, NOW, assertion=said)) is Reason.SIGNATURE_STALE
    world.store.close()
    world.open()
    assert reason(world.tokens.grant(der, NOW, assertion=said)) is Reason.SIGNATURE_STALE, "remembered over a restart"
    assert isinstance(world.tokens.recognise(said, der, NOW), Refusal)
    token = granted(world, der)
    assert reason(world.tokens.grant(der, NOW, assertion=token)) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "bank-b"},
        {"sub": "bank-b"},
        {"aud": "https://else.example"},
        {"aud": [ISSUER, "https://else.example"]},
        {"aud": None},
        {"exp": S - 10},
        {"exp": S + 301},
        {"iat": S + 60},
        {"iat": None},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 300},
    ],
)
def test_an_assertion_says_all_that_it_must(world: World, claims: dict[str, Any]) -> None:
    der = world.machine("bank-a")
    assert isinstance(world.tokens.grant(der, NOW, assertion=assertion(key_of(world, "bank-a"), **claims)), Refusal)


def test_an_assertion_is_signed_with_the_certificates_own_key(world: World) -> None:
    der = world.machine("bank-a")
    world.machine("bank-b", grant=bank("bank-b", "ZZBBSG02"))
    own = key_of(world, "bank-a")
    claims = part(assertion(own), 1)
    for made in (assertion(key_of(world, "bank-b")), confused({"alg": "HS256"}, claims, own.as_pem(private=False))):
        assert reason(world.tokens.grant(der, NOW, assertion=made)) is Reason.SIGNATURE_WRONG
    assert reason(world.tokens.grant(der, NOW, client_id="bank-b", assertion=assertion(own))) is Reason.NOT_RECOGNISED


def test_an_ed25519_key_signs_tokens_too(world: World) -> None:
    der = world.machine("bank-a")
    tokens = Tokens(world.register, world.seen, ISSUER, OKPKey.generate_key("Ed25519"))
    answer = tokens.grant(der, NOW)
    assert isinstance(answer, Granted)
    assert part(answer.access_token, 0)["alg"] == "Ed25519"
    assert isinstance(tokens.recognise(answer.access_token, der, NOW), Caller)
    assert isinstance(world.tokens.recognise(answer.access_token, der, NOW), Refusal)
    assert "d" not in tokens.published()["keys"][0], "the private half stays here"


# The memory of what came


def sight(name: str, content: bytes = b"", seconds: int = 60, scope_: str = "messages") -> Sight:
    return Sight(scope_, name, content, later(seconds))


def test_the_second_time_is_refused_also_within_one_batch_and_after_a_crash(world: World, tmp_path: Path) -> None:
    answers = world.seen.note([sight("a"), sight("b"), sight("a"), sight("a", scope_="others")], NOW)
    assert [one is None for one in answers] == [True, True, False, True]
    world.store.close()
    world.open()
    assert reason(world.seen.note([sight("b")], NOW)[0]) is Reason.SIGNATURE_STALE


def test_what_is_forgotten_would_be_refused_as_too_old(world: World) -> None:
    world.seen.note([sight("a", seconds=60)], NOW)
    assert reason(world.seen.note([sight("a", seconds=60)], later(61))[0]) is Reason.SIGNATURE_STALE
    world.seen.note([sight("b", seconds=100)], later(61))
    assert world.store.rows("SELECT id FROM seen") == [("b",)], "the store does not grow for ever"
    assert world.store.rows("SELECT * FROM seen_count") == [("messages", 1)]
    world.seen.note([sight("c", seconds=200)], later(161))
    assert world.store.rows("SELECT * FROM seen_count") == [("messages", 1)]


def test_a_full_memory_refuses_and_forgets_nothing(world: World) -> None:
    small = SeenBefore(world.store, most=3)
    assert small.note([sight(str(i)) for i in range(3)], NOW) == [None] * 3
    assert reason(small.note([sight("3")], NOW)[0]) is Reason.ASKED_TOO_OFTEN
    assert reason(small.note([sight("0")], NOW)[0]) in (Reason.ASKED_TOO_OFTEN, Reason.SIGNATURE_STALE)
    assert small.note([sight("3", seconds=500)], Instant(int(later(61)))) == [None]


def test_asking_again_is_told_from_replaying_something_else(world: World) -> None:
    world.seen.note([sight("a", b"content")], NOW)
    assert world.seen.same("messages", "a", b"content")
    assert not world.seen.same("messages", "a", b"other")
    assert not world.seen.same("messages", "z", b"content")
