"""Places that ask no right, as the description of the door has them: health, and, where there are any, tokens, their keys, and what the hub signs with."""

from __future__ import annotations

from typing import Any

import msgspec

from fondaco.access import ASSERTION_TYPE, Granted
from fondaco.api.route import JSON

_FORM, _PEM = "application/x-www-form-urlencoded", "application/x-pem-file"
_TAG = "open"


class OAuthFault(msgspec.Struct, frozen=True):
    """A no of the token endpoint (RFC 6749 section 5.2)."""

    error: str
    error_description: str


class Live(msgspec.Struct, frozen=True):
    """That the process answers."""

    live: bool


class Ready(msgspec.Struct, frozen=True):
    """Whether payments can be taken in, and what lacks where not."""

    ready: bool
    lacks: list[str]


class KeySet(msgspec.Struct, frozen=True):
    """Public keys as a JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


class Server(msgspec.Struct, frozen=True):
    """Where tokens are given and how (RFC 8414)."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    response_types_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    tls_client_certificate_bound_access_tokens: bool
    service_documentation: str


RECORDS = (OAuthFault, Live, Ready, KeySet, Server, Granted)
_TOKEN_FORM = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "const": "client_credentials"},
        "client_id": {"type": "string", "description": "The machine's name in the register"},
        "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
        "client_assertion": {"type": "string", "description": "private_key_jwt (RFC 7523); comes with its type"},
    },
    "additionalProperties": False,
}


def open_paths(*, tokens: bool, seal: bool) -> dict[str, dict[str, Any]]:
    """The paths of these places for the description: those of tokens where the hub gives any, its certificate where it signs."""
    found = {
        "/health/live": {"get": _get("is_live", "Ask whether the process answers", Live)},
        "/health/ready": {"get": _get("is_ready", "Ask whether payments can be taken in", Ready, also={"503": Ready})},
    }
    if tokens:
        granting = _get(
            "grant_token", "Get a token for the certificate of the connection (RFC 6749 section 4.4, RFC 8705)", Granted
        )
        granting |= {
            "security": [{"mutualTLS": []}],
            "requestBody": {"required": True, "content": {_FORM: {"schema": _TOKEN_FORM}}},
        }
        for status, meaning in (("400", "Not a request that is taken"), ("401", "Not a client that is known"), ("408", "The form did not arrive in time"),
                                ("413", "Too large"), ("429", "Too often"), ("503", "Ask again")):  # fmt: skip
            granting["responses"][status] = _answer(meaning, OAuthFault)
        found["/v1/token"] = {"post": granting}
        found["/.well-known/oauth-authorization-server"] = {
            "get": _get("read_token_server", "Read where tokens are given", Server)
        }
        found["/.well-known/jwks.json"] = {"get": _get("read_token_keys", "Read the public keys of tokens", KeySet)}
    if seal:
        told = _get("read_signing_certificate", "Read the certificate of what the hub signs", Live)
        told["responses"]["200"] = {"description": "In PEM", "content": {_PEM: {"schema": {"type": "string"}}}}
        found["/.well-known/signing-certificate.pem"] = {"get": told}
    return found


def _get(
    name: str, summary: str, record: type[msgspec.Struct], also: dict[str, type[msgspec.Struct]] | None = None
) -> dict[str, Any]:
    answers = {"200": _answer("What was asked for", record)} | {
        status: _answer("Not now", one) for status, one in (also or {}).items()
    }
    return {
        "operationId": name, "summary": summary, "description": "For: everybody.", "tags": [_TAG], "security": [], "parameters": [], "responses": answers,
        "x-roles": ["everybody"],
    }  # fmt: skip


def _answer(meaning: str, record: type[msgspec.Struct]) -> dict[str, Any]:
    return {"description": meaning, "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{record.__name__}"}}}}
