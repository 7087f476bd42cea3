"""Bytes to a document that is kept as it came, and a document to bytes."""

from __future__ import annotations

import hashlib

import msgspec
from lxml import etree

from fondaco.core import MalformedMessage, Reason
from fondaco.trade.documents.cii import is_cii, read_cii, write_cii
from fondaco.trade.documents.factur_x import is_pdf, pdf_with, plain_pdf, xml_of
from fondaco.trade.documents.forms import tree_of
from fondaco.trade.documents.json_form import from_json, to_json
from fondaco.trade.documents.records import CreditNote, Invoice, Kept, TradeDocument
from fondaco.trade.documents.ubl import is_ubl, read_ubl, write_ubl

UBL, CII, FACTUR_X, JSON = "ubl", "cii", "factur-x", "json"


def read_document(raw: bytes) -> Kept:
    """The document of a UBL, CII or Factur-X file or of our own JSON; which it is, is seen from its beginning.

    Raises `MalformedMessage` with the place, `factur_x.ExtraMissing` for a PDF where the library is not installed.
    """
    digest = hashlib.sha256(raw).hexdigest()
    if raw.lstrip(b" \t\r\n").startswith(b"{"):
        return Kept(raw, digest, JSON, from_json(raw))
    form, xml = (FACTUR_X, xml_of(raw)) if is_pdf(raw) else ("", raw)
    root = tree_of(xml)
    if is_ubl(root):
        document, left = read_ubl(root)
        return Kept(raw, digest, form or UBL, document, left)
    if is_cii(root):
        bill, left = read_cii(root)
        return Kept(raw, digest, form or CII, bill, left)
    raise MalformedMessage(Reason.MALFORMED, "the root", f"{etree.QName(root).text[:120]} is neither UBL 2.1 nor CII")


def write_document(document: TradeDocument, form: str, face: bytes = b"") -> bytes:
    """`document` as UBL, CII, JSON or Factur-X; `face` is the PDF that people read, a plain page where there is none.

    Raises `MalformedMessage` for a form that has no such document.
    """
    if form == UBL:
        return write_ubl(document)
    if form == JSON:
        return to_json(document)
    if not isinstance(document, Invoice | CreditNote):
        raise MalformedMessage(Reason.MALFORMED, "the document", f"{form} has invoices and credit notes, no {_kind(document)}")
    xml = write_cii(document)
    return xml if form == CII else pdf_with(face or plain_pdf(to_json(document).decode().split("\n")), xml)


def lost_in(document: TradeDocument, form: str) -> tuple[str, ...]:
    """The fields of `document` that come back otherwise from `form`: what a reader of that form is not told."""
    again = read_document(write_document(document, CII if form == FACTUR_X else form)).document
    return tuple(name for name in document.__struct_fields__ if getattr(document, name) != getattr(again, name, None))


def _kind(document: TradeDocument) -> str:
    return str(msgspec.inspect.type_info(type(document)).tag)  # type: ignore[attr-defined]
