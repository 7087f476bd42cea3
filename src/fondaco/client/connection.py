"""How a client stands towards its hub: where it is, by what it is recognised, and what it signs. No request is made here."""

from __future__ import annotations

import ipaddress
import ssl
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from fondaco.client.call import JSON, Call, Reply, Request
from fondaco.client.fault import malformed, media_of
from fondaco.client.reading import record

# No answer is larger: who is sent the largest messages (ten megabytes) asks for fewer on a page.
ANSWER_BYTES_MAX = 256 * 1024 * 1024
# A hub says something to who listens every 15 seconds; who hears nothing for three times that is no longer listening to anybody.
SILENCE_S_MAX = 45.0
# A listener holds a connection for as long as it listens, and others need one meanwhile.
CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=20)
# A token is renewed so long before it ends.
RENEWED_BEFORE_S = 30.0


class Signer(Protocol):
    """Signs a request: gives the headers that are to be added. Asked anew for each attempt, since a signature is used once."""

    def sign(self, method: str, url: str, body: bytes) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What the connection shows: a certificate and its key in PEM, and the authority that the hub's own certificate must be of.

    Without `authority`, those that this machine trusts.
    """

    certificate: Path
    key: Path
    authority: Path | None = None
    password: str | None = None


class Granted(msgspec.Struct, frozen=True):
    """What a token endpoint answers (RFC 6749 section 5.1)."""

    access_token: str
    expires_in: int
    token_type: str


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Asks for short-lived tokens (RFC 6749 section 4.4), which the hub binds to the certificate of the connection (RFC 8705).

    `place` is a path of the hub, or a whole address (https). Raises `ValueError` for another.
    """

    place: str
    client_id: str = ""

    def __post_init__(self) -> None:
        if not self.place.startswith(("/", "https://")):
            raise ValueError(f"{self.place!r} is neither a path of the hub nor an address with https")

    def call(self) -> Call[Granted]:
        form = {"grant_type": "client_credentials"} | ({"client_id": self.client_id} if self.client_id else {})
        headers = {"Accept": JSON, "Content-Type": "application/x-www-form-urlencoded"}
        return Call(Request("POST", self.place, urlencode(form).encode(), headers), _granted)


# A token, a function that gives the one of now (it is asked for every attempt), or what asks the hub for one.
Token = str | Callable[[], str] | ClientCredentials


def _granted(reply: Reply) -> Granted:
    found = record(Granted, reply.body) if media_of(reply.headers) == JSON else None
    if found is None or found.token_type.lower() != "bearer" or not found.access_token:
        raise malformed("no bearer token came from the token endpoint", reply.status)
    return found


def tls_context(base: str, tls: ClientCertificate | None) -> ssl.SSLContext:
    """The context of a connection: 1.2 or later, the hub's name and chain are always checked. Of an address without TLS, one that believes nobody."""
    if base.startswith("http:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context(cafile=str(tls.authority) if tls is not None and tls.authority is not None else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls is not None:
        context.load_cert_chain(tls.certificate, tls.key, tls.password)
    return context


def address_of(base_url: str, secret: bool) -> str:
    """The hub's address without a path's end. Raises `ValueError` for what is none, and for a secret that would go in the clear."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{base_url!r} is no address of a hub: https://host:port")
    if parts.scheme == "http" and secret and not _is_here(parts.hostname):
        raise ValueError(f"a token would go to {parts.hostname} in the clear: use https")
    return base_url.rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def new_key() -> str:
    """A key that no other deed has."""
    return str(uuid.uuid4())
