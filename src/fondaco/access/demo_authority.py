"""A small certificate authority FOR TESTS AND DEMOS ONLY: its key lies unprotected beside what it signs.

A union runs an authority of its own, or its central banks' one; the hub needs the authority's certificate and its revocation list.
Everything that this one signs says DEMO in its name.
"""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fondaco.core import Instant

MARK = "DEMO - no authority of any union"
CLIENT, SERVER = "client", "server"
_AUTHORITY_DAYS = 730
_CRL_DAYS = 30


class DemoAuthority:
    """The folder of one: `ca.pem`, `ca.key`, `ca.crl`, and NAME.pem with NAME.key for each that was issued."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        key = load_pem_private_key((folder / "ca.key").read_bytes(), None)
        assert isinstance(key, EllipticCurvePrivateKey), "the key is the one that `create` made"
        self._key = key

    @classmethod
    def create(cls, folder: Path, instant: Instant) -> DemoAuthority:
        """Lay one out, valid for two years. Raises `FileExistsError` when there is one."""
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "ca.pem").exists():
            raise FileExistsError(f"{folder} holds an authority already")
        key = generate_private_key(SECP256R1())
        name, begins = _name("demo authority"), _moment(instant)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=_AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write_key(folder / "ca.key", key)
        (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
        own = cls(folder)
        own.write_crl((), instant)
        return own

    def issue(
        self, name: str, kind: str, begins: Instant, days: int, hosts: tuple[str, ...] = (), *, edwards: bool = False
    ) -> Path:
        """Write NAME.pem and NAME.key, valid from `begins` for `days`; `hosts` are a server's names and addresses. What was there goes.

        The key is of P-256, or Ed25519 where `edwards` says so.
        """
        assert kind in (CLIENT, SERVER), kind
        key: EllipticCurvePrivateKey | Ed25519PrivateKey = (
            Ed25519PrivateKey.generate() if edwards else generate_private_key(SECP256R1())
        )
        start = _moment(begins)
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if kind == CLIENT else ExtendedKeyUsageOID.SERVER_AUTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
        path = self.folder / f"{name}.pem"
        _write_key(self.folder / f"{name}.key", key)
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path

    def revoke(self, name: str, instant: Instant) -> int:
        """Add NAME's certificate to `ca.crl`; how many are on it now. Revoking twice changes nothing."""
        serial = x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes()).serial_number
        kept = x509.load_pem_x509_crl((self.folder / "ca.crl").read_bytes())
        revoked = {one.serial_number: one.revocation_date_utc for one in kept}
        revoked.setdefault(serial, _moment(instant))
        self.write_crl(tuple(revoked.items()), instant)
        return len(revoked)

    def write_crl(self, revoked: tuple[tuple[int, datetime], ...], instant: Instant) -> None:
        """Sign a new list, valid for thirty days. Its number counts up."""
        path, number = self.folder / "ca.crl", 1
        if path.exists():
            before = x509.load_pem_x509_crl(path.read_bytes())
            number = before.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
        begins = _moment(instant)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(begins)
            .next_update(begins + timedelta(days=_CRL_DAYS))
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for serial, when in revoked:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when).build()
            builder = builder.add_revoked_certificate(one)
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, MARK), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _moment(instant: Instant) -> datetime:
    return datetime.fromtimestamp(int(instant) // 1_000_000_000, UTC)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=not signs_certificates, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write_key(path: Path, key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
    """Readable by its owner alone, from the first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
