"""The evidence of a day as one folder that a third party verifies without us: `verify.sh` asks openssl, sqlite3, xmlsec1 and hledger alone.

    verify.sh            what verifies it                       hub.pem                 the hub's public key
    head.json, .sig      the head of the journal, signed        evidence.sqlite         links, entries, messages, payments; the tables as views
    books.journal        the posted books, for hledger          tables/*.csv            PFMI and G20 tables, and the entries they rest on
    statements/*.xml     camt.053 of each account, signed       MANIFEST.sha256, .sig   every file, signed
    originals/*/*        signed messages and deeds as they came, by the certificate that signed them
    looks.json           the head of the log of looks

The key is ECDSA on P-256, which openssl and XML signatures both know. It is handed in and never kept.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from fondaco.core import Instant, Reason, Refusal, utc_text
from fondaco.hub.backup import WRITING, unfinished
from fondaco.hub.hub import Hub
from fondaco.hub.naming import naming_of
from fondaco.hub.originals import write_originals
from fondaco.journal import JournalHead, Tree, head_text
from fondaco.ledger import PlainText, export_books
from fondaco.messages import camt_05x, wrap
from fondaco.reporting import TABLES, DayRange, log_of, tables_of, write_evidence

_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
Rows = dict[str, list[dict[str, str | int | None]]]


class Bundle(msgspec.Struct, frozen=True):
    """What a bundle holds: its day, the links of it, the size and the root of the log, files with their bytes, statements."""

    day: str
    first: int
    last: int
    size: int
    root: str
    files: int
    bytes: int
    statements: int


def disclosure(hub: Hub, day: str) -> Rows | Refusal:
    """The tables of disclosure of a business day (YYYY-MM-DD), each row by column; a refusal where it never opened."""
    days, tree = log_of(hub.journal, day)
    if days is None:
        return _never_opened(day)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "evidence.sqlite"
        write_evidence(path, hub.journal, tree, days)
        return tables_of(path)


def write_bundle(
    hub: Hub,
    day: str,
    folder: Path,
    key: ec.EllipticCurvePrivateKey,
    since: JournalHead | None,
    told: Callable[[str], None],
    looks: tuple[int, str] | None = None,
) -> Bundle | Refusal:
    """Write the evidence of a business day to the folder `folder`, absent or empty, which gets its name when it is whole; what an interrupted
    attempt left beside it is removed.

    `since` is the head of an earlier bundle: refused where this journal does not continue it. `looks` is the head of the log of looks (lines, the last one's digest),
    None where nobody has access over HTTP. The books are those of now. Raises `NotReady` while
    another process writes there, `OSError`.
    """
    days, tree = log_of(hub.journal, day)
    if days is None:
        return _never_opened(day)
    if since is not None and (since.size > tree.size or tree.root(since.size).hex() != since.root):
        return Refusal(Reason.OUT_OF_TURN, "since", f"this journal does not continue the log of {since.size} links", "3.4")
    with unfinished(folder) as draft:
        return _fill(hub, days, tree, draft, key, told, looks)


def _fill(
    hub: Hub,
    days: DayRange,
    tree: Tree,
    draft: Path,
    key: ec.EllipticCurvePrivateKey,
    told: Callable[[str], None],
    looks: tuple[int, str] | None,
) -> Bundle:
    for name in ("tables", "statements"):
        (draft / name).mkdir()
    at = utc_text(Instant(hub.desk.counters.last_instant))
    head = JournalHead(hub.desk.scheme.hub_bic, days.size, tree.root(days.size).hex(), at)
    _signed(draft / "head.json", head_text(head), key)
    if looks is not None:
        (draft / "looks.json").write_bytes(msgspec.json.encode({"lines": looks[0], "head": looks[1], "at": at}) + b"\n")
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (draft / "hub.pem").write_bytes(public)
    told("journal")
    write_evidence(draft / "evidence.sqlite", hub.journal, tree, days)
    _write_tables(draft)
    told("books")
    with (draft / "books.journal").open("w") as out:
        export_books(hub.books, out, PlainText.HLEDGER, naming_of(hub))
    told("statements")
    statements = _write_statements(hub, days.day, at, draft / "statements", key)
    write_originals(hub.journal, days.first, days.last, draft / "originals")
    (draft / "verify.sh").write_text(files("fondaco.reporting.evidence").joinpath("verify.sh").read_text())
    paths = sorted(path for path in draft.rglob("*") if path.is_file() and path.name != WRITING)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(draft).as_posix()}\n" for path in paths]
    _signed(draft / "MANIFEST.sha256", "".join(lines).encode(), key)
    size = sum(path.stat().st_size for path in paths)
    return Bundle(days.day, days.first, days.last, days.size, head.root, len(paths) + 2, size, statements)


def _never_opened(day: str) -> Refusal:
    return Refusal(Reason.NOT_FOUND, "day", day, "3.5")


def _signed(path: Path, raw: bytes, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(raw)
    path.with_name(path.name + ".sig").write_bytes(key.sign(raw, ec.ECDSA(hashes.SHA256())))


def _write_tables(draft: Path) -> None:
    found = tables_of(draft / "evidence.sqlite")
    for name in TABLES:
        with (draft / "tables" / f"{name}.csv").open("w", newline="") as out:
            rows = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONE)
            if found[name]:
                rows.writerow(found[name][0])
            rows.writerows(row.values() for row in found[name])


def _write_statements(hub: Hub, day: str, at: str, folder: Path, key: ec.EllipticCurvePrivateKey) -> int:
    """A camt.053 for each account of the day, with the hub's signature in its business header."""
    found = hub.days.statements(day)
    for one in found:
        name = f"S{one.account}-{day.replace('-', '')}"
        raw = wrap("camt.053.001.08", hub.desk.scheme.hub_bic, one.owner, name, at, camt_05x("camt.053", name, at, day, one))
        (folder / f"{one.owner[:8]}-{one.currency}.xml").write_bytes(_signed_xml(raw, key))
    return len(found)


def _signed_xml(raw: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The message with an enveloped signature (XML Signature, exclusive canonical form, ECDSA with SHA-256) as its header's `Sgntr`."""
    from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod  # read where something is signed
    from signxml.signer import XMLSigner

    root = etree.fromstring(raw)
    header = next(one for one in root.iter() if etree.QName(one).localname == "AppHdr")
    place = etree.SubElement(header, f"{{{etree.QName(header).namespace}}}Sgntr")
    etree.SubElement(place, f"{{{_SIGNATURE}}}Signature", Id="placeholder", nsmap={"ds": _SIGNATURE})
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(root, key=key, always_add_key_value=False)
    whole: bytes = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
    return whole
