"""The gate: bytes -> a checked tree. Nothing is decided here and nothing unknown passes.

The order is that of the costs: size, first bytes, forbidden declarations, parse, envelope, namespace, schema, count.
Comments and processing instructions are removed by the parser: `<Nm>AL<!-- -->FA</Nm>` is schema-valid, and its text
would otherwise be read as `AL` and screened as that.
"""

from __future__ import annotations

import importlib.resources
import re
import threading
from functools import cache, lru_cache

from lxml import etree

from fondaco.core import MalformedMessage, Reason

SIZE_MAX_SINGLE = 64 * 1024
SIZE_MAX_BULK = 10 * 1024 * 1024
ELEMENTS_MAX_SINGLE = 4_000
ELEMENTS_MAX_BULK = 600_000
# `<a/>`: a message of fewer bytes than this for each allowed element cannot hold too many.
_ELEMENT_BYTES_MIN = 4

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']""")
# Envelopes in which a header and a document stand side by side, by local name, with the elements between.
_ENVELOPES = frozenset(
    {"BizMsgEnvlp", "Hdr", "Doc", "Envelope", "BusinessMessage", "BizMsg", "Message", "RequestPayload", "DataPDU", "Body"}
)
_ENVELOPE_DEPTH = 4

_local = threading.local()


@cache
def known_kinds() -> frozenset[str]:
    """The message versions that we have a schema for, such as `pacs.008.001.08`."""
    folder = importlib.resources.files("fondaco.messages") / "schemas"
    return frozenset(item.name[:-4] for item in folder.iterdir() if item.name.endswith(".xsd"))


def schema_of(kind: str) -> etree.XMLSchema:
    """The compiled schema of one message version, for this thread alone: its error log is not shared."""
    schemas: dict[str, etree.XMLSchema] = getattr(_local, "schemas", None) or {}
    schema = schemas.get(kind)
    if schema is None:
        path = importlib.resources.files("fondaco.messages") / "schemas" / f"{kind}.xsd"
        schema = schemas[kind] = etree.XMLSchema(etree.fromstring(path.read_bytes()))
        _local.schemas = schemas
    return schema


def _parser() -> etree.XMLParser:
    parser: etree.XMLParser | None = getattr(_local, "parser", None)
    if parser is None:
        # resolve_entities=False would be the unsafe choice: libxml2 then opens external parameter entities.
        parser = _local.parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities="internal",
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
    return parser


def parse(raw: bytes, *, bulk: bool = False) -> tuple[etree._Element | None, etree._Element, str]:
    """Header (or None), document and message version of `raw`, all schema-checked.

    Raises `MalformedMessage` with the place: a path and line where there is one.
    """
    root = well_formed(raw, SIZE_MAX_BULK if bulk else SIZE_MAX_SINGLE)
    header, document = _inside(root)
    kind = _kind(document)
    _check(document, kind)
    if header is not None:
        _check(header, _kind(header))
    elements_max = ELEMENTS_MAX_BULK if bulk else ELEMENTS_MAX_SINGLE
    if len(raw) > _ELEMENT_BYTES_MIN * elements_max:
        count = sum(1 for _ in document.iter())
        if count > elements_max:
            raise MalformedMessage(Reason.MALFORMED, "the document", f"{count} elements, at most {elements_max}")
    return header, document, kind


def well_formed(raw: bytes, size_max: int) -> etree._Element:
    """The tree of `raw`: XML in UTF-8 of at most `size_max` bytes, with no document type declaration. Comments and processing instructions are gone.

    Raises `MalformedMessage` with the place.
    """
    if len(raw) > size_max:
        raise MalformedMessage(Reason.MALFORMED, "the whole message", f"{len(raw)} bytes, at most {size_max}")
    head = raw[3:] if raw.startswith(b"\xef\xbb\xbf") else raw
    if not head.startswith(b"<"):
        raise MalformedMessage(Reason.MALFORMED, "the first byte", "not XML in UTF-8")
    declared = _ENCODING.match(head)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        raise MalformedMessage(Reason.MALFORMED, "the XML declaration", "an encoding other than UTF-8")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise MalformedMessage(Reason.MALFORMED, "the prologue", "a document type declaration")
    try:
        root = etree.fromstring(head, _parser())
    except etree.XMLSyntaxError as fault:
        raise MalformedMessage(Reason.MALFORMED, f"line {fault.lineno}", str(fault.msg)[:200]) from None
    if root.getroottree().docinfo.doctype:
        raise MalformedMessage(Reason.MALFORMED, "the prologue", "a document type declaration")
    return root


