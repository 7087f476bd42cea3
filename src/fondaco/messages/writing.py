"""What every writer needs: text made safe for XML, and parts of a message that pass to the letter."""

from __future__ import annotations

import re

from lxml import etree

_DECLARED = re.compile(r'\sxmlns="[^"]*"')


def escaped(value: str) -> str:
    """`value` for an element's content."""
    if "&" in value or "<" in value or ">" in value:
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value


def verbatim(element: etree._Element) -> str:
    """An element as text, to stand below a `Document` that declares the same namespace."""
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    if "xmlns:" in text:
        text = etree.tostring(unprefixed(element), encoding="unicode", with_tail=False)
    return _DECLARED.sub("", text, count=1)


def unprefixed(element: etree._Element) -> etree._Element:
    """The same tree, with its namespace as the default one."""
    namespace = str(element.tag)[1:].partition("}")[0]

    def copied(old: etree._Element, parent: etree._Element | None) -> etree._Element:
        own = str(old.tag)[1:].partition("}")[0]
        new = (
            etree.Element(old.tag, attrib=dict(old.attrib), nsmap={None: own})
            if parent is None
            else etree.SubElement(parent, old.tag, attrib=dict(old.attrib), nsmap={None: own} if own != namespace else None)
        )
        new.text, new.tail = old.text, old.tail
        for child in old:
            copied(child, new)
        return new

    return copied(element, None)
