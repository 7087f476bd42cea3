"""The gate: every attack of its kind that we know is stopped, and says where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from attacks import ATTACKS, GOOD
from fondaco.core import MalformedMessage, Reason
from fondaco.messages import CustomerTransfers, explain, read, wrap
from union import HUB, SG1, TH1, pacs_008


def refused(raw: bytes, *, bulk: bool = False) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as caught:
        read(raw, bulk=bulk)
    assert caught.value.refusal.reason is Reason.MALFORMED
    assert caught.value.refusal.where
    return caught.value


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
