"""One walk over a transaction's tree: the fields that the hub reads, and every text that must be screened.

A trie of nodes remembers, for each element by its place, what it is. An element that the trie has never met is still a
mention of kind `text`: nothing is left out because nobody thought of it.
"""

from __future__ import annotations

from lxml import etree

from fondaco.core import Mention

# Leaf elements whose schema type leaves no room for a name: numbers, dates, indicators, enumerations, short codes.
_NOT_TEXT = frozenset(
    [
        "UETR",
        "IntrBkSttlmAmt",
        "IntrBkSttlmDt",
        "InstdAmt",
        "XchgRate",
        "PreAgrdXchgRate",
        "ChrgBr",
        "AccptncDtTm",
        "PoolgAdjstmntDt",
        "SttlmPrty",
        "InstrPrty",
        "CdtDtTm",
        "DbtDtTm",
        "CLSTm",
        "TillTm",
        "FrTm",
        "RjctTm",
        "Amt",
        "BirthDt",
        "Dt",
        "DtTm",
        "Sgn",
        "Rate",
        "Ccy",
        "UnitCcy",
        "QtdCcy",
        "CreDtTm",
        "XpryDtTm",
        "CLSTm",
        "DuePyblAmt",
        "CdtNoteAmt",
        "TaxAmt",
        "RmtdAmt",
        "DscntApldAmt",
        "TaxblBaseAmt",
        "TtlAmt",
        "ColltnAmt",
        "FrstPmtAmt",
    ]
)
_CODES = frozenset({"Cd", "SttlmMtd", "ClrChanl", "CdtDbtInd", "RgltryRptgInd", "DbtCdtRptgInd", "NmPrfx", "AdrTp", "Mtd"})
_NAMES = frozenset({"Nm", "RegnNm", "Titl", "NmAndAdr", "CtctDtls", "Ownr"})
_AGENT = frozenset({"BICFI", "AnyBIC", "BIC", "BICOrBEI", "ClrSysMmbId", "MmbId"})
_ADDRESS = frozenset(
    [
        "AdrLine",
        "StrtNm",
        "BldgNb",
        "BldgNm",
        "Flr",
        "PstBx",
        "Room",
        "PstCd",
        "TwnNm",
        "TwnLctnNm",
        "DstrctNm",
        "CtrySubDvsn",
        "Dept",
        "SubDept",
        "CareOf",
        "UnitNb",
        "CityOfBirth",
        "PrvcOfBirth",
        "AdrId",
    ]
)
_COUNTRY = frozenset({"Ctry", "CtryOfRes", "CtryOfBirth"})
_IDENTIFIER = frozenset({"IBAN", "LEI", "Id"})
_CODE_LENGTH = 4


class Node:
    """One element by its place: its path, whether its text is a mention and of what kind, and what stands below."""

    __slots__ = ("children", "kind", "name", "path")

    def __init__(self, path: str, name: str, parent_kind: str) -> None:
        self.path = path
        self.name = name
        self.children: dict[str, Node] = {}
        if name in _NOT_TEXT:
            self.kind = ""
        elif name in _NAMES:
            self.kind = "agent" if "/FinInstnId/" in f"{path}/" else "name"
        elif name in _AGENT:
            self.kind = "agent"
        elif name in _ADDRESS:
            self.kind = "address"
        elif name in _COUNTRY:
            self.kind = "country"
        elif name in _IDENTIFIER:
            self.kind = "identifier"
        elif name in _CODES:
            self.kind = "code"
        else:
            self.kind = "text"

    def below(self, tag: str) -> Node:
        name = tag.rpartition("}")[2]
        node = Node(f"{self.path}/{name}" if self.path else name, name, self.kind)
        if len(self.children) < 256:  # an attacker's supplementary data cannot grow the trie without end
            self.children[tag] = node
        return node


def walk(element: etree._Element, node: Node, fields: dict[str, str], mentions: list[Mention]) -> None:
    """Collect `fields` (path to text, the first of repeated elements) and `mentions` below `element`."""
    children = node.children
    for child in element:
        found = children.get(child.tag)
        if found is None:
            found = node.below(child.tag)
        text = child.text
        if len(child):
            walk(child, found, fields, mentions)
            # A schema-checked message has no mixed content, but inside supplementary data anything may stand.
            if text is not None and not text.isspace():
                mentions.append(Mention("text", found.path, text))
        elif text:
            fields.setdefault(found.path, text)
            kind = found.kind
            if kind:
                if kind != "code":
                    mentions.append(Mention(kind, found.path, text))
                elif len(text) > _CODE_LENGTH:
                    mentions.append(Mention("text", found.path, text))
        tail = child.tail
        if tail is not None and not tail.isspace():
            mentions.append(Mention("text", found.path, tail))
        if child.attrib:
            for key, value in child.attrib.items():
                fields.setdefault(f"{found.path}/@{key}", value)
                if len(value) > _CODE_LENGTH:
                    mentions.append(Mention("text", f"{found.path}/@{key}", value))


def joined(mentions: list[Mention]) -> list[Mention]:
    """Texts that stand in several elements of one place (address lines, remittance lines), read as one.

    A name that is cut over two lines is in neither of them.
    """
    lines: dict[str, list[str]] = {}
    for mention in mentions:
        if mention.path.endswith(("/AdrLine", "/Ustrd", "/InstrInf", "/AddtlRmtInf")):
            lines.setdefault(mention.path, []).append(mention.text)
    return [Mention("text", path, " ".join(parts)) for path, parts in lines.items() if len(parts) > 1]
