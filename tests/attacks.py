"""Messages that no gate may let through, each with what is wrong with it."""

from __future__ import annotations

from union import SG1, TH1, pacs_008

GOOD = pacs_008(SG1, TH1, "10.00", "SGD", uetr="8a562c67-ca16-48ba-b074-65581be6f001")
ENTITY = b'<!DOCTYPE a [<!ENTITY x "y">]>'


def after_declaration(insert: bytes) -> bytes:
    return GOOD.replace(b"?>\n", b"?>" + insert, 1)


BILLION = b"<!DOCTYPE a [" + b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha") for n in range(9)
) + b"]>"  # fmt: skip

ATTACKS = {
    "nothing": b"",
    "no XML": b"hello",
    "binary": bytes(range(256)),
    "UTF-16": GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 in disguise": GOOD.decode().encode("utf-16-le"),
    "UTF-7 declared": GOOD.replace(b"UTF-8", b"UTF-7"),
    "ISO-8859-1 declared": GOOD.replace(b"UTF-8", b"ISO-8859-1"),
    "EBCDIC": GOOD.decode().encode("cp500"),
    "not UTF-8 inside": GOOD.replace(b"Tan", b"T\xe4n"),
    "an internal DTD": after_declaration(ENTITY),
    "a DTD of attributes": after_declaration(b"<!DOCTYPE a [<!ATTLIST Nm x CDATA 'y'>]>"),
    "an external DTD": after_declaration(b'<!DOCTYPE a SYSTEM "file:///etc/passwd">'),
    "an external entity": after_declaration(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace(b"Tan", b"&x;"),
    "a parameter entity": after_declaration(b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>'),
    "a billion laughs": after_declaration(BILLION).replace(b"Tan", b"&l8;"),
    "a lower-case doctype": after_declaration(b"<!doctype a>"),
    "an unknown entity": GOOD.replace(b"Tan", b"&who;"),
    "depth": GOOD.replace(b"<Nm>Tan Wei Trading</Nm>", b"<a>" * 400 + b"</a>" * 400),
    "too large": GOOD.replace(b"Tan", b"T" * 70_000),
    "two roots": GOOD + b"<a/>",
    "text after the end": GOOD + b"x",
    "an unknown element": GOOD.replace(b"<ChrgBr>", b"<Bogus/><ChrgBr>"),
    "an element twice": GOOD.replace(b"<ChrgBr>SHAR</ChrgBr>", b"<ChrgBr>SHAR</ChrgBr>" * 2),
    "a wrong order": GOOD.replace(b"<ChrgBr>SHAR</ChrgBr>", b"").replace(b"<IntrBkSttlmAmt", b"<ChrgBr>SHAR</ChrgBr><IntrBkSttlmAmt"),
    "xsi:type": GOOD.replace(b"<Dbtr>", b'<Dbtr xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="Max35Text">'),
    "XInclude": GOOD.replace(b"<Nm>Tan Wei Trading</Nm>", b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
    "a foreign namespace": GOOD.replace(b"pacs.008.001.08", b"pacs.008.001.99"),
    "another family's name": GOOD.replace(b"tech:xsd:pacs.008", b"tech:xsd:nope.008"),
    "an unknown envelope": GOOD.replace(b"BizMsgEnvlp", b"Parcel"),
    "a stowaway in the envelope": GOOD.replace(b"<Doc>", b"<Extra>x</Extra><Doc>"),
    "two documents": GOOD.replace(b"</Doc>", b"</Doc>" + GOOD[GOOD.index(b"<Doc>") : GOOD.index(b"</Doc>") + 6]),
    "two headers": GOOD.replace(b"</Hdr>", b"</Hdr>" + GOOD[GOOD.index(b"<Hdr>") : GOOD.index(b"</Hdr>") + 6]),
    "no document": GOOD[: GOOD.index(b"<Doc>")] + b"</BizMsgEnvlp>",
    "a currency in lower case": GOOD.replace(b'"SGD"', b'"sgd"'),
    "an amount with an exponent": GOOD.replace(b"10.00", b"1e3"),
    "a negative amount": GOOD.replace(b"10.00", b"-10.00"),
    "six decimals": GOOD.replace(b"10.00", b"10.000001"),
    "a name of 141": GOOD.replace(b"Tan Wei Trading", b"T" * 141),
    "a null": GOOD.replace(b"Tan", b"T\x00n"),
    "a character reference to a control": GOOD.replace(b"Tan", b"T&#1;n"),
}  # fmt: skip
