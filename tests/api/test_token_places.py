"""Tokens through a real connection: who gets one, what every wrong request is told, and that a token without its certificate opens nothing."""

from __future__ import annotations

import json
import ssl
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from access_world import DAY, bank
from fondaco.access import ASSERTION_TYPE
from fondaco.api import open_places
from fondaco.core import Instant
from tls_doors import TlsDoor
from union import SG1

pytestmark = pytest.mark.server
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDoor]:
    opened = TlsDoor(tmp_path_factory.mktemp("tokens"), seals=False)
    yield opened
    opened.stop()


def claims_of(token: str) -> dict[str, Any]:
    text = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def assertion(door: TlsDoor, name: str, **claims: Any) -> dict[str, str]:
    now = int(door.now()) // 10**9
    told = {"iss": name, "sub": name, "aud": door.base, "iat": now, "exp": now + 60, "jti": f"{name} {door.now()}"} | claims
    key = ECKey.import_key((door.tls / f"{name}.key").read_bytes())
    made = jwt.encode({"alg": "ES256"}, told, key, ["ES256"])
    return GRANT | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": made}


def test_a_token_opens_what_its_certificate_opens_and_only_beside_it(door: TlsDoor) -> None:
    found = door.form("sg1", GRANT | {"client_id": "sg1"})
    assert (found.status, found.json["token_type"], found.json["expires_in"]) == (200, "Bearer", 300)
    assert found.headers["cache-control"] == "no-store"
    bearer = f"Bearer {found.json['access_token']}"
    assert door.ask("sg1", "GET", "/v1/positions", Authorization=bearer).status == 200
    for who in ("sg2", "watch-sg", ""):
        refused = door.ask(who, "GET", "/v1/positions", Authorization=bearer)
        assert refused.status == 401, who
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    # Within the signature: its last byte is 0 in one of sixteen (RFC 8032: below 2^252, the smallest byte first), and would be again.
    other = "B" if bearer[-40] == "A" else "A"
    assert door.ask("sg1", "GET", "/v1/positions", Authorization=bearer[:-40] + other + bearer[-39:]).status == 401
    assert door.ask("", "GET", "/v1/day").headers["www-authenticate"] == "Bearer"


