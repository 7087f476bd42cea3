"""OAuth2 for machines: client credentials (RFC 6749 section 4.4), answered with a short-lived token bound to the client's certificate.

The client proves itself by the certificate of its connection (RFC 8705 section 2) and, if it likes, by an assertion that the same
certificate's key signed (`private_key_jwt`, RFC 7523). The token is an at+jwt (RFC 9068) that holds the certificate's thumbprint
(`cnf`/`x5t#S256`): stolen, it opens nothing without the certificate's key. Each use asks the register again, so a revoked certificate ends its tokens.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey

from fondaco.access.caller import Caller, Proof
from fondaco.access.certificate import CertificateFacts, read_certificate, thumbprint_of
from fondaco.access.register import CONNECT, Register
from fondaco.access.seen import SeenBefore, Sight
from fondaco.core import Instant, Reason, Refusal

ES256, ED25519 = "ES256", "Ed25519"
ALGORITHMS = (ES256, ED25519)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the type that RFC 9068 names, not a secret
TOKEN_S = 300
ASSERTION_S_MAX = 300
# How far the clocks of two machines may be apart.
SKEW_S = 5
TOKEN_LENGTH_MAX = 8 * 1024
REMEMBERED = 1024
_NS = 1_000_000_000


class Granted(msgspec.Struct, frozen=True):
    """The answer of the token endpoint (RFC 6749 section 5.1)."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105


class Tokens:
    """Gives and checks tokens. `issuer` is the hub's own address, which is the audience of its tokens, too; `key` signs them (ES256 or Ed25519)."""

    def __init__(self, register: Register, seen: SeenBefore, issuer: str, key: ECKey | OKPKey) -> None:
        self._register = register
        self._seen = seen
        self.issuer = issuer
        self._key = key
        self._algorithm = _algorithm_of(key)
        # A machine shows the same token with each of its requests: that its signature holds does not change, all else is asked each time.
        self._signed = lru_cache(maxsize=REMEMBERED)(lambda token: _claims(token, key, self._algorithm, TOKEN_TYPE))

    def grant(self, certificate: bytes, at: Instant, client_id: str = "", assertion: str = "") -> Granted | Refusal:
        """A token for the machine whose certificate (DER) the connection showed. `assertion` is checked where one was sent."""
        caller = self._register.recognise(certificate, CONNECT, at)
        if isinstance(caller, Refusal):
            return caller
        if client_id and client_id != caller.name:
            return Refusal(Reason.NOT_RECOGNISED, "client_id", "another client's certificate")
        facts = read_certificate(certificate)
        if assertion:
            fault = self._assertion_fault(assertion, facts, caller.name, at)
            if fault is not None:
                return fault
        now = int(at) // _NS
        claims = {
            "iss": self.issuer, "aud": self.issuer, "sub": caller.name, "client_id": caller.name, "iat": now, "nbf": now,
            "exp": now + TOKEN_S, "jti": secrets.token_urlsafe(16), "cnf": {"x5t#S256": facts.thumbprint},
        }  # fmt: skip
        header = {"alg": self._algorithm, "typ": TOKEN_TYPE}
        return Granted(jwt.encode(header, claims, self._key, [self._algorithm], default_type=None), TOKEN_S)

    def recognise(self, token: str, certificate: bytes, at: Instant) -> Caller | Refusal:
        """Who shows a token over a connection with this certificate (DER)."""
        if not certificate:
            return Refusal(Reason.NOT_RECOGNISED, "token", "the connection showed no certificate, and the token is bound to one")
        claims = self._signed(token)
        if isinstance(claims, Refusal):
            return claims
        fault = _time_fault(claims, at, TOKEN_S)
        if fault is not None:
            return fault
        if claims.get("iss") != self.issuer or claims.get("aud") != self.issuer:
            return Refusal(Reason.NOT_RECOGNISED, "token", "of another issuer, or for another audience")
        bound = claims.get("cnf")
        if not isinstance(bound, dict) or bound.get("x5t#S256") != thumbprint_of(certificate):
            return Refusal(Reason.NOT_RECOGNISED, "token", "bound to another certificate")
        caller = self._register.recognise(certificate, CONNECT, at)
        if isinstance(caller, Refusal):
            return caller
        if claims.get("sub") != caller.name:
            return Refusal(Reason.NOT_RECOGNISED, "token", "another client's")
        return msgspec.structs.replace(caller, proof=Proof.TOKEN)

    def published(self) -> dict[str, Any]:
        """The public key as a JWK set (RFC 7517): for whoever checks a token elsewhere."""
        return {
            "keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": self._algorithm, "kid": self._key.thumbprint()}]
        }

    def _assertion_fault(self, assertion: str, facts: CertificateFacts, name: str, at: Instant) -> Refusal | None:
        """RFC 7523 section 3: issuer and subject are the client, the audience is this server alone, short, and used once."""
        key = key_of(facts)
        claims = _claims(assertion, key, _algorithm_of(key), "")
        if isinstance(claims, Refusal):
            return claims
        fault = _time_fault(claims, at, ASSERTION_S_MAX)
        if fault is not None:
            return fault
        if claims.get("iss") != name or claims.get("sub") != name or claims.get("aud") not in (self.issuer, [self.issuer]):
            return Refusal(Reason.NOT_RECOGNISED, "client_assertion", "of another client, or for another audience")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti:
            return Refusal(Reason.NOT_RECOGNISED, "client_assertion", "it has no jti")
        until = Instant((claims["exp"] + SKEW_S) * _NS)
        return self._seen.note([Sight(f"assertion {name}", jti, assertion.encode(), until)], at)[0]


