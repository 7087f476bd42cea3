"""Bytes -> `Message`, and the envelope and header (head.001) that go around what we write."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from lxml import etree

from fondaco.core import MalformedMessage, Mention, Reason, Refusal
from fondaco.messages.assignment import (
    read_findings,
    read_investigation,
    read_recall,
    read_resolution,
    read_verification,
    read_verification_report,
)
from fondaco.messages.initiation import read_customer_report, read_initiation
from fondaco.messages.known_form import passed, recognised, sight_of
from fondaco.messages.liquidity import read_balance_query, read_expectation, read_report_request
from fondaco.messages.others import read_other
from fondaco.messages.part import Part, TreePart
from fondaco.messages.records import Body, CustomerTransfers, Header, Initiation, Message, Returns
from fondaco.messages.returns import read_enquiry, read_returns
from fondaco.messages.status import read_status
from fondaco.messages.transfer import read_transfers
from fondaco.messages.walk import Node, of_group, root_of
from fondaco.messages.writing import escaped
from fondaco.messages.xml import parse, schema_faults

_HEAD = "urn:iso:std:iso:20022:tech:xsd:head.001.001.02"
_ENVELOPE = "urn:iso:std:iso:20022:tech:xsd:nvlp.001.001.01"
_HEADER_TRIE = Node("AppHdr", "AppHdr")
# A message's own names of itself and of its form go no further than back to its sender; what contradicts the document is refused.
_OWN_NAMES = frozenset({"AppHdr/BizMsgIdr", "AppHdr/MsgDefIdr"})
_Told = tuple[str, str, Body, list[Refusal]]
_READERS: dict[str, Callable[[Part], _Told]] = {"pacs.004": read_returns, "pacs.028": read_enquiry, "pacs.002": read_status}
_TREE_READERS: dict[str, Callable[[etree._Element], _Told]] = {
    "camt.056": read_recall,
    "camt.029": read_resolution,
    "camt.110": read_investigation,
    "camt.111": read_findings,
    "acmt.023": read_verification,
    "acmt.024": read_verification_report,
    "camt.003": read_balance_query,
    "camt.060": read_report_request,
    "camt.057": read_expectation,
    "pain.001": read_initiation,
    "pain.002": read_customer_report,
}
# A message of so few parts has one form; one of many rows has a form for each number of rows, and its parts are taken one by one.
_PARTS_FEW = 4
# What passes between a customer and its bank: read at the bank's edge, never by the hub.
_EDGE = "pain."


def read(raw: bytes, *, bulk: bool = False) -> Message:
    """One message, past the gate: well-formed, of a version that we speak, true to its schema.

    Raises `MalformedMessage` with the place. What is wrong beyond the schema stands in `faults` of the message and of
    its transactions. `bulk` allows ten megabytes instead of 64 kilobytes. What passes between a customer and its bank (pain) is not
    spoken here: `read_edge` reads it.
    """
    sight = sight_of(raw)
    known = recognised(sight) if sight is not None else None
    if known is not None:
        kind, head, body = known
        return _message(head, body, kind)
    header, document, kind = parse(raw, bulk=bulk)
    if sight is not None:
        passed(sight, header, document, kind)
    if kind.startswith(_EDGE):
        said = f"message {kind} is not spoken here, but at a bank's edge"
        raise MalformedMessage(Reason.MALFORMED, f"Document line {document.sourceline}", said)
    return _of_tree(header, document, kind)


def read_edge(raw: bytes, *, bulk: bool = False) -> Message:
    """The same as `read`, for who stands at the edge between the hub and customers: pain.001 and pain.002 too."""
    return _of_tree(*parse(raw, bulk=bulk))


def _of_tree(header: etree._Element | None, document: etree._Element, kind: str) -> Message:
    if kind.startswith("head."):
        raise MalformedMessage(Reason.MALFORMED, "the document", "a header where a document should stand")
    return _message(None if header is None else TreePart(header), TreePart(document[0]), kind)


def _message(head: Part | None, root: Part, kind: str) -> Message:
    header, said = (None, ()) if head is None else _header(head)
    family = kind[:8]
    body: Body
    if family in ("pacs.008", "pacs.009"):
        message_id, created, body, faults = read_transfers(root, family)
    elif family in _READERS:
        message_id, created, body, faults = _READERS[family](root)
    else:
        assert isinstance(root, TreePart), "what is read from a tree comes as one"
        reader = _TREE_READERS.get(family)
        message_id, created, body, faults = read_other(root.element, family) if reader is None else reader(root.element)
    if header is not None:
        faults = [*_contradictions(header, kind, message_id), *faults]
    if not isinstance(body, CustomerTransfers | Returns) or not body.transfers:
        return Message(kind, header, message_id, created, body, tuple(faults), (*said, *_mentions(root, kind)))
    if said:  # what the header says is screened with each payment
        transfers = [msgspec.structs.replace(one, mentions=(*one.mentions, *said)) for one in body.transfers]
        body = msgspec.structs.replace(body, transfers=tuple(transfers))
    return Message(kind, header, message_id, created, body, tuple(faults))


def _mentions(root: Part, kind: str) -> list[Mention]:
    """Every text of a message that carries no payments, whatever its form: an element that no reader looks at is screened, too."""
    top = root_of(kind, root.name)
    if len(root) <= _PARTS_FEW:
        return of_group(root.skim(top)[1])
    found: list[Mention] = []
    for part in root:
        node = top.children.get(part.tag) or top.below(part.tag)
        found += part.skim(node)[1]
        text = part.leaf_text()
        if text:
            found.append(Mention("text", node.path, text))
    return of_group(found)


def explain(raw: bytes) -> list[Refusal]:
    """Every no that the message itself earns, for people: schema errors all at once, then the stateless faults."""
    found = schema_faults(raw)
    if found:
        return [Refusal(Reason.MALFORMED, where, what) for where, what in found]
    message = read_edge(raw, bulk=True)
    faults = list(message.faults)
    for transfer in getattr(message.body, "transfers", ()):
        faults.extend(transfer.faults)
    faults.extend(getattr(message.body, "faults", ()))
    if isinstance(message.body, Initiation):
        for information in message.body.informations:
            faults += information.faults
            faults += [fault for order in information.orders for fault in order.faults]
    return faults


def _header(part: Part) -> tuple[Header, tuple[Mention, ...]]:
    """The header, and every text of it that must be screened."""
    fields, mentions = part.skim(_HEADER_TRIE)
    get = fields.get
    header = Header(
        get("AppHdr/Fr/FIId/FinInstnId/BICFI", ""),
        get("AppHdr/To/FIId/FinInstnId/BICFI", ""),
        get("AppHdr/BizMsgIdr", ""),
        get("AppHdr/MsgDefIdr", ""),
        get("AppHdr/CreDt", ""),
    )
    return header, tuple([one for one in mentions if one.path not in _OWN_NAMES])


def _contradictions(header: Header, kind: str, message_id: str) -> list[Refusal]:
    """CBPR+: the header's definition is the document's, and its identification the group header's."""
    faults = []
    if header.definition != kind:
        faults.append(Refusal(Reason.HEADER_CONTRADICTS, "AppHdr/MsgDefIdr", header.definition))
    if header.business_id != message_id and message_id:
        faults.append(Refusal(Reason.HEADER_CONTRADICTS, "AppHdr/BizMsgIdr", header.business_id))
    return faults


def bare(kind: str, document: str) -> bytes:
    """The document alone, as banks and their customers exchange it; `document` is the content of <Document>."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}">{document}</Document>\n'
    ).encode()


def wrap(kind: str, sender: str, receiver: str, message_id: str, created: str, document: str) -> bytes:
    """The document inside an ISO envelope (nvlp.001) with its header; `document` is the content of <Document>."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<BizMsgEnvlp xmlns="{_ENVELOPE}"><Hdr><AppHdr xmlns="{_HEAD}">'
        f"<Fr><FIId><FinInstnId><BICFI>{sender}</BICFI></FinInstnId></FIId></Fr>"
        f"<To><FIId><FinInstnId><BICFI>{receiver}</BICFI></FinInstnId></FIId></To>"
        f"<BizMsgIdr>{escaped(message_id)}</BizMsgIdr><MsgDefIdr>{kind}</MsgDefIdr><CreDt>{created}</CreDt></AppHdr></Hdr>"
        f'<Doc><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}">{document}</Document></Doc></BizMsgEnvlp>\n'
    ).encode()
