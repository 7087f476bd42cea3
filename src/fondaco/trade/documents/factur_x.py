"""Factur-X: a PDF that carries its invoice as XML, read and made by the library of that name (extra `trade`; BSD-3-Clause)."""

from __future__ import annotations

import io
import logging
from typing import Any

from fondaco.core import MalformedMessage, Reason

# The library's own limit is the memory; ours is what an invoice may weigh.
_SIZE_MAX = 20 * 1024 * 1024
INSTALL = "Factur-X and the rules of EN 16931 need the extra `trade`: ./run extras, or pip install 'fondaco[trade]'"


class ExtraMissing(Exception):
    """What was asked for needs packages that are not installed; the text says which."""


def _library() -> Any:
    try:
        import facturx
    except ImportError as fault:
        raise ExtraMissing(INSTALL) from fault
    logging.getLogger("facturx").setLevel(logging.CRITICAL)  # what it would say, we say in our own words
    return facturx


def is_pdf(raw: bytes) -> bool:
    return raw.lstrip(b" \t\r\n").startswith(b"%PDF-")


def xml_of(pdf: bytes) -> bytes:
    """The invoice inside a Factur-X file. Raises `MalformedMessage` where there is none, `ExtraMissing` where nobody can look."""
    library = _library()
    if len(pdf) > _SIZE_MAX:
        raise MalformedMessage(Reason.MALFORMED, "the file", f"{len(pdf)} bytes, at most {_SIZE_MAX}")
    try:
        name, raw = library.get_facturx_xml_from_pdf(io.BytesIO(pdf), check_xsd=False)
    except Exception as fault:  # the library reads PDF with another one, and either raises what it likes
        raise MalformedMessage(Reason.MALFORMED, "the PDF", f"{type(fault).__name__}: {fault}"[:200]) from None
    if not name or not raw:
        raise MalformedMessage(Reason.MALFORMED, "the PDF", "no invoice is embedded")
    return bytes(raw)


def pdf_with(pdf: bytes, xml: bytes) -> bytes:
    """`pdf`, which people read, with `xml`, which programs read, embedded. Raises `MalformedMessage` for what is no PDF or no invoice of its schema."""
    library = _library()
    try:
        made = library.generate_from_binary(pdf, xml, check_xsd=True, check_schematron=False)
    except Exception as fault:
        raise MalformedMessage(Reason.MALFORMED, "the PDF and its invoice", f"{type(fault).__name__}: {fault}"[:300]) from None
    return bytes(made)


def plain_pdf(lines: list[str]) -> bytes:
    """One page of A4 that says `lines` in Courier: a face for an invoice whose sender has none. Characters that Latin-1 lacks become `?`."""
    shown = b"".join(b"(%s) '\n" % _pdf_text(line) for line in lines[:60])
    stream = b"BT /F1 9 Tf 50 800 Td 12 TL\n" + shown + b"ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    made, places = bytearray(b"%PDF-1.6\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(made)


def _pdf_text(line: str) -> bytes:
    return line.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
