"""What is cut out by the plan of a form is what walking the tree finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from fondaco.core import Mention
from fondaco.messages.skim import skim
from fondaco.messages.walk import Node, joined, walk

SPACE = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"
NAMES = st.sampled_from(["Nm", "PstlAdr", "AdrLine", "Ctry", "Dbtr", "Purp", "Cd", "Ustrd", "BICFI", "Strange", "UETR"])
TEXTS = st.one_of(
    st.just(""),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=12),
    st.sampled_from(["&", "<a>&amp;", "a\r\nb", "]]>", "x\ty", '"', "  "]),
)


@st.composite
def trees(draw: st.DrawFn, depth: int = 0) -> etree._Element:
    element = etree.Element(f"{{{SPACE}}}{draw(NAMES) if depth else 'CdtTrfTxInf'}", nsmap={None: SPACE})
    children = draw(st.lists(trees(depth + 1), max_size=4)) if depth < 3 else []
    if children:
        element.text = draw(st.sampled_from(["", "\n  "]))
        for child in children:
            child.tail = draw(st.sampled_from(["", "\n  "]))
            element.append(child)
    else:
        element.text = draw(TEXTS) or None
        if draw(st.integers(0, 9)) == 0:
            child = etree.SubElement(element, f"{{{SPACE}}}IntrBkSttlmAmt", Ccy=draw(st.sampled_from(["SGD", 'a"&<'])))
            element.text = None
            child.text = "1.00"
    return element


def walked(element: etree._Element) -> tuple[dict[str, str], list[Mention]]:
    fields: dict[str, str] = {}
    mentions: list[Mention] = []
    walk(element, Node("CdtTrfTxInf", "CdtTrfTxInf"), fields, mentions)
    return fields, mentions + joined(mentions)


PLACE = Node("CdtTrfTxInf", "CdtTrfTxInf")


@given(trees())
def test_a_plan_finds_what_the_walk_finds(tree: etree._Element) -> None:
    # As the gate sees it: serialised by the sender, parsed by us. The second time the form is known.
    element = etree.fromstring(etree.tostring(tree))
    for _ in range(2):
        found = skim(element, PLACE)
        assert (found.fields, found.mentions) == walked(element)


@given(trees(), st.sampled_from(["Envlp", "Sgntr"]), TEXTS)
def test_where_anything_may_stand_everything_is_read(tree: etree._Element, name: str, text: str) -> None:
    wild = etree.SubElement(tree, f"{{{SPACE}}}{name}")
    inside = etree.SubElement(wild, "{urn:other}Thing", note="in an attribute")
    inside.text, inside.tail = text or None, "after it"
    element = etree.fromstring(etree.tostring(tree))
    found = skim(element, PLACE)
    assert (found.fields, found.mentions) == walked(element)
    assert {"in an attribute", "after it"} <= {mention.text for mention in found.mentions}


def test_prefixes_are_read_as_well() -> None:
    raw = f'<p:CdtTrfTxInf xmlns:p="{SPACE}"><p:Dbtr><p:Nm>Ana</p:Nm></p:Dbtr></p:CdtTrfTxInf>'
    assert skim(etree.fromstring(raw), PLACE).fields == {"CdtTrfTxInf/Dbtr/Nm": "Ana"}