def _inside(root: etree._Element) -> tuple[etree._Element | None, etree._Element]:
    """The header and the one document inside a known envelope, or the document alone."""
    if root.tag.startswith("{" + _NAMESPACE) and root.tag.endswith("}Document"):
        return None, root
    headers: list[etree._Element] = []
    documents: list[etree._Element] = []

    def open_(element: etree._Element, depth: int) -> None:
        for child in element:
            name = _local_name(child)
            if child.tag.startswith("{" + _NAMESPACE) and name in ("AppHdr", "Document"):
                (headers if name == "AppHdr" else documents).append(child)
            elif name in _ENVELOPES and depth < _ENVELOPE_DEPTH:
                open_(child, depth + 1)
            else:
                raise MalformedMessage(Reason.MALFORMED, _place(child), f"element {name} in an envelope")

    if _local_name(root) not in _ENVELOPES:
        raise MalformedMessage(Reason.MALFORMED, _place(root), "neither a Document nor a known envelope")
    open_(root, 1)
    if len(documents) != 1 or len(headers) > 1:
        raise MalformedMessage(
            Reason.MALFORMED, _place(root), f"{len(headers)} headers and {len(documents)} documents in one envelope"
        )
    return (headers[0] if headers else None), documents[0]


def _kind(element: etree._Element) -> str:
    kind = element.tag[len(_NAMESPACE) + 1 : element.tag.index("}")]
    if kind not in known_kinds():
        spoken = ", ".join(sorted(one for one in known_kinds() if one[:8] == kind[:8]))
        hint = f"; {spoken} is" if spoken else ""
        raise MalformedMessage(Reason.MALFORMED, _place(element), f"message {kind} is not spoken here{hint}")
    return str(kind)


def _check(element: etree._Element, kind: str) -> None:
    schema = schema_of(kind)
    if schema.validate(element):
        return
    error = schema.error_log[0]
    message = error.message.replace(f"{{{_NAMESPACE}{kind}}}", "")
    raise MalformedMessage(Reason.MALFORMED, f"{_short(error.path or '', element)} line {error.line}", message[:300])


def schema_faults(raw: bytes, *, bulk: bool = True) -> list[tuple[str, str]]:
    """All schema errors of a message as (place, what): for people who mend it. Raises as `parse` does before that."""
    try:
        parse(raw, bulk=bulk)
    except MalformedMessage as fault:
        try:
            root = etree.fromstring(raw, _parser())
            header, document = _inside(root)
        except (etree.XMLSyntaxError, MalformedMessage, ValueError):
            return [(fault.refusal.where, fault.refusal.found)]
        found = []
        for element in (header, document):
            if element is None:
                continue
            try:
                kind = _kind(element)
            except MalformedMessage as unknown:
                found.append((unknown.refusal.where, unknown.refusal.found))
                continue
            schema = schema_of(kind)
            if not schema.validate(element):
                found += [
                    (f"{_short(e.path or '', element)} line {e.line}", e.message.replace(f"{{{_NAMESPACE}{kind}}}", ""))
                    for e in schema.error_log
                ]
        return found or [(fault.refusal.where, fault.refusal.found)]
    return []


def _local_name(element: etree._Element) -> str:
    return _local_part(element.tag)


@lru_cache(maxsize=1024)
def _local_part(tag: str) -> str:
    return str(tag).rpartition("}")[2]


def _place(element: etree._Element) -> str:
    return f"{_local_name(element)} line {element.sourceline}"


def _short(path: str, element: etree._Element) -> str:
    """libxml2 names elements of a default namespace `*[n]`, from the checked element on: walk and name them as they are."""
    node: etree._Element = element
    names = [_local_name(node)]
    for step in path.split("/")[2:]:
        match = re.fullmatch(r"(?:[\w.-]+:)?[\w.*-]+?(?:\[(\d+)\])?", step)
        children = list(node)
        if match is None or not children:
            break
        if step.startswith("*"):
            index = int(match[1] or 1) - 1
        else:
            name = step.partition("[")[0].rpartition(":")[2]
            places = [i for i, child in enumerate(children) if _local_name(child) == name]
            index = places[int(match[1] or 1) - 1] if places else len(children)
        if index >= len(children):
            break
        node = children[index]
        names.append(_local_name(node))
    return "/".join(names)
