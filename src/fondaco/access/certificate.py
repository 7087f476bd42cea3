"""What a certificate says of itself: name, issuer, thumbprint, time. Nothing is decided about who it is."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from fondaco.core import Instant, MalformedMessage, Reason, Refusal, at, utc_text

DER_BYTES_MAX = 16 * 1024
_T = TypeVar("_T", bound=x509.ExtensionType)


class CertificateFacts(msgspec.Struct, frozen=True):
    """A certificate as read. `thumbprint` is SHA-256 of its DER in base64url without padding (RFC 8705 `x5t#S256`); instants in nanoseconds."""

    der: bytes
    thumbprint: str
    subject: str
    issuer: str
    serial: str
    not_before: Instant
    not_after: Instant
    is_authority: bool
    for_clients: bool

    def loaded(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)


def thumbprint_of(der: bytes) -> str:
    """RFC 8705 section 3.1: base64url of SHA-256 over the DER, without padding."""
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


@lru_cache(maxsize=1024)
def read_certificate(der: bytes) -> CertificateFacts:
    """Raises `MalformedMessage` for what is no certificate, or has a key that is neither P-256 nor Ed25519."""
    if len(der) > DER_BYTES_MAX:
        raise MalformedMessage(Reason.MALFORMED, "the certificate", f"{len(der)} bytes, at most {DER_BYTES_MAX}")
    try:
        found = x509.load_der_x509_certificate(der)
        key = found.public_key()
        authority = _extension(found, x509.BasicConstraints)
        usage = _extension(found, x509.ExtendedKeyUsage)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as fault:
        raise MalformedMessage(Reason.MALFORMED, "the certificate", str(fault)[:200]) from None
    if not isinstance(key, Ed25519PublicKey) and not (
        isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
    ):
        raise MalformedMessage(Reason.MALFORMED, "the certificate", "its key is neither P-256 nor Ed25519")
    return CertificateFacts(
        der, thumbprint_of(der), found.subject.rfc4514_string(), found.issuer.rfc4514_string(), f"{found.serial_number:x}",
        at(found.not_valid_before_utc), at(found.not_valid_after_utc), authority is not None and authority.ca,
        usage is None or ExtendedKeyUsageOID.CLIENT_AUTH in usage,
    )  # fmt: skip


def from_pem(pem: bytes) -> CertificateFacts:
    """The first certificate of a PEM text. Raises `MalformedMessage`."""
    try:
        der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except ValueError as fault:
        raise MalformedMessage(Reason.MALFORMED, "the certificate", str(fault)[:200]) from None
    return read_certificate(der)


def time_fault(facts: CertificateFacts, instant: Instant) -> Refusal | None:
    """Not yet valid, or no longer. Both ends belong to it (RFC 5280 section 4.1.2.5)."""
    if instant < facts.not_before:
        return Refusal(Reason.NOT_RECOGNISED, "the certificate", f"valid from {utc_text(facts.not_before)}")
    if instant > facts.not_after:
        return Refusal(Reason.NOT_RECOGNISED, "the certificate", f"expired {utc_text(facts.not_after)}")
    return None


def _extension(found: x509.Certificate, kind: type[_T]) -> _T | None:
    try:
        return found.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
