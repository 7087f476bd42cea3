"""A message as JSON, and the same message again: elements by the names that their schema gives them, nothing lost and nothing added.

    {"head": "head.001.001.02", "AppHdr": {...}, "kind": "pacs.008.001.08", "Document": {"FIToFICstmrCdtTrf": {...}}}

A text is a text. An amount is `{"Ccy": "SGD", "value": "12.50"}`. What the schema lets stand more than once is a list, also where it stands once. Other XML
that stands in a message (supplementary data, a signature) is the text of that XML. The order of names in an object means nothing: written again, elements
stand in the order of the schema.
"""

from __future__ import annotations

import importlib.resources
from functools import cache
from typing import Any, NamedTuple

from lxml import etree

from fondaco.core import MalformedMessage
from fondaco.messages.writing import escaped
from fondaco.messages.xml import SIZE_MAX_BULK, known_kinds, parse, well_formed

_XS = "{http://www.w3.org/2001/XMLSchema}"
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_ENVELOPE = "urn:iso:std:iso:20022:tech:xsd:nvlp.001.001.01"
_VALUE, _KIND, _HEAD = "value", "kind", "head"
_QUOTE = '"'


class Unviewable(Exception):
    """What was given is no JSON view of a message; `where` is the place, as names with dots between."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{what}; at {where or 'the whole'}")
        self.where = where


class _Child(NamedTuple):
    """An element that may stand in another: its type ("" for a simple one of its own), and whether it may stand there more than once."""

    type: str
    many: bool


class _Type(NamedTuple):
    """A complex type: its elements in their order; or a text with attributes; or any XML."""

    children: dict[str, _Child]
    attributes: tuple[str, ...]
    anything: bool


class _Shape(NamedTuple):
    root: str
    types: dict[str, _Type]


@cache
def _shape(kind: str) -> _Shape:
    """What a schema says of which element stands where."""
    raw = (importlib.resources.files("fondaco.messages") / "schemas" / f"{kind}.xsd").read_bytes()
    schema = etree.fromstring(raw)
    types: dict[str, _Type] = {}
    for one in schema.findall(f"{_XS}complexType"):
        children = {
            element.get("name", ""): _Child(element.get("type", ""), element.get("maxOccurs", "1") != "1")
            for element in one.iter(f"{_XS}element")
        }
        attributes = tuple(attribute.get("name", "") for attribute in one.iter(f"{_XS}attribute"))
        types[one.get("name", "")] = _Type(children, attributes, one.find(f".//{_XS}any") is not None)
    return _Shape(schema.find(f"{_XS}element").get("type", ""), types)


# To JSON


def view(raw: bytes) -> dict[str, Any]:
    """The JSON view of a message, past the gate. Raises `MalformedMessage`."""
    header, document, kind = parse(raw, bulk=True)
    found: dict[str, Any] = {}
    if header is not None:
        head = str(header.tag)[1 + len(_NAMESPACE) :].partition("}")[0]
        found |= {_HEAD: head, "AppHdr": _viewed(_shape(head), header, _shape(head).root)}
    shape = _shape(kind)
    return found | {_KIND: kind, "Document": _viewed(shape, document, shape.root)}


def _viewed(shape: _Shape, element: etree._Element, type_name: str) -> Any:
    form = shape.types.get(type_name)
    if form is None:
        return element.text or ""
    if form.attributes:
        return {**{str(name): str(value) for name, value in element.attrib.items()}, _VALUE: element.text or ""}
    if form.anything:
        return "".join(etree.tostring(child, method="c14n", exclusive=True, with_comments=False).decode() for child in element)
    found: dict[str, Any] = {}
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        of = form.children[name]
        value = _viewed(shape, child, of.type)
        if of.many:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


# From JSON


def written(given: Any) -> bytes:
    """The message of a JSON view: in an envelope where it has a header, else the document alone. The gate has still to see it.

    Raises `Unviewable` for what is no view of a message that we speak.
    """
    if not isinstance(given, dict) or not {_KIND, "Document"} <= given.keys() <= {_KIND, "Document", _HEAD, "AppHdr"}:
        raise Unviewable("", "a view has kind and Document, and head and AppHdr where there is a header")
    kind = _kind(given, _KIND)
    if ("AppHdr" in given) != (_HEAD in given):
        raise Unviewable("", "head and AppHdr stand together")
    document = f'<Document xmlns="{_NAMESPACE}{kind}">{_inside(kind, given["Document"], "Document")}</Document>'
    if "AppHdr" not in given:
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'.encode()
    head = _kind(given, _HEAD)
    header = f'<AppHdr xmlns="{_NAMESPACE}{head}">{_inside(head, given["AppHdr"], "AppHdr")}</AppHdr>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<BizMsgEnvlp xmlns="{_ENVELOPE}"><Hdr>{header}</Hdr><Doc>{document}</Doc></BizMsgEnvlp>\n'
    ).encode()


def _kind(given: dict[str, Any], key: str) -> str:
    kind = given[key]
    if not isinstance(kind, str) or kind not in known_kinds() or kind.startswith("head.") != (key == _HEAD):
        raise Unviewable(key, "no kind of message that is spoken here")
    return kind


def _inside(kind: str, value: Any, where: str) -> str:
    shape = _shape(kind)
    parts: list[str] = []
    _write(shape, shape.root, value, where, parts)
    return "".join(parts)


def _write(shape: _Shape, type_name: str, value: Any, where: str, parts: list[str]) -> None:
    """Write what stands in an element of a type. Ends: every step goes down a type, and types of ISO 20022 do not hold themselves."""
    form = shape.types[type_name]
    if form.anything:
        parts.append(_foreign(value, where))
        return
    if not isinstance(value, dict):
        raise Unviewable(where, "an object is expected")
    strange = sorted(str(name) for name in value.keys() - form.children.keys())
    if strange:
        raise Unviewable(where, f"{strange[0][:70]!r} is no element here")
    for name, child in form.children.items():
        if name not in value:
            continue
        place = f"{where}.{name}"
        given = value[name]
        if child.many != isinstance(given, list):
            raise Unviewable(place, "a list is expected" if child.many else "it stands here once, and is no list")
        for one in given if child.many else (given,):
            _element(shape, name, child, one, place, parts)


def _element(shape: _Shape, name: str, child: _Child, value: Any, where: str, parts: list[str]) -> None:
    form = shape.types.get(child.type)
    if form is not None and not form.attributes:
        parts.append(f"<{name}>")
        _write(shape, child.type, value, where, parts)
        parts.append(f"</{name}>")
        return
    attributes = ""
    if form is not None:
        if not isinstance(value, dict) or value.keys() != {*form.attributes, _VALUE}:
            raise Unviewable(where, f"{', '.join((*form.attributes, _VALUE))} are expected")
        attributes = "".join(f' {one}="{_text(value[one], where).replace(_QUOTE, "&quot;")}"' for one in form.attributes)
        value = value[_VALUE]
    parts.append(f"<{name}{attributes}>{_text(value, where)}</{name}>")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Unviewable(where, "a text is expected")
    return escaped(value).replace("\r", "&#13;")


def _foreign(value: Any, where: str) -> str:
    """Other XML as it was given: one element, without a document type declaration."""
    if not isinstance(value, str):
        raise Unviewable(where, "the text of an XML element is expected")
    if not value:
        return ""
    try:
        root = well_formed(value.encode(), SIZE_MAX_BULK)
    except (MalformedMessage, UnicodeEncodeError) as fault:
        raise Unviewable(where, f"not XML: {fault}") from fault
    return str(etree.tostring(root, method="c14n", exclusive=True, with_comments=False).decode())
