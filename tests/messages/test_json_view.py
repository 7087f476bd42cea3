"""A message and its JSON view are the same message, whichever of the two is written from the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from fondaco.core import MalformedMessage
from fondaco.messages import Unviewable, known_kinds, read, view, wrap, written
from fondaco.messages.xml import parse
from union import HUB, SG1, TH1, Desk, pacs_008

SHARED = Path(__file__).resolve().parents[3] / "shared"


def parts(raw: bytes) -> list[object]:
    """Header and document as what they say: names, attributes and texts, whatever the spelling."""
    header, document, _ = parse(raw, bulk=True)

    def said(element: etree._Element) -> object:
        inside = [said(child) for child in element]
        text = (element.text or "") if (element.text or "").strip() else ""
        # Where a schema may be found (xsi:schemaLocation) is a hint to who reads the file, and no part of the message.
        attributes = sorted(
            one for one in element.attrib.items() if not one[0].startswith("{http://www.w3.org/2001/XMLSchema-instance}")
        )
        return str(element.tag), attributes, text, inside

    return [said(one) for one in (header, document) if one is not None]


def samples() -> Iterator[bytes]:
    for path in sorted(SHARED.rglob("*.xml")) if SHARED.is_dir() else ():
        if path.stat().st_size < 200_000:
            raw = path.read_bytes()
            try:
                parse(raw, bulk=True)
            except (MalformedMessage, ValueError):
                continue
            yield raw


def test_what_the_hub_writes_is_the_same_to_the_byte(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.answer(desk.pay(SG1, TH1, "10.00", "SGD", urgent=True))
    desk.pay(SG1, TH1, "12.00", "SGD", creditor="Café & Söhne <\"'> ]]&gt;".replace("&", "&amp;").replace("<", "&lt;"))
    mail = [one for one in desk.hub.journal.mail() if one.raw.startswith(b"<")]
    desk.close()
    assert len({one.kind for one in mail}) > 3
    for one in mail:
        # By way of a text, in which names lose their order.
        again = written(json.loads(json.dumps(view(one.raw), sort_keys=True)))
        assert again == one.raw, one.kind


def test_samples_of_others_say_the_same_again() -> None:
    found = 0
    kinds = set()
    for raw in samples():
        said = view(raw)
        again = written(json.loads(json.dumps(said, sort_keys=True)))
        assert parts(again) == parts(raw)
        assert view(again) == said
        kinds.add(said["kind"])
        found += 1
    if not SHARED.is_dir():
        pytest.skip("no samples of others are here")
    assert found > 20 and len(kinds) > 5, (found, kinds)


def test_other_xml_in_a_message_stays_as_it_is() -> None:
    extra = '<SplmtryData><Envlp><x:Own xmlns:x="urn:x" x:a="1"> a &amp; b <x:c/></x:Own></Envlp></SplmtryData>'
    raw = pacs_008(SG1, TH1, "1.00", "SGD", extra=extra)
    said = view(raw)
    (transaction,) = said["Document"]["FIToFICstmrCdtTrf"]["CdtTrfTxInf"]
    assert transaction["SplmtryData"][0]["Envlp"] == '<x:Own xmlns:x="urn:x" x:a="1"> a &amp; b <x:c></x:c></x:Own>'
    assert view(written(said)) == said
    assert read(written(said)).kind == "pacs.008.001.08"


def test_an_amount_and_what_may_stand_twice_have_one_form() -> None:
    said = view(pacs_008(SG1, TH1, "1.00", "SGD"))
    (transaction,) = said["Document"]["FIToFICstmrCdtTrf"]["CdtTrfTxInf"]
    assert transaction["IntrBkSttlmAmt"] == {"Ccy": "SGD", "value": "1.00"}
    assert (said["kind"], said["head"]) == ("pacs.008.001.08", "head.001.001.02")


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (None, ""), ([], ""), ({"kind": "pacs.008.001.08"}, ""), ({"kind": "nope", "Document": {}}, "kind"),
        ({"kind": "head.001.001.02", "Document": {}}, "kind"), ({"kind": "pacs.008.001.08", "Document": []}, "Document"),
        ({"kind": "pacs.008.001.08", "Document": {"X": {}}}, "Document"),
        ({"kind": "pacs.008.001.08", "Document": {"FIToFICstmrCdtTrf": []}}, "Document.FIToFICstmrCdtTrf"),
        ({"kind": "pacs.008.001.08", "Document": {"FIToFICstmrCdtTrf": {"CdtTrfTxInf": {}}}}, "Document.FIToFICstmrCdtTrf.CdtTrfTxInf"),
        ({"kind": "pacs.008.001.08", "Document": {"FIToFICstmrCdtTrf": {"GrpHdr": {"MsgId": 1}}}}, "Document.FIToFICstmrCdtTrf.GrpHdr.MsgId"),
        ({"kind": "pacs.008.001.08", "head": "head.001.001.02", "Document": {}}, ""),
        ({"kind": "pacs.008.001.08", "Document": {}, "AppHdr": {}, "head": "pacs.008.001.08"}, "head"),
    ],
)  # fmt: skip
def test_what_is_no_view_is_told_with_its_place(wrong: object, where: str) -> None:
    with pytest.raises(Unviewable) as told:
        written(wrong)
    assert told.value.where == where


@pytest.mark.parametrize(
    "evil", ["<a>&x;</a>", '<!DOCTYPE a [<!ENTITY x "y">]><a/>', "<a/><b/>", "text", "<a", "</Envlp><Envlp>"]
)
def test_other_xml_cannot_break_out(evil: str) -> None:
    said = view(pacs_008(SG1, TH1, "1.00", "SGD", extra='<SplmtryData><Envlp><a xmlns="urn:a"/></Envlp></SplmtryData>'))
    said["Document"]["FIToFICstmrCdtTrf"]["CdtTrfTxInf"][0]["SplmtryData"][0]["Envlp"] = evil
    with pytest.raises(Unviewable):
        written(said)


def test_a_text_cannot_break_out() -> None:
    said = view(
        wrap(
            "admi.004.001.02",
            SG1,
            HUB,
            "X1",
            "2026-11-24T01:00:00Z",
            "<SysEvtNtfctn><EvtInf><EvtCd>A</EvtCd></EvtInf></SysEvtNtfctn>",
        )
    )
    said["Document"]["SysEvtNtfctn"]["EvtInf"]["EvtCd"] = "</EvtCd>"
    again = written(said)
    assert b"&lt;/EvtCd&gt;" in again


def test_every_kind_that_is_spoken_has_a_shape() -> None:
    for kind in known_kinds():
        if not kind.startswith("head."):
            with pytest.raises(Unviewable):
                written({"kind": kind, "Document": {"No such element": {}}})
