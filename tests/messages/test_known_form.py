"""The short way past the gate says what the long way says, and never lets through what the long way stops."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from attacks import ATTACKS, GOOD
from fondaco.core import MalformedMessage
from fondaco.messages import Message, Status, known_form, pacs_002, pacs_004, pacs_009, read, wrap
from fondaco.messages.envelope import _of_tree
from fondaco.messages.known_form import recognised, sight_of
from fondaco.messages.xml import parse
from union import HUB, SG1, TH1, pacs_008

UETR = "8a562c67-ca16-48ba-b074-65581be6f001"
AT = "2026-11-24T03:00:00.000Z"
RICH = pacs_008(SG1, TH1, "10.00", "SGD", uetr=UETR)
PRETTY = re.sub(rb"><(?=[A-Za-z])", b">\n  <", RICH)
ONES = {
    "pacs.008": RICH,
    "pacs.008, written with spaces": PRETTY,
    "pacs.008, as libxml2 declares what it writes": etree.tostring(etree.fromstring(RICH), xml_declaration=True, encoding="UTF-8"),
    "pacs.008 without a header": b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08">'
    + RICH[RICH.index(b"<FIToFICstmrCdtTrf>") : RICH.index(b"</Document>") + len(b"</Document>")],
    "pacs.002": wrap(
        "pacs.002.001.10", TH1, HUB, "A1", AT,
        pacs_002("A1", AT, "M1", "pacs.008.001.08", [Status("I", "E", "T", UETR, "ACSP", "", "", AT)]),
    ),
    "pacs.002 that says why": wrap(
        "pacs.002.001.10", TH1, HUB, "A1", AT,
        pacs_002("A1", AT, "M1", "pacs.008.001.08", [Status("I", "E", "T", UETR, "RJCT", "AC04", "closed " * 30, "")] * 2),
    ),
    "pacs.004": wrap("pacs.004.001.09", TH1, HUB, "R1", AT, pacs_004("R1", AT, UETR, "THB", "10.00", "2026-11-24", "AC04")),
    "pacs.009": wrap("pacs.009.001.08", TH1, HUB, "N1", AT, pacs_009("N1", AT, "2026-11-24", [("L", UETR, "SGD", "1.00", SG1, TH1)] * 2)),
}  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=150),
    st.text(st.sampled_from("0123456789.-:TZAB /<>&;]\r\n\t\x00\x1f\ufffe\ud800"), max_size=30),
    st.sampled_from(
        [
            "",
            "]]>",
            "<!-- -->",
            "&amp;",
            "&#65;",
            "AL<!-- -->FA",
            "<![CDATA[x]]>",
            "<?p q?>",
            "1.00",
            "SGD",
            UETR,
            " 1.00",
            "\ufeff",
        ]
    ),
)


def the_long_way(raw: bytes) -> Message | str:
    try:
        return _of_tree(*parse(raw, bulk=True))
    except MalformedMessage as fault:
        return str(fault)


def as_read(raw: bytes) -> Message | str:
    try:
        return read(raw, bulk=True)
    except MalformedMessage as fault:
        return str(fault)


def made_known(raw: bytes) -> None:
    for _ in range(known_form._EARNED):
        read(raw, bulk=True)


def goes_the_short_way(raw: bytes) -> bool:
    sight = sight_of(raw)
    return sight is not None and recognised(sight) is not None


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_form, "_known", {})
    monkeypatch.setattr(known_form, "_sights", {})


@pytest.mark.parametrize("raw", ONES.values(), ids=ONES.keys())
def test_a_form_that_came_often_is_known_and_says_the_same(raw: bytes) -> None:
    read(raw, bulk=True)
    assert not goes_the_short_way(raw)
    made_known(raw)
    assert goes_the_short_way(raw)
    assert read(raw, bulk=True) == the_long_way(raw)
    other = raw.replace(UETR.encode(), str(uuid.uuid4()).encode())
    assert other != raw and goes_the_short_way(other)
    assert read(other, bulk=True) == the_long_way(other)


@pytest.mark.parametrize("raw", ONES.values(), ids=ONES.keys())
def test_whatever_stands_in_a_text_both_ways_say_the_same(raw: bytes) -> None:
    made_known(raw)
    places = [found.span(1) for found in re.finditer(rb">([^<]+)<", raw)]

    @given(st.sampled_from(places), TEXTS)
    @example(places[-1], "x" * 141)
    def law(place: tuple[int, int], text: str) -> None:
        changed = raw[: place[0]] + text.encode("utf-8", "surrogatepass") + raw[place[1] :]
        assert as_read(changed) == the_long_way(changed)

    law()


@pytest.mark.parametrize("raw", ONES.values(), ids=ONES.keys())
def test_whatever_becomes_of_the_bytes_both_ways_say_the_same(raw: bytes) -> None:
    made_known(raw)

    @given(st.integers(0, len(raw)), st.integers(0, 3), st.binary(max_size=3))
    def law(at: int, taken: int, put: bytes) -> None:
        changed = raw[:at] + put + raw[at + taken :]
        assert as_read(changed) == the_long_way(changed)

    law()


@pytest.mark.parametrize("raw", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_attack_passes_because_its_form_is_known(raw: bytes) -> None:
    made_known(GOOD)
    assert goes_the_short_way(GOOD)
    with pytest.raises(MalformedMessage):
        read(raw)


UNUSUAL = {
    "a comment": RICH.replace(b"<ChrgBr>", b"<!-- --><ChrgBr>"),
    "a comment in a text": RICH.replace(b"Tan Wei", b"Tan<!-- --> Wei"),
    "an instruction to a program": RICH.replace(b"<ChrgBr>", b"<?p q?><ChrgBr>"),
    "an entity": RICH.replace(b"Tan Wei", b"Tan &amp; Wei"),
    "characters kept raw": RICH.replace(b"Tan Wei", b"<![CDATA[Tan Wei]]>"),
    "a prefix": RICH.replace(b"<Document xmlns=", b"<d:Document xmlns:d=").replace(b"</Document>", b"</d:Document>"),
    "carriage returns": RICH.replace(b"<ChrgBr>", b"\r\n<ChrgBr>"),
}


@pytest.mark.parametrize("raw", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_what_is_unusual_goes_the_long_way_for_ever(raw: bytes) -> None:
    for _ in range(known_form._EARNED + 2):
        assert as_read(raw) == the_long_way(raw)
    assert not goes_the_short_way(raw)


def test_what_may_hold_anything_goes_the_long_way_for_ever() -> None:
    inside = b"<SplmtryData><Envlp><x xmlns='urn:x'>Anybody</x></Envlp></SplmtryData></CdtTrfTxInf>"
    raw = RICH.replace(b"</CdtTrfTxInf>", inside)
    made_known(raw)
    assert not goes_the_short_way(raw)
    found = read(raw, bulk=True)
    assert found == the_long_way(raw)
    assert "Anybody" in str(found)


def test_no_more_is_remembered_than_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_form, "_FORMS_MAX", 3)
    monkeypatch.setattr(known_form, "_SIGHTS_MAX", 3)
    for spaces in range(6):
        one = RICH.replace(b"<ChrgBr>", b" " * spaces + b"<ChrgBr>")
        read(one, bulk=True)
        assert len(known_form._sights) <= 3
    for spaces in range(6):
        one = RICH.replace(b"<ChrgBr>", b"\n" + b" " * spaces + b"<ChrgBr>" if spaces else b"<ChrgBr>")
        one = one.replace(b"<Purp>", b"\n" * spaces + b"<Purp>")
        made_known(one)
        assert goes_the_short_way(one)
        assert len(known_form._known) <= 3
