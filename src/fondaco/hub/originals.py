"""Signed originals: what a message or a deed came as, with its signature, kept beside it in the inputs of its batch and gone with them after their retention.

An original is folded with what the hub was handed of it, which it mostly repeats. Written out, it is verified with xmlsec1 (XML Signature) or openssl (RFC 9421, RFC 7515) alone,
under the certificate that was registered when it came.
"""

from __future__ import annotations

import csv
import hashlib
import re
import zlib
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from fondaco.hub.commands import Arrive, Command, Once, Original, Second
from fondaco.journal import Journal

XML_FORM, REQUEST_FORM = "xml", "request"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_COMMANDS = msgspec.msgpack.Decoder(list[Command])
# The window of deflate: more of a dictionary is not looked at.
_WINDOW = 32 * 1024
_LABELLED = re.compile(r'\s*([a-z*][a-z0-9_.*-]*)=(\(((?:"[a-z0-9@-]+" ?)+)\)[^,]*)')
_SIGNATURE = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]+):")


def folded(content: bytes, message: bytes = b"") -> bytes:
    """An original in few bytes; `message` is what the hub is handed of it, where both are XML."""
    made = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=message[-_WINDOW:])
    return made.compress(content) + made.flush()


def unfolded(original: Original, message: bytes) -> bytes:
    """The original to the byte, as it came."""
    reading = zlib.decompressobj(-15, zdict=message[-_WINDOW:] if original.form == XML_FORM else b"")
    return reading.decompress(original.content) + reading.flush()


def handed(command: Command) -> bytes:
    """The bytes with which the original of a command is folded."""
    return command.raw if isinstance(command, Arrive) else b""


class Kept(NamedTuple):
    """A signed original and the command that it is of: the batch, the command's place in it, the original, its bytes as they came."""

    batch: int
    place: int
    original: Original
    content: bytes


def originals_of(batch: int, commands: Sequence[Command]) -> Iterator[Kept]:
    """The originals of a batch's commands, in their order. A key and a second person's word may stand between an original and its command."""
    waiting: Original | None = None
    for place, command in enumerate(commands):
        if isinstance(command, Original):
            waiting = command
        elif waiting is not None and not isinstance(command, Once | Second):
            yield Kept(batch, place, waiting, unfolded(waiting, handed(command)))
            waiting = None


def kept_in(journal: Journal, first: int, last: int) -> Iterator[Kept]:
    """The signed originals of batches from `first` to `last`, as far as they are not erased."""
    for batch in range(first, last + 1):
        inputs = journal.inputs_of(batch)
        if inputs is not None and inputs.commands:
            yield from originals_of(batch, _COMMANDS.decode(inputs.commands))


class Proof(NamedTuple):
    """One signature: what was signed, the signature as openssl takes it, and the certificate. `form` is `xml`, `rfc9421` or `jws`; of XML the whole is what was signed."""

    form: str
    signed: bytes
    signature: bytes
    certificate: x509.Certificate


def proofs_of(kept: Kept) -> list[Proof]:
    """The signatures of an original. Raises `ValueError` for what is none of a form that the door takes: it was verified when it came."""
    original = kept.original
    if original.form == XML_FORM:
        text = etree.fromstring(kept.content).findtext(f".//{_DS}X509Certificate") or ""
        return [Proof("xml", kept.content, b"", x509.load_der_x509_certificate(b64decode("".join(text.split()))))]
    certificate = x509.load_der_x509_certificate(original.certificate)
    headers = dict(original.headers)
    found = []
    if "signature-input" in headers:
        base, raw = _signature_base(original, headers)
        found.append(Proof("rfc9421", base, _as_openssl(raw, certificate), certificate))
    if "x-jws-signature" in headers:
        head, _, tail = headers["x-jws-signature"].split(".")
        raw = urlsafe_b64decode(tail + "=" * (-len(tail) % 4))
        found.append(Proof("jws", head.encode() + b"." + kept.content, _as_openssl(raw, certificate), certificate))
    return found


def _signature_base(original: Original, headers: dict[str, str]) -> tuple[bytes, bytes]:
    """RFC 9421 section 2.5: what was signed, and the signature."""
    named = _LABELLED.match(headers["signature-input"])
    shown = _SIGNATURE.match(headers["signature"])
    if named is None or shown is None or named[1] != shown[1]:
        raise ValueError("not one signature of RFC 9421")
    where = urlsplit(original.target)
    derived = {
        "@method": original.method, "@target-uri": original.target, "@authority": where.netloc, "@scheme": where.scheme, "@path": where.path,
        "@query": f"?{where.query}", "@request-target": where.path + (f"?{where.query}" if where.query else ""),
    }  # fmt: skip
    lines = [f'"{name}": {(derived | headers)[name].strip()}' for name in re.findall(r'"([^"]+)"', named[3])]
    return "\n".join([*lines, f'"@signature-params": {named[2].strip()}']).encode(), b64decode(shown[2])


def _as_openssl(raw: bytes, certificate: x509.Certificate) -> bytes:
    """A signature of P-256 as ASN.1 instead of two numbers side by side; of Ed25519 as it is."""
    if not isinstance(certificate.public_key(), EllipticCurvePublicKey):
        return raw
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def write_originals(journal: Journal, first: int, last: int, folder: Path) -> int:
    """Write the originals of these batches below `folder`, those of one certificate together, with `index.csv`; how many. Where there are none nothing is written.

    Of XML `N-M.xml` is the message that came as the command at M of batch N. Of a request `N-M.body` is its body, and of each signature `.base` what was signed and `.sig` the signature.
    """
    rows: list[tuple[object, ...]] = []
    for kept in kept_in(journal, first, last):
        for proof in proofs_of(kept):
            der = proof.certificate.public_bytes(Encoding.DER)
            thumbprint = urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
            own = folder / thumbprint
            if not own.exists():
                own.mkdir(parents=True)
                (own / "certificate.pem").write_bytes(proof.certificate.public_bytes(Encoding.PEM))
            name = f"{kept.batch}-{kept.place}"
            if proof.form == XML_FORM:
                (own / f"{name}.xml").write_bytes(proof.signed)
            else:
                (own / f"{name}.body").write_bytes(kept.content)
                (own / f"{name}.{proof.form}.base").write_bytes(proof.signed)
                (own / f"{name}.{proof.form}.sig").write_bytes(proof.signature)
            rows.append((kept.batch, kept.place, proof.form, kept.original.signer, thumbprint))
    if rows:
        with (folder / "index.csv").open("w", newline="") as out:
            made = csv.writer(out, lineterminator="\n")
            made.writerow(("batch", "place", "form", "signer", "certificate"))
            made.writerows(rows)
    return len(rows)
