"""What an expression made of a schema's type lets through, libxml2 lets through."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from fondaco.messages import known_kinds
from fondaco.messages.facets import simple_pattern, text_pattern
from fondaco.messages.known_form import _UNFIT

XS = "http://www.w3.org/2001/XMLSchema"
SCHEMAS = Path(__file__).resolve().parents[2] / "src/fondaco/messages/schemas"


@cache
def simple_types() -> dict[bytes, etree._Element]:
    """Every distinct simple type of our schemas, by what it says."""
    found: dict[bytes, etree._Element] = {}
    for path in sorted(SCHEMAS.glob("*.xsd")):
        for one in etree.parse(path).getroot().iter(f"{{{XS}}}simpleType"):
            said = b"".join(etree.tostring(part, method="c14n") for part in one)
            found.setdefault(re.sub(rb' xmlns(?::xs)?="[^"]*"', b"", said), one)
    return found


@cache
def schema_for(simple: etree._Element) -> etree.XMLSchema:
    root = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS})
    element = etree.SubElement(root, f"{{{XS}}}element", name="x")
    copied = etree.fromstring(etree.tostring(simple))
    copied.attrib.pop("name", None)
    element.append(copied)
    return etree.XMLSchema(etree.fromstring(etree.tostring(root)))


def libxml2_allows(simple: etree._Element, text: str) -> bool:
    element = etree.Element("x")
    element.text = text
    return bool(schema_for(simple).validate(etree.fromstring(etree.tostring(element, encoding="utf-8"))))


TYPES = list(simple_types().values())
WITH_PATTERN = [(one, pattern) for one in TYPES if (pattern := simple_pattern(one)) is not None]
# Texts near those that are allowed: dates, amounts, codes with something wrong.
NEAR = st.text(st.sampled_from("0123456789-+:.TZzAaBbé \n\t,e"), max_size=24)


def test_nearly_every_type_has_an_expression() -> None:
    without = [one.find(f"{{{XS}}}restriction") for one in TYPES if simple_pattern(one) is None]
    bases = sorted(one.get("base", "") for one in without if one is not None)
    # One type of text is told by a pattern and by its length at once: it is a code of business messages that carry no payments.
    assert bases == ["xs:base64Binary", "xs:base64Binary", "xs:gYear", "xs:gYearMonth", "xs:string"]


@pytest.mark.parametrize(("simple", "pattern"), WITH_PATTERN, ids=[pattern[:40] for _, pattern in WITH_PATTERN])
def test_what_an_expression_lets_through_the_schema_allows(simple: etree._Element, pattern: str) -> None:
    compiled = re.compile(pattern)

    @given(st.one_of(st.from_regex(compiled, fullmatch=True), st.text(max_size=40), NEAR))
    def law(text: str) -> None:
        if compiled.fullmatch(text) and not _UNFIT.search(text) and "\0" not in text:
            assert libxml2_allows(simple, text), text

    law()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("2026-02-30", "IntrBkSttlmDt"),
        ("2026-13-01", "IntrBkSttlmDt"),
        ("0000-01-01", "IntrBkSttlmDt"),
        ("2026-04-31", "IntrBkSttlmDt"),
        (" 2026-04-30", "IntrBkSttlmDt"),
        ("1e3", "IntrBkSttlmAmt"),
        ("-1.00", "IntrBkSttlmAmt"),
        ("1.000001", "IntrBkSttlmAmt"),
        ("12345678901234.00001", "IntrBkSttlmAmt"),
        ("", "IntrBkSttlmAmt"),
        ("SHARE", "ChrgBr"),
        ("shar", "ChrgBr"),
    ],
)
def test_what_the_schema_forbids_no_expression_lets_through(text: str, place: str) -> None:
    pattern = text_pattern("pacs.008.001.08", ("Document", "FIToFICstmrCdtTrf", "CdtTrfTxInf", place))
    assert pattern is not None
    assert re.fullmatch(pattern, text) is None


def test_a_place_that_no_schema_has_has_no_expression() -> None:
    assert text_pattern("pacs.008.001.08", ("Document", "FIToFICstmrCdtTrf", "Stowaway")) is None
    assert text_pattern("pacs.008.001.08", ("Document", "FIToFICstmrCdtTrf", "CdtTrfTxInf", "ChrgBr", "Below")) is None


def test_every_kind_can_be_asked() -> None:
    for kind in known_kinds():
        assert text_pattern(kind, ("Document" if not kind.startswith("head") else "AppHdr",)) is None  # an element of elements
