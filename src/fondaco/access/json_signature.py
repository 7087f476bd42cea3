"""Detached signatures of JSON: a JWS whose payload is the body as it is (RFC 7797, `b64` false), in the header `x-jws-signature`.

The protected header says who, for which request, and when: `kid` (thumbprint of a registered certificate), `htm`, `htu`, `iat`, `exp`, `jti`.
All of them are required and critical to us: a signature of one request is worth nothing with another.
"""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from fondaco.access.caller import Grant
from fondaco.access.register import SIGN, Register, standing_fault
from fondaco.access.seen import SeenBefore, Sight
from fondaco.access.tokens import ED25519, ES256, SKEW_S, key_of
from fondaco.core import Instant, Reason, Refusal

JWS_HEADER = "x-jws-signature"
LIFE_S_MAX = 300
_LENGTH_MAX = 4 * 1024
_S = 1_000_000_000
_NAMES = frozenset({"alg", "kid", "b64", "crit", "htm", "htu", "iat", "exp", "jti"})
_REGISTRY = jws.JWSRegistry(algorithms=[ES256, ED25519], strict_check_header=False)


def verify_detached(
    signature: str, body: bytes, method: str, target: str, register: Register, seen: SeenBefore, at: Instant
) -> Grant | Refusal:
    """Who signed `body` for this method and absolute target, now, and for the first time; or why nobody did."""
    if not signature:
        return Refusal(Reason.SIGNATURE_MISSING, JWS_HEADER, "none")
    head, middle, tail = (*signature.split("."), "", "")[:3] if len(signature) <= _LENGTH_MAX else ("", "-", "")
    if not head or middle or not tail or signature.count(".") != 2:
        return Refusal(Reason.SIGNATURE_WRONG, JWS_HEADER, "not a detached JWS")
    try:
        said: dict[str, Any] = jws.extract_compact(signature.encode("ascii"), b"").headers()
    except (JoseError, ValueError, TypeError):
        return Refusal(Reason.SIGNATURE_WRONG, JWS_HEADER, "not a detached JWS")
    if said.keys() != _NAMES or said["b64"] is not False or said["crit"] != ["b64"]:
        return Refusal(Reason.SIGNATURE_WRONG, JWS_HEADER, f"its header has {' '.join(sorted(_NAMES))}, and nothing else")
    if not all(type(said[one]) is str and said[one] for one in ("alg", "kid", "htm", "htu", "jti")):
        return Refusal(Reason.SIGNATURE_WRONG, JWS_HEADER, "a text of its header is none")
    known = register.find(said["kid"])
    if known is None or known.purpose != SIGN:
        return Refusal(Reason.SIGNATURE_WRONG, "kid", "its certificate is not registered to sign")
    late = standing_fault(known, at) or register.crl_fault(known.facts, at)
    if late is not None:
        return late
    key = key_of(known.facts)
    algorithm = ES256 if isinstance(key, ECKey) else ED25519
    if said["alg"] != algorithm:
        return Refusal(Reason.SIGNATURE_WRONG, "alg", f"{algorithm} fits the key")
    try:
        jws.deserialize_compact(signature, key, [algorithm], registry=_REGISTRY, payload=body)
    except (JoseError, ValueError, TypeError):
        return Refusal(Reason.SIGNATURE_WRONG, JWS_HEADER, "the signature does not hold")
    if (said["htm"], said["htu"]) != (method, target):
        return Refusal(Reason.SIGNATURE_WRONG, JWS_HEADER, "signed for another request")
    now, issued, expires = int(at) // _S, said["iat"], said["exp"]
    if type(issued) is not int or type(expires) is not int:
        return Refusal(Reason.SIGNATURE_STALE, JWS_HEADER, "iat and exp are whole seconds")
    if issued > now + SKEW_S or now >= expires + SKEW_S or expires - issued > LIFE_S_MAX:
        return Refusal(Reason.SIGNATURE_STALE, JWS_HEADER, "of the future, over, or longer than five minutes")
    until = Instant((expires + SKEW_S) * _S)
    fault = seen.note([Sight(f"jws {known.grant.name}", said["jti"], body, until)], at)[0]
    return fault if fault is not None else known.grant


def kid_of(signature: str) -> str:
    """The thumbprint that a detached JWS names as its key, "" for none: to look it up, not to believe it."""
    try:
        named = jws.extract_compact(signature.encode("ascii"), b"").headers().get("kid")
    except (JoseError, ValueError, TypeError):
        return ""
    return named if isinstance(named, str) else ""


def sign_detached(
    body: bytes,
    key: EllipticCurvePrivateKey | Ed25519PrivateKey,
    thumbprint: str,
    method: str,
    target: str,
    at: Instant,
    seconds: int = 60,
) -> str:
    """The value of the header for this body and request."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own: ECKey | OKPKey = ECKey.import_key(pem) if isinstance(key, EllipticCurvePrivateKey) else OKPKey.import_key(pem)
    algorithm, now = ES256 if isinstance(own, ECKey) else ED25519, int(at) // _S
    header = {
        "alg": algorithm, "kid": thumbprint, "b64": False, "crit": ["b64"], "htm": method, "htu": target, "iat": now, "exp": now + seconds,
        "jti": secrets.token_urlsafe(16),
    }  # fmt: skip
    made = jws.serialize_compact(header, body, own, [algorithm], registry=_REGISTRY)
    head, _, rest = made.partition(".")
    return f"{head}..{rest.rpartition('.')[2]}"