def test_the_published_keys_check_a_token_and_the_metadata_names_the_places(door: TlsDoor) -> None:
    told = door.ask("", "GET", "/.well-known/oauth-authorization-server").json
    assert told["issuer"] == door.base and told["token_endpoint"] == f"{door.base}/v1/token"
    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert told["token_endpoint_auth_methods_supported"] == ["tls_client_auth", "private_key_jwt"]
    keys = door.ask("", "GET", told["jwks_uri"].removeprefix(door.base)).json
    assert all("d" not in one for one in keys["keys"]), "no private half"
    token = door.token("sg1")
    claims = jwt.decode(token, KeySet.import_key_set(keys), ["Ed25519"]).claims
    assert (claims["sub"], claims["aud"], claims["cnf"]) == ("sg1", door.base, {"x5t#S256": door.thumbprint("sg1")})


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ("", 400, "invalid_request"),
        ("grant_type=", 400, "invalid_request"),
        ("grant_type=password&username=a&password=b", 400, "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        ("grant_type=client_credentials&scope=everything", 400, "invalid_scope"),
        ("grant_type=client_credentials&client_id=sg2", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=sg1&client_secret=guess", 401, "invalid_client"),
        ("grant_type=client_credentials&client_assertion=a.b.c", 400, "invalid_request"),
        (f"grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}", 400, "invalid_request"),
        ("grant_type=client_credentials&client_assertion=a.b.c&client_assertion_type=saml", 401, "invalid_client"),
        (f"grant_type=client_credentials&client_assertion=a.b.c&client_assertion_type={ASSERTION_TYPE}", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=%ff", 400, "invalid_request"),
        ("&".join(f"n{n}=1" for n in range(40)), 400, "invalid_request"),
        ("grant_type=client_credentials&pad=" + "x" * 20_000, 413, "invalid_request"),
    ],
)
def test_every_wrong_request_has_its_error(door: TlsDoor, form: str, status: int, error: str) -> None:
    found = door.form("sg1", form)
    assert (found.status, found.json["error"]) == (status, error), found
    assert found.headers["content-type"] == "application/json" and found.headers["cache-control"] == "no-store"
    assert "access_token" not in found.json


def test_nobody_without_a_registered_certificate_gets_one(door: TlsDoor) -> None:
    door.authority.issue("stranger", "client", Instant(int(door.now()) - DAY), 30)
    for who in ("", "stranger", "sg1.sender"):
        found = door.form(who, GRANT)
        assert (found.status, found.json["error"]) == (401, "invalid_client"), who


def test_a_header_a_query_and_another_form_are_refused(door: TlsDoor) -> None:
    basic = door.form("sg1", GRANT, Authorization="Basic c2cxOng=")
    assert (basic.status, basic.json["error"], basic.headers["www-authenticate"]) == (401, "invalid_client", "Basic")
    odd = door.form("sg1", GRANT, Authorization='x"y z')
    assert odd.headers["www-authenticate"] == "Bearer"
    query = door.ask("sg1", "POST", "/v1/token?grant_type=client_credentials", b"", "application/x-www-form-urlencoded")
    assert (query.status, query.json["error"]) == (400, "invalid_request")
    assert door.ask("sg1", "POST", "/v1/token", GRANT).json["error"] == "invalid_request"
    assert door.ask("sg1", "GET", "/v1/token").status == 405
    forged = door.form("", GRANT, X_Client_Cert="anything", X_Fondaco_Proxy="0" * 32)
    assert forged.status == 401


def test_an_assertion_counts_once_for_its_own_client_here_and_now(door: TlsDoor) -> None:
    good = assertion(door, "sg1")
    assert door.form("sg1", good).status == 200
    assert door.form("sg1", good).status == 401, "its jti came before"
    now = int(door.now()) // 10**9
    wrong: dict[str, dict[str, Any]] = {
        "for another": {"aud": "https://elsewhere.example"}, "of another": {"iss": "sg2", "sub": "sg2"}, "over": {"iat": now - 100, "exp": now - 50},
        "too long": {"exp": now + 3600}, "of the future": {"iat": now + 60, "exp": now + 90}, "no jti": {"jti": ""},
    }  # fmt: skip
    for why, claims in wrong.items():
        assert door.form("sg1", assertion(door, "sg1", **claims)).status == 401, why
    assert door.form("sg1", assertion(door, "sg2")).status == 401, "another's key"
    token = door.token("sg1")
    as_assertion = door.form("sg1", GRANT | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token})
    assert as_assertion.status == 401, "a token is no assertion"


def test_revoking_a_certificate_ends_its_tokens_at_once(door: TlsDoor) -> None:
    thumbprint = door.machine("going", bank("going", SG1))
    bearer = f"Bearer {door.token('going')}"
    assert door.ask("going", "GET", "/v1/day", Authorization=bearer).status == 200
    assert door.world.register.revoke(thumbprint, "operator-1", "key lost", door.now()) is None
    assert door.ask("going", "GET", "/v1/day", Authorization=bearer).status == 401
    assert door.form("going", GRANT).json["error"] == "invalid_client"


def test_who_is_expired_is_not_even_heard(door: TlsDoor) -> None:
    door.machine("expired", bank("expired", SG1), begins_days=-20, days=10)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        door.form("expired", GRANT)


def test_the_log_says_who_got_a_token_and_never_the_token(door: TlsDoor) -> None:
    token = door.token("sg2")
    log = door.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [one for one in lines if one.get("route") == "grant_token" and one["status"] == 200]
    assert token.split(".")[1] not in log and token.split(".")[2] not in log
    assert claims_of(token)["sub"] == "sg2"


def test_what_is_open_is_described_and_answers_as_it_says(door: TlsDoor) -> None:
    told = door.ask("", "GET", "/v1/openapi.json").json["paths"]
    assert {"/v1/token", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"} <= set(told)
    server = msgspec.convert(door.ask("", "GET", "/.well-known/oauth-authorization-server").json, open_places.Server, strict=True)
    assert server.token_endpoint == door.base + "/v1/token"
    assert msgspec.convert(door.ask("", "GET", "/.well-known/jwks.json").json, open_places.KeySet).keys
    for form, status in (("grant_type=password", "400"), ("grant_type=client_credentials&client_secret=x", "401")):
        found = door.form("sg1", form)
        assert str(found.status) == status and status in told["/v1/token"]["post"]["responses"]
        assert msgspec.convert(found.json, open_places.OAuthFault).error
