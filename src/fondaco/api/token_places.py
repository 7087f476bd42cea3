"""Where machines get tokens: client credentials over mutual TLS (RFC 6749, RFC 8705), the keys that check them, and the description of both (RFC 8414).

No token is needed to ask for one: who asks is whose certificate the connection shows. Errors are those of RFC 6749 section 5.2, not RFC 9457's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Place

from fondaco.access import ASSERTION_TYPE, AccessUnavailable, thumbprint_of
from fondaco.api.ask import media_of, read_body
from fondaco.api.house import House
from fondaco.api.identity import Identity
from fondaco.api.problem import Problem
from fondaco.api.route import JSON
from fondaco.core import Refusal

log = logging.getLogger("fondaco.api")

TOKEN, KEYS, METADATA = "/v1/token", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"
_FORM = "application/x-www-form-urlencoded"
# An assertion is at most 8 KB (`tokens.TOKEN_LENGTH_MAX`).
_BYTES_MAX = 16 * 1024
_NAMES_MAX = 16
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
_PUBLIC = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}


class OAuthError(Exception):
    """A no of the token endpoint: `error` is a code of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})

    def response(self) -> Response:
        # The section admits printable ASCII without quotation marks and backslashes.
        said = "".join(one if " " <= one <= "~" and one not in '"\\' else "." for one in self.description[:300])
        body = msgspec.json.encode({"error": self.error, "error_description": said})
        return Response(body, self.status, _NO_STORE | self.headers, JSON)


def token_places(house: House, identity: Identity) -> list[Place]:
    """The three places of one hub's tokens."""
    issuer = identity.access.address
    metadata = {
        "issuer": issuer,
        "token_endpoint": issuer + TOKEN,
        "jwks_uri": issuer + KEYS,
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["tls_client_auth", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "Ed25519"],
        "tls_client_certificate_bound_access_tokens": True,
        "service_documentation": issuer + "/docs",
    }
    return [
        Place(TOKEN, _granting(house, identity), methods=["POST"]),
        Place(KEYS, _published(identity.access.tokens.published())),
        Place(METADATA, _published(metadata)),
    ]


def _published(document: Any) -> Callable[[Request], Awaitable[Response]]:
    body = msgspec.json.encode(document)

    async def published(_: Request) -> Response:
        return Response(body, headers=_PUBLIC, media_type=JSON)

    return published


def _granting(house: House, identity: Identity) -> Callable[[Request], Awaitable[Response]]:
    async def granting(request: Request) -> Response:
        begun = time.monotonic()
        facts: dict[str, Any] = {"route": "grant_token"}
        try:
            response = await _granted(house, identity, request, facts)
        except OAuthError as no:
            response = no.response()
            facts |= {"error": no.error, "why": no.description}
        except Problem as problem:  # the body did not come, or is too large
            error = OAuthError("invalid_request", problem.document.detail, problem.status, problem.headers)
            response = error.response()
        except AccessUnavailable:
            log.exception("access failed", extra={"facts": facts})
            response = OAuthError("temporarily_unavailable", "ask again", 503, {"Retry-After": "5"}).response()
        seconds = time.monotonic() - begun
        house.measures.request("grant_token", response.status_code, seconds)
        log.info("request", extra={"facts": facts | {"status": response.status_code, "ms": round(seconds * 1000, 2)}})
        return response

    return granting


async def _granted(house: House, identity: Identity, request: Request, facts: dict[str, Any]) -> Response:
    scheme = request.headers.get("authorization", "").partition(" ")[0]
    if scheme:
        # RFC 6749 section 5.2: who tried a header is told by which scheme it would have been.
        known = scheme if scheme.lower() in ("basic", "bearer") else "Bearer"
        raise OAuthError("invalid_client", "a client is known by its certificate", 401, {"WWW-Authenticate": known})
    shown = identity.access.gate.shown(request.scope)
    if isinstance(shown, Refusal):
        raise OAuthError("invalid_client", shown.sentence(), 401)
    who = thumbprint_of(shown.certificate) if shown.certificate else shown.peer
    wait = house.buckets.take(f"token {who}", time.monotonic())
    if wait:
        raise OAuthError("invalid_request", "too often", 429, {"Retry-After": str(ceil(wait))})
    said = await _form(request, house.settings.body_s)
    if not shown.certificate:
        raise OAuthError("invalid_client", "the connection showed no certificate", 401)
    access, now = identity.access, house.clock.now()
    given = await asyncio.to_thread(
        access.tokens.grant, shown.certificate, now, said.get("client_id", ""), said.get("client_assertion", "")
    )
    if isinstance(given, Refusal):
        raise OAuthError("invalid_client", given.sentence(), 401)
    facts |= {"caller": said.get("client_id", ""), "certificate": who}
    return Response(msgspec.json.encode(given), 200, _NO_STORE, JSON)


async def _form(request: Request, seconds: float) -> dict[str, str]:
    """What the form says, each name once. Raises `OAuthError` for what is no lawful request (RFC 6749 sections 3.2 and 4.4.2, RFC 7521 section 4.2)."""
    if media_of(request) != _FORM:
        raise OAuthError("invalid_request", f"the body is {_FORM}")
    if request.scope["query_string"]:
        raise OAuthError("invalid_request", "nothing stands in the query: it would stand in logs")
    raw = await read_body(request, _BYTES_MAX, seconds)
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=_NAMES_MAX, errors="strict")
    except ValueError as fault:
        raise OAuthError("invalid_request", f"the form cannot be read: {fault}") from fault
    said = dict(pairs)
    if len(said) != len(pairs):
        raise OAuthError("invalid_request", "a parameter stands there twice")
    if not said.get("grant_type"):
        raise OAuthError("invalid_request", "grant_type is missing")
    if said["grant_type"] != "client_credentials":
        raise OAuthError("unsupported_grant_type", "client_credentials is the one grant")
    if said.get("scope"):
        raise OAuthError("invalid_scope", "what a client may is its role's: there are no scopes")
    if "client_secret" in said:
        raise OAuthError("invalid_client", "there are no client secrets: a client is known by its certificate", 401)
    kind, assertion = said.get("client_assertion_type", ""), said.get("client_assertion", "")
    if bool(kind) != bool(assertion):
        raise OAuthError("invalid_request", "client_assertion and client_assertion_type come together")
    if kind and kind != ASSERTION_TYPE:
        raise OAuthError("invalid_client", f"an assertion is of the type {ASSERTION_TYPE}", 401)
    return said