def key_of(facts: CertificateFacts) -> ECKey | OKPKey:
    """A certificate's public key as a JWK."""
    key = facts.loaded().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return ECKey.import_key(pem) if isinstance(key, EllipticCurvePublicKey) else OKPKey.import_key(pem)


def _algorithm_of(key: Key) -> str:
    return ES256 if isinstance(key, ECKey) else ED25519


def _claims(token: str, key: Key, algorithm: str, kind: str) -> dict[str, Any] | Refusal:
    """The claims of a token whose signature holds under the one algorithm that fits the key. `kind` is the `typ` that it must have, "" for any
    but a token's own: an access token must not serve as an assertion."""
    where = "token" if kind else "client_assertion"
    if len(token) > TOKEN_LENGTH_MAX:
        return Refusal(Reason.NOT_RECOGNISED, where, "too long")
    try:
        found = jws.extract_compact(token.encode("ascii")).headers()
        kinds = (kind, f"application/{kind}") if kind else ()
        typ = str(found.get("typ", "")).lower()
        if found.get("alg") != algorithm or (typ not in kinds if kind else typ.endswith(TOKEN_TYPE)) or "crit" in found:
            return Refusal(Reason.SIGNATURE_WRONG, where, "another algorithm or type")
        decoded = jwt.decode(token, key, [algorithm])
    except (JoseError, ValueError, TypeError):
        return Refusal(Reason.SIGNATURE_WRONG, where, "the signature does not hold")
    return dict(decoded.claims)


def _time_fault(claims: dict[str, Any], at: Instant, seconds_max: int) -> Refusal | None:
    """Issued, not before, expires: whole seconds, all in order, and no longer apart than `seconds_max`."""
    now, issued, expires, begins = int(at) // _NS, claims.get("iat"), claims.get("exp"), claims.get("nbf", claims.get("iat"))
    if not all(type(one) is int for one in (issued, expires, begins)):
        return Refusal(Reason.SIGNATURE_STALE, "time", "iat and exp are whole seconds")
    assert type(issued) is int and type(expires) is int and type(begins) is int
    if max(issued, begins) > now + SKEW_S:
        return Refusal(Reason.SIGNATURE_STALE, "time", "of the future")
    if now >= expires + SKEW_S or expires - issued > seconds_max:
        return Refusal(Reason.SIGNATURE_STALE, "time", "expired, or longer than allowed")
    return None
