"""The gate: every attack of its kind that we know is stopped, and says where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from fondaco.core import MalformedMessage, Reason
from fondaco.messages import CustomerTransfers, explain, read, wrap
from union import HUB, SG1, TH1, pacs_008

GOOD = pacs_008(SG1, TH1, "10.00", "SGD", uetr="8a562c67-ca16-48ba-b074-65581be6f001")
ENTITY = b'<!DOCTYPE a [<!ENTITY x "y">]>'


def refused(raw: bytes, *, bulk: bool = False) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as caught:
        read(raw, bulk=bulk)
    assert caught.value.refusal.reason is Reason.MALFORMED
    assert caught.value.refusal.where
    return caught.value


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


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_is_not_a_clean_message_is_refused_with_its_place(raw: bytes) -> None:
    refused(raw)


def test_the_place_names_the_element_and_the_line() -> None:
    fault = refused(GOOD.replace(b"10.00", b"10.000001"))
    assert fault.refusal.where.startswith("Document/FIToFICstmrCdtTrf/CdtTrfTxInf/IntrBkSttlmAmt line")


def test_many_empty_elements_inside_supplementary_data_are_counted() -> None:
    stuffed = GOOD.replace(
        b"</CdtTrfTxInf>", b"<SplmtryData><Envlp><x xmlns='u'>" + b"<a/>" * 5_000 + b"</x></Envlp></SplmtryData></CdtTrfTxInf>"
    )
    assert "elements" in str(refused(stuffed))
    assert read(stuffed, bulk=True).kind == "pacs.008.001.08"


@pytest.mark.parametrize(
    "written",
    [
        b"OSA<!-- -->MA BIN", b"OSA<?p?>MA BIN", b"<![CDATA[OSAMA BIN]]>", b"OSA<![CDATA[MA]]> BIN", b"&#79;SAMA BIN",
        b"OSA<!-- a --><!-- b -->MA<?x y?> BIN",
    ],
)  # fmt: skip
def test_no_trick_of_markup_hides_a_part_of_a_name(written: bytes) -> None:
    message = read(GOOD.replace(b"Tan Wei Trading", written))
    assert isinstance(message.body, CustomerTransfers)
    transfer = message.body.transfers[0]
    assert transfer.debtor.name == "OSAMA BIN"
    assert "OSAMA BIN" in [m.text for m in transfer.mentions]
    assert b"OSAMA BIN" in transfer.passed


@given(st.data())
@settings(max_examples=150)
def test_a_message_cut_short_never_passes(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(GOOD.rstrip()) - 1))
    refused(GOOD[:cut])


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
@settings(max_examples=300)
def test_a_changed_byte_is_refused_or_read_but_never_breaks_the_gate(at: int, byte: int) -> None:
    raw = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    try:
        read(raw)
    except MalformedMessage as fault:
        assert fault.refusal.where


names = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn"), blacklist_characters="\ufffe\uffff"), min_size=1, max_size=140
).filter(lambda s: s.strip() == s)


@given(names, names)
@settings(max_examples=150)
def test_every_text_node_and_attribute_of_a_transaction_is_mentioned(name: str, note: str) -> None:
    """The law of the walk: whatever text a transaction holds, screening sees it."""
    supplementary = f"<SplmtryData><Envlp><n xmlns='u' a={_quoted(note)}>{_escaped(note)}<b>{_escaped(name)}</b>{_escaped(name)}</n></Envlp></SplmtryData>"
    raw = pacs_008(SG1, TH1, "10.00", "SGD", creditor=_escaped(name), extra=supplementary)
    message = read(raw)
    assert isinstance(message.body, CustomerTransfers)
    mentioned = {m.text for m in message.body.transfers[0].mentions}
    root = etree.fromstring(raw)
    (transaction,) = root.iter("{urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08}CdtTrfTxInf")
    constrained = {"UETR", "IntrBkSttlmAmt", "IntrBkSttlmDt", "ChrgBr", "Cd"}
    for element in transaction.iter():
        if etree.QName(element).localname in constrained:
            continue
        for piece in [element.text, element.tail, *element.attrib.values()]:
            if piece and piece.strip() and len(piece) > 4:
                assert piece in mentioned


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _quoted(text: str) -> str:
    return '"' + _escaped(text).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;") + '"'


@pytest.mark.parametrize("envelope", ["Envelope", "BusinessMessage", "Message", "RequestPayload", "BizMsg"])
def test_known_envelopes_are_opened_and_prefixes_do_not_matter(envelope: str) -> None:
    header = GOOD[GOOD.index(b"<AppHdr") : GOOD.index(b"</Hdr>")]
    document = GOOD[GOOD.index(b"<Document") : GOOD.index(b"</Doc>")]
    raw = b"<" + envelope.encode() + b' xmlns="urn:whoever">' + header + document + b"</" + envelope.encode() + b">"
    assert read(raw).header is not None
    prefixed = document.decode().replace("<Document xmlns=", "<p:Document xmlns:p=")
    for tag in ("</", "<"):
        prefixed = (
            prefixed.replace(tag, tag + "p:")
            .replace(f"{tag}p:p:", f"{tag}p:")
            .replace(f"{tag}p:/p:", f"{tag}/p:")
            .replace("<p:/", "</")
        )
    message = read(prefixed.encode())
    assert isinstance(message.body, CustomerTransfers)
    plain = read(document)
    assert isinstance(plain.body, CustomerTransfers)
    assert message.body.transfers[0].passed == plain.body.transfers[0].passed


def test_the_header_must_agree_with_the_document() -> None:
    wrong = read(GOOD.replace(b"<MsgDefIdr>pacs.008.001.08", b"<MsgDefIdr>pacs.008.001.13"))
    assert [fault.reason for fault in wrong.faults] == [Reason.HEADER_CONTRADICTS]
    other = read(GOOD.replace(b"<BizMsgIdr>M", b"<BizMsgIdr>X"))
    assert [fault.reason for fault in other.faults] == [Reason.HEADER_CONTRADICTS]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((b"<NbOfTxs>1<", b"<NbOfTxs>2<"), Reason.COUNT_WRONG),
        ((b"</NbOfTxs>", b"</NbOfTxs><CtrlSum>11</CtrlSum>"), Reason.CONTROL_SUM_WRONG),
    ],
)
def test_counts_and_control_sums_are_checked(change: tuple[bytes, bytes], reason: Reason) -> None:
    assert [fault.reason for fault in read(GOOD.replace(*change)).faults] == [reason]
    assert not read(GOOD.replace(b"</NbOfTxs>", b"</NbOfTxs><CtrlSum>10</CtrlSum>")).faults


@pytest.mark.parametrize("reference", ["/E1", "E1/", "E//1", "E_1", "Ünvoice"])
def test_references_keep_to_the_agreed_characters(reference: str) -> None:
    raw = GOOD.replace(b"<EndToEndId>E-8a562c67", f"<EndToEndId>{reference}".encode())
    body = read(raw).body
    assert isinstance(body, CustomerTransfers)
    assert Reason.CHARACTERS_WRONG in [fault.reason for fault in body.transfers[0].faults]


def test_explain_tells_all_faults_at_once_and_a_good_message_has_none() -> None:
    assert explain(GOOD) == []
    two = explain(GOOD.replace(b"10.00", b"10.000001").replace(b"<ChrgBr>SHAR", b"<ChrgBr>NONE"))
    assert len(two) >= 2 and all(fault.where for fault in two)
    soft = explain(GOOD.replace(b"10.00", b"10.001"))
    assert [fault.reason for fault in soft] == [Reason.DECIMALS_WRONG]


def test_an_envelope_of_ours_is_read_back() -> None:
    message = read(
        wrap(
            "admi.004.001.02",
            HUB,
            SG1,
            "",
            "2026-11-24T01:00:00.000Z",
            "<SysEvtNtfctn><EvtInf><EvtCd>OPEN</EvtCd></EvtInf></SysEvtNtfctn>",
        ).replace(b"<BizMsgIdr></BizMsgIdr>", b"<BizMsgIdr>1</BizMsgIdr>")
    )
    assert message.kind == "admi.004.001.02"
