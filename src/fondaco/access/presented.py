"""What a request brought to be recognised by: a certificate, a token, a session. Read from an ASGI scope, nothing decided but whom to believe."""

from __future__ import annotations

import hmac
import ipaddress
import ssl
from binascii import Error as Base64Error
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import msgspec

from fondaco.core import Reason, Refusal

# A browser takes a cookie of the first name only from this host, over TLS; the second is for a demo on loopback without TLS.
SESSION_COOKIE, PLAIN_COOKIE = "__Host-fondaco", "fondaco-demo"
# The headers of a proxy that ends TLS: the certificate that it saw, and the secret that says who wrote them.
PROXIED_CERTIFICATE, PROXY_SECRET = b"x-client-cert", b"x-fondaco-proxy"
SECRET_LENGTH_MIN = 32
_HEADER_BYTES_MAX = 16 * 1024


class Presented(msgspec.Struct, frozen=True):
    """`certificate` is DER or empty; `token` what follows `Bearer`; `session` the cookie's value."""

    certificate: bytes = b""
    token: str = ""
    session: str = ""
    peer: str = ""


def presented(scope: Mapping[str, Any], proxy_secret: str = "", cookie: str = SESSION_COOKIE) -> Presented | Refusal:
    """Read a scope. `proxy_secret` is what a proxy on this machine proves itself with; without one, its headers are a refusal. `cookie` is
    the name of the session's.

    A certificate in a header counts only from a loopback peer that knows the secret, and never beside one of TLS. Whoever else sends such a
    header is refused, not ignored: a proxy that forgot to strip it should be found at once.
    """
    assert not proxy_secret or len(proxy_secret) >= SECRET_LENGTH_MIN, "a secret that could be guessed is none"
    peer = (scope.get("client") or ("", 0))[0]
    found: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name, []).append(value)
    for name in (b"authorization", PROXIED_CERTIFICATE, PROXY_SECRET):
        values = found.get(name, [])
        if len(values) > 1 or any(len(one) > _HEADER_BYTES_MAX for one in values):
            return Refusal(Reason.NOT_RECOGNISED, name.decode(), "more than one, or too long")
    chain = ((scope.get("extensions") or {}).get("tls") or {}).get("client_cert_chain") or ()
    certificate = _der(chain[0]) if chain else b""
    if PROXIED_CERTIFICATE in found or PROXY_SECRET in found:
        given = found.get(PROXY_SECRET, [b""])[0]
        if not proxy_secret or not _is_loopback(peer) or chain or not hmac.compare_digest(given, proxy_secret.encode()):
            return Refusal(Reason.NOT_RECOGNISED, PROXIED_CERTIFICATE.decode(), "no proxy of this hub")
        try:
            certificate = _unescaped(found.get(PROXIED_CERTIFICATE, [b""])[0])
        except (ValueError, Base64Error):
            return Refusal(Reason.NOT_RECOGNISED, PROXIED_CERTIFICATE.decode(), "not a certificate")
    scheme, _, token = found.get(b"authorization", [b""])[0].decode("latin-1").partition(" ")
    if scheme and scheme.lower() != "bearer":
        return Refusal(Reason.NOT_RECOGNISED, "authorization", "the scheme is Bearer")
    sessions = _cookies(found.get(b"cookie", []), cookie)
    if len(sessions) > 1:
        return Refusal(Reason.NOT_RECOGNISED, "cookie", "more than one session")
    return Presented(certificate, token.strip(), sessions[0] if sessions else "", peer)


@lru_cache(maxsize=1024)
def _der(pem: str) -> bytes:
    """A connection shows the same certificate with each of its requests."""
    return ssl.PEM_cert_to_DER_cert(pem)


def _cookies(headers: list[bytes], wanted: str) -> list[str]:
    pairs = (pair.strip().partition("=") for header in headers for pair in header.decode("latin-1").split(";"))
    return [value for name, _, value in pairs if name == wanted]


def _unescaped(value: bytes) -> bytes:
    """nginx's `$ssl_client_escaped_cert`: a PEM text, percent-escaped; empty for no certificate."""
    return ssl.PEM_cert_to_DER_cert(unquote(value.decode("ascii"))) if value else b""


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
